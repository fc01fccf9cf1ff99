//! Which paths a plugin may touch: containment by components, never by string prefixes.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use super::pattern::InvalidPattern;

/// The longest path pattern, in bytes, the `./` of its canonical spelling included; Linux takes no longer
/// paths.
pub const MAX_PATH_PATTERN_BYTES: usize = 4096;

/// A path on the host: a directory tree, or with `recursive: false` one directory and its direct entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PathPattern {
    /// Relative to the working directory, absolute, or beginning with `~/`; see [`NormalPath`] for how it
    /// is read.
    pub pattern: String,
    /// Whether everything below it is meant too. Default: no.
    #[serde(default)]
    pub recursive: bool,
}

impl PathPattern {
    /// The path that the pattern means.
    ///
    /// # Errors
    ///
    /// As for [`NormalPath::parse`].
    pub fn normal_path(&self) -> Result<NormalPath, InvalidPattern> {
        NormalPath::parse(&self.pattern)
    }

    /// Whether a grant of this covers `request`: a recursive one covers everything at or below its path, one
    /// that is not covers only the same path, not recursively.
    ///
    /// Both must be anchored at the same place: a path in the working directory is not covered by `/` or
    /// `~/` here, even if the working directory happens to lie there.
    #[must_use]
    pub fn covers(&self, request: &Self) -> bool {
        match (ParsedPath::parse(self), ParsedPath::parse(request)) {
            (Ok(grant), Ok(request)) => grant.covers(&request),
            _ => false,
        }
    }

    pub(super) fn normalized(&self) -> Self {
        match self.normal_path() {
            Ok(path) => Self {
                pattern: path.to_string(),
                recursive: self.recursive,
            },
            Err(_) => self.clone(),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidPattern> {
        self.normal_path().map(|_| ())
    }
}

/// A [`PathPattern`] that has been read.
pub(super) struct ParsedPath {
    path: NormalPath,
    recursive: bool,
}

impl ParsedPath {
    pub(super) fn parse(pattern: &PathPattern) -> Result<Self, InvalidPattern> {
        Ok(Self {
            path: pattern.normal_path()?,
            recursive: pattern.recursive,
        })
    }

    pub(super) fn covers(&self, request: &Self) -> bool {
        if self.recursive {
            self.path.contains(&request.path)
        } else {
            !request.recursive && self.path == request.path
        }
    }
}

/// What a [`NormalPath`] starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anchor {
    /// The directory in which the host was started or that it was told to use.
    WorkingDirectory,
    /// The user's home directory.
    Home,
    /// The root of the file system.
    Root,
}

/// A path pattern taken apart: an anchor, the `..` that lead above it, and the names below.
///
/// `data`, `./data`, `data//`, `data/.` and `x/../data` are the same path. `..` is resolved by the text
/// alone, as nothing is known of links here; the enforcing side opens this form and not the plugin's
/// spelling. `/` is the only separator: a backslash is a character like any other. Names are compared
/// byte by byte, without folding case or Unicode forms: on a file system that does fold, two spellings of
/// one directory need two grants, which is the safe mistake.
///
/// `~` alone is the home directory, as `~/` is. `~name` is an ordinary name in the working directory: no
/// other user's home can be meant, and `./~` is a file called `~`.
///
/// It displays in its one canonical spelling, which parses to the same path: `./data`, `.`, `../x`, `~/x`,
/// `~`, `/x`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NormalPath {
    anchor: Anchor,
    parents: usize,
    /// The names with `/` between them: one text and not a list, so that a manifest full of the longest
    /// paths is compared in milliseconds. `contains` sees to it that names match whole.
    names: String,
}

