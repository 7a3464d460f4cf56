//! The common form of the three products, computed in tiles of sums that stay in registers.

use crate::Real;
use crate::dispatch::Arithmetic;

/// A matrix seen along two directions: element (`i`, `j`) is `numbers[i * per_i + j * per_j]`.
#[derive(Clone, Copy)]
pub(super) struct View<N> {
    pub(super) numbers: N,
    pub(super) per_i: usize,
    pub(super) per_j: usize,
}

/// How many elements of each direction a product has.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) lanes: usize,
    pub(super) columns: usize,
    pub(super) steps: usize,
}

/// `result(lane, column) = start[lane] + sum over steps of left(step, lane) * right(step, column)`, each sum in rising
/// order of the step. Without `start`, sums start from 0.
///
/// Neighbouring lanes fill a vector register, so where the caller can choose, they should lie side by side in `result`.
#[inline(always)]
pub(super) fn product<T: Real, A: Arithmetic>(
    extent: Extent,
    start: Option<&[T]>,
    left: View<&[T]>,
    right: View<&[T]>,
    result: View<&mut [T]>,
) {
    let mut job = Job { extent, start, left, right, result };
    let widest = A::COLUMN / size_of::<T>();
    let mut lane = 0;
    while lane < extent.lanes {
        // The largest width that is not half empty; of whole eights, the largest that is full, because such a column is moved
        // in registers, and a part of one number by number.
        let remaining = extent.lanes - lane;
        let eights = remaining.is_multiple_of(8);
        lane += if widest >= 64 && (remaining >= 64 || remaining > 32 && !eights) {
            job.lanes::<A, 64>(lane, remaining.min(64))
        } else if widest >= 32 && (remaining >= 32 || remaining > 16 && !eights) {
            job.lanes::<A, 32>(lane, remaining.min(32))
        } else if widest >= 16 && (remaining >= 16 || remaining > 8 && !eights) {
            job.lanes::<A, 16>(lane, remaining.min(16))
        } else if remaining > 4 {
            job.lanes::<A, 8>(lane, remaining.min(8))
        } else {
            job.lanes::<A, 4>(lane, remaining)
        };
    }
}

/// Steps whose left elements are copied side by side at a time: 16 KiB at most, half of a usual first cache.
const CHUNK: usize = 64;

/// The copy: aligned, because a vector that straddles two cache lines costs twice.
#[repr(align(64))]
struct Panel<T, const L: usize>([[T; L]; CHUNK]);

struct Job<'a, T> {
    extent: Extent,
    start: Option<&'a [T]>,
    left: View<&'a [T]>,
    right: View<&'a [T]>,
    result: View<&'a mut [T]>,
}

