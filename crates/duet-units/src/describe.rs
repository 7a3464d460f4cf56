//! The shape of a scenario as data: what may stand where, with which unit, range, default and words.

use crate::{DimensionTable, Range};
use indexmap::IndexMap;

/// What may stand at a place in a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A text with a number and a unit, such as `"20 ms"`.
    Quantity {
        /// Its units.
        dimension: DimensionTable,
        /// Allowed values, in the internal unit.
        range: Range,
    },
    /// A dimensionless number.
    Number {
        /// Allowed values.
        range: Range,
    },
    /// A whole number.
    Integer {
        /// Allowed values; its ends are whole.
        range: Range,
    },
    /// `true` or `false`.
    Flag,
    /// A text.
    Text {
        /// The words allowed; empty means any text.
        allowed: &'static [&'static str],
    },
    /// `[ ... ]`, every element of one shape.
    List {
        /// The shape of an element.
        of: Box<Shape>,
    },
    /// A table whose keys are names chosen by the author: `[population.NAME]`.
    Names {
        /// The shape behind each name.
        of: Box<Shape>,
    },
    /// A table with known keys.
    Table(Page),
    /// One bare value that has a page of its own: `weights.constant = 0.5`.
    Value {
        /// Its words.
        page: Page,
        /// What is written.
        of: Box<Shape>,
    },
    /// Exactly one of several kinds, as a table with one key: `{ relu = {} }`.
    Choice {
        /// What is chosen ("neuron", "optimizer" ...).
        kind: &'static str,
        /// The kinds known.
        entries: Vec<Entry>,
    },
    /// A table with known keys that also names exactly one of several kinds: `{ to = "cell", step = { ... } }`.
    Tagged {
        /// Its words and known keys.
        page: Page,
        /// What is chosen beside them ("stimulus").
        kind: &'static str,
        /// The kinds known.
        entries: Vec<Entry>,
    },
    /// One of several shapes, told apart by their TOML type: a name or a list of names.
    Either(Vec<Shape>),
}

/// A described table: its words and its fields. The words of a model *are* its page in `duet explain` and the book.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Markdown, as written in the source's doc comment.
    pub doc: &'static str,
    /// The keys that the table may hold.
    pub fields: Vec<Field>,
    /// Orders that fields must keep (`v_reset < v_th`).
    pub relations: Vec<Relation>,
}

/// One key of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it means, in a sentence or two.
    pub doc: &'static str,
    /// What may stand there.
    pub shape: Shape,
    /// Whether it must be given.
    pub required: bool,
    /// The default as it would be written in a scenario; `None` where there is none.
    pub default: Option<String>,
    /// The default as a number in internal units, where it is one.
    pub default_number: Option<f64>,
}

/// An order between two numeric fields of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The field that must be smaller.
    pub lower: &'static str,
    /// Whether equality is allowed.
    pub or_equal: bool,
    /// The field that must be larger.
    pub upper: &'static str,
}

impl Relation {
    /// Whether two values keep the order.
    pub fn holds(&self, lower: f64, upper: f64) -> bool {
        if self.or_equal { lower <= upper } else { lower < upper }
    }
}

/// One kind of a [`Shape::Choice`].
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name in scenarios.
    pub name: &'static str,
    /// What is written behind the name: a table of parameters or one value.
    pub shape: Shape,
}

impl Entry {
    /// Its words and parameters.
    ///
    /// # Panics
    /// Never for entries made by [`choice!`](crate::choice), which admits described kinds only.
    pub fn page(&self) -> &Page {
        self.shape.page().expect("every kind has a page")
    }
}

/// Something wrong with a description that only the whole can show: a name that nothing bears, sizes that do not fit.
///
/// Crates collect these; the harness adds file, line and column from the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Dotted keys below the description that was checked: `projection.a-b.from`.
    pub path: String,
    /// What is wrong, with the value found and the values allowed.
    pub words: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(path: impl Into<String>, words: impl Into<String>) -> Self {
        Self { path: path.into(), words: words.into(), hint: None }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same problem seen from a table further up.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        self.path = if self.path.is_empty() { prefix.to_owned() } else { format!("{prefix}.{}", self.path) };
        self
    }
}

impl Page {
    /// The first paragraph: one sentence that says what it is.
    pub fn summary(&self) -> String {
        let first = self.doc.trim().split("\n\n").next().unwrap_or_default();
        first.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }

