//! What reaches many cells in a step: summed as integers, read as numbers.
//!
//! Whole numbers can be added in any order, so sums of quanta are the same for any number of threads.
//!
//! # Example
//! Two ways in: the first has sums of quanta of 0.5 and two spikes of weight 3 from outside at its second cell.
//! ```
//! use duet_kernels::membrane::input::{Arriving, Drawn, Sums};
//! let mut sums = [3, 0, -2, 1, 1, 1];
//! let drawn = [Drawn { way: 0, weight: 3.0, counts: vec![0, 2, 0], is_on: true }];
//! let mut arriving = Arriving::Quanta {
//!     sums: Sums::Narrow(&mut sums), ways: &[(0, 0.5_f32), (3, 10.0)], drawn: &drawn, constant: &[0.0, 7.0],
//! };
//! let mut numbers = [0.0; 3];
//! arriving.take(0, 0, &mut numbers);
//! assert_eq!(numbers, [1.5, 6.0, -1.0]);
//! arriving.take(1, 1, &mut numbers[..2]);
//! assert_eq!((numbers, sums), ([17.0, 17.0, -1.0], [0, 0, 0, 1, 0, 0]));
//! ```

use crate::Real;

/// What acts on cells during a step.
#[derive(Debug)]
pub struct Input<'a, T> {
    /// What arrives at its end.
    pub arriving: Arriving<'a, T>,
    /// Constant drive of every cell; empty means none.
    pub bias: &'a [T],
    /// Current into every cell; empty means none.
    pub current: &'a [T],
}

/// What arrives at every way in.
#[derive(Debug)]
pub enum Arriving<'a, T> {
    /// Weights, a list per way.
    Numbers(&'a [Vec<T>]),
    /// Whole numbers of quanta, and spikes from outside.
    Quanta {
        /// The sums of all ways; what is taken begins anew at 0.
        sums: Sums<'a>,
        /// Where each way's begin, and what a quantum is there.
        ways: &'a [(usize, T)],
        /// Spikes from outside, by cell.
        drawn: &'a [Drawn<T>],
        /// Weights that arrive at all cells alike, per way.
        constant: &'a [T],
    },
}

/// Sums of quanta, in 16 bits where all of them fit.
#[derive(Debug)]
pub enum Sums<'a> {
    /// 16 bits.
    Narrow(&'a mut [i16]),
    /// 32 bits.
    Wide(&'a mut [i32]),
}

/// How many spikes from outside arrive at every cell, all of one weight.
#[derive(Clone, Debug)]
pub struct Drawn<T> {
    /// Which of the ways in.
    pub way: usize,
    /// Of one spike.
    pub weight: T,
    /// Spikes of every cell.
    pub counts: Vec<u8>,
    /// Whether the counts are those of this step.
    pub is_on: bool,
}

impl<T: Real> Arriving<'_, T> {
    /// The sums of exactly two ways, where nothing else arrives.
    pub(super) fn only_sums(&mut self) -> Option<(Sums<'_>, [(usize, T); 2])> {
        match self {
            Self::Quanta { sums, ways: [first, second], drawn, constant }
                if drawn.iter().all(|drawn| !drawn.is_on) && constant.iter().all(|&c| c == T::ZERO) =>
            {
                let sums = match sums {
                    Sums::Narrow(sums) => Sums::Narrow(sums),
                    Sums::Wide(sums) => Sums::Wide(sums),
                };
                Some((sums, [*first, *second]))
            }
            _ => None,
        }
    }

    /// Hands over what arrives at a way of the cells from `start` on.
    ///
    /// # Panics
    /// If there are not so many cells.
    #[inline(always)]
    pub fn take(&mut self, way: usize, start: usize, into: &mut [T]) {
        let cells = start..start + into.len();
        match self {
            Self::Numbers(lists) => into.copy_from_slice(&lists[way][cells]),
            Self::Quanta { sums, ways, drawn, constant } => {
                let (first, quantum) = ways[way];
                let places = first + cells.start..first + cells.end;
                match sums {
                    Sums::Narrow(sums) => collect(&mut sums[places], quantum, into),
                    Sums::Wide(sums) => collect(&mut sums[places], quantum, into),
                }
                for drawn in drawn.iter().filter(|drawn| drawn.is_on && drawn.way == way) {
                    let counts = &drawn.counts[cells.clone()];
                    for i in 0..into.len() {
                        into[i] += T::from_i32(i32::from(counts[i])) * drawn.weight;
                    }
                }
                if constant[way] != T::ZERO {
                    into.iter_mut().for_each(|sum| *sum += constant[way]);
                }
            }
        }
    }
}

#[inline(always)]
fn collect<T: Real, S: Copy + Default + Into<i32>>(sums: &mut [S], quantum: T, into: &mut [T]) {
    for i in 0..into.len() {
        into[i] = T::from_i32(sums[i].into()) * quantum;
    }
    sums.fill(S::default());
}
