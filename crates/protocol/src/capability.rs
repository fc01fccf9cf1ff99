//! What a plugin requests and what it was granted: the same type for both, and one answer to the question
//! whether the one covers the other.

mod anchors;
mod env;
mod hash;
mod net;
mod overlap;
mod path;
mod pattern;
mod stdio;
mod validate;

use serde::{Deserialize, Serialize};

use env::EnvPattern;
use net::ParsedNet;
use overlap::{AbsolutePath, overlapping};
use path::ParsedPath;

pub use anchors::Anchors;
pub use env::MAX_ENV_PATTERN_BYTES;
pub use net::{NetPattern, NetProtocol};
pub use path::{Anchor, MAX_PATH_PATTERN_BYTES, NormalPath, PathPattern};
pub use pattern::InvalidPattern;
pub use stdio::Stdio;
pub use validate::InvalidCapabilities;

/// How many patterns of one kind a manifest may list. It bounds the time of [`Capabilities::covers`], which
/// compares every request with every grant, and a question that a person is asked.
pub const MAX_PATTERNS: usize = 256;

/// A set of permissions: requested in a manifest, or granted by whoever decided about that request.
///
/// The default is nothing at all. An invalid pattern has no effect in either role: granted it covers nothing,
/// and requested nothing covers it; a manifest with one is refused by
/// [`PluginManifest::validate`](crate::PluginManifest::validate).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// What it may read.
    #[serde(default)]
    pub fs_read: Vec<PathPattern>,
    /// What it may write, create and delete. It does not include reading.
    #[serde(default)]
    pub fs_write: Vec<PathPattern>,
    /// The environment variables it sees: names, or a prefix of at least three characters followed by `*`.
    #[serde(default)]
    pub env_read: Vec<String>,
    /// The hosts that effects may reach.
    #[serde(default)]
    pub net: Vec<NetPattern>,
    /// The host's standard streams.
    #[serde(default)]
    pub stdio: Stdio,
}

impl Capabilities {
    /// Whether nothing is requested or granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this grant covers everything in `request`: every item must be covered by one granted item of
    /// the same kind.
    ///
    /// Two items that cover a request only together do not cover it; `fs_write` does not cover `fs_read`.
    /// The rules of each kind are at [`PathPattern::covers`], [`NetPattern::covers`] and
    /// [`allows_env`](Self::allows_env). It is a decision about the text of the patterns: no file system and
    /// no resolver is asked, so symbolic links are the enforcing side's to refuse.
    #[must_use]
    pub fn covers(&self, request: &Self) -> bool {
        self.missing(request).is_empty()
    }

    /// The items of `request` that this grant does not cover, in the request's order and spelling: what is
    /// still to be decided about.
    #[must_use]
    pub fn missing(&self, request: &Self) -> Self {
        Self {
            stdio: self.stdio.missing(request.stdio),
            ..self.uncovered(request)
        }
    }

    /// What both this grant and `request` allow: items of `request` that the grant covers, and of
    /// the grant where only part of an item was granted; in the request's order. Never more than was asked for.
    #[must_use]
    pub fn common(&self, request: &Self) -> Self {
        let paths =
            |grants, requests| common(grants, requests, ParsedPath::parse, ParsedPath::covers);
        Self {
            fs_read: paths(&self.fs_read, &request.fs_read),
            fs_write: paths(&self.fs_write, &request.fs_write),
            env_read: common(
                &self.env_read,
                &request.env_read,
                |pattern| EnvPattern::parse(pattern),
                EnvPattern::covers,
            ),
            net: common(&self.net, &request.net, ParsedNet::parse, ParsedNet::covers),
            stdio: self.stdio.covered(request.stdio),
        }
    }

    /// The items of `request` that have anything in common with an item of this deny list: either contains
    /// part of the other.
    ///
    /// A path that is not recursive means its direct entries too. Paths are compared as `anchors` make them
    /// absolute, and what is written counts as read; names, of variables too, without regard to case and Unicode form; an item that cannot be
    /// read meets every other of its kind. So more may be refused than was meant, never less. Links are not
    /// followed: whoever opens a path must refuse those that lead out of it.
    #[must_use]
    pub fn overlapping(&self, request: &Self, anchors: &Anchors) -> Self {
        let paths = |denied: &[PathPattern], requests| {
            overlapping(
                denied,
                requests,
                |path| AbsolutePath::parse(path, anchors),
                AbsolutePath::overlaps,
            )
        };
        // Where the host lets a plugin write, it lets it read too.
        let read_or_written = [&*self.fs_read, &*self.fs_write].concat();
        Self {
            fs_read: paths(&self.fs_read, &request.fs_read),
            fs_write: paths(&read_or_written, &request.fs_write),
            env_read: overlapping(
                &self.env_read,
                &request.env_read,
                |pattern| EnvPattern::parse(pattern),
                EnvPattern::overlaps,
            ),
            net: overlapping(
                &self.net,
                &request.net,
                ParsedNet::parse,
                ParsedNet::overlaps,
            ),
            stdio: self.stdio.covered(request.stdio),
        }
    }

