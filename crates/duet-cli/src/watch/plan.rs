//! What lies ahead of a run.

use duet_harness::protocol::Protocol;
use duet_harness::{Document, check};
use duet_record::layout;
use std::path::Path;

/// Sides, seeds and epochs of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The sides' names, in the scenario's order.
    pub sides: Vec<String>,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Epochs of every side under every seed.
    pub epochs: usize,
    /// Whether time is simulated instead, which is told in ms.
    pub simulates: bool,
}

impl Plan {
    /// The plan of a run that has just begun or is taken up again, from its resolved scenario. An empty one if that
    /// cannot be read: the run itself will say so.
    pub fn read(folder: &Path) -> Self {
        let document = Document::read(&folder.join(layout::RESOLVED));
        let Ok(checked) = document.and_then(|document| check(document, &[])) else { return Self::default() };
        let scenario = &checked.scenario;
        Self {
            sides: scenario.side.keys().cloned().collect(),
            seeds: scenario.seeds().collect(),
            epochs: scenario.protocol.conduct().epochs(),
            simulates: matches!(scenario.protocol, Protocol::Simulate(_)),
        }
    }

    /// Every (side, seed), in the order in which the run takes them up.
    pub fn jobs(&self) -> Vec<(String, u64)> {
        let of_seed = |&seed: &u64| self.sides.iter().map(move |side| (side.clone(), seed));
        self.seeds.iter().flat_map(of_seed).collect()
    }
}
