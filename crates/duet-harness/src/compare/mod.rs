//! What sides are held against each other by.

pub mod energy;
