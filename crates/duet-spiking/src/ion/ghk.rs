//! Goldman, Hodgkin and Katz: a membrane that lets several kinds of ions through.
//!
//! # Equations
//! ```text
//! I_S = P z F u (inside - outside exp(-u)) / (1 - exp(-u))                u = z V F/RT        one kind of ion
//! V_m: sum of all I_S = 0
//! V_m = RT/F ln[(sum P+ outside+ + sum P- inside-) / (sum P+ inside+ + sum P- outside-)]      single charges only
//! ```
//! # Behaviour
//! V_m lies between the Nernst potentials, nearest to that of the ion that passes most easily. A resting axon is a potassium
//! battery with a small leak for sodium; at the peak of a spike sodium passes best, and V_m goes where E_Na is. The current
//! bends where Ohm's does not: ions flow more easily from the side where there are more of them.
//!
//! The quotient 0/0 at V = 0 is removed: with B(u) = u / (exp(u) - 1), which is smooth, I_S = P z F (inside B(-u) - outside B(u)).
//!
//! # References
//! - Goldman 1943, J. Gen. Physiol. 27:37; Hodgkin & Katz 1949, J. Physiol. 108:37
//! - Hille 2001, Ion Channels of Excitable Membranes, chapter 14

use super::{FARADAY, Ion, thermal_voltage};
use duet_kernels::math;
use duet_units::{Permeability, Temperature};

/// The current density in uA/cm2 that one kind of ion carries outwards at `v` mV.
///
/// ```
/// use duet_spiking::ion::{Ion, ghk_current};
/// use duet_units::{Concentration, Permeability, Temperature};
/// let calcium = Ion { valence: 2.0, inside: Concentration::new(0.0001), outside: Concentration::new(2.0) };
/// // At V = 0 only the difference counts: P z F (inside - outside) = 1e-4 cm/s · 2 F · (0.0001 - 2) mM = -38.59 uA/cm2.
/// let i = ghk_current(&calcium, Permeability::new(1e-4), 0.0, Temperature::new(37.0));
/// assert!((i + 38.592_203_141_4).abs() < 1e-8);
/// ```
pub fn ghk_current(ion: &Ion, permeability: Permeability, v: f64, temperature: Temperature) -> f64 {
    let u = ion.valence * v / thermal_voltage(temperature);
    // 1 mM = 1e-6 mol/cm3, and 1 A = 1e6 uA.
    permeability.get()
        * ion.valence
        * FARADAY
        * (ion.inside.get() / math::exprel(-u) - ion.outside.get() / math::exprel(u))
}

