//! A spike for every change.

use super::SpikeTrain;
use crate::decode::OutputSpikes;
use duet_units::{Range, parameters};

parameters! {
    /// A cell fires whenever its value has risen by a certain amount, and is silent while nothing changes.
    ///
    /// # Equations
    /// ```text
    /// level_0 = 0;   in each step, while value - level >= change:  one spike, level += change
    /// read back:  value = (n + 1/2) change
    /// ```
    /// # Behaviour
    /// An example is constant, so all of its change lies at its onset, where the value rises from 0: floor(value / change)
    /// spikes in a row, one per step, then silence for as long as it stays. The cost does not grow with time, and neither
    /// does the precision: half a `change` at most is lost. Event cameras and delta modulators send like this.
    ///
    /// # References
    /// - Lichtsteiner, Posch & Delbruck 2008, IEEE J. Solid-State Circuits 43:566 (event camera)
    ///
    /// # Example
    /// A value of 0.35 passes 0.1, 0.2 and 0.3.
    /// ```
    /// use duet_random::Key;
    /// use duet_spiking::encode::{Delta, Encode, SpikeTrain};
    /// let mut train = SpikeTrain::default();
    /// let encode = Encode::Delta(Delta { change: 0.1 });
    /// encode.encode(&[0.35, 0.0], 1.0, 50, &mut Key::new(1).stream("doc", 0), &mut train);
    /// assert_eq!((train.len(), train.at(0), train.at(2), train.at(3).len()), (3, &[0][..], &[0][..], 0));
    /// ```
    pub default struct Delta {
        /// Change of value that one spike stands for.
        pub change: f64 = 0.05, in Range::between(1e-4, 1.0);
    }
}

impl Delta {
    pub(super) fn encode(&self, values: &[f32], steps: usize, train: &mut SpikeTrain) {
        // A millionth of a change is the noise of decimal fractions.
        let spikes = |&value: &f32| (f64::from(value) / self.change + 1e-6) as usize;
        let spikes: Vec<usize> = values.iter().map(spikes).collect();
        train.begin();
        for step in 0..steps {
            let firing = spikes.iter().enumerate().filter(|&(_, &spikes)| step < spikes);
            train.cells.extend(firing.map(|(cell, _)| cell as u32));
            train.end_step();
        }
    }

    pub(super) fn read_back(&self, spikes: &OutputSpikes) -> Vec<f64> {
        spikes.count.iter().map(|count| (count + 0.5) * self.change).collect()
    }
}
