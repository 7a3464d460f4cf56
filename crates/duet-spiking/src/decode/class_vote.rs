//! Unlabelled cells vote for the classes that they answered to in training.

use super::OutputSpikes;
use duet_units::parameters;

parameters! {
    /// Every cell votes for each class by how much it answered to that class in training.
    ///
    /// # Equations
    /// ```text
    /// tuning_kc = mean spikes of cell k for class c / sum over classes;    score_c = sum_k n_k tuning_kc
    /// ```
    /// # Behaviour
    /// The only use of labels in an unsupervised network: they name what the cells have found, from responses to
    /// *training* examples. Any number of output cells serves.
    ///
    /// # References
    /// - Diehl & Cook 2015, Front. Comput. Neurosci. 9:99
    ///
    /// # Example
    /// A cell that fired 3 times for class 0 and once for class 1 gives three quarters of its spikes to class 0.
    /// ```
    /// use duet_spiking::decode::{OutputSpikes, Tuning};
    /// let mut tuning = Tuning::new(1, 2);
    /// tuning.add(&[3.0], 0);
    /// tuning.add(&[1.0], 1);
    /// let spikes = OutputSpikes { count: vec![4.0], first: vec![0.0] };
    /// assert_eq!(tuning.scores(&spikes), [3.0, 1.0]);
    /// ```
    pub default struct ClassVote {}
}

/// How every output cell answered to every class in training.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Tuning {
    /// Summed spikes, `sums[cell * classes + class]`.
    sums: Vec<f64>,
    /// Examples seen of every class.
    seen: Vec<f64>,
}

impl Tuning {
    /// Nothing seen yet.
    pub fn new(cells: usize, classes: usize) -> Self {
        Self { sums: vec![0.0; cells * classes], seen: vec![0.0; classes] }
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.seen.len()
    }

    /// Adds the response to one training example.
    pub fn add(&mut self, counts: &[f64], class: u32) {
        let classes = self.seen.len();
        self.seen[class as usize] += 1.0;
        for (cell, count) in counts.iter().enumerate() {
            self.sums[cell * classes + class as usize] += count;
        }
    }

    /// A score per class: the spikes of every cell shared out by its tuning. Cells that never fired do not vote.
    pub fn scores(&self, spikes: &OutputSpikes) -> Vec<f64> {
        let mut scores = vec![0.0; self.seen.len()];
        for (&count, sums) in spikes.count.iter().zip(self.sums.chunks_exact(self.seen.len())) {
            let mean =
                |class: usize| if self.seen[class] > 0.0 { sums[class] / self.seen[class] } else { 0.0 };
            let total: f64 = (0..sums.len()).map(mean).sum();
            if count > 0.0 && total > 0.0 {
                scores
                    .iter_mut()
                    .enumerate()
                    .for_each(|(class, score)| *score += count * mean(class) / total);
            }
        }
        scores
    }
}
