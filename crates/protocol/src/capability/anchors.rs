//! Where paths that begin at different places lead.

use super::path::{Anchor, NormalPath};
use super::pattern::InvalidPattern;

/// Where relative paths and `~/` lead, for comparing paths that begin at different places. Text alone: no file
/// system is asked, and links are not followed.
#[derive(Debug, Clone)]
pub struct Anchors {
    working_directory: String,
    home: String,
}

impl Anchors {
    /// Takes both as the system spells them. On Windows `C:\Users\ada` is the path `/C:/Users/ada` here.
    ///
    /// # Errors
    ///
    /// [`InvalidPattern::NotAbsolute`] for a path that does not begin at the root; otherwise as for
    /// [`NormalPath::parse`].
    pub fn new(working_directory: &str, home: &str) -> Result<Self, InvalidPattern> {
        Ok(Self {
            working_directory: absolute(working_directory)?,
            home: absolute(home)?,
        })
    }

    /// The absolute path that a pattern means, in its canonical spelling.
    ///
    /// # Errors
    ///
    /// As for [`NormalPath::parse`]. The path may be as long as the anchor and the pattern together.
    pub fn resolve(&self, pattern: &str) -> Result<String, InvalidPattern> {
        let path = NormalPath::parse(pattern)?;
        let mut names: Vec<&str> = match path.anchor() {
            Anchor::Root => Vec::new(),
            Anchor::Home => names_in(&self.home).collect(),
            Anchor::WorkingDirectory => names_in(&self.working_directory).collect(),
        };
        // As on a file system, the root's parent is the root.
        names.truncate(names.len().saturating_sub(path.parents()));
        names.extend(path.components());
        Ok(format!("/{}", names.join("/")))
    }
}

fn absolute(directory: &str) -> Result<String, InvalidPattern> {
    let path = if cfg!(windows) {
        let path = directory.replace('\\', "/");
        if path.starts_with('/') {
            path
        } else {
            format!("/{path}")
        }
    } else {
        directory.to_owned()
    };
    let path = NormalPath::parse(&path)?;
    if path.anchor() == Anchor::Root {
        Ok(path.to_string())
    } else {
        Err(InvalidPattern::NotAbsolute)
    }
}

/// The names of a path.
pub(super) fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_somewhere_absolute() {
        let anchors = Anchors::new("/home/ada/work", "/home/ada/").unwrap();
        let cases = [
            (".", "/home/ada/work"),
            ("data", "/home/ada/work/data"),
            ("./data/../x/", "/home/ada/work/x"),
            ("..", "/home/ada"),
            ("../..", "/home"),
            ("../../../..", "/"),
            ("../../../../x", "/x"),
            ("~", "/home/ada"),
            ("~/.ssh", "/home/ada/.ssh"),
            ("~/../eve", "/home/eve"),
            ("/etc/../srv", "/srv"),
            ("/", "/"),
            ("~eve", "/home/ada/work/~eve"),
        ];
        for (pattern, absolute) in cases {
            assert_eq!(
                anchors.resolve(pattern).as_deref(),
                Ok(absolute),
                "{pattern:?}"
            );
        }
        assert_eq!(anchors.resolve(""), Err(InvalidPattern::Empty));
    }

    #[test]
    fn an_anchor_is_absolute() {
        for (working_directory, home, error) in [
            ("work", "/home/ada", InvalidPattern::NotAbsolute),
            ("/work", "~", InvalidPattern::NotAbsolute),
            ("", "/home/ada", InvalidPattern::Empty),
            ("/work", "/home\0", InvalidPattern::Nul),
        ] {
            let refused = Anchors::new(working_directory, home).unwrap_err();
            assert_eq!(refused, error, "{working_directory:?} {home:?}");
        }
    }
}
