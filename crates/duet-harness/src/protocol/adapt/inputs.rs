//! What a layer without a teacher is shown.

use duet_kernels::math;
use duet_random::Key;
use duet_units::{Problem, Range, choice, parameters};

choice! {
    /// What a layer without a teacher is shown, one input after the other.
    pub enum Inputs: "inputs" {
        Cloud(Cloud) = "cloud",
        Patterns(Patterns) = "patterns",
    }
}

parameters! {
    /// A new input every time, drawn from a normal cloud around the origin.
    ///
    /// # Equations
    /// ```text
    /// x = R diag(std) n,   n_i ~ N(0, 1)          R turns the first two axes by turned degrees
    /// C = mean(x x^T) = R diag(std^2) R^T         its eigenvectors are the turned axes
    /// ```
    ///
    /// # Behaviour
    /// The principal components are known before anything is drawn: the turned axes, the one with the largest `std` first.
    ///
    /// # References
    /// - Hertz, Krogh & Palmer (1991), Introduction to the Theory of Neural Computation, figure 8.2.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::{Cloud, Inputs};
    /// let cloud = Inputs::Cloud(Cloud { std: vec![3.0, 1.0], turned: 90.0 });
    /// let c = cloud.second_moments();
    /// // The long axis, turned by a quarter, is the second one now.
    /// assert!((c[0][0] - 1.0).abs() < 1e-12 && (c[1][1] - 9.0).abs() < 1e-12 && c[0][1].abs() < 1e-12);
    /// ```
    pub struct Cloud {
        /// Standard deviation along each axis; there are as many inputs.
        pub std: Vec<f64>, in Range::NON_NEGATIVE;
        /// Degrees by which the first two axes are turned, from the first towards the second.
        pub turned: f64 = 0.0, in Range::between(-360.0, 360.0);
    }
}

parameters! {
    /// A few fixed inputs, all equally often, in random order.
    ///
    /// # Equations
    /// ```text
    /// P(x = x_k) = 1 / K,   C = mean(x x^T) over the K patterns
    /// ```
    ///
    /// # Behaviour
    /// What a unit answers to each of them is recorded. A rule of the second order (`hebb`, `oja`, `sanger`) sees C alone;
    /// `bcm` tells the patterns apart.
    ///
    /// # References
    /// - Bienenstock, Cooper & Munro (1982), Journal of Neuroscience 2.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::{Inputs, Patterns};
    /// let patterns = Inputs::Patterns(Patterns { list: vec![vec![1.0, 0.0], vec![0.0, 2.0]] });
    /// assert_eq!(patterns.second_moments(), [[0.5, 0.0], [0.0, 2.0]]);
    /// ```
    pub struct Patterns {
        /// The patterns, each with a number for every input.
        pub list: Vec<Vec<f64>>, in Range::between(-1e6, 1e6);
    }
}

impl Inputs {
    /// How many numbers an input has.
    pub fn size(&self) -> usize {
        match self {
            Self::Cloud(cloud) => cloud.std.len(),
            Self::Patterns(patterns) => patterns.list.first().map_or(0, Vec::len),
        }
    }

    /// The fixed inputs, where there are such.
    pub fn patterns(&self) -> &[Vec<f64>] {
        match self {
            Self::Cloud(_) => &[],
            Self::Patterns(patterns) => &patterns.list,
        }
    }

    /// The input of a presentation: a function of the key and its number.
    pub fn draw(&self, key: Key, presentation: u64) -> Vec<f64> {
        let mut stream = key.stream("input", presentation);
        match self {
            Self::Cloud(cloud) => {
                let mut x: Vec<f64> = cloud.std.iter().map(|std| std * stream.normal()).collect();
                cloud.turn(&mut x);
                x
            }
            Self::Patterns(patterns) => {
                let which = stream.below(patterns.list.len().max(1) as u64) as usize;
                patterns.list.get(which).cloned().unwrap_or_default()
            }
        }
    }

