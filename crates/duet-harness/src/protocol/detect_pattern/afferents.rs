//! Spikes in which one stretch comes again and again.

use super::DetectPattern;
use duet_kernels::math::ln;
use duet_random::{Key, Stream};

/// How often rates change their course, in ms.
const MOVE: f64 = 1.0;
/// Intervals after which the rates have forgotten where they began.
const FORGOTTEN: u64 = 40;
/// The largest change of a slope in one move, as a share of the steepest slope.
const TURN: f64 = 0.2;

/// Poisson trains whose rates wander, each by itself. In some intervals the carriers' spikes are those of the pattern.
///
/// A rate's slope changes by a uniform step every millisecond, and both are held within bounds. A spike comes when the
/// rate, summed up since the last one, reaches a number from the exponential distribution, and at the latest after
/// one length of the pattern. The pattern is a stretch of the same process, so that its rates tell nothing.
pub(super) struct Afferents {
    dt: f64,
    /// Steps between two moves of the rates.
    move_every: u64,
    /// Largest rate in spikes per step, steepest slope in spikes per step and move.
    most: f64,
    steepest: f64,
    /// Spikes of the background per step, all afferents together.
    background: f64,
    /// The chance of the pattern in an interval after one without it.
    chance: f64,
    jitter: f64,
    /// Length of an interval in steps.
    pub(super) interval: u64,
    /// How many of the afferents, the first ones, carry the pattern.
    pub(super) carriers: usize,
    rate: Vec<f64>,
    slope: Vec<f64>,
    /// What is left until the next spike of each.
    left: Vec<f64>,
    silent_for: Vec<u64>,
    /// The pattern: time in ms and carrier.
    pub(super) pattern: Vec<(f64, u32)>,
    /// Spikes of the pattern that are still to come, by step modulo the length.
    coming: Vec<Vec<u32>>,
    /// Whether this interval holds the pattern.
    pub(super) is_shown: bool,
    wander: Stream,
    wait: Stream,
    shake: Stream,
    noise: Stream,
    choose: Stream,
}

impl Afferents {
    pub(super) fn new(of: &DetectPattern, size: usize, dt: f64, key: Key) -> Self {
        let key = key.child("afferents");
        let steps = |ms: f64| ((ms / dt).round() as u64).max(1);
        let (interval, move_every) = (steps(of.pattern.get()), steps(MOVE));
        let most = of.rate_max.get() * dt / 1000.0;
        let steepest = most * move_every as f64 * dt / of.swing.get();
        let (mut wander, mut wait) = (key.stream("wander", 0), key.stream("wait", 0));
        let mut afferents = Self {
            dt,
            move_every,
            most,
            steepest,
            background: of.background.get() * dt / 1000.0 * size as f64,
            chance: of.shown / (1.0 - of.shown),
            jitter: of.jitter.get(),
            interval,
            carriers: (of.carriers * size as f64).round() as usize,
            rate: (0..size).map(|_| wander.uniform() * most).collect(),
            slope: (0..size).map(|_| (2.0 * wander.uniform() - 1.0) * steepest).collect(),
            left: (0..size).map(|_| exponential(&mut wait)).collect(),
            // Not in step with each other: afferents that have to fire would do so all at once.
            silent_for: (0..size).map(|_| wait.below(interval)).collect(),
            pattern: Vec::new(),
            coming: vec![Vec::new(); 2 * interval as usize],
            is_shown: false,
            wander,
            wait,
            shake: key.stream("jitter", 0),
            noise: key.stream("background", 0),
            choose: key.stream("shown", 0),
        };
        // The pattern is a stretch of what comes afterwards.
        let (mut spikes, begin) = (Vec::new(), FORGOTTEN * interval);
        for step in 0..begin + interval {
            spikes.clear();
            afferents.draw(step, &mut spikes);
            let carriers = spikes.iter().filter(|&&j| step >= begin && (j as usize) < afferents.carriers);
            afferents.pattern.extend(carriers.map(|&j| ((step - begin) as f64 * dt, j)));
        }
        afferents
    }

    /// Moves every rate on by a step, and adds those that fire.
    fn draw(&mut self, step: u64, spikes: &mut Vec<u32>) {
        if step.is_multiple_of(self.move_every) {
            let (turn, steepest, most) = (TURN * self.steepest, self.steepest, self.most);
            for (rate, slope) in self.rate.iter_mut().zip(&mut self.slope) {
                let turned = *slope + (2.0 * self.wander.uniform() - 1.0) * turn;
                *slope = turned.clamp(-steepest, steepest);
                *rate = (*rate + *slope).clamp(0.0, most);
            }
        }
        for (afferent, (left, silent_for)) in self.left.iter_mut().zip(&mut self.silent_for).enumerate() {
            *left -= self.rate[afferent];
            *silent_for += 1;
            if *left <= 0.0 {
                *left = exponential(&mut self.wait);
            } else if *silent_for < self.interval {
                continue;
            }
            *silent_for = 0;
            spikes.push(afferent as u32);
        }
    }

