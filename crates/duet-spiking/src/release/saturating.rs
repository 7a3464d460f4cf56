//! A synapse whose channels can all be open: the next spike finds only the closed ones.

use super::Resources;
use duet_kernels::math::exp;
use duet_units::{Range, Time, parameters};

parameters! {
    /// Channels that still stand open cannot open again, so fast trains add less and less.
    ///
    /// # Equations
    /// ```text
    /// stands for    x' = -x/tau_rise + sum of spikes,   s' = -s/tau_decay + alpha x (1 - s)
    /// at a spike:   w (k - (1 - e^-a) s) is released,   s -> s e^-a + k       a = opening · tau_rise = alpha tau_rise
    /// in between:   s' = -s/tau_decay                                         at rest s = 0
    /// k = a · integral from 0 to 1 of y^(-r) e^(-a y) dy,   r = tau_rise/tau_decay
    /// ```
    /// # Behaviour
    /// The first spike opens k of the channels; with the defaults 0.6484. A spike soon after finds few closed ones: the slow
    /// synapses of cells that fire far above 1/tau_decay say little about how fast. The jump is where s of the full equations comes
    /// from, followed back to the spike from long after it: exact for a spike that comes many tau_rise after the last, and with the
    /// defaults off by less than 1e-4 of s up to 100 Hz, 1e-3 at 200 Hz. What it leaves out is the rise itself, so s right after a
    /// spike lies above its peak, at high rates above 1; tau_rise is meant to be short beside tau_decay. For a steady train of interval D a spike finds
    /// ```text
    /// s = k q / (1 - q e^-a)      q = exp(-D/tau_decay)
    /// ```
    /// Give it to a synapse that decays with the same tau_decay: then what is open at the target is w times the sum of all sources' s.
    ///
    /// # References
    /// - Wang 1999, J. Neurosci. 19:9587; Wang 2002, Neuron 36:955 (the full equations, alpha = 0.5/ms)
    /// - NEST, model `iaf_bw_2001`, takes the same kind of jump, affine in s
    ///
    /// # Example
    /// A rise without duration beside the decay, a = 1: k = 1 - 1/e = 0.632121 of all; the next spike at once opens as much of the rest.
    /// ```
    /// use duet_spiking::release::{Resources, Saturating};
    /// use duet_units::Time;
    /// let synapse = Saturating { tau_decay: Time::new(1e12), ..Saturating::default() };
    /// let mut resources = Resources::default();
    /// assert!((synapse.release(&mut resources, None) - 0.632_120_558_8).abs() < 1e-9);
    /// assert!((synapse.release(&mut resources, Some(0.0)) - 0.232_544_157_9).abs() < 1e-9);
    /// ```
    pub default struct Saturating {
        /// a = alpha tau_rise: how often transmitter of one spike would open a channel that it finds closed, on average.
        pub opening: f64 = 1.0, in Range::between(0.001, 100.0);
        /// Time constant with which transmitter goes.
        pub tau_rise: Time = Time::new(2.0), in Range::POSITIVE;
        /// Time constant with which channels close; the synapse's own.
        pub tau_decay: Time = Time::new(100.0), in Range::POSITIVE;
    }
    relations { tau_rise < tau_decay; }
}

impl Saturating {
    /// k: the share of all channels that a spike at rest opens.
    pub fn first(&self) -> f64 {
        let (a, r) = (self.opening, self.tau_rise.get() / self.tau_decay.get());
        // a e^-a (1/(1-r) + a/((1-r)(2-r)) + ...): the incomplete gamma function as a series of positive terms.
        let (mut term, mut sum, mut n) = (a * exp(-a) / (1.0 - r), 0.0, 1.0);
        while term > 1e-17 * sum {
            sum += term;
            n += 1.0;
            term *= a / (n - r);
        }
        sum
    }

