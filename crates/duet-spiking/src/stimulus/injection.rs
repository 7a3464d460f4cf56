//! The stimuli of one population, compiled.

use super::noise::NoisyCurrent;
use super::poisson::PoissonTrains;
use super::spikes::GivenSpikes;
use super::{Source, Stimulus};
use duet_kernels::Real;
use duet_random::Key;
use std::ops::Range;

/// All that reaches one population from outside.
pub(crate) struct Injection<T> {
    dt: f64,
    /// Currents that are the same for all cells that they reach.
    common: Vec<(Source, Range<usize>)>,
    noises: Vec<(NoisyCurrent, Range<usize>)>,
    /// Spikes, with the receptor that they arrive at.
    poisson: Vec<(usize, PoissonTrains, Range<usize>)>,
    given: Vec<(usize, GivenSpikes, Range<usize>)>,
    /// The current into every cell in the step done last.
    now: Vec<f64>,
    /// The same, as the cells take it.
    current: Vec<T>,
}

impl<T: Real> Injection<T> {
    /// Nothing yet, for a population of so many cells.
    pub(crate) fn new(cells: usize, dt: f64) -> Self {
        Self {
            dt,
            common: Vec::new(),
            noises: Vec::new(),
            poisson: Vec::new(),
            given: Vec::new(),
            now: vec![0.0; cells],
            current: vec![T::ZERO; cells],
        }
    }

    /// Adds a stimulus; spikes arrive at `receptor`, random numbers follow from `key`.
    pub(crate) fn add(&mut self, stimulus: &Stimulus, receptor: Option<usize>, key: Key) {
        let (dt, span) = (self.dt, stimulus.span(self.now.len()));
        let cells = span.len();
        match (&stimulus.source, receptor) {
            (Source::Noise(noise), _) => {
                self.noises.push((NoisyCurrent::new(noise, dt, cells, key), span));
            }
            (Source::Poisson(poisson), Some(at)) => {
                self.poisson.push((at, PoissonTrains::new(poisson, dt, cells, key), span));
            }
            (Source::Spikes(spikes), Some(at)) => self.given.push((at, GivenSpikes::new(spikes, dt), span)),
            // Every population that spikes reach has the receptor of their synapse.
            (Source::Poisson(_) | Source::Spikes(_), None) => {}
            (current, _) => self.common.push((current.clone(), span)),
        }
    }

    /// Back to the beginning, random numbers included.
    pub(crate) fn rest(&mut self) {
        self.now.fill(0.0);
        self.noises.iter_mut().for_each(|(noise, _)| noise.rest());
        self.poisson.iter_mut().for_each(|(_, trains, _)| trains.rest());
        self.given.iter_mut().for_each(|(_, spikes, _)| spikes.rest());
    }

    /// The current of a step, counted from 0, on top of what is `injected` by hand (empty means nothing); spikes are added
    /// to what arrives at the step's end.
    pub(crate) fn step(&mut self, step: u64, injected: &[T], arrivals: &mut [Vec<T>]) -> &[T] {
        let t = (step as f64 + 0.5) * self.dt;
        self.now.fill(0.0);
        for (source, span) in &self.common {
            let current = common_current(source, t);
            self.now[span.clone()].iter_mut().for_each(|now| *now += current);
        }
        self.now.iter_mut().zip(injected).for_each(|(now, injected)| *now += injected.to_f64());
        self.noises.iter_mut().for_each(|(noise, span)| noise.add(step, &mut self.now[span.clone()]));
        for (current, &now) in self.current.iter_mut().zip(&self.now) {
            *current = T::from_f64(now);
        }
        for (receptor, trains, span) in &mut self.poisson {
            let arriving = &mut arrivals[*receptor][span.clone()];
            trains.arrive(step, arriving.len(), |cell, weight| arriving[cell] += T::from_f64(weight));
        }
        for (receptor, spikes, span) in &mut self.given {
            let weight = T::from_f64(spikes.arriving(step));
            arrivals[*receptor][span.clone()].iter_mut().for_each(|sum| *sum += weight);
        }
        &self.current
    }

    /// The current into a cell in the step done last, in the unit of its model.
    pub(crate) fn current(&self, cell: usize) -> f64 {
        self.now[cell]
    }
}

/// A current that is the same for all cells, at a time in ms.
pub(crate) fn common_current(source: &Source, t: f64) -> f64 {
    match source {
        Source::Step(step) => step.at(t),
        Source::Ramp(ramp) => ramp.at(t),
        Source::Sine(sine) => sine.at(t),
        Source::Pulses(pulses) => pulses.at(t),
        Source::Noise(_) | Source::Poisson(_) | Source::Spikes(_) => 0.0,
    }
}
