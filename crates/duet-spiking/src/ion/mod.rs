//! Ions on the two sides of a membrane: where batteries come from.

mod ghk;
mod nernst;
mod temperature;

pub use ghk::{ghk_current, ghk_voltage};
pub use nernst::nernst;
pub use temperature::{ABSOLUTE_ZERO, FARADAY, GAS_CONSTANT, q10, thermal_voltage};

use duet_units::{Concentration, Range, parameters};

parameters! {
    /// One kind of ion: its charge, and how much of it there is on each side of a membrane.
    ///
    /// # Behaviour
    /// The side with more of it loses ions until the voltage holds them back: the Nernst potential. Where a membrane lets
    /// several kinds through, none of them gets its way.
    ///
    /// # Example
    /// ```
    /// use duet_spiking::ion::Ion;
    /// use duet_units::{Concentration, Temperature};
    /// let potassium = Ion { valence: 1.0, inside: Concentration::new(400.0), outside: Concentration::new(20.0) };
    /// // 25.2617 mV · ln(20 / 400) = -75.677 mV at 20 °C.
    /// assert!((potassium.reversal(Temperature::new(20.0)) + 75.677_327_3).abs() < 1e-6);
    /// ```
    pub struct Ion {
        /// Charge in elementary charges: 1 for K and Na, 2 for Ca, -1 for Cl.
        pub valence: f64 = 1.0, in Range::between(-4.0, 4.0);
        /// Concentration in the cell.
        pub inside: Concentration, in Range::POSITIVE;
        /// Concentration outside it.
        pub outside: Concentration, in Range::POSITIVE;
    }
}

impl Ion {
    /// The potential in mV at which as much flows in as out.
    pub fn reversal(&self, temperature: duet_units::Temperature) -> f64 {
        nernst(self.valence, self.inside.get(), self.outside.get(), temperature)
    }

    /// Whether the charge is one that an ion can have.
    pub fn has_charge(&self) -> bool {
        self.valence != 0.0 && self.valence.fract() == 0.0
    }
}
