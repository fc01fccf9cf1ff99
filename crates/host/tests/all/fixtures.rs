//! The guests in `test/guests`: each is used, and each is explained.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::project;

fn guests() -> BTreeSet<String> {
    let entries = fs::read_dir(project("test/guests")).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// The files below a folder whose names end so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("node_modules") {
                files(&path, ending, found);
            }
        } else if path.to_str().is_some_and(|path| path.ends_with(ending)) {
            found.push(path);
        }
    }
}

#[test]
fn every_guest_is_used_by_some_test() {
    let mut tests = Vec::new();
    for entry in fs::read_dir(project("crates")).unwrap() {
        files(&entry.unwrap().path().join("tests"), ".rs", &mut tests);
    }
    files(&project("test"), ".ts", &mut tests);
    let texts: Vec<String> = tests
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let is_used = |guest: &String| {
        let quoted = ['"', '\'', '`'].map(|quote| format!("{quote}{guest}{quote}"));
        texts
            .iter()
            .any(|text| quoted.iter().any(|name| text.contains(name)))
    };
    let unused: Vec<_> = guests()
        .into_iter()
        .filter(|guest| !is_used(guest))
        .collect();
    assert!(unused.is_empty(), "no test names {unused:?} in quotes");
}

#[test]
fn every_guest_stands_in_the_table_of_their_readme() {
    let readme = fs::read_to_string(project("test/guests/README.md")).unwrap();
    let explained: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(explained, guests());
}
