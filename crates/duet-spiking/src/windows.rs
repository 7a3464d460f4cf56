//! What a spiking side can make of windows that move over a grid.
//!
//! A kernel that many synapses share is stored once and delivered spike by spike, and so is a mean. A maximum is not a sum, and a rule
//! that sees one synapse cannot change what others hold too.

use crate::SpikingSide;
use duet_topology::NetworkSpec;
use duet_units::Problem;

impl SpikingSide {
    /// Moving windows of which cells and synapses can make nothing.
    pub(crate) fn window_problems(&self, network: &NetworkSpec) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, projection) in &network.projection {
            let pattern = projection.pattern.name();
            if pattern == "max_pool2d" {
                let words = format!(
                    "projection `{name}` is a max_pool2d: a maximum cannot be added up spike by spike"
                );
                problems.push(
                    Problem::new("", words).hint("take average_pool2d, or connect the populations by `full`"),
                );
            }
            if matches!(pattern, "conv2d" | "average_pool2d") && self.is_changed(name) {
                let words = format!(
                    "the synapses of projection `{name}` share one kernel ({pattern}), and a rule that knows one synapse cannot change it"
                );
                let at = if self
                    .own(name)
                    .is_some_and(|own| own.plasticity.is_some() || own.normalise.is_some())
                {
                    format!("projection.{name}")
                } else {
                    "plasticity".to_owned()
                };
                problems
                    .push(Problem::new(at, words).hint(format!("projection.{name}.plasticity.fixed = {{}}")));
            }
        }
        problems
    }

    /// Whether a rule or a normalisation acts on the weights of a projection.
    pub(crate) fn is_changed(&self, projection: &str) -> bool {
        self.is_plastic(projection) || self.own(projection).is_some_and(|own| own.normalise.is_some())
    }
}

#[cfg(test)]
mod tests {
    use crate::SpikingSide;
    use duet_topology::NetworkSpec;

    fn problems(pattern: &str, side: &str) -> Vec<(String, String)> {
        let network: NetworkSpec = toml::from_str(&format!(
            "population = {{ x.shape = [1, 4, 4], y.shape = [1, 2, 2] }}
             projection.w = {{ from = 'x', to = 'y', {pattern} }}"
        ))
        .unwrap();
        let side: SpikingSide = toml::from_str(side).unwrap();
        side.problems(&network).into_iter().map(|problem| (problem.path, problem.words)).collect()
    }

    #[test]
    fn a_mean_is_a_sum_and_a_maximum_is_none() {
        assert_eq!(problems("pattern.average_pool2d.kernel = [2, 2]", "dt = '1 ms'"), []);
        let found = problems("pattern.max_pool2d.kernel = [2, 2]", "dt = '1 ms'");
        assert!(found.len() == 1 && found[0].1.contains("maximum"), "{found:?}");
    }

    #[test]
    fn a_shared_kernel_does_not_learn() {
        let conv = "pattern.conv2d = { kernel = [2, 2], stride = [2, 2] }, weights.he = {}";
        assert_eq!(problems(conv, "dt = '1 ms'"), []);
        let found = problems(conv, "dt = '1 ms'\nplasticity.stdp = {}");
        assert!(
            found.len() == 1 && found[0].0 == "plasticity" && found[0].1.contains("share one kernel"),
            "{found:?}"
        );
        let found = problems(conv, "dt = '1 ms'\nprojection.w.plasticity.stdp = {}");
        assert_eq!(found[0].0, "projection.w");
    }
}
