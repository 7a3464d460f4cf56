//! Random rotations.

use crate::Pattern;
use duet_units::{Range, parameters};
use rayon::prelude::*;

parameters! {
    /// A random rotation, cut to the size of the projection: no direction of the signal is stretched or lost.
    ///
    /// # Equations
    /// ```text
    /// A ~ N(0, 1),     A = Q R with the diagonal of R above 0,     W = gain * Q
    /// W^T W = gain^2 I,     W being the larger number of units x the smaller
    /// ```
    ///
    /// # Behaviour
    /// A signal that goes through many linear layers keeps its length, and so does the error that comes back; with
    /// independent weights some directions grow and others die out, the more so the deeper the network. Useful for deep
    /// and recurrent networks; with a ReLU take `gain` = sqrt(2) = 1.41421356. Rotations are drawn evenly (Haar's
    /// measure) because R's signs are fixed. An entry's variance is gain^2 / (larger size). Needs the whole matrix, so
    /// sparse patterns are refused; a convolution's kernel counts as a matrix, outputs x (inputs x height x width).
    ///
    /// # References
    /// - Saxe, McClelland & Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear networks
    /// - Mezzadri 2007, How to generate random matrices from the classical compact groups (why the signs are fixed)
    ///
    /// # Example
    /// ```
    /// use duet_topology::weights::Orthogonal;
    ///
    /// // Columns (3, 4) and (0, 5): the first divided by its length 5, then what the second has beside it:
    /// // (0, 5) - 4 * (0.6, 0.8) = (-2.4, 1.8), divided by its length 3.
    /// let mut w = [3.0, 0.0, 4.0, 5.0];
    /// Orthogonal::default().rotate(&mut w, 2);
    /// for (got, want) in w.into_iter().zip([0.6, -0.8, 0.8, 0.6]) {
    ///     assert!((got - want).abs() < 1e-15);
    /// }
    /// ```
    pub default struct Orthogonal {
        /// Length of every column (or row, where they are fewer).
        pub gain: f64 = 1.0, in Range::POSITIVE;
    }
}

impl Orthogonal {
    /// Turns a matrix of normal numbers, rows of `width`, into one whose columns, or rows if they are fewer, are
    /// orthogonal and of the length `gain`.
    ///
    /// The same bits for any number of threads. Anything but whole rows stays as it is.
    pub fn rotate(&self, matrix: &mut [f64], width: usize) {
        if width == 0 || matrix.is_empty() || !matrix.len().is_multiple_of(width) {
            return;
        }
        let height = matrix.len() / width;
        // The vectors to be made orthogonal, one after the other: columns, or rows where they are fewer.
        let (count, length) = (width.min(height), width.max(height));
        let place = |vector: usize, i: usize| {
            if height >= width { i * width + vector } else { vector * width + i }
        };
        let entries = (0..count * length).map(|at| matrix[place(at / length, at % length)]);
        let rotated = orthonormal(entries.collect(), length);
        for (at, value) in rotated.into_iter().enumerate() {
            matrix[place(at / length, at % length)] = self.gain * value;
        }
    }

    /// Why a pattern has no whole matrix, or nothing.
    pub(super) fn fits(pattern: &Pattern, same: bool) -> Result<(), String> {
        match pattern {
            Pattern::Full(full) if same && !full.autapses => {
                Err("an orthogonal matrix needs every entry, and within one population the pattern `full` leaves out \
                     the diagonal; set pattern.full = { autapses = true }"
                    .to_owned())
            }
            Pattern::Full(_) | Pattern::Conv2d(_) => Ok(()),
            // They take no weights at all, which is said elsewhere.
            Pattern::AveragePool2d(_) | Pattern::MaxPool2d(_) => Ok(()),
            sparse => Err(format!(
                "an orthogonal matrix needs every entry, and the pattern `{}` leaves some out; take weights.he, \
                 weights.xavier or weights.lecun",
                sparse.name()
            )),
        }
    }
}

