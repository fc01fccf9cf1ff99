//! What is mounted where: on Linux, a directory may be mounted in several places (`mount --bind`), and
//! from the one nothing leads to what the other lies in.

use std::path::{Path, PathBuf};

/// All mounts that this process sees, in their order.
#[derive(Debug, Default)]
pub(crate) struct Mounts(Vec<Mount>);

#[derive(Debug)]
struct Mount {
    /// Which file system it shows, `major:minor`.
    device: String,
    /// The directory of that file system that it shows.
    root: PathBuf,
    /// Where.
    point: PathBuf,
}

impl Mounts {
    /// Those that there are now; none where the system does not tell.
    pub(crate) fn now() -> Self {
        #[cfg(target_os = "linux")]
        return std::fs::read("/proc/self/mountinfo")
            .map(|table| Self::parse(&table))
            .unwrap_or_default();
        #[cfg(not(target_os = "linux"))]
        return Self::default();
    }

    /// Other paths of what is at a path without links. One may be hidden by a later mount: whoever uses
    /// it has to look whether it leads to the same.
    pub(crate) fn aliases(&self, path: &Path) -> Vec<PathBuf> {
        // Of several mounts in one place, the last one is seen.
        let shown = self
            .0
            .iter()
            .filter(|mount| path.starts_with(&mount.point))
            .max_by_key(|mount| mount.point.as_os_str().len());
        let Some(shown) = shown else {
            return Vec::new();
        };
        let Ok(below) = path.strip_prefix(&shown.point) else {
            return Vec::new();
        };
        let place = joined(&shown.root, below);
        let others = self.0.iter().filter_map(|mount| {
            let rest = place.strip_prefix(&mount.root).ok()?;
            (mount.device == shown.device).then(|| joined(&mount.point, rest))
        });
        others.filter(|other| other != path).collect()
    }

    /// Where something is mounted below a path without links, and how many levels below.
    pub(crate) fn below(&self, path: &Path) -> impl Iterator<Item = (&Path, usize)> {
        self.0.iter().filter_map(move |mount| {
            let depth = mount.point.strip_prefix(path).ok()?.components().count();
            (depth > 0).then_some((&*mount.point, depth))
        })
    }

    /// Reads a table as proc(5) describes it; lines that are none are left out.
    #[cfg(any(target_os = "linux", test))]
    fn parse(table: &[u8]) -> Self {
        let mounts = table.split(|byte| *byte == b'\n').filter_map(|line| {
            let mut fields = line.split(|byte| *byte == b' ').skip(2);
            Some(Mount {
                device: String::from_utf8_lossy(fields.next()?).into_owned(),
                root: unescaped(fields.next()?)?,
                point: unescaped(fields.next()?)?,
            })
        });
        Self(mounts.collect())
    }
}

/// As `join`, which would end the path of a directory with a slash.
fn joined(directory: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() {
        directory.into()
    } else {
        directory.join(rest)
    }
}

/// A path in which spaces, tabs, line ends and backslashes are three octal digits after a backslash.
#[cfg(any(target_os = "linux", test))]
fn unescaped(field: &[u8]) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'\\' {
            let digits = std::str::from_utf8(rest.get(..3)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 8).ok()?);
            rest = rest.get(3..)?;
        } else {
            bytes.push(byte);
        }
    }
    path_of(bytes)
}

#[cfg(all(unix, any(target_os = "linux", test)))]
fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(all(not(unix), test))]
fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = br"21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:5 / /proc rw - proc proc rw
23 21 8:2 / /home rw - ext4 /dev/sda2 rw
24 21 8:2 / /mnt/all rw - ext4 /dev/sda2 rw
25 21 8:2 /ada/pub /srv/a\040b rw - ext4 /dev/sda2 rw
26 24 8:1 /etc /mnt/all/etc rw - ext4 /dev/sda1 rw
27 21 8:3 / /srv/over rw - ext4 /dev/sda3 rw
28 21 8:1 /opt /srv/over rw - ext4 /dev/sda1 rw
nonsense
29 21 8:1 /bad\04 /bad rw - ext4 /dev/sda1 rw
";

    #[test]
    fn what_is_mounted_below_a_path_is_found() {
        let mounts = Mounts::parse(TABLE);
        let below = |path: &'static str| -> Vec<(String, usize)> {
            let found = mounts.below(Path::new(path));
            found
                .map(|(point, depth)| (point.to_str().unwrap().to_owned(), depth))
                .collect()
        };
        assert_eq!(
            below("/mnt"),
            [("/mnt/all".into(), 1), ("/mnt/all/etc".into(), 2)]
        );
        assert_eq!(below("/mnt/all"), [("/mnt/all/etc".into(), 1)]);
        assert_eq!(below("/ho"), []);
        assert_eq!(below("/").len(), 7);
    }

    #[test]
    fn a_path_is_found_wherever_its_directory_is_mounted() {
        let mounts = Mounts::parse(TABLE);
        let cases: [(&str, &[&str]); 9] = [
            ("/home/ada/.ssh", &["/mnt/all/ada/.ssh"]),
            ("/home/ada/pub", &["/mnt/all/ada/pub", "/srv/a b"]),
            ("/home/ada/public", &["/mnt/all/ada/public"]),
            ("/srv/a b/x", &["/home/ada/pub/x", "/mnt/all/ada/pub/x"]),
            ("/mnt/all", &["/home"]),
            ("/mnt/all/etc/ssl", &["/etc/ssl"]),
            ("/etc", &["/mnt/all/etc"]),
            ("/srv/over/x", &["/opt/x"]),
            ("/var", &[]),
        ];
        for (path, aliases) in cases {
            let expected: Vec<&Path> = aliases.iter().map(Path::new).collect();
            assert_eq!(mounts.aliases(Path::new(path)), expected, "{path}");
        }
        assert!(Mounts::default().aliases(Path::new("/home")).is_empty());
    }
}
