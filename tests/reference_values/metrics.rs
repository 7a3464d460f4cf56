//! Statistics of a classifier's answers.

use super::entry::Entry;
use super::figure::{Model, Trouble, double};
use duet_harness::statistics::{Confusion, wilson};

/// `metrics`: everything that a table of answers says.
pub fn confusion(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let rows: Vec<Vec<u64>> = entry.params.required("confusion_rows_true")?;
    let right = rows.iter().enumerate().map(|(class, row)| row[class]).sum();
    let confusion = Confusion::from_rows(rows);
    Ok(Model::new(move |key| match key.bare() {
        "accuracy" => double(confusion.accuracy()),
        "macro_f1" => double(confusion.macro_f1()),
        "f1" => double(confusion.f1()),
        "wilson95_acc" => double(wilson(right, confusion.total()).map(ends)),
        _ => Err(Trouble::key(key)),
    }))
}

/// `metrics.wilson`: intervals of shares.
pub fn wilson_intervals(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (trials, given) = (entry.params.required("n")?, entry.params.list("k")?);
    Ok(Model::new(move |key| {
        let successes = key.at("").filter(|_| key.name == "ci").ok_or_else(|| Trouble::key(key))?;
        if !given.contains(&successes) {
            return Err(Trouble::parameter("k"));
        }
        double(wilson(successes as u64, trials).map(ends))
    }))
}

fn ends((low, high): (f64, f64)) -> Vec<f64> {
    vec![low, high]
}
