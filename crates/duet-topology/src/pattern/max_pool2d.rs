//! Pooling by the maximum of a window.

use super::Connect;
use crate::Wiring;
use crate::window::{Window, pair};
use duet_units::parameters;

parameters! {
    /// Every target is the largest activation in a small window of one channel of the source.
    ///
    /// # Equations
    /// ```text
    /// z[c, y, x] = max over the window of a[c, y s .. y s + kernel, x s .. x s + kernel]
    /// dL/da: all of dL/dz goes to the winner, the first of equals in reading order
    /// ```
    ///
    /// # Behaviour
    /// Says that a feature was somewhere in the window and forgets where. There is nothing to learn, so the projection has
    /// neither weights nor biases. The winner must be known at once, which spikes do not tell: spiking sides refuse this
    /// pattern (take `average_pool2d`). The target usually has the activation `identity`.
    ///
    /// # References
    /// - Riesenhuber & Poggio (1999), Hierarchical models of object recognition in cortex, Nature Neuroscience 2.
    /// - The definition of `torch.nn.MaxPool2d`.
    pub struct MaxPool2d {
        /// Rows and columns of the window.
        pub kernel: Vec<usize>;
        /// Rows and columns that it moves from one place to the next; the kernel's own if left out.
        pub stride: Option<Vec<usize>> = None;
    }
}

impl Connect for MaxPool2d {
    fn window(&self, from: &[usize], to: &[usize]) -> Option<Result<Wiring, String>> {
        let window = || {
            let kernel = pair("kernel", &self.kernel)?;
            let stride = self.stride.as_ref().map_or(Ok(kernel), |stride| pair("stride", stride))?;
            let window = Window::over(from, kernel, stride, [0, 0])?;
            window.check_target(to, Some(window.channels))?;
            Ok(Wiring::MaxPool(window))
        };
        Some(window())
    }
}
