//! The memory's weights handed to cells that spike: firing stands for 1, silence for -1.

use duet_ann::HopfieldMemory;
use duet_random::Key;
use duet_spiking::neuron::Receptor;
use duet_spiking::{Simulation, SpikingError, SpikingSide};
use duet_topology::{Network, Wiring};
use duet_units::{Problem, Range, Time, parameters};

parameters! {
    /// How a memory of spiking cells is asked: a current shows the cue, the cells are left to themselves, and their spikes are counted.
    ///
    /// # Equations
    /// ```text
    /// h_i = sum_j w_ij s_j = sum_j 2 w_ij n_j - sum_j w_ij            n_j = (1 + s_j)/2: 1 if the cell fires, else 0
    /// weight of a spike = 2 w_ij / (f_1 · area of its current)        f_1: the rate at h = 1, so that n_j is 1 on average
    /// current = rheobase + weight_unit · h                            h > 0: it fires
    /// s_i = 1 where the cell fires at f_1/2 or faster in the window, else -1
    /// ```
    ///
    /// # Behaviour
    /// The same weights as the units of -1 and 1 have, the same threshold at 0. What differs is that a cell's state is a rate, which its targets
    /// feel as separate spikes, late, and only as exactly as a few dozen of them tell. Weights of both signs leave every cell: no
    /// cell of a brain does that (Dale's law).
    ///
    /// # References
    /// - Gerstner et al. 2014, Neuronal Dynamics, section 17.2.6; Amit & Brunel 1997, Network 8:373
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::CellRecall;
    /// let cells: CellRecall = toml::from_str("cue = '50 ms'").unwrap();
    /// assert_eq!(cells.duration(), 450.0);
    /// ```
    pub default struct CellRecall {
        /// How long the cue is shown, as a field of 1 or -1 beside that of the other cells.
        pub cue: Time = Time::new(100.0), in Range::POSITIVE;
        /// How long the cells are then left to themselves.
        pub settle: Time = Time::new(400.0), in Range::POSITIVE;
        /// The end of this time, in which spikes are counted.
        pub window: Time = Time::new(150.0), in Range::POSITIVE;
    }
    relations { window <= settle; }
}

impl CellRecall {
    /// How long a recall takes, in ms.
    pub fn duration(&self) -> f64 {
        self.cue.get() + self.settle.get()
    }

    /// What does not fit the cells of a side.
    pub(super) fn problems(side: &SpikingSide, population: &str) -> Vec<Problem> {
        let neuron = side.neuron_of(population);
        let mut problems = Vec::new();
        if neuron.rheobase().is_none() || neuron.rate(0.0).is_none() {
            let words = format!(
                "protocol.recall sets {} cells at the edge of firing, which has no closed form",
                neuron.name()
            );
            problems.push(Problem::new("spiking.neuron", words).hint("take neuron.lif"));
        }
        if !matches!(side.synapse.receptor(), Receptor::Current(_)) || !side.projection.is_empty() {
            let words =
                "protocol.recall hands weights of both signs to synapses that pass currents, all alike";
            problems
                .push(Problem::new("spiking.synapse", words).hint("take synapse.exponential without e_rev"));
        }
        if side.weight_unit.is_none() {
            let words = "protocol.recall needs to know which current a field of 1 is";
            problems.push(Problem::new("spiking.weight_unit", words).hint("write weight_unit = \"100 pA\""));
        }
        problems
    }
}

/// Cells with a memory.
pub(super) struct Cells {
    simulation: Simulation<f32>,
    units: usize,
    dt: f64,
    /// The current at which a cell is at its threshold, and the one of a field of 1, in the model's unit.
    edge: f64,
    unit: f64,
    /// The rate at a field of 1, in Hz.
    on: f64,
}

impl Cells {
    /// Hands a memory over to the cells of a side; the network says how many there are, and that all feed each other.
    pub(super) fn new(
        side: &SpikingSide,
        network: &Network,
        memory: &HopfieldMemory,
        key: Key,
    ) -> Result<Self, SpikingError> {
        let (units, unit) = (memory.units(), side.unit());
        let population = network.populations.keys().next().map_or("", String::as_str);
        let neuron = side.neuron_of(population);
        let edge = neuron.rheobase().unwrap_or(0.0);
        let on = neuron.rate(edge + unit).unwrap_or(0.0);
        let area = match side.synapse.receptor() {
            Receptor::Current(kinetics) => kinetics.area(),
            _ => 0.0,
        };
        // Each active cell sends on / 1000 spikes a ms, each of which passes on `area` ms of its weight.
        let per_weight = 2.0 / (on / 1000.0 * area);
        let mut network = network.clone();
        for projection in network.projections.values_mut() {
            let wiring: &Wiring = &projection.wiring;
            for pre in 0..units {
                for position in wiring.row(pre, units) {
                    let post = wiring.target(position, units);
                    projection.weights[position] = per_weight * memory.weight(post, pre);
                }
            }
            let sum = |post: usize| (0..units).map(|pre| memory.weight(post, pre)).sum::<f64>();
            projection.bias = Some((0..units).map(|post| -sum(post)).collect());
        }
        let simulation = Simulation::new(&network, side, &[], network.populations.len(), key)?;
        Ok(Self { simulation, units, dt: side.dt.get(), edge, unit, on })
    }

    /// The state in which the cells end that are shown a cue, as -1 and 1.
    pub(super) fn recall(&mut self, timing: &CellRecall, cue: &[f64]) -> Result<Vec<f64>, SpikingError> {
        let steps = |time: Time| ((time.get() / self.dt).round() as usize).max(1);
        let (shown, left, counted) = (steps(timing.cue), steps(timing.settle), steps(timing.window));
        self.simulation.rest();
        (0..self.units).for_each(|cell| self.simulation.inject(0, cell, self.edge + self.unit * cue[cell]));
        (0..shown).for_each(|_| self.simulation.step(&[]));
        (0..self.units).for_each(|cell| self.simulation.inject(0, cell, self.edge));
        let mut counts = vec![0_u32; self.units];
        for step in 0..left {
            self.simulation.step(&[]);
            if step + counted >= left {
                self.simulation.spikes(0).iter().for_each(|&cell| counts[cell as usize] += 1);
            }
        }
        self.simulation.check()?;
        let half = 0.5 * self.on * counted as f64 * self.dt / 1000.0;
        Ok(counts.into_iter().map(|count| if f64::from(count) >= half { 1.0 } else { -1.0 }).collect())
    }
}