    /// The text of a section such as "Equations", without its heading, or `None`.
    pub fn section(&self, heading: &str) -> Option<String> {
        let mut inside = false;
        let mut fenced = false;
        let mut lines = Vec::new();
        for line in self.doc.lines() {
            let line = line.strip_prefix(' ').unwrap_or(line);
            fenced ^= line.starts_with("```");
            if !fenced && line.starts_with("# ") {
                inside = line[2..].trim() == heading;
            } else if inside {
                lines.push(line);
            }
        }
        let text = lines.join("\n").trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
}

impl Shape {
    /// The words of a table or of a value with a page.
    pub fn page(&self) -> Option<&Page> {
        match self {
            Self::Table(page) | Self::Value { page, .. } | Self::Tagged { page, .. } => Some(page),
            _ => None,
        }
    }

    /// The same shape with a narrower range, applied to the elements of lists and to every alternative.
    #[must_use]
    pub fn within(self, range: Range) -> Self {
        match self {
            Self::Quantity { dimension, .. } => Self::Quantity { dimension, range },
            Self::Number { .. } => Self::Number { range },
            Self::Integer { range: own } => Self::Integer {
                range: Range { high: range.high.min(own.high), includes_high: true, ..range },
            },
            Self::List { of } => Self::List { of: Box::new(of.within(range)) },
            Self::Either(shapes) => Self::Either(shapes.into_iter().map(|s| s.within(range)).collect()),
            other => other,
        }
    }
}

/// A type that can stand in a scenario and says what it accepts.
pub trait Describe {
    /// What may be written for it.
    fn shape() -> Shape;

    /// What leaving it out means, where that means something without a default: `None` for an `Option`.
    fn absent() -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// The value as a person would read it: with its unit, as short as exactness allows.
    fn show(&self) -> String;

    /// The numbers inside, in internal units, for range checks.
    fn numbers(&self) -> Vec<f64> {
        Vec::new()
    }

    /// The parameters inside with their values, for reports: (name, value as text, meaning).
    fn parameters(&self) -> Vec<(&'static str, String, &'static str)> {
        Vec::new()
    }
}

macro_rules! whole {
    ($($type:ty),+) => {$(
        impl Describe for $type {
            fn shape() -> Shape {
                // TOML integers are 64-bit signed.
                Shape::Integer { range: Range::between(0.0, (<$type>::MAX as f64).min(i64::MAX as f64)) }
            }

            fn show(&self) -> String {
                self.to_string()
            }

            fn numbers(&self) -> Vec<f64> {
                vec![*self as f64]
            }
        }
    )+};
}
whole!(u32, u64, usize);

impl Describe for f64 {
    fn shape() -> Shape {
        Shape::Number { range: Range::FINITE }
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn numbers(&self) -> Vec<f64> {
        vec![*self]
    }
}

impl Describe for bool {
    fn shape() -> Shape {
        Shape::Flag
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Describe for String {
    fn shape() -> Shape {
        Shape::Text { allowed: &[] }
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl<T: Describe> Describe for Option<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), Describe::show)
    }

    fn numbers(&self) -> Vec<f64> {
        self.as_ref().map_or_else(Vec::new, Describe::numbers)
    }

    fn parameters(&self) -> Vec<(&'static str, String, &'static str)> {
        self.as_ref().map_or_else(Vec::new, Describe::parameters)
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn shape() -> Shape {
        Shape::List { of: Box::new(T::shape()) }
    }

    fn show(&self) -> String {
        format!("[{}]", self.iter().map(Describe::show).collect::<Vec<_>>().join(", "))
    }

    fn numbers(&self) -> Vec<f64> {
        self.iter().flat_map(Describe::numbers).collect()
    }
}

impl<T: Describe> Describe for IndexMap<String, T> {
    fn shape() -> Shape {
        Shape::Names { of: Box::new(T::shape()) }
    }

    fn show(&self) -> String {
        let shown = self.iter().map(|(name, value)| format!("{name} = {}", value.show()));
        format!("{{ {} }}", shown.collect::<Vec<_>>().join(", "))
    }
}

impl<T: Describe> Describe for Box<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn show(&self) -> String {
        (**self).show()
    }

    fn parameters(&self) -> Vec<(&'static str, String, &'static str)> {
        (**self).parameters()
    }
}
