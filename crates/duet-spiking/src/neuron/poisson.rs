//! The linear Poisson neuron: spikes by chance, at a rate that its input moves.

use super::receptor::Ports;
use super::{Build, Group, Input, InputUnit, Levels, Model, Receptor, Variable};
use duet_kernels::Real;
use duet_random::{Key, Stream};
use duet_units::{Frequency, parameters};

parameters! {
    /// Spikes at random instants, independent of each other, at a rate that follows the input.
    ///
    /// # Equations
    /// ```text
    /// r(t) = max(0, rate + gain I(t))        I: synaptic currents, bias and injected current, bare numbers
    /// spikes in a step of dt ~ Poisson(r dt)
    /// ```
    /// # Behaviour
    /// Without input a source of noise: counts in T have mean and variance rate · T (Fano factor 1), intervals a coefficient
    /// of variation of 1. With input it is the cell of many calculations on plasticity, since its rate is linear in what
    /// it receives. Two spikes may fall into one step; both count. Spikes have no time inside their step and leave no
    /// trace in the cell. Every run, and every example shown, has draws of its own.
    ///
    /// # References
    /// - Kempter, Gerstner & van Hemmen 1999, Phys. Rev. E 59:4498
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 1.4
    ///
    /// # Example
    /// At 40 Hz a second holds 40 spikes, give or take the square root of 40.
    /// ```
    /// use duet_spiking::neuron::{Build, Group, Input, Model, Poisson};
    /// use duet_units::Frequency;
    /// let source = Poisson { rate: Frequency::new(40.0), ..Poisson::default() };
    /// let mut group: Box<dyn Group<f64>> = source.group(&Build::cells(100, 1.0));
    /// let mut fired = Vec::new();
    /// for _ in 0..1000 {
    ///     group.integrate(&Input::constant(&[0.0; 100]));
    ///     group.crossed(&[], &mut fired);
    /// }
    /// assert!((fired.len() as f64 / 100.0 - 40.0).abs() < 4.0 * (40.0_f64 / 100.0).sqrt());
    /// ```
    pub default struct Poisson {
        /// Rate without input; a negative one is a threshold that the input must overcome.
        pub rate: Frequency = Frequency::new(10.0);
        /// Rate gained by a unit of input.
        pub gain: Frequency = Frequency::new(1.0);
    }
}

/// The cells of one population.
struct Sources {
    /// Rate of each in Hz during the last step, and how often it fired.
    rates: Vec<f64>,
    spikes: Vec<u32>,
    streams: Vec<Stream>,
    ports: Ports,
    poisson: Poisson,
    unit: f64,
    dt: f64,
}

impl Model for Poisson {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        let mut sources = Sources {
            rates: vec![0.0; build.size],
            spikes: vec![0; build.size],
            streams: Vec::new(),
            ports: Ports::new(build.receptors, build.size, build.dt),
            poisson: self.clone(),
            unit: build.unit,
            dt: build.dt,
        };
        Group::<T>::rest(&mut sources);
        Group::<T>::draw_from(&mut sources, build.key);
        Box::new(sources)
    }

    fn input_unit(&self) -> InputUnit {
        InputUnit::Number
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        None
    }

    fn refuses(&self, receptor: &Receptor) -> Option<&'static str> {
        let words = "choose synapse.exponential or another current: it has no membrane to move or to open channels in";
        (!matches!(receptor, Receptor::Current(_))).then_some(words)
    }

    fn is_exact(&self, _receptors: &[Receptor]) -> bool {
        true
    }

    fn has_spike_times(&self) -> bool {
        false
    }

    fn rate(&self, current: f64) -> Option<f64> {
        Some(self.rate_under(current))
    }
}

impl Poisson {
    /// The rate in Hz under an input.
    pub fn rate_under(&self, input: f64) -> f64 {
        (self.rate.get() + self.gain.get() * input).max(0.0)
    }
}

impl<T: Real> Group<T> for Sources {
    fn size(&self) -> usize {
        self.rates.len()
    }

    fn rest(&mut self) {
        self.rates.fill(self.poisson.rate_under(0.0));
        self.spikes.fill(0);
        self.ports.rest();
    }

    fn draw_from(&mut self, key: Key) {
        self.streams = (0..self.rates.len() as u64).map(|cell| key.stream("poisson", cell)).collect();
    }

    fn integrate(&mut self, input: &Input<'_, T>) {
        for (cell, stream) in self.streams.iter_mut().enumerate() {
            let injected = input.current.get(cell).map_or(0.0, |current| current.to_f64());
            let constant = self.unit * input.bias.get(cell).map_or(0.0, |bias| bias.to_f64()) + injected;
            // The middle of the step stands for its mean.
            let synaptic = self.ports.drive(cell, 0.5 * self.dt, 0.0).current;
            self.rates[cell] = self.poisson.rate_under(constant + synaptic);
            let expected = self.rates[cell] * self.dt / 1000.0;
            self.spikes[cell] = u32::try_from(stream.poisson(expected)).unwrap_or(u32::MAX);
        }
        self.ports.decay();
        self.ports.arrive(input.arrivals, self.unit, |_, _| {});
    }

