//! What a deny list touches. Where [`Capabilities::covers`](super::Capabilities::covers) takes too little for
//! granted rather than too much, this takes too much for denied rather than too little.

use unicode_normalization::UnicodeNormalization as _;

use super::anchors::{Anchors, names_in};
use super::path::PathPattern;
use super::pattern::InvalidPattern;

/// An absolute path whose names are compared without regard to case and Unicode form, as some file systems look
/// them up.
pub(super) struct AbsolutePath {
    names: Vec<String>,
    recursive: bool,
}

impl AbsolutePath {
    pub(super) fn parse(pattern: &PathPattern, anchors: &Anchors) -> Result<Self, InvalidPattern> {
        let path = anchors.resolve(&pattern.pattern)?;
        Ok(Self {
            names: names_in(&path).map(folded).collect(),
            recursive: pattern.recursive,
        })
    }

    /// Whether there is a path that both of them mean.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (outer, inner) = if self.names.len() <= other.names.len() {
            (self, other)
        } else {
            (other, self)
        };
        // One that is not recursive means the entries directly inside, too.
        inner.names.starts_with(&outer.names)
            && (outer.recursive || inner.names.len() - outer.names.len() <= 1)
    }
}

/// A text as compared without regard to case and Unicode form. Some characters differ in lower case that
/// are the same in upper case: `ς` and `σ`, `ß` and `ss`.
pub(super) fn folded(text: &str) -> String {
    let upper = text.nfkc().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).nfkc().collect()
}

