//! One value for all pairs of populations, or a table with a value for each.

use duet_units::{Describe, Shape};
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// One value, or a row for each target population with a value for each source population.
#[derive(Clone, Debug, PartialEq)]
pub enum Table<T> {
    /// For every pair.
    One(T),
    /// `rows[target][source]`, in the order of the projection's lists `to` and `from`.
    Rows(Vec<Vec<T>>),
}

impl<T: Copy + Default> Table<T> {
    /// The value where there is one for all; of a table the first.
    pub fn one(&self) -> T {
        self.at(0, 0)
    }

    /// The value of a pair, by its places in the lists; nothing where the table does not reach ([`Table::fits`]).
    pub fn at(&self, source: usize, target: usize) -> T {
        match self {
            Self::One(value) => *value,
            Self::Rows(rows) => rows.get(target).and_then(|row| row.get(source)).copied().unwrap_or_default(),
        }
    }

    /// Why it does not fit lists of so many populations, in words, or nothing.
    ///
    /// # Errors
    /// A sentence with the sizes found and expected.
    pub fn fits(&self, sources: usize, targets: usize) -> Result<(), String> {
        let Self::Rows(rows) = self else { return Ok(()) };
        if rows.len() != targets {
            let found = rows.len();
            return Err(format!("the table has {found} rows for {targets} target populations (`to`)"));
        }
        match rows.iter().position(|row| row.len() != sources) {
            None => Ok(()),
            Some(at) => Err(format!(
                "row {at} of the table has {} values for {sources} source populations (`from`)",
                rows[at].len()
            )),
        }
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(value) => value.serialize(serializer),
            Self::Rows(rows) => rows.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de> + FromNumber> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + FromNumber> Visitor<'de> for TableVisitor<T> {
            type Value = Table<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a row of numbers for each target population")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Table<T>, E> {
                T::whole(number).map(Table::One).ok_or_else(|| E::custom(format!("{number} is below 0")))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Table<T>, E> {
                self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Table<T>, E> {
                let words = || E::custom(format!("{number} is not a whole number"));
                T::fraction(number).map(Table::One).ok_or_else(words)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Table<T>, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = list.next_element()? {
                    rows.push(row);
                }
                Ok(Table::Rows(rows))
            }
        }
        deserializer.deserialize_any(TableVisitor(PhantomData))
    }
}

/// What a table can hold.
pub trait FromNumber: Sized {
    /// From a whole number.
    fn whole(number: i64) -> Option<Self>;
    /// From one that may not be whole.
    fn fraction(number: f64) -> Option<Self>;
}

impl FromNumber for usize {
    fn whole(number: i64) -> Option<Self> {
        Self::try_from(number).ok()
    }

    fn fraction(_: f64) -> Option<Self> {
        None
    }
}

impl FromNumber for f64 {
    fn whole(number: i64) -> Option<Self> {
        Some(number as f64)
    }

    fn fraction(number: f64) -> Option<Self> {
        number.is_finite().then_some(number)
    }
}

impl<T: Describe> Describe for Table<T> {
    fn shape() -> Shape {
        Shape::Either(vec![T::shape(), Vec::<Vec<T>>::shape()])
    }

    fn show(&self) -> String {
        match self {
            Self::One(value) => value.show(),
            Self::Rows(rows) => {
                let row = |row: &Vec<T>| row.iter().map(T::show).collect::<Vec<_>>().join(", ");
                let rows: Vec<String> = rows.iter().map(|values| format!("[{}]", row(values))).collect();
                format!("[{}]", rows.join(", "))
            }
        }
    }

    fn numbers(&self) -> Vec<f64> {
        match self {
            Self::One(value) => value.numbers(),
            Self::Rows(rows) => rows.iter().flatten().flat_map(T::numbers).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        n: Table<usize>,
        p: Table<f64>,
    }

    #[test]
    fn one_value_or_a_row_for_each_target() {
        let holder: Holder = toml::from_str("n = [[1, 2, 3], [4, 5, 6]]\np = 1").unwrap();
        assert_eq!((holder.n.at(2, 1), holder.p.at(7, 7)), (6, 1.0));
        assert_eq!(toml::from_str::<Holder>(&toml::to_string(&holder).unwrap()).unwrap(), holder);
        assert!(holder.n.fits(3, 2).is_ok() && holder.p.fits(3, 2).is_ok());
        assert!(holder.n.fits(2, 2).unwrap_err().contains("row 0 of the table has 3 values"));
        assert!(holder.n.fits(3, 3).unwrap_err().contains("2 rows for 3 target populations"));
        assert_eq!(holder.n.numbers(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(toml::from_str::<Holder>("n = -1\np = 0.5").is_err());
        assert!(toml::from_str::<Holder>("n = 0.5\np = 0.5").is_err());
    }
}
