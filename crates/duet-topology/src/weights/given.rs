//! Numbers typed in the scenario.

use crate::{Pattern, Size};
use duet_units::parameters;

parameters! {
    /// The numbers themselves, typed in the scenario.
    ///
    /// # Equations
    /// ```text
    /// weights: w[pre][post] = list[pre * n_post + post],     full pattern
    /// biases:  b[post]      = list[post]
    /// ```
    /// For a sparse pattern one number for each synapse, by source and then by target. For a convolution
    /// `list[cell * kernels + kernel]`, the cells of the window counted channel by channel and row by row, and one bias
    /// for each kernel.
    ///
    /// # Behaviour
    /// For circuits that are designed, not learned (a McCulloch-Pitts gate is two weights and a threshold), and for
    /// examples that are worked by hand. Every seed begins with the same numbers. The list must be exactly as long as
    /// there are synapses, so patterns that draw their synapses take none; an `explicit` pattern lists its pairs in the
    /// same order.
    ///
    /// # References
    /// - McCulloch & Pitts 1943, A logical calculus of the ideas immanent in nervous activity
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_topology::NetworkSpec;
    ///
    /// // A gate that says "x and not y": 1 x - 1 y - 1/2 is above 0 for (1, 0) alone.
    /// let spec: NetworkSpec = toml::from_str(r#"
    ///     population = { inputs.size = 2, gate.size = 1 }
    ///     [projection.gate]
    ///     from = "inputs"
    ///     to = "gate"
    ///     weights.given = [1, -1]
    ///     bias.given = [-0.5]
    /// "#).unwrap();
    /// let gate = &spec.realize(Key::new(0)).unwrap().projections["gate"];
    /// let drive = |x, y| x * gate.weights[0] + y * gate.weights[1] + gate.bias.as_ref().unwrap()[0];
    /// assert_eq!([drive(0.0, 0.0), drive(1.0, 0.0), drive(0.0, 1.0), drive(1.0, 1.0)], [-0.5, 0.5, -1.5, -0.5]);
    /// ```
    pub value Given(Vec<f64>);
}

impl Given {
    /// Why the numbers do not fit a pattern's synapses, or nothing.
    pub(super) fn fits(&self, pattern: &Pattern, pre: &Size, post: &Size, same: bool) -> Result<(), String> {
        let (n_pre, n_post) = (pre.units, post.units);
        let synapses = match pattern {
            Pattern::Full(full) if same && !full.autapses => n_pre * (n_post - 1),
            Pattern::Full(_) => n_pre * n_post,
            Pattern::OneToOne(_) => n_post,
            Pattern::Conv2d(_) => {
                let wiring = pattern.window(&pre.shape, &post.shape);
                let weights = wiring.map(|wiring| wiring.weights(n_pre, n_post));
                return weights.map_or(Ok(()), |weights| self.fits_count(weights, "weights of the kernels"));
            }
            // They take no weights at all, which is said elsewhere.
            Pattern::AveragePool2d(_) | Pattern::MaxPool2d(_) => return Ok(()),
            Pattern::Explicit(explicit) if explicit.pairs.is_sorted() => explicit.pairs.len(),
            Pattern::Explicit(_) => {
                return Err(
                    "the pairs of the explicit pattern stand in another order; list them by source, and \
                            by target for each source, so that every number stands at its synapse's place"
                        .to_owned(),
                );
            }
            drawn => {
                return Err(format!(
                    "the pattern `{}` draws its synapses, so there is no list of them to give numbers to",
                    drawn.name()
                ));
            }
        };
        self.fits_count(synapses, "synapses")
    }

    /// Why there are too many or too few numbers, or nothing.
    pub(crate) fn fits_count(&self, expected: usize, of: &str) -> Result<(), String> {
        let got = self.0.len();
        if got == expected {
            return Ok(());
        }
        let numbers = if got == 1 { "number is" } else { "numbers are" };
        Err(format!("{got} {numbers} given for {expected} {of}"))
    }
}
