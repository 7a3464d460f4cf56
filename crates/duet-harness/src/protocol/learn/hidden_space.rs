//! Where the examples lie in the space of the last hidden layer: two of its units, or its principal plane.

use super::{Learn, Outcome};
use crate::scenario::Side;
use duet_ann::Ann;
use duet_random::Key;
use duet_record::{RecordError, Table};
use duet_spiking::SpikingNet;
use duet_tasks::Dataset;
use duet_topology::Network;

/// Of more test examples only the first are placed.
const MOST_EXAMPLES: usize = 200;
/// Turns of the power iteration: the plane is for the eye.
const TURNS: usize = 500;

/// The examples' places and, where the next layer is the output of two classes, its border.
pub struct HiddenSpace {
    /// `class,u,v` of every example.
    pub places: Table,
    /// `a,b,c` of the border a + b u + c v = 0; empty where there is none.
    pub border: Table,
}

/// Activity of the last hidden layer, one row per example.
struct Activity {
    rows: Vec<Vec<f64>>,
    /// Difference of the two outputs' weights from every hidden unit, and of their biases.
    margin: Option<(Vec<f64>, f64)>,
}

/// Places the first test examples in the hidden space of a side as it has become; `None` where nothing lies between input
/// and output, or the side cannot be asked.
///
/// # Errors
/// [`RecordError`] when a table does not come together, which would be a mistake here.
pub fn place(
    learn: &Learn,
    side: &Side,
    outcome: &Outcome,
    data: &Dataset,
    key: Key,
) -> Result<Option<HiddenSpace>, RecordError> {
    let Some(network) = outcome.network.as_ref().filter(|_| !data.classes.is_empty()) else {
        return Ok(None);
    };
    let count = data.test.len().min(MOST_EXAMPLES);
    let activity = match (&side.ann, &side.spiking) {
        (Some(_), _) => artificial(side, network, data, count),
        (_, Some(_)) => biological(learn, side, network, data, count, key),
        _ => None,
    };
    let Some(activity) = activity else { return Ok(None) };
    let (mean, axes) = plane(&activity.rows, activity.margin.as_ref().map(|(w, _)| w.as_slice()));
    let along = |row: &[f64], axis: &[f64]| {
        row.iter().zip(&mean).zip(axis).map(|((x, mean), axis)| (x - mean) * axis).sum::<f64>()
    };
    let classes = data.test.labels()[..count].iter().map(|&label| f64::from(label)).collect();
    let places = Table::new()
        .with_numbers("class", classes)?
        .with_numbers("u", activity.rows.iter().map(|row| along(row, &axes[0])).collect())?
        .with_numbers("v", activity.rows.iter().map(|row| along(row, &axes[1])).collect())?;
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    // A cell's border depends on its dynamics too: only its direction is known from the weights.
    let line: Vec<[f64; 3]> = activity
        .margin
        .iter()
        .filter(|_| side.ann.is_some())
        .map(|(w, bias)| [bias + dot(w, &mean), dot(w, &axes[0]), dot(w, &axes[1])])
        .collect();
    let border = Table::new()
        .with_numbers("a", line.iter().map(|line| line[0]).collect())?
        .with_numbers("b", line.iter().map(|line| line[1]).collect())?
        .with_numbers("c", line.iter().map(|line| line[2]).collect())?;
    Ok(Some(HiddenSpace { places, border }))
}

/// The population that alone feeds the output, if it is not the input.
fn last_hidden(network: &Network) -> Option<(usize, &duet_topology::Projection)> {
    let (inputs, outputs) = network.ends();
    let output = *outputs.first()?;
    let mut feeding = network.projections.values().filter(|projection| projection.to == output);
    let (only, None) = (feeding.next()?, feeding.next()) else { return None };
    (!inputs.contains(&only.from)).then_some((only.from, only))
}

fn artificial(side: &Side, network: &Network, data: &Dataset, count: usize) -> Option<Activity> {
    let (hidden, projection) = last_hidden(network)?;
    let ann = Ann::<f64>::new(network, side.ann.as_ref()?).ok()?;
    let name = &network.populations[hidden].name;
    let row = |example: usize| {
        let input: Vec<f64> = data.test.pixels.example(example).into_iter().map(f64::from).collect();
        let trace = ann.trace(&input, &[0]).ok()?;
        trace.layers.into_iter().find(|layer| layer.population == *name).map(|layer| layer.values)
    };
    let rows = (0..count).map(row).collect::<Option<Vec<_>>>()?;
    let margin = margin(network, hidden, projection, data);
    Some(Activity { rows, margin })
}

fn biological(
    learn: &Learn,
    side: &Side,
    network: &Network,
    data: &Dataset,
    count: usize,
    key: Key,
) -> Option<Activity> {
    let (hidden, projection) = last_hidden(network)?;
    let spiking = side.spiking.as_ref()?;
    let mut net =
        SpikingNet::<f32>::new(network, spiking, data.classes.len(), learn.present.get(), key).ok()?;
    let seconds = net.present_ms() / 1000.0;
    let mut row = |example: usize| {
        let mut counts = vec![0.0; network.populations[hidden].size];
        for (_, population, cell) in net.record(&data.test.pixels.example(example), example as u64, 0).spikes
        {
            if population == hidden {
                counts[cell as usize] += 1.0 / seconds;
            }
        }
        counts
    };
    let rows = (0..count).map(&mut row).collect();
    Some(Activity { rows, margin: margin(network, hidden, projection, data) })
}

