//! Weights handed from one side to another.
//!
//! [`Handed`] says what a scenario asks for, [`balance`] makes activations into rates, and [`Report`] holds against each other
//! what the units of both sides then do.

mod balance;
mod check;
mod hand_over;
mod report;

pub use balance::{balanced, percentile};
pub use check::problems;
pub use hand_over::{Giver, Taken};
pub use report::{Layer, Report};

use duet_units::{Range, choice, parameters};

parameters! {
    /// A side that begins with the weights of another one, as they are when that has learned.
    ///
    /// # Equations
    /// ```text
    /// W' = W v_th lambda_below / lambda      b' = b v_th / lambda        lambda: the activation that is to become one spike per step
    /// ```
    /// # Behaviour
    /// A rectified linear unit and an integrate-and-fire cell do the same sum: the one says it at once, the other spike by spike, at most
    /// one in each step. What is above one spike per step is lost, so weights are scaled by the largest activations of the training
    /// examples (`normalise`). With `reset.subtract` and the input as constant currents nothing else is lost but time: after T
    /// steps a rate is known to 1/T. A layer that cannot be handed over is an error, not a warning.
    ///
    /// From spikes to numbers weights are taken as they are: the artificial side reads a rate of one spike per step as 1.
    ///
    /// # References
    /// - Diehl et al. 2015, IJCNN (weight and threshold balancing); Rueckauer et al. 2017, Front. Neurosci. 11:682 (percentiles, reset by
    ///   subtraction)
    ///
    /// # Example
    /// ```
    /// use duet_harness::compare::transfer::Handed;
    /// let from: Handed = toml::from_str("side = 'backprop'\nnormalise.percentile = 99.9").unwrap();
    /// assert!(from.normalise.is_some() && !from.learn);
    /// ```
    pub struct Handed {
        /// The side that hands over its weights.
        pub side: String;
        /// How its activations are brought below one spike per step; without it weights are taken as they are.
        pub normalise: Option<Balance> = None;
        /// Whether this side goes on to learn from there, by its own rule; otherwise weights stay as they are.
        pub learn: bool = false;
    }
}

parameters! {
    /// Lambda is this percentile of a layer's positive activations.
    ///
    /// # Equations
    /// ```text
    /// lambda = the smallest activation that p % of the layer's positive ones do not exceed, over 1000 training examples
    /// ```
    /// # Behaviour
    /// 100 is the maximum: nothing is lost, but one outlier makes all others slow. 99.9 loses a little of one activation in a thousand
    /// and is several times faster.
    pub value Percentile(f64, in Range::between(50.0, 100.0));
}

choice! {
    /// How activations are brought below one spike per step.
    pub enum Balance: "balance" {
        Percentile(Percentile) = "percentile",
    }
}
