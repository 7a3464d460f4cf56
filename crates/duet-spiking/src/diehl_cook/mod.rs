//! Cells that compete for images, as published by Diehl and Cook: what a scenario says of them.

mod cells;
mod network;
mod synapses;
#[cfg(test)]
mod tests;

pub use network::{DiehlCookNet, DiehlCookState, Seen};

use crate::{Decode, Encode, Plasticity, SpikingSide};
use duet_topology::NetworkSpec;
use duet_units::{Problem, Range, Time, Voltage, parameters};

parameters! {
    /// Cells with conductances compete for images: every spike drives an inhibitory cell of its own that silences all others, thresholds rise
    /// with every spike, and synapses follow the order of spikes; no label is seen.
    ///
    /// # Equations
    /// ```text
    /// excitatory:  tau_m dV/dt = (e_l - V) + g_e (0 - V) + g_i (-100 mV - V)       dg/dt = -g / tau_e, -g / tau_i
    /// V > v_th + theta:  a spike; V = v_reset, held for t_ref;  theta grows by theta_plus, and falls with tau_theta
    /// inhibitory, one for each:  tau_inh dV/dt = (e_inh_l - V) + g_e (0 - V),  driven by w_ei;  its spike adds w_ie to all other g_i
    /// an input spike:   g_e += w;      w -> w - rate_minus y_1,      x = 1
    /// an own spike:     w -> w + rate_plus x y_2 (y_2 before the spike),      y_1 = y_2 = 1
    /// x, y_1, y_2 fall with tau_plus, tau_minus, tau_y;   0 <= w <= w_max;   before each example the w of a cell are scaled to one sum
    /// ```
    /// # Behaviour
    /// Each cell becomes a prototype of some images: what fires it pulls its weights there, inhibition keeps others from the same, and the rising
    /// threshold makes room for those that have not fired yet. An example that draws fewer than `least_spikes` spikes is shown
    /// again with more of everything. Labels serve only to read out: `decode.class_vote` counts, over training examples, what
    /// each cell answers to. The voltage takes implicit steps (one division), so that many inhibitory conductances at once do
    /// not blow it up; between examples the network rests. Learning is a single pass from left to right: every example meets the
    /// weights that the one before it left.
    ///
    /// # References
    /// - Diehl & Cook 2015, Front. Comput. Neurosci. 9:99, with the constants of the published program
    /// - Pfister & Gerstner 2006, J. Neurosci. 26:9673 (the rule's second trace)
    ///
    /// # Example
    /// ```
    /// use duet_spiking::{Credit, SpikingSide};
    /// let side: SpikingSide = toml::from_str("learning.diehl_cook = { theta_plus = '0.02 mV' }").unwrap();
    /// let Some(Credit::DiehlCook(rule)) = &side.learning else { panic!("it learns") };
    /// // A synapse whose input fired 20 ms before the cell's second spike, which came 40 ms after its first: 0.01 e^-1 e^-1.
    /// assert!((rule.on_post(0.5, 20.0, Some(40.0)) - (0.5 + 0.01 * (-2.0_f64).exp())).abs() < 1e-12);
    /// assert_eq!(rule.on_pre(0.5, None), 0.5);
    /// ```
    pub default struct DiehlCook {
        /// Time constant of the excitatory membrane.
        pub tau_m: Time = Time::new(100.0), in Range::POSITIVE;
        /// Where it rests.
        pub e_l: Voltage = Voltage::new(-65.0);
        /// Where it begins again after a spike.
        pub v_reset: Voltage = Voltage::new(-65.0);
        /// Its threshold before any spike.
        pub v_th: Voltage = Voltage::new(-52.0);
        /// How long it is held after a spike.
        pub t_ref: Time = Time::new(5.0), in Range::NON_NEGATIVE;
        /// Time constant of excitatory conductances.
        pub tau_e: Time = Time::new(1.0), in Range::POSITIVE;
        /// Time constant of inhibitory conductances.
        pub tau_i: Time = Time::new(2.0), in Range::POSITIVE;
        /// How much a spike raises the threshold; the published value is for 400 cells and more.
        pub theta_plus: Voltage = Voltage::new(0.05), in Range::NON_NEGATIVE;
        /// Time constant with which the threshold falls again.
        pub tau_theta: Time = Time::new(1e7), in Range::POSITIVE;
        /// Time constant of the inhibitory membranes.
        pub tau_inh: Time = Time::new(10.0), in Range::POSITIVE;
        /// Conductance, in units of the leak, that a spike gives to the inhibitory cell of its own.
        pub w_ei: f64 = 10.4, in Range::NON_NEGATIVE;
        /// Conductance that an inhibitory spike gives to all other cells.
        pub w_ie: f64 = 17.0, in Range::NON_NEGATIVE;
        /// How much a weight falls when its input fires right after the cell.
        pub rate_minus: f64 = 0.0001, in Range::NON_NEGATIVE;
        /// How much a weight rises when the cell fires right after its input, and soon after its own last spike.
        pub rate_plus: f64 = 0.01, in Range::NON_NEGATIVE;
        /// Time constant of an input's trace.
        pub tau_plus: Time = Time::new(20.0), in Range::POSITIVE;
        /// Time constant of the cell's trace that an input spike meets.
        pub tau_minus: Time = Time::new(20.0), in Range::POSITIVE;
        /// Time constant of the cell's trace that its own next spike meets.
        pub tau_y: Time = Time::new(40.0), in Range::POSITIVE;
        /// The largest weight.
        pub w_max: f64 = 1.0, in Range::POSITIVE;
        /// The sum of a cell's weights for each input that it has.
        pub sum: f64 = 0.1, in Range::POSITIVE;
        /// An example that draws fewer spikes is shown again, brighter by half its brightness each time.
        pub least_spikes: usize = 5, in Range::between(0.0, 1000.0);
    }
    relations { v_reset < v_th; e_l < v_th; }
}

