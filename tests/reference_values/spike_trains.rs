//! Statistics of spike trains: irregularity, distances, counts of a rate code.

use super::entry::Entry;
use super::figure::{Check, Model, Trouble, double};
use duet_random::Key;
use duet_spiking::analysis::{Intervals, Missing, counts, fano, van_rossum, victor_purpura};
use duet_spiking::encode::{Bernoulli, Encode, Gamma, Poisson, SpikeTrain};
use duet_units::{Frequency, Time};

/// `isi.stats`: mean interval, CV, CV2 and LV of one train.
pub fn intervals(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let intervals = Intervals::of(&entry.params.list("spikes_ms")?);
    Ok(Model::new(move |key| match key.bare() {
        "mean_isi" => double(intervals.mean().map_err(Trouble::refused)?),
        "CV" => double(intervals.cv().map_err(Trouble::refused)?),
        "CV2" => double(intervals.cv2().map_err(Trouble::refused)?),
        "LV" => double(intervals.lv().map_err(Trouble::refused)?),
        _ => Err(Trouble::key(key)),
    }))
}

/// `spike_distance`: van Rossum's and Victor and Purpura's, the latter for every cost of a shift.
pub fn distances(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let (a, b, tau) = (params.list("a_ms")?, params.list("b_ms")?, params.number("tau_ms")?);
    let costs = params.list("q_per_ms")?;
    Ok(Model::new(move |key| match (key.bare(), key.bare().strip_prefix("victor_purpura_q")) {
        ("van_rossum_D2", _) => double(van_rossum(&a, &b, tau).map_err(Trouble::refused)?),
        (_, Some(cost)) => match cost.parse::<f64>() {
            Ok(cost) if costs.contains(&cost) => double(victor_purpura(&a, &b, cost)),
            _ => Err(Trouble::key(key)),
        },
        _ => Err(Trouble::key(key)),
    }))
}

/// The trains that the closed forms are held against.
const TRAINS: u64 = 1000;

/// `poisson.coding`: counts and intervals of Poisson trains, of coins, and of trains with a dead time; the encoders agree
/// within four standard errors.
pub fn poisson(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let (rate, seconds) = (params.number("r_Hz")?, params.number("T_s")?);
    let (dt, dead) = (params.number("dt_ms")?, params.number("dead_ms")?);
    let rate_max = Frequency::new(rate);
    let free = Poisson { rate_max, ..Poisson::default() };
    let held = Poisson { rate_max, t_ref: Time::new(dead), ..Poisson::default() };
    let gamma = Gamma { rate_max, order: 1, t_ref: Time::new(dead) };
    let coin = Bernoulli { rate_max };
    let (process, slowed) = (free.process(1.0), held.process(1.0));
    let bernoulli = coin.fano(1.0, dt);
    let model = Model::new(move |key| match key.bare() {
        "mean" => double(process.rate() * seconds),
        // Variance over mean is the square of the intervals' CV: 1.
        "var_poisson" => double(process.rate() * seconds * process.cv() * process.cv()),
        "fano_bernoulli" => double(bernoulli),
        "cv_dead" => double(slowed.cv()),
        "rate_dead" => double(slowed.rate()),
        _ => Err(Trouble::key(key)),
    });
    Ok(model.with_checks(move || {
        let mut checks = Vec::new();
        let n = TRAINS as f64;
        for (name, encode, rate, ratio) in [
            ("poisson", Encode::Poisson(free.clone()), rate, 1.0),
            ("bernoulli", Encode::Bernoulli(coin.clone()), rate, bernoulli),
        ] {
            let found = Sample::of(&encode, seconds, dt);
            let mean = rate * seconds;
            checks.push(Check::new(
                format!("{name}: mean count {}", found.mean),
                (found.mean - mean).abs() / (4.0 * (ratio * mean / n).sqrt()),
            ));
            let fano = found.fano.map_err(Trouble::refused)?;
            // The variance of a sample variance: 2 / n of its square, and 1 / (n variance) for counts so skewed.
            let error = ratio * (2.0 / n + 1.0 / (n * mean * ratio)).sqrt();
            checks.push(Check::new(
                format!("{name}: Fano factor {fano}"),
                (fano - ratio).abs() / (4.0 * error),
            ));
        }
        for (name, encode) in
            [("poisson", Encode::Poisson(held.clone())), ("gamma", Encode::Gamma(gamma.clone()))]
        {
            let found = Sample::of(&encode, seconds, dt);
            let (rate, cv) = (slowed.rate(), slowed.cv());
            let mean = rate * seconds;
            checks.push(Check::new(
                format!("{name}: mean count {} with dead time", found.mean),
                (found.mean - mean).abs() / (4.0 * cv * (mean / n).sqrt()),
            ));
        }
        Ok(checks)
    }))
}

/// Counts of many trains.
struct Sample {
    mean: f64,
    fano: Result<f64, Missing>,
}

impl Sample {
    fn of(encode: &Encode, seconds: f64, dt: f64) -> Self {
        let (length, steps) = (1000.0 * seconds, (1000.0 * seconds / dt).round() as usize);
        let mut train = SpikeTrain::default();
        let count = |trial: u64| {
            encode.encode(&[1.0], dt, steps, &mut Key::new(1).stream("poisson.coding", trial), &mut train);
            let times: Vec<f64> =
                (0..steps).flat_map(|step| train.at(step).iter().map(move |_| step as f64 * dt)).collect();
            counts(&times, 0.0, length, 1)[0]
        };
        let all: Vec<f64> = (0..TRAINS).map(count).collect();
        Self { mean: all.iter().sum::<f64>() / all.len() as f64, fano: fano(&all) }
    }
}
