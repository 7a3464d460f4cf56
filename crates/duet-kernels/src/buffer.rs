//! Numbers whose first lies at the start of a cache line.

use core::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector register.
const LINE: usize = 64;

/// A list of numbers, used like a slice, that begins at a cache line: a vector of a whole line that straddles two costs
/// twice to load.
///
/// ```
/// use duet_kernels::Buffer;
///
/// let mut buffer = Buffer::<f32>::zeros(5);
/// buffer[3] = 2.0;
/// let copy = buffer.clone();
/// assert_eq!(&copy[..], [0.0, 0.0, 0.0, 2.0, 0.0]);
/// assert_eq!(copy.as_ptr().align_offset(64), 0);
/// ```
#[derive(Debug, Default)]
pub struct Buffer<T> {
    /// With room for the numbers wherever the first line begins.
    room: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Clone + Default> Buffer<T> {
    /// `length` zeros.
    pub fn zeros(length: usize) -> Self {
        Self::filled(length, T::default(), |room| room.resize(room.len() + length, T::default()))
    }
}

impl<T: Clone> Buffer<T> {
    /// `length` numbers that `fill` appends, behind as many copies of `pad` as it takes to reach a line.
    fn filled(length: usize, pad: T, fill: impl FnOnce(&mut Vec<T>)) -> Self {
        let spare = LINE / size_of::<T>();
        let mut room: Vec<T> = Vec::with_capacity(length + spare);
        // An offset that cannot be told (the standard allows for it) only costs speed.
        let start = room.as_ptr().align_offset(LINE).min(spare);
        room.resize(start, pad);
        fill(&mut room);
        Self { room, start, length }
    }
}

impl<T: Clone> From<&[T]> for Buffer<T> {
    fn from(numbers: &[T]) -> Self {
        match numbers.first() {
            Some(first) => Self::filled(numbers.len(), first.clone(), |room| room.extend_from_slice(numbers)),
            None => Self { room: Vec::new(), start: 0, length: 0 },
        }
    }
}

// Elsewhere in memory the line begins elsewhere.
impl<T: Clone> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T: PartialEq> PartialEq for Buffer<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.room[self.start..self.start + self.length]
    }
}

impl<T> DerefMut for Buffer<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.room[self.start..self.start + self.length]
    }
}