/// Where excitatory conductances pull a membrane, in mV.
const E_EXC: f64 = 0.0;
/// Where inhibitory conductances pull it.
const E_INH: f64 = -100.0;

impl DiehlCook {
    /// A weight after an input spike, so many ms after the cell's last spike; `None` where it has not fired.
    pub fn on_pre(&self, weight: f64, since_post: Option<f64>) -> f64 {
        let trace = since_post.map_or(0.0, |ms| duet_kernels::math::exp(-ms / self.tau_minus.get()));
        (weight - self.rate_minus * trace).max(0.0)
    }

    /// A weight after an own spike: so many ms after the input's last spike, and after the cell's last.
    pub fn on_post(&self, weight: f64, since_pre: f64, since_post: Option<f64>) -> f64 {
        let exp = duet_kernels::math::exp;
        let again = since_post.map_or(0.0, |ms| exp(-ms / self.tau_y.get()));
        (weight + self.rate_plus * exp(-since_pre / self.tau_plus.get()) * again).min(self.w_max)
    }

    /// Everything about a side and its network that does not fit.
    pub(crate) fn problems(side: &SpikingSide, network: &NetworkSpec) -> Vec<Problem> {
        let at = "learning.diehl_cook";
        let mut problems = Vec::new();
        let mut needs = |wrong: bool, path: &str, words: String, hint: &str| {
            if wrong {
                problems.push(Problem::new(path, words).hint(hint.to_owned()));
            }
        };
        let words =
            format!("{at} needs decode.class_vote: its cells are not told which class they stand for");
        needs(!matches!(side.decode, Decode::ClassVote(_)), "decode", words, "decode.class_vote = {}");
        let words = format!("{at} needs spikes, and encode.constant_current sends none");
        needs(!side.encode.sends_spikes(), "encode", words, "encode.poisson = { rate_max = \"63.75 Hz\" }");
        let words = format!("{at} has cells and rules of its own");
        let ruled = !matches!(side.plasticity, Plasticity::Fixed(_)) || !side.projection.is_empty();
        needs(ruled, "plasticity", words.clone(), "leave `plasticity` and the tables of projections out");
        needs(!side.population.is_empty(), "population", words, "leave the tables of populations out");
        needs(side.steps != 1, "steps", format!("{at} shows an example as a whole"), "leave `steps` out");
        let words = format!("{at} counts in units of the leak conductance");
        needs(side.weight_unit.is_some(), "weight_unit", words, "leave it out");
        let is_simple = |(_, projection): (&String, &duet_topology::ProjectionSpec)| {
            projection.pattern.name() == "full" && projection.from.0.len() == 1 && projection.delay.is_none()
        };
        let fits = network.projection.len() == 1 && network.projection.iter().all(is_simple);
        let words = format!(
            "{at} needs an input, the cells that compete, and one projection between them, in full and without delay"
        );
        needs(
            !fits || network.population.len() != 2,
            "",
            words,
            "the inhibitory cells are part of the rule: leave them out of the network",
        );
        let bounded = network.projection.values().all(|projection| projection.bias.is_none());
        needs(!bounded, "", format!("cells of {at} have no biases"), "leave `bias` out");
        let codes = [side.encode.cells_per_value() != 1, matches!(side.encode, Encode::Delta(_))];
        needs(
            codes.contains(&true),
            "encode",
            format!("{at} needs one input cell for each number"),
            "encode.poisson = {}",
        );
        problems
    }
}
