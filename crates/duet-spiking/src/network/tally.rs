//! Statistics of a large network, kept up while it runs.

use super::Spike;
use serde::{Deserialize, Serialize};

/// Counts and intervals of every cell, and the activity of every population in bins.
///
/// Spikes up to a transient count for the activity alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Number of the first cell of every population, and of the one after the last.
    firsts: Vec<u32>,
    /// In steps.
    bin: u64,
    transient: u64,
    cells: Vec<Train>,
    /// Spikes in each bin, per population.
    activity: Vec<Vec<u32>>,
}

/// What is kept of a cell's train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Train {
    spikes: u32,
    /// The step of the last; 0 before the first.
    last: u64,
    /// Sum and sum of squares of the intervals, in steps.
    sum: f64,
    squares: f64,
}

/// Spikes that a cell needs for a coefficient of variation: fewer intervals say too little, and make the mean over cells too small.
pub const SPIKES_FOR_CV: u32 = 5;

impl Tally {
    /// For populations of these sizes, a bin and a transient in steps, and a run of so many.
    pub fn new(sizes: &[usize], bin: u64, transient: u64, steps: u64) -> Self {
        let mut firsts = vec![0];
        firsts.extend(sizes.iter().scan(0, |sum, &size| {
            *sum += size as u32;
            Some(*sum)
        }));
        let bins = steps.div_ceil(bin) as usize;
        Self {
            bin,
            transient,
            cells: vec![Train::default(); firsts[sizes.len()] as usize],
            activity: vec![vec![0; bins]; sizes.len()],
            firsts,
        }
    }

    /// Adds spikes, which come by step.
    pub fn add(&mut self, spikes: &[Spike]) {
        for spike in spikes {
            let population = self.firsts.partition_point(|&first| first <= spike.id) - 1;
            if let Some(bin) = self.activity[population].get_mut(((spike.step - 1) / self.bin) as usize) {
                *bin += 1;
            }
            if spike.step <= self.transient {
                continue;
            }
            let train = &mut self.cells[spike.id as usize];
            if train.last > 0 {
                let interval = (spike.step - train.last) as f64;
                train.sum += interval;
                train.squares += interval * interval;
            }
            train.last = spike.step;
            train.spikes += 1;
        }
    }

    /// The populations.
    pub fn populations(&self) -> std::ops::Range<usize> {
        0..self.activity.len()
    }

    /// The cells of a population.
    fn trains(&self, population: usize) -> &[Train] {
        &self.cells[self.firsts[population] as usize..self.firsts[population + 1] as usize]
    }

    /// Spikes of every cell of a population after the transient.
    pub fn counts(&self, population: usize) -> impl Iterator<Item = u32> + '_ {
        self.trains(population).iter().map(|train| train.spikes)
    }

    /// The coefficient of variation of every cell's intervals (population standard deviation over mean); `None` below
    /// [`SPIKES_FOR_CV`] spikes.
    pub fn cvs(&self, population: usize) -> impl Iterator<Item = Option<f64>> + '_ {
        self.trains(population).iter().map(|train| {
            let n = f64::from(train.spikes.max(1) - 1);
            let mean = train.sum / n;
            let variance = (train.squares / n - mean * mean).max(0.0);
            (train.spikes >= SPIKES_FOR_CV && mean > 0.0).then(|| variance.sqrt() / mean)
        })
    }

    /// Spikes of a population in each bin, from the beginning of the run.
    pub fn activity(&self, population: usize) -> &[u32] {
        &self.activity[population]
    }

    /// The bins that begin after the transient.
    pub fn steady(&self, population: usize) -> &[u32] {
        let first = self.transient.div_ceil(self.bin) as usize;
        self.activity[population].get(first..).unwrap_or_default()
    }

    /// Variance over mean of a population's spike counts in windows of so many bins, after the transient: 1 for independent
    /// Poisson cells, more where cells fire together. `None` below two windows or without a spike.
    pub fn synchrony(&self, population: usize, bins: usize) -> Option<f64> {
        let windows = self.steady(population).chunks_exact(bins.max(1));
        let counts: Vec<f64> = windows.map(|window| f64::from(window.iter().sum::<u32>())).collect();
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / n;
        (counts.len() > 1 && mean > 0.0).then(|| variance / mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Intervals;

    #[test]
    fn it_says_what_whole_trains_say() {
        let trains: [&[u64]; 4] = [&[10, 25, 60, 61, 90, 97], &[], &[5, 55, 99], &[40, 70]];
        let mut spikes: Vec<Spike> =
            (0..4).flat_map(|id| trains[id].iter().map(move |&step| Spike { step, id: id as u32 })).collect();
        spikes.sort_unstable();
        let mut tally = Tally::new(&[3, 1], 10, 20, 100);
        spikes.chunks(3).for_each(|part| tally.add(part));
        assert_eq!(tally.counts(0).collect::<Vec<_>>(), [5, 0, 2]);
        let late: Vec<f64> = trains[0][1..].iter().map(|&step| step as f64).collect();
        let cv = tally.cvs(0).next().unwrap().unwrap();
        assert!((cv - Intervals::of(&late).cv().unwrap()).abs() < 1e-12);
        assert_eq!(tally.cvs(0).skip(1).collect::<Vec<_>>(), [None, None]);
        // A bin ends with its last step: 55 and 60 are in the sixth, 61 in the seventh.
        assert_eq!(tally.activity(0), [2, 0, 1, 0, 0, 2, 1, 0, 1, 2]);
        assert_eq!(tally.steady(1), [0, 1, 0, 0, 1, 0, 0, 0]);
        // Four windows of two bins: 1, 0, 1, 0.
        assert_eq!(tally.synchrony(1, 2), Some(0.5));
        assert_eq!(tally.synchrony(1, 9), None);
    }
}
