//! What a family answers with.

use super::key::Key;
use serde_json::Value;

/// A number (1 and 0 for true and false), a text, a list of them (of any depth), or nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Number(f64),
    Text(String),
    List(Vec<Tree>),
    Nothing,
}

impl Tree {
    /// An expected value; `None` for a table.
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_f64().map(Self::Number),
            Value::Array(list) => list.iter().map(Self::from_json).collect::<Option<_>>().map(Self::List),
            Value::Bool(truth) => Some(Self::Number(f64::from(u8::from(*truth)))),
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Null => Some(Self::Nothing),
            Value::Object(_) => None,
        }
    }
}

impl From<f64> for Tree {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl<T: Into<Tree>> From<Option<T>> for Tree {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

impl<T: Into<Tree>> From<Vec<T>> for Tree {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

/// How a figure is held against the expected value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grade {
    /// Within the entry's tolerance.
    Double,
    /// Computed in single precision: within what the note allows.
    Single,
    /// Within the number that follows these words in the note; where it has none, within the entry's tolerance.
    Noted(&'static str),
    /// The expected value is a limit.
    AtMost,
    /// The expected value is a limit from below.
    AtLeast,
    /// Equal.
    Exactly,
    /// Within what the entry's words allow, where no key of its tolerance covers the value.
    Within(f64),
    /// A list of numbers, or several, each of which points the same way or the opposite one, within so many degrees.
    Direction(f64),
}

/// One way of computing an expected value.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub tree: Tree,
    pub grade: Grade,
}

impl Figure {
    pub fn new(tree: impl Into<Tree>, grade: Grade) -> Self {
        Self { tree: tree.into(), grade }
    }
}

/// The answer of a family with one computation in double precision.
#[expect(clippy::unnecessary_wraps, reason = "families end with it")]
pub fn double(tree: impl Into<Tree>) -> Result<Vec<Figure>, Trouble> {
    Ok(vec![Figure::new(tree, Grade::Double)])
}

/// A condition beside the expected values, mostly from the tolerance's note: it holds up to a deviation of 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub what: String,
    pub deviation: f64,
}

impl Check {
    pub fn new(what: impl Into<String>, deviation: f64) -> Self {
        Self { what: what.into(), deviation: if deviation.is_nan() { f64::INFINITY } else { deviation } }
    }

    /// A condition that holds or not.
    pub fn that(what: impl Into<String>, holds: bool) -> Self {
        Self::new(what, if holds { 0.0 } else { f64::INFINITY })
    }
}

type Answer<'a> = dyn Fn(&Key) -> Result<Vec<Figure>, Trouble> + 'a;
type Checks<'a> = dyn Fn() -> Result<Vec<Check>, Trouble> + 'a;

/// A family's model with an entry's parameters.
pub struct Model<'a> {
    pub answer: Box<Answer<'a>>,
    pub checks: Box<Checks<'a>>,
}

impl<'a> Model<'a> {
    pub fn new(answer: impl Fn(&Key) -> Result<Vec<Figure>, Trouble> + 'a) -> Self {
        Self { answer: Box::new(answer), checks: Box::new(|| Ok(Vec::new())) }
    }

    #[must_use]
    pub fn with_checks(self, checks: impl Fn() -> Result<Vec<Check>, Trouble> + 'a) -> Self {
        Self { checks: Box::new(checks), ..self }
    }
}

/// Why an entry cannot be computed.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The family does not know the key or its argument.
    Key(String),
    /// A parameter is missing or not what it should be.
    Parameter(String),
    /// A parameter that the family does not know.
    Unread(String),
    /// No tolerance says how close a value must be.
    Tolerance(String),
    /// A time lies on no time grid in use.
    OffGrid(f64),
    /// The crates do not have the variant that the entry is about.
    NotBuilt(String),
    /// The crates refused.
    Refused(String),
}

impl Trouble {
    pub fn key(key: &Key) -> Self {
        Self::Key(key.text.clone())
    }

    pub fn parameter(name: &str) -> Self {
        Self::Parameter(name.to_owned())
    }

    #[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
    pub fn refused(error: impl ToString) -> Self {
        Self::Refused(error.to_string())
    }

    /// One word for the line of the entry.
    pub fn word(&self) -> String {
        let (kind, what) = match self {
            Self::Key(key) => ("key", key.clone()),
            Self::Parameter(name) => ("parameter", name.clone()),
            Self::Unread(name) => ("unread", name.clone()),
            Self::Tolerance(key) => ("tolerance", key.clone()),
            Self::OffGrid(time) => ("off_grid", time.to_string()),
            Self::NotBuilt(what) => ("not_built", what.clone()),
            Self::Refused(words) => ("refused", words.clone()),
        };
        format!("{kind}:{}", what.split_whitespace().collect::<Vec<_>>().join("_"))
    }
}
