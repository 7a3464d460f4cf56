//! The few statistics that a comparison needs, each with its source.

use duet_kernels::math::{exp, lgamma, ln};

/// How often each true class (row) was given each answer (column).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    rows: Vec<Vec<u64>>,
}

impl Confusion {
    /// Nothing answered yet.
    pub fn new(classes: usize) -> Self {
        Self { rows: vec![vec![0; classes]; classes] }
    }

    /// From counts, one row per true class.
    pub fn from_rows(rows: Vec<Vec<u64>>) -> Self {
        Self { rows }
    }

    /// Counts answers.
    pub fn add(&mut self, truth: &[u32], answered: &[u32]) {
        for (&truth, &answered) in truth.iter().zip(answered) {
            self.rows[truth as usize][answered as usize] += 1;
        }
    }

    /// The counts, one row per true class.
    pub fn rows(&self) -> &[Vec<u64>] {
        &self.rows
    }

    /// Answers in all.
    pub fn total(&self) -> u64 {
        self.rows.iter().flatten().sum()
    }

    /// Right answers.
    pub fn correct(&self) -> u64 {
        self.rows.iter().enumerate().filter_map(|(class, row)| row.get(class)).sum()
    }

    /// The share of right answers; `None` without answers.
    pub fn accuracy(&self) -> Option<f64> {
        (self.total() > 0).then(|| self.correct() as f64 / self.total() as f64)
    }

    /// The share of the answers "this class" that are right, for every class; `None` for a class never answered.
    pub fn precision(&self) -> Vec<Option<f64>> {
        let answered = |class: usize| self.rows.iter().map(|row| row[class]).sum();
        self.shares(answered)
    }

    /// The share of a class's examples that are answered right, for every class; `None` for a class that never occurs.
    pub fn recall(&self) -> Vec<Option<f64>> {
        self.shares(|class| self.rows[class].iter().sum())
    }

    /// Hits of every class as a share of `of`.
    fn shares(&self, of: impl Fn(usize) -> u64) -> Vec<Option<f64>> {
        let share = |class: usize| (of(class) > 0).then(|| self.rows[class][class] as f64 / of(class) as f64);
        (0..self.rows.len()).map(share).collect()
    }

    /// Mean precision over the classes that have one.
    pub fn macro_precision(&self) -> Option<f64> {
        mean(&self.precision().into_iter().flatten().collect::<Vec<_>>())
    }

    /// Mean recall over the classes that have one.
    pub fn macro_recall(&self) -> Option<f64> {
        mean(&self.recall().into_iter().flatten().collect::<Vec<_>>())
    }

    /// F1 of every class: 2 TP / (2 TP + FP + FN); `None` for a class that neither occurred nor was answered.
    pub fn f1(&self) -> Vec<Option<f64>> {
        let of = |class: usize| {
            let hits = self.rows[class][class];
            let occurred: u64 = self.rows[class].iter().sum();
            let answered: u64 = self.rows.iter().map(|row| row[class]).sum();
            (occurred + answered > 0).then(|| 2.0 * hits as f64 / (occurred + answered) as f64)
        };
        (0..self.rows.len()).map(of).collect()
    }

    /// Mean F1 over the classes that have one.
    pub fn macro_f1(&self) -> Option<f64> {
        mean(&self.f1().into_iter().flatten().collect::<Vec<_>>())
    }
}

/// R^2, the coefficient of determination: 1 - sum (y - answer)^2 / sum (y - mean y)^2 for each output, and the mean over
/// those outputs that vary; `None` if none does.
///
/// 1 is perfect, 0 is no better than always answering the mean, and there is no lower end. Rows are
/// `[example * outputs + output]`. Wright 1921, J. Agric. Res. 20:557.
///
/// ```
/// use duet_harness::statistics::r_squared;
/// // mean 2; residuals 1/2, 0, 1/2: 1 - (1/4 + 1/4) / (1 + 0 + 1)
/// assert_eq!(r_squared(1, &[1.0, 2.0, 3.0], &[1.5, 2.0, 2.5]), Some(0.75));
/// assert_eq!(r_squared(1, &[2.0, 2.0], &[1.0, 3.0]), None);
/// ```
pub fn r_squared(outputs: usize, truth: &[f32], answers: &[f32]) -> Option<f64> {
    let of_output = |k: usize| {
        let column = |all: &[f32]| all.iter().skip(k).step_by(outputs).map(|&y| f64::from(y)).collect();
        let (truth, answers): (Vec<f64>, Vec<f64>) = (column(truth), column(answers));
        let center = mean(&truth)?;
        let spread: f64 = truth.iter().map(|y| (y - center) * (y - center)).sum();
        let left: f64 = truth.iter().zip(&answers).map(|(y, answer)| (y - answer) * (y - answer)).sum();
        (spread > 0.0).then(|| 1.0 - left / spread)
    };
    mean(&(0..outputs).filter_map(of_output).collect::<Vec<_>>())
}

