//! What a deny list forbids of directories that are open. What it forbids by the text of patterns alone is
//! decided before anything is opened, by `Capabilities::overlapping`; this decides the same of what the
//! patterns led to.

use std::path::{Path, PathBuf};

use sen_host_protocol::{Anchors, Capabilities, PathPattern};

use crate::grant::{Root, Scope, Surroundings, host_path};
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

/// What one pattern of a deny list leads to.
struct Place {
    /// By its name, and without links, as either may be what was meant; and wherever else that is
    /// mounted.
    lineages: Vec<Lineage>,
    scope: Scope,
}

impl<'a> Denied<'a> {
    pub(crate) fn new(list: &'a Capabilities, surroundings: &Surroundings) -> Self {
        let mounts = Mounts::now();
        let places = |patterns: &[PathPattern]| {
            let found = patterns
                .iter()
                .filter_map(|pattern| Place::find(pattern, surroundings, &mounts));
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
    /// writing: by identity, and by the name of what was opened where there is nothing to compare.
    pub(crate) fn meets(&self, root: &Root) -> bool {
        let own = Lineage::clone(&root.lineage);
        let elsewhere = self.mounts.aliases(&root.real_path);
        let elsewhere = elsewhere.iter().map(|path| Lineage::of_path(path));
        let lineages: Vec<Lineage> = std::iter::once(own.clone())
            .chain(elsewhere.filter(|other| other.is_same_place(&own)))
            .collect();
        let meets =
            |places: &[Place], scope| places.iter().any(|place| place.meets(&lineages, scope));
        meets(&self.reads, root.read)
            || root.write.is_some_and(|write| meets(&self.writes, write))
            || self.meets_by_name(root)
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
}

impl Place {
    fn find(pattern: &PathPattern, surroundings: &Surroundings, mounts: &Mounts) -> Option<Self> {
        // One that cannot be read is met by every name.
        let path = host_path(&pattern.normal_path().ok()?, surroundings)?;
        let real = without_links(&path);
        let elsewhere = mounts.aliases(&real);
        let elsewhere = elsewhere.iter().map(|path| Lineage::of_path(path));
        let (named, own) = (Lineage::of_path(&path), Lineage::of_path(&real));
        let mut lineages: Vec<Lineage> = elsewhere
            .filter(|other| other.is_same_place(&own))
            .collect();
        lineages.extend([named, own]);
        lineages.dedup();
        Some(Self {
            lineages,
            scope: Scope::of(pattern),
        })
    }

    fn meets(&self, granted: &[Lineage], scope: Scope) -> bool {
        self.lineages.iter().any(|denied| {
            let mut granted = granted.iter();
            granted.any(|granted| overlaps((denied, self.scope), (granted, scope)))
        })
    }
}

/// Whether there is a path that both mean. One that is not recursive means its direct entries, too.
fn overlaps(one: (&Lineage, Scope), other: (&Lineage, Scope)) -> bool {
    let contains = |(outer, scope): (&Lineage, Scope), inner: &Lineage| {
        let depth = inner.depth_in(outer);
        depth.is_some_and(|depth| depth <= 1 || scope == Scope::Tree)
    };
    contains(one, other.0) || contains(other, one.0)
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
