//! A number with a dimension, typed so that a voltage cannot stand where a time belongs.

use crate::{Describe, DimensionTable, Range, Shape, Unit, UnitError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// A dimension as a type; implemented by the markers behind [`Time`], [`Voltage`] and so on.
pub trait Dimension: 'static {
    /// Its name and units.
    const TABLE: DimensionTable;
}

/// A finite number in the internal unit of its dimension.
///
/// In scenario files it is a text with a unit. It prints in the shortest form that reads back to the same bits.
///
/// ```
/// use duet_units::Time;
/// let tau: Time = "0.02 s".parse().unwrap();
/// assert_eq!(tau.get(), 20.0);
/// assert_eq!(tau.to_string(), "20 ms");
/// assert!("20".parse::<Time>().unwrap_err().to_string().contains("has no unit"));
/// ```
pub struct Quantity<D> {
    value: f64,
    dimension: PhantomData<fn() -> D>,
}

impl<D> Quantity<D> {
    /// A quantity from its value in the internal unit (ms, mV, pA, nS, pF, `MOhm`, Hz ...).
    ///
    /// # Panics
    /// If `value` is not finite; texts from outside go through [`FromStr`], which returns an error instead.
    pub const fn new(value: f64) -> Self {
        assert!(value.is_finite(), "a quantity must be finite");
        Self { value, dimension: PhantomData }
    }

    /// The value in the internal unit.
    pub const fn get(self) -> f64 {
        self.value
    }
}

impl<D> Clone for Quantity<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Quantity<D> {}

impl<D> PartialEq for Quantity<D> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<D> PartialOrd for Quantity<D> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<D: Dimension> fmt::Display for Quantity<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&D::TABLE.print(self.value))
    }
}

impl<D: Dimension> fmt::Debug for Quantity<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<D: Dimension> FromStr for Quantity<D> {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        D::TABLE.parse(text).map(Self::new)
    }
}