/// The factor Q of vectors = Q R, by Householder's reflections, with the diagonal of R positive.
///
/// Each vector of Q is computed by itself from the reflections, so vectors can be shared out among threads.
fn orthonormal(mut vectors: Vec<f64>, length: usize) -> Vec<f64> {
    let count = vectors.len() / length;
    let mut signs = Vec::with_capacity(count);
    for k in 0..count {
        let (upto, later) = vectors.split_at_mut((k + 1) * length);
        let mirror = &mut upto[k * length + k..];
        let norm = dot(mirror, mirror).sqrt();
        // Away from the vector itself, so that nothing cancels; scaled so that the reflection is 1 - mirror mirror^T.
        let toward = if mirror[0] > 0.0 { -norm } else { norm };
        let scale = (norm * (norm + mirror[0].abs())).sqrt();
        mirror[0] -= toward;
        if scale > 0.0 {
            mirror.iter_mut().for_each(|x| *x /= scale);
        }
        signs.push(if toward < 0.0 { -1.0 } else { 1.0 });
        let mirror = &*mirror;
        later.par_chunks_exact_mut(length).for_each(|vector| reflect(mirror, &mut vector[k..]));
    }
    let mut q = vec![0.0; vectors.len()];
    q.par_chunks_exact_mut(length).enumerate().for_each(|(j, vector)| {
        vector[j] = signs[j];
        for k in (0..=j).rev() {
            reflect(&vectors[k * length + k..(k + 1) * length], &mut vector[k..]);
        }
    });
    q
}

fn reflect(mirror: &[f64], vector: &mut [f64]) {
    let along = dot(mirror, vector);
    for (x, m) in vector.iter_mut().zip(mirror) {
        *x -= along * m;
    }
}

/// The product of two vectors in eight interleaved partial sums: always in the same order, yet in lanes.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::{Orthogonal, dot};
    use duet_random::Key;

    fn normal(entries: usize, seed: u64) -> Vec<f64> {
        let mut stream = Key::new(seed).stream("test", 0);
        (0..entries).map(|_| stream.normal()).collect()
    }

    /// The largest entry of W^T W - gain^2 I, over columns or, where they are fewer, rows.
    fn defect(matrix: &[f64], width: usize, gain: f64) -> f64 {
        let height = matrix.len() / width;
        let vector = |n: usize| -> Vec<f64> {
            if height >= width {
                matrix.iter().skip(n).step_by(width).copied().collect()
            } else {
                matrix[n * width..(n + 1) * width].to_vec()
            }
        };
        let count = width.min(height);
        let pairs = (0..count).flat_map(|i| (0..count).map(move |j| (i, j)));
        pairs
            .map(|(i, j)| (dot(&vector(i), &vector(j)) - if i == j { gain * gain } else { 0.0 }).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn the_shorter_side_is_orthonormal() {
        for (height, width) in [(1, 1), (1, 7), (7, 1), (5, 5), (40, 9), (9, 40), (100, 64)] {
            for gain in [1.0, 1.5] {
                let mut matrix = normal(height * width, 3);
                Orthogonal { gain }.rotate(&mut matrix, width);
                let defect = defect(&matrix, width, gain);
                assert!(defect < 1e-14, "{height} x {width}: {defect}");
            }
        }
    }

    /// R = Q^T A is upper triangular with a positive diagonal, which makes Q the only such matrix.
    #[test]
    fn the_factors_are_those_of_the_definition() {
        let (height, width) = (6, 4);
        let a = normal(height * width, 5);
        let mut q = a.clone();
        Orthogonal::default().rotate(&mut q, width);
        for i in 0..width {
            for j in 0..width {
                let r: f64 = (0..height).map(|row| q[row * width + i] * a[row * width + j]).sum();
                assert!(if i == j { r > 0.0 } else { i < j || r.abs() < 1e-14 }, "R[{i}][{j}] = {r}");
            }
        }
    }

    /// Moments of an entry of an evenly drawn rotation: 0, 1/n, 0, 3/(n (n + 2)).
    #[test]
    fn rotations_are_drawn_evenly() {
        let n = 3;
        let draws = 4000;
        let mut moments = [0.0; 4];
        for seed in 0..draws {
            let mut matrix = normal(n * n, seed);
            Orthogonal::default().rotate(&mut matrix, n);
            for (power, moment) in (1..).zip(&mut moments) {
                *moment += matrix[0].powi(power) / draws as f64;
            }
        }
        // Standard errors are 1 / sqrt(draws) times the standard deviations sqrt(1/3), 0.30, 0.38, 0.27; four of them.
        let wanted = [0.0, 1.0 / 3.0, 0.0, 0.2];
        for (got, wanted) in moments.iter().zip(wanted) {
            assert!((got - wanted).abs() < 0.04, "{moments:?}");
        }
    }

    #[test]
    fn what_is_no_matrix_stays() {
        let mut five = [1.0, 2.0, 3.0, 4.0, 5.0];
        Orthogonal::default().rotate(&mut five, 2);
        Orthogonal::default().rotate(&mut five, 0);
        Orthogonal::default().rotate(&mut [], 2);
        assert_eq!(five, [1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut zeros = [0.0; 4];
        Orthogonal::default().rotate(&mut zeros, 2);
        assert!(zeros.iter().all(|w| w.is_finite()));
    }
}
