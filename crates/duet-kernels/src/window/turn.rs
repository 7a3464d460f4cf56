//! From examples one after the other to examples side by side, and back: a matrix turned over, four by four numbers at a time.

use super::{Width, by_width, groups, groups_mut};
use crate::Real;
use crate::dispatch::Arithmetic;

/// Units that are turned for all examples before the next ones: a cache line of each example.
const UNITS: usize = 16;

/// Examples that are turned together.
const SQUARE: usize = 4;

#[inline(always)]
pub(super) fn to_lanes_body<T: Real, A: Arithmetic>(
    units: usize,
    width: Width,
    rows: &[T],
    numbers: &mut [T],
) {
    by_width!(width, L => to_lanes::<T, L>(units, rows, groups_mut(numbers)));
}

#[inline(always)]
fn to_lanes<T: Real, const L: usize>(units: usize, rows: &[T], numbers: &mut [[T; L]]) {
    check::<L>(units, rows.len(), numbers.len());
    for (group, examples) in numbers.chunks_exact_mut(units.max(1)).zip(rows.chunks(units.max(1) * L)) {
        let count = examples.len() / units;
        if count < L {
            group.fill([T::ZERO; L]);
        }
        for (nth, group) in group.chunks_mut(UNITS).enumerate() {
            let start = nth * UNITS;
            let mut lane = 0;
            while lane < count {
                if lane + SQUARE <= count && group.len() == UNITS {
                    let mut rows = [[[T::ZERO; SQUARE]; UNITS / SQUARE]; SQUARE];
                    for l in 0..SQUARE {
                        let row = &examples[(lane + l) * units + start..][..UNITS];
                        rows[l].as_flattened_mut().copy_from_slice(row);
                    }
                    for square in 0..UNITS / SQUARE {
                        let mut turned = [[T::ZERO; SQUARE]; SQUARE];
                        for l in 0..SQUARE {
                            turned[l] = rows[l][square];
                        }
                        let turned = T::turned(turned);
                        for u in 0..SQUARE {
                            group[square * SQUARE + u][lane..lane + SQUARE].copy_from_slice(&turned[u]);
                        }
                    }
                    lane += SQUARE;
                } else {
                    for (u, lanes) in group.iter_mut().enumerate() {
                        lanes[lane] = examples[lane * units + start + u];
                    }
                    lane += 1;
                }
            }
        }
    }
}

#[inline(always)]
pub(super) fn from_lanes_body<T: Real, A: Arithmetic>(
    units: usize,
    width: Width,
    numbers: &[T],
    rows: &mut [T],
) {
    by_width!(width, L => from_lanes::<T, L>(units, groups(numbers), rows));
}

#[inline(always)]
fn from_lanes<T: Real, const L: usize>(units: usize, numbers: &[[T; L]], rows: &mut [T]) {
    check::<L>(units, rows.len(), numbers.len());
    for (group, examples) in numbers.chunks_exact(units.max(1)).zip(rows.chunks_mut(units.max(1) * L)) {
        let count = examples.len() / units;
        for (nth, group) in group.chunks(UNITS).enumerate() {
            let start = nth * UNITS;
            for lane in 0..count {
                let row = &mut examples[lane * units + start..][..group.len()];
                for (x, lanes) in row.iter_mut().zip(group) {
                    *x = lanes[lane];
                }
            }
        }
    }
}

/// Panics unless there are whole rows, and groups for all of them.
fn check<const L: usize>(units: usize, rows: usize, numbers: usize) {
    let examples = rows / units.max(1);
    assert!(
        rows == examples * units && numbers == examples.div_ceil(L) * units,
        "{rows} numbers in rows and {numbers} units of {L} lanes are not so many examples of {units} units"
    );
}
