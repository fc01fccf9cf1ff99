use super::directory::Listed;

/// Has the least recently used entries go, if there are too many bytes of all: so many that there is
/// room for the next ones too. `remove` says whether an entry went; where one stays, because somebody
/// has it mapped where that matters, the next goes instead. Returns the bytes of those that stay.
pub(super) fn evict(
    mut entries: Vec<Listed>,
    max_bytes: u64,
    mut remove: impl FnMut(&Listed) -> bool,
) -> u64 {
    let mut bytes = entries.iter().map(|entry| entry.bytes).sum::<u64>();
    if bytes <= max_bytes {
        return bytes;
    }
    let goal = max_bytes / 10 * 9;
    // The name decides where the time does not, so that processes that do this at once agree.
    entries.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
    for entry in &entries {
        if bytes <= goal {
            break;
        }
        if remove(entry) {
            bytes -= entry.bytes;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::evict;
    use crate::compile_cache::directory::Listed;

    /// Entries of these sizes, used one after the other.
    fn entries(sizes: &[u64]) -> Vec<Listed> {
        let listed = sizes.iter().enumerate().map(|(index, &bytes)| Listed {
            name: format!("{index}"),
            bytes,
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(index as u64),
        });
        // In any order.
        listed.rev().collect()
    }

    /// The bytes that stay, and the names of those that go, where some cannot.
    fn evicted(sizes: &[u64], max_bytes: u64, mapped: &[&str]) -> (u64, String) {
        let mut gone = String::new();
        let left = evict(entries(sizes), max_bytes, |entry| {
            let goes = !mapped.contains(&entry.name.as_str());
            if goes {
                gone.push_str(&entry.name);
            }
            goes
        });
        (left, gone)
    }

    fn names(sizes: &[u64], max_bytes: u64) -> (u64, String) {
        evicted(sizes, max_bytes, &[])
    }

    #[test]
    fn nothing_goes_while_there_is_room() {
        assert_eq!(names(&[40, 60], 100), (100, String::new()));
        assert_eq!(names(&[], 0), (0, String::new()));
    }

    #[test]
    fn the_least_recently_used_go_until_nine_tenths_are_left() {
        assert_eq!(names(&[10, 10, 10, 30, 41], 100), (81, "01".into()));
        assert_eq!(names(&[1, 50, 50], 100), (50, "01".into()));
        assert_eq!(names(&[5, 6], 0), (0, "01".into()));
    }

    #[test]
    fn others_go_for_those_that_cannot() {
        let sizes = [10, 10, 10, 30, 41];
        assert_eq!(evicted(&sizes, 100, &["0"]), (81, "12".into()));
        assert_eq!(evicted(&sizes, 100, &["0", "1", "2"]), (71, "3".into()));
        let all = ["0", "1", "2", "3", "4"];
        assert_eq!(evicted(&sizes, 100, &all), (101, String::new()));
    }
}
