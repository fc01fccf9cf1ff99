//! What was granted is not what is there any more: the user's consent was for what was.

use crate::call::*;

/// A link to the directory outside has taken the granted directory's place.
pub fn swapped_for_link() -> String {
    read_report(contents_of(read(), "secret.txt"))
}

/// Another directory has taken the granted directory's place.
pub fn swapped_for_directory() -> String {
    read_report(contents_of(read(), "secret.txt"))
}

/// A link to the directory outside has taken the place of a directory in the granted one.
pub fn swapped_subdirectory() -> String {
    read_report(contents_of(read(), "sub/secret.txt"))
}
