//! Rates at which populations of integrate-and-fire cells keep each other.
//!
//! With many weak inputs a cell sees their sum as a mean and a noise. A network whose cells all see the same statistics
//! rests at rates that reproduce themselves:
//!
//! ```text
//! mu_i      = tau_m (sum over inputs K J nu),   sigma_i² = tau_m (sum over inputs K J² nu)
//! nu_i      = rate(mu_i, sigma_i)                                       Siegert's rate
//! balanced: mu_i = v_th for all i                 a linear system: the rates that strong coupling leaves no choice about
//! ```
//!
//! K is the number of synapses on a cell, J the jump in mV that one spike makes; an exponential synapse of w pA counts as
//! J = w tau_s/c_m. Inputs are taken as independent and Poisson.
//!
//! # Behaviour
//! Inhibition that dominates leaves one fixed point; excitation that dominates can leave three, the middle one unstable. A
//! fixed point is stable here if rates that lag behind, d nu/dt ∝ rate(mu, sigma) - nu, return to it: oscillations by
//! delays are another matter.
//!
//! # References
//! - Amit & Brunel 1997, Cereb. Cortex 7:237; Brunel 2000, J. Comput. Neurosci. 8:183
//! - van Vreeswijk & Sompolinsky 1996, Science 274:1724 (the balanced limit)

use super::Siegert;
use super::linear::solve;

/// What arrives at every cell of a population from one source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// The population that it arrives at.
    pub to: usize,
    /// Where it comes from.
    pub from: Source,
    /// Synapses on one cell.
    pub in_degree: f64,
    /// Jump of the potential by one spike, in mV; negative for inhibition.
    pub weight: f64,
}

/// Where an input comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// A population of the network.
    Population(usize),
    /// From outside, at a rate in Hz.
    External(f64),
}

/// Populations of identical cells that feed each other.
///
/// A population with 100 synapses of 0.5 mV from outside at 10 Hz, tau_m = 20 ms: mu = 0.02 s · 100 · 0.5 · 10 = 10 mV and
/// sigma² = 0.02 · 100 · 0.25 · 10 = 5 mV². Its own cells at 4 Hz, 50 synapses of -1 mV on each: mu falls by 0.02 · 50 · 4 = 4 mV
/// and sigma² grows by 4.
/// ```
/// use duet_spiking::theory::mean_field::{Input, Source};
/// use duet_spiking::theory::{MeanField, Siegert};
/// let cell = Siegert { tau_m: 20.0, t_ref: 2.0, v_th: 20.0, v_reset: 10.0, tau_s: 0.0 };
/// let network = MeanField {
///     cells: vec![cell],
///     inputs: vec![
///         Input { to: 0, from: Source::External(10.0), in_degree: 100.0, weight: 0.5 },
///         Input { to: 0, from: Source::Population(0), in_degree: 50.0, weight: -1.0 },
///     ],
/// };
/// let (mu, sigma) = network.drive(0, &[4.0]);
/// assert!((mu - 6.0).abs() < 1e-12 && (sigma - 3.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MeanField {
    /// The cell of every population.
    pub cells: Vec<Siegert>,
    /// What arrives where.
    pub inputs: Vec<Input>,
}

/// A rate that reproduces itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedPoint {
    /// The rate in Hz.
    pub rate: f64,
    /// Whether a small deviation dies out.
    pub stable: bool,
}

/// Pseudo-time step and steps of the way from silence on which the solver starts.
const STEP: f64 = 0.02;
const STEPS: usize = 500;
/// Deviation, relative to the rate or to 1 Hz, from which on rates count as found.
const CLOSE: f64 = 1e-11;
/// Points among which a change of sign is looked for, and the lowest of them in Hz.
const POINTS: usize = 4000;
const LOWEST: f64 = 1e-6;
/// Where the search ends for cells without a refractory period, in Hz.
const HIGHEST: f64 = 1e5;

impl MeanField {
    /// Mean and noise in mV at a population, under the rates of all.
    pub fn drive(&self, population: usize, rates: &[f64]) -> (f64, f64) {
        let tau = self.cells[population].tau_m / 1000.0;
        let arriving = self.inputs.iter().filter(|input| input.to == population);
        let (mu, variance) = arriving.fold((0.0, 0.0), |(mu, variance), input| {
            let rate = match input.from {
                Source::Population(from) => rates[from],
                Source::External(rate) => rate,
            };
            let drive = tau * input.in_degree * input.weight * rate;
            (mu + drive, variance + drive * input.weight)
        });
        (mu, variance.sqrt())
    }

