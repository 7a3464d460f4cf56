//! What heat does: the thermal voltage of ions, and the speed of gates.
//!
//! # Equations
//! ```text
//! RT/F = R (T + 273.15) / F                      25.26 mV at 20 °C
//! phi  = q10^((T - T_0) / 10 K)                  how much faster a reaction runs at T than at T_0
//! ```
//! # References
//! - CODATA 2018 (R and F are exact since the SI of 2019; R is given to its ten digits)
//! - Hodgkin & Huxley 1952, J. Physiol. 117:500 (q10 = 3)

use duet_kernels::math;
use duet_units::Temperature;

/// The gas constant in J / (mol K).
pub const GAS_CONSTANT: f64 = 8.314_462_618;
/// The charge of one mole of elementary charges in C / mol.
pub const FARADAY: f64 = 96_485.332_12;
/// 0 K in degrees Celsius: every temperature lies above it.
pub const ABSOLUTE_ZERO: f64 = -273.15;

/// RT/F in mV: the voltage that thermal motion is worth.
///
/// ```
/// use duet_spiking::ion::thermal_voltage;
/// use duet_units::Temperature;
/// // 8.314462618 · 293.15 / 96485.33212 V
/// assert!((thermal_voltage(Temperature::new(20.0)) - 25.261_712_458_4).abs() < 1e-9);
/// ```
pub fn thermal_voltage(temperature: Temperature) -> f64 {
    1000.0 * GAS_CONSTANT * (temperature.get() - ABSOLUTE_ZERO) / FARADAY
}

/// How many times faster a reaction runs than at its reference temperature.
///
/// ```
/// use duet_spiking::ion::q10;
/// use duet_units::Temperature;
/// let faster = q10(3.0, Temperature::new(16.3), Temperature::new(6.3));
/// assert!((faster - 3.0).abs() < 1e-12);
/// ```
pub fn q10(factor: f64, temperature: Temperature, reference: Temperature) -> f64 {
    math::pow(factor, (temperature.get() - reference.get()) / 10.0)
}
