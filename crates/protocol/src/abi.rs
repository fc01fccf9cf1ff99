//! The exports of a guest module and the one way they pass bytes: a pointer and a length packed in an `i64`.

use std::ops::Range;

/// The protocol's version that this crate speaks; a manifest's `api_version` must equal it.
///
/// Version 1 had a command and its arguments only, no capabilities. Its plugins are refused with an error
/// that names both versions, see [`peek_api_version`](crate::peek_api_version).
pub const API_VERSION: u32 = 2;

/// The export that is the one linear memory the host reads and writes.
pub const MEMORY: &str = "memory";

/// `(len: i32) -> i32`: room for `len` bytes in the guest; 0 means failure, also for `len <= 0`.
pub const PLUGIN_ALLOC: &str = "plugin_alloc";

/// `(ptr: i32, len: i32)`: gives back what [`PLUGIN_ALLOC`] gave, or what the guest answered.
pub const PLUGIN_DEALLOC: &str = "plugin_dealloc";

/// `() -> i64`: the [`PackedSlice`] of the encoded [`PluginManifest`](crate::PluginManifest).
pub const PLUGIN_MANIFEST: &str = "plugin_manifest";

/// `(ptr: i32, len: i32) -> i64`: arguments in, the [`PackedSlice`] of the encoded
/// [`ExecuteResult`](crate::ExecuteResult) out.
pub const PLUGIN_EXECUTE: &str = "plugin_execute";

/// Optional, `(effect_id: i32, ptr: i32, len: i32) -> i64`: the result of an effect in, the next
/// [`ExecuteResult`](crate::ExecuteResult) out. A guest without it cannot use effects.
pub const PLUGIN_RESUME: &str = "plugin_resume";

/// Optional, `()`: a reactor's start-up, run once for each instance before anything else.
pub const INITIALIZE: &str = "_initialize";

/// Where in its memory a guest put an answer: both halves unsigned, so a pointer above 2 GiB is legal.
///
/// The numbers are the guest's claim. [`range`](Self::range) is the only way to use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PackedSlice {
    /// The offset of the first byte in the guest's memory.
    pub ptr: u32,
    /// How many bytes there are.
    pub len: u32,
}

impl PackedSlice {
    /// Takes apart what a guest returned: the pointer is the upper half, the length the lower.
    #[must_use]
    pub fn unpack(packed: i64) -> Self {
        let [p0, p1, p2, p3, l0, l1, l2, l3] = packed.to_be_bytes();
        Self {
            ptr: u32::from_be_bytes([p0, p1, p2, p3]),
            len: u32::from_be_bytes([l0, l1, l2, l3]),
        }
    }

    /// The bytes as a range of a memory that has `memory_size` bytes, or `None` if they do not all lie in it.
    ///
    /// An empty slice at the very end of the memory is in it, one beyond the end is not.
    #[must_use]
    pub fn range(self, memory_size: usize) -> Option<Range<usize>> {
        let start = usize::try_from(self.ptr).ok()?;
        let end = start.checked_add(usize::try_from(self.len).ok()?)?;
        (end <= memory_size).then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_a_packed_slice_are_unsigned() {
        let cases: [(u64, u32, u32); 4] = [
            (0, 0, 0),
            (0x0000_0010_0000_0005, 16, 5),
            (0x8000_0000_8000_0000, 0x8000_0000, 0x8000_0000),
            (u64::MAX, u32::MAX, u32::MAX),
        ];
        for (packed, ptr, len) in cases {
            let unpacked = PackedSlice::unpack(packed.cast_signed());
            assert_eq!(unpacked, PackedSlice { ptr, len });
        }
    }

    #[test]
    fn a_slice_is_usable_only_if_it_lies_in_the_memory() {
        const PAGE: usize = 65_536;
        let cases = [
            (0, 0, PAGE, Some(0..0)),
            (16, 5, PAGE, Some(16..21)),
            (65_531, 5, PAGE, Some(65_531..65_536)),
            (65_532, 5, PAGE, None),
            (65_536, 0, PAGE, Some(65_536..65_536)),
            (65_537, 0, PAGE, None),
            (0, 1, 0, None),
            (0xffff_ffff, 0xffff_ffff, PAGE, None),
            (0xffff_ffff, 1, PAGE, None),
            (0x8000_0000, 16, 0x8000_0010, Some(0x8000_0000..0x8000_0010)),
        ];
        for (ptr, len, memory_size, expected) in cases {
            let slice = PackedSlice { ptr, len };
            assert_eq!(
                slice.range(memory_size),
                expected,
                "{slice:?} in {memory_size}"
            );
        }
    }
}
