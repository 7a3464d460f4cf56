//! Telling the processor what will be read soon, and the system what is read all over.

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

/// The size of a large page.
#[cfg(target_os = "linux")]
const LARGE: usize = 1 << 21;

/// Room for so many numbers, in pages of 2 MB where the system has them: memory that is read here and there, piece by piece, costs
/// a walk through the tables of its pages for every piece, unless these are few.
pub fn in_large_pages<N>(numbers: usize) -> Vec<N> {
    let mut room: Vec<N> = Vec::with_capacity(numbers);
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let begin: *mut u8 = room.as_mut_ptr().cast();
        let skipped = begin.align_offset(PAGE);
        let whole = (numbers * size_of::<N>()).saturating_sub(skipped) / PAGE * PAGE;
        if whole >= LARGE {
            // SAFETY: whole pages of the allocation just made. The advice changes no content; that it is refused is no harm.
            unsafe { libc::madvise(begin.add(skipped).cast(), whole, libc::MADV_HUGEPAGE) };
        }
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_room_whatever_its_size() {
        for numbers in [0, 5, (1 << 20) + 77] {
            let mut room: Vec<u32> = in_large_pages(numbers);
            assert!(room.is_empty() && room.capacity() >= numbers);
            room.extend(0..numbers as u32);
            assert!(room.iter().zip(0..).all(|(&number, i)| number == i));
            prefetch(&room[..numbers.min(9)]);
        }
    }
}