impl NormalPath {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// [`InvalidPattern::Empty`], [`InvalidPattern::Nul`], or [`InvalidPattern::PathTooLong`] for more than
    /// [`MAX_PATH_PATTERN_BYTES`].
    pub fn parse(pattern: &str) -> Result<Self, InvalidPattern> {
        if pattern.is_empty() {
            return Err(InvalidPattern::Empty);
        }
        if pattern.len() > MAX_PATH_PATTERN_BYTES {
            return Err(InvalidPattern::PathTooLong);
        }
        if pattern.contains('\0') {
            return Err(InvalidPattern::Nul);
        }
        let (anchor, rest) = if let Some(rest) = pattern.strip_prefix('/') {
            (Anchor::Root, rest)
        } else if pattern == "~" {
            (Anchor::Home, "")
        } else if let Some(rest) = pattern.strip_prefix("~/") {
            (Anchor::Home, rest)
        } else {
            (Anchor::WorkingDirectory, pattern)
        };
        let mut path = Self {
            anchor,
            parents: 0,
            names: String::with_capacity(rest.len()),
        };
        for part in rest.split('/') {
            match part {
                "" | "." => {}
                ".." => path.ascend(),
                name => path.descend(name),
            }
        }
        // The canonical spelling, which adds `./` to a bare name, has to be a pattern as well.
        if path.names.len() > MAX_PATH_PATTERN_BYTES - "./".len() {
            return Err(InvalidPattern::PathTooLong);
        }
        Ok(path)
    }

    fn descend(&mut self, name: &str) {
        if !self.names.is_empty() {
            self.names.push('/');
        }
        self.names.push_str(name);
    }

    fn ascend(&mut self) {
        if !self.names.is_empty() {
            self.names.truncate(self.names.rfind('/').unwrap_or(0));
        } else if self.anchor != Anchor::Root {
            // The root's parent is the root; what lies above the others is unknown.
            self.parents += 1;
        }
    }

    /// What the path starts from.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// How many directories above its anchor the path starts; 0 for [`Anchor::Root`]. What is there depends
    /// on where the anchor is, so the enforcing side has to be asked whether that is acceptable.
    #[must_use]
    pub fn parents(&self) -> usize {
        self.parents
    }

    /// The names below that, none of them empty, `.` or `..`.
    #[must_use]
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.names.split_terminator('/')
    }

    /// Whether `other` is this path or lies below it.
    ///
    /// Both must have the same anchor and lead equally far above it. So `..` does not contain `./x`,
    /// although it would on every file system: what lies above an anchor is not known here.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        if self.anchor != other.anchor || self.parents != other.parents {
            return false;
        }
        // The rest must begin where a name ends, or `data` would contain `data-secret`.
        match other.names.strip_prefix(self.names.as_str()) {
            Some(rest) => self.names.is_empty() || rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }
}