    /// The matrix mean(x x^T), row by row: exact, not from a sample.
    pub fn second_moments(&self) -> Vec<Vec<f64>> {
        // Both are sums over vectors: the cloud's axes, scaled and turned, or the patterns.
        let (vectors, share) = match self {
            Self::Cloud(cloud) => (cloud.axes(), 1.0),
            Self::Patterns(patterns) => (patterns.list.clone(), 1.0 / patterns.list.len().max(1) as f64),
        };
        let n = self.size();
        let entry = |i: usize, j: usize| share * vectors.iter().map(|x| x[i] * x[j]).sum::<f64>();
        (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect()
    }

    /// What is wrong although each number is in its range; paths start at the kind.
    pub(super) fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Cloud(cloud) if cloud.std.is_empty() => {
                vec![
                    Problem::new("cloud.std", "a cloud needs at least one axis")
                        .hint("write std = [1.0, 0.3]"),
                ]
            }
            Self::Cloud(cloud) if cloud.turned != 0.0 && cloud.std.len() < 2 => {
                vec![
                    Problem::new("cloud.turned", "a cloud of one axis cannot be turned")
                        .hint("leave `turned` out"),
                ]
            }
            Self::Patterns(patterns) => {
                let size = self.size();
                if size == 0 {
                    let words = "there must be at least one pattern, of at least one number";
                    return vec![
                        Problem::new("patterns.list", words).hint("write list = [[1.0, 0.0], [0.0, 1.0]]"),
                    ];
                }
                let odd = patterns.list.iter().enumerate().filter(|(_, pattern)| pattern.len() != size);
                odd.map(|(at, pattern)| {
                    let words =
                        format!("this pattern has {} numbers, but the first one has {size}", pattern.len());
                    Problem::new(format!("patterns.list[{at}]"), words)
                })
                .collect()
            }
            Self::Cloud(_) => Vec::new(),
        }
    }
}

impl Cloud {
    fn turn(&self, x: &mut [f64]) {
        if let ([a, b, ..], true) = (x, self.turned != 0.0) {
            let angle = self.turned.to_radians();
            let (cos, sin) = (math::cos(angle), math::sin(angle));
            (*a, *b) = (cos * *a - sin * *b, sin * *a + cos * *b);
        }
    }

    /// Its axes, each as long as the deviation along it.
    fn axes(&self) -> Vec<Vec<f64>> {
        let axis = |i: usize| {
            let mut x = vec![0.0; self.std.len()];
            x[i] = self.std[i];
            self.turn(&mut x);
            x
        };
        (0..self.std.len()).map(axis).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_has_the_moments_that_are_announced() {
        let n = 40_000_u64;
        for inputs in [
            Inputs::Cloud(Cloud { std: vec![1.5, 0.5, 0.8], turned: 30.0 }),
            Inputs::Patterns(Patterns { list: vec![vec![1.0, 0.2, 0.0], vec![-0.5, 1.0, 0.3]] }),
        ] {
            let exact = inputs.second_moments();
            let mut sums = vec![vec![0.0; 3]; 3];
            for t in 0..n {
                let x = inputs.draw(Key::new(5), t);
                for i in 0..3 {
                    for j in 0..3 {
                        sums[i][j] += x[i] * x[j] / n as f64;
                    }
                }
            }
            for (row, exact) in sums.iter().flatten().zip(exact.iter().flatten()) {
                // The largest standard error is that of 1.5^2 n^2: 2.25 sqrt(2 / n) = 0.016.
                assert!((row - exact).abs() < 0.064, "{sums:?}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let paths =
            |inputs: Inputs| -> Vec<String> { inputs.problems().into_iter().map(|p| p.path).collect() };
        let list = vec![vec![1.0, 0.0], vec![1.0]];
        assert_eq!(paths(Inputs::Patterns(Patterns { list })), ["patterns.list[1]"]);
        assert_eq!(paths(Inputs::Patterns(Patterns { list: vec![] })), ["patterns.list"]);
        assert_eq!(paths(Inputs::Cloud(Cloud { std: vec![], turned: 0.0 })), ["cloud.std"]);
        assert_eq!(paths(Inputs::Cloud(Cloud { std: vec![1.0], turned: 5.0 })), ["cloud.turned"]);
        assert!(paths(Inputs::Cloud(Cloud { std: vec![1.0, 2.0], turned: 5.0 })).is_empty());
    }
}
