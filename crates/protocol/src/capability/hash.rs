//! The identity of a set of permissions.

use blake3::Hasher;

use super::{Capabilities, NetPattern, PathPattern, Stdio};

/// Keeps these hashes apart from all others, and names the form of what follows.
const FORM: &str = "sen-host capabilities 1";

/// The hash of capabilities that are in their canonical spelling.
///
/// What is hashed has one reading: every list begins with its own tag and its length, every string with its
/// length, every other part has a fixed size, and all parts of the struct are there in a fixed order. So two
/// different sets never give the same bytes. A valid pattern in its canonical spelling never equals an
/// invalid one, so these need no tag.
pub(super) fn hash_normalized(capabilities: &Capabilities) -> String {
    let Capabilities {
        fs_read,
        fs_write,
        env_read,
        net,
        stdio,
    } = capabilities;
    let mut hasher = Hasher::new();
    write_str(&mut hasher, FORM);
    write_list(&mut hasher, b'r', fs_read, write_path);
    write_list(&mut hasher, b'w', fs_write, write_path);
    write_list(&mut hasher, b'e', env_read, |hasher, name| {
        write_str(hasher, name)
    });
    write_list(&mut hasher, b'n', net, write_net);
    let Stdio {
        stdin,
        stdout,
        stderr,
    } = *stdio;
    hasher.update(&[b's', stdin.into(), stdout.into(), stderr.into()]);
    format!("blake3:{}", hasher.finalize().to_hex())
}

fn write_list<T>(hasher: &mut Hasher, tag: u8, items: &[T], write_item: impl Fn(&mut Hasher, &T)) {
    hasher.update(&[tag]);
    write_len(hasher, items.len());
    for item in items {
        write_item(hasher, item);
    }
}

fn write_path(hasher: &mut Hasher, path: &PathPattern) {
    write_str(hasher, &path.pattern);
    hasher.update(&[path.recursive.into()]);
}

fn write_net(hasher: &mut Hasher, net: &NetPattern) {
    write_str(hasher, net.protocol.as_str());
    write_str(hasher, &net.host);
    let [high, low] = net.port.unwrap_or(0).to_be_bytes();
    hasher.update(&[net.port.is_some().into(), high, low]);
}

fn write_str(hasher: &mut Hasher, text: &str) {
    write_len(hasher, text.len());
    hasher.update(text.as_bytes());
}

fn write_len(hasher: &mut Hasher, len: usize) {
    hasher.update(&(len as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::NetProtocol;
    use std::collections::BTreeSet;

    fn path(pattern: &str, recursive: bool) -> PathPattern {
        PathPattern {
            pattern: pattern.to_owned(),
            recursive,
        }
    }

    fn net(protocol: NetProtocol, host: &str, port: Option<u16>) -> NetPattern {
        NetPattern {
            host: host.to_owned(),
            port,
            protocol,
        }
    }

    #[test]
    fn order_repetition_and_spelling_make_no_difference() {
        let one = Capabilities {
            fs_read: vec![path("./data", true), path("/tmp", false)],
            env_read: vec!["HOME".to_owned(), "MY_*".to_owned()],
            net: vec![
                net(NetProtocol::Https, "example.com", None),
                net(NetProtocol::Tcp, "[::1]", Some(22)),
            ],
            ..Capabilities::default()
        };
        let other = Capabilities {
            fs_read: vec![
                path("/x/../tmp/", false),
                path("data//.", true),
                path("data", true),
            ],
            env_read: vec!["MY_*".to_owned(), "HOME".to_owned(), "HOME".to_owned()],
            net: vec![
                net(NetProtocol::Tcp, "::1", Some(22)),
                net(NetProtocol::Https, "EXAMPLE.com.", None),
            ],
            ..Capabilities::default()
        };
        assert_eq!(one.canonical_hash(), other.canonical_hash());
    }

    #[test]
    fn every_difference_in_meaning_makes_a_difference() {
        let none = Capabilities::default;
        let read = |paths: &[PathPattern]| Capabilities {
            fs_read: paths.to_vec(),
            ..none()
        };
        let env = |names: &[&str]| Capabilities {
            env_read: names.iter().map(|&name| name.to_owned()).collect(),
            ..none()
        };
        let hosts = |hosts: &[NetPattern]| Capabilities {
            net: hosts.to_vec(),
            ..none()
        };
        let stdio = |stdin, stdout, stderr| Capabilities {
            stdio: Stdio {
                stdin,
                stdout,
                stderr,
            },
            ..none()
        };
        let different = [
            none(),
            read(&[path("./data", false)]),
            read(&[path("./data", true)]),
            read(&[path("/data", true)]),
            read(&[path("~/data", true)]),
            read(&[path("../data", true)]),
            read(&[path("./Data", true)]),
            read(&[path("./a", true), path("./b", true)]),
            read(&[path("./a/b", true)]),
            read(&[path("", true)]),
            Capabilities {
                fs_write: vec![path("./data", true)],
                ..none()
            },
            env(&["AB"]),
            env(&["A", "B"]),
            env(&["ABC*"]),
            env(&["*"]),
            hosts(&[net(NetProtocol::Https, "data", None)]),
            hosts(&[net(NetProtocol::Http, "data", None)]),
            hosts(&[net(NetProtocol::Tcp, "data", None)]),
            hosts(&[net(NetProtocol::Https, "data", Some(0))]),
            hosts(&[net(NetProtocol::Https, "data", Some(443))]),
            hosts(&[net(NetProtocol::Https, "*.data", None)]),
            hosts(&[net(NetProtocol::Https, "*", None)]),
            stdio(true, false, false),
            stdio(false, true, false),
            stdio(false, false, true),
            stdio(true, true, true),
        ];
        let hashes: BTreeSet<_> = different.iter().map(Capabilities::canonical_hash).collect();
        assert_eq!(hashes.len(), different.len());
    }

    /// Decisions of users are stored under these: if this test fails, the form has changed, and every user
    /// of the library is asked again.
    #[test]
    fn a_hash_stays_the_same_from_version_to_version() {
        assert_eq!(
            Capabilities::default().canonical_hash(),
            "blake3:63d717e5eb7e870e083548363f84d34bb97c6528ffe625aaa3118c35a358066a"
        );
        let full = Capabilities {
            fs_read: vec![path("./data", true)],
            fs_write: vec![path("~/out", false)],
            env_read: vec!["MY_*".to_owned()],
            net: vec![net(NetProtocol::Https, "*.example.com", Some(443))],
            stdio: Stdio {
                stdin: false,
                stdout: true,
                stderr: true,
            },
        };
        assert_eq!(
            full.canonical_hash(),
            "blake3:8a631c8c3008ed7862772709860f01ff566e4b191629691cd2bf590bcfffe22e"
        );
    }
}
