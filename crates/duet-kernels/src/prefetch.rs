//! Telling the processor what will be read soon.

/// Asks for numbers that will be read some thousand cycles from now, so that they are in the cache by then. Nothing else
/// happens.
#[inline]
pub fn prefetch<N>(numbers: &[N]) {
    #[cfg(target_arch = "x86_64")]
    for line in numbers.chunks((64 / size_of::<N>().max(1)).max(1)) {
        use core::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: the pointer is that of a slice, and SSE is part of every x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = numbers;
}
