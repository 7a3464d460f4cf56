//! What is done to every number of a list alike: bytes made numbers, rectification, the step of an optimizer.
//!
//! The same operations in the same order at every level, without fusing: the level changes the speed and not a bit.

use crate::dispatch::{Arithmetic, dispatch};
use crate::{CpuLevel, Real};

/// `numbers[i] = bytes[i] * scale`, rounded to f32.
///
/// ```
/// let mut numbers = [0.0_f32; 3];
/// duet_kernels::elementwise::scale_bytes(&[0, 64, 255], 1.0 / 128.0, &mut numbers);
/// assert_eq!(numbers, [0.0, 0.5, 1.992_187_5]);
/// ```
///
/// # Panics
/// If the slices differ in length.
pub fn scale_bytes<T: Real>(bytes: &[u8], scale: f32, numbers: &mut [T]) {
    T::scale_bytes_at(CpuLevel::current(), bytes, scale, numbers);
}

/// `x = (x - mean) / std`.
pub fn standardize<T: Real>(mean: T, std: T, x: &mut [T]) {
    T::standardize_at(CpuLevel::current(), mean, std, x);
}

/// `x = max(x, 0)`; a NaN stays one.
pub fn rectify<T: Real>(x: &mut [T]) {
    T::rectify_at(CpuLevel::current(), x);
}

/// `delta = 0` wherever `y` is not above 0: the slope of [`rectify`], told from its result.
///
/// # Panics
/// If the slices differ in length.
pub fn gate<T: Real>(y: &[T], delta: &mut [T]) {
    T::gate_at(CpuLevel::current(), y, delta);
}

/// The constants of one step of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep<T> {
    /// Share of the mean gradient that is kept, and what is left of 1.
    pub beta_1: [T; 2],
    /// Share of the mean squared gradient that is kept, and what is left of 1.
    pub beta_2: [T; 2],
    /// rate / (1 - beta_1^t).
    pub rate: T,
    /// 1 / sqrt(1 - beta_2^t).
    pub widen: T,
    /// Added to the root.
    pub epsilon: T,
    /// Pull towards zero, added to the gradient.
    pub decay: T,
    /// What is left of a weight before the step (decoupled decay).
    pub shrink: T,
    /// Moments below this become 0.
    pub smallest: T,
}

impl<T: Real> AdamStep<T> {
    /// Takes the gradient `g` of a weight `w` into its moments; returns the second.
    #[inline(always)]
    pub fn moments(&self, w: T, g: T, m: &mut T, v: &mut T) -> T {
        let g = g + self.decay * w;
        *m = settle(self.beta_1[0] * *m + self.beta_1[1] * g, self.smallest);
        *v = settle(self.beta_2[0] * *v + self.beta_2[1] * (g * g), self.smallest);
        *v
    }

    /// The weight after the step.
    #[inline(always)]
    pub fn stepped(&self, w: T, m: T, v: T) -> T {
        self.shrink * w - self.rate * m / (v.sqrt() * self.widen + self.epsilon)
    }
}

/// `moment`, or zero if it is too small to matter. A NaN stays.
#[inline(always)]
pub fn settle<T: Real>(moment: T, smallest: T) -> T {
    if moment.abs() < smallest { T::ZERO } else { moment }
}

/// One step of Adam: moments `m` and `v` follow the gradient `g`, the weights `w` follow the moments. Every number is read and
/// written once.
///
/// # Panics
/// If the slices differ in length.
pub fn adam<T: Real>(step: &AdamStep<T>, m: &mut [T], v: &mut [T], w: &mut [T], g: &[T]) {
    T::adam_at(CpuLevel::current(), step, m, v, w, g);
}

dispatch! {
    /// The elementwise kernels at a stated level; the functions of this module take the one in force.
    pub trait Elementwise<T> {
        /// [`scale_bytes`].
        fn scale_bytes_at(bytes: &[u8], scale: f32, numbers: &mut [T]) = scale_bytes_body;
        /// [`standardize`].
        fn standardize_at(mean: T, std: T, x: &mut [T]) = standardize_body;
        /// [`rectify`].
        fn rectify_at(x: &mut [T]) = rectify_body;
        /// [`gate`].
        fn gate_at(y: &[T], delta: &mut [T]) = gate_body;
        /// [`adam`].
        fn adam_at(step: &AdamStep<T>, m: &mut [T], v: &mut [T], w: &mut [T], g: &[T]) = adam_body;
    }
}

#[inline(always)]
fn scale_bytes_body<T: Real, A: Arithmetic>(bytes: &[u8], scale: f32, numbers: &mut [T]) {
    assert_eq!(bytes.len(), numbers.len(), "one number per byte");
    for (x, &byte) in numbers.iter_mut().zip(bytes) {
        *x = T::from_f64(f64::from(f32::from(byte) * scale));
    }
}

