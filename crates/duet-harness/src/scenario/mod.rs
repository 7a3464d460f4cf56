//! The scenario: what a TOML file may say, how it is read, and how it is checked.

mod check;
mod document;
mod overrides;
mod planned;
mod record;
mod sides;
mod walk;

pub use check::{Checked, check};
pub(crate) use document::split_path;
pub use document::{Document, Node, Value};
pub use overrides::Override;
pub use planned::planned;
pub use record::{AllSpikes, Record};
pub use sides::only_sides;
pub use walk::nearest;

use crate::compare::transfer::Handed;
use crate::panel::Panel;
use crate::protocol::Protocol;
use duet_ann::AnnSide;
use duet_figures::Figure;
use duet_spiking::SpikingSide;
use duet_tasks::Task;
use duet_topology::{NetworkSpec, PopulationSpec, ProjectionSpec};
use duet_units::{Range, parameters};
use indexmap::IndexMap;

parameters! {
    /// A scenario: one network, one protocol, and the sides that are held against each other.
    pub struct Scenario {
        /// What the report is headed with.
        pub title: String;
        /// What the scenario asks, in one sentence that ends with a question mark.
        pub question: String;
        /// The seed from which every random number follows.
        pub seed: u64;
        /// Number of seeds: seed, seed + 1, ...; every side runs on the same ones.
        pub seeds: usize = 1, in Range::between(1.0, 1000.0);
        /// What is to be learned; needed by `protocol.learn` only.
        pub task: Option<Task>;
        /// The populations of the network, by name.
        pub population: IndexMap<String, PopulationSpec>;
        /// The projections of the network, by name.
        pub projection: IndexMap<String, ProjectionSpec> = IndexMap::new();
        /// The sides, by name: the same network under different physics.
        pub side: IndexMap<String, Side>;
        /// What is done with every side.
        pub protocol: Protocol;
        /// What is asked of every side when it has learned; under `protocol.learn`.
        pub panel: Vec<Panel> = Vec::new();
        /// What is kept of the sides, where the author chooses.
        pub record: Vec<Record> = Vec::new();
        /// Published or required values that the run is held against.
        pub target: Vec<Target> = Vec::new();
        /// The figures to draw; without any, all for which the run has data.
        pub figure: Vec<Figure> = Vec::new();
    }
}

parameters! {
    /// One physics for the network: exactly one of `ann` and `spiking`.
    pub struct Side {
        /// What the side is called in figures and the report; its name if left out.
        pub label: Option<String>;
        /// Weights that it begins with, handed over from another side instead of those that all share.
        pub from: Option<Handed>;
        /// Layers, activations, gradients.
        pub ann: Option<AnnSide>;
        /// Membranes, spikes, local plasticity.
        pub spiking: Option<SpikingSide>;
        /// The layer that learns to read a spiking side whose own synapses stay as they are, with `decode.liquid_state`.
        pub read_out: Option<AnnSide>;
    }
}

parameters! {
    /// A value that a metric is held against: `value` with a tolerance, or `at_least`, or `at_most`.
    pub struct Target {
        /// The metric's path, beginning with the side: `backprop.test_accuracy`; also `A - B`. `network.parameters`, `network.synapses`
        /// and `network.units` are the same for all sides.
        pub metric: String;
        /// The value expected.
        pub value: Option<f64>;
        /// Its absolute tolerance; twice as much is "near".
        pub within: Option<f64>, in Range::NON_NEGATIVE;
        /// Its tolerance in percent of the value.
        pub within_percent: Option<f64>, in Range::NON_NEGATIVE;
        /// The metric must reach this.
        pub at_least: Option<f64>;
        /// The metric must not exceed this.
        pub at_most: Option<f64>;
        /// Where the value comes from.
        pub source: String;
    }
}

impl Scenario {
    /// The network that all sides share.
    pub fn network(&self) -> NetworkSpec {
        NetworkSpec { population: self.population.clone(), projection: self.projection.clone() }
    }

    /// The seeds, in order.
    pub fn seeds(&self) -> impl Iterator<Item = u64> + Clone + use<> {
        let (first, n) = (self.seed, self.seeds as u64);
        (0..n).map(move |k| first.wrapping_add(k))
    }

    /// The scenario with every default written out: it runs to the same bytes as the original.
    pub fn resolved(&self) -> String {
        // Every field is a table, a list, a text or a finite number, all of which TOML can write.
        toml::to_string(self).unwrap_or_else(|error| unreachable!("a scenario is writable TOML: {error}"))
    }
}

impl Side {
    /// What it is called.
    pub fn label<'a>(&'a self, name: &'a str) -> &'a str {
        self.label.as_deref().unwrap_or(name)
    }
}
