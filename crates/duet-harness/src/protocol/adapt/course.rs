//! What one layer did while it was shown its inputs.

use super::Inputs;
use duet_ann::{Component, RateLayer};
use duet_kernels::math;
use duet_random::Key;

/// Moments that are recorded, evenly spread over the presentations.
const MOMENTS: u64 = 400;
/// Weights longer than this many times their start, or than 1, have run away: there is nothing more to see.
const FAR: f64 = 1e12;

/// A unit at one moment.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) weights: Vec<f64>,
    /// Length of the weights.
    pub(super) norm: f64,
    /// Degrees between the weights and the principal component of the unit's own number; NaN where there is no direction.
    pub(super) angle: f64,
    pub(super) theta: f64,
    /// What it answers to each pattern.
    pub(super) answers: Vec<f64>,
}

/// All units at one moment.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// Presentations so far.
    pub(super) presentation: u64,
    pub(super) units: Vec<Unit>,
}

/// The whole course; there is at least the start.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) moments: Vec<Moment>,
}

impl Course {
    /// Shows a layer `presentations` inputs, or fewer if its weights run away.
    pub(super) fn of(
        mut layer: RateLayer,
        inputs: &Inputs,
        components: &[Component],
        presentations: u64,
        key: Key,
    ) -> Result<Self, String> {
        let see = |layer: &RateLayer, presentation: u64| moment(layer, inputs, components, presentation);
        let start = see(&layer, 0)?;
        let longest = start.units.iter().map(|unit| unit.norm).fold(1.0, f64::max);
        let stride = presentations.div_ceil(MOMENTS).max(1);
        let mut course = Self { moments: vec![start] };
        for t in 1..=presentations {
            layer.present(&inputs.draw(key, t - 1)).map_err(|error| error.to_string())?;
            let lengths = || (0..layer.units()).map(|unit| length(layer.weights(unit)));
            if lengths().any(|length| !length.is_finite()) {
                break;
            }
            let far = lengths().any(|length| length > FAR * longest);
            if far || t % stride == 0 || t == presentations {
                course.moments.push(see(&layer, t)?);
            }
            if far {
                break;
            }
        }
        Ok(course)
    }

    /// The mean of something about a unit over the last tenth of what was recorded.
    pub(super) fn late(&self, unit: usize, read: impl Fn(&Unit) -> f64) -> f64 {
        let from = self.moments.len() - self.moments.len().div_ceil(10);
        let late: Vec<f64> =
            self.moments[from..].iter().filter_map(|moment| moment.units.get(unit)).map(read).collect();
        late.iter().sum::<f64>() / late.len() as f64
    }

    /// By how much ln |w| grew at each presentation, in the mean over the second half.
    pub(super) fn growth(&self, unit: usize) -> f64 {
        let (Some(half), Some(last)) = (self.moments.get(self.moments.len() / 2), self.moments.last()) else {
            return f64::NAN;
        };
        let norm = |moment: &Moment| moment.units.get(unit).map_or(f64::NAN, |unit| unit.norm);
        let presentations = last.presentation - half.presentation;
        if presentations == 0 {
            return f64::NAN;
        }
        math::ln(norm(last) / norm(half)) / presentations as f64
    }

    /// Whether |w| at least doubled over the second half and is longer than at the start: nothing holds it.
    pub(super) fn runs_away(&self, unit: usize) -> bool {
        let at = |index: usize| self.moments.get(index).and_then(|moment| moment.units.get(unit));
        let norm = |index: usize| at(index).map_or(f64::NAN, |unit| unit.norm);
        let last = norm(self.moments.len() - 1);
        last > 2.0 * norm(self.moments.len() / 2) && last > 2.0 * norm(0)
    }
}

