//! The plane of the two populations: where it rests, where it cannot, and the ways of some trials.

use super::Decide;
use crate::HarnessError;
use duet_random::Key;
use duet_record::{Metric, RunFolder, Table, layout};
use duet_spiking::theory::wong_wang::Rest;
use duet_units::Time;
use indexmap::IndexMap;

/// Trials whose ways are kept, and the time in ms between two points of a way.
const WAYS: u64 = 12;
const EVERY: f64 = 5.0;
/// Points of a nullcline.
const POINTS: usize = 400;

impl Decide {
    /// The weakest evidence that there is: the plane is shown under it.
    fn weakest(&self) -> f64 {
        self.coherences.iter().copied().filter(|&coherence| coherence > 0.0).fold(1.0, f64::min)
    }

    /// The fixed points without evidence for either choice, before and during the stimulus.
    pub(super) fn rests(&self) -> IndexMap<String, Metric> {
        let model = &self.attractor;
        let rests = |mu_0: f64| model.rests(model.stimulus(mu_0, 0.0));
        let apart = |rest: &Rest| (rest.s[0] - rest.s[1]).abs();
        let sum = |rest: &Rest| rest.s[0] + rest.s[1];
        let before = rests(0.0);
        let at_rest =
            before.iter().filter(|rest| rest.stable).min_by(|a, b| sum(a).total_cmp(&sum(b))).copied();
        let during = rests(self.mu_0.get());
        let saddle =
            during.iter().filter(|rest| !rest.stable).min_by(|a, b| apart(a).total_cmp(&apart(b))).copied();
        let ahead = |rest: &&Rest| rest.stable && rest.s[0] > rest.s[1] + 1e-6;
        let winner = during.iter().filter(ahead).max_by(|a, b| a.s[0].total_cmp(&b.s[0])).copied();
        let rate = |rest: Rest, mu_0: f64, i: usize| model.rates(rest.s, model.stimulus(mu_0, 0.0))[i];
        let mu_0 = self.mu_0.get();
        let metric = |value: Option<f64>, unit: &str, words: &str| match value {
            Some(value) => Metric::new(value, unit, words),
            None => Metric::null("there is no such fixed point", unit, words),
        };
        let words = |what: &str| format!("{what}, by Newton's method, without noise and at coherence 0");
        let receptors = "fraction of open receptors";
        IndexMap::from(
            [
                ("rest_s", at_rest.map(|r| r.s[0]), "1", format!("{receptors} at rest before the stimulus")),
                ("rest_rate", at_rest.map(|r| rate(r, 0.0, 0)), "Hz", "rate there".to_owned()),
                (
                    "saddle_s",
                    saddle.map(|r| r.s[0]),
                    "1",
                    format!("{receptors} at the saddle between the choices"),
                ),
                (
                    "winner_s",
                    winner.map(|r| r.s[0]),
                    "1",
                    format!("{receptors} of the winner, evidence still shown"),
                ),
                ("loser_s", winner.map(|r| r.s[1]), "1", format!("{receptors} of the loser")),
                ("winner_rate", winner.map(|r| rate(r, mu_0, 0)), "Hz", "rate of the winner".to_owned()),
                ("loser_rate", winner.map(|r| rate(r, mu_0, 1)), "Hz", "rate of the loser".to_owned()),
            ]
            .map(|(name, value, unit, what)| (name.to_owned(), metric(value, unit, &words(&what)))),
        )
    }

    /// Nullclines, fixed points and some ways at the weakest evidence.
    pub(super) fn write_space(
        &self,
        folder: &RunFolder,
        name: &str,
        dt: Time,
        seed: u64,
    ) -> Result<(), HarnessError> {
        let (model, coherence) = (&self.attractor, self.weakest());
        let currents = model.stimulus(self.mu_0.get(), coherence);
        let mut lines: Vec<[f64; 3]> = Vec::new();
        for (of, &current) in currents.iter().enumerate() {
            for k in 1..POINTS {
                let own = k as f64 / POINTS as f64;
                let other = model.nullcline(own, current);
                if (0.0..=1.0).contains(&other) {
                    let [s_1, s_2] = if of == 0 { [own, other] } else { [other, own] };
                    lines.push([(of + 1) as f64, s_1, s_2]);
                }
            }
        }
        let column = |rows: &[[f64; 3]], at: usize| rows.iter().map(|row| row[at]).collect::<Vec<f64>>();
        let table = Table::new()
            .with_numbers("population", column(&lines, 0))?
            .with_numbers("s_1", column(&lines, 1))?
            .with_numbers("s_2", column(&lines, 2))?;
        folder.write(layout::trace(name, "decision_nullclines"), table.to_csv())?;
        let rests = model.rests(currents);
        let table = Table::new()
            .with_numbers("stable", rests.iter().map(|rest| f64::from(u8::from(rest.stable))).collect())?
            .with_numbers("s_1", rests.iter().map(|rest| rest.s[0]).collect())?
            .with_numbers("s_2", rests.iter().map(|rest| rest.s[1]).collect())?;
        folder.write(layout::trace(name, "decision_points"), table.to_csv())?;
        let question = self.question(dt);
        let every = (EVERY / dt.get()).round().max(1.0) as u64;
        let key = Key::new(seed).child("ways");
        let mut ways: Vec<[f64; 3]> = Vec::new();
        for trial in 0..WAYS {
            let mut step = 0;
            let start = [trial as f64, question.start, question.start];
            ways.push(start);
            // The way of a trial without an answer ends where time is up.
            let _ = model.decide(&question, coherence, key, trial, |s| {
                step += 1;
                if step % every == 0 {
                    ways.push([trial as f64, s[0], s[1]]);
                }
            });
        }
        let table = Table::new()
            .with_numbers("trial", column(&ways, 0))?
            .with_numbers("s_1", column(&ways, 1))?
            .with_numbers("s_2", column(&ways, 2))?;
        folder.write(layout::trace(name, "decision_ways"), table.to_csv())?;
        Ok(())
    }
}