    /// The items in the lists of `request` that this grant does not cover.
    fn uncovered(&self, request: &Self) -> Self {
        let paths =
            |grants, requests| uncovered(grants, requests, ParsedPath::parse, ParsedPath::covers);
        Self {
            fs_read: paths(&self.fs_read, &request.fs_read),
            fs_write: paths(&self.fs_write, &request.fs_write),
            env_read: uncovered(
                &self.env_read,
                &request.env_read,
                |pattern| EnvPattern::parse(pattern),
                EnvPattern::covers,
            ),
            net: uncovered(&self.net, &request.net, ParsedNet::parse, ParsedNet::covers),
            stdio: Stdio::default(),
        }
    }

    /// Whether the environment variable `name` may be seen.
    ///
    /// A name is compared byte by byte, also on Windows, whose variables ignore case: to allow less is the
    /// safe mistake. A prefix allows the variable that is called just like it, too.
    #[must_use]
    pub fn allows_env(&self, name: &str) -> bool {
        self.env_read
            .iter()
            .filter_map(|pattern| EnvPattern::parse(pattern).ok())
            .any(|pattern| pattern.allows(name))
    }

    /// Whether `host` may be contacted by `protocol` at `port`.
    ///
    /// `host` is a host as in a URL: a name, an IPv4 address, or an IPv6 address with or without brackets.
    /// Anything else, a pattern included, is not allowed. What addresses a name resolves to is for the
    /// caller to check.
    #[must_use]
    pub fn allows_net(&self, protocol: NetProtocol, host: &str, port: u16) -> bool {
        self.net
            .iter()
            .any(|pattern| pattern.allows(protocol, host, port))
    }

    /// Whether a path in it starts from there, so that what it means depends on where that is. A pattern
    /// that cannot be read means nothing.
    #[must_use]
    pub fn starts_from(&self, anchor: Anchor) -> bool {
        let starts = |pattern: &PathPattern| {
            pattern
                .normal_path()
                .is_ok_and(|path| path.anchor() == anchor)
        };
        self.fs_read.iter().chain(&self.fs_write).any(starts)
    }

    /// The same permissions in their one canonical spelling: patterns written as [`NormalPath`] and hosts
    /// are displayed, every list sorted and without duplicates.
    ///
    /// Items that are covered by others stay: a request that changes is a change that somebody may want to
    /// see. Invalid patterns stay as they are.
    #[must_use]
    pub fn normalized(&self) -> Self {
        Self {
            fs_read: sorted(self.fs_read.iter().map(PathPattern::normalized)),
            fs_write: sorted(self.fs_write.iter().map(PathPattern::normalized)),
            env_read: sorted(self.env_read.iter().cloned()),
            net: sorted(self.net.iter().map(NetPattern::normalized)),
            stdio: self.stdio,
        }
    }

    /// Identifies these permissions: `blake3:` and 64 hexadecimal digits, the same for sets that have the
    /// same [`normalized`](Self::normalized) form and different for any others.
    ///
    /// It is stored beside a decision, so it stays the same from one version of this crate to the next; a
    /// version that had to change it would make users decide again.
    #[must_use]
    pub fn canonical_hash(&self) -> String {
        hash::hash_normalized(&self.normalized())
    }
}

/// The requests that no grant covers. Both sides are parsed once, as every request may meet every grant.
fn uncovered<'a, T: Clone, P, E>(
    grants: &'a [T],
    requests: &'a [T],
    parse: impl Fn(&'a T) -> Result<P, E>,
    covers: impl Fn(&P, &P) -> bool,
) -> Vec<T> {
    if requests.is_empty() {
        return Vec::new();
    }
    let grants: Vec<P> = grants
        .iter()
        .filter_map(|grant| parse(grant).ok())
        .collect();
    let covered = |request| {
        parse(request).is_ok_and(|request| grants.iter().any(|grant| covers(grant, &request)))
    };
    let uncovered = requests.iter().filter(|request| !covered(request));
    uncovered.cloned().collect()
}

