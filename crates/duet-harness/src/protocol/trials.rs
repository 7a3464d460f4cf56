//! Many trials of one network of cells: drawn once, begun at rest again and again, each time with noise of its own.

use super::simulate::sketch;
use super::{Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::{Progress, SimulationPace};
use crate::scenario::Scenario;
use duet_random::Key;
use duet_record::RunFolder;
use duet_spiking::network::{self, Engine};
use duet_spiking::{SpikingError, SpikingSide};
use rayon::prelude::*;
use std::time::Instant;

/// Trials that one engine does before the next look at the clock.
const TOGETHER: usize = 8;

/// So many trials, each at most so long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trials {
    pub(super) count: usize,
    /// In ms.
    pub(super) longest: f64,
}

impl Trials {
    /// Runs them under one seed, shared out over all threads; what they give is in order and the same for any number of threads.
    /// `run` gets an engine at rest and the number of the trial.
    pub(super) fn run<R: Send>(
        self,
        (name, side): (&str, &SpikingSide),
        (stage, seed): (&Stage<'_>, u64),
        (folder, progress): (&RunFolder, &dyn Progress),
        run: impl Fn(&mut Engine<f32>, usize) -> Result<R, SpikingError> + Sync,
    ) -> Result<Vec<R>, HarnessError> {
        let sketch = sketch(stage.scenario, seed)?;
        let began = Instant::now();
        let mut results: Vec<R> = Vec::with_capacity(self.count);
        // One engine for every thread, for as long as it lasts.
        let threads = stage.pool.current_num_threads();
        let key = Key::new(seed).child("side");
        let engines = (0..threads).map(|_| Engine::<f32>::new(&sketch, side, key, 1));
        let engines = engines.collect::<Result<Vec<_>, _>>();
        let mut engines = engines.map_err(|error| Stage::refused(name, error.to_string()))?;
        // A few trials are shared out evenly; many, in portions after which somebody can stop.
        let portion = self.count.div_ceil(threads).clamp(1, TOGETHER);
        while results.len() < self.count {
            unless_stopped(progress, folder)?;
            let first = results.len();
            let shares = engines.par_iter_mut().enumerate().map(|(index, engine)| {
                let from = (first + portion * index).min(self.count);
                let begin = engine.save();
                let done = (from..(from + portion).min(self.count)).map(|trial| {
                    engine.restore(&begin)?;
                    engine.set_trial(trial as u64 + 1);
                    run(engine, trial)
                });
                let done = done.collect::<Result<Vec<R>, SpikingError>>();
                engine.restore(&begin).and(done)
            });
            for share in stage.pool.install(|| shares.collect::<Vec<_>>()) {
                results.extend(share.map_err(|error| HarnessError::NotFinite {
                    side: name.to_owned(),
                    seed,
                    words: error.to_string(),
                })?);
            }
            let took = began.elapsed().as_secs_f64();
            let (done, of) = (results.len() as f64 * self.longest, self.count as f64 * self.longest);
            let pace =
                SimulationPace { real_time_factor: took * 1000.0 / done, left_s: took * (of - done) / done };
            progress.simulated(name, seed, done, of, &pace);
        }
        Ok(results)
    }

    /// What an engine for every thread needs, in bytes, with what that is.
    pub(super) fn bytes(scenario: &Scenario, threads: usize) -> Option<(String, u128)> {
        let sketch = sketch(scenario, scenario.seed).ok()?;
        let sides = scenario.side.values().filter_map(|side| side.spiking.as_ref());
        let most = sides.map(|side| network::Needs::new(&sketch, side, 1)).max_by_key(|needs| needs.bytes)?;
        let what = format!("{threads} networks of {} cells and up to {} synapses", most.cells, most.synapses);
        Some((what, most.bytes * threads as u128))
    }
}
