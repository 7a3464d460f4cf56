//! Stripes across or down a small image.

use super::{Source, balanced};
use crate::dataset::names;
use crate::unpack::LIMIT;
use crate::{Dataset, Pixels, Places, Split, TaskError};
use duet_random::{Key, Stream};
use duet_units::{Range, parameters};

parameters! {
    /// Square images with horizontal or vertical stripes at a random place, with normal noise on every pixel.
    ///
    /// # Equations
    /// ```text
    /// pixel(row, column) = 1 if floor((a + phase) / width) is odd, else 0        a = row (horizontal) or column (vertical)
    /// phase uniform in 0 .. 2 width - 1;  then  + noise N(0,1), clipped to [0, 1]
    /// ```
    ///
    /// # Behaviour
    /// Each stripe pattern comes as often as its negative, so no single pixel tells anything and the mean image of both
    /// classes is gray. One layer gets at most three quarters of the noise-free images right: its answers to a pattern
    /// and to the negative add up to the same number for both classes, so one class has a wrong one in every such pair.
    /// A hidden layer or a convolution of `2 width` pixels learns it all. Generated in no time at any size: useful to try
    /// and to time networks.
    ///
    /// # References
    /// - Hubel & Wiesel (1962). Receptive fields, binocular interaction and functional architecture in the cat's visual
    ///   cortex. J. Physiol. 160: 106-154 (cells that tell such stripes apart, whatever their place).
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Places, Stripes, Task};
    ///
    /// let task = Task::Stripes(Stripes { size: 4, train: 6, test: 2, width: 2, noise: 0.0 });
    /// let data = task.load(&Key::new(1), &Places::default()).unwrap();
    /// let horizontal = data.train.labels().iter().position(|&label| label == 0).unwrap();
    /// let image = data.train.pixels.example(horizontal);
    /// assert!(image.chunks(4).all(|row| row.iter().all(|&pixel| pixel == row[0]))); // each row in one gray
    /// ```
    pub struct Stripes {
        /// Rows and columns of an image.
        pub size: usize, in Range::between(2.0, 1024.0);
        /// How many images to learn from.
        pub train: usize, in Range::between(1.0, 10_000_000.0);
        /// How many images to be tested on.
        pub test: usize, in Range::between(1.0, 10_000_000.0);
        /// Pixels across one stripe.
        pub width: usize = 1, in Range::between(1.0, 512.0);
        /// Standard deviation of the noise on each pixel; a stripe is 1, the ground 0.
        pub noise: f64 = 0.1, in Range::between(0.0, 10.0);
    }
    relations { width < size; }
}

impl Stripes {
    fn image(&self, label: u32, stream: &mut Stream) -> Vec<f32> {
        let phase = stream.below(2 * self.width as u64) as usize;
        let mut image = Vec::with_capacity(self.size * self.size);
        for row in 0..self.size {
            for column in 0..self.size {
                let across = if label == 0 { row } else { column };
                let clean = ((across + phase) / self.width % 2) as f64;
                image.push((clean + self.noise * stream.normal()).clamp(0.0, 1.0) as f32);
            }
        }
        image
    }

    fn split(&self, examples: usize, key: Key) -> Split {
        let labels = balanced(examples, 2, key.stream("labels", 0));
        let images =
            labels.iter().zip(0..).flat_map(|(&label, i)| self.image(label, &mut key.stream("image", i)));
        Split::of_classes(Pixels::from_f32(self.size * self.size, images.collect()), labels)
    }
}

impl Source for Stripes {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![self.size, self.size])
    }

    fn classes(&self) -> Vec<String> {
        names(&["horizontal", "vertical"])
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train, self.test))
    }

    fn check(&self, _places: &Places) -> Result<(), TaskError> {
        // Saturating: a table built in code is not held to the ranges.
        let [size, train, test] = [self.size, self.train, self.test].map(|number| number as u64);
        let pixels = size.saturating_mul(size).saturating_mul(train.saturating_add(test));
        let bytes = pixels.saturating_mul(size_of::<f32>() as u64);
        if bytes > LIMIT {
            return Err(TaskError::TooLarge { task: "stripes", bytes, limit: LIMIT });
        }
        Ok(())
    }

    fn depends_on_seed(&self) -> bool {
        true
    }

    fn load(&self, key: Key, _places: &Places) -> Result<Dataset, TaskError> {
        let key = key.child("stripes");
        let parts = (self.split(self.train, key.child("train")), self.split(self.test, key.child("test")));
        Ok(Dataset::new("stripes", vec![self.size, self.size], self.classes(), parts, "generated"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, Stripes};
    use crate::{Places, TaskError};
    use duet_random::Key;

    #[test]
    fn clean_images_are_constant_along_their_stripes() {
        let stripes = Stripes { size: 6, train: 400, test: 1, width: 2, noise: 0.0 };
        let data = stripes.load(Key::new(2), &Places::default()).unwrap();
        let mut phases = [[0; 4]; 2];
        for (i, &label) in data.train.labels().iter().enumerate() {
            let image = data.train.pixels.example(i);
            let at = |along: usize, across: usize| {
                if label == 0 { image[across * 6 + along] } else { image[along * 6 + across] }
            };
            let profile: Vec<u8> = (0..6).map(|across| at(0, across) as u8).collect();
            assert!((0..6).all(|along| (0..6).all(|across| at(along, across) == at(0, across))));
            let known = [[0, 0, 1, 1, 0, 0], [0, 1, 1, 0, 0, 1], [1, 1, 0, 0, 1, 1], [1, 0, 0, 1, 1, 0]];
            phases[label as usize][known.iter().position(|known| *known == profile[..]).expect("stripes")] +=
                1;
        }
        assert!(phases.iter().flatten().all(|&count| count > 25), "{phases:?}");
    }

    #[test]
    fn what_does_not_fit_is_refused_first() {
        let huge = Stripes { size: 1024, train: 10_000_000, test: 1, width: 1, noise: 0.1 };
        assert!(matches!(huge.check(&Places::default()), Err(TaskError::TooLarge { .. })));
        let absurd = Stripes { size: usize::MAX, ..huge };
        assert!(matches!(absurd.check(&Places::default()), Err(TaskError::TooLarge { .. })));
    }
}