#[inline(always)]
fn standardize_body<T: Real, A: Arithmetic>(mean: T, std: T, x: &mut [T]) {
    for x in x {
        *x = (*x - mean) / std;
    }
}

#[inline(always)]
fn rectify_body<T: Real, A: Arithmetic>(x: &mut [T]) {
    for x in x {
        *x = x.max(T::ZERO);
    }
}

#[inline(always)]
fn gate_body<T: Real, A: Arithmetic>(y: &[T], delta: &mut [T]) {
    assert_eq!(y.len(), delta.len(), "one delta per value");
    for (delta, &y) in delta.iter_mut().zip(y) {
        *delta = if y > T::ZERO { *delta } else { T::ZERO };
    }
}

#[inline(always)]
fn adam_body<T: Real, A: Arithmetic>(step: &AdamStep<T>, m: &mut [T], v: &mut [T], w: &mut [T], g: &[T]) {
    let n = w.len();
    assert!(m.len() == n && v.len() == n && g.len() == n, "moments and gradient are as long as the weights");
    for i in 0..n {
        let second = step.moments(w[i], g[i], &mut m[i], &mut v[i]);
        w[i] = step.stepped(w[i], m[i], second);
    }
}

#[cfg(test)]
mod tests {
    use super::AdamStep;
    use crate::{CpuLevel, Real};

    fn levels() -> impl Iterator<Item = CpuLevel> {
        CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected())
    }

    fn numbers<T: Real>(n: usize, factor: f64) -> Vec<T> {
        (0..n).map(|i| T::from_f64(((i * 37 % 101) as f64 - 50.0) * factor)).collect()
    }

    /// The level changes no bit: all agree with the first, and the first with the formula.
    fn every_level_agrees<T: Real>() {
        let step = AdamStep {
            beta_1: [0.9, 0.1].map(T::from_f64),
            beta_2: [0.999, 0.001].map(T::from_f64),
            rate: T::from_f64(0.01),
            widen: T::from_f64(31.6),
            epsilon: T::from_f64(1e-8),
            decay: T::from_f64(0.01),
            shrink: T::from_f64(0.999),
            smallest: T::from_f64(1e-30),
        };
        let n = 117;
        let start = || -> [Vec<T>; 4] {
            let squares = numbers::<T>(n, 1e-3).iter().map(|&v| v * v).collect();
            [numbers(n, 1e-3), squares, numbers(n, 0.1), numbers(n, 1e-2)]
        };
        let [m, v, w, g] = start();
        let by_hand: Vec<T> = (0..n)
            .map(|i| {
                let (mut m, mut v) = (m[i], v[i]);
                let second = step.moments(w[i], g[i], &mut m, &mut v);
                step.stepped(w[i], m, second)
            })
            .collect();
        let bytes: Vec<u8> = (0..n).map(|i| (i * 7 % 256) as u8).collect();
        for level in levels() {
            let [mut m, mut v, mut w, g] = start();
            T::adam_at(level, &step, &mut m, &mut v, &mut w, &g);
            assert_eq!(w, by_hand, "{level}");
            let mut x = vec![T::ONE; n];
            T::scale_bytes_at(level, &bytes, 1.0 / 255.0, &mut x);
            for (x, &byte) in x.iter().zip(&bytes) {
                assert_eq!(x.to_f64(), f64::from(f32::from(byte) * (1.0 / 255.0_f32)));
            }
            T::standardize_at(level, T::from_f64(0.3), T::from_f64(0.7), &mut x);
            for (x, &byte) in x.iter().zip(&bytes) {
                let number = T::from_f64(f64::from(f32::from(byte) * (1.0 / 255.0_f32)));
                assert_eq!(*x, (number - T::from_f64(0.3)) / T::from_f64(0.7));
            }
            let mut y = g.clone();
            y[5] = T::from_f64(f64::NAN);
            T::rectify_at(level, &mut y);
            assert!(!y[5].is_finite());
            let mut delta = w.clone();
            T::gate_at(level, &y, &mut delta);
            for i in (0..n).filter(|&i| i != 5) {
                assert_eq!(y[i], if g[i] > T::ZERO { g[i] } else { T::ZERO });
                assert_eq!(delta[i], if g[i] > T::ZERO { w[i] } else { T::ZERO });
            }
        }
    }

    #[test]
    fn every_level_agrees_with_the_formula() {
        every_level_agrees::<f32>();
        every_level_agrees::<f64>();
    }

    #[test]
    fn small_moments_become_zero_and_a_nan_stays() {
        assert_eq!(super::settle(1e-31, 1e-30), 0.0);
        assert_eq!(super::settle(-2e-30, 1e-30), -2e-30);
        assert!(super::settle(f64::NAN, 1e-30).is_nan());
    }
}
