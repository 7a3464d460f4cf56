//! What lies between sides: weights handed over, and prices.

pub mod energy;
pub mod transfer;