    /// What of the weight is passed on at a spike; `since` is the time since the last one in ms, `None` for the first.
    pub fn release(&self, resources: &mut Resources, since: Option<f64>) -> f64 {
        if let Some(since) = since {
            resources.x = 1.0 - (1.0 - resources.x) * exp(-since / self.tau_decay.get());
        }
        let released = self.first() - (1.0 - exp(-self.opening)) * (1.0 - resources.x);
        resources.x -= released;
        released
    }

    /// s, as a spike finds it in the long run of a train of one rate in Hz.
    pub fn steady(&self, rate: f64) -> f64 {
        let kept = exp(-1000.0 / rate / self.tau_decay.get());
        self.first() * kept / (1.0 - kept * exp(-self.opening))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// s of the full equations `after` ms after a train, by the rule of Runge and Kutta in steps of 10 us.
    fn integrated(synapse: &Saturating, interval: f64, spikes: usize, after: f64) -> f64 {
        let (rise, decay) = (synapse.tau_rise.get(), synapse.tau_decay.get());
        let (alpha, h) = (synapse.opening / rise, 0.01);
        let (half, full) = (exp(-0.5 * h / rise), exp(-h / rise));
        let (mut x, mut s) = (0.0, 0.0);
        for spike in 1..=spikes {
            x += 1.0;
            let span = if spike == spikes { after } else { interval };
            for _ in 0..(span / h).round() as usize {
                let slope = |x: f64, s: f64| -s / decay + alpha * x * (1.0 - s);
                let a = slope(x, s);
                let b = slope(x * half, s + 0.5 * h * a);
                let c = slope(x * half, s + 0.5 * h * b);
                let d = slope(x * full, s + h * c);
                s += h / 6.0 * (a + 2.0 * b + 2.0 * c + d);
                x *= full;
            }
        }
        s
    }

    fn followed(synapse: &Saturating, interval: f64, spikes: usize, after: f64) -> f64 {
        let mut resources = Resources::default();
        for spike in 0..spikes {
            synapse.release(&mut resources, (spike > 0).then_some(interval));
        }
        (1.0 - resources.x) * exp(-after / synapse.tau_decay.get())
    }

    #[test]
    fn jumps_lead_to_where_the_equations_lead() {
        for opening in [0.1, 1.0, 5.0] {
            for (tau_rise, tau_decay) in [(2.0, 100.0), (5.0, 20.0)] {
                let (rise, decay) = (Time::new(tau_rise), Time::new(tau_decay));
                let synapse = Saturating { opening, tau_rise: rise, tau_decay: decay };
                // exp(-30) of the transmitter is left at the next spike.
                let (interval, after) = (30.0 * tau_rise, 40.0 * tau_rise);
                for spikes in [1, 2, 6] {
                    let full = integrated(&synapse, interval, spikes, after);
                    let jumps = followed(&synapse, interval, spikes, after);
                    assert!((jumps / full - 1.0).abs() < 1e-8, "{synapse:?} {spikes}: {jumps} {full}");
                }
            }
        }
    }

    /// At 100 Hz transmitter of several spikes adds up a little.
    #[test]
    fn fast_trains_are_near_the_equations() {
        let synapse = Saturating::default();
        let full = integrated(&synapse, 10.0, 30, 20.0);
        let jumps = followed(&synapse, 10.0, 30, 20.0);
        assert!((jumps / full - 1.0).abs() < 1e-4, "{jumps} {full}");
    }

    #[test]
    fn a_long_train_settles_where_the_closed_form_says() {
        let synapse = Saturating::default();
        // The series, summed in another language.
        assert!((synapse.first() - 0.648_416_739_116).abs() < 1e-11);
        for rate in [3.0, 20.0, 100.0] {
            let (mut resources, mut last) = (Resources::default(), 0.0);
            for spike in 0..1000 {
                last = synapse.release(&mut resources, (spike > 0).then_some(1000.0 / rate));
            }
            let found = (1.0 - resources.x) - last;
            assert!((found - synapse.steady(rate)).abs() < 1e-12, "{rate} Hz");
        }
    }
}
