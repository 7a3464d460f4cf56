//! A network of which nothing learns but what reads it: shown an example, it gives back what its spikes leave behind.

use crate::encode::SpikeTrain;
use crate::present::{Activity, Recording, Shown, recorded};
use crate::simulate::Simulation;
use crate::{Decode, SpikingError, SpikingSide};
use duet_kernels::Real;
use duet_random::Key;
use duet_topology::Network;

/// A spiking network whose last layer is left out; the cells that fed it are read as numbers.
pub struct Reservoir<T> {
    simulation: Simulation<T>,
    side: SpikingSide,
    input: usize,
    read: usize,
    /// What a spike counts that comes in each step.
    weights: Vec<f64>,
    steps: usize,
    key: Key,
    train: SpikeTrain,
    examples: u64,
}

impl<T: Real> Reservoir<T> {
    /// Compiles the network without its output. The one population that nothing feeds is the input; the one that feeds the
    /// output is read.
    ///
    /// # Errors
    /// [`SpikingError::Invalid`] where there is not exactly one of each, or where the side reads its answer in another way.
    pub fn new(
        network: &Network,
        side: &SpikingSide,
        present_ms: f64,
        key: Key,
    ) -> Result<Self, SpikingError> {
        let invalid = |path: &str, words: &str| SpikingError::Invalid {
            path: path.to_owned(),
            words: words.to_owned(),
        };
        let Decode::LiquidState(decode) = &side.decode else {
            return Err(invalid("decode", "a reservoir is read by decode.liquid_state"));
        };
        let (inputs, outputs) = network.ends();
        let &[output] = outputs.as_slice() else {
            return Err(invalid("", "a task needs one population that feeds nothing"));
        };
        let mut feeding = network.projections.values().filter(|p| p.to == output).map(|p| p.from);
        let (Some(read), None) = (feeding.next(), feeding.next()) else {
            return Err(invalid(
                "",
                "the output of a reservoir is fed by one projection: that is what is read",
            ));
        };
        let &[input] = inputs.as_slice() else {
            return Err(invalid("", "a task needs one population that nothing feeds"));
        };
        let circuit = network.without(output);
        let place = |index: usize| index - usize::from(index > output);
        let (input, read) = (place(input), place(read));
        let (steps, dt) = (Shown::steps(present_ms, side)?, side.dt.get());
        Ok(Self {
            simulation: Simulation::new(&circuit, side, &[input], read, key)?,
            side: side.clone(),
            input,
            read,
            weights: (0..steps).map(|step| decode.weight((steps - 1 - step) as f64 * dt)).collect(),
            steps,
            key: key.child("encode"),
            train: SpikeTrain::default(),
            examples: 0,
        })
    }

    /// How many cells are read.
    pub fn cells(&self) -> usize {
        self.simulation.nodes[self.read].size
    }

    /// Numbers of an example that the input takes.
    pub fn inputs(&self) -> usize {
        self.simulation.nodes[self.input].size * self.side.steps
    }

    /// Names and sizes of the populations that are at work.
    pub fn populations(&self) -> Vec<(String, usize)> {
        self.simulation.nodes.iter().map(|node| (node.name.clone(), node.size)).collect()
    }

    /// Time that one example is shown, in ms.
    pub fn present_ms(&self) -> f64 {
        self.steps as f64 * self.side.dt.get()
    }

    /// Shows an example and adds what its spikes leave behind, cell by cell. `moment` names the draw of the input spikes.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a membrane is no longer finite.
    pub fn state(
        &mut self,
        values: &[f32],
        (purpose, moment): (&str, u64),
        state: &mut Vec<f32>,
    ) -> Result<(), SpikingError> {
        let (read, weights) = (self.read, self.weights.clone());
        let mut sums = vec![0.0; self.cells()];
        let mut step = 0;
        self.show(values, (purpose, moment), |simulation| {
            for &cell in simulation.spikes(read) {
                sums[cell as usize] += weights[step];
            }
            step += 1;
        });
        self.simulation.check()?;
        state.extend(sums.into_iter().map(|sum| sum as f32));
        Ok(())
    }

