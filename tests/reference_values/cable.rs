//! Neurites: passive ones in closed form and in compartments, and the squid's axon.

use super::entry::{Entry, Params};
use super::figure::{Check, Model, Trouble, double};
use super::squid::membrane;
use duet_spiking::cable::{
    Electrotonic, End, Fibre, FibreMembrane, Front, Neurite, Passive, equivalent_diameter,
};
use duet_units::{AreaResistance, CapacitanceDensity, Length, Resistivity};

fn fibre(cable: &Electrotonic, length: f64, dx: f64) -> Fibre {
    Fibre {
        length: Length::new(length),
        diameter: Length::new(cable.diameter),
        r_i: Resistivity::new(cable.r_i),
        membrane: FibreMembrane::Passive(Passive {
            r_m: AreaResistance::new(cable.r_m),
            c_m: CapacitanceDensity::new(cable.c_m),
            ..Passive::default()
        }),
        myelin: None,
        end: End::Sealed,
        dx: Some(Length::new(dx)),
    }
}

/// The largest difference between compartments and closed form along a sealed cable, as a share of V(0).
fn error_of_compartments(cable: &Electrotonic, length: f64, dx: f64) -> f64 {
    let fibre = fibre(cable, length, dx);
    let mut neurite = Neurite::new(&fibre);
    neurite.settle(0.1);
    let v0 = 0.1 * cable.resistance(length, End::Sealed);
    let off = neurite.x().iter().zip(neurite.v()).map(|(&x, &v)| {
        let closed = fibre.rest() + v0 * cable.profile(x, Some((length, End::Sealed)));
        ((v - closed) / v0).abs()
    });
    off.fold(0.0, f64::max)
}

/// `cable`: the closed forms; the solver in compartments comes to them as the tolerance's note says.
pub fn passive(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let cable = Electrotonic {
        diameter: params.number("d_um")?,
        r_m: params.number("Rm_Ohm_cm2")?,
        r_i: params.number("Ri_Ohm_cm")?,
        c_m: params.number("Cm_uF_cm2")?,
    };
    let length = params.optional::<f64>("L_um")?;
    let model = Model::new(move |key| {
        let lambda = cable.length_constant();
        let long = || length.ok_or_else(|| Trouble::parameter("L_um"));
        let sealed = |x: f64| Ok(cable.profile(x, Some((long()?, End::Sealed))));
        let killed = |x: f64| Ok(cable.profile(x, Some((long()?, End::Killed))));
        let at = key.text.split_once('@').map(|(_, at)| at.trim());
        let place = match at {
            Some(at) => match (at.strip_suffix("lambda"), at.strip_suffix("um")) {
                (Some(number), _) => number.trim().parse::<f64>().ok().map(|x| x * lambda),
                (_, Some(number)) => number.trim().parse().ok(),
                _ => None,
            },
            None => None,
        };
        let alternating = || {
            let hertz = key.bare().strip_prefix("lambda_AC_")?.strip_suffix("Hz_um")?;
            hertz.parse::<f64>().ok()
        };
        match (key.bare(), key.name.as_str(), place) {
            ("lambda_um", ..) => double(lambda),
            ("tau_m_ms", ..) => double(cable.time_constant()),
            ("electrotonic_length", ..) => double(long()? / lambda),
            ("Rin_semi_infinite_MOhm", ..) => double(cable.resistance_semi_infinite()),
            ("Rin_infinite_MOhm", ..) => double(cable.resistance_infinite()),
            ("Rin_sealed_end_MOhm", ..) => double(cable.resistance(long()?, End::Sealed)),
            ("Rin_killed_end_MOhm", ..) => double(cable.resistance(long()?, End::Killed)),
            ("V_ratio_sealed_end_at_L", ..) => double(sealed(long()?)?),
            (_, "V_ratio_sealed_end", Some(x)) => double(sealed(x)?),
            (_, "V_ratio_killed_end", Some(x)) => double(killed(x)?),
            (_, "V_ratio_infinite", Some(x)) => double(cable.profile(x, None)),
            _ => double(cable.length_constant_at(alternating().ok_or_else(|| Trouble::key(key))?)),
        }
    });
    Ok(model.with_checks(move || {
        let Some(length) = length else { return Ok(Vec::new()) };
        // Whole pieces on both grids, so that one is twice as fine as the other.
        let pieces = (length / (cable.length_constant() / 50.0)).ceil();
        let error = |pieces: f64| error_of_compartments(&cable, length, length / pieces);
        let (coarse, fine) = (error(pieces), error(2.0 * pieces));
        Ok(vec![
            Check::new("V(x) of compartments of lambda/50, within 0.5 %", coarse / 0.005),
            Check::new("second order in dx", (coarse / fine - 4.0).abs() / 0.2),
        ])
    }))
}

/// `cable.rall32`: the parent that is matched to its daughters.
pub fn three_halves(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let daughters = entry.params.list("d_daughters_um")?;
    Ok(Model::new(move |key| match key.bare() {
        "d_parent_um" => double(equivalent_diameter(&daughters)),
        _ => Err(Trouble::key(key)),
    }))
}

/// An axon long enough to run evenly, as fine as the tolerance's note asks.
fn axon(params: &Params, radius: f64) -> Result<Fibre, Trouble> {
    let squid = membrane(params)?;
    let fibre = Fibre {
        length: Length::new(1.0),
        diameter: Length::new(2.0 * radius),
        r_i: Resistivity::new(params.number("Ri_Ohm_cm")?),
        membrane: FibreMembrane::HodgkinHuxley(squid),
        myelin: None,
        end: End::Sealed,
        dx: None,
    };
    let lambda = fibre.electrotonic().length_constant();
    Ok(Fibre {
        length: Length::new(8.0 * lambda),
        dx: Some(Length::new((lambda / 70.0).min(100.0))),
        ..fibre
    })
}

fn velocity(fibre: &Fibre) -> Result<f64, Trouble> {
    let front = Front::of(fibre, 0.005, 60.0, 0.5, 60.0).map_err(Trouble::refused)?;
    front.velocity().ok_or_else(|| Trouble::refused("the spike does not come through"))
}

/// `hh.axon`: conduction velocity, against the entry's own solver and the figure of 1952.
pub fn squid_axon(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let own = velocity(&axon(params, params.number("a_um")?)?)?;
    Ok(Model::new(move |key| {
        let other = key.bare().strip_prefix("ratio_to_").and_then(|rest| rest.strip_suffix("um"));
        match (key.bare(), other.and_then(|radius| radius.parse::<f64>().ok())) {
            ("velocity_m_s" | "velocity_HH1952_m_s", _) => double(own),
            (_, Some(radius)) => double(own / velocity(&axon(params, radius)?)?),
            _ => Err(Trouble::key(key)),
        }
    }))
}
