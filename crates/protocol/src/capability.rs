//! What a plugin requests and what it was granted: the same type for both, and one answer to the question
//! whether the one covers the other.

mod env;
mod hash;
mod net;
mod path;
mod pattern;
mod stdio;

use serde::{Deserialize, Serialize};

use env::EnvPattern;
use net::ParsedNet;
use path::ParsedPath;

pub use env::MAX_ENV_PATTERN_BYTES;
pub(crate) use env::validate_env_pattern;
pub use net::{NetPattern, NetProtocol};
pub use path::{Anchor, MAX_PATH_PATTERN_BYTES, NormalPath, PathPattern};
pub use pattern::InvalidPattern;
pub use stdio::Stdio;

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
        let paths = |grants, requests| {
            each_covered(grants, requests, ParsedPath::parse, ParsedPath::covers)
        };
        paths(&self.fs_read, &request.fs_read)
            && paths(&self.fs_write, &request.fs_write)
            && each_covered(
                &self.env_read,
                &request.env_read,
                |pattern| EnvPattern::parse(pattern),
                EnvPattern::covers,
            )
            && each_covered(&self.net, &request.net, ParsedNet::parse, ParsedNet::covers)
            && self.stdio.covers(request.stdio)
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

/// Parses both sides once, as every request may meet every grant.
fn each_covered<'a, T, P, E>(
    grants: &'a [T],
    requests: &'a [T],
    parse: impl Fn(&'a T) -> Result<P, E>,
    covers: impl Fn(&P, &P) -> bool,
) -> bool {
    if requests.is_empty() {
        return true;
    }
    let grants: Vec<P> = grants
        .iter()
        .filter_map(|grant| parse(grant).ok())
        .collect();
    requests.iter().all(|request| {
        parse(request).is_ok_and(|request| grants.iter().any(|grant| covers(grant, &request)))
    })
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