    /// The afferents that fire in a step, in order; steps count from 0 and are taken one by one.
    pub(super) fn step(&mut self, step: u64, spikes: &mut Vec<u32>) {
        spikes.clear();
        let slots = self.coming.len();
        if step.is_multiple_of(self.interval) {
            self.is_shown = !self.is_shown && self.choose.bernoulli(self.chance);
            if self.is_shown {
                for &(time, carrier) in &self.pattern {
                    let later =
                        ((time + self.jitter * self.shake.normal()) / self.dt).round().max(0.0) as usize;
                    self.coming[(step as usize + later.min(slots - 1)) % slots].push(carrier);
                }
            }
        }
        self.draw(step, spikes);
        if self.is_shown {
            spikes.retain(|&afferent| afferent as usize >= self.carriers);
        }
        spikes.append(&mut self.coming[step as usize % slots]);
        let size = self.rate.len() as u64;
        for _ in 0..self.noise.poisson(self.background) {
            spikes.push(self.noise.below(size) as u32);
        }
        // A cell fires once in a step.
        spikes.sort_unstable();
        spikes.dedup();
    }

    /// When each afferent first fires in the pattern, in ms; `None` for those that never do.
    pub(super) fn first_spikes(&self) -> Vec<Option<f64>> {
        let mut first = vec![None; self.rate.len()];
        for &(time, carrier) in &self.pattern {
            first[carrier as usize].get_or_insert(time);
        }
        first
    }
}

/// A number from the exponential distribution of mean 1.
fn exponential(stream: &mut Stream) -> f64 {
    -ln(1.0 - stream.uniform())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn afferents(more: &str) -> Afferents {
        let of: DetectPattern = toml::from_str(&format!("duration = '10 s'\n{more}")).unwrap();
        Afferents::new(&of, 200, 0.5, Key::new(3))
    }

    #[test]
    fn every_carrier_fires_in_the_pattern_and_nobody_else() {
        let first = afferents("carriers = 0.25").first_spikes();
        assert!(first[..50].iter().all(Option::is_some) && first[50..].iter().all(Option::is_none));
    }

    /// Without jitter and background the carriers do the same whenever the pattern is shown; the others do not.
    #[test]
    fn the_pattern_comes_again_and_its_rates_tell_nothing() {
        let mut source = afferents("jitter = '0 ms'\nbackground = '0 Hz'");
        let expected: Vec<(u64, u32)> =
            source.pattern.iter().map(|&(t, j)| ((t / 0.5).round() as u64, j)).collect();
        let (mut spikes, mut seen, mut shown) = (Vec::new(), Vec::new(), Vec::new());
        let (mut counts, mut was_shown) = ([0_usize; 2], false);
        for step in 0..100 * 400 {
            source.step(step, &mut spikes);
            if step % 100 == 0 {
                assert!(!(was_shown && source.is_shown), "never twice in a row");
                was_shown = source.is_shown;
                shown.push(source.is_shown);
                seen.clear();
            }
            let carriers = spikes.iter().filter(|&&j| j < 100);
            counts[usize::from(source.is_shown)] += carriers.clone().count();
            seen.extend(carriers.map(|&j| (step % 100, j)));
            if source.is_shown && step % 100 == 99 {
                assert_eq!(seen, expected);
            }
        }
        let times = shown.iter().filter(|&&shown| shown).count();
        assert!((80..=120).contains(&times), "a quarter of 400 intervals: {times}");
        let per_interval = |k: usize, n: usize| counts[k] as f64 / n as f64;
        let (without, with) = (per_interval(0, 400 - times), per_interval(1, times));
        assert!((with / without - 1.0).abs() < 0.15, "{without} {with}");
    }

    #[test]
    fn rates_lie_where_they_should() {
        let mut source = afferents("shown = 0.01");
        let (mut spikes, mut count) = (Vec::new(), 0);
        for step in 0..40_000 {
            source.step(step, &mut spikes);
            count += spikes.len();
        }
        // 10 Hz of background, and on average somewhat more than half of 90 Hz for the forced spikes.
        let rate = f64::from(u32::try_from(count).unwrap()) / (200.0 * 20.0);
        assert!((50.0..75.0).contains(&rate), "{rate}");
    }
}