/// The requests that a grant covers, and in place of each other one the grants that it covers.
fn common<'a, T: Clone + PartialEq, P, E>(
    grants: &'a [T],
    requests: &'a [T],
    parse: impl Fn(&'a T) -> Result<P, E>,
    covers: impl Fn(&P, &P) -> bool,
) -> Vec<T> {
    let parsed = |items: &'a [T]| -> Vec<(&'a T, P)> {
        let valid = |item| Some((item, parse(item).ok()?));
        items.iter().filter_map(valid).collect()
    };
    let grants = parsed(grants);
    let mut common: Vec<T> = Vec::new();
    for (request, parsed) in parsed(requests) {
        if grants.iter().any(|(_, grant)| covers(grant, &parsed)) {
            common.push(request.clone());
            continue;
        }
        let parts = grants.iter().filter(|(_, grant)| covers(&parsed, grant));
        for (part, _) in parts {
            if !common.contains(part) {
                common.push((*part).clone());
            }
        }
    }
    common
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(pattern: &str, recursive: bool) -> PathPattern {
        PathPattern {
            pattern: pattern.to_owned(),
            recursive,
        }
    }

    fn https(host: &str) -> NetPattern {
        NetPattern {
            host: host.to_owned(),
            port: None,
            protocol: NetProtocol::Https,
        }
    }

    /// One set of each kind, each with something in it.
    fn one_of_each_kind() -> [Capabilities; 7] {
        let none = Capabilities::default;
        let stdio = |stdin, stdout, stderr| Capabilities {
            stdio: Stdio {
                stdin,
                stdout,
                stderr,
            },
            ..none()
        };
        [
            Capabilities {
                fs_read: vec![path("./data", true)],
                ..none()
            },
            Capabilities {
                fs_write: vec![path("./data", true)],
                ..none()
            },
            Capabilities {
                env_read: vec!["./data".to_owned()],
                ..none()
            },
            Capabilities {
                net: vec![https("data")],
                ..none()
            },
            stdio(true, false, false),
            stdio(false, true, false),
            stdio(false, false, true),
        ]
    }

    #[test]
    fn nothing_is_empty_and_covers_only_nothing() {
        let nothing = Capabilities::default();
        assert!(nothing.is_empty());
        assert!(nothing.covers(&nothing));
        for something in one_of_each_kind() {
            assert!(!something.is_empty());
            assert!(something.covers(&nothing));
            assert!(!nothing.covers(&something));
        }
    }

    #[test]
    fn a_grant_of_one_kind_covers_no_other_kind() {
        let kinds = one_of_each_kind();
        for (g, grant) in kinds.iter().enumerate() {
            for (r, request) in kinds.iter().enumerate() {
                assert_eq!(grant.covers(request), g == r, "{grant:?} {request:?}");
            }
        }
    }

    #[test]
    fn every_requested_item_needs_a_granted_item_of_its_own_kind() {
        let grant = Capabilities {
            fs_read: vec![path("./data", true), path("./more", false)],
            env_read: vec!["MY_*".to_owned()],
            ..Capabilities::default()
        };
        let mut request = Capabilities {
            fs_read: vec![
                path("more/", false),
                path("data/x", false),
                path("data/y", true),
            ],
            env_read: vec!["MY_A".to_owned(), "MY_B".to_owned()],
            ..Capabilities::default()
        };
        assert!(grant.covers(&request));
        request.fs_read.push(path("./more", true));
        assert!(!grant.covers(&request));
        request.fs_read.pop();
        request.env_read.push("YOURS".to_owned());
        assert!(!grant.covers(&request));
    }

    #[test]
    fn a_request_falls_into_what_was_granted_and_what_is_missing() {
        let grant = Capabilities {
            fs_read: vec![path("./data", true)],
            env_read: vec!["MY_*".to_owned()],
            net: vec![https("*.example.com")],
            stdio: Stdio {
                stdout: true,
                ..Stdio::default()
            },
            ..Capabilities::default()
        };
        let request = Capabilities {
            fs_read: vec![path("more", false), path("data/x", true), path("", true)],
            fs_write: vec![path("./data", true)],
            env_read: vec!["MY_A".to_owned(), "HOME".to_owned()],
            net: vec![https("Example.com"), https("example.org")],
            stdio: Stdio {
                stdin: true,
                stdout: true,
                stderr: false,
            },
        };
        assert_eq!(
            grant.common(&request),
            Capabilities {
                fs_read: vec![path("data/x", true)],
                fs_write: vec![],
                env_read: vec!["MY_A".to_owned()],
                net: vec![https("Example.com")],
                stdio: Stdio {
                    stdout: true,
                    ..Stdio::default()
                },
            }
        );
        assert_eq!(
            grant.missing(&request),
            Capabilities {
                fs_read: vec![path("more", false), path("", true)],
                fs_write: vec![path("./data", true)],
                env_read: vec!["HOME".to_owned()],
                net: vec![https("example.org")],
                stdio: Stdio {
                    stdin: true,
                    ..Stdio::default()
                },
            }
        );
    }

    #[test]
    fn where_part_of_what_is_asked_for_was_granted_that_part_is_had() {
        let grant = Capabilities {
            fs_read: vec![
                path("./data/public", true),
                path("./data", false),
                path("./other", true),
            ],
            env_read: vec!["MY_A".to_owned(), "HOME".to_owned()],
            net: vec![https("api.example.com"), https("*.example.org")],
            ..Capabilities::default()
        };
        let request = Capabilities {
            fs_read: vec![path("./data", true), path("./data/public/x", true)],
            env_read: vec!["MY_*".to_owned()],
            net: vec![https("*"), https("a.example.org")],
            ..Capabilities::default()
        };
        let common = Capabilities {
            fs_read: vec![
                path("./data/public", true),
                path("./data", false),
                path("./data/public/x", true),
            ],
            env_read: vec!["MY_A".to_owned()],
            net: vec![
                https("api.example.com"),
                https("*.example.org"),
                https("a.example.org"),
            ],
            ..Capabilities::default()
        };
        assert_eq!(grant.common(&request), common);
        // Asked for by halves, nothing more is had than by all of it.
        assert!(common.covers(&request.common(&grant)));
    }

    #[test]
    fn an_invalid_pattern_covers_nothing_and_nothing_covers_it() {
        let invalid = [
            Capabilities {
                fs_read: vec![path("", true)],
                ..Capabilities::default()
            },
            Capabilities {
                env_read: vec!["*".to_owned()],
                ..Capabilities::default()
            },
            Capabilities {
                net: vec![https("a b")],
                ..Capabilities::default()
            },
        ];
        let everything = Capabilities {
            fs_read: vec![path("/", true), path(".", true), path("~", true)],
            net: vec![https("*")],
            ..Capabilities::default()
        };
        for invalid in invalid {
            assert!(!invalid.covers(&invalid));
            assert!(!everything.covers(&invalid));
            assert!(!invalid.covers(&everything));
            assert!(!invalid.allows_env("HOME"));
            assert!(!invalid.allows_net(NetProtocol::Https, "a b", 443));
        }
    }

    #[test]
    fn what_a_path_starts_from_is_what_it_depends_on() {
        let cases = [
            ("./data", [true, false, false]),
            ("data", [true, false, false]),
            ("..", [true, false, false]),
            ("~eve", [true, false, false]),
            ("~", [false, true, false]),
            ("~/data", [false, true, false]),
            ("~/../data", [false, true, false]),
            ("/data", [false, false, true]),
            ("", [false, false, false]),
        ];
        for (pattern, expected) in cases {
            let read = Capabilities {
                fs_read: vec![path(pattern, true)],
                ..Capabilities::default()
            };
            let write = Capabilities {
                fs_write: vec![path(pattern, false)],
                ..Capabilities::default()
            };
            for capabilities in [read, write] {
                let found = [Anchor::WorkingDirectory, Anchor::Home, Anchor::Root]
                    .map(|anchor| capabilities.starts_from(anchor));
                assert_eq!(found, expected, "{capabilities:?}");
            }
        }
    }

    #[test]
    fn the_canonical_spelling_is_sorted_and_says_everything_once() {
        let spelled = Capabilities {
            fs_read: vec![
                path("data//", true),
                path("/a/../b", false),
                path("./data/.", true),
            ],
            env_read: vec!["B".to_owned(), "A".to_owned(), "B".to_owned()],
            net: vec![
                https("WWW.Example.COM."),
                https("[::0:1]"),
                https("www.example.com"),
            ],
            ..Capabilities::default()
        };
        let normalized = spelled.normalized();
        assert_eq!(
            normalized.fs_read,
            [path("./data", true), path("/b", false)]
        );
        assert_eq!(normalized.env_read, ["A", "B"]);
        assert_eq!(normalized.net, [https("[::1]"), https("www.example.com")]);
        assert_eq!(normalized.normalized(), normalized);
    }
}
