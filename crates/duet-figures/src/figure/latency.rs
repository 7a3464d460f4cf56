//! How soon an answer is known, and what it has taken until then.

use duet_record::Run;
use duet_units::parameters;

use super::{Draw, Needs};
use crate::curves::{self, Knob, Look, Words};
use crate::drawing::Drawing;
use crate::error::FigureError;
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
        let words = Words {
            title: "How soon is an answer known?",
            note: "Means over seeds with 95 % intervals. Numbers through layers take no time: their line is flat.",
            caption: "Left: right answers if the network has to answer then. Right: the additions that spikes have cost until then.",
        };
        curves::drawing(run, theme, (NAME, "traces/SIDE/latency.csv"), &words, look)
    }
}

fn look(curve: &str) -> Look {
    let is_share = curve == "accuracy";
    let y = if is_share { "Right answers (%)" } else { "Synaptic operations so far" };
    Look { x: "Time of the answer (ms)", y: y.into(), knob: Knob::Log, is_share }
}
