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
/// In scenario files it is a text with a unit. It prints as people would write it, and reads back to the same bits.
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

/// One line per dimension: its units with their factors, the internal one first; behind a bar those that are read but never
/// printed, because other disciplines or single papers use them.
macro_rules! dimensions {
    ($(
        $(#[doc = $doc:literal])* $alias:ident, $marker:ident, $name:literal:
        $($symbol:literal $times:literal / $per:literal),+
        $(| $($read:literal $read_times:literal / $read_per:literal $(+ $offset:literal)?),+)?;
    )+) => {
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
                    units: &[
                        $(Unit { symbol: $symbol, times: $times, per: $per, offset: 0.0, is_customary: true },)+
                        $($(Unit {
                            symbol: $read,
                            times: $read_times,
                            per: $read_per,
                            offset: 0.0 $(+ $offset)?,
                            is_customary: false,
                        },)+)?
                    ],
                };
            }
        )+

        /// All dimensions.
        const ALL: &[DimensionTable] = &[$(<marker::$marker as Dimension>::TABLE),+];
    };
}

/// The dimension that a unit symbol belongs to, for messages such as "mV is a unit of voltage".
pub fn dimension_of(symbol: &str) -> Option<&'static str> {
    ALL.iter().find(|table| table.units.iter().any(|unit| unit.symbol == symbol)).map(|table| table.name)
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
    Resistivity, ResistivityDimension, "resistivity": "Ohm cm" 1.0 / 1.0, "kOhm cm" 1000.0 / 1.0 | "Ohm m" 100.0 / 1.0, "kOhm mm" 100.0 / 1.0;
    /// Resistance of a membrane times its area, in Ohm cm2.
    AreaResistance, AreaResistanceDimension, "membrane resistance": "Ohm cm2" 1.0 / 1.0, "kOhm cm2" 1000.0 / 1.0 | "MOhm mm2" 10_000.0 / 1.0, "Ohm m2" 10_000.0 / 1.0;
    /// Permeability of a membrane, in cm/s.
    Permeability, PermeabilityDimension, "permeability": "cm/s" 1.0 / 1.0, "um/s" 1.0 / 10_000.0, "nm/s" 1.0 / 10_000_000.0;
    /// Temperature, in degrees Celsius.
    Temperature, TemperatureDimension, "temperature": "degC" 1.0 / 1.0 | "K" 1.0 / 1.0 + -273.15;
    /// Velocity, in m/s (equal to um/us and mm/ms).
    Velocity, VelocityDimension, "velocity": "m/s" 1.0 / 1.0, "cm/s" 1.0 / 100.0 | "mm/ms" 1.0 / 1.0;
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

    /// What scenarios and papers say, said again.
    #[test]
    fn prints_as_people_write() {
        fn check<D: Dimension>(texts: &[&str]) {
            for text in texts {
                let quantity: Quantity<D> = text.parse().unwrap();
                assert_eq!(quantity.to_string(), *text);
            }
        }
        check::<marker::TimeDimension>(&[
            "20 ms", "0.1 ms", "0.01 ms", "0.025 ms", "500 ms", "1 s", "2.5 s", "25 min", "1 h",
        ]);
        check::<marker::VoltageDimension>(&["-65 mV", "0.1 mV", "1 V", "0 mV"]);
        check::<marker::CurrentDimension>(&["500 pA", "2.1 nA", "1000 uA"]);
        check::<marker::ConductanceDimension>(&["16.7 nS", "0.25 nS", "0.1 nS", "1 uS"]);
        check::<marker::CapacitanceDimension>(&["250 pF", "1 nF"]);
        check::<marker::ResistanceDimension>(&["50 MOhm", "0.1 MOhm", "1 GOhm"]);
        check::<marker::FrequencyDimension>(&["40 Hz", "0.5 Hz", "8 kHz", "20 kHz"]);
        check::<marker::CurrentDensityDimension>(&["10 uA/cm2", "0.05 uA/cm2", "1 mA/cm2"]);
        check::<marker::ConductanceDensityDimension>(&["120 mS/cm2", "0.3 mS/cm2", "0.05 mS/cm2"]);
        check::<marker::CapacitanceDensityDimension>(&["1 uF/cm2", "0.005 uF/cm2"]);
        check::<marker::ConcentrationDimension>(&["440 mM", "1 mM", "0.05 mM", "1 M"]);
        check::<marker::LengthDimension>(&["2 um", "0.5 um", "476 um", "5 mm", "3 cm", "1 m"]);
        check::<marker::ResistivityDimension>(&["100 Ohm cm", "35.4 Ohm cm", "1 kOhm cm"]);
        check::<marker::AreaResistanceDimension>(&[
            "20 kOhm cm2",
            "12.5 kOhm cm2",
            "3.125 kOhm cm2",
            "250 kOhm cm2",
            "830 Ohm cm2",
        ]);
        check::<marker::PermeabilityDimension>(&["0.01 cm/s", "1 um/s"]);
        check::<marker::TemperatureDimension>(&["6.3 degC", "18.5 degC", "-5 degC"]);
        check::<marker::VelocityDimension>(&["18.8 m/s", "0.2 m/s", "100 m/s"]);
        assert_eq!(format!("{:>8}", Time::new(2.0)), "    2 ms");
    }

    /// Written in any unit of any dimension, a number comes back to the same bits by way of what is printed.
    #[test]
    fn what_is_printed_reads_back_in_every_unit() {
        for table in ALL {
            for unit in table.units {
                for number in [
                    -1e6, -70.0, -0.3, 0.0, 1e-9, 2e-4, 0.001, 0.05, 0.1, 1.0, 3.7, 18.5, 999.9, 1000.0,
                    12_345.678, 1e12,
                ] {
                    let value = table.parse(&format!("{number} {}", unit.symbol)).unwrap();
                    let printed = table.print(value);
                    assert_eq!(
                        table.parse(&printed).unwrap().to_bits(),
                        value.to_bits(),
                        "{number} {}: {printed}",
                        unit.symbol
                    );
                    let symbol =
                        table.units.iter().find(|unit| printed.ends_with(&format!(" {}", unit.symbol)));
                    assert!(symbol.is_some_and(|unit| unit.is_customary), "{printed}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn print_and_parse_round_trip_to_the_bit(value in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
            let value = value + 0.0;
            for table in ALL {
                prop_assert_eq!(table.parse(&table.print(value)).unwrap().to_bits(), value.to_bits(), "{}", table.name);
            }
        }

        #[test]
        fn parsing_never_panics(text in ".{0,24}") {
            let _ = text.parse::<Current>();
        }
    }
}
