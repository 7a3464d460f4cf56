//! `--set PATH=VALUE`: one value of a scenario replaced from the command line.

use super::document::{Document, Node, Value, de_value, split_path};
use crate::HarnessError;
use indexmap::IndexMap;

/// A value to be set.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// Dotted keys: `protocol.learn.epochs`.
    pub path: String,
    /// The value as TOML; what is no TOML counts as a text, so that `20 ms` needs no quotes.
    pub value: Value,
}

impl Override {
    /// Reads `PATH=VALUE`.
    ///
    /// # Errors
    /// [`HarnessError::Usage`] when there is no `=` or no path.
    pub fn parse(text: &str) -> Result<Self, HarnessError> {
        let usage = || HarnessError::Usage {
            words: format!("--set {text:?} is not of the form PATH=VALUE, such as protocol.learn.epochs=3"),
        };
        let (path, value) = text.split_once('=').ok_or_else(usage)?;
        if split_path(path.trim()).is_empty() {
            return Err(usage());
        }
        let value = value.trim();
        let value = toml::de::DeValue::parse(value)
            .map_or_else(|_| Value::Text(value.to_owned()), |v| de_value(v.get_ref()));
        Ok(Self { path: path.trim().to_owned(), value })
    }

    /// Puts the value into a document, making tables on the way.
    ///
    /// # Errors
    /// [`HarnessError::Usage`] when the path runs through something that is not a table, or past a list's end.
    pub fn apply(&self, document: &mut Document) -> Result<(), HarnessError> {
        let keys = split_path(&self.path);
        let fail = |key: &str| HarnessError::Usage {
            words: format!("--set {}: `{key}` does not lead to a value that can be set", self.path),
        };
        let mut node = &mut document.root;
        let Some((leaf, way)) = keys.split_last() else { return Err(fail("")) };
        for key in way {
            node = match &mut node.value {
                Value::Table(table) => {
                    let fresh = || (None, Node { span: None, value: Value::Table(IndexMap::new()) });
                    &mut table.entry(key.clone()).or_insert_with(fresh).1
                }
                Value::List(list) => {
                    key.parse::<usize>().ok().and_then(|i| list.get_mut(i)).ok_or_else(|| fail(key))?
                }
                _ => return Err(fail(key)),
            };
        }
        let value = Node { span: None, value: self.value.clone() };
        match &mut node.value {
            Value::Table(table) => {
                table.insert(leaf.clone(), (None, value));
            }
            Value::List(list) => {
                *leaf.parse::<usize>().ok().and_then(|i| list.get_mut(i)).ok_or_else(|| fail(leaf))? = value;
            }
            _ => return Err(fail(leaf)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_texts_and_new_tables() {
        let mut document = Document::parse("t", "[a]\nb = 1\n[[l]]\nx = 1".into()).unwrap();
        for text in ["a.b=2.5", "a.new.c=20 ms", "l[0].x = true"] {
            Override::parse(text).unwrap().apply(&mut document).unwrap();
        }
        let toml = document.root.to_toml();
        assert_eq!(toml["a"]["b"].as_float(), Some(2.5));
        assert_eq!(toml["a"]["new"]["c"].as_str(), Some("20 ms"));
        assert_eq!(toml["l"][0]["x"].as_bool(), Some(true));
        assert!(Override::parse("nothing").is_err());
        assert!(Override::parse("=3").is_err());
        assert!(Override::parse("a.b.c=1").unwrap().apply(&mut document).is_err());
        assert!(Override::parse("l[7].x=1").unwrap().apply(&mut document).is_err());
    }
}