/// Difference of the two outputs' weights and biases, where there are two classes and every unit feeds both.
fn margin(
    network: &Network,
    hidden: usize,
    projection: &duet_topology::Projection,
    data: &Dataset,
) -> Option<(Vec<f64>, f64)> {
    let units = network.populations[hidden].size;
    let outputs = network.populations[projection.to].size;
    (data.classes.len() == 2 && outputs == 2 && projection.weights.len() == 2 * units).then(|| {
        let difference = |unit: usize| projection.weights[2 * unit + 1] - projection.weights[2 * unit];
        let bias = projection.bias.as_ref().map_or(0.0, |bias| bias[1] - bias[0]);
        ((0..units).map(difference).collect(), bias)
    })
}

/// The mean and two axes: of two units the units themselves; of more the direction in which the output looks, if it has one,
/// else that of largest variance, and the direction of largest variance at a right angle to it.
fn plane(rows: &[Vec<f64>], looks: Option<&[f64]>) -> (Vec<f64>, [Vec<f64>; 2]) {
    let units = rows.first().map_or(0, Vec::len);
    let unit = |at: usize| (0..units).map(|k| f64::from(u8::from(k == at))).collect::<Vec<f64>>();
    if units <= 2 {
        return (vec![0.0; units], [unit(0), unit(1)]);
    }
    let n = rows.len().max(1) as f64;
    let mean: Vec<f64> = (0..units).map(|k| rows.iter().map(|row| row[k]).sum::<f64>() / n).collect();
    let centred: Vec<Vec<f64>> =
        rows.iter().map(|row| row.iter().zip(&mean).map(|(x, mean)| x - mean).collect()).collect();
    let length = looks.map_or(0.0, |w| w.iter().map(|w| w * w).sum::<f64>().sqrt());
    let first = match looks {
        Some(w) if length > 0.0 => w.iter().map(|w| w / length).collect(),
        _ => largest_direction(&centred, None),
    };
    let second = largest_direction(&centred, Some(&first));
    (mean, [first, second])
}

/// The direction of largest variance, at a right angle to another one, by power iteration.
fn largest_direction(rows: &[Vec<f64>], apart_from: Option<&[f64]>) -> Vec<f64> {
    let units = rows.first().map_or(0, Vec::len);
    // Any start that no axis of symmetry would be at a right angle to.
    let mut axis: Vec<f64> = (0..units).map(|k| 1.0 + 0.1 * (k % 7) as f64 - 0.03 * (k % 3) as f64).collect();
    for _ in 0..TURNS {
        let mut next = vec![0.0; units];
        for row in rows {
            let along: f64 = row.iter().zip(&axis).map(|(x, a)| x * a).sum();
            next.iter_mut().zip(row).for_each(|(next, x)| *next += along * x);
        }
        if let Some(other) = apart_from {
            let along: f64 = next.iter().zip(other).map(|(x, a)| x * a).sum();
            next.iter_mut().zip(other).for_each(|(next, a)| *next -= along * a);
        }
        let length = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        // Nothing varies in what is left: any direction will do.
        if length < 1e-300 {
            return vec![0.0; units];
        }
        axis = next.into_iter().map(|x| x / length).collect();
    }
    axis
}

#[cfg(test)]
mod tests {
    use super::plane;

    /// Points along (1, 1, 0) with a smaller spread along (0, 0, 1).
    #[test]
    fn the_plane_is_that_of_largest_variance() {
        let rows: Vec<Vec<f64>> =
            [(-2.0, 0.5), (-1.0, -0.5), (1.0, -0.5), (2.0, 0.5)].map(|(a, b)| vec![a + 3.0, a, b]).to_vec();
        let (mean, [first, second]) = plane(&rows, None);
        assert!((mean[0] - 3.0).abs() < 1e-12 && mean[1].abs() < 1e-12);
        let diagonal = 0.5_f64.sqrt();
        assert!((first[0].abs() - diagonal).abs() < 1e-9 && (first[0] - first[1]).abs() < 1e-9, "{first:?}");
        assert!(first[2].abs() < 1e-9 && (second[2].abs() - 1.0).abs() < 1e-9, "{second:?}");
    }

    #[test]
    fn the_output_looks_along_the_first_axis() {
        let rows = [vec![1.0, 0.0, 2.0], vec![0.0, 1.0, -2.0], vec![0.0, 0.0, 0.5]];
        let (_, [first, second]) = plane(&rows, Some(&[0.0, 3.0, 4.0]));
        assert_eq!(first, [0.0, 0.6, 0.8]);
        let dot: f64 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
        assert!(dot.abs() < 1e-12 && (second.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn two_units_are_their_own_plane() {
        assert_eq!(plane(&[vec![1.0, 2.0]], None), (vec![0.0, 0.0], [vec![1.0, 0.0], vec![0.0, 1.0]]));
    }

    #[test]
    fn silent_units_have_a_plane_of_zeros() {
        let (_, axes) = plane(&[vec![0.0; 4], vec![0.0; 4]], None);
        assert!(axes.iter().flatten().all(|x| *x == 0.0));
    }
}
