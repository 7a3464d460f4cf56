//! How many labels it takes to answer well.

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
        let cast = cast(run, theme)?;
        let families = curves::read(run, &cast, NAME)?;
        (!families.is_empty()).then_some(()).needed(NAME, "traces/SIDE/data_efficiency.csv")?;
        let entries = curves::key(&cast);
        let above = legend::height(theme, FULL, &entries) + 8.0;
        let alt: Vec<String> =
            families.iter().map(|family| curves::alt(family, &look(&family.name))).collect();
        let sheet = Sheet {
            name: NAME.into(),
            title: "How many labels does it take?".into(),
            note: "Means over seeds with 95 % intervals. Under one seed all sides learn from the same labels, each shown as often.".into(),
            caption: "Every side begins anew for every number of labels; all are asked for the whole test set.".into(),
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

fn look(_: &str) -> Look<'static> {
    Look { x: "Labels learned from", y: "Right answers (%)", knob: Knob::Log, is_share: true }
}
