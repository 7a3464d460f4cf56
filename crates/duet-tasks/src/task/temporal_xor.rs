//! Two channels that fire once each, together or apart.

use super::{Source, balanced};
use crate::dataset::names;
use crate::{Dataset, Pixels, Places, Split, TaskError};
use duet_random::{Key, Stream};
use duet_units::{Range, parameters};

parameters! {
    /// Exclusive or in time: each of two channels is early or late, and the answer is whether they come together.
    ///
    /// # Equations
    /// ```text
    /// x_k = early or late, + jitter N(0,1), clipped to [0.01, 1]        "together" if both are early or both late, else "apart"
    /// ```
    ///
    /// # Behaviour
    /// With `encode.latency` each channel fires exactly once in every example, early where its number is large: every count
    /// is 1, whatever the class, so who reads counts answers half of the examples right and no more. Only the times tell.
    /// For an artificial network the numbers are the times, and the task is the exclusive or, which needs a hidden layer.
    /// The four patterns are equally frequent in either part.
    ///
    /// # References
    /// - Konig, Engel & Singer (1996). Integrator or coincidence detector? The role of the cortical neuron revisited. Trends
    ///   Neurosci. 19: 130-137.
    /// - Minsky & Papert (1969). Perceptrons. MIT Press.
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Places, Task, TemporalXor};
    ///
    /// let task = Task::TemporalXor(TemporalXor { train: 8, test: 4, jitter: 0.0, ..TemporalXor::default() });
    /// let data = task.load(&Key::new(7), &Places::default()).unwrap();
    /// let example = data.train.pixels.example(0);
    /// assert_eq!(data.train.labels()[0], u32::from(example[0] == example[1])); // class 1 is "together"
    /// ```
    pub default struct TemporalXor {
        /// Examples to learn from.
        pub train: usize = 200, in Range::between(4.0, 10_000_000.0);
        /// Examples to be tested on.
        pub test: usize = 200, in Range::between(4.0, 10_000_000.0);
        /// The number of an early channel.
        pub early: f64 = 0.75, in Range::between(0.01, 1.0);
        /// The number of a late channel.
        pub late: f64 = 0.25, in Range::between(0.01, 1.0);
        /// Standard deviation of each number.
        pub jitter: f64 = 0.05, in Range::between(0.0, 1.0);
    }
    relations { late < early; }
}

impl TemporalXor {
    fn example(&self, pattern: u32, stream: &mut Stream) -> [f32; 2] {
        let mut channel = |is_early: bool| {
            let middle = if is_early { self.early } else { self.late };
            // A number of zero would be silence, and a count that tells something.
            (middle + self.jitter * stream.normal()).clamp(0.01, 1.0) as f32
        };
        [channel(pattern & 1 == 1), channel(pattern & 2 == 2)]
    }

    fn split(&self, examples: usize, key: Key) -> Split {
        let patterns = balanced(examples, 4, key.stream("patterns", 0));
        let pixels =
            patterns.iter().zip(0..).flat_map(|(&p, i)| self.example(p, &mut key.stream("times", i)));
        let label = |&pattern: &u32| u32::from(pattern == 0 || pattern == 3);
        Split::of_classes(Pixels::from_f32(2, pixels.collect()), patterns.iter().map(label).collect())
    }
}

impl Source for TemporalXor {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }

    fn classes(&self) -> Vec<String> {
        names(&["apart", "together"])
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train, self.test))
    }

    fn depends_on_seed(&self) -> bool {
        true
    }

    fn load(&self, key: Key, _places: &Places) -> Result<Dataset, TaskError> {
        let key = key.child("temporal_xor");
        let parts = (self.split(self.train, key.child("train")), self.split(self.test, key.child("test")));
        Ok(Dataset::new("temporal_xor", vec![2], self.classes(), parts, "generated"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, TemporalXor};
    use crate::Places;
    use duet_random::Key;

    /// Each channel alone says nothing: its numbers are spread alike in both classes.
    #[test]
    fn one_channel_says_nothing_and_none_is_silent() {
        let task = TemporalXor { train: 400, ..TemporalXor::default() };
        let data = task.load(Key::new(3), &Places::default()).unwrap();
        for channel in 0..2 {
            let early = |class: u32| {
                let of_class = (0..400).filter(|&i| data.train.labels()[i] == class);
                of_class.filter(|&i| data.train.pixels.example(i)[channel] > 0.5).count()
            };
            assert_eq!((early(0), early(1)), (100, 100));
        }
        assert!((0..400).all(|i| data.train.pixels.example(i).iter().all(|&x| x > 0.0)));
    }
}
