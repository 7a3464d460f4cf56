//! Two interleaved half circles.

use super::{Source, balanced};
use crate::dataset::names;
use crate::{Dataset, Pixels, Places, Split, TaskError};
use duet_kernels::math;
use duet_random::{Key, Stream};
use duet_units::{Range, parameters};
use std::f64::consts::PI;

parameters! {
    /// Two half circles in the plane that reach into each other, with normal noise.
    ///
    /// # Equations
    /// ```text
    /// upper:  x = cos t          y = sin t             t uniform in [0, pi)
    /// lower:  x = 1 - cos t      y = 1/2 - sin t
    /// both:   x += noise N(0,1)  y += noise N(0,1)
    /// then    x -> (x + 1 + m) / (3 + 2 m)    y -> (y + 1/2 + m) / (3/2 + 2 m)    m = 3 noise, clipped to [0, 1]
    /// ```
    ///
    /// # Behaviour
    /// Not linearly separable: a line gets about 0.88 right, a small hidden layer all but the noise. Two inputs, so the
    /// decision can be drawn. Both inputs are brought to [0, 1] in a way that depends on `noise` only, not on the sample,
    /// because a spiking side reads them as rates.
    ///
    /// # References
    /// - scikit-learn, `make_moons`: the same two curves and the same meaning of `noise`.
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Places, Task, TwoMoons};
    ///
    /// let task = Task::TwoMoons(TwoMoons { train: 100, test: 50, noise: 0.1 });
    /// let data = task.load(&Key::new(7), &Places::default()).unwrap();
    /// assert_eq!(data.train.counts(2), [50, 50]);
    /// assert_eq!(data, task.load(&Key::new(7), &Places::default()).unwrap());
    /// ```
    pub struct TwoMoons {
        /// How many points to learn from.
        pub train: usize, in Range::between(1.0, 10_000_000.0);
        /// How many points to be tested on.
        pub test: usize, in Range::between(1.0, 10_000_000.0);
        /// Standard deviation of the noise, in units of the circles' radius.
        pub noise: f64 = 0.1, in Range::between(0.0, 1.0);
    }
}

impl TwoMoons {
    fn point(&self, label: u32, stream: &mut Stream) -> [f32; 2] {
        let t = PI * stream.uniform();
        let (cos, sin) = (math::cos(t), math::sin(t));
        let (x, y) = if label == 0 { (cos, sin) } else { (1.0 - cos, 0.5 - sin) };
        let (x, y) = (x + self.noise * stream.normal(), y + self.noise * stream.normal());
        let m = 3.0 * self.noise;
        let (x, y) = ((x + 1.0 + m) / (3.0 + 2.0 * m), (y + 0.5 + m) / (1.5 + 2.0 * m));
        [x.clamp(0.0, 1.0) as f32, y.clamp(0.0, 1.0) as f32]
    }

    fn split(&self, examples: usize, key: Key) -> Split {
        let labels = balanced(examples, 2, key.stream("labels", 0));
        let points =
            labels.iter().zip(0..).flat_map(|(&label, i)| self.point(label, &mut key.stream("point", i)));
        Split::of_classes(Pixels::from_f32(2, points.collect()), labels)
    }
}

impl Source for TwoMoons {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }

    fn classes(&self) -> Vec<String> {
        names(&["upper", "lower"])
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train, self.test))
    }

    fn depends_on_seed(&self) -> bool {
        true
    }

    fn load(&self, key: Key, _places: &Places) -> Result<Dataset, TaskError> {
        let key = key.child("two_moons");
        let parts = (self.split(self.train, key.child("train")), self.split(self.test, key.child("test")));
        Ok(Dataset::new(
            "two_moons",
            vec![2],
            self.classes(),
            parts,
            "generated, after scikit-learn's make_moons",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, TwoMoons};
    use crate::{Dataset, Places};
    use duet_random::Key;

    fn load(noise: f64) -> Dataset {
        TwoMoons { train: 2000, test: 100, noise }.load(Key::new(3), &Places::default()).unwrap()
    }

    #[test]
    fn without_noise_points_lie_on_the_circles() {
        let data = load(0.0);
        for (i, &label) in data.train.labels().iter().enumerate() {
            let p = data.train.pixels.example(i);
            let (x, y) = (f64::from(p[0]) * 3.0 - 1.0, f64::from(p[1]) * 1.5 - 0.5);
            let (center_x, center_y) = if label == 0 { (0.0, 0.0) } else { (1.0, 0.5) };
            let radius = f64::hypot(x - center_x, y - center_y);
            assert!((radius - 1.0).abs() < 1e-6, "{x} {y} of moon {label}");
            let outward = if label == 0 { y >= -1e-6 } else { y <= 0.5 + 1e-6 };
            assert!(outward, "{x} {y} of moon {label}");
        }
    }

    // The radial deviation of a noisy point from its circle is nearly normal with the noise's standard deviation.
    #[test]
    fn noise_has_its_standard_deviation() {
        let noise = 0.05;
        let data = load(noise);
        let m = 3.0 * noise;
        let mut squares = 0.0;
        for (i, &label) in data.train.labels().iter().enumerate() {
            let p = data.train.pixels.example(i);
            let (x, y) =
                (f64::from(p[0]) * (3.0 + 2.0 * m) - 1.0 - m, f64::from(p[1]) * (1.5 + 2.0 * m) - 0.5 - m);
            let (center_x, center_y) = if label == 0 { (0.0, 0.0) } else { (1.0, 0.5) };
            let radius = f64::hypot(x - center_x, y - center_y);
            squares += (radius - 1.0) * (radius - 1.0);
        }
        let measured = f64::sqrt(squares / data.train.len() as f64);
        // The standard error of a standard deviation is sigma / sqrt(2 n) = 1.6 %.
        assert!((measured / noise - 1.0).abs() < 0.08, "{measured}");
    }
}
