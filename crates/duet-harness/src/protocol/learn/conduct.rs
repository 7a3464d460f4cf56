//! How `learn` is carried out: every (seed, side) is one job.

use super::{Learn, Outcome, Shared, Stop, hidden_space, words};
use crate::checkpoint::Keeper;
use crate::compare::transfer::Giver;
use crate::measure::{self, Outcomes};
use crate::progress::Progress;
use crate::protocol::{Conduct, Findings, Stage, present_rounding};
use crate::scenario::{Scenario, Side};
use crate::story::rules;
use crate::{HarnessError, learner, write};
use duet_figures::Figure;
use duet_random::Key;
use duet_record::{RunFolder, SideTiming, layout};
use duet_tasks::Dataset;
use duet_units::Problem;
use rayon::prelude::*;
use std::path::Path;

impl Conduct for Learn {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        Self::problems(self, scenario)
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        present_rounding(self.present, side)
    }

    fn learns(&self) -> bool {
        true
    }

    fn epochs(&self) -> usize {
        self.epochs
    }

    fn courses(&self, scenario: &Scenario) -> usize {
        scenario.side.values().filter(|side| self.epochs_of(side) > 0).count()
    }

    fn lets_learn(&self, side: &Side) -> bool {
        side.from.as_ref().is_none_or(|from| from.learn)
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        let Some(data) = stage.data_of(0) else { return Ok(()) };
        // Where only the data tell how many examples there are, the check could not.
        if let Some(words) = self.misses_a_set(data.train.len()) {
            return Err(HarnessError::Usage { words: format!("protocol.learn: {words}") });
        }
        let key = Key::new(stage.seeds[0]);
        for (name, side) in &stage.scenario.side {
            learner::build(side, &stage.networks[0], data, self.present.get(), key)
                .map_err(|words| Stage::refused(name, words))?;
        }
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let scenario = stage.scenario;
        // The check has asked for a task.
        let Some(first) = stage.data_of(0) else { return Ok(Findings::default()) };
        let resolved = scenario.resolved();
        let jobs = stage.seeds.len() * scenario.side.len();
        let mut outcomes: Outcomes<'_> =
            scenario.side.keys().map(|name| (name.as_str(), Vec::new())).collect();
        for wave in waves(scenario) {
            let own: Vec<(usize, &str)> =
                (0..stage.seeds.len()).flat_map(|seed| wave.iter().map(move |&side| (seed, side))).collect();
            let job = |&(index, name): &(usize, &str)| {
                let side = &scenario.side[name];
                let giver = side.from.as_ref().and_then(|from| {
                    let network = outcomes.get(from.side.as_str())?.get(index)?.network.as_ref()?;
                    Some(Giver { side: &scenario.side[&from.side], network })
                });
                let takes = |other: &Side| other.from.as_ref().is_some_and(|from| from.side == name);
                let shared = Shared {
                    seed: stage.seeds[index],
                    first: index == 0,
                    scenario,
                    hands_over: scenario.side.values().any(takes),
                    giver,
                    network: &stage.networks[index],
                    data: stage.data_of(index).unwrap_or(first),
                    threads: (stage.pool.current_num_threads() / jobs.max(1)).max(1),
                };
                let keeper = Keeper::new(folder, name, shared.seed, &resolved);
                self.run(name, side, &shared, &keeper, progress)
            };
            let results: Vec<Result<Outcome, Stop>> =
                stage.pool.install(|| own.par_iter().map(job).collect());
            for (&(index, name), result) in own.iter().zip(results) {
                let outcome =
                    result.map_err(|stop| explain(stop, name, stage.seeds[index], folder.path()))?;
                if let Some(of_side) = outcomes.get_mut(name) {
                    of_side.push(outcome);
                }
            }
        }
        write::learned(folder, scenario, &stage.networks[0], Key::new(stage.seeds[0]), &outcomes)?;
        write::traces(folder, &stage.networks[0], first, &outcomes)?;
        write::transfers(folder, &outcomes)?;
        write::panels(folder, &outcomes)?;
        if scenario.figure.iter().any(|figure| matches!(figure, Figure::HiddenSpace(_))) {
            self.write_hidden_spaces(stage, folder, &outcomes, first)?;
        }
        let metrics = measure::metrics(&outcomes);
        Ok(Findings {
            history: Some(measure::history(&outcomes, stage.seeds)),
            timing: outcomes.iter().map(|(&name, of_side)| (name.to_owned(), timing(of_side))).collect(),
            shared: words::shared(self, first),
            verdicts: words::verdicts(scenario, &metrics),
            diagnoses: words::diagnoses(self, scenario, &metrics, first),
            metrics,
            ..Findings::default()
        })
    }

    fn notes(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let mut notes =
            vec![format!("Every example is shown for {}; between examples the network rests.", self.present)];
        if rules(spiking).iter().any(|rule| rule == "three-factor") {
            notes.push(format!(
                "While it learns, the labelled class's cell is asked for {} and all others for silence; the error is averaged over {}.",
                spiking.teacher.rate, spiking.teacher.tau,
            ));
        }
        notes
    }
}

impl Learn {
    /// For the figure that asks for it: where the test examples lie in the hidden layer's space.
    fn write_hidden_spaces(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        outcomes: &Outcomes<'_>,
        data: &Dataset,
    ) -> Result<(), HarnessError> {
        let key = Key::new(stage.seeds[0]).child("side");
        for (&name, of_side) in outcomes {
            let Some(outcome) = of_side.first() else { continue };
            let side = &stage.scenario.side[name];
            if let Some(space) = hidden_space::place(self, side, outcome, data, key)? {
                folder.write(layout::trace(name, "hidden_space"), space.places.to_csv())?;
                folder.write(layout::trace(name, "hidden_border"), space.border.to_csv())?;
            }
        }
        Ok(())
    }
}

/// The sides in the order in which they can go: those that wait for another one's weights after it.
fn waves(scenario: &Scenario) -> Vec<Vec<&str>> {
    let (mut waves, mut gone): (Vec<Vec<&str>>, Vec<&str>) = (Vec::new(), Vec::new());
    loop {
        let ready = |(name, side): &(&String, &Side)| {
            let has = |other: &str| gone.contains(&other);
            !has(name) && side.from.as_ref().is_none_or(|from| has(&from.side))
        };
        let wave: Vec<&str> = scenario.side.iter().filter(ready).map(|(name, _)| name.as_str()).collect();
        if wave.is_empty() {
            return waves;
        }
        gone.extend(&wave);
        waves.push(wave);
    }
}

fn timing(outcomes: &[Outcome]) -> SideTiming {
    let course = outcomes.first().map(|outcome| &outcome.course);
    SideTiming {
        build_s: course.map(|course| course.build_s),
        epoch_s: course.map_or_else(Vec::new, |course| course.timing.clone()),
        ..SideTiming::default()
    }
}

fn explain(stop: Stop, side: &str, seed: u64, folder: &Path) -> HarnessError {
    match stop {
        Stop::Asked => HarnessError::Stopped { folder: folder.to_owned() },
        Stop::Broken(error) => error,
        Stop::Failed { epoch, failure } if failure.diverged => HarnessError::Diverged {
            side: side.to_owned(),
            seed,
            epoch,
            words: failure.words,
            folder: folder.to_owned(),
        },
        Stop::Failed { failure, .. } => HarnessError::Side { side: side.to_owned(), words: failure.words },
    }
}
