//! What the afferents sent and what a cell made of it.

use super::DetectPattern;
use super::afferents::Afferents;
use super::score::{Judged, Score};
use crate::HarnessError;
use duet_random::Key;
use duet_record::{RunFolder, Table, layout};
use duet_topology::Network;

/// Rows of the drawn pattern: so many with the pattern, so many without.
const ROWS: [usize; 2] = [80, 40];

/// The afferents, and what is kept of them.
pub(super) struct Inputs {
    afferents: Afferents,
    /// The afferents that fire in this step.
    pub(super) spikes: Vec<u32>,
    /// When patterns began, in ms.
    pub(super) starts: Vec<f64>,
    /// Of the latest pattern: its first step, and steps since then and spikes, for twice its length.
    latest: (u64, Vec<(u64, u32)>),
    dt: f64,
    size: usize,
}

impl Inputs {
    pub(super) fn new(of: &DetectPattern, size: usize, dt: f64, key: Key) -> Self {
        let afferents = Afferents::new(of, size, dt, key);
        Self { afferents, spikes: Vec::new(), starts: Vec::new(), latest: (0, Vec::new()), dt, size }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// How many of the afferents, the first ones, carry the pattern.
    pub(super) fn carriers(&self) -> usize {
        self.afferents.carriers
    }

    /// Goes on by a step; `keep_until` is the step before which a pattern must be over to be kept for drawing.
    pub(super) fn step(&mut self, step: u64, keep_until: u64) {
        self.afferents.step(step, &mut self.spikes);
        let interval = self.afferents.interval;
        if step.is_multiple_of(interval) && self.afferents.is_shown {
            self.starts.push(step as f64 * self.dt);
            if step + 2 * interval <= keep_until {
                self.latest = (step, Vec::new());
            }
        }
        let since = step - self.latest.0;
        if keep_until > 0 && !self.starts.is_empty() && since < 2 * interval {
            self.latest.1.extend(self.spikes.iter().map(|&afferent| (since, afferent)));
        }
    }

    /// The afferents that a drawing shows: with the pattern (by when they first fire in it), then without.
    fn rows(&self) -> Vec<(u32, &'static str)> {
        let first = self.afferents.first_spikes();
        let time = |j: u32| first[j as usize].unwrap_or(f64::INFINITY);
        let mut with: Vec<u32> = (0..self.carriers() as u32).collect();
        with.sort_by(|&a, &b| time(a).total_cmp(&time(b)).then(a.cmp(&b)));
        let without: Vec<u32> = (self.carriers() as u32..self.size as u32).collect();
        let thinned = |all: Vec<u32>, rows: usize, who: &'static str| {
            let shown = rows.min(all.len());
            (0..shown).map(|row| (all[row * all.len() / shown], who)).collect::<Vec<_>>()
        };
        [thinned(with, ROWS[0], "with"), thinned(without, ROWS[1], "without")].concat()
    }
}

/// A side under one seed.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// Its spikes, in ms.
    pub(super) spikes: Vec<f64>,
    pub(super) judged: Vec<Judged>,
    pub(super) score: Option<Score>,
    /// The weights at the end.
    pub(super) weights: Vec<f64>,
}

impl Course {
    /// Writes spikes, weights, and the last pattern.
    pub(super) fn write(
        &self,
        folder: &RunFolder,
        name: &str,
        network: &Network,
        inputs: &Inputs,
    ) -> Result<(), HarnessError> {
        let numbers = |read: fn(&Judged) -> f64| self.judged.iter().map(read).collect::<Vec<f64>>();
        let table = Table::new()
            .with_numbers("time_ms", numbers(|spike| spike.time))?
            .with_numbers("since_ms", numbers(|spike| spike.since))?
            .with_texts("worth", self.judged.iter().map(|spike| spike.worth.name().to_owned()).collect())?;
        folder.write(layout::trace(name, "detection"), table.to_csv())?;
        let first = inputs.afferents.first_spikes();
        let carriers =
            first.iter().zip(&self.weights).filter_map(|(first, &weight)| Some(((*first)?, weight)));
        let (first, weights): (Vec<f64>, Vec<f64>) = carriers.unzip();
        let table = Table::new().with_numbers("first_ms", first)?.with_numbers("weight", weights)?;
        folder.write(layout::trace(name, "carriers"), table.to_csv())?;
        let mut learned = network.clone();
        learned.projections[0].weights.clone_from(&self.weights);
        crate::write::final_weights(folder, name, &learned)?;
        self.write_latest(folder, name, inputs)
    }

    /// The last pattern and as long a time after it: some of the afferents, row by row, and the cell.
    fn write_latest(&self, folder: &RunFolder, name: &str, inputs: &Inputs) -> Result<(), HarnessError> {
        let rows = inputs.rows();
        let mut row_of = vec![None; inputs.size];
        for (row, &(afferent, who)) in rows.iter().enumerate() {
            row_of[afferent as usize] = Some((row as f64, who));
        }
        let (start, kept) = &inputs.latest;
        let begin = *start as f64 * inputs.dt;
        let length = 2.0 * inputs.afferents.interval as f64 * inputs.dt;
        let mut spikes: Vec<(f64, f64, &str)> = kept
            .iter()
            .filter_map(|&(since, j)| {
                row_of[j as usize].map(|(row, who)| (since as f64 * inputs.dt, row, who))
            })
            .collect();
        let own = self.spikes.iter().map(|time| time - begin).filter(|since| (0.0..length).contains(since));
        spikes.extend(own.map(|since| (since, rows.len() as f64, "cell")));
        let table = Table::new()
            .with_numbers("time_ms", spikes.iter().map(|spike| spike.0).collect())?
            .with_numbers("row", spikes.iter().map(|spike| spike.1).collect())?
            .with_texts("who", spikes.iter().map(|spike| spike.2.to_owned()).collect())?;
        Ok(folder.write(layout::trace(name, "latest"), table.to_csv())?)
    }
}