fn moment(
    layer: &RateLayer,
    inputs: &Inputs,
    components: &[Component],
    presentation: u64,
) -> Result<Moment, String> {
    let patterns = inputs.patterns();
    let answers = patterns.iter().map(|x| layer.answer(x)).collect::<Result<Vec<_>, _>>();
    let answers = answers.map_err(|error| error.to_string())?;
    let unit = |k: usize| {
        let weights = layer.weights(k).to_vec();
        Unit {
            norm: length(&weights),
            angle: components.get(k).map_or(f64::NAN, |component| angle(&weights, &component.axis)),
            theta: layer.thresholds()[k],
            answers: answers.iter().map(|of_all| of_all[k]).collect(),
            weights,
        }
    };
    Ok(Moment { presentation, units: (0..layer.units()).map(unit).collect() })
}

fn length(w: &[f64]) -> f64 {
    w.iter().map(|w| w * w).sum::<f64>().sqrt()
}

/// Degrees between a vector and an axis of length 1, from 0 to 90: an axis points both ways.
fn angle(w: &[f64], axis: &[f64]) -> f64 {
    let length = length(w);
    if length == 0.0 {
        return f64::NAN;
    }
    let along: f64 = w.iter().zip(axis).map(|(w, a)| w / length * a).sum();
    let across =
        w.iter().zip(axis).map(|(w, a)| (w / length - along * a) * (w / length - along * a)).sum::<f64>();
    math::atan2(across.sqrt(), along.abs()).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Cloud;
    use duet_topology::NetworkSpec;

    fn layer(learning: &str) -> RateLayer {
        let spec: NetworkSpec = toml::from_str(
            "population = { x.size = 2, y.size = 1 }\nprojection.w = { from = 'x', to = 'y', weights.given = [0.5, 0.0] }",
        )
        .unwrap();
        let side = toml::from_str(&format!("activation.identity = {{}}\nlearning.{learning}")).unwrap();
        RateLayer::new(&spec.realize(Key::new(1)).unwrap(), &side).unwrap()
    }

    fn course(learning: &str, presentations: u64) -> Course {
        let inputs = Inputs::Cloud(Cloud { std: vec![1.0, 0.3], turned: 45.0 });
        let components = duet_ann::principal_components(&inputs.second_moments());
        Course::of(layer(learning), &inputs, &components, presentations, Key::new(2)).unwrap()
    }

    #[test]
    fn angles_are_between_axes() {
        assert!((angle(&[-3.0, -3.0], &[1.0, 0.0]) - 45.0).abs() < 1e-12);
        assert_eq!((angle(&[2.0, 0.0], &[1.0, 0.0]), angle(&[0.0, 5.0], &[1.0, 0.0])), (0.0, 90.0));
        assert!(angle(&[0.0, 0.0], &[1.0, 0.0]).is_nan());
    }

    #[test]
    fn the_start_and_the_end_are_recorded_and_not_too_much_between() {
        let moments = course("oja = {}", 1001).moments;
        assert_eq!((moments[0].presentation, moments.last().unwrap().presentation), (0, 1001));
        assert!(moments.len() > 300 && moments.len() <= 402);
        assert!((moments[0].units[0].angle - 45.0).abs() < 1e-9);
    }

    /// Closed form: the mean of ln |w| grows by rate lambda_1 for a small rate, here 0.01 * 1.
    #[test]
    fn growth_is_measured_and_running_away_ends() {
        let hebb = course("hebb = { rate = 0.01 }", 20_000);
        assert!(
            hebb.runs_away(0) && hebb.moments.last().unwrap().presentation < 20_000,
            "1e12 is far enough"
        );
        assert!((hebb.growth(0) - 0.01).abs() < 0.001, "{}", hebb.growth(0));
        let oja = course("oja = { rate = 0.01 }", 20_000);
        assert!(!oja.runs_away(0) && oja.growth(0).abs() < 1e-4);
        assert!((oja.late(0, |unit| unit.norm) - 1.0).abs() < 0.02);
        let mad = course("oja = { rate = 1e300 }", 100);
        assert!(mad.moments.iter().all(|moment| moment.units[0].norm.is_finite()));
    }
}
