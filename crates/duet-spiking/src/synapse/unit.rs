//! What one unit of dimensionless network weight means for a spiking side.

use crate::neuron::{InputUnit, Receptor};
use duet_units::{Conductance, ConductanceDensity, Current, CurrentDensity, Describe, Shape, Voltage};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One unit of network weight as a physical quantity: a voltage for delta synapses, a current or a conductance for
/// synapses with kinetics, per membrane area where the target's model counts so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WeightUnit {
    /// For delta synapses, in mV.
    Voltage(Voltage),
    /// For current-based synapses, in pA.
    Current(Current),
    /// For synapses that open channels, in nS.
    Conductance(Conductance),
    /// For current-based synapses on models per area, in uA/cm2.
    CurrentDensity(CurrentDensity),
    /// For synapses that open channels, on models per area, in mS/cm2.
    ConductanceDensity(ConductanceDensity),
}

impl WeightUnit {
    /// The value in the internal unit (mV, pA, nS, uA/cm2, mS/cm2).
    pub fn get(self) -> f64 {
        match self {
            Self::Voltage(voltage) => voltage.get(),
            Self::Current(current) => current.get(),
            Self::Conductance(conductance) => conductance.get(),
            Self::CurrentDensity(density) => density.get(),
            Self::ConductanceDensity(density) => density.get(),
        }
    }

    /// Whether synapses with this receptor on cells that take this input have weights in this unit.
    pub fn suits(self, receptor: &Receptor, input: InputUnit) -> bool {
        match self {
            Self::Voltage(_) => matches!(receptor, Receptor::Delta),
            Self::Current(_) => matches!(receptor, Receptor::Current(_)) && input == InputUnit::Current,
            Self::Conductance(_) => {
                matches!(receptor, Receptor::Conductance { .. } | Receptor::Gap)
                    && input == InputUnit::Current
            }
            Self::CurrentDensity(_) => {
                matches!(receptor, Receptor::Current(_)) && input == InputUnit::Density
            }
            Self::ConductanceDensity(_) => {
                matches!(receptor, Receptor::Conductance { .. } | Receptor::Gap)
                    && input == InputUnit::Density
            }
        }
    }

    /// The unit that such synapses take, in words.
    pub fn wanted(receptor: &Receptor, input: InputUnit) -> &'static str {
        match (receptor, input) {
            (_, InputUnit::Number) => "plain numbers (leave it out)",
            (Receptor::Delta, _) => "a voltage (mV)",
            (Receptor::Current(_), InputUnit::Current) => "a current (pA)",
            (Receptor::Current(_), InputUnit::Density) => "a current density (uA/cm2)",
            (Receptor::Conductance { .. } | Receptor::Gap, InputUnit::Current) => "a conductance (nS)",
            (Receptor::Conductance { .. } | Receptor::Gap, InputUnit::Density) => {
                "a conductance density (mS/cm2)"
            }
        }
    }
}

impl Serialize for WeightUnit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.show())
    }
}

impl<'de> Deserialize<'de> for WeightUnit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = text.parse().map(Self::Voltage).ok();
        let known = known.or_else(|| text.parse().map(Self::Conductance).ok());
        let known = known.or_else(|| text.parse().map(Self::CurrentDensity).ok());
        let known = known.or_else(|| text.parse().map(Self::ConductanceDensity).ok());
        // The last one's words stand for all: a current is what most scenarios mean.
        known.map_or_else(|| text.parse().map(Self::Current).map_err(serde::de::Error::custom), Ok)
    }
}

impl Describe for WeightUnit {
    fn shape() -> Shape {
        Shape::Either(vec![
            Current::shape(),
            Voltage::shape(),
            Conductance::shape(),
            CurrentDensity::shape(),
            ConductanceDensity::shape(),
        ])
    }

    fn show(&self) -> String {
        match self {
            Self::Voltage(voltage) => voltage.show(),
            Self::Current(current) => current.show(),
            Self::Conductance(conductance) => conductance.show(),
            Self::CurrentDensity(density) => density.show(),
            Self::ConductanceDensity(density) => density.show(),
        }
    }

    fn numbers(&self) -> Vec<f64> {
        vec![self.get()]
    }
}
