use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::ResourceLimiter;

use crate::limits::Limits;

/// Bytes that the linear memories of all instances of the process have together.
static GUEST_MEMORY: AtomicUsize = AtomicUsize::new(0);

/// Bytes that the linear memories of all instances of the process have together.
pub(crate) fn guest_memory() -> usize {
    GUEST_MEMORY.load(Ordering::Relaxed)
}

/// Bounds all memories of an instance together, and all its tables together.
///
/// wasmtime asks before each growth, the initial sizes included, one memory at a time and without
/// saying which: hence the running totals.
#[derive(Debug)]
pub(crate) struct Meter {
    memory: Account,
    table: Account,
    peak_memory: usize,
}

#[derive(Debug)]
struct Account {
    limit: usize,
    used: usize,
    last_growth: usize,
    refused: bool,
}

impl Account {
    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        let growth = desired.saturating_sub(current);
        let total = self.used.saturating_add(growth);
        if total > self.limit {
            self.refused = true;
            return false;
        }
        // Beyond the module's own maximum: not the host's refusal, and nothing to account for.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return false;
        }
        self.used = total;
        self.last_growth = growth;
        true
    }

    fn undo(&mut self) {
        self.used = self
            .used
            .saturating_sub(std::mem::take(&mut self.last_growth));
        self.refused = true;
    }
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let account = |limit| Account {
            limit,
            used: 0,
            last_growth: 0,
            refused: false,
        };
        let (memory, table) = bounds(limits);
        Self {
            memory: account(memory),
            table: account(table),
            peak_memory: 0,
        }
    }

    /// Starts a new call on the same instance: what it holds stays counted.
    pub(crate) fn begin_call(&mut self, limits: &Limits) {
        (self.memory.limit, self.table.limit) = bounds(limits);
        self.memory.refused = false;
        self.table.refused = false;
        self.peak_memory = self.memory.used;
    }

    pub(crate) fn peak_memory(&self) -> usize {
        self.peak_memory
    }

    /// The limit on memory or on tables, if the host refused room because of it in this call.
    pub(crate) fn refused(&self) -> Option<usize> {
        if self.memory.refused {
            Some(self.memory.limit)
        } else if self.table.refused {
            Some(self.table.limit)
        } else {
            None
        }
    }
}

/// Bytes of memories and elements of tables. No engine gives more than what is reserved for guests
/// of a pool, whether there is a pool or not.
fn bounds(limits: &Limits) -> (usize, usize) {
    (
        limits.memory_bytes.min(Limits::MAX_MEMORY_BYTES),
        limits.table_elements.min(Limits::MAX_TABLE_ELEMENTS),
    )
}

impl Drop for Meter {
    fn drop(&mut self) {
        GUEST_MEMORY.fetch_sub(self.memory.used, Ordering::Relaxed);
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = self.memory.grow(current, desired, maximum);
        if granted {
            GUEST_MEMORY.fetch_add(self.memory.last_growth, Ordering::Relaxed);
        }
        self.peak_memory = self.peak_memory.max(self.memory.used);
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        GUEST_MEMORY.fetch_sub(self.memory.last_growth, Ordering::Relaxed);
        self.memory.undo();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.table.grow(current, desired, maximum))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.table.undo();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(memory_bytes: usize) -> Meter {
        Meter::new(&Limits {
            memory_bytes,
            table_elements: 10,
            ..Limits::default()
        })
    }

    #[test]
    fn memories_are_bounded_together_and_not_each() {
        let mut meter = meter(100);
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(!meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.memory_growing(0, 40, None).unwrap());
        assert_eq!((meter.peak_memory(), meter.refused()), (100, Some(100)));
    }

    #[test]
    fn a_growth_beyond_the_modules_own_maximum_is_not_the_hosts_refusal() {
        let mut meter = meter(100);
        assert!(!meter.memory_growing(0, 60, Some(50)).unwrap());
        assert_eq!((meter.peak_memory(), meter.refused()), (0, None));
    }

    #[test]
    fn a_growth_that_the_system_denied_is_given_back_to_the_account() {
        let mut meter = meter(100);
        assert!(meter.memory_growing(0, 60, None).unwrap());
        meter
            .memory_grow_failed(wasmtime::Error::msg("no room"))
            .unwrap();
        assert!(meter.memory_growing(0, 100, None).unwrap());
    }

    #[test]
    fn a_new_call_keeps_what_is_held_and_forgets_refusals() {
        let mut meter = meter(100);
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(!meter.table_growing(0, 11, None).unwrap());
        meter.begin_call(&Limits {
            memory_bytes: 80,
            ..Limits::default()
        });
        assert_eq!((meter.peak_memory(), meter.refused()), (60, None));
        assert!(!meter.memory_growing(60, 90, None).unwrap());
    }
}