/// The mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Pearson's correlation of as many pairs; `None` where one of both does not vary.
///
/// ```
/// use duet_harness::statistics::correlation;
/// // Deviations -1, 0, 1 and -1, 2, -1: products 1, 0, -1.
/// assert_eq!(correlation(&[1.0, 2.0, 3.0], &[0.0, 3.0, 0.0]), Some(0.0));
/// assert_eq!(correlation(&[1.0, 2.0, 3.0], &[0.5, 1.0, 1.5]), Some(1.0));
/// assert_eq!(correlation(&[1.0, 2.0], &[3.0, 3.0]), None);
/// ```
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let (p, q) = (mean(a)?, mean(b)?);
    let pairs = || a.iter().zip(b);
    let product: f64 = pairs().map(|(x, y)| (x - p) * (y - q)).sum();
    let (first, second) =
        pairs().fold((0.0, 0.0), |(u, v), (x, y)| (u + (x - p) * (x - p), v + (y - q) * (y - q)));
    let scale: f64 = (first * second).sqrt();
    (scale > 0.0).then(|| (product / scale).clamp(-1.0, 1.0))
}

/// The sample standard deviation (n - 1); `None` of fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let center = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Student's 95 % interval of a mean; `None` of fewer than two values.
///
/// ```
/// use duet_harness::statistics::t_interval;
/// // Mean 2, standard error 1/sqrt(3), t(2 degrees, 97.5 %) = 4.3027.
/// let (low, high) = t_interval(&[1.0, 2.0, 3.0]).unwrap();
/// assert!((high - low - 2.0 * 4.302_652_73 / 3.0_f64.sqrt()).abs() < 1e-7);
/// assert_eq!(t_interval(&[1.0]), None);
/// ```
pub fn t_interval(values: &[f64]) -> Option<(f64, f64)> {
    let (center, deviation) = (mean(values)?, standard_deviation(values)?);
    let half = t_quantile(0.975, values.len() - 1) * deviation / (values.len() as f64).sqrt();
    Some((center - half, center + half))
}

/// Cohen's d of paired differences: their mean in units of their own standard deviation; `None` of fewer than two, or where all are
/// the same.
///
/// J. Cohen 1988, Statistical Power Analysis, section 2.3.5 (d_z). 0.2 is small, 0.5 medium, 0.8 large.
///
/// ```
/// use duet_harness::statistics::effect_size;
/// assert_eq!(effect_size(&[1.0, 2.0, 3.0]), Some(2.0)); // mean 2, deviation 1
/// assert_eq!(effect_size(&[1.0, 1.0]), None);
/// ```
pub fn effect_size(differences: &[f64]) -> Option<f64> {
    let deviation = standard_deviation(differences).filter(|&deviation| deviation > 0.0)?;
    Some(mean(differences)? / deviation)
}

/// From so many values on, an interval of their mean is drawn from them alone.
pub const ENOUGH_TO_RESAMPLE: usize = 20;

/// The 95 % interval of a mean by drawing the values again, with replacement, 10,000 times: the 2.5th and the 97.5th percentile of the
/// means. Nothing is assumed of their distribution, so it needs many: `None` of fewer than [`ENOUGH_TO_RESAMPLE`].
///
/// Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 13.3. The draws are the same for the same number of values.
///
/// ```
/// use duet_harness::statistics::{bootstrap, t_interval};
/// let values: Vec<f64> = (0..40).map(|k| f64::from(k % 8)).collect();
/// let ((low, high), (t_low, t_high)) = (bootstrap(&values).unwrap(), t_interval(&values).unwrap());
/// assert!((low - t_low).abs() < 0.06 && (high - t_high).abs() < 0.06); // of well-behaved values both say the same
/// assert_eq!(bootstrap(&values[..19]), None);
/// ```
pub fn bootstrap(values: &[f64]) -> Option<(f64, f64)> {
    const DRAWS: u64 = 10_000;
    if values.len() < ENOUGH_TO_RESAMPLE {
        return None;
    }
    let (key, n) = (duet_random::Key::new(0).child("bootstrap"), values.len());
    let draw = |k: u64| {
        let mut stream = key.stream("values", k);
        (0..n).map(|_| values[stream.below(n as u64) as usize]).sum::<f64>() / n as f64
    };
    let mut means: Vec<f64> = (0..DRAWS).map(draw).collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[(share * DRAWS as f64) as usize];
    Some((at(0.025), at(0.975)))
}

/// The 95 % interval of a mean over seeds, and what it is: resampled from [`ENOUGH_TO_RESAMPLE`] seeds on, else Student's.
pub fn interval_over_seeds(values: &[f64]) -> Option<((f64, f64), &'static str)> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let resampled = bootstrap(values).map(|interval| (interval, "bootstrap"));
    resampled.or_else(|| t_interval(values).map(|interval| (interval, "t interval")))
}