impl<D: Dimension> Serialize for Quantity<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, D: Dimension> Deserialize<'de> for Quantity<D> {
    fn deserialize<De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<D: Dimension> Describe for Quantity<D> {
    fn shape() -> Shape {
        Shape::Quantity { dimension: D::TABLE, range: Range::FINITE }
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn numbers(&self) -> Vec<f64> {
        vec![self.value]
    }
}

macro_rules! dimensions {
    ($($(#[doc = $doc:literal])* $alias:ident, $marker:ident, $name:literal: $($symbol:literal $times:literal / $per:literal $(+ $offset:literal)?),+;)+) => {
        /// Markers of the dimensions; named only through the aliases of [`Quantity`].
        mod marker {
            $(
                #[doc = concat!("Marker of the dimension ", $name, ".")]
                pub enum $marker {}
            )+
        }
        $(
            $(#[doc = $doc])*
            pub type $alias = Quantity<marker::$marker>;
            impl Dimension for marker::$marker {
                const TABLE: DimensionTable = DimensionTable {
                    name: $name,
                    units: &[$(Unit { symbol: $symbol, times: $times, per: $per, offset: 0.0 $(+ $offset)? }),+],
                };
            }
        )+

        /// The dimension that a unit symbol belongs to, for messages such as "mV is a unit of voltage".
        pub fn dimension_of(symbol: &str) -> Option<&'static str> {
            const ALL: &[DimensionTable] = &[$(<marker::$marker as Dimension>::TABLE),+];
            ALL.iter().find(|table| table.units.iter().any(|unit| unit.symbol == symbol)).map(|table| table.name)
        }
    };
}

dimensions! {
    /// Time, in ms.
    Time, TimeDimension, "time": "ms" 1.0 / 1.0, "s" 1000.0 / 1.0, "us" 1.0 / 1000.0, "min" 60_000.0 / 1.0, "h" 3_600_000.0 / 1.0;
    /// Voltage, in mV.
    Voltage, VoltageDimension, "voltage": "mV" 1.0 / 1.0, "V" 1000.0 / 1.0, "uV" 1.0 / 1000.0;
    /// Current, in pA.
    Current, CurrentDimension, "current": "pA" 1.0 / 1.0, "nA" 1000.0 / 1.0, "uA" 1_000_000.0 / 1.0;
    /// Conductance, in nS.
    Conductance, ConductanceDimension, "conductance": "nS" 1.0 / 1.0, "pS" 1.0 / 1000.0, "uS" 1000.0 / 1.0, "mS" 1_000_000.0 / 1.0;
    /// Capacitance, in pF.
    Capacitance, CapacitanceDimension, "capacitance": "pF" 1.0 / 1.0, "nF" 1000.0 / 1.0, "uF" 1_000_000.0 / 1.0;
    /// Resistance, in `MOhm`.
    Resistance, ResistanceDimension, "resistance": "MOhm" 1.0 / 1.0, "GOhm" 1000.0 / 1.0, "kOhm" 1.0 / 1000.0, "Ohm" 1.0 / 1_000_000.0;
    /// Frequency or rate, in Hz (events per second).
    Frequency, FrequencyDimension, "frequency": "Hz" 1.0 / 1.0, "kHz" 1000.0 / 1.0;
    /// Current per membrane area, in uA/cm2.
    CurrentDensity, CurrentDensityDimension, "current density": "uA/cm2" 1.0 / 1.0, "mA/cm2" 1000.0 / 1.0, "nA/cm2" 1.0 / 1000.0;
    /// Conductance per membrane area, in mS/cm2.
    ConductanceDensity, ConductanceDensityDimension, "conductance density": "mS/cm2" 1.0 / 1.0, "S/cm2" 1000.0 / 1.0, "uS/cm2" 1.0 / 1000.0;
    /// Capacitance per membrane area, in uF/cm2.
    CapacitanceDensity, CapacitanceDensityDimension, "capacitance density": "uF/cm2" 1.0 / 1.0, "nF/cm2" 1.0 / 1000.0;
    /// Concentration, in mM.
    Concentration, ConcentrationDimension, "concentration": "mM" 1.0 / 1.0, "uM" 1.0 / 1000.0, "nM" 1.0 / 1_000_000.0, "M" 1000.0 / 1.0;
    /// Length, in um.
    Length, LengthDimension, "length": "um" 1.0 / 1.0, "nm" 1.0 / 1000.0, "mm" 1000.0 / 1.0, "cm" 10_000.0 / 1.0, "m" 1_000_000.0 / 1.0;
    /// Axial resistivity, in Ohm cm.
    Resistivity, ResistivityDimension, "resistivity": "Ohm cm" 1.0 / 1.0, "kOhm cm" 1000.0 / 1.0, "Ohm m" 100.0 / 1.0, "kOhm mm" 100.0 / 1.0;
    /// Resistance of a membrane times its area, in Ohm cm2.
    AreaResistance, AreaResistanceDimension, "membrane resistance": "Ohm cm2" 1.0 / 1.0, "kOhm cm2" 1000.0 / 1.0, "MOhm mm2" 10_000.0 / 1.0, "Ohm m2" 10_000.0 / 1.0;
    /// Permeability of a membrane, in cm/s.
    Permeability, PermeabilityDimension, "permeability": "cm/s" 1.0 / 1.0, "um/s" 1.0 / 10_000.0, "nm/s" 1.0 / 10_000_000.0;
    /// Temperature, in degrees Celsius.
    Temperature, TemperatureDimension, "temperature": "degC" 1.0 / 1.0, "K" 1.0 / 1.0 + -273.15;
    /// Velocity, in m/s (equal to um/us and mm/ms).
    Velocity, VelocityDimension, "velocity": "m/s" 1.0 / 1.0, "cm/s" 1.0 / 100.0, "mm/ms" 1.0 / 1.0;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_what_people_write() {
        for (text, ms) in [
            ("20 ms", 20.0),
            ("20ms", 20.0),
            (" 0.5 s ", 500.0),
            ("5 us", 0.005),
            ("1e3 µs", 1.0),
            ("-2.5e-1 ms", -0.25),
        ] {
            assert_eq!(text.parse::<Time>().unwrap().get(), ms, "{text}");
        }
        assert_eq!("10 uA/cm²".parse::<CurrentDensity>().unwrap().get(), 10.0);
        assert_eq!("50 MΩ".parse::<Resistance>().unwrap().get(), 50.0);
        assert_eq!("1.25 MΩ·mm²".parse::<AreaResistance>().unwrap().get(), 12_500.0);
        assert_eq!("0.5 kOhm mm".parse::<Resistivity>().unwrap().get(), 50.0);
        assert_eq!("1 um/s".parse::<Permeability>().unwrap().get(), 1e-4);
        assert_eq!("279.45 K".parse::<Temperature>().unwrap().get(), 279.45 - 273.15);
        assert_eq!("6.3 °C".parse::<Temperature>().unwrap().get(), 6.3);
        assert_eq!("-0 mV".parse::<Voltage>().unwrap().get().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn rejects_with_words() {
        let words = |text: &str| text.parse::<Time>().unwrap_err().to_string();
        assert!(words("20").contains("has no unit"));
        assert!(words("20 mV").contains("it is a unit of voltage"), "{}", words("20 mV"));
        assert!(words("20 parsec").contains("ms, s, us"));
        assert!(words("ms").contains("does not start with a number"));
        assert!(words("").contains("does not start with a number"));
        for text in ["nan ms", "inf ms", "-inf ms", "1e400 ms", "1e308 h"] {
            assert!(words(text).contains("not a finite"), "{text}: {}", words(text));
        }
    }

    #[test]
    fn prints_the_shortest_form() {
        assert_eq!(Time::new(1000.0).to_string(), "1 s");
        assert_eq!(Time::new(0.1).to_string(), "0.1 ms");
        assert_eq!(Time::new(0.005).to_string(), "5 us");
        assert_eq!(Current::new(500.0).to_string(), "500 pA");
        assert_eq!(Frequency::new(20_000.0).to_string(), "20 kHz");
        assert_eq!(Voltage::new(-65.0).to_string(), "-65 mV");
        assert_eq!(format!("{:>8}", Time::new(2.0)), "    2 ms");
    }

    proptest! {
        #[test]
        fn print_and_parse_round_trip_to_the_bit(value in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
            let value = value + 0.0;
            prop_assert_eq!(Time::new(value).to_string().parse::<Time>().unwrap().get().to_bits(), value.to_bits());
            prop_assert_eq!(Temperature::new(value).to_string().parse::<Temperature>().unwrap().get().to_bits(), value.to_bits());
        }

        #[test]
        fn parsing_never_panics(text in ".{0,24}") {
            let _ = text.parse::<Current>();
        }
    }
}
