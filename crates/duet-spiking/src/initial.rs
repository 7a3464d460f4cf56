//! Where the variables of cells begin, if not at rest.

use crate::neuron::Variable;
use duet_random::Stream;
use duet_units::{Current, Describe, Problem, Range, Shape, Voltage, choice, parameters};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The value of a variable: in mV, in pA, or a bare number for what has neither unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    /// A potential.
    Voltage(Voltage),
    /// A current.
    Current(Current),
    /// Gates, and the variables of models without units.
    Number(f64),
}

parameters! {
    /// Every cell begins at the same value.
    ///
    /// # Behaviour
    /// `initial.v.constant = "-60 mV"`, `initial.u.constant = 63.8`. Where the resting state is unstable, or several states
    /// are possible, the beginning decides.
    pub value Constant(Level);
}

parameters! {
    /// Every cell begins at a value of its own, anywhere between two.
    ///
    /// # Behaviour
    /// Cells that begin alike fire in step for a long time; a network whose potentials are spread has no such memory.
    pub struct Uniform {
        /// The lowest.
        pub low: Level;
        /// The highest, in the same unit.
        pub high: Level;
    }
}

choice! {
    /// How the first values of a variable are chosen.
    pub enum Initial: "initial" {
        Constant(Constant) = "constant",
        Uniform(Uniform) = "uniform",
    }
}

impl Level {
    /// In mV, pA or as it is.
    pub fn get(self) -> f64 {
        match self {
            Self::Voltage(voltage) => voltage.get(),
            Self::Current(current) => current.get(),
            Self::Number(number) => number,
        }
    }

    /// The unit as variables name it; `None` for a bare number.
    fn unit(self) -> Option<&'static str> {
        match self {
            Self::Voltage(_) => Some("mV"),
            Self::Current(_) => Some("pA"),
            Self::Number(_) => None,
        }
    }

    fn suits(self, variable: Variable) -> bool {
        self.unit().map_or(!matches!(variable.unit, "mV" | "pA"), |unit| unit == variable.unit)
    }
}

impl Initial {
    fn levels(&self) -> Vec<(&'static str, Level)> {
        match self {
            Self::Constant(Constant(level)) => vec![("constant", *level)],
            Self::Uniform(Uniform { low, high }) => vec![("uniform.low", *low), ("uniform.high", *high)],
        }
    }

    /// The first value of a cell that draws from `stream`.
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Constant(Constant(level)) => level.get(),
            Self::Uniform(Uniform { low, high }) => stream.uniform_in(low.get(), high.get()),
        }
    }

    /// What does not fit the variable.
    pub fn problems(&self, variable: Variable) -> Vec<Problem> {
        let misfit = |(key, level): (&str, Level)| {
            let wanted = match variable.unit {
                "mV" => "a voltage with its unit",
                "pA" => "a current with its unit",
                _ => "a number without unit",
            };
            let words =
                format!("{} = {level} does not suit the variable, which takes {wanted}", variable.name);
            (!level.suits(variable)).then(|| Problem::new(key, words))
        };
        let mut problems: Vec<Problem> = self.levels().into_iter().filter_map(misfit).collect();
        if let (Self::Uniform(Uniform { low, high }), true) = (self, problems.is_empty())
            && low.get() >= high.get()
        {
            problems.push(Problem::new("uniform.low", format!("low = {low} must be below high = {high}")));
        }
        problems
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Voltage(voltage) => voltage.fmt(f),
            Self::Current(current) => current.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Voltage(voltage) => voltage.serialize(serializer),
            Self::Current(current) => current.serialize(serializer),
            Self::Number(number) => number.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LevelVisitor;
        impl Visitor<'_> for LevelVisitor {
            type Value = Level;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a voltage, a current or a number")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Level, E> {
                if let Ok(current) = text.parse() {
                    return Ok(Level::Current(current));
                }
                text.parse().map(Level::Voltage).map_err(E::custom)
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Level, E> {
                // Adding zero turns -0.0 into 0.0.
                let finite = Range::FINITE.contains(number).then_some(Level::Number(number + 0.0));
                finite.ok_or_else(|| E::custom(format!("{number} is not finite")))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Level, E> {
                self.visit_f64(number as f64)
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Level, E> {
                self.visit_f64(number as f64)
            }
        }
        deserializer.deserialize_any(LevelVisitor)
    }
}

impl Describe for Level {
    fn shape() -> Shape {
        Shape::Either(vec![Voltage::shape(), Current::shape(), f64::shape()])
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn numbers(&self) -> Vec<f64> {
        vec![self.get()]
    }
}
