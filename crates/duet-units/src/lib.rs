//! Physical quantities that parse and print with their unit, and the words that describe every parameter.
//!
//! A scenario is written in the units of the field (`"20 ms"`, `"-65 mV"`, `"0.5 nA"`), while the engines compute in
//! one coherent system in which no conversion factor ever appears:
//!
//! | time | voltage | current | conductance | capacitance | resistance | rate |
//! |---|---|---|---|---|---|---|
//! | ms | mV | pA | nS | pF | `MOhm` | Hz |
//!
//! because mV · nS = pA and pA · ms / pF = mV. (One exception is worth knowing: pA · `MOhm` = 10⁻³ mV, so a resistance
//! enters as `tau_m / c_m`, which is in mV / pA.)
//!
//! A membrane per area is as coherent: mV · mS/cm² = uA/cm² and uA/cm² · ms / (uF/cm²) = mV. Ions and cables add mM, um,
//! Ohm cm, Ohm cm², degC, m/s and cm/s.
//!
//! The second half of the crate is [`Describe`]: every table of a scenario is declared once with [`parameters!`] or
//! [`choice!`], and from that one declaration follow the parser, the range checks, the defaults, `duet explain`, the
//! JSON schema and the book's reference pages.
//!
//! ```
//! use duet_units::{Range, Time, Voltage, parameters};
//!
//! parameters! {
//!     /// A membrane that forgets.
//!     pub default struct Leak {
//!         /// Membrane time constant.
//!         pub tau_m: Time = Time::new(20.0), in Range::POSITIVE;
//!         /// Resting potential.
//!         pub e_l: Voltage = Voltage::new(-65.0);
//!     }
//! }
//! let leak: Leak = toml::from_str("tau_m = '0.01 s'").unwrap();
//! assert_eq!(leak.tau_m.get(), 10.0); // milliseconds
//! assert!(toml::from_str::<Leak>("tau_m = '-1 ms'").is_err());
//! ```
#![forbid(unsafe_code)]

mod choice;
mod describe;
mod dimension;
mod error;
mod parameters;
mod quantity;
mod range;

pub use describe::{Describe, Entry, Field, Page, Problem, Relation, Shape};
pub use dimension::{DimensionTable, Unit};
pub use error::UnitError;
pub use quantity::{
    AreaResistance, Capacitance, CapacitanceDensity, Concentration, Conductance, ConductanceDensity, Current,
    CurrentDensity, Dimension, Frequency, Length, Permeability, Quantity, Resistance, Resistivity,
    Temperature, Time, Velocity, Voltage, dimension_of,
};
pub use range::Range;

/// What the macros of this crate need at the place where they are used. Not for direct use.
#[doc(hidden)]
pub mod hidden {
    pub use crate::parameters::check_range;
    pub use serde;
}
