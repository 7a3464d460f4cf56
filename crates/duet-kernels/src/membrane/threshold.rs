//! Who is above threshold.
//!
//! Spikes are rare: whole blocks are asked first whether anybody is above, in wide comparisons, and only then who.
//!
//! # Example
//! The third cell's threshold is raised by 2 mV.
//! ```
//! use duet_kernels::membrane::threshold::above;
//! let (u, mut cells) = ([3.0_f32, 15.0, 16.0], Vec::new());
//! above(15.0, &u, &[], &mut cells);
//! above(15.0, &u, &[0.0, 0.0, 2.0], &mut cells);
//! assert_eq!(cells, [1, 2, 1]);
//! ```

use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// Appends the cells with `u >= threshold + shift`, ascending; an empty `shift` means none.
///
/// # Panics
/// If there are shifts, but not one for every cell.
pub fn above<T: Real>(threshold: T, u: &[T], shift: &[T], cells: &mut Vec<u32>) {
    T::above_at(CpuLevel::current(), threshold, u, shift, cells);
}

/// Cells that are asked together, without short-circuits, so that the comparisons run side by side.
const BLOCK: usize = 128;

#[allow(clippy::needless_bitwise_bool)]
#[inline(always)]
pub(super) fn above_body<T: Real, A: Arithmetic>(threshold: T, u: &[T], shift: &[T], cells: &mut Vec<u32>) {
    assert!(shift.is_empty() || shift.len() == u.len(), "one shift per cell, or none");
    for start in (0..u.len()).step_by(BLOCK) {
        let us = &u[start..u.len().min(start + BLOCK)];
        if shift.is_empty() {
            if us.iter().fold(false, |any, &u| any | (u >= threshold)) {
                cells
                    .extend((start..).zip(us).filter(|&(_, &u)| u >= threshold).map(|(cell, _)| cell as u32));
            }
        } else {
            let us = us.iter().zip(&shift[start..]);
            if us.clone().fold(false, |any, (&u, &shift)| any | (u >= threshold + shift)) {
                let above = (start..).zip(us).filter(|&(_, (&u, &shift))| u >= threshold + shift);
                cells.extend(above.map(|(cell, _)| cell as u32));
            }
        }
    }
}
