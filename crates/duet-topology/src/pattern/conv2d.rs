//! A convolution: one kernel for all places.

use super::Connect;
use crate::Wiring;
use crate::window::{Window, pair};
use duet_units::parameters;

parameters! {
    /// Every target sees a small window of the source, and all places share one kernel of weights.
    ///
    /// # Equations
    /// ```text
    /// z[o, y, x] = b[o] + sum over i, r, c of  w[o, i, r, c] * a[i, y s - p + r, x s - p + c]
    /// output extent = (input + 2 p - kernel) / s + 1, rounded down
    /// ```
    /// with stride s and padding p along each axis; what lies outside of the source counts as zero.
    ///
    /// # Behaviour
    /// The shapes are `[channels, rows, columns]` (`[rows, columns]` is one channel); the target's first number is how many
    /// kernels there are. A kernel is stored once, whatever the number of places: 5 x 5 over 3 channels for 6 kernels are
    /// 450 weights and 6 biases, and 352,800 connections over a 32 x 32 picture. What is learned at one place is known at
    /// all of them. A cortical map has no such sharing: its cells look through windows too, but each learns its own.
    ///
    /// # References
    /// - Fukushima (1980), Neocognitron, Biological Cybernetics 36.
    /// - `LeCun`, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    /// - The definition of `torch.nn.Conv2d` (a cross-correlation: the kernel is not turned).
    pub struct Conv2d {
        /// Rows and columns of the window.
        pub kernel: Vec<usize>;
        /// Rows and columns that it moves from one place to the next.
        pub stride: Vec<usize> = vec![1, 1];
        /// Rows above and below, columns left and right, that count as zero.
        pub padding: Vec<usize> = vec![0, 0];
    }
}

impl Connect for Conv2d {
    fn window(&self, from: &[usize], to: &[usize]) -> Option<Result<Wiring, String>> {
        let window = || {
            let window = Window::over(
                from,
                pair("kernel", &self.kernel)?,
                pair("stride", &self.stride)?,
                pair("padding", &self.padding)?,
            )?;
            window.check_target(to, None)?;
            Ok(Wiring::Convolution(window))
        };
        Some(window())
    }
}
