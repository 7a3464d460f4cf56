//! An activation function, as an f-I curve.

use super::InputRange;
use crate::HarnessError;
use duet_ann::AnnSide;
use duet_record::{Metric, Table};
use duet_spiking::stimulus::Amplitude;
use indexmap::IndexMap;

/// Value and slope of the activation of a population at every input.
pub(super) fn curve(
    side: &AnnSide,
    population: &str,
    range: &InputRange,
) -> Result<(Table, IndexMap<String, Metric>), HarnessError> {
    let activation = side.activation_of(population).curve::<f64>();
    let point = |z: f64| {
        let y = activation.value(z);
        (y, activation.slope(z, y))
    };
    let inputs: Vec<f64> = range.inputs().into_iter().map(Amplitude::get).collect();
    let (values, slopes): (Vec<f64>, Vec<f64>) = inputs.iter().map(|&z| point(z)).unzip();
    let largest = |numbers: &[f64]| numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut metrics = IndexMap::from([
        (
            "highest_output".to_owned(),
            Metric::new(largest(&values), "1", "largest answer over all inputs tried"),
        ),
        ("steepest".to_owned(), Metric::new(largest(&slopes), "1", "largest slope over all inputs tried")),
    ]);
    let named = if range.at.is_empty() { vec![Amplitude::Number(0.0)] } else { range.at.clone() };
    for input in named {
        let (value, slope) = point(input.get());
        let answer = Metric::new(value, "1", "what the unit answers to this input");
        metrics.insert(format!("value[{input}]"), answer);
        let slope = Metric::new(slope, "1", "derivative of the answer by the input, at this input");
        metrics.insert(format!("slope[{input}]"), slope);
    }
    let table = Table::new()
        .with_numbers("input", inputs)?
        .with_numbers("value", values)?
        .with_numbers("slope", slopes)?;
    Ok((table, metrics))
}
