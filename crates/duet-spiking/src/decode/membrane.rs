//! The output's potentials give the answer; its cells do not fire.

use duet_units::parameters;
use serde::{Deserialize, Serialize};

parameters! {
    /// One output cell per class, which adds up what arrives and never fires; the highest potential gives the answer.
    ///
    /// # Equations
    /// ```text
    /// answer = argmax_k v_k(T)        take = "last"
    /// answer = argmax_k mean over the steps t of v_k(t)        take = "mean"
    /// ```
    /// # Behaviour
    /// A score with all its digits: there are no ties, and no cell has to fire before an answer can be given. Of cells without leak
    /// the last potential is the weighted count of all spikes that arrived; of cells that forget, the mean hears the
    /// early ones too. Gradients pass through it without a surrogate.
    ///
    /// # References
    /// - Rueckauer et al. 2017, Front. Neurosci. 11:682; Eshraghian et al. 2023, Proc. IEEE 111:1016, section IV
    ///
    /// # Example
    /// ```
    /// use duet_spiking::decode::Membrane;
    /// // Potentials 1, 2 and 6 at the ends of three steps: the last of them, or their mean.
    /// let score = |take: &str| {
    ///     let decode: Membrane = toml::from_str(take).unwrap();
    ///     let mut scores = [0.0];
    ///     [1.0, 2.0, 6.0].iter().for_each(|&v| decode.see(&mut scores, 3, |_| v));
    ///     scores[0]
    /// };
    /// assert_eq!((score("take = 'last'"), score("take = 'mean'")), (6.0, 3.0));
    /// ```
    pub default struct Membrane {
        /// Which potential counts: the "last" or the "mean" of all steps.
        pub take: Take = Take::Last;
    }
}

/// Which potential counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// That of the last step.
    Last,
    /// The mean of all steps.
    Mean,
}

impl duet_units::Describe for Take {
    fn shape() -> duet_units::Shape {
        duet_units::Shape::Text { allowed: &["last", "mean"] }
    }

    fn show(&self) -> String {
        match self {
            Self::Last => "\"last\"".to_owned(),
            Self::Mean => "\"mean\"".to_owned(),
        }
    }
}

impl Membrane {
    /// Puts the potentials at the end of one of so many steps into the scores, which begin at 0.
    pub fn see(&self, scores: &mut [f64], steps: usize, v: impl Fn(usize) -> f64) {
        for (cell, score) in scores.iter_mut().enumerate() {
            match self.take {
                Take::Last => *score = v(cell),
                Take::Mean => *score += v(cell) / steps as f64,
            }
        }
    }

    /// What an output spike that arrives in step t, from 0, counts in the score if a cell keeps `beta` of its potential, for all steps.
    pub fn counts(&self, beta: f64, steps: usize) -> Vec<f64> {
        let mut counts = vec![0.0; steps];
        let mut left = 0.0;
        for (t, count) in counts.iter_mut().enumerate().rev() {
            left = match self.take {
                Take::Last if t + 1 == steps => 1.0,
                Take::Last => beta * left,
                Take::Mean => 1.0 / steps as f64 + beta * left,
            };
            *count = left;
        }
        counts
    }
}
