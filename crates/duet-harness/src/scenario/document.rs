//! A scenario file as a tree in which every key and value knows its place.

use crate::HarnessError;
use indexmap::IndexMap;
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Files larger than this are not read.
pub const LARGEST_FILE: u64 = 16 << 20;

/// After so many syntax errors the rest are echoes of the first.
const MOST_SYNTAX_ERRORS: usize = 8;

/// A parsed file: its name, its text, and the tree.
#[derive(Clone, Debug)]
pub struct Document {
    /// What messages call it: a path, or `builtin:NAME`.
    pub name: String,
    /// The text as given.
    pub text: String,
    /// The top-level table.
    pub root: Node,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Byte range in the text; `None` for values set on the command line.
    pub span: Option<Range<usize>>,
    /// The value.
    pub value: Value,
}

/// A TOML value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number; may be infinite or NaN, which checks refuse.
    Float(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A date or time: nothing in a scenario is one.
    Date(String),
    /// `[ ... ]`.
    List(Vec<Node>),
    /// `{ ... }` or `[table]`: the place of each key, and its value.
    Table(IndexMap<String, (Option<Range<usize>>, Node)>),
}

impl Value {
    /// What it is, in words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// The value as it would be written, shortened for messages.
    pub fn show(&self) -> String {
        let long = match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Date(date) => date.clone(),
            Self::List(list) => format!("a list of {}", list.len()),
            Self::Table(_) => "a table".to_owned(),
        };
        if long.chars().count() > 60 { long.chars().take(57).chain("...".chars()).collect() } else { long }
    }
}

impl Document {
    /// Reads a file, refusing what is too large, empty or not UTF-8.
    ///
    /// # Errors
    /// [`HarnessError`] with the exit code that fits: 3 for the file system, 4 for the size, 2 for the content.
    pub fn read(path: &Path) -> Result<Self, HarnessError> {
        let io = |source| HarnessError::Read { file: path.to_owned(), source };
        let size = std::fs::metadata(path).map_err(io)?.len();
        if size > LARGEST_FILE {
            return Err(HarnessError::TooLarge { file: path.to_owned(), bytes: size, limit: LARGEST_FILE });
        }
        let bytes = std::fs::read(path).map_err(io)?;
        let name = path.display().to_string();
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(&name, text),
            Err(error) => Err(HarnessError::NotText { file: name, offset: error.utf8_error().valid_up_to() }),
        }
    }

    /// Parses a text.
    ///
    /// # Errors
    /// [`HarnessError::Empty`] or [`HarnessError::Invalid`] with every syntax error and its place.
    pub fn parse(name: &str, text: String) -> Result<Self, HarnessError> {
        if text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
            return Err(HarnessError::Empty { file: name.to_owned() });
        }
        let (table, errors) = DeTable::parse_recoverable(&text);
        if !errors.is_empty() {
            let words = |error: &toml::de::Error| match error.message().trim() {
                "recursion limit" | "recursion limit exceeded" => "nesting deeper than 80 levels".to_owned(),
                words => words.replace('\n', "; "),
            };
            let syntax = |error: &toml::de::Error| crate::Diagnostic {
                path: String::new(),
                words: words(error),
                hint: None,
                span: error.span(),
            };
            let diagnostics = errors.iter().take(MOST_SYNTAX_ERRORS).map(syntax).collect();
            return Err(HarnessError::Invalid { file: name.to_owned(), text, diagnostics });
        }
        let root = Node { span: Some(0..text.len()), value: table_value(table.get_ref()) };
        Ok(Self { name: name.to_owned(), text, root })
    }

    /// Where a dotted path such as `side.hebb.spiking.dt` or `target[1].metric` stands: its key and value, or the nearest
    /// table above it.
    pub fn place(&self, path: &str) -> Option<Range<usize>> {
        let mut node = &self.root;
        let mut place = None;
        for key in split_path(path) {
            let next = match (&node.value, key.parse::<usize>()) {
                (Value::List(list), Ok(index)) => list.get(index).map(|item| (item.span.clone(), item)),
                (Value::Table(table), _) => table.get(&key).map(|(at, value)| {
                    // A table is best shown by its key; a value together with its key.
                    let own = match (&value.value, at, &value.span) {
                        (Value::Table(_), at, _) => at.clone(),
                        (_, Some(at), Some(span)) => Some(at.start..span.end.max(at.end)),
                        (_, _, span) => span.clone(),
                    };
                    (own, value)
                }),
                _ => None,
            };
            let Some((span, below)) = next else { break };
            place = span.or(place);
            node = below;
        }
        place
    }
}

