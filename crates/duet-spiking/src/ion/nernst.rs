//! The Nernst potential: the battery of one kind of ion.
//!
//! # Equations
//! ```text
//! E = RT/(z F) ln(outside / inside)
//! ```
//! # Behaviour
//! At E the voltage holds back exactly what the difference of concentrations drives. A tenfold difference is worth 58 mV at
//! 20 °C for one charge, half as much for two, and the other sign for a negative one.
//!
//! # References
//! - Nernst 1888, Z. Phys. Chem. 2:613; Hille 2001, Ion Channels of Excitable Membranes, chapter 1

use super::thermal_voltage;
use duet_kernels::math;
use duet_units::Temperature;

/// The potential in mV of an ion of charge `valence` whose concentrations have the ratio `outside / inside`.
///
/// ```
/// use duet_spiking::ion::nernst;
/// use duet_units::Temperature;
/// // Calcium at 37 °C: 26.7267 mV / 2 · ln(2 / 0.0001) = 132.34 mV.
/// assert!((nernst(2.0, 0.0001, 2.0, Temperature::new(37.0)) - 132.343_567_923).abs() < 1e-6);
/// ```
pub fn nernst(valence: f64, inside: f64, outside: f64, temperature: Temperature) -> f64 {
    thermal_voltage(temperature) / valence * math::ln(outside / inside)
}
