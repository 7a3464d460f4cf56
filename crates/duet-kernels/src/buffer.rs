//! Numbers whose first lies at the start of a cache line.

use core::ops::{Deref, DerefMut};

use crate::Real;

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

impl<T: Real> Buffer<T> {
    /// `length` zeros.
    pub fn zeros(length: usize) -> Self {
        if length == 0 {
            return Self::default();
        }
        let spare = LINE / size_of::<T>();
        let room = vec![T::ZERO; length + spare];
        // An offset that cannot be told (the standard allows for it) only costs speed.
        let start = room.as_ptr().align_offset(LINE).min(spare);
        Self { room, start, length }
    }
}

impl<T: Real> From<&[T]> for Buffer<T> {
    fn from(numbers: &[T]) -> Self {
        let mut buffer = Self::zeros(numbers.len());
        buffer.copy_from_slice(numbers);
        buffer
    }
}

// Elsewhere in memory the line begins elsewhere.
impl<T: Real> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T: Real> PartialEq for Buffer<T> {
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
