//! Metrics over epochs: `history.csv`.

use std::path::Path;

use crate::csv;
use crate::error::RecordError;

/// One measured value. `side`, `split` ("train", "test") and `metric` ("accuracy", "loss") are names.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    /// The side.
    pub side: String,
    /// The seed of the run that was measured.
    pub seed: u64,
    /// Finished epochs: 0 is before the first.
    pub epoch: u32,
    /// The part of the data: "train" or "test".
    pub split: String,
    /// What was measured.
    pub metric: String,
    /// The value; `None` (an empty cell) where there is none.
    pub value: Option<f64>,
}

/// All rows of `history.csv`, in the order they were measured.
///
/// ```
/// use duet_record::History;
/// let mut history = History::default();
/// history.push("backprop", 7, 1, "test", "accuracy", 0.91);
/// assert_eq!(history.to_csv(), "side,seed,epoch,split,metric,value\nbackprop,7,1,test,accuracy,0.91\n");
/// assert_eq!(History::from_csv(&history.to_csv()).unwrap(), history);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The rows.
    pub rows: Vec<HistoryRow>,
}

const HEADER: [&str; 6] = ["side", "seed", "epoch", "split", "metric", "value"];

impl History {
    /// Adds a row; a value that is not finite becomes an empty cell.
    pub fn push(&mut self, side: &str, seed: u64, epoch: u32, split: &str, metric: &str, value: f64) {
        self.rows.push(HistoryRow {
            side: side.to_owned(),
            seed,
            epoch,
            split: split.to_owned(),
            metric: metric.to_owned(),
            value: value.is_finite().then_some(value),
        });
    }

    /// The history as CSV.
    pub fn to_csv(&self) -> String {
        let mut out = HEADER.join(",");
        out.push('\n');
        for row in &self.rows {
            csv::push_text(&mut out, &row.side);
            out.extend([",", &row.seed.to_string(), ",", &row.epoch.to_string(), ","]);
            csv::push_text(&mut out, &row.split);
            out.push(',');
            csv::push_text(&mut out, &row.metric);
            out.push(',');
            csv::push_number(&mut out, row.value.unwrap_or(f64::NAN));
            out.push('\n');
        }
        out
    }

    /// Reads CSV.
    ///
    /// # Errors
    /// A sentence that names the line and what is wrong there.
    pub fn from_csv(text: &str) -> Result<Self, String> {
        let mut reader = csv::Reader::new(text);
        let mut cells = Vec::new();
        reader.next(&mut cells)?;
        if cells != HEADER {
            return Err(format!("line 1: the header must be `{}`", HEADER.join(",")));
        }
        let mut rows = Vec::new();
        loop {
            let line = reader.line();
            if !reader.next(&mut cells)? {
                return Ok(Self { rows });
            }
            let [side, seed, epoch, split, metric, value] = cells.as_slice() else {
                return Err(format!("line {line}: {} cells, the header has {}", cells.len(), HEADER.len()));
            };
            let whole =
                |what: &str, cell: &str| format!("line {line}: `{what}` is not a whole number: `{cell}`");
            let value = csv::parse_number(value)
                .ok_or_else(|| format!("line {line}: `value` is not a number: `{value}`"))?;
            rows.push(HistoryRow {
                side: csv::unguard(side).to_owned(),
                seed: seed.parse().map_err(|_| whole("seed", seed))?,
                epoch: epoch.parse().map_err(|_| whole("epoch", epoch))?,
                split: csv::unguard(split).to_owned(),
                metric: csv::unguard(metric).to_owned(),
                value: value.is_finite().then_some(value),
            });
        }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, RecordError> {
        let text = crate::whole::read_text(path)?;
        Self::from_csv(&text).map_err(|what| RecordError::corrupt(path, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_and_missing_values_survive() {
        let mut history = History::default();
        history.push("=cmd(), \"x\"\ny", u64::MAX, 0, "train", "loss", f64::NAN);
        history.push("-a", 1, 4_000_000_000, "test", "loss", 0.1 + 0.2);
        let text = history.to_csv();
        assert!(text.contains("\"'=cmd(), \"\"x\"\"\ny\"") && text.contains("\n'-a,"), "{text}");
        assert_eq!(History::from_csv(&text).unwrap(), history);
    }

    #[test]
    fn faults_name_their_line() {
        let header = "side,seed,epoch,split,metric,value\n";
        for (text, words) in [
            (String::new(), "line 1"),
            ("a,b\n".into(), "line 1"),
            (format!("{header}a,1,2,test,loss\n"), "line 2: 5 cells"),
            (format!("{header}a,1.5,2,test,loss,0\n"), "`seed` is not a whole number: `1.5`"),
            (format!("{header}a,1,-2,test,loss,0\n"), "`epoch`"),
            (format!("{header}a,1,2,test,loss,nan\n"), "`value` is not a number"),
        ] {
            let error = History::from_csv(&text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
