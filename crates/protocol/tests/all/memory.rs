//! How much memory the calling thread held at most while something ran.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is handed on to the system's allocator as it came; counting touches only cells of the
// thread that need no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get().wrapping_add(layout.size()));
        // Memory that another thread allocated may be freed here, so the sum may wrap below zero for a while.
        if HELD.get() < usize::MAX / 2 {
            PEAK.set(PEAK.get().max(HELD.get()));
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HELD.set(HELD.get().wrapping_sub(layout.size()));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `run` returns, and how many bytes more than before were held while it ran.
pub fn peak_of<T>(run: impl FnOnce() -> T) -> (T, usize) {
    HELD.set(0);
    PEAK.set(0);
    let value = run();
    (value, PEAK.get())
}

#[test]
fn the_peak_is_what_was_held_at_once() {
    let ((), peak) = peak_of(|| {
        drop(vec![0_u8; 1000]);
        let _kept = vec![0_u8; 3000];
        drop(vec![0_u8; 2000]);
    });
    assert_eq!(peak, 5000);
}