    /// The rates that cells have under these rates.
    pub fn answer(&self, rates: &[f64]) -> Vec<f64> {
        let of = |(population, cell): (usize, &Siegert)| {
            let (mu, sigma) = self.drive(population, rates);
            cell.rate(mu, sigma)
        };
        self.cells.iter().enumerate().map(of).collect()
    }

    /// The rates that a silent network comes to; `None` where the search does not settle.
    ///
    /// A stretch of the way there in small steps, then Newton's method.
    pub fn rates(&self) -> Option<Vec<f64>> {
        let mut rates = vec![0.0; self.cells.len()];
        for _ in 0..STEPS {
            let answer = self.answer(&rates);
            rates.iter_mut().zip(answer).for_each(|(rate, answer)| *rate += STEP * (answer - *rate));
        }
        let mut off = self.off(&rates);
        for _ in 0..100 {
            if largest(&off, &rates) < CLOSE {
                return Some(rates);
            }
            let change = solve(self.slopes(&rates), off.iter().map(|off| -off).collect())?;
            // Half of a step that leads away, and half of that.
            let better = (0..40).find_map(|halvings| {
                let part = 0.5_f64.powi(halvings);
                let next: Vec<f64> =
                    rates.iter().zip(&change).map(|(rate, change)| (rate + part * change).max(0.0)).collect();
                let off_next = self.off(&next);
                (largest(&off_next, &next) < largest(&off, &rates)).then_some((next, off_next))
            });
            (rates, off) = better?;
        }
        None
    }

    /// Where strong coupling leaves the rates: every mean input at threshold. `None` where no rates do that; negative ones
    /// mean that a population falls silent instead.
    pub fn balanced(&self) -> Option<Vec<f64>> {
        let n = self.cells.len();
        let silent = vec![0.0; n];
        let at_rest: Vec<f64> = (0..n).map(|to| self.drive(to, &silent).0).collect();
        let mut matrix = vec![vec![0.0; n]; n];
        for input in &self.inputs {
            if let Source::Population(from) = input.from {
                matrix[input.to][from] +=
                    self.cells[input.to].tau_m / 1000.0 * input.in_degree * input.weight;
            }
        }
        solve(matrix, self.cells.iter().zip(at_rest).map(|(cell, mu)| cell.v_th - mu).collect())
    }

    /// All rates of a single population that reproduce themselves, ascending; nothing for several populations.
    ///
    /// Found by the changes of sign of rate(mu, sigma) - nu between 4000 points, in equal ratios of 1 % or less: two fixed
    /// points that lie closer together than that, just born, are missed.
    pub fn fixed_points(&self) -> Vec<FixedPoint> {
        let [cell] = self.cells[..] else { return Vec::new() };
        let off = |rate: f64| self.off(&[rate])[0];
        let highest = if cell.t_ref > 0.0 { 1000.0 / cell.t_ref } else { HIGHEST };
        let ratio = duet_kernels::math::pow(highest / LOWEST, 1.0 / (POINTS - 2) as f64);
        let mut points: Vec<f64> = vec![0.0, LOWEST];
        points.extend((2..POINTS).scan(LOWEST, |at, _| {
            *at *= ratio;
            Some(*at)
        }));
        let offs: Vec<f64> = points.iter().map(|&rate| off(rate)).collect();
        let mut found = Vec::new();
        for (at, signs) in points.windows(2).zip(offs.windows(2)) {
            if signs[0] == 0.0 {
                found.push(FixedPoint { rate: at[0], stable: signs[1] < 0.0 });
            } else if signs[0] * signs[1] < 0.0 {
                let rate = crossing(off, at[0], at[1], signs[0] > 0.0);
                found.push(FixedPoint { rate, stable: signs[0] > 0.0 });
            }
        }
        found
    }

    /// How far the rates are from reproducing themselves.
    fn off(&self, rates: &[f64]) -> Vec<f64> {
        self.answer(rates).iter().zip(rates).map(|(answer, rate)| answer - rate).collect()
    }

    /// The derivatives of `off`: a row for every population.
    fn slopes(&self, rates: &[f64]) -> Vec<Vec<f64>> {
        let n = rates.len();
        let mut slopes = vec![vec![0.0; n]; n];
        for from in 0..n {
            let step = 1e-6 * rates[from].max(1e-3);
            let mut beside = rates.to_vec();
            beside[from] = rates[from] + step;
            let above = self.off(&beside);
            beside[from] = (rates[from] - step).max(0.0);
            let below = self.off(&beside);
            let width = rates[from] + step - beside[from];
            (0..n).for_each(|to| slopes[to][from] = (above[to] - below[to]) / width);
        }
        slopes
    }
}

