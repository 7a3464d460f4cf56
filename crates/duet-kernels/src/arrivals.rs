//! What arrives at many cells in a step: summed as integers, handed over as numbers.
//!
//! Whole numbers can be added in any order, so the sums are the same for any number of threads. No fused operations: the
//! level changes the speed and not a bit.

use crate::dispatch::{Arithmetic, dispatch};
use crate::{CpuLevel, Real};

dispatch! {
    /// The kernels of this module, per float.
    pub trait Arrivals<T> {
        /// See [`collect`].
        fn collect_at(sums: &mut [i32], quantum: T, arrivals: &mut [T]) = collect_body;
        /// See [`collect_narrow`].
        fn collect_narrow_at(sums: &mut [i16], quantum: T, arrivals: &mut [T]) = collect_narrow_body;
        /// See [`add_counts`].
        fn add_counts_at(counts: &[u8], weight: T, arrivals: &mut [T]) = add_counts_body;
    }
}

/// `arrivals[i] = sums[i] * quantum`, and the sums begin anew at 0.
///
/// ```
/// let (mut sums, mut arrivals) = ([3, 0, -2], [9.0_f32; 3]);
/// duet_kernels::arrivals::collect(&mut sums, 0.5, &mut arrivals);
/// assert_eq!((sums, arrivals), ([0; 3], [1.5, 0.0, -1.0]));
/// ```
///
/// # Panics
/// If the slices differ in length.
pub fn collect<T: Real>(sums: &mut [i32], quantum: T, arrivals: &mut [T]) {
    T::collect_at(CpuLevel::current(), sums, quantum, arrivals);
}

/// The same from sums of 16 bits.
///
/// # Panics
/// If the slices differ in length.
pub fn collect_narrow<T: Real>(sums: &mut [i16], quantum: T, arrivals: &mut [T]) {
    T::collect_narrow_at(CpuLevel::current(), sums, quantum, arrivals);
}

/// `arrivals[i] += counts[i] * weight`.
///
/// # Panics
/// If the slices differ in length.
pub fn add_counts<T: Real>(counts: &[u8], weight: T, arrivals: &mut [T]) {
    T::add_counts_at(CpuLevel::current(), counts, weight, arrivals);
}

#[inline(always)]
fn collect_body<T: Real, A: Arithmetic>(sums: &mut [i32], quantum: T, arrivals: &mut [T]) {
    assert_eq!(sums.len(), arrivals.len());
    for (sum, arrival) in sums.iter_mut().zip(arrivals) {
        *arrival = T::from_i32(*sum) * quantum;
        *sum = 0;
    }
}

#[inline(always)]
fn collect_narrow_body<T: Real, A: Arithmetic>(sums: &mut [i16], quantum: T, arrivals: &mut [T]) {
    assert_eq!(sums.len(), arrivals.len());
    for (sum, arrival) in sums.iter_mut().zip(arrivals) {
        *arrival = T::from_i32(i32::from(*sum)) * quantum;
        *sum = 0;
    }
}

#[inline(always)]
fn add_counts_body<T: Real, A: Arithmetic>(counts: &[u8], weight: T, arrivals: &mut [T]) {
    assert_eq!(counts.len(), arrivals.len());
    for (&count, arrival) in counts.iter().zip(arrivals) {
        *arrival += T::from_i32(i32::from(count)) * weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_gives_the_same_bits() {
        let n = 77;
        let sums: Vec<i32> = (0..n).map(|i| (i * 7919) % 2003 - 1000).collect();
        let counts: Vec<u8> = (0..n).map(|i| (i % 7) as u8).collect();
        let run = |level: CpuLevel| {
            let (mut left, mut out) = (sums.clone(), vec![0.0_f32; n as usize]);
            f32::collect_at(level, &mut left, 0.1, &mut out);
            assert!(left.iter().all(|&sum| sum == 0));
            let (mut narrow, mut same): (Vec<i16>, _) =
                (sums.iter().map(|&s| s as i16).collect(), vec![0.0_f32; n as usize]);
            f32::collect_narrow_at(level, &mut narrow, 0.1, &mut same);
            assert_eq!((same, narrow.iter().any(|&sum| sum != 0)), (out.clone(), false), "{level}");
            f32::add_counts_at(level, &counts, 0.3, &mut out);
            out.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let expected: Vec<u32> =
            (0..n as usize).map(|i| (sums[i] as f32 * 0.1 + f32::from(counts[i]) * 0.3).to_bits()).collect();
        for level in CpuLevel::ALL.into_iter().filter(|level| *level <= CpuLevel::detected()) {
            assert_eq!(run(level), expected, "{level}");
        }
    }
}
