//! Dimensions and their units as tables, and the one parser and printer that works on them.

use crate::UnitError;

/// One unit of a dimension: `value in internal unit = number * times / per + offset`.
///
/// Two factors instead of one keep conversions correctly rounded: 5 uV is 5 / 1000 mV, not 5 · 0.001.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// The symbol as written, ASCII.
    pub symbol: &'static str,
    /// Multiplier to the internal unit.
    pub times: f64,
    /// Divisor to the internal unit.
    pub per: f64,
    /// Added last; only temperatures have one.
    pub offset: f64,
    /// Whether people of the field would write a value in it themselves. A unit that is only read is never printed.
    pub is_customary: bool,
}

/// What can be measured, and in which units. The first unit is the internal one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DimensionTable {
    /// "time", "voltage", ... as it stands in messages.
    pub name: &'static str,
    /// Accepted units; the first is the one that the engines compute in.
    pub units: &'static [Unit],
}

impl DimensionTable {
    /// The symbols accepted, comma-separated, for messages.
    pub fn symbols(&self) -> String {
        self.units.iter().map(|unit| unit.symbol).collect::<Vec<_>>().join(", ")
    }

    /// Reads `"20 ms"` into the internal unit. `-0` becomes `0`.
    ///
    /// # Errors
    /// [`UnitError`] when the number or the unit is missing, unknown or not finite.
    pub fn parse(&self, text: &str) -> Result<f64, UnitError> {
        let found = || text.trim().to_owned();
        let (number, symbol) = split(text);
        let number: f64 = number.parse().map_err(|_| UnitError::NotANumber {
            found: found(),
            example: format!("20 {}", self.units[0].symbol),
        })?;
        if !number.is_finite() {
            return Err(UnitError::NotFinite { found: found() });
        }
        if symbol.is_empty() {
            return Err(UnitError::MissingUnit {
                found: found(),
                dimension: self.name,
                known: self.symbols(),
            });
        }
        let ascii = to_ascii(symbol);
        let Some(unit) = self.units.iter().find(|unit| unit.symbol == ascii) else {
            return Err(UnitError::UnknownUnit {
                unit: symbol.to_owned(),
                dimension: self.name,
                elsewhere: crate::quantity::dimension_of(&ascii)
                    .map_or_else(String::new, |name| format!(" (it is a unit of {name})")),
                known: self.symbols(),
            });
        };
        let value = number * unit.times / unit.per + unit.offset;
        // Adding zero turns -0.0 into 0.0.
        if value.is_finite() { Ok(value + 0.0) } else { Err(UnitError::NotFinite { found: found() }) }
    }

    /// Prints a value in internal units as people of the field would write it, so that it reads back to the same bits.
    ///
    /// From a thousandth of the internal unit up to a thousand of it that unit is kept: 0.05 ms, 500 pA, 100 Ohm cm. Beyond,
    /// the shortest text in a customary unit counts whose number lies from 1 up to 1000, or at least above 1: 1 s,
    /// 12.5 kOhm cm2, 1000 uA; ties go to the unit listed first.
    pub fn print(&self, value: f64) -> String {
        let own = format!("{value} {}", self.units[0].symbol);
        if value == 0.0 || (0.001..1000.0).contains(&value.abs()) {
            return own;
        }
        let texts = |most: f64| {
            self.units.iter().filter(|unit| unit.is_customary).filter_map(move |unit| {
                let number = (value - unit.offset) * unit.per / unit.times;
                let text = format!("{number} {}", unit.symbol);
                let same = self.parse(&text).is_ok_and(|back| back.to_bits() == value.to_bits());
                (same && (1.0..most).contains(&number.abs())).then_some(text)
            })
        };
        let shortest = |most: f64| texts(most).min_by_key(String::len);
        shortest(1000.0).or_else(|| shortest(f64::INFINITY)).unwrap_or(own)
    }
}

/// Splits "20 ms" or "20ms" into number and unit. An `e` belongs to the number when digits follow it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while end < bytes.len() {
        let exponent = matches!(bytes[end], b'e' | b'E')
            && (digit(end + 1) || (matches!(bytes.get(end + 1), Some(b'+' | b'-')) && digit(end + 2)));
        if !(bytes[end].is_ascii_digit() || matches!(bytes[end], b'+' | b'-' | b'.' | b'_') || exponent) {
            break;
        }
        end += if exponent { 2 } else { 1 };
    }
    // "nan ms", "inf mV": let the number parser see the word, so that the message says "not finite".
    if end == 0 || matches!(text.get(..end), Some("+" | "-")) {
        let word = text.split_whitespace().next().unwrap_or("");
        if word.parse::<f64>().is_ok() {
            end = word.len();
        }
    }
    (&text[..end], text[end..].trim())
}

/// Folds the ways in which people type units (`µ`, `Ω`, `°`, `²`, `·`) into the ASCII symbols of the tables.
fn to_ascii(symbol: &str) -> String {
    let mut ascii = String::with_capacity(symbol.len());
    for c in symbol.chars() {
        match c {
            'µ' | 'μ' => ascii.push('u'),
            'Ω' | '\u{2126}' => ascii.push_str("Ohm"),
            '°' => ascii.push_str("deg"),
            '²' => ascii.push('2'),
            '·' | '*' => ascii.push(' '),
            '^' => {}
            other => ascii.push(other),
        }
    }
    ascii
}
