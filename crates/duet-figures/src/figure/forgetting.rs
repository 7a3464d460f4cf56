//! What is left of one task when the next has been learned.

use duet_record::Run;
use duet_units::parameters;

use super::{Draw, Needs};
use crate::curves::{self, Knob, Look, Words};
use crate::drawing::Drawing;
use crate::error::FigureError;
use crate::theme::Theme;

parameters! {
    /// Share of right answers to every task after each was learned, without and with replay.
    ///
    /// # Behaviour
    /// A plot for each task; they come one after the other, and a task is not known before its turn. Markers are means over seeds,
    /// bands their 95 % intervals. Below, where there was replay, the same with some earlier examples shown again. Needs
    /// `panel.forgetting`.
    pub default struct Forgetting {}
}

const NAME: &str = "forgetting";

impl Draw for Forgetting {
    const NEEDS: &[Needs] = &[Needs::Forgetting];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let words = Words {
            title: "What is left of the first task?",
            note: "Means over seeds with 95 % intervals. The tasks are learned one after the other.",
            caption: "Right answers to one task each, after so many were learned: groups of classes, or orders of the numbers of an example; “replay” shows some of the earlier examples again.",
        };
        curves::drawing(run, theme, (NAME, "traces/SIDE/forgetting.csv"), &words, look)
    }
}

/// "Task 1, with replay: right answers (%)".
fn title(curve: &str) -> String {
    let (replay, task) = match curve.strip_prefix("replay_") {
        Some(task) => (", with replay", task),
        None => ("", curve),
    };
    format!("Task {}{replay}: right answers (%)", task.strip_prefix("task_").unwrap_or(task))
}

fn look(curve: &str) -> Look {
    Look { x: "Tasks learned so far", y: title(curve), knob: Knob::Linear, is_share: true }
}
