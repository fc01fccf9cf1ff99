use std::path::PathBuf;

use sen_host_protocol::{Anchor, NormalPath};

use crate::grant::Surroundings;

/// Where a pattern leads on this system; nowhere where no path of the system is meant.
///
/// On Windows `C:\Users\ada` is the pattern `/C:/Users/ada`, and there are names that the system
/// takes for more than a name: `C:` would lead to a drive wherever it stands, `a\..\b` to another
/// directory, and `file:stream` to what no listing shows. None of them is one here.
pub(crate) fn host_path(pattern: &NormalPath, surroundings: &Surroundings) -> Option<PathBuf> {
    let mut names = pattern.components();
    let mut path = match pattern.anchor() {
        Anchor::WorkingDirectory => surroundings.working_directory.clone(),
        Anchor::Home => surroundings.home.clone()?,
        Anchor::Root if cfg!(windows) => PathBuf::from(drive(names.next()?)?),
        Anchor::Root => PathBuf::from("/"),
    };
    // By the text, as patterns are compared: the anchor has no links in it.
    for _ in 0..pattern.parents() {
        path.pop();
    }
    for name in names {
        if cfg!(windows) && !is_name_on_windows(name) {
            return None;
        }
        path.push(name);
    }
    Some(path)
}

/// The root of the drive that `C:` names.
fn drive(name: &str) -> Option<String> {
    match *name.as_bytes() {
        [letter, b':'] if letter.is_ascii_alphabetic() => {
            Some(format!("{}:\\", char::from(letter)))
        }
        _ => None,
    }
}

/// Whether this is one name on Windows, and no more than that.
pub(crate) fn is_name_on_windows(name: &str) -> bool {
    !name.contains([':', '\\', '/'])
}

#[cfg(test)]
mod tests {
    use sen_host_protocol::PathPattern;

    use super::*;

    #[test]
    fn a_drive_is_a_letter_and_a_colon() {
        assert_eq!(drive("C:").as_deref(), Some("C:\\"));
        assert_eq!(drive("z:").as_deref(), Some("z:\\"));
        for other in ["C", "CC:", "1:", ":", "C:x", "C:\\", "é:", ""] {
            assert_eq!(drive(other), None, "{other}");
        }
    }

    #[test]
    fn what_windows_takes_for_more_than_a_name_is_none_there() {
        for name in ["a", "a b", "a.txt", "..a", "é", "$Recycle.Bin"] {
            assert!(is_name_on_windows(name), "{name}");
        }
        for name in [
            "C:",
            "C:x",
            "a:stream",
            "a::$DATA",
            "a\\b",
            "..\\b",
            "\\\\server\\share",
        ] {
            assert!(!is_name_on_windows(name), "{name}");
        }
    }

    fn led(pattern: &str) -> Option<PathBuf> {
        let pattern = PathPattern {
            pattern: pattern.into(),
            recursive: false,
        };
        let surroundings = Surroundings {
            working_directory: PathBuf::from(if cfg!(windows) { "C:\\work" } else { "/work" }),
            home: None,
            ..Surroundings::default()
        };
        host_path(&pattern.normal_path().unwrap(), &surroundings)
    }

    #[cfg(unix)]
    #[test]
    fn names_are_any_on_other_systems() {
        assert_eq!(led("/C:/Users"), Some(PathBuf::from("/C:/Users")));
        assert_eq!(led("./a\\b:c"), Some(PathBuf::from("/work/a\\b:c")));
        assert_eq!(led("../x"), Some(PathBuf::from("/x")));
        assert_eq!(led("~/x"), None);
    }

    #[cfg(windows)]
    #[test]
    fn patterns_lead_to_drives_and_nowhere_else_by_surprise() {
        assert_eq!(led("/C:/Users"), Some(PathBuf::from("C:\\Users")));
        assert_eq!(led("./data"), Some(PathBuf::from("C:\\work\\data")));
        for pattern in [
            "/",
            "/Users",
            "./D:",
            "./D:/x",
            "./D:\\x",
            "./a\\..\\..\\b",
            "./a:b",
        ] {
            assert_eq!(led(pattern), None, "{pattern}");
        }
    }
}