    fn crossed(&self, _shift: &[T], cells: &mut Vec<u32>) {
        for (cell, &spikes) in self.spikes.iter().enumerate() {
            cells.extend(std::iter::repeat_n(cell as u32, spikes as usize));
        }
    }

    fn fire(&mut self, _cell: usize) {}

    fn silence(&mut self, cell: usize) {
        self.spikes[cell] = 0;
    }

    fn distance(&self, _shift: &[T], out: &mut [T]) {
        out.fill(T::ZERO);
    }

    fn v(&self, cell: usize) -> f64 {
        self.rates[cell]
    }

    fn variables(&self) -> &'static [Variable] {
        &[Variable { name: "rate", unit: "Hz" }]
    }

    fn value(&self, _variable: usize, cell: usize) -> f64 {
        self.rates[cell]
    }

    fn set(&mut self, _variable: usize, cell: usize, value: f64) {
        self.rates[cell] = value;
    }

    fn save(&self, cell: usize, state: &mut Vec<f64>) {
        // A stream's place has 64 bits, of which 53 are more than a run comes to.
        state.extend([self.rates[cell], f64::from(self.spikes[cell]), self.streams[cell].position() as f64]);
        self.ports.save(cell, state);
    }

    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        self.rates[cell] = state.next().unwrap_or(0.0);
        self.spikes[cell] = state.next().unwrap_or(0.0) as u32;
        self.streams[cell].seek(state.next().unwrap_or(0.0) as u64);
        self.ports.restore(cell, state);
    }

    fn synaptic(&self, receptor: usize, cell: usize) -> f64 {
        self.ports.value(receptor, cell)
    }

    fn levels(&self) -> Levels {
        let rate = self.poisson.rate_under(0.0);
        Levels { v_th: rate, v_reset: None, e_l: rate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::Kinetics;

    fn run(group: &mut dyn Group<f64>, steps: usize, current: &[f64]) -> Vec<Vec<u32>> {
        let bias = vec![0.0; group.size()];
        let step = |_| {
            let mut cells = Vec::new();
            group.integrate(&Input { current, ..Input::constant(&bias) });
            group.crossed(&[], &mut cells);
            cells
        };
        (0..steps).map(step).collect()
    }

    #[test]
    fn counts_have_the_mean_and_variance_of_poisson() {
        // 25 Hz and an input of 3 units at 5 Hz each; steps so long that several spikes fall into one.
        let source = Poisson { rate: Frequency::new(25.0), gain: Frequency::new(5.0) };
        assert_eq!(Model::rate(&source, 3.0), Some(40.0));
        for dt in [0.5, 100.0] {
            let n = 2000;
            let mut group: Box<dyn Group<f64>> = source.group(&Build::cells(n, dt));
            let mut counts = vec![0.0; n];
            for cell in run(&mut *group, (500.0 / dt) as usize, &vec![3.0; n]).concat() {
                counts[cell as usize] += 1.0;
            }
            let mean = counts.iter().sum::<f64>() / n as f64;
            let variance = counts.iter().map(|c: &f64| (c - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
            assert!((mean - 20.0).abs() < 4.0 * (20.0 / n as f64).sqrt(), "{dt}: {mean}");
            assert!((variance / 20.0 - 1.0).abs() < 4.0 * (2.0 / n as f64).sqrt(), "{dt}: {variance}");
        }
    }

    #[test]
    fn draws_depend_on_key_and_cell_alone() {
        let source = Poisson { rate: Frequency::new(200.0), ..Poisson::default() };
        let spikes = |size: usize, key: Key| {
            let mut group: Box<dyn Group<f64>> = source.group(&Build { key, ..Build::cells(size, 1.0) });
            let mut spikes = run(&mut *group, 300, &[]);
            spikes.iter_mut().for_each(|cells| cells.retain(|&cell| cell == 0));
            (spikes, group)
        };
        let (one, mut group) = spikes(1, Key::new(1));
        assert_eq!(one, spikes(3, Key::new(1)).0);
        assert_ne!(one, spikes(1, Key::new(2)).0);
        group.rest();
        assert_ne!(one, run(&mut *group, 300, &[]), "rest does not turn chance back");
        group.draw_from(Key::new(1));
        assert_eq!(one, run(&mut *group, 300, &[]));
    }

    #[test]
    fn a_current_moves_the_rate_as_long_as_it_lasts() {
        let source = Poisson { rate: Frequency::new(-5.0), gain: Frequency::new(10.0) };
        let receptors = [Receptor::Current(Kinetics::Exponential { tau: 10.0 })];
        let build = Build { receptors: &receptors, unit: 2.0, ..Build::cells(1, 1.0) };
        let mut group: Box<dyn Group<f64>> = source.group(&build);
        assert_eq!(group.v(0), 0.0, "a rate is never negative");
        group.integrate(&Input { arrivals: &[vec![3.0]], ..Input::constant(&[0.0]) });
        group.integrate(&Input { arrivals: &[vec![0.0]], ..Input::constant(&[0.0]) });
        let expected = 60.0 * duet_kernels::math::exp(-0.05) - 5.0;
        assert!((group.v(0) - expected).abs() < 1e-12);
    }
}
