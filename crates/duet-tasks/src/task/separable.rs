//! Two classes that a line parts, with a margin.

use super::Source;
use crate::dataset::names;
use crate::{Dataset, Pixels, Places, Split, TaskError};
use duet_kernels::math;
use duet_random::Key;
use duet_units::{Range, parameters};
use std::f64::consts::TAU;

parameters! {
    /// Points in the unit square on the two sides of a line, none nearer to it than a margin.
    ///
    /// # Equations
    /// ```text
    /// x uniform in [0, 1]^2,   d = cos(a) (x1 - 1/2) + sin(a) (x2 - 1/2),   drawn again while |d| < margin
    /// class 1 if d > 0, else 0;   the angle a is drawn once for each seed
    /// ```
    ///
    /// # Behaviour
    /// The task of the perceptron's convergence theorem: the line is known, so the number of mistakes that learning can make
    /// is known before it begins. The smaller the margin, the more mistakes.
    ///
    /// # References
    /// - Novikoff (1962), On convergence proofs for perceptrons.
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Places, Separable, Task};
    ///
    /// let task = Task::Separable(Separable { train: 100, test: 20, margin: 0.1 });
    /// let data = task.load(&Key::new(7), &Places::default()).unwrap();
    /// assert_eq!((data.train.len(), data.test.len()), (100, 20));
    /// ```
    pub struct Separable {
        /// How many points to learn from.
        pub train: usize = 100, in Range::between(1.0, 10_000_000.0);
        /// How many points to be tested on.
        pub test: usize = 100, in Range::between(1.0, 10_000_000.0);
        /// Least distance of a point from the line.
        pub margin: f64 = 0.05, in Range::between(0.0, 0.3);
    }
}

impl Separable {
    /// The parting line under a task's key: class 1 where `w . x + b > 0`, and |w| = 1.
    pub fn line(&self, key: Key) -> ([f64; 2], f64) {
        let angle = TAU * key.child("separable").stream("angle", 0).uniform();
        let w = [math::cos(angle), math::sin(angle)];
        (w, -0.5 * (w[0] + w[1]))
    }

    fn split(&self, examples: usize, line: ([f64; 2], f64), key: Key) -> Split {
        let (w, b) = line;
        let (mut points, mut labels) = (Vec::with_capacity(2 * examples), Vec::with_capacity(examples));
        for example in 0..examples as u64 {
            let mut stream = key.stream("point", example);
            // The margin is at most 0.3 around a line through the middle, so most draws are kept.
            let (x, d) = loop {
                let x = [stream.uniform() as f32, stream.uniform() as f32];
                let d = w[0] * f64::from(x[0]) + w[1] * f64::from(x[1]) + b;
                if d.abs() >= self.margin && d != 0.0 {
                    break (x, d);
                }
            };
            points.extend(x);
            labels.push(u32::from(d > 0.0));
        }
        Split::of_classes(Pixels::from_f32(2, points), labels)
    }
}

impl Source for Separable {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }

    fn classes(&self) -> Vec<String> {
        names(&["below", "above"])
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train, self.test))
    }

    fn depends_on_seed(&self) -> bool {
        true
    }

    fn load(&self, key: Key, _places: &Places) -> Result<Dataset, TaskError> {
        let line = self.line(key);
        let key = key.child("separable");
        let parts = (
            self.split(self.train, line, key.child("train")),
            self.split(self.test, line, key.child("test")),
        );
        Ok(Dataset::new("separable", vec![2], self.classes(), parts, "generated"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_point_is_nearer_than_the_margin_and_labels_are_sides() {
        for seed in 0..20 {
            let task = Separable { train: 200, test: 50, margin: 0.1 };
            let (w, b) = task.line(Key::new(seed));
            let data = task.load(Key::new(seed), &Places::default()).unwrap();
            for (at, &label) in data.train.labels().iter().enumerate() {
                let x = data.train.pixels.example(at);
                let d = w[0] * f64::from(x[0]) + w[1] * f64::from(x[1]) + b;
                assert!(d.abs() >= 0.1 && (d > 0.0) == (label == 1));
            }
            let counts = data.train.counts(2);
            assert!(counts.iter().all(|&n| n > 40), "{counts:?}");
        }
    }
}
