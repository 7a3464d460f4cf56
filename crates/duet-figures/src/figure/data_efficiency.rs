//! How many labels it takes to answer well.

use duet_record::Run;
use duet_units::parameters;

use super::{Draw, Needs};
use crate::curves::{self, Knob, Look, Words};
use crate::drawing::Drawing;
use crate::error::FigureError;
use crate::theme::Theme;

parameters! {
    /// Share of right answers against the number of labels that were learned from.
    ///
    /// # Behaviour
    /// The axis of labels is logarithmic. Markers are means over seeds, bands their 95 % intervals: with few labels chance decides
    /// much. Needs `panel.data_efficiency`.
    pub default struct DataEfficiency {}
}

const NAME: &str = "data_efficiency";

impl Draw for DataEfficiency {
    const NEEDS: &[Needs] = &[Needs::DataEfficiency];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let words = Words {
            title: "How many labels does it take?",
            note: "Means over seeds with 95 % intervals. Under one seed all sides learn from the same labels, each shown as often.",
            caption: "Every side begins anew for every number of labels; all are asked for the whole test set.",
        };
        curves::drawing(run, theme, (NAME, "traces/SIDE/data_efficiency.csv"), &words, look)
    }
}

fn look(_: &str) -> Look {
    Look { x: "Labels learned from", y: "Right answers (%)".into(), knob: Knob::Log, is_share: true }
}
