//! One entry of a file of reference values.

use super::figure::Trouble;
use super::key::Key;
use super::tolerance::Tolerance;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;

#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    pub id: String,
    pub family: String,
    #[serde(default)]
    pub title: String,
    pub params: Params,
    pub expected: Map<String, Value>,
    #[serde(default)]
    pub tolerance: Tolerance,
}

/// The entries of a file, in its order.
pub fn read_entries(path: &str) -> Vec<Entry> {
    #[derive(Deserialize)]
    struct File {
        entries: Vec<Entry>,
    }
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str::<File>(&text).unwrap_or_else(|error| panic!("{path}: {error}")).entries
}

impl Entry {
    pub fn keys(&self) -> Vec<Key> {
        self.expected.keys().map(|text| Key::parse(text)).collect()
    }
}

/// The exact inputs. It remembers which were asked for: one that nobody reads has no effect, and that must not pass.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Map<String, Value>")]
pub struct Params {
    pub values: Map<String, Value>,
    read: RefCell<BTreeSet<String>>,
}

impl From<Map<String, Value>> for Params {
    fn from(values: Map<String, Value>) -> Self {
        Self { values, read: RefCell::default() }
    }
}

impl Params {
    /// A parameter that is there and not null.
    fn get(&self, name: &str) -> Option<&Value> {
        self.read.borrow_mut().insert(name.to_owned());
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// The first parameter that has an effect (is no text and not null) and was never read.
    pub fn unread(&self) -> Option<&str> {
        let has_effect = |value: &Value| !value.is_string() && !value.is_null();
        let unread = |name: &str| !self.read.borrow().contains(name);
        self.values
            .iter()
            .find(|(name, value)| has_effect(value) && unread(name))
            .map(|(name, _)| name.as_str())
    }

    /// A parameter in any form that serde knows; `None` where it is missing or null.
    pub fn optional<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Option<T>, Trouble> {
        let read = |value: &Value| T::deserialize(value).map_err(|_| Trouble::parameter(name));
        self.get(name).map(read).transpose()
    }

    /// A parameter that must be given.
    pub fn required<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<T, Trouble> {
        self.optional(name)?.ok_or_else(|| Trouble::parameter(name))
    }

    pub fn number(&self, name: &str) -> Result<f64, Trouble> {
        self.required(name)
    }

    pub fn number_or(&self, name: &str, default: f64) -> Result<f64, Trouble> {
        Ok(self.optional(name)?.unwrap_or(default))
    }

    pub fn list(&self, name: &str) -> Result<Vec<f64>, Trouble> {
        self.required(name)
    }

    pub fn matrix(&self, name: &str) -> Result<Vec<Vec<f64>>, Trouble> {
        self.required(name)
    }
}
