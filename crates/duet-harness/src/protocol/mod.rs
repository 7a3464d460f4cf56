//! What is done with every side: one protocol per file.

pub mod learn;

pub use learn::Learn;

use duet_units::choice;

choice! {
    /// What is done with every side.
    pub enum Protocol: "protocol" {
        Learn(Learn) = "learn",
    }
}
