//! How long a spike travels from the soma to the synapse.

use duet_random::Stream;
use duet_units::{Range, Time, choice, parameters};
use serde::{Deserialize, Serialize};

parameters! {
    /// Every synapse has the same delay.
    pub value ConstantDelay(Time, in Range::POSITIVE);
}

parameters! {
    /// Delays spread evenly over an interval.
    pub struct UniformDelay {
        /// Shortest delay.
        pub low: Time, in Range::POSITIVE;
        /// Longest delay.
        pub high: Time, in Range::POSITIVE;
    }
    relations { low <= high; }
}

parameters! {
    /// Normally distributed delays; a draw below `low` counts as `low`.
    pub struct NormalDelay {
        /// Mean delay.
        pub mean: Time, in Range::POSITIVE;
        /// Standard deviation.
        pub std: Time, in Range::NON_NEGATIVE;
        /// Shortest delay.
        pub low: Time = Time::new(0.1), in Range::POSITIVE;
    }
    relations { low <= mean; }
}

choice! {
    /// How long a spike travels from the soma to the synapse.
    pub enum Delay: "delay" {
        Constant(ConstantDelay) = "constant",
        Uniform(UniformDelay) = "uniform",
        Normal(NormalDelay) = "normal",
    }
}

impl Delay {
    /// The delay in ms, if it is the same for all.
    pub fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(delay) => Some(delay.0.get()),
            _ => None,
        }
    }

    /// Draws one delay, in ms.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Constant(delay) => delay.0.get(),
            Self::Uniform(delay) => stream.uniform_in(delay.low.get(), delay.high.get()),
            Self::Normal(delay) => {
                (delay.mean.get() + delay.std.get() * stream.normal()).max(delay.low.get())
            }
        }
    }

    /// As many calls of [`Delay::sample`] as `delays` is long, the same numbers.
    pub fn sample_all(&self, stream: &mut Stream, delays: &mut [f64]) {
        match self {
            Self::Constant(_) => delays.iter_mut().for_each(|delay| *delay = self.sample(stream)),
            Self::Uniform(uniform) => stream.fill_uniform_in(uniform.low.get(), uniform.high.get(), delays),
            Self::Normal(normal) => {
                stream.fill_normal(delays);
                let (mean, std, low) = (normal.mean.get(), normal.std.get(), normal.low.get());
                delays.iter_mut().for_each(|delay| *delay = (mean + std * *delay).max(low));
            }
        }
    }
}

/// Realised delays, in ms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Delays {
    /// The same for every synapse.
    Constant(f64),
    /// One per synapse, in the order of the weights.
    PerSynapse(Vec<f64>),
}
