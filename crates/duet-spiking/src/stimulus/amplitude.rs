//! How strong a stimulus is, in the unit of the model that it acts on.

use crate::neuron::InputUnit;
use duet_units::{Current, CurrentDensity, Describe, Range, Shape};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// How strong a stimulus is: a current into a cell, a current through a piece of membrane, or a number for models without
/// units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amplitude {
    /// Into a cell, in pA.
    Current(Current),
    /// Through a unit of membrane area, in uA/cm2.
    Density(CurrentDensity),
    /// For a model that has no units.
    Number(f64),
}

/// What an amplitude in a model's unit is called, with an example: for messages.
pub fn expected(unit: InputUnit) -> &'static str {
    match unit {
        InputUnit::Current => "a current such as \"500 pA\"",
        InputUnit::Density => "a current density such as \"10 uA/cm2\"",
        InputUnit::Number => "a number without unit",
    }
}

impl Amplitude {
    /// So many of a unit. A value that is not finite, which no amplitude is, becomes zero.
    pub fn new(value: f64, unit: InputUnit) -> Self {
        let value = if value.is_finite() { value } else { 0.0 };
        match unit {
            InputUnit::Current => Self::Current(Current::new(value)),
            InputUnit::Density => Self::Density(CurrentDensity::new(value)),
            InputUnit::Number => Self::Number(value),
        }
    }

    /// The value in pA, uA/cm2 or as it is.
    pub fn get(self) -> f64 {
        match self {
            Self::Current(current) => current.get(),
            Self::Density(density) => density.get(),
            Self::Number(number) => number,
        }
    }

    /// Its unit.
    pub fn unit(self) -> InputUnit {
        match self {
            Self::Current(_) => InputUnit::Current,
            Self::Density(_) => InputUnit::Density,
            Self::Number(_) => InputUnit::Number,
        }
    }
}

impl fmt::Display for Amplitude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current(current) => current.fmt(f),
            Self::Density(density) => density.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl Serialize for Amplitude {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Current(current) => current.serialize(serializer),
            Self::Density(density) => density.serialize(serializer),
            Self::Number(number) => number.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Amplitude {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AmplitudeVisitor;
        impl Visitor<'_> for AmplitudeVisitor {
            type Value = Amplitude;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a current, a current density or a number")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amplitude, E> {
                if let Ok(density) = text.parse() {
                    return Ok(Amplitude::Density(density));
                }
                text.parse().map(Amplitude::Current).map_err(E::custom)
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Amplitude, E> {
                // Adding zero turns -0.0 into 0.0.
                let finite = Range::FINITE.contains(number).then_some(Amplitude::Number(number + 0.0));
                finite.ok_or_else(|| E::custom(format!("an amplitude of {number} is not finite")))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Amplitude, E> {
                self.visit_f64(number as f64)
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Amplitude, E> {
                self.visit_f64(number as f64)
            }
        }
        deserializer.deserialize_any(AmplitudeVisitor)
    }
}

impl Describe for Amplitude {
    fn shape() -> Shape {
        Shape::Either(vec![Current::shape(), CurrentDensity::shape(), f64::shape()])
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn numbers(&self) -> Vec<f64> {
        vec![self.get()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        amplitude: Amplitude,
    }

    #[test]
    fn three_units_are_told_apart_and_written_back() {
        for (text, value, unit) in [
            ("amplitude = \"0.5 nA\"", 500.0, InputUnit::Current),
            ("amplitude = \"10 uA/cm2\"", 10.0, InputUnit::Density),
            ("amplitude = 0.5", 0.5, InputUnit::Number),
            ("amplitude = 10", 10.0, InputUnit::Number),
        ] {
            let holder: Holder = toml::from_str(text).unwrap();
            assert_eq!((holder.amplitude.get(), holder.amplitude.unit()), (value, unit), "{text}");
            assert_eq!(toml::from_str::<Holder>(&toml::to_string(&holder).unwrap()).unwrap(), holder);
        }
        assert!(toml::from_str::<Holder>("amplitude = \"5 mV\"").is_err());
        assert!(toml::from_str::<Holder>("amplitude = nan").is_err());
    }
}
