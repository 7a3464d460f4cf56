//! How a spiking side learns as a whole, beyond what its synapses do by themselves.

use crate::diehl_cook::DiehlCook;
use crate::gradient::SurrogateDescent;
use duet_units::choice;

choice! {
    /// How a spiking side learns as a whole, beyond what its synapses do by themselves.
    pub enum Credit: "credit" {
        Surrogate(SurrogateDescent) = "surrogate",
        DiehlCook(DiehlCook) = "diehl_cook",
    }
}