/// The largest deviation relative to the rates, or to 1 Hz where they are lower.
fn largest(off: &[f64], rates: &[f64]) -> f64 {
    off.iter().zip(rates).map(|(off, rate)| off.abs() / rate.max(1.0)).fold(0.0, f64::max)
}

/// Where a function changes its sign, by halving.
fn crossing(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64, falls: bool) -> f64 {
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if (f(middle) > 0.0) == falls { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: Siegert = Siegert { tau_m: 20.0, t_ref: 2.0, v_th: 20.0, v_reset: 10.0, tau_s: 0.0 };

    fn input(from: Source, to: usize, in_degree: f64, weight: f64) -> Input {
        Input { to, from, in_degree, weight }
    }

    /// Excitation alone: silence, a watershed, and a rate near the ceiling.
    fn excited(external: f64) -> MeanField {
        let inputs = vec![
            input(Source::External(external), 0, 1000.0, 0.1),
            input(Source::Population(0), 0, 200.0, 0.1),
        ];
        MeanField { cells: vec![CELL], inputs }
    }

    #[test]
    fn excitation_leaves_three_fixed_points_and_the_middle_one_is_unstable() {
        let network = excited(7.0);
        let points = network.fixed_points();
        assert_eq!(
            points.iter().map(|point| point.stable).collect::<Vec<_>>(),
            [true, false, true],
            "{points:?}"
        );
        for point in &points {
            assert!(
                (network.answer(&[point.rate])[0] - point.rate).abs() < 1e-9 * point.rate.max(1.0),
                "{point:?}"
            );
        }
        // Rates that lag behind go to either side of the watershed.
        let settle = |mut rate: f64| {
            for _ in 0..4000 {
                rate += 0.05 * (network.answer(&[rate])[0] - rate);
            }
            rate
        };
        assert!((settle(0.95 * points[1].rate) - points[0].rate).abs() < 1e-6);
        assert!((settle(1.05 * points[1].rate) - points[2].rate).abs() < 1e-6);
        assert!((network.rates().unwrap()[0] - points[0].rate).abs() < 1e-8, "silence comes to the lowest");
    }

    #[test]
    fn several_populations_reproduce_their_rates() {
        let network = MeanField {
            cells: vec![CELL, Siegert { tau_m: 10.0, t_ref: 1.0, ..CELL }],
            inputs: vec![
                input(Source::External(20.0), 0, 1000.0, 0.1),
                input(Source::External(21.0), 1, 1000.0, 0.1),
                input(Source::Population(0), 0, 800.0, 0.1),
                input(Source::Population(0), 1, 800.0, 0.1),
                input(Source::Population(1), 0, 200.0, -0.6),
                input(Source::Population(1), 1, 200.0, -0.5),
            ],
        };
        let rates = network.rates().unwrap();
        let again = network.answer(&rates);
        assert!(rates.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-9 && *a > 0.1), "{rates:?}");
        assert!(network.fixed_points().is_empty(), "for one population only");
    }

    /// Two equations by hand, with weights that make round numbers.
    #[test]
    fn the_balanced_limit_solves_its_linear_system() {
        let network = MeanField {
            cells: vec![CELL; 2],
            inputs: vec![
                input(Source::External(10.0), 0, 200.0, 1.0), // 0.02 · 200 · 10 = 40 mV
                input(Source::External(10.0), 1, 150.0, 1.0), // 30 mV
                input(Source::Population(0), 0, 50.0, 1.0),   // nu_e
                input(Source::Population(0), 1, 50.0, 1.0),   // nu_e
                input(Source::Population(1), 0, 50.0, -2.0),  // -2 nu_i
                input(Source::Population(1), 1, 50.0, -1.5),  // -1.5 nu_i
            ],
        };
        // nu_e - 2 nu_i = -20 and nu_e - 1.5 nu_i = -10:  nu_i = 20, nu_e = 20.
        let rates = network.balanced().unwrap();
        assert!((rates[0] - 20.0).abs() < 1e-9 && (rates[1] - 20.0).abs() < 1e-9, "{rates:?}");
    }

    #[test]
    fn without_input_silence_is_a_fixed_point() {
        let points = excited(0.0).fixed_points();
        assert_eq!(points[0], FixedPoint { rate: 0.0, stable: true });
        assert_eq!(excited(0.0).rates(), Some(vec![0.0]));
    }
}
