//! The signs that physics and Dale's law ask of synapses.

use crate::SpikingSide;
use crate::neuron::{Build, Receptor};
use duet_topology::{Network, Projection, Sketch};
use duet_units::Problem;

/// What a cell does to all of its targets: Dale's law, that a neuron releases the same transmitter at all its synapses, in the form
/// that modelling gives it (Strata & Harvey 1999). No artificial unit keeps it by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dale {
    /// Its spikes depolarise: positive weights, or a reversal potential above its targets' rest.
    Excitatory,
    /// Its spikes hold back: negative weights, or a reversal potential at or below its targets' rest.
    Inhibitory,
}

impl duet_units::Describe for Dale {
    fn shape() -> duet_units::Shape {
        duet_units::Shape::Text { allowed: &["excitatory", "inhibitory"] }
    }

    fn show(&self) -> String {
        match self {
            Self::Excitatory => "\"excitatory\"".to_owned(),
            Self::Inhibitory => "\"inhibitory\"".to_owned(),
        }
    }
}

impl Dale {
    fn word(self) -> &'static str {
        match self {
            Self::Excitatory => "excitatory",
            Self::Inhibitory => "inhibitory",
        }
    }

    /// Whether a synapse of such a cell may have this weight, where +1 depolarises a resting target.
    fn allows(self, weight: f64, sign: f64) -> bool {
        match self {
            Self::Excitatory => weight * sign >= 0.0,
            Self::Inhibitory => weight * sign <= 0.0,
        }
    }
}

impl SpikingSide {
    /// Synapses with a sign that they cannot have: negative conductances, and what breaks the law that a population is under.
    /// One problem per projection; it names the first such synapse.
    pub fn sign_problems(&self, network: &Network) -> Vec<Problem> {
        network.projections.values().filter_map(|projection| self.sign_problem(network, projection)).collect()
    }

    fn sign_problem(&self, network: &Network, projection: &Projection) -> Option<Problem> {
        let from = &network.populations[projection.from];
        let to = &network.populations[projection.to];
        let synapse = self.synapse_of(&projection.name);
        let receptor = synapse.receptor();
        let first = |wrong: &dyn Fn(f64) -> bool| {
            let position = projection.weights.iter().position(|&weight| wrong(weight))?;
            let source =
                (0..from.size).find(|&pre| projection.wiring.row(pre, to.size).contains(&position))?;
            let target = projection.wiring.target(position, to.size);
            Some(format!(
                "the synapse from cell {source} of `{}` to cell {target} of `{}` has weight {}",
                from.name, to.name, projection.weights[position]
            ))
        };
        let problem = |words: String, hint: &str| {
            Some(Problem::new(format!("projection.{}", projection.name), words).hint(hint))
        };
        let conducts = matches!(receptor, Receptor::Conductance { .. } | Receptor::Gap);
        if conducts && let Some(which) = first(&|weight| weight < 0.0) {
            return problem(
                format!(
                    "{which}, but {} synapses are conductances, which are never negative",
                    synapse.name()
                ),
                "whether it inhibits is a matter of e_rev; begin with positive weights, `initial.weights` can replace the network's",
            );
        }
        let dale = self.population.get(&from.name).and_then(|own| own.dale)?;
        let sign = self.sign(&receptor, &to.name)?;
        let which = first(&|weight| !dale.allows(weight, sign))?;
        // Of a conductance the weight does not say what it does.
        let does = match (conducts, sign < 0.0) {
            (true, true) => ", which inhibits there",
            (true, false) => ", which excites there",
            (false, _) => "",
        };
        problem(
            format!("{which}{does}, but population `{}` is {} (Dale's law)", from.name, dale.word()),
            "split the population in two, or begin with weights of one sign (`initial.weights`)",
        )
    }

    /// What a positive weight does to a resting cell of a population: +1 depolarises. None where that depends on the other cell.
    fn sign(&self, receptor: &Receptor, to: &str) -> Option<f64> {
        match receptor {
            Receptor::Gap => None,
            Receptor::Delta | Receptor::Current(_) => Some(1.0),
            Receptor::Conductance { e_rev, .. } => {
                let cell = self.neuron_of(to).group::<f64>(&Build::cells(1, self.dt.get()));
                Some(if *e_rev > cell.levels().e_l { 1.0 } else { -1.0 })
            }
        }
    }

