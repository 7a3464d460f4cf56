//! What one unit of dimensionless network weight means for a spiking side.

use super::Synapse;
use duet_units::{Current, Describe, Shape, Voltage};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One unit of network weight as a physical quantity: a current for synapses with kinetics, a voltage for delta synapses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WeightUnit {
    /// For delta synapses, in mV.
    Voltage(Voltage),
    /// For current-based synapses, in pA.
    Current(Current),
}

impl WeightUnit {
    /// The value in the internal unit (mV or pA).
    pub fn get(self) -> f64 {
        match self {
            Self::Voltage(voltage) => voltage.get(),
            Self::Current(current) => current.get(),
        }
    }

    /// Whether a synapse of this kind takes weights in this unit.
    pub fn suits(self, synapse: &Synapse) -> bool {
        matches!(
            (self, synapse),
            (Self::Voltage(_), Synapse::Delta(_)) | (Self::Current(_), Synapse::Exponential(_))
        )
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
        if let Ok(voltage) = text.parse() {
            return Ok(Self::Voltage(voltage));
        }
        text.parse().map(Self::Current).map_err(serde::de::Error::custom)
    }
}

impl Describe for WeightUnit {
    fn shape() -> Shape {
        Shape::Either(vec![Current::shape(), Voltage::shape()])
    }

    fn show(&self) -> String {
        match self {
            Self::Voltage(voltage) => voltage.show(),
            Self::Current(current) => current.show(),
        }
    }

    fn numbers(&self) -> Vec<f64> {
        vec![self.get()]
    }
}
