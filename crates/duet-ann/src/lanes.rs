//! Examples one after the other, or side by side.
//!
//! A layer keeps its numbers as *rows*, `[example][unit]`, what matrix products want; or, where windows and sparse matrices
//! work on it, as *lanes*, `[group][unit][lane]`: groups of sixteen examples, or one of eight where there are no more, of each
//! unit the numbers of all examples next to each other ([`duet_kernels::window`]). The lanes that no example fills hold
//! anything finite, and zeros in a gradient.

use duet_kernels::Real;
use duet_kernels::window::{Width, from_lanes, to_lanes};

/// Numbers that `batch` examples of `size` units take side by side.
pub(crate) fn room(size: usize, batch: usize) -> usize {
    size * batch.next_multiple_of(Width::of(batch).lanes())
}

/// How many examples each of the groups of `batch` examples holds.
pub(crate) fn filled(batch: usize) -> impl Iterator<Item = usize> {
    let lanes = Width::of(batch).lanes();
    (0..batch.div_ceil(lanes)).map(move |group| lanes.min(batch - group * lanes))
}

/// From rows to lanes.
pub(crate) fn rows_to_lanes<T: Real>(rows: &[T], size: usize, numbers: &mut [T]) {
    to_lanes(size, Width::of(rows.len() / size), rows, numbers);
}

/// From lanes to rows.
pub(crate) fn rows_from_lanes<T: Real>(numbers: &[T], size: usize, rows: &mut [T]) {
    from_lanes(size, Width::of(rows.len() / size), numbers, rows);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (batch, lanes) in [(19, 16), (9, 16), (8, 8), (3, 8)] {
            let size = 3;
            let rows: Vec<f32> = (0..size * batch).map(|i| i as f32 + 1.0).collect();
            let mut numbers = vec![-1.0; room(size, batch)];
            rows_to_lanes(&rows, size, &mut numbers);
            for (group, filled) in filled(batch).enumerate() {
                for unit in 0..size {
                    let examples = &numbers[(group * size + unit) * lanes..][..lanes];
                    for (lane, &x) in examples.iter().enumerate() {
                        let row = rows.get((group * lanes + lane) * size + unit);
                        assert_eq!(x, row.copied().unwrap_or(0.0));
                        assert_eq!(row.is_some(), lane < filled);
                    }
                }
            }
            let mut back = vec![0.0; rows.len()];
            rows_from_lanes(&numbers, size, &mut back);
            assert_eq!(back, rows);
        }
    }
}
