//! What "covers" promises, whatever the patterns are.

use std::path::{Component, Path, PathBuf};

use proptest::prelude::*;
use sen_host_protocol::{Anchor, Anchors, Capabilities, NetProtocol, NormalPath, PathPattern};

use crate::arbitrary;

/// Where a pattern leads on a system with these directories, by the text alone and by other code than
/// the crate's.
fn resolve(pattern: &str, working_directory: &Path, home: &Path) -> PathBuf {
    let joined = match pattern.strip_prefix("~/") {
        Some(rest) => home.join(rest.trim_start_matches('/')),
        None if pattern == "~" => home.to_owned(),
        None => working_directory.join(pattern),
    };
    let mut resolved = PathBuf::new();
    for component in joined.components() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

fn paths_only(paths: Vec<PathPattern>) -> Capabilities {
    Capabilities {
        fs_read: paths,
        ..Capabilities::default()
    }
}

/// Only what has a meaning covers itself.
fn valid_part(capabilities: &Capabilities) -> Capabilities {
    let mut valid = capabilities.clone();
    let keep = |one: Capabilities| one.covers(&one);
    valid
        .fs_read
        .retain(|path| NormalPath::parse(&path.pattern).is_ok());
    valid
        .fs_write
        .retain(|path| NormalPath::parse(&path.pattern).is_ok());
    valid.env_read.retain(|name| {
        keep(Capabilities {
            env_read: vec![name.clone()],
            ..Capabilities::default()
        })
    });
    valid.net.retain(|pattern| {
        keep(Capabilities {
            net: vec![pattern.clone()],
            ..Capabilities::default()
        })
    });
    valid
}

proptest! {
    #![proptest_config(arbitrary::many_cases())]

    #[test]
    fn a_valid_grant_covers_itself_and_any_other_spelling_of_itself(any in arbitrary::capabilities()) {
        let valid = valid_part(&any);
        prop_assert!(valid.covers(&valid));
        prop_assert!(valid.covers(&valid.normalized()));
        prop_assert!(valid.normalized().covers(&valid));
    }

    #[test]
    fn what_covers_what_covers_a_request_covers_the_request(
        a in arbitrary::capabilities(),
        b in arbitrary::capabilities(),
        c in arbitrary::capabilities(),
    ) {
        // One item at a time, as whole sets rarely cover each other by chance.
        for a in items(&a) {
            for b in items(&b).iter().filter(|b| a.covers(b)) {
                for c in items(&c).iter().filter(|c| b.covers(c)) {
                    prop_assert!(a.covers(c), "{:?} {:?} {:?}", a, b, c);
                }
            }
        }
    }

    #[test]
    fn what_a_grant_and_a_request_have_in_common_is_all_that_both_allow(
        grant in arbitrary::capabilities(),
        request in arbitrary::capabilities(),
    ) {
        let common = grant.common(&request);
        prop_assert!(grant.covers(&common));
        prop_assert!(request.covers(&common));
        let of_both = items(&request).into_iter().filter(|item| grant.covers(item));
        let parts = items(&grant).into_iter().filter(|item| request.covers(item));
        for item in of_both.chain(parts) {
            prop_assert!(common.covers(&item), "{:?} {:?}", common, item);
        }
        prop_assert_eq!(grant.covers(&request), grant.missing(&request).is_empty());
        for item in items(&grant.missing(&request)) {
            prop_assert!(item.is_empty() || !grant.covers(&item));
        }
    }

    #[test]
    fn a_deny_list_meets_at_least_what_a_grant_of_the_same_would_cover(
        denied in arbitrary::capabilities(),
        request in arbitrary::capabilities(),
    ) {
        let anchors = Anchors::new("/a/b", "/a").unwrap();
        for denied in items(&denied) {
            for request in items(&request) {
                let refused = denied.overlapping(&request, &anchors);
                prop_assert_eq!(refused.is_empty(), request.overlapping(&denied, &anchors).is_empty());
                if denied.covers(&request) || request.covers(&denied) {
                    prop_assert!(
                        !refused.is_empty() || denied.is_empty() || request.is_empty(),
                        "{:?} {:?}", denied, request
                    );
                }
            }
        }
    }

    #[test]
    fn a_denied_tree_meets_every_path_that_leads_into_it_or_around_it(
        denied in arbitrary::path_text(),
        request in arbitrary::path_text(),
    ) {
        let resolve = |pattern: &str| resolve(pattern, Path::new("/a/b"), Path::new("/a"));
        let tree = |pattern: &str| paths_only(vec![PathPattern { pattern: pattern.to_owned(), recursive: true }]);
        if denied.is_empty() || request.is_empty() {
            return Ok(());
        }
        let (outer, inner) = (resolve(&denied), resolve(&request));
        if inner.starts_with(&outer) || outer.starts_with(&inner) {
            let anchors = Anchors::new("/a/b", "/a").unwrap();
            prop_assert!(!tree(&denied).overlapping(&tree(&request), &anchors).is_empty(), "{} {}", denied, request);
        }
    }

    #[test]
    fn two_sets_have_one_hash_exactly_if_they_have_one_canonical_spelling(
        a in arbitrary::capabilities(),
        b in arbitrary::capabilities(),
    ) {
        prop_assert_eq!(a.canonical_hash(), a.normalized().canonical_hash());
        prop_assert_eq!(a.normalized().normalized(), a.normalized());
        for a in items(&a) {
            for b in items(&b) {
                prop_assert_eq!(
                    a.canonical_hash() == b.canonical_hash(),
                    a.normalized() == b.normalized()
                );
            }
        }
    }

    #[test]
    fn a_grant_never_covers_a_path_that_escapes_it(
        grant in arbitrary::path_pattern(),
        request in arbitrary::path_pattern(),
    ) {
        if grant.covers(&request) {
            // Wherever the working directory and the home directory are, the one lies in the other.
            for (working_directory, home) in [("/a/b", "/a"), ("/", "/"), ("/a/a/a/a/a/a/a", "/A")] {
                let resolve = |pattern: &str| resolve(pattern, Path::new(working_directory), Path::new(home));
                let (outer, inner) = (resolve(&grant.pattern), resolve(&request.pattern));
                prop_assert!(
                    if grant.recursive { inner.starts_with(&outer) } else { inner == outer && !request.recursive },
                    "{:?} {:?} in {}", grant, request, working_directory
                );
            }
        }
    }

    #[test]
    fn what_lies_below_a_recursive_grant_is_covered_and_what_lies_beside_it_is_not(
        pattern in arbitrary::path_text().prop_filter("a path", |path| !path.is_empty()),
        name in "[a-z]{1,5}",
    ) {
        let grant = paths_only(vec![PathPattern { pattern: pattern.clone(), recursive: true }]);
        let covers = |request: String| {
            grant.covers(&paths_only(vec![PathPattern { pattern: request, recursive: true }]))
        };
        let path = NormalPath::parse(&pattern).unwrap();
        let below = format!("{path}/{name}");
        prop_assert!(covers(below));
        if path.components().next().is_some() {
            let beside = format!("{path}-{name}");
            let parent = format!("{path}/..");
            prop_assert!(!covers(beside));
            prop_assert!(!covers(parent));
        } else if path.anchor() != Anchor::Root {
            let parent = format!("{path}/..");
            prop_assert!(!covers(parent));
        }
    }

    #[test]
    fn a_path_means_the_same_in_its_canonical_spelling(pattern in arbitrary::path_text()) {
        if let Ok(path) = NormalPath::parse(&pattern) {
            prop_assert_eq!(NormalPath::parse(&path.to_string()), Ok(path.clone()));
            let resolve = |pattern: &str| resolve(pattern, Path::new("/w/x/y/z/1/2/3"), Path::new("/h/x/y/z/1/2/3"));
            prop_assert_eq!(resolve(&path.to_string()), resolve(&pattern));
            prop_assert!(path.anchor() != Anchor::Root || path.parents() == 0);
        }
    }

    #[test]
    fn any_text_can_be_asked_about(
        capabilities in arbitrary::capabilities(),
        text in any::<String>(),
        port in any::<u16>(),
    ) {
        let _ = capabilities.allows_env(&text);
        let _ = capabilities.allows_net(NetProtocol::Https, &text, port);
        if let Ok(path) = NormalPath::parse(&text) {
            prop_assert_eq!(NormalPath::parse(&path.to_string()), Ok(path));
        }
    }
}

/// Every item of a set as a set of its own.
fn items(capabilities: &Capabilities) -> Vec<Capabilities> {
    let none = Capabilities::default;
    let mut items = Vec::new();
    items.extend(capabilities.fs_read.iter().map(|path| Capabilities {
        fs_read: vec![path.clone()],
        ..none()
    }));
    items.extend(capabilities.env_read.iter().map(|name| Capabilities {
        env_read: vec![name.clone()],
        ..none()
    }));
    items.extend(capabilities.net.iter().map(|pattern| Capabilities {
        net: vec![pattern.clone()],
        ..none()
    }));
    items.push(Capabilities {
        stdio: capabilities.stdio,
        ..none()
    });
    items
}