    /// What the spikes of a population do on average: by its law, else by the mean weights of what leaves it. None where nothing
    /// does, where projections differ, and where weights are spread around zero.
    pub fn effect(&self, sketch: &Sketch, population: usize) -> Option<Dale> {
        let (name, _) = sketch.populations.get_index(population)?;
        if let Some(dale) = self.population.get(name).and_then(|own| own.dale) {
            return Some(dale);
        }
        let leaves = sketch.projections.iter().filter(|projection| projection.from == population);
        // Synapses that begin with nothing, to learn, say nothing.
        let leaves = leaves.filter(|projection| projection.constant_weight() != Some(0.0));
        let mut effects = leaves.map(|projection| {
            let (to, _) = sketch.populations.get_index(projection.to)?;
            let mean =
                projection.weights.mean() * self.sign(&self.synapse_of(&projection.name).receptor(), to)?;
            (mean != 0.0).then_some(if mean > 0.0 { Dale::Excitatory } else { Dale::Inhibitory })
        });
        let first = effects.next()??;
        effects.all(|effect| effect == Some(first)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_random::Key;
    use duet_topology::NetworkSpec;

    fn problems(weights: &str, side: &str) -> Vec<Problem> {
        let spec: NetworkSpec = toml::from_str(&format!(
            "population = {{ e.size = 2, c.size = 2 }}\nprojection.p = {{ from = 'e', to = 'c', weights.{weights} }}"
        ))
        .unwrap();
        let side: SpikingSide = toml::from_str(&format!("dt = '0.1 ms'\n{side}")).unwrap();
        side.sign_problems(&spec.realize(Key::new(1)).unwrap())
    }

    #[test]
    fn the_first_synapse_that_breaks_the_law_is_named() {
        let mixed = "given = [1.0, 0.0, 0.5, -0.25]";
        assert_eq!(problems(mixed, ""), []);
        let [problem] = &problems(mixed, "population.e.dale = 'excitatory'")[..] else {
            panic!("one problem")
        };
        assert_eq!(problem.path, "projection.p");
        assert_eq!(
            problem.words,
            "the synapse from cell 1 of `e` to cell 1 of `c` has weight -0.25, but population `e` is excitatory (Dale's law)"
        );
        let [problem] = &problems(mixed, "population.e.dale = 'inhibitory'")[..] else {
            panic!("one problem")
        };
        assert!(problem.words.contains("cell 0 of `e` to cell 0 of `c` has weight 1"), "{}", problem.words);
        assert_eq!(problems("given = [1.0, 0.0, 0.5, 0.25]", "population.e.dale = 'excitatory'"), []);
    }

    #[test]
    fn of_a_conductance_the_reversal_potential_decides() {
        let positive = "constant = 1.0";
        assert_eq!(problems(positive, "synapse.gaba_a = {}\npopulation.e.dale = 'inhibitory'"), []);
        assert_eq!(problems(positive, "synapse.nmda = {}\npopulation.e.dale = 'excitatory'"), []);
        let words = &problems(positive, "synapse.gaba_a = {}\npopulation.e.dale = 'excitatory'")[0].words;
        assert!(words.contains("which inhibits there"), "{words}");
        let words = &problems("constant = -1.0", "synapse.ampa = {}")[0].words;
        assert!(words.contains("never negative"), "{words}");
    }

    #[test]
    fn what_a_population_does_follows_from_its_weights_and_receptors() {
        let effects = |weights: &str, side: &str| {
            let spec: NetworkSpec = toml::from_str(&format!(
                "population = {{ e.size = 2, c.size = 2 }}\n\
                 projection.p = {{ from = 'e', to = ['e', 'c'], pattern.fixed_probability.p = 0.5, weights.{weights} }}"
            ))
            .unwrap();
            let side: SpikingSide = toml::from_str(&format!("dt = '0.1 ms'\n{side}")).unwrap();
            let sketch = spec.sketch(Key::new(1)).unwrap();
            [0, 1].map(|population| side.effect(&sketch, population))
        };
        assert_eq!(effects("constant = -2.0", ""), [Some(Dale::Inhibitory), None]);
        assert_eq!(effects("normal = { mean = 1.0, std = 0.1 }", ""), [Some(Dale::Excitatory), None]);
        assert_eq!(effects("uniform = { low = -1.0, high = 1.0 }", ""), [None, None]);
        assert_eq!(effects("constant = 2.0", "synapse.gaba_a = {}"), [Some(Dale::Inhibitory), None]);
        let law = "population.c.dale = 'excitatory'";
        assert_eq!(effects("constant = -2.0", law), [Some(Dale::Inhibitory), Some(Dale::Excitatory)]);
        let differ = "projection.'p:e-c' = { synapse.gaba_a = {} }";
        assert_eq!(effects("constant = 2.0", &format!("synapse.ampa = {{}}\n{differ}")), [None, None]);
    }
}