impl<T: Real> Job<'_, T> {
    /// The `used` results from `lane` on, `L` at a time; lanes beyond `used` are computed from zeros and dropped. Returns
    /// `used`.
    #[inline(always)]
    fn lanes<A: Arithmetic, const L: usize>(&mut self, lane: usize, used: usize) -> usize {
        let Extent { columns, steps, .. } = self.extent;
        let mut first = [T::ZERO; L];
        if let Some(start) = self.start {
            first[..used].copy_from_slice(&start[lane..lane + used]);
        }
        let mut panel = Panel([[T::ZERO; L]; CHUNK]);
        // Rows that lie as a panel would hold them are read where they are.
        let View { numbers, per_i, per_j } = self.left;
        let in_place = (per_j == 1 && per_i == L && used == L).then_some(numbers.as_chunks::<L>().0);
        let mut step = 0;
        // One round at least: a product without steps is its start.
        loop {
            let chunk = CHUNK.min(steps - step);
            let rows = if let Some(rows) = in_place {
                &rows[step..step + chunk]
            } else {
                let rows = &mut panel.0[..chunk];
                self.fill(rows, step, lane, used);
                &*rows
            };
            let mut column = 0;
            // Of narrow columns twice as many fit, and with four of them an addition would wait for the one before.
            while used == L && 4 * size_of::<[T; L]>() <= A::COLUMN && column + 8 <= columns {
                self.tile::<A, L, 8>(rows, first, [step, lane, column], used);
                column += 8;
            }
            while column + 4 <= columns {
                self.tile::<A, L, 4>(rows, first, [step, lane, column], used);
                column += 4;
            }
            while column < columns {
                self.tile::<A, L, 1>(rows, first, [step, lane, column], used);
                column += 1;
            }
            step += chunk;
            if step == steps {
                return used;
            }
        }
    }

    /// The part that the steps in `panel` add to `used` lanes and `C` columns, from `[step, lane, column]` on.
    #[inline(always)]
    fn tile<A: Arithmetic, const L: usize, const C: usize>(
        &mut self,
        panel: &[[T; L]],
        first: [T; L],
        [step, lane, column]: [usize; 3],
        used: usize,
    ) {
        let sums = if step == 0 { [first; C] } else { self.load(column, lane, used) };
        let sums = self.accumulate::<A, L, C>(panel, step, column, sums);
        self.store(column, lane, used, &sums);
    }

    #[inline(always)]
    fn fill<const L: usize>(&self, panel: &mut [[T; L]], step: usize, lane: usize, used: usize) {
        let View { numbers, per_i, per_j } = self.left;
        if per_j == 1 && used == L {
            for (i, row) in panel.iter_mut().enumerate() {
                row.copy_from_slice(&numbers[(step + i) * per_i + lane..][..L]);
            }
        } else if per_j == 1 {
            for (i, row) in panel.iter_mut().enumerate() {
                row[..used].copy_from_slice(&numbers[(step + i) * per_i + lane..][..used]);
            }
        } else {
            for l in 0..used {
                for (i, row) in panel.iter_mut().enumerate() {
                    row[l] = numbers[(step + i) * per_i + (lane + l) * per_j];
                }
            }
        }
    }

    /// The innermost loop. The two cases differ in what lies side by side, so that no index is checked within them.
    #[inline(always)]
    fn accumulate<A: Arithmetic, const L: usize, const C: usize>(
        &self,
        panel: &[[T; L]],
        step: usize,
        column: usize,
        mut sums: [[T; L]; C],
    ) -> [[T; L]; C] {
        let View { numbers, per_i, per_j } = self.right;
        if per_i == 1 {
            let mut ys = [&numbers[..0]; C];
            for c in 0..C {
                ys[c] = &numbers[step + (column + c) * per_j..][..panel.len()];
            }
            for (i, row) in panel.iter().enumerate() {
                for c in 0..C {
                    for l in 0..L {
                        sums[c][l] = A::multiply_add(row[l], ys[c][i], sums[c][l]);
                    }
                }
            }
        } else {
            for (i, row) in panel.iter().enumerate() {
                let ys = &numbers[(step + i) * per_i + column * per_j..];
                for c in 0..C {
                    for l in 0..L {
                        sums[c][l] = A::multiply_add(row[l], ys[c * per_j], sums[c][l]);
                    }
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn load<const L: usize, const C: usize>(&self, column: usize, lane: usize, used: usize) -> [[T; L]; C] {
        let View { numbers, per_i, per_j } = &self.result;
        let mut sums = [[T::ZERO; L]; C];
        if *per_i == 1 && used == L {
            for c in 0..C {
                sums[c].copy_from_slice(&numbers[lane + (column + c) * *per_j..][..L]);
            }
        } else if *per_i == 1 {
            for c in 0..C {
                sums[c][..used].copy_from_slice(&numbers[lane + (column + c) * per_j..][..used]);
            }
        } else {
            for l in 0..used {
                for c in 0..C {
                    sums[c][l] = numbers[(lane + l) * per_i + (column + c) * per_j];
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn store<const L: usize, const C: usize>(
        &mut self,
        column: usize,
        lane: usize,
        used: usize,
        sums: &[[T; L]; C],
    ) {
        let View { numbers, per_i, per_j } = &mut self.result;
        if *per_i == 1 && used == L {
            for c in 0..C {
                numbers[lane + (column + c) * *per_j..][..L].copy_from_slice(&sums[c]);
            }
        } else if *per_i == 1 {
            for c in 0..C {
                numbers[lane + (column + c) * *per_j..][..used].copy_from_slice(&sums[c][..used]);
            }
        } else if *per_j == 1 && used == L && C.is_multiple_of(4) {
            // Four by four numbers are turned over, so that four are written at a time.
            for square in 0..L / 4 {
                for c in 0..C / 4 {
                    let mut turned = [[T::ZERO; 4]; 4];
                    for i in 0..4 {
                        turned[i] = sums[4 * c + i].as_chunks().0[square];
                    }
                    let turned = T::turned(turned);
                    for l in 0..4 {
                        let place = (lane + 4 * square + l) * *per_i + column + 4 * c;
                        numbers[place..place + 4].copy_from_slice(&turned[l]);
                    }
                }
            }
        } else {
            for l in 0..used {
                for c in 0..C {
                    numbers[(lane + l) * *per_i + (column + c) * *per_j] = sums[c][l];
                }
            }
        }
    }
}
