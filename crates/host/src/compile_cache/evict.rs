use super::directory::Listed;

/// Which entries go, the least recently used first, and the bytes of those that stay. None go as
/// long as there is room for all; otherwise so many that there is room for the next ones too.
pub(super) fn choose(mut entries: Vec<Listed>, max_bytes: u64) -> (u64, Vec<Listed>) {
    let mut bytes = entries.iter().map(|entry| entry.bytes).sum::<u64>();
    if bytes <= max_bytes {
        return (bytes, Vec::new());
    }
    let goal = max_bytes / 10 * 9;
    // The name decides where the time does not, so that processes that do this at once agree.
    entries.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
    let mut victims = Vec::new();
    for entry in entries {
        if bytes <= goal {
            break;
        }
        bytes -= entry.bytes;
        victims.push(entry);
    }
    (bytes, victims)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::choose;
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

    fn names(sizes: &[u64], max_bytes: u64) -> (u64, String) {
        let (left, victims) = choose(entries(sizes), max_bytes);
        (
            left,
            victims.into_iter().map(|victim| victim.name).collect(),
        )
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
}
