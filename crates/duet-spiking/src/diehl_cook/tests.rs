//! Held against the same model spelled out: every cell of both layers at every step, every trace a variable that decays.

use super::{DiehlCook, DiehlCookNet};
use crate::SpikingSide;
use crate::encode::SpikeTrain;
use duet_random::Key;
use duet_topology::{Network, NetworkSpec};

const INPUTS: usize = 12;
const CELLS: usize = 5;
const CLASSES: usize = 3;
const PRESENT_MS: f64 = 350.0;

fn network() -> Network {
    let spec: NetworkSpec = toml::from_str(
        "population = { x.size = 12, y.size = 5 }
         projection.w = { from = 'x', to = 'y', weights.uniform = { low = 0.003, high = 0.3 } }",
    )
    .unwrap();
    spec.realize(Key::new(6)).unwrap()
}

fn side(more: &str) -> SpikingSide {
    let text = format!(
        "dt = '0.5 ms'\nencode.poisson = {{ rate_max = '63.75 Hz' }}\ndecode.class_vote = {{}}
         learning.diehl_cook = {{ sum = 3.0, theta_plus = '0.2 mV', rate_plus = 0.3, rate_minus = 0.01, w_max = 10 {more} }}"
    );
    toml::from_str(&text).unwrap()
}

/// Four inputs of twelve are bright, which ones says the class.
fn example(k: usize) -> (Vec<f32>, u32) {
    let class = k % CLASSES;
    let value = |input: usize| if input / 4 == class { 1.0 - 0.1 * (k % 4) as f32 } else { 0.05 };
    ((0..INPUTS).map(value).collect(), class as u32)
}

/// The published program in plain words.
struct SpelledOut {
    rule: DiehlCook,
    w: Vec<f64>,
    theta: Vec<f64>,
    v: Vec<f32>,
    g_e: Vec<f32>,
    g_i: Vec<f32>,
    free: Vec<usize>,
    inh_v: Vec<f32>,
    inh_g: Vec<f32>,
    inh_free: Vec<usize>,
}

impl SpelledOut {
    fn new(rule: &DiehlCook, weights: &[f64]) -> Self {
        let mut new = Self {
            rule: rule.clone(),
            w: weights.to_vec(),
            theta: vec![0.0; CELLS],
            v: vec![],
            g_e: vec![],
            g_i: vec![],
            free: vec![],
            inh_v: vec![],
            inh_g: vec![],
            inh_free: vec![],
        };
        new.normalise();
        new
    }

    fn normalise(&mut self) {
        for cell in 0..CELLS {
            let sum: f64 = (0..INPUTS).map(|input| self.w[input * CELLS + cell]).sum();
            (0..INPUTS).for_each(|input| self.w[input * CELLS + cell] *= self.rule.sum * INPUTS as f64 / sum);
        }
    }

    /// Spikes of every cell; with learning if asked.
    fn present(&mut self, train: &SpikeTrain, learns: bool) -> Vec<f64> {
        let dt = 0.5_f64;
        let decay = |tau: f64| duet_kernels::math::exp(-dt / tau);
        (self.v, self.g_e, self.g_i) = (vec![-65.0; CELLS], vec![0.0; CELLS], vec![0.0; CELLS]);
        (self.inh_v, self.inh_g) = (vec![-60.0; CELLS], vec![0.0; CELLS]);
        (self.free, self.inh_free) = (vec![0; CELLS], vec![0; CELLS]);
        let (mut x, mut y_1, mut y_2) = (vec![0.0; INPUTS], vec![0.0; CELLS], vec![0.0; CELLS]);
        let mut count = vec![0.0; CELLS];
        for step in 0..700 {
            x.iter_mut().for_each(|x| *x *= decay(20.0));
            y_1.iter_mut().for_each(|y| *y *= decay(20.0));
            y_2.iter_mut().for_each(|y| *y *= decay(40.0));
            let mut fired = Vec::new();
            for j in 0..CELLS {
                let a = (dt / 100.0) as f32;
                let up = self.v[j] + a * (-65.0 + self.g_e[j] * 0.0 + self.g_i[j] * -100.0);
                let next = up / (1.0 + a * (1.0 + self.g_e[j] + self.g_i[j]));
                self.v[j] = if step < self.free[j] { -65.0 } else { next };
                self.g_e[j] *= decay(1.0) as f32;
                self.g_i[j] *= decay(2.0) as f32;
                if self.v[j] > -52.0 + self.theta[j] as f32 {
                    fired.push(j);
                }
            }
            let mut held_back = Vec::new();
            for j in 0..CELLS {
                let a = (dt / 10.0) as f32;
                let next =
                    (self.inh_v[j] + a * (-60.0 + self.inh_g[j] * 0.0)) / (1.0 + a * (1.0 + self.inh_g[j]));
                self.inh_v[j] = if step < self.inh_free[j] { -45.0 } else { next };
                self.inh_g[j] *= decay(1.0) as f32;
                if self.inh_v[j] > -40.0 {
                    held_back.push(j);
                    self.inh_v[j] = -45.0;
                    self.inh_free[j] = step + 1 + 4;
                }
            }
            for &from in &held_back {
                (0..CELLS).filter(|&to| to != from).for_each(|to| self.g_i[to] += 17.0);
            }
            for &j in &fired {
                self.v[j] = -65.0;
                self.free[j] = step + 1 + 10;
                self.inh_g[j] += 10.4;
                count[j] += 1.0;
            }
            for &input in train.at(step) {
                let row = &mut self.w[input as usize * CELLS..][..CELLS];
                for ((w, g_e), y) in row.iter_mut().zip(&mut self.g_e).zip(&y_1) {
                    *g_e += *w as f32;
                    if learns {
                        *w = (*w - self.rule.rate_minus * y).max(0.0);
                    }
                }
                x[input as usize] = 1.0;
            }
            for &j in fired.iter().filter(|_| learns) {
                let column = self.w[j..].iter_mut().step_by(CELLS);
                for (w, x) in column.zip(&x) {
                    *w = (*w + self.rule.rate_plus * x * y_2[j]).min(self.rule.w_max);
                }
                (y_1[j], y_2[j]) = (1.0, 1.0);
                self.theta[j] += self.rule.theta_plus.get();
            }
        }
        count
    }
}

