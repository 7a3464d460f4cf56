//! What is left of one task when the next has been learned.

use std::collections::HashMap;

use duet_record::Run;
use duet_units::parameters;

use super::{Draw, Needs};
use crate::cast::cast;
use crate::curves::{self, FULL, Knob, Look};
use crate::drawing::{Drawing, MARGIN, Sheet};
use crate::error::{FigureError, Needed};
use crate::legend::{self, legend};
use crate::theme::Theme;

parameters! {
    /// Share of right answers to every group of classes after each group was learned, without and with replay.
    ///
    /// # Behaviour
    /// A plot for each group; groups come one after the other, and a group is not known before its turn. Markers are means over seeds,
    /// bands their 95 % intervals. Below, where there was replay, the same with some earlier examples shown again. Needs
    /// `panel.forgetting`.
    pub default struct Forgetting {}
}

const NAME: &str = "forgetting";

impl Draw for Forgetting {
    const NEEDS: &[Needs] = &[Needs::Forgetting];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let families = curves::read(run, &cast, NAME)?;
        (!families.is_empty()).then_some(()).needed(NAME, "traces/SIDE/forgetting.csv")?;
        let titles: HashMap<String, String> =
            families.iter().map(|family| (family.name.clone(), title(&family.name))).collect();
        let entries = curves::key(&cast);
        let above = legend::height(theme, FULL, &entries) + 8.0;
        let alt: Vec<String> =
            families.iter().map(|family| curves::alt(family, &look(&title(&family.name)))).collect();
        let sheet = Sheet {
            name: NAME.into(),
            title: "What is left of the first task?".into(),
            note: "Means over seeds with 95 % intervals. The classes are learned in groups, one after the other.".into(),
            caption: "Right answers to one group of classes each, after so many groups were learned; “replay” shows some of the earlier examples again."
                .into(),
            alt: alt.join(" "),
        };
        let height = above + curves::height(families.len());
        let drawing = sheet.draw(theme, height, curves::csv(&families)?, |canvas, top| {
            legend(canvas, theme, (MARGIN, top), FULL, &entries);
            curves::draw(canvas, theme, top + above, &families, |name| look(&titles[name]));
        })?;
        Ok(vec![drawing])
    }
}

/// "Group 1, with replay: right answers (%)".
fn title(curve: &str) -> String {
    let (replay, task) = match curve.strip_prefix("replay_") {
        Some(task) => (", with replay", task),
        None => ("", curve),
    };
    format!("Group {}{replay}: right answers (%)", task.strip_prefix("task_").unwrap_or(task))
}

fn look(title: &str) -> Look<'_> {
    Look { x: "Groups learned so far", y: title, knob: Knob::Linear, is_share: true }
}