    /// Shows an example and keeps every spike and the potentials of the first `cells` cells of every population.
    pub fn record(&mut self, values: &[f32], moment: u64, cells: usize) -> Recording {
        let sizes: Vec<Option<usize>> =
            self.simulation.nodes.iter().map(|node| node.cells.as_ref().map(|_| node.size)).collect();
        recorded(&sizes, cells, |observe| self.show(values, ("test", moment), observe))
    }

    fn show(&mut self, values: &[f32], (purpose, moment): (&str, u64), observe: impl FnMut(&Simulation<T>)) {
        let shown = Shown { values, input: self.input, steps: self.steps, key: self.key, purpose, moment };
        shown.to(&mut self.simulation, &self.side, &mut self.train, observe);
        self.examples += 1;
    }

    /// What the presentations since the last call took; clears the counters.
    pub fn take_activity(&mut self) -> Activity {
        let examples = std::mem::take(&mut self.examples);
        Activity::take(&mut self.simulation, examples, self.steps)
    }

    /// Threshold, reset and resting potential of every population; `None` where spikes come from outside.
    pub fn levels(&self) -> Vec<Option<crate::neuron::Levels>> {
        (0..self.simulation.nodes.len()).map(|population| self.simulation.levels(population)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_topology::NetworkSpec;

    fn reservoir(side: &str) -> Result<Reservoir<f64>, SpikingError> {
        let network: NetworkSpec = toml::from_str(
            "population = { row.size = 2, liquid.size = 3, answer.size = 2 }
             projection.in = { from = 'row', to = 'liquid', weights.constant = 1.0, delay.constant = '1 ms' }
             projection.out = { from = 'liquid', to = 'answer', weights.he = {} }",
        )
        .unwrap();
        let side: SpikingSide = toml::from_str(side).unwrap();
        Reservoir::new(&network.realize(Key::new(1)).unwrap(), &side, 20.0, Key::new(2))
    }

    /// Every input spike makes all cells fire a step later: what is left is the sum over the input's spikes.
    #[test]
    fn a_state_is_what_is_left_of_the_spikes() {
        let side =
            "dt = '1 ms'\nsteps = 2\nneuron.lif.t_ref = '0 ms'\nsynapse.delta = {}\nweight_unit = '100 mV'
                    encode.latency = {}\ndecode.liquid_state = { tau = '10 ms' }";
        let mut reservoir = reservoir(side).unwrap();
        assert_eq!((reservoir.cells(), reservoir.inputs(), reservoir.present_ms()), (3, 4, 20.0));
        let shown = [1.0, 0.0, 0.0, 1.0];
        let recording = reservoir.record(&shown, 7, 3);
        let times: Vec<f64> = recording
            .spikes
            .iter()
            .filter(|spike| spike.1 == 1 && spike.2 == 0)
            .map(|spike| spike.0)
            .collect();
        let inputs: Vec<f64> =
            recording.spikes.iter().filter(|spike| spike.1 == 0).map(|spike| spike.0).collect();
        assert!(
            inputs.len() == 2 && inputs[0] < 10.0 && inputs[1] >= 10.0,
            "a part for each row: {inputs:?}"
        );
        assert_eq!(times, inputs.iter().map(|time| time + 1.0).collect::<Vec<f64>>());
        let mut state = Vec::new();
        reservoir.state(&shown, ("test", 7), &mut state).unwrap();
        let expected: f64 = times.iter().map(|time| duet_kernels::math::exp(-(20.0 - time) / 10.0)).sum();
        assert!(state.iter().all(|x| (f64::from(*x) - expected).abs() < 1e-6), "{state:?} {expected}");
    }

    #[test]
    fn what_is_no_reservoir_is_refused() {
        let words = |side: &str| reservoir(side).err().unwrap().to_string();
        assert!(words("dt = '1 ms'").contains("liquid_state"));
        assert!(words("dt = '1 ms'\nsteps = 3\ndecode.liquid_state = {}").contains("3 parts"));
    }
}
