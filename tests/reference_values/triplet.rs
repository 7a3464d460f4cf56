//! Plasticity by triplets: pairs at a frequency, single triplets, and Poisson trains.

use super::common_step::common_step;
use super::entry::{Entry, Params};
use super::figure::{Check, Figure, Grade, Model, Trouble, double};
use super::stdp::change;
use super::stdp_drift::{DT, drift, poisson as trains};
use duet_spiking::Plasticity;
use duet_spiking::plasticity::{Pairings, TripletStdp};
use duet_units::Time;

/// The rule without bounds, in the names of these families.
fn rule(params: &Params) -> Result<TripletStdp, Trouble> {
    // The Poisson entries give the two faster time constants in seconds.
    let tau = |name: &str| match params.optional::<f64>(&format!("{name}_s"))? {
        Some(seconds) => Ok(Time::new(seconds * 1000.0)),
        None => params.number(name).map(Time::new),
    };
    Ok(TripletStdp {
        a2_plus: params.number("A2p")?,
        a3_plus: params.number("A3p")?,
        a2_minus: params.number("A2m")?,
        a3_minus: params.number("A3m")?,
        tau_plus: tau("tau_plus")?,
        tau_minus: tau("tau_minus")?,
        tau_x: Time::new(params.number("tx")?),
        tau_y: Time::new(params.number("ty")?),
        w_min: -1e6,
        w_max: 1e6,
        nearest: params.optional("nearest")?.unwrap_or(false),
    })
}

/// `triplet.freq`: a number of pairs at a lag and a frequency, by the series of the traces and by the engine.
pub fn frequencies(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let rule = rule(&entry.params)?;
    let count: usize = entry.params.required("n_pairs")?;
    Ok(Model::new(move |key| {
        // `dw@10Hz_dt+10`
        let argument = key.text.strip_prefix("dw@").and_then(|rest| rest.split_once("Hz_dt"));
        let (frequency, lag) = argument.ok_or_else(|| Trouble::key(key))?;
        let number = |text: &str| text.trim_end_matches("ms").parse::<f64>().map_err(|_| Trouble::key(key));
        let (lag, period) = (number(lag)?, 1000.0 / number(frequency)?);
        let closed = Pairings { lag, period, count }.after(&rule, 0.0);
        let mut figures = vec![Figure::new(closed, Grade::Double)];
        if let Some(dt) = shared_step(lag, period) {
            let pre: Vec<f64> = (0..count).map(|k| k as f64 * period).collect();
            let post: Vec<f64> = pre.iter().map(|time| time + lag).collect();
            let simulated = change(Plasticity::TripletStdp(rule.clone()), &pre, &post, dt)?;
            figures.push(Figure::new(simulated, Grade::Double));
        }
        Ok(figures)
    }))
}

/// A step of at most 1 ms of which lag and period are whole multiples, if there is one that is not too small.
fn shared_step(lag: f64, period: f64) -> Option<f64> {
    let whole = |n: u32| (lag / period * f64::from(n) - (lag / period * f64::from(n)).round()).abs() < 1e-9;
    let parts = (1..20_000).find(|&n| whole(n))?;
    let coarse = period / f64::from(parts);
    Some(coarse / coarse.ceil().max(1.0))
}

/// `triplet.protocol.hip`: 60 triplets, each by itself: `pre-post-pre(5,-5)`, the lags of both pairs as t_post - t_pre.
pub fn protocols(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let rule = rule(&entry.params)?;
    Ok(Model::new(move |key| {
        let parsed = key.text.trim_end_matches(')').split_once('(');
        let (order, lags) = parsed.ok_or_else(|| Trouble::key(key))?;
        let lags: Vec<f64> = lags.split(',').filter_map(|lag| lag.trim().parse().ok()).collect();
        let [first, second] = lags[..] else { return Err(Trouble::key(key)) };
        let (pre, post) = match order {
            "pre-post-pre" => (vec![0.0, first - second], vec![first]),
            "post-pre-post" => (vec![-first], vec![0.0, second - first]),
            _ => return Err(Trouble::key(key)),
        };
        let dt = common_step(&[pre.as_slice(), post.as_slice()].concat())?;
        double(60.0 * change(Plasticity::TripletStdp(rule.clone()), &pre, &post, dt)?)
    }))
}

/// `triplet.poisson.bcm`: drift and threshold by the formula; a simulation agrees within four standard errors.
pub fn poisson(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let rule = rule(&entry.params)?;
    let simulated = rule.clone();
    let model = Model::new(move |key| match (key.bare(), rates(&key.text)) {
        ("theta_Hz", _) => double(rule.threshold(10.0)),
        (_, Some((r_pre, r_post))) => double(rule.poisson_drift(r_pre, r_post)),
        _ => Err(Trouble::key(key)),
    });
    // One drift shows it all: the last, in general the fastest target.
    Ok(model.with_checks(move || {
        let Some((r_pre, r_post)) = entry.keys().iter().rev().find_map(|key| rates(&key.text)) else {
            return Ok(Vec::new());
        };
        // Slow traces are given ten time constants to fill.
        let slowest = simulated.tau_x.get().max(simulated.tau_y.get()).max(simulated.tau_minus.get());
        let from = slowest / 100.0;
        let (pre, post) = (trains(r_pre, from + 50.0, "pre"), trains(r_post, from + 50.0, "post"));
        let (mean, error) =
            drift(Plasticity::TripletStdp(simulated.clone()), (from, from + 50.0), &pre, &post)?;
        let off = (mean - on_grid(&simulated, DT).poisson_drift(r_pre, r_post)).abs() / (4.0 * error);
        Ok(vec![Check::new(format!("simulated drift at {r_pre} and {r_post} Hz"), off)])
    }))
}

/// The rule with time constants that have the mean of a trace on the grid, where the spikes of one step form no pair:
/// the sum over all earlier steps instead of the integral over all earlier times.
fn on_grid(rule: &TripletStdp, dt: f64) -> TripletStdp {
    let tau = |tau: Time| Time::new(dt / ((dt / tau.get()).exp() - 1.0));
    TripletStdp {
        tau_plus: tau(rule.tau_plus),
        tau_minus: tau(rule.tau_minus),
        tau_x: tau(rule.tau_x),
        tau_y: tau(rule.tau_y),
        ..rule.clone()
    }
}

/// The rates in `drift_rx10_ry20`.
fn rates(key: &str) -> Option<(f64, f64)> {
    let (r_pre, r_post) = key.strip_prefix("drift_rx")?.split_once("_ry")?;
    Some((r_pre.parse().ok()?, r_post.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_and_period_lie_on_the_step() {
        for (lag, period) in [(10.0, 1000.0 / 30.0), (-10.0, 10_000.0), (7.5, 20.0), (10.0, 1000.0 / 7.0)] {
            let dt = shared_step(lag, period).unwrap();
            assert!(dt <= 1.0, "{dt}");
            for span in [lag / dt, period / dt] {
                assert!((span - span.round()).abs() < 1e-6, "{span}");
            }
        }
        assert_eq!(rates("drift_rx10_ry2.5"), Some((10.0, 2.5)));
    }
}