/// Those `requests` that overlap any of `denied`. One that cannot be read overlaps everything, on either
/// side.
pub(super) fn overlapping<'a, T: Clone, P, E>(
    denied: &'a [T],
    requests: &'a [T],
    parse: impl Fn(&'a T) -> Result<P, E>,
    overlaps: impl Fn(&P, &P) -> bool,
) -> Vec<T> {
    let denied: Vec<Option<P>> = denied.iter().map(|item| parse(item).ok()).collect();
    let meets = |request: &'a T| {
        let request = parse(request).ok();
        denied.iter().any(|item| match (item, &request) {
            (Some(item), Some(request)) => overlaps(item, request),
            _ => true,
        })
    };
    requests
        .iter()
        .filter(|request| meets(request))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::capability::{Anchors, Capabilities, NetPattern, NetProtocol, PathPattern, Stdio};
    use NetProtocol::{Http, Https, Tcp};

    fn anchors() -> Anchors {
        Anchors::new("/home/ada/work", "/home/ada").unwrap()
    }

    /// Whether the two have something in common, which must not depend on which one is denied.
    fn meet(a: &Capabilities, b: &Capabilities) -> bool {
        let one = a.overlapping(b, &anchors());
        let other = b.overlapping(a, &anchors());
        assert_eq!(one.is_empty(), other.is_empty(), "{a:?} {b:?}");
        !one.is_empty()
    }

    fn read(pattern: &str, recursive: bool) -> Capabilities {
        Capabilities {
            fs_read: vec![PathPattern {
                pattern: pattern.to_owned(),
                recursive,
            }],
            ..Capabilities::default()
        }
    }

    fn env(pattern: &str) -> Capabilities {
        Capabilities {
            env_read: vec![pattern.to_owned()],
            ..Capabilities::default()
        }
    }

    fn net(protocol: NetProtocol, host: &str, port: Option<u16>) -> Capabilities {
        Capabilities {
            net: vec![NetPattern {
                host: host.to_owned(),
                port,
                protocol,
            }],
            ..Capabilities::default()
        }
    }

    #[test]
    fn a_denied_tree_meets_whatever_reaches_into_it() {
        let cases = [
            ("~/.ssh", true, true),
            ("~/.ssh", false, true),
            ("~/.ssh/id", false, true),
            ("~/.ssh/keys/old", true, true),
            ("/home/ada/.ssh", true, true),
            ("../.ssh", true, true),
            ("../.ssh/../.ssh/", true, true),
            ("~", true, true),
            ("~", false, true),
            ("..", false, true),
            ("../..", true, true),
            ("../..", false, false),
            ("/", true, true),
            ("/", false, false),
            ("~/.SSH", true, true),
            ("~/.ssh-public", true, false),
            ("~/.ss", true, false),
            (".ssh", true, false),
            (".", true, false),
            ("/.ssh", true, false),
            ("~/../eve/.ssh", true, false),
        ];
        for (request, recursive, meets) in cases {
            assert_eq!(
                meet(&read("/home/ada/.ssh", true), &read(request, recursive)),
                meets,
                "{request} {recursive}"
            );
        }
    }

    #[test]
    fn a_denied_directory_meets_its_direct_entries_only() {
        let cases = [
            ("/srv/a", false, true),
            ("/srv/a", true, true),
            ("/srv/a/b", false, true),
            ("/srv/a/b", true, true),
            ("/srv/a/b/c", false, false),
            ("/srv/a/b/c", true, false),
            ("/srv", true, true),
            ("/srv", false, true),
            ("/", true, true),
            ("/", false, false),
            ("/srv/b", true, false),
        ];
        for (request, recursive, meets) in cases {
            assert_eq!(
                meet(&read("/srv/a", false), &read(request, recursive)),
                meets,
                "{request} {recursive}"
            );
        }
    }

    #[test]
    fn names_that_some_file_system_takes_for_one_are_one() {
        for (a, b) in [
            ("/Caf\u{e9}", "/cafe\u{301}"),
            ("/STRASSE", "/stra\u{df}e"),
            (
                "/\u{3bf}\u{3b4}\u{3cc}\u{3c2}",
                "/\u{39f}\u{394}\u{38c}\u{3a3}",
            ),
            ("/\u{212b}ngstr\u{f6}m", "/\u{e5}ngstro\u{308}m"),
        ] {
            assert!(meet(&read(a, true), &read(b, true)), "{a} {b}");
        }
    }

    #[test]
    fn variables_meet_by_name_or_prefix_in_any_case() {
        let cases = [
            ("AWS_KEY", "AWS_KEY", true),
            ("AWS_KEY", "aws_key", true),
            ("AWS_*", "AWS_KEY", true),
            ("AWS_*", "AWS_S3_*", true),
            ("AWS_S3_*", "AWS_*", true),
            ("AWS_*", "AWS_", true),
            ("AWS_KEY", "AWS_KEYS", false),
            ("AWS_*", "AWS", false),
            ("AWS_*", "AZURE_*", false),
        ];
        for (denied, request, meets) in cases {
            assert_eq!(
                meet(&env(denied), &env(request)),
                meets,
                "{denied} {request}"
            );
        }
    }

    #[test]
    fn hosts_meet_by_name_port_and_protocol() {
        let cases = [
            (
                net(Https, "a.example", None),
                net(Https, "A.example.", Some(443)),
                true,
            ),
            (
                net(Https, "a.example", Some(443)),
                net(Https, "a.example", None),
                true,
            ),
            (
                net(Https, "a.example", Some(443)),
                net(Https, "a.example", Some(8443)),
                false,
            ),
            (
                net(Https, "a.example", None),
                net(Http, "a.example", None),
                false,
            ),
            (
                net(Https, "a.example", None),
                net(Tcp, "a.example", None),
                true,
            ),
            (
                net(Tcp, "a.example", Some(80)),
                net(Http, "a.example", Some(80)),
                true,
            ),
            (
                net(Https, "*.example", None),
                net(Https, "a.example", None),
                true,
            ),
            (
                net(Https, "*.a.example", None),
                net(Https, "*.example", None),
                true,
            ),
            (
                net(Https, "*.a.example", None),
                net(Https, "b.example", None),
                false,
            ),
            (
                net(Https, "a.example", None),
                net(Https, "ba.example", None),
                false,
            ),
            (net(Https, "*", None), net(Https, "10.0.0.1", None), true),
            (net(Https, "a.example", None), net(Https, "*", None), true),
            (
                net(Https, "10.0.0.1", None),
                net(Https, "[::ffff:10.0.0.1]", None),
                true,
            ),
            (
                net(Https, "::1", None),
                net(Https, "127.0.0.1", None),
                false,
            ),
        ];
        for (denied, request, meets) in cases {
            assert_eq!(meet(&denied, &request), meets, "{denied:?} {request:?}");
        }
    }

    #[test]
    fn a_kind_that_is_denied_leaves_the_others_alone() {
        let stdio = |stdin, stdout| Capabilities {
            stdio: Stdio {
                stdin,
                stdout,
                stderr: false,
            },
            ..Capabilities::default()
        };
        let write = Capabilities {
            fs_write: read("/", true).fs_read,
            ..Capabilities::default()
        };
        let kinds = [
            read("/", true),
            write,
            env("HOME"),
            net(Https, "*", None),
            stdio(true, false),
            stdio(false, true),
        ];
        let [reading, writing] = [0, 1];
        for (d, denied) in kinds.iter().enumerate() {
            for (r, request) in kinds.iter().enumerate() {
                // What is written is read as well.
                let expected = d == r || (d, r) == (reading, writing);
                let refused = denied.overlapping(request, &anchors());
                assert_eq!(!refused.is_empty(), expected, "{denied:?} {request:?}");
            }
        }
    }

    #[test]
    fn what_is_refused_keeps_its_spelling_and_the_rest_is_let_through() {
        let mut request = read("~/.ssh", false);
        request.fs_read.extend(read("./data", true).fs_read);
        let refused = read("/home/ada/.ssh", true).overlapping(&request, &anchors());
        assert_eq!(refused, read("~/.ssh", false));
    }

    #[test]
    fn what_cannot_be_read_meets_everything_of_its_kind() {
        for (invalid, valid) in [
            (read("", true), read("/x", false)),
            (env("*"), env("HOME")),
            (net(Https, "a b", None), net(Tcp, "x", Some(1))),
        ] {
            assert!(meet(&invalid, &valid), "{invalid:?}");
            assert!(!meet(&invalid, &Capabilities::default()));
        }
    }
}
