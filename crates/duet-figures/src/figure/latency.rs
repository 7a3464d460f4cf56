//! How soon an answer is known, and what it has taken until then.

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
    /// Share of right answers, and synaptic operations, against the time at which an answer is asked for.
    ///
    /// # Behaviour
    /// The axis of time is logarithmic. Markers are means over seeds, bands their 95 % intervals. An artificial side has no time:
    /// its line is flat, and it has none among the operations. Needs `panel.latency`.
    pub default struct Latency {}
}

const NAME: &str = "latency";

impl Draw for Latency {
    const NEEDS: &[Needs] = &[Needs::Latency];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let families = curves::read(run, &cast, NAME)?;
        (!families.is_empty()).then_some(()).needed(NAME, "traces/SIDE/latency.csv")?;
        let entries = curves::key(&cast);
        let above = legend::height(theme, FULL, &entries) + 8.0;
        let alt: Vec<String> =
            families.iter().map(|family| curves::alt(family, &look(&family.name))).collect();
        let sheet = Sheet {
            name: NAME.into(),
            title: "How soon is an answer known?".into(),
            note: "Means over seeds with 95 % intervals. Numbers through layers take no time: their line is flat.".into(),
            caption: "Left: right answers if the network has to answer then. Right: the additions that spikes have cost until then."
                .into(),
            alt: alt.join(" "),
        };
        let height = above + curves::height(families.len());
        let drawing = sheet.draw(theme, height, curves::csv(&families)?, |canvas, top| {
            legend(canvas, theme, (MARGIN, top), FULL, &entries);
            curves::draw(canvas, theme, top + above, &families, look);
        })?;
        Ok(vec![drawing])
    }
}

fn look(curve: &str) -> Look<'static> {
    let is_share = curve == "accuracy";
    let y = if is_share { "Right answers (%)" } else { "Synaptic operations so far" };
    Look { x: "Time of the answer (ms)", y, knob: Knob::Log, is_share }
}
