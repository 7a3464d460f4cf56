//! Depression and facilitation of one synapse within a train.

use super::Resources;
use duet_kernels::math::exp;
use duet_units::{Range, Time, parameters};

parameters! {
    /// Every spike uses up part of what the synapse has in store, and makes the next one use more.
    ///
    /// # Equations
    /// ```text
    /// at a spike:   u -> u + U (1 - u),   w u x is released,   x -> x (1 - u)
    /// in between:   du/dt = -u / tau_fac,   dx/dt = (1 - x) / tau_rec        at rest u = 0, x = 1
    /// ```
    /// # Behaviour
    /// The first spike releases U w. With a large U and a slow tau_rec spikes deplete the store: at high rates the release goes as 1/rate,
    /// so the synapse tells changes of the rate, not the rate. With a small U and a slow tau_fac they come to
    /// release more and more: a synapse that waits for bursts. tau_fac = 0 means no facilitation, u = U at every spike. For a
    /// steady train of interval D
    /// ```text
    /// u = U / (1 - (1 - U) exp(-D/tau_fac))      x = (1 - exp(-D/tau_rec)) / (1 - (1 - u) exp(-D/tau_rec))
    /// ```
    /// The state belongs to the sending cell and is carried from spike to spike, exactly for any dt. Rules of lasting plasticity see
    /// the spikes and the weight w, not what was released.
    ///
    /// # References
    /// - Tsodyks & Markram 1997, PNAS 94:719; Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10:821
    /// - Markram, Wang & Tsodyks 1998, PNAS 95:5323 (facilitation)
    ///
    /// # Example
    /// U = 0.5, tau_rec = 800 ms: the first spike releases 0.5 and leaves x = 0.5. 50 ms later x = 1 - 0.5 exp(-1/16) = 0.5303, so
    /// 0.2651 are released.
    /// ```
    /// use duet_spiking::release::{Resources, TsodyksMarkram};
    /// let (synapse, mut resources) = (TsodyksMarkram::default(), Resources::default());
    /// assert_eq!(synapse.release(&mut resources, None), 0.5);
    /// assert!((synapse.release(&mut resources, Some(50.0)) - 0.265_146_734_297).abs() < 1e-12);
    /// ```
    pub default struct TsodyksMarkram {
        /// U: what a spike at rest uses of the store.
        pub utilization: f64 = 0.5, in Range::UNIT;
        /// Time constant of recovery from depression.
        pub tau_rec: Time = Time::new(800.0), in Range::POSITIVE;
        /// Time constant with which facilitation is forgotten; 0 for none.
        pub tau_fac: Time = Time::new(0.0), in Range::NON_NEGATIVE;
    }
}

impl TsodyksMarkram {
    /// What of the weight is passed on at a spike, u x; `since` is the time since the last one in ms, `None` for the first.
    pub fn release(&self, resources: &mut Resources, since: Option<f64>) -> f64 {
        if let Some(since) = since {
            let facilitated = self.tau_fac.get() > 0.0;
            resources.u = if facilitated { resources.u * exp(-since / self.tau_fac.get()) } else { 0.0 };
            resources.x = 1.0 - (1.0 - resources.x) * exp(-since / self.tau_rec.get());
        }
        resources.u += self.utilization * (1.0 - resources.u);
        let released = resources.u * resources.x;
        resources.x -= released;
        released
    }

    /// u and x, as a spike finds and uses them, in the long run of a train of one rate in Hz.
    pub fn steady(&self, rate: f64) -> Resources {
        let interval = 1000.0 / rate;
        let facilitated = self.tau_fac.get() > 0.0;
        let kept = if facilitated { exp(-interval / self.tau_fac.get()) } else { 0.0 };
        let u = self.utilization / (1.0 - (1.0 - self.utilization) * kept);
        let lacking = exp(-interval / self.tau_rec.get());
        Resources { u, x: (1.0 - lacking) / (1.0 - (1.0 - u) * lacking) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn synapse(utilization: f64, tau_rec: f64, tau_fac: f64) -> TsodyksMarkram {
        TsodyksMarkram { utilization, tau_rec: Time::new(tau_rec), tau_fac: Time::new(tau_fac) }
    }

    #[test]
    fn a_long_train_settles_where_the_closed_form_says() {
        for (synapse, rate) in [
            (synapse(0.5, 800.0, 0.0), 20.0),
            (synapse(0.05, 130.0, 1000.0), 20.0),
            (synapse(0.67, 450.0, 20.0), 100.0),
        ] {
            let mut resources = Resources::default();
            let mut last = synapse.release(&mut resources, None);
            for _ in 0..1000 {
                last = synapse.release(&mut resources, Some(1000.0 / rate));
            }
            let steady = synapse.steady(rate);
            assert!((last - steady.u * steady.x).abs() < 1e-12, "{synapse:?}");
            assert!((resources.u - steady.u).abs() < 1e-12);
        }
    }

    #[test]
    fn facilitation_is_the_course_of_the_literature() {
        // Scenario S21: 0.050, 0.206 at the tenth spike, 0.246 in the end.
        let (synapse, mut resources) = (synapse(0.05, 130.0, 1000.0), Resources::default());
        assert_eq!(synapse.release(&mut resources, None), 0.05);
        let train: Vec<f64> = (2..=10).map(|_| synapse.release(&mut resources, Some(50.0))).collect();
        assert!((train[8] - 0.206).abs() < 5e-4, "{train:?}");
        let steady = synapse.steady(20.0);
        assert!((steady.u * steady.x - 0.246).abs() < 5e-4);
    }

    #[test]
    fn a_long_pause_restores_everything() {
        let (synapse, mut resources) = (synapse(0.5, 800.0, 50.0), Resources::default());
        let first = synapse.release(&mut resources, None);
        assert!((synapse.release(&mut resources, Some(1e6)) - first).abs() < 1e-15);
    }
}
