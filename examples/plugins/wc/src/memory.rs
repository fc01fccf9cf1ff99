//! The two functions by which the host gets room for what it sends, and gives back what it has read.
//!
//! Blocks follow one another behind the plugin's own data. They are short-lived and few, so nothing keeps track of
//! them but their number: when the last one is given back, all of the room is free again.

use core::arch::wasm32;
use core::cell::Cell;
use core::ptr;

const PAGE: usize = 65536;

struct Heap {
    /// Where the next block begins, or 0 before the first one.
    top: Cell<usize>,
    /// How many blocks are in use.
    blocks: Cell<usize>,
}

// SAFETY: a plugin has one thread.
unsafe impl Sync for Heap {}

static HEAP: Heap = Heap {
    top: Cell::new(0),
    blocks: Cell::new(0),
};

unsafe extern "C" {
    /// The linker puts this at the first byte that belongs to nothing.
    static __heap_base: u8;
}

fn base() -> usize {
    &raw const __heap_base as usize
}

#[unsafe(no_mangle)]
pub extern "C" fn plugin_alloc(len: usize) -> *mut u8 {
    // A negative length of the host's is one above 2 GiB here.
    if len == 0 || len > i32::MAX as usize {
        return ptr::null_mut();
    }
    let block = if HEAP.blocks.get() == 0 {
        base()
    } else {
        HEAP.top.get()
    };
    let Some(end) = block.checked_add(len) else {
        return ptr::null_mut();
    };
    let missing = end.div_ceil(PAGE).saturating_sub(wasm32::memory_size(0));
    if missing > 0 && wasm32::memory_grow(0, missing) == usize::MAX {
        return ptr::null_mut();
    }
    HEAP.top.set(end);
    HEAP.blocks.set(HEAP.blocks.get() + 1);
    block as *mut u8
}

#[unsafe(no_mangle)]
extern "C" fn plugin_dealloc(ptr: *mut u8, _len: usize) {
    if !ptr.is_null() {
        HEAP.blocks.set(HEAP.blocks.get().saturating_sub(1));
    }
}
