//! Pooling by the mean of a window.

use super::Connect;
use crate::Wiring;
use crate::window::{Window, pair};
use duet_units::parameters;

parameters! {
    /// Every target is the mean of a small window of one channel of the source.
    ///
    /// # Equations
    /// ```text
    /// z[c, y, x] = mean over the window of a[c, y s .. y s + kernel, x s .. x s + kernel]
    /// ```
    ///
    /// # Behaviour
    /// Halves the picture (or whatever the stride says) and keeps its brightness; there is nothing to learn, so the
    /// projection has neither weights nor biases. Every synapse counts alike, which is why spiking networks can pool this
    /// way too. The target usually has the activation `identity`.
    ///
    /// # References
    /// - `LeCun`, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition (subsampling).
    /// - The definition of `torch.nn.AvgPool2d`.
    pub struct AveragePool2d {
        /// Rows and columns of the window.
        pub kernel: Vec<usize>;
        /// Rows and columns that it moves from one place to the next; the kernel's own if left out.
        pub stride: Option<Vec<usize>> = None;
    }
}

impl Connect for AveragePool2d {
    fn window(&self, from: &[usize], to: &[usize]) -> Option<Result<Wiring, String>> {
        let window = || {
            let kernel = pair("kernel", &self.kernel)?;
            let stride = self.stride.as_ref().map_or(Ok(kernel), |stride| pair("stride", stride))?;
            let window = Window::over(from, kernel, stride, [0, 0])?;
            window.check_target(to, Some(window.channels))?;
            Ok(Wiring::AveragePool(window))
        };
        Some(window())
    }
}
