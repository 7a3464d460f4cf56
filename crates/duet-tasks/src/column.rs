//! A column of a table, as a scenario names it.

use duet_units::{Describe, Range, Shape};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};
use std::fmt;

/// A name from the header line, or a number from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// `label = "species"`.
    Name(String),
    /// `label = 5`.
    Number(usize),
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name:?}"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Name(name) => name.serialize(serializer),
            Self::Number(number) => number.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnVisitor;
        impl Visitor<'_> for ColumnVisitor {
            type Value = Column;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column or its number, from 1")
            }

            fn visit_str<E>(self, name: &str) -> Result<Column, E> {
                Ok(Column::Name(name.to_owned()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Column, E> {
                let number = usize::try_from(number).ok().filter(|number| *number > 0);
                number.map(Column::Number).ok_or_else(|| E::custom("columns are counted from 1"))
            }
        }
        deserializer.deserialize_any(ColumnVisitor)
    }
}

impl Describe for Column {
    fn shape() -> Shape {
        // The number first: of two equally bad guesses the check shows the first, and `0` is a number out of range.
        Shape::Either(vec![usize::shape().within(Range::between(1.0, 1_000_000.0)), String::shape()])
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Column;

    #[derive(serde::Deserialize, serde::Serialize, Debug, PartialEq)]
    struct Holder {
        label: Column,
    }

    #[test]
    fn names_and_numbers() {
        for (text, column) in
            [("label = \"5\"\n", Column::Name("5".to_owned())), ("label = 5\n", Column::Number(5))]
        {
            let read: Holder = toml::from_str(text).unwrap();
            assert_eq!(read, Holder { label: column });
            assert_eq!(toml::to_string(&read).unwrap(), text);
        }
        for bad in ["label = 0", "label = -1", "label = 1.5", "label = []"] {
            assert!(toml::from_str::<Holder>(bad).is_err(), "{bad}");
        }
    }
}
