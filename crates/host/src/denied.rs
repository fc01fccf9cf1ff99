//! What a deny list forbids of directories that are open. What it forbids by the text of patterns alone is
//! decided before anything is opened, by `Capabilities::overlapping`; this decides the same of what the
//! patterns led to.

use std::path::{Path, PathBuf};

use sen_host_protocol::{Anchors, Capabilities, PathPattern};

use crate::grant::{Root, Scope, Surroundings};
use crate::host_path::host_path;
use crate::lineage::Lineage;
use crate::mounts::Mounts;

/// A deny list, looked up where it leads now.
pub(crate) struct Denied<'a> {
    list: &'a Capabilities,
    /// Absent where paths cannot be compared by name, so that every one meets the list.
    anchors: Option<Anchors>,
    mounts: Mounts,
    reads: Vec<Place>,
    writes: Vec<Place>,
}

impl<'a> Denied<'a> {
    pub(crate) fn new(list: &'a Capabilities, surroundings: &Surroundings) -> Self {
        let mounts = Mounts::now();
        let places = |patterns: &[PathPattern]| {
            let found = patterns
                .iter()
                .flat_map(|pattern| denied_places(pattern, surroundings, &mounts));
            found.collect()
        };
        Self {
            list,
            anchors: anchors(surroundings),
            reads: places(&list.fs_read),
            writes: places(&list.fs_write),
            mounts,
        }
    }

    /// Whether there is anything that both the list and a granted directory mean, for reading or for
    /// writing: by the name of what was opened, and by what is there.
    pub(crate) fn meets(&self, root: &Root) -> bool {
        self.meets_by_name(root)
            || self.meets_any(&self.reads, root, root.read)
            || root
                .write
                .is_some_and(|write| self.meets_any(&self.writes, root, write))
    }

    fn meets_by_name(&self, root: &Root) -> bool {
        let pattern = |scope| PathPattern {
            pattern: root.real_path.to_string_lossy().into_owned(),
            recursive: scope == Scope::Tree,
        };
        let opened = Capabilities {
            fs_read: vec![pattern(root.read)],
            fs_write: root.write.map(pattern).into_iter().collect(),
            ..Capabilities::default()
        };
        let Some(anchors) = &self.anchors else {
            return true;
        };
        !self.list.overlapping(&opened, anchors).is_empty()
    }

    fn meets_any(&self, denied: &[Place], root: &Root, scope: Scope) -> bool {
        if denied.is_empty() {
            return false;
        }
        let lineage = Lineage::clone(&root.lineage);
        let granted = places(&root.real_path, vec![lineage], scope, &self.mounts);
        let mut pairs = granted
            .iter()
            .flat_map(|granted| denied.iter().map(move |denied| (granted, denied)));
        pairs.any(|(granted, denied)| granted.overlaps(denied))
    }
}

/// A directory, or what would be one, with as much below it as is meant.
struct Place {
    /// By each name that it has.
    lineages: Vec<Lineage>,
    /// How many levels below it are meant.
    reach: usize,
}

impl Place {
    fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    fn contains(&self, inner: &Self) -> bool {
        self.lineages.iter().any(|outer| {
            let mut depths = inner
                .lineages
                .iter()
                .filter_map(|inner| inner.depth_in(outer));
            depths.any(|depth| depth <= self.reach)
        })
    }
}

/// What a pattern leads to, by its name and without links: either may be what was meant.
fn denied_places(
    pattern: &PathPattern,
    surroundings: &Surroundings,
    mounts: &Mounts,
) -> Vec<Place> {
    let path = pattern.normal_path().ok();
    // What leads nowhere is met by nothing; what cannot be read is met by every name.
    let Some(path) = path.and_then(|path| host_path(&path, surroundings)) else {
        return Vec::new();
    };
    let real = without_links(&path);
    let lineages = vec![Lineage::of_path(&path), Lineage::of_path(&real)];
    places(&real, lineages, Scope::of(pattern), mounts)
}

/// A directory that has these lineages, with those of wherever else it is mounted; and whatever is
/// mounted in it, which may be part of a directory that it does not lie in.
fn places(real: &Path, lineages: Vec<Lineage>, scope: Scope, mounts: &Mounts) -> Vec<Place> {
    // One that is not recursive means its direct entries.
    let reach = match scope {
        Scope::Entries => 1,
        Scope::Tree => usize::MAX,
    };
    let mounted = mounts.below(real).filter_map(|(point, depth)| {
        let reach = reach.checked_sub(depth)?;
        Some((point, vec![Lineage::of_path(point)], reach))
    });
    std::iter::once((real, lineages, reach))
        .chain(mounted)
        .map(|(path, mut lineages, reach)| {
            for alias in mounts.aliases(path) {
                let alias = Lineage::of_path(&alias);
                if !lineages.contains(&alias)
                    && lineages.iter().any(|own| own.is_same_place(&alias))
                {
                    lineages.push(alias);
                }
            }
            Place { lineages, reach }
        })
        .collect()
}

/// Where a path really leads: as far as it is there.
fn without_links(path: &Path) -> PathBuf {
    let found = path
        .ancestors()
        .find_map(|there| Some((there, there.canonicalize().ok()?)));
    let Some((there, real)) = found else {
        return path.into();
    };
    match path.strip_prefix(there) {
        Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
        _ => real,
    }
}

fn anchors(surroundings: &Surroundings) -> Option<Anchors> {
    let working_directory = surroundings.working_directory.to_str()?;
    // Without a home directory, too much is denied rather than too little.
    let home = surroundings.home.as_deref().map_or(Some("/"), Path::to_str);
    Anchors::new(working_directory, home?).ok()
}
