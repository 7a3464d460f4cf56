//! A linear map to be found from noisy examples.

use super::Source;
use crate::unpack::LIMIT;
use crate::{Dataset, Pixels, Places, Split, TaskError};
use duet_random::{Key, Stream};
use duet_units::{Range, parameters};

parameters! {
    /// Numbers that follow from the inputs by a linear map with normal noise: linear regression.
    ///
    /// # Equations
    /// ```text
    /// y = W x + b + noise N(0,1)        W, b ~ N(0,1), drawn once for a seed
    /// x_i uniform in [0, 1)
    /// ```
    ///
    /// # Behaviour
    /// One layer of identity units without a hidden one is all that is needed, and `loss.mse` has a single minimum. The
    /// best that any learner can reach is a mean squared error of noise^2. Output k varies with
    /// (sum_i W_ki^2) / 12 + noise^2, so a perfect learner has R^2 = 1 - noise^2 / that; what a straight line of one
    /// input explains is R^2 = r^2, the square of the correlation. Only an artificial side can answer with numbers.
    ///
    /// # References
    /// - Galton (1886). Regression towards mediocrity in hereditary stature. J. Anthropol. Inst. 15: 246-263.
    /// - Bishop (2006). Pattern Recognition and Machine Learning, section 3.1.
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{LinearMap, Places, Targets, Task};
    ///
    /// let map = LinearMap { inputs: 1, outputs: 1, train: 3, test: 1, noise: 0.0 };
    /// let data = Task::LinearMap(map).load(&Key::new(7), &Places::default()).unwrap();
    /// let Targets::Values { values: y, .. } = &data.train.targets else { panic!() };
    /// let x: Vec<f32> = (0..3).map(|i| data.train.pixels.example(i)[0]).collect();
    /// // Without noise three points lie on one line: equal slopes.
    /// assert!(((y[1] - y[0]) / (x[1] - x[0]) - (y[2] - y[0]) / (x[2] - x[0])).abs() < 1e-4);
    /// ```
    pub struct LinearMap {
        /// How many numbers an example has.
        pub inputs: usize, in Range::between(1.0, 1_000_000.0);
        /// How many numbers are to be predicted.
        pub outputs: usize, in Range::between(1.0, 1_000_000.0);
        /// How many examples to learn from.
        pub train: usize, in Range::between(1.0, 10_000_000.0);
        /// How many examples to be tested on.
        pub test: usize, in Range::between(1.0, 10_000_000.0);
        /// Standard deviation of the noise on every number to predict.
        pub noise: f64 = 0.1, in Range::between(0.0, 1000.0);
    }
}

/// The map itself: for each output its weights, then its offset.
struct Map {
    rows: Vec<Vec<f64>>,
}

impl Map {
    fn draw(task: &LinearMap, key: Key) -> Self {
        let row = |output: usize| {
            let mut stream = key.stream("map", output as u64);
            (0..=task.inputs).map(|_| stream.normal()).collect()
        };
        Self { rows: (0..task.outputs).map(row).collect() }
    }

    /// W x + b.
    fn of<'m>(&'m self, x: &'m [f32]) -> impl Iterator<Item = f64> + 'm {
        self.rows.iter().map(move |row| {
            let (offset, weights) = row.split_last().map_or((0.0, &row[..]), |(b, w)| (*b, w));
            weights.iter().zip(x).map(|(w, &x)| w * f64::from(x)).sum::<f64>() + offset
        })
    }
}

impl LinearMap {
    fn split(&self, map: &Map, examples: usize, key: Key) -> Split {
        let mut inputs = Vec::with_capacity(examples * self.inputs);
        let mut targets = Vec::with_capacity(examples * self.outputs);
        for example in 0..examples as u64 {
            let mut stream: Stream = key.stream("example", example);
            let x: Vec<f32> = (0..self.inputs).map(|_| stream.uniform() as f32).collect();
            // What is rounded to is what the learner sees, so y belongs to the rounded x.
            targets.extend(map.of(&x).map(|y| (y + self.noise * stream.normal()) as f32));
            inputs.extend(x);
        }
        Split::of_values(Pixels::from_f32(self.inputs, inputs), self.outputs, targets)
    }
}