#[test]
fn it_is_the_model_spelled_out() {
    let (network, side) = (network(), side(", least_spikes = 0, tau_theta = '1e30 ms'"));
    let Some(crate::Credit::DiehlCook(rule)) = &side.learning else { panic!("the rule") };
    let mut net = DiehlCookNet::new(&network, &side, CLASSES, PRESENT_MS, Key::new(1)).unwrap();
    let mut plain = SpelledOut::new(rule, &network.projections["w"].weights);
    let (mut train, mut total) = (SpikeTrain::default(), 0.0);
    for k in 0..30 {
        let (values, class) = example(k);
        let mut stream = Key::new(1).child("encode").child("0").stream("train", k as u64);
        side.encode.encode(&values, 0.5, 700, &mut stream, &mut train);
        let expected = plain.present(&train, true);
        plain.normalise();
        let seen = net.learn(&values, class, k as u64).unwrap();
        assert_eq!(seen.spikes, expected, "example {k}");
        total += expected.iter().sum::<f64>();
    }
    assert!(total > 150.0, "{total} spikes in thirty examples");
    let learned = &net.network().projections["w"].weights;
    for (at, (own, plain)) in learned.iter().zip(&plain.w).enumerate() {
        assert!((own - plain).abs() < 2e-4, "weight {at}: {own} or {plain}");
    }
    assert!(net.theta().zip(&plain.theta).all(|(own, plain)| (own - plain).abs() < 1e-3));
    // Learning changed what answering does not.
    let before = net.save();
    net.answer(&example(0).0, 0).unwrap();
    assert_eq!(net.save(), before);
}

#[test]
fn cells_find_the_classes_and_go_on_from_where_they_were() {
    let (network, side) = (network(), side(""));
    let new = || DiehlCookNet::new(&network, &side, CLASSES, PRESENT_MS, Key::new(1)).unwrap();
    let (mut net, mut resumed) = (new(), new());
    let mut shown_again = 0;
    for epoch in 0..3 {
        net.begin_epoch();
        for k in 0..30 {
            let (values, class) = example(k);
            shown_again += net.learn(&values, class, (epoch * 100 + k) as u64).unwrap().shown - 1;
        }
        if epoch == 1 {
            resumed.restore(net.save()).unwrap();
            resumed.begin_epoch();
            for k in 0..30 {
                let (values, class) = example(k);
                resumed.learn(&values, class, (200 + k) as u64).unwrap();
            }
        }
    }
    assert_eq!(net.save(), resumed.save());
    assert!(shown_again > 0, "thresholds rise until some examples must be shown again");
    net.take_activity();
    let right = (0..30).filter(|&k| {
        let (values, class) = example(k);
        let scores = net.answer(&values, k as u64).unwrap().scores;
        (0..CLASSES).all(|other| other == class as usize || scores[other] < scores[class as usize])
    });
    let right = right.count();
    assert!(right >= 27, "{right} of 30");
    let activity = net.take_activity();
    assert!(activity.examples == 30 && activity.spikes[1] >= 150);
    assert_eq!(activity.events[0], activity.spikes[0] * CELLS as u64);
    // A row sums up to what it should.
    let learned = &net.network().projections["w"].weights;
    for cell in 0..CELLS {
        let sum: f64 = learned.iter().skip(cell).step_by(CELLS).sum();
        assert!((sum - 36.0).abs() < 1e-3, "{sum}");
    }
}

#[test]
fn what_does_not_fit_is_said_all_at_once() {
    let spec: NetworkSpec = toml::from_str(
        "population = { x.size = 2, a.size = 2, y.size = 2 }
         [projection]
         xa = { from = 'x', to = 'a', weights.constant = 1.0, bias.zero = {} }
         ay = { from = 'a', to = 'y', weights.constant = 1.0 }",
    )
    .unwrap();
    let side: SpikingSide = toml::from_str(
        "learning.diehl_cook = {}\nencode.constant_current = {}\nplasticity.stdp = {}\nsteps = 2",
    )
    .unwrap();
    let words: Vec<String> = side.problems(&spec).into_iter().map(|problem| problem.words).collect();
    for expected in
        ["class_vote", "sends none", "rules of its own", "as a whole", "one projection", "no biases"]
    {
        assert!(words.iter().any(|words| words.contains(expected)), "{expected} in {words:?}");
    }
}