/// The potential in mV at which the currents of all ions cancel, from relative permeabilities; `None` where nothing passes.
///
/// ```
/// use duet_spiking::ion::{Ion, ghk_voltage};
/// use duet_units::{Concentration, Temperature};
/// let ion = |inside, outside| Ion { valence: 1.0, inside: Concentration::new(inside), outside: Concentration::new(outside) };
/// // Potassium and a twentieth of sodium: 26.7267 mV · ln((5 + 0.05 · 145) / (140 + 0.05 · 12)) = -65.224 mV.
/// let v = ghk_voltage(&[(&ion(140.0, 5.0), 1.0), (&ion(12.0, 145.0), 0.05)], Temperature::new(37.0)).unwrap();
/// assert!((v + 65.223_553).abs() < 1e-6);
/// ```
pub fn ghk_voltage(ions: &[(&Ion, f64)], temperature: Temperature) -> Option<f64> {
    let passing = || ions.iter().filter(|(_, permeability)| *permeability > 0.0);
    if passing().all(|(ion, _)| ion.valence.abs() == 1.0) {
        let (mut over, mut under) = (0.0, 0.0);
        for (ion, permeability) in passing() {
            let (inside, outside) = (permeability * ion.inside.get(), permeability * ion.outside.get());
            over += if ion.valence > 0.0 { outside } else { inside };
            under += if ion.valence > 0.0 { inside } else { outside };
        }
        let v = thermal_voltage(temperature) * math::ln(over / under);
        return v.is_finite().then_some(v);
    }
    // Each current rises with V, so their sum has one zero, between the outermost Nernst potentials.
    let total = |v: f64| -> f64 {
        passing().map(|&(ion, p)| ghk_current(ion, Permeability::new(p), v, temperature)).sum()
    };
    let reversals = || passing().map(|(ion, _)| ion.reversal(temperature));
    let (mut low, mut high) =
        (reversals().fold(f64::INFINITY, f64::min), reversals().fold(f64::NEG_INFINITY, f64::max));
    while low.is_finite() && high.is_finite() {
        let middle = low.midpoint(high);
        if middle <= low || middle >= high {
            return Some(middle);
        }
        if total(middle) < 0.0 { low = middle } else { high = middle }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_units::Concentration;

    fn ion(valence: f64, inside: f64, outside: f64) -> Ion {
        Ion { valence, inside: Concentration::new(inside), outside: Concentration::new(outside) }
    }

    const WARM: Temperature = Temperature::new(37.0);

    #[test]
    fn the_current_is_smooth_through_zero_and_zero_at_the_nernst_potential() {
        let calcium = ion(2.0, 0.0001, 2.0);
        let current = |v: f64| ghk_current(&calcium, Permeability::new(1e-4), v, WARM);
        // On a line through v = 0 to second order: the curvature leaves 1e-7 of the value at 1e-3 mV.
        for h in [1e-3, 1e-6, 1e-9, 1e-12] {
            let middle = 0.5 * (current(h) + current(-h));
            assert!((middle / current(0.0) - 1.0).abs() < 1e-9, "{h}: {middle}");
        }
        let reversal = calcium.reversal(WARM);
        assert!(current(reversal).abs() < 1e-12 * current(0.0).abs());
        assert!(current(reversal - 1.0) < 0.0 && current(reversal + 1.0) > 0.0);
    }

    #[test]
    fn far_from_zero_one_direction_is_ohmic() {
        // Only what flows from the inside is left, in proportion to V: P z F inside u.
        let potassium = ion(1.0, 140.0, 5.0);
        let slope = ghk_current(&potassium, Permeability::new(1e-6), 1e6, WARM) / 1e6;
        assert!((slope / (1e-6 * FARADAY * 140.0 / thermal_voltage(WARM)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_closed_form_is_the_zero_of_the_currents() {
        let (k, na, cl) = (ion(1.0, 140.0, 5.0), ion(1.0, 12.0, 145.0), ion(-1.0, 10.0, 110.0));
        let closed = ghk_voltage(&[(&k, 1.0), (&na, 0.05), (&cl, 0.45)], WARM).unwrap();
        // A trace of a double charge forces the search; as it vanishes so does its effect.
        let calcium = ion(2.0, 0.0001, 2.0);
        let searched = ghk_voltage(&[(&k, 1.0), (&na, 0.05), (&cl, 0.45), (&calcium, 1e-12)], WARM).unwrap();
        assert!((closed - searched).abs() < 1e-9, "{closed} {searched}");
        let more = ghk_voltage(&[(&k, 1.0), (&calcium, 1.0)], WARM).unwrap();
        let net = ghk_current(&k, Permeability::new(1.0), more, WARM)
            + ghk_current(&calcium, Permeability::new(1.0), more, WARM);
        assert!(net.abs() < 1e-6 * ghk_current(&k, Permeability::new(1.0), more, WARM).abs());
    }

    #[test]
    fn one_ion_alone_gives_its_nernst_potential() {
        for lone in [ion(1.0, 140.0, 5.0), ion(-1.0, 10.0, 110.0), ion(2.0, 0.0001, 2.0)] {
            let v = ghk_voltage(&[(&lone, 0.3)], WARM).unwrap();
            assert!((v - lone.reversal(WARM)).abs() < 1e-12, "{v}");
        }
        assert_eq!(ghk_voltage(&[(&ion(1.0, 140.0, 5.0), 0.0)], WARM), None);
        assert_eq!(ghk_voltage(&[], WARM), None);
    }
}
