//! What a spike does to its target: one kinetic per file.

mod alpha;
mod alpha_step;
mod ampa;
mod bi_exponential;
mod delta;
mod exponential;
mod gaba_a;
mod gaba_b;
mod nmda;
mod unit;

pub use alpha::Alpha;
pub use alpha_step::second_response;
pub use ampa::Ampa;
pub use bi_exponential::BiExponential;
pub use delta::Delta;
pub use exponential::{Exponential, membrane_response};
pub use gaba_a::GabaA;
pub use gaba_b::GabaB;
pub use nmda::Nmda;
pub use unit::WeightUnit;

use crate::neuron::Receptor;
use duet_units::choice;

/// What a synapse is to the engine; implemented by its parameters.
pub trait Kinetic {
    /// Where its arrivals go and what they set going there.
    fn receptor(&self) -> Receptor;
}

/// One line per synapse: the table from which scenarios, checks, `duet explain`, the book and the engine follow.
macro_rules! synapses {
    ($($synapse:ident = $word:literal),+ $(,)?) => {
        choice! {
            /// What a spike does to its target.
            pub enum Synapse: "synapse" { $($synapse($synapse) = $word),+ }
        }

        impl Synapse {
            /// Where its arrivals go and what they set going there.
            pub fn receptor(&self) -> Receptor {
                match self {
                    $(Self::$synapse(synapse) => synapse.receptor()),+
                }
            }
        }
    };
}

synapses! {
    Delta = "delta",
    Exponential = "exponential",
    Alpha = "alpha",
    BiExponential = "bi_exponential",
    Ampa = "ampa",
    Nmda = "nmda",
    GabaA = "gaba_a",
    GabaB = "gaba_b",
}