impl Source for LinearMap {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![self.inputs])
    }

    fn classes(&self) -> Vec<String> {
        Vec::new()
    }

    fn outputs(&self) -> Option<usize> {
        Some(self.outputs)
    }

    fn depends_on_seed(&self) -> bool {
        true
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train, self.test))
    }

    fn check(&self, _places: &Places) -> Result<(), TaskError> {
        // Saturating: a table built in code is not held to the ranges.
        let [inputs, outputs, train, test] =
            [self.inputs, self.outputs, self.train, self.test].map(|number| number as u64);
        let examples = inputs.saturating_add(outputs).saturating_mul(train.saturating_add(test));
        let numbers = examples.saturating_add(inputs.saturating_mul(outputs).saturating_mul(2));
        let bytes = numbers.saturating_mul(size_of::<f32>() as u64);
        if bytes > LIMIT {
            return Err(TaskError::TooLarge { task: "linear_map", bytes, limit: LIMIT });
        }
        Ok(())
    }

    fn load(&self, key: Key, _places: &Places) -> Result<Dataset, TaskError> {
        let key = key.child("linear_map");
        let map = Map::draw(self, key);
        let parts = (
            self.split(&map, self.train, key.child("train")),
            self.split(&map, self.test, key.child("test")),
        );
        Ok(Dataset::new("linear_map", vec![self.inputs], Vec::new(), parts, "generated"))
    }
}

#[cfg(test)]
mod tests {
    use super::{LinearMap, Map, Source};
    use crate::{Places, Targets, TaskError};
    use duet_random::Key;

    fn residuals(task: &LinearMap) -> Vec<f64> {
        let key = Key::new(5);
        let data = task.load(key, &Places::default()).unwrap();
        let map = Map::draw(task, key.child("linear_map"));
        let Targets::Values { values, .. } = &data.train.targets else { panic!("numbers") };
        let expected = (0..data.train.len()).flat_map(|i| {
            let x = data.train.pixels.example(i);
            map.of(&x).collect::<Vec<_>>()
        });
        expected.zip(values).map(|(y, &got)| f64::from(got) - y).collect()
    }

    #[test]
    fn without_noise_it_is_the_map() {
        let task = LinearMap { inputs: 4, outputs: 3, train: 50, test: 1, noise: 0.0 };
        let residuals = residuals(&task);
        assert_eq!(residuals.len(), 150);
        assert!(residuals.iter().all(|r| r.abs() < 1e-6));
    }

    #[test]
    fn noise_has_its_standard_deviation() {
        let task = LinearMap { inputs: 2, outputs: 1, train: 4000, test: 1, noise: 0.3 };
        let residuals = residuals(&task);
        let mean = residuals.iter().sum::<f64>() / 4000.0;
        let variance = residuals.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / 3999.0;
        // Standard errors: of the mean 0.3 / sqrt(4000) = 0.0047, of the deviation 0.3 / sqrt(8000) = 0.0034.
        assert!(mean.abs() < 0.019 && (variance.sqrt() - 0.3).abs() < 0.0136, "{mean} {variance}");
    }

    #[test]
    fn train_and_test_follow_one_map_and_seeds_differ() {
        let task = LinearMap { inputs: 1, outputs: 1, train: 2, test: 2, noise: 0.0 };
        let load = |seed| task.load(Key::new(seed), &Places::default()).unwrap();
        let data = load(1);
        let y = |split: &crate::Split, i: usize| match &split.targets {
            Targets::Values { values, .. } => values[i],
            Targets::Classes(_) => f32::NAN,
        };
        let slope = |split: &crate::Split| {
            let x = |i: usize| split.pixels.example(i)[0];
            (y(split, 1) - y(split, 0)) / (x(1) - x(0))
        };
        assert!((slope(&data.train) - slope(&data.test)).abs() < 1e-3);
        assert_ne!(load(2), data);
    }

    #[test]
    fn what_does_not_fit_is_refused_first() {
        let huge =
            LinearMap { inputs: 1_000_000, outputs: 1_000_000, train: 10_000_000, test: 1, noise: 0.1 };
        assert!(matches!(huge.check(&Places::default()), Err(TaskError::TooLarge { .. })));
    }
}
