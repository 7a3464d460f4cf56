//! A sweep as one table: a row per point.

use duet_record::{RecordError, Sweep, SweepRow, Table};
use indexmap::IndexSet;

/// Columns: the point, every varied field, every metric of every side with its 95 % interval where it has one, and why a
/// point came to nothing where one did.
///
/// # Errors
/// [`RecordError::BadTable`] where two columns would have one name.
pub fn table(sweep: &Sweep, rows: &[SweepRow]) -> Result<Table, RecordError> {
    let mut table = Table::new().with_numbers("point", rows.iter().map(|row| row.point as f64).collect())?;
    for (at, varied) in sweep.varied.iter().enumerate() {
        let values = rows.iter().map(|row| sweep.points[row.point - 1][at]).collect();
        table = table.with_numbers(&varied.title(), values)?;
    }
    let mut metrics: IndexSet<(&str, &str)> = IndexSet::new();
    for side in sweep.sides.keys() {
        let own = rows.iter().filter_map(|row| row.sides.get(side));
        metrics.extend(own.flat_map(|own| own.keys().map(|path| (side.as_str(), path.as_str()))));
    }
    for (side, path) in metrics {
        let cells = || rows.iter().map(|row| row.get(side, path));
        let name = format!("{side}.{path}");
        let value =
            |cell: Option<&duet_record::SweepCell>| cell.and_then(|cell| cell.value).unwrap_or(f64::NAN);
        table = table.with_numbers(&name, cells().map(value).collect())?;
        if cells().flatten().any(|cell| cell.ci95.is_some()) {
            for (at, end) in ["low", "high"].into_iter().enumerate() {
                let bound = |cell: Option<&duet_record::SweepCell>| {
                    cell.and_then(|cell| cell.ci95).map_or(f64::NAN, |ci95| ci95[at])
                };
                table = table.with_numbers(&format!("{name}.ci95_{end}"), cells().map(bound).collect())?;
            }
        }
    }
    if rows.iter().any(|row| row.why.is_some()) {
        table =
            table.with_texts("why", rows.iter().map(|row| row.why.clone().unwrap_or_default()).collect())?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_record::{Metric, Metrics, Varied};

    #[test]
    fn a_column_per_field_and_metric_and_words_where_it_failed() {
        let varied = |path: &str, unit: &str| Varied {
            path: path.into(),
            unit: unit.into(),
            whole: false,
            log: false,
            random: false,
        };
        let sweep = Sweep {
            stem: "s".into(),
            title: "t".into(),
            scenario: String::new(),
            varied: vec![varied("a.dt", "ms"), varied("b", "")],
            points: vec![vec![0.1, 3.0], vec![0.2, 3.0]],
            sides: [("x".to_owned(), "X".to_owned())].into_iter().collect(),
            metric: "rate".into(),
            metric_of: None,
            shard: None,
        };
        let mut metrics = Metrics::default();
        let own = metrics.sides.entry("x".into()).or_default();
        own.insert("rate".into(), Metric::new(5.0, "Hz", "d").with_ci95(4.0, 6.0, "t"));
        own.insert("cv".into(), Metric::null("no spikes", "1", "d"));
        let rows = [SweepRow::measured(1, &metrics), SweepRow::failed(2, "not finite, at 3 ms".into())];
        assert_eq!(
            table(&sweep, &rows).unwrap().to_csv(),
            "point,a.dt (ms),b,x.rate,x.rate.ci95_low,x.rate.ci95_high,x.cv,why\n\
             1,0.1,3,5,4,6,,\n\
             2,0.2,3,,,,,\"not finite, at 3 ms\"\n"
        );
    }
}