/// Splits `a.b[2].c` into its keys. Keys that hold dots are written with quotes.
pub(crate) fn split_path(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut quoted = false;
    for c in path.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' | '[' if !quoted => keys.push(String::new()),
            ']' if !quoted => {}
            other => keys.last_mut().expect("starts with one key").push(other),
        }
    }
    keys.retain(|key| !key.is_empty());
    keys
}

fn table_value(table: &DeTable<'_>) -> Value {
    let entry = |(key, value): (&toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| {
        (key.get_ref().to_string(), (Some(key.span()), node(value)))
    };
    Value::Table(table.iter().map(entry).collect())
}

fn node(value: &toml::Spanned<DeValue<'_>>) -> Node {
    Node { span: Some(value.span()), value: de_value(value.get_ref()) }
}

pub(crate) fn de_value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        // An integer beyond 64 bits is a number that no range allows.
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Float(number.as_str().parse().unwrap_or(f64::INFINITY)), Value::Integer),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(list) => Value::List(list.iter().map(node).collect()),
        DeValue::Table(table) => table_value(table),
    }
}

impl Node {
    /// Takes out the value at a dotted path, if there is one.
    pub(crate) fn remove(&mut self, path: &str) {
        let keys = split_path(path);
        let Some((leaf, way)) = keys.split_last() else { return };
        let mut node = self;
        for key in way {
            let below = match (&mut node.value, key.parse::<usize>()) {
                (Value::List(list), Ok(index)) => list.get_mut(index),
                (Value::Table(table), _) => table.get_mut(key).map(|(_, value)| value),
                _ => None,
            };
            let Some(below) = below else { return };
            node = below;
        }
        if let Value::Table(table) = &mut node.value {
            table.shift_remove(leaf);
        }
    }

    /// The tree as a plain TOML value, for reading into types.
    pub fn to_toml(&self) -> toml::Value {
        match &self.value {
            Value::Text(text) | Value::Date(text) => toml::Value::String(text.clone()),
            Value::Integer(number) => toml::Value::Integer(*number),
            Value::Float(number) => toml::Value::Float(*number + 0.0),
            Value::Flag(flag) => toml::Value::Boolean(*flag),
            Value::List(list) => toml::Value::Array(list.iter().map(Self::to_toml).collect()),
            Value::Table(table) => toml::Value::Table(
                table.iter().map(|(key, (_, value))| (key.clone(), value.to_toml())).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_keys_and_values() {
        let text = "a = 1\n[b.c]\nd = ['x', 'y']\n".to_owned();
        let document = Document::parse("t", text).unwrap();
        let at = |path: &str| document.place(path).map(|span| &document.text[span]);
        assert_eq!(at("a"), Some("a = 1"));
        assert_eq!(at("b.c.d[1]"), Some("'y'"));
        assert_eq!(at("b.c"), Some("c"));
        assert_eq!(at("b.c.nothing"), Some("c"));
        assert_eq!(at("nothing"), None);
        assert_eq!(split_path("a.\"b.c\"[2].d"), ["a", "b.c", "2", "d"]);
    }

    #[test]
    fn empty_and_broken_files() {
        assert!(matches!(Document::parse("t", " \n\u{feff}".into()), Err(HarnessError::Empty { .. })));
        let Err(HarnessError::Invalid { diagnostics, .. }) =
            Document::parse("t", "a = \nb = [1,\nc = 'x".into())
        else {
            panic!("invalid")
        };
        assert!(!diagnostics.is_empty());
        assert!(Document::parse("t", "a = 1\na = 2".into()).is_err());
        let deep = format!("a = {}", "[".repeat(100_000));
        assert!(Document::parse("t", deep).is_err());
    }
}
