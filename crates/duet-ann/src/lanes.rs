//! Examples one after the other, or side by side.
//!
//! A layer keeps its numbers as *rows*, `[example][unit]`, what matrix products want; or, where windows and sparse matrices
//! work on it, as *lanes*, `[group][unit][lane]`: groups of sixteen examples, of each unit the numbers of all sixteen next to
//! each other ([`duet_kernels::window`]). The lanes that no example fills hold anything finite, and zeros in a gradient.

use duet_kernels::Real;
use duet_kernels::window::{LANES, Lanes};

/// Numbers that `batch` examples of `size` units take side by side.
pub(crate) fn room(size: usize, batch: usize) -> usize {
    size * batch.next_multiple_of(LANES)
}

/// A list of lanes as what it is.
pub(crate) fn lanes<T: Real>(numbers: &[T]) -> &[Lanes<T>] {
    numbers.as_chunks().0
}

/// The same, to write to.
pub(crate) fn lanes_mut<T: Real>(numbers: &mut [T]) -> &mut [Lanes<T>] {
    numbers.as_chunks_mut().0
}

/// From rows to lanes.
pub(crate) fn rows_to_lanes<T: Real>(rows: &[T], size: usize, numbers: &mut [T]) {
    let groups = lanes_mut(numbers).chunks_exact_mut(size);
    for (group, examples) in groups.zip(rows.chunks(size * LANES)) {
        for (unit, lanes) in group.iter_mut().enumerate() {
            *lanes =
                core::array::from_fn(|lane| examples.get(lane * size + unit).copied().unwrap_or(T::ZERO));
        }
    }
}

/// From lanes to rows.
pub(crate) fn rows_from_lanes<T: Real>(numbers: &[T], size: usize, rows: &mut [T]) {
    let groups = lanes(numbers).chunks_exact(size);
    for (group, examples) in groups.zip(rows.chunks_mut(size * LANES)) {
        for (lane, row) in examples.chunks_exact_mut(size).enumerate() {
            for (x, lanes) in row.iter_mut().zip(group) {
                *x = lanes[lane];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let (size, batch) = (3, 19);
        let rows: Vec<f32> = (0..size * batch).map(|i| i as f32 + 1.0).collect();
        let mut numbers = vec![-1.0; room(size, batch)];
        assert_eq!(numbers.len(), 96);
        rows_to_lanes(&rows, size, &mut numbers);
        // Example 17, unit 2: second group, lane 1.
        assert_eq!(numbers[(3 + 2) * 16 + 1], rows[17 * 3 + 2]);
        assert_eq!(numbers[(3 + 2) * 16 + 3..(3 + 3) * 16], [0.0; 13]);
        let mut back = vec![0.0; rows.len()];
        rows_from_lanes(&numbers, size, &mut back);
        assert_eq!(back, rows);
    }
}