impl Display for NormalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parents = std::iter::repeat_n("..", self.parents);
        let mut parts = parents.chain(self.components());
        let anchor = match self.anchor {
            Anchor::Root => "",
            Anchor::Home => "~",
            Anchor::WorkingDirectory if self.parents == 0 => ".",
            // `..` says itself that the path is relative.
            Anchor::WorkingDirectory => parts.next().unwrap_or("."),
        };
        f.write_str(anchor)?;
        let mut is_bare = true;
        for part in parts {
            write!(f, "/{part}")?;
            is_bare = false;
        }
        if is_bare && self.anchor == Anchor::Root {
            f.write_str("/")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(pattern: &str) -> NormalPath {
        NormalPath::parse(pattern).unwrap()
    }

    #[test]
    fn every_spelling_of_a_path_has_one_canonical_spelling() {
        let cases = [
            ("./data", "./data"),
            ("data", "./data"),
            ("data/", "./data"),
            ("data//", "./data"),
            ("data/.", "./data"),
            (".//./data", "./data"),
            ("x/../data", "./data"),
            (".", "."),
            ("./", "."),
            ("data/..", "."),
            ("..", ".."),
            ("./data/../..", ".."),
            ("./data/../../data", "../data"),
            ("../../a/../b", "../../b"),
            ("/", "/"),
            ("//", "/"),
            ("/..", "/"),
            ("/a/../..", "/"),
            ("/../../etc", "/etc"),
            ("//etc//passwd/", "/etc/passwd"),
            ("~", "~"),
            ("~/", "~"),
            ("~/x", "~/x"),
            ("~//x/./y/..", "~/x"),
            ("~/..", "~/.."),
            ("~/../other", "~/../other"),
            ("~user", "./~user"),
            ("~user/x", "./~user/x"),
            ("./~", "./~"),
            ("./~/x", "./~/x"),
            ("x/../~/y", "./~/y"),
            ("...", "./..."),
            ("a\\..\\b", "./a\\..\\b"),
            ("C:\\Windows", "./C:\\Windows"),
            (" ", "./ "),
            ("a\u{301}", "./a\u{301}"),
        ];
        for (pattern, canonical) in cases {
            assert_eq!(path(pattern).to_string(), canonical, "{pattern:?}");
            assert_eq!(path(canonical), path(pattern), "{pattern:?}");
        }
    }

    #[test]
    fn a_path_tells_its_parts() {
        let parts = |pattern: &str| {
            let path = path(pattern);
            (
                path.anchor(),
                path.parents(),
                path.components().collect::<Vec<_>>().join("|"),
            )
        };
        assert_eq!(
            parts("a/../../../b/c"),
            (Anchor::WorkingDirectory, 2, "b|c".to_owned())
        );
        assert_eq!(
            parts("~/.config/app"),
            (Anchor::Home, 0, ".config|app".to_owned())
        );
        assert_eq!(parts("/../x"), (Anchor::Root, 0, "x".to_owned()));
    }

    #[test]
    fn a_path_that_no_system_can_name_is_refused() {
        let longest = "x".repeat(MAX_PATH_PATTERN_BYTES - 2);
        let canonical = path(&longest).to_string();
        assert_eq!(canonical.len(), MAX_PATH_PATTERN_BYTES);
        assert_eq!(path(&canonical), path(&longest));
        let cases = [
            ("", InvalidPattern::Empty),
            ("\0", InvalidPattern::Nul),
            ("./data\0/etc", InvalidPattern::Nul),
            (&format!("{longest}x"), InvalidPattern::PathTooLong),
            (&format!("./{longest}x"), InvalidPattern::PathTooLong),
            (&"./".repeat(4096), InvalidPattern::PathTooLong),
        ];
        for (pattern, error) in cases {
            assert_eq!(NormalPath::parse(pattern), Err(error));
        }
    }

    #[test]
    fn a_recursive_grant_covers_everything_at_or_below_its_path_and_nothing_else() {
        let cases = [
            ("./data", "./data", true),
            ("./data", "data/sub", true),
            ("data/", "./data//sub/../other/x", true),
            ("./data", "./data-secret", false),
            ("./data", "./dat", false),
            ("./data", "./data/..", false),
            ("./data", "./data/../..", false),
            ("./data", "./data/../data-secret", false),
            ("./data", "./data/../data/x", true),
            ("./data", "./Data", false),
            ("./data", "/data", false),
            ("./data", "~/data", false),
            ("./data", "../data", false),
            ("./data", ".", false),
            ("./caf\u{e9}", "./cafe\u{301}", false),
            (".", "./data", true),
            (".", ".", true),
            (".", "..", false),
            (".", "../x", false),
            (".", "/x", false),
            ("..", "..", true),
            ("..", "../x", true),
            ("..", "./x", false),
            ("..", ".", false),
            ("..", "../..", false),
            ("../a", "../../a", false),
            ("/", "/etc/passwd", true),
            ("/", "./data", false),
            ("/", "~/x", false),
            ("/", "../x", false),
            ("/tmp", "/tmp/../etc", false),
            ("/tmp", "/tmpx", false),
            ("~", "~/x", true),
            ("~", "~/..", false),
            ("~", "~user", false),
            ("~", "./~/x", false),
            ("~/..", "~/../other", true),
            ("~/..", "~/x", false),
            ("a\\b", "a/b", false),
        ];
        for (granted, requested, covered) in cases {
            for recursive in [false, true] {
                let grant = PathPattern {
                    pattern: granted.to_owned(),
                    recursive: true,
                };
                let request = PathPattern {
                    pattern: requested.to_owned(),
                    recursive,
                };
                assert_eq!(grant.covers(&request), covered, "{grant:?} {request:?}");
            }
        }
    }

    #[test]
    fn a_grant_that_is_not_recursive_covers_only_its_own_path() {
        let cases = [
            ("./data", "data/", false, true),
            ("./data", "./data", true, false),
            ("./data", "./data/x", false, false),
            ("./data", ".", false, false),
            ("./data", "/data", false, false),
        ];
        for (granted, requested, recursive, covered) in cases {
            let grant = PathPattern {
                pattern: granted.to_owned(),
                recursive: false,
            };
            let request = PathPattern {
                pattern: requested.to_owned(),
                recursive,
            };
            assert_eq!(grant.covers(&request), covered, "{grant:?} {request:?}");
        }
    }
}