/// Wilson's 95 % interval of a share; `None` without trials.
///
/// E. B. Wilson 1927, J. Am. Stat. Assoc. 22:209. Unlike p ± 1.96 s.e. it never leaves [0, 1].
///
/// ```
/// use duet_harness::statistics::wilson;
/// let (low, high) = wilson(9750, 10_000).unwrap();
/// assert!((low - 0.971_752_763_133).abs() < 1e-9 && (high - 0.977_882_438_414).abs() < 1e-9);
/// ```
pub fn wilson(successes: u64, n: u64) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_963_984_540_054;
    if n == 0 || successes > n {
        return None;
    }
    let (n, p) = (n as f64, successes as f64 / n as f64);
    let scale = 1.0 / (1.0 + Z * Z / n);
    let center = (p + Z * Z / (2.0 * n)) * scale;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() * scale;
    Some(((center - half).max(0.0), (center + half).min(1.0)))
}

/// The quantile of Student's t distribution with `degrees` degrees of freedom, by bisection of its distribution function.
pub fn t_quantile(p: f64, degrees: usize) -> f64 {
    if p < 0.5 {
        return -t_quantile(1.0 - p, degrees);
    }
    let (mut low, mut high) = (0.0, 1.0);
    while t_distribution(high, degrees) < p && high < 1e12 {
        high *= 2.0;
    }
    // 200 halvings end at the last bit.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if t_distribution(middle, degrees) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// P(T <= t) = 1 - I_{n/(n+t²)}(n/2, 1/2) / 2 for t >= 0.
fn t_distribution(t: f64, degrees: usize) -> f64 {
    let n = degrees as f64;
    1.0 - 0.5 * incomplete_beta(n / (n + t * t), 0.5 * n, 0.5)
}

/// The regularized incomplete beta function I_x(a, b) by its continued fraction (Abramowitz & Stegun 26.5.8), evaluated
/// by Lentz's method.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast for x below (a + 1) / (a + b + 2); beyond, the symmetry helps.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = exp(a * ln(x) + b * ln(1.0 - x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a;
    let tiny = 1e-300;
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0)).abs().max(tiny));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / (1.0 + term * d);
            c = 1.0 + term / c;
            fraction *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_printed_tables() {
        // Abramowitz & Stegun, table 26.10 (two-sided 95 %), and exact values for 1 and 2 degrees.
        for (degrees, value) in [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (4, 2.776_445_105),
            (9, 2.262_157_163),
            (30, 2.042_272_456),
        ] {
            assert!(
                (t_quantile(0.975, degrees) - value).abs() < 1e-8,
                "{degrees}: {}",
                t_quantile(0.975, degrees)
            );
        }
        assert_eq!(t_quantile(0.025, 4), -t_quantile(0.975, 4));
        assert!((t_quantile(0.975, 1_000_000) - 1.959_966).abs() < 1e-5);
    }

    #[test]
    fn confusion_by_hand() {
        let mut confusion = Confusion::new(3);
        confusion.add(&[0, 0, 1, 1], &[0, 1, 1, 1]);
        assert_eq!(confusion.accuracy(), Some(0.75));
        assert_eq!(confusion.f1(), [Some(2.0 / 3.0), Some(0.8), None]);
        assert_eq!(confusion.macro_f1(), Some(f64::midpoint(2.0 / 3.0, 0.8)));
        assert_eq!(Confusion::new(2).accuracy(), None);
        assert_eq!(confusion.precision(), [Some(1.0), Some(2.0 / 3.0), None]);
        assert_eq!(confusion.recall(), [Some(0.5), Some(1.0), None]);
        assert_eq!(confusion.macro_precision(), Some(f64::midpoint(1.0, 2.0 / 3.0)));
        assert_eq!(confusion.macro_recall(), Some(0.75));
        assert_eq!(Confusion::new(0).macro_recall(), None);
    }

    /// One output: the example on the page of scikit-learn's `r2_score`. Two: its other example, each output by Python.
    #[test]
    fn r_squared_as_scikit_learn_has_it() {
        let one = r_squared(1, &[3.0, -0.5, 2.0, 7.0], &[2.5, 0.0, 2.0, 8.0]).unwrap();
        assert!((one - 0.948_608_137_044_967_9).abs() < 1e-15);
        let two = r_squared(2, &[0.5, 1.0, -1.0, 1.0, 7.0, -6.0], &[0.0, 2.0, -1.0, 2.0, 8.0, -5.0]).unwrap();
        assert!((two - f64::midpoint(0.965_437_788_018_433_2, 0.908_163_265_306_122_4)).abs() < 1e-15);
        assert_eq!(r_squared(1, &[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-3.0));
        assert_eq!(r_squared(1, &[], &[]), None);
    }

    #[test]
    fn intervals_of_nothing() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(t_interval(&[]), None);
        let (low, high) = wilson(0, 10).unwrap();
        assert!(low == 0.0 && high > 0.2);
        assert_eq!(t_interval(&[0.5, 0.5]), Some((0.5, 0.5)));
    }
}
