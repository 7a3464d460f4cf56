//! Named columns of equal length: traces, spikes, confusion counts.

use std::path::Path;

use indexmap::IndexMap;

use crate::csv;
use crate::error::RecordError;

/// One column of a [`Table`].
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; NaN stands for "not recorded" and is an empty cell in the file.
    Numbers(Vec<f64>),
    /// Text: names of populations, classes.
    Texts(Vec<String>),
}

impl Column {
    /// The number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(cells) => cells.len(),
            Self::Texts(cells) => cells.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Named columns of equal length, in order.
///
/// ```
/// use duet_record::Table;
/// let table = Table::new()
///     .with_numbers("time_ms", vec![0.5, 1.0])?
///     .with_texts("population", vec!["hidden".into(), "=output".into()])?;
/// let csv = table.to_csv();
/// assert_eq!(csv, "time_ms,population\n0.5,hidden\n1,'=output\n");
/// assert_eq!(Table::from_csv(&csv, &["population"]).unwrap(), table);
/// # Ok::<(), duet_record::RecordError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: IndexMap<String, Column>,
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of numbers.
    ///
    /// # Errors
    /// [`RecordError::BadTable`] if the name is taken or the length differs from that of the first column.
    pub fn with_numbers(self, name: &str, cells: Vec<f64>) -> Result<Self, RecordError> {
        self.with(name, Column::Numbers(cells))
    }

    /// Adds a column of text.
    ///
    /// # Errors
    /// As [`Table::with_numbers`].
    pub fn with_texts(self, name: &str, cells: Vec<String>) -> Result<Self, RecordError> {
        self.with(name, Column::Texts(cells))
    }

    fn with(mut self, name: &str, column: Column) -> Result<Self, RecordError> {
        let refuse = |why: String| Err(RecordError::BadTable { column: name.to_owned(), why });
        if self.columns.contains_key(name) {
            return refuse("there is a column of this name already".into());
        }
        if !self.columns.is_empty() && column.len() != self.rows() {
            return refuse(format!("{} cells, where the table has {} rows", column.len(), self.rows()));
        }
        self.columns.insert(name.to_owned(), column);
        Ok(self)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// The columns with their names, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// The numbers of a column.
    ///
    /// # Errors
    /// [`RecordError::BadTable`] if there is no such column or it holds text.
    pub fn numbers(&self, name: &str) -> Result<&[f64], RecordError> {
        match self.columns.get(name) {
            Some(Column::Numbers(cells)) => Ok(cells),
            Some(Column::Texts(_)) => Err(bad(name, "it holds text, not numbers")),
            None => Err(bad(name, "there is no such column")),
        }
    }

    /// The texts of a column.
    ///
    /// # Errors
    /// [`RecordError::BadTable`] if there is no such column or it holds numbers.
    pub fn texts(&self, name: &str) -> Result<&[String], RecordError> {
        match self.columns.get(name) {
            Some(Column::Texts(cells)) => Ok(cells),
            Some(Column::Numbers(_)) => Err(bad(name, "it holds numbers, not text")),
            None => Err(bad(name, "there is no such column")),
        }
    }

    /// The table as CSV: a header, then a line per row.
    pub fn to_csv(&self) -> String {
        let mut out = String::new();
        for (at, name) in self.columns.keys().enumerate() {
            separate(&mut out, at);
            csv::push_text(&mut out, name);
        }
        out.push('\n');
        for row in 0..self.rows() {
            for (at, column) in self.columns.values().enumerate() {
                separate(&mut out, at);
                match column {
                    Column::Numbers(cells) => csv::push_number(&mut out, cells[row]),
                    Column::Texts(cells) => csv::push_text(&mut out, &cells[row]),
                }
            }
            out.push('\n');
        }
        out
    }

    /// Reads CSV with a header. The columns named in `texts` hold text, all others numbers.
    ///
    /// # Errors
    /// A sentence that names the line and what is wrong there.
    pub fn from_csv(text: &str, texts: &[&str]) -> Result<Self, String> {
        let mut reader = csv::Reader::new(text);
        let mut cells = Vec::new();
        if !reader.next(&mut cells)? {
            return Err("the file is empty; a table begins with its header".into());
        }
        let mut columns: IndexMap<String, Column> = IndexMap::new();
        for name in cells.iter().map(|cell| csv::unguard(cell)) {
            let empty =
                if texts.contains(&name) { Column::Texts(Vec::new()) } else { Column::Numbers(Vec::new()) };
            if columns.insert(name.to_owned(), empty).is_some() {
                return Err(format!("line 1: two columns are named `{name}`"));
            }
        }
        loop {
            let line = reader.line();
            if !reader.next(&mut cells)? {
                return Ok(Self { columns });
            }
            if cells.len() != columns.len() {
                return Err(format!("line {line}: {} cells, the header has {}", cells.len(), columns.len()));
            }
            for (cell, (name, column)) in cells.iter().zip(&mut columns) {
                match column {
                    Column::Texts(column) => column.push(csv::unguard(cell).to_owned()),
                    Column::Numbers(column) => column.push(
                        csv::parse_number(cell)
                            .ok_or_else(|| format!("line {line}: `{name}` is not a number: `{cell}`"))?,
                    ),
                }
            }
        }
    }

    pub(crate) fn read(path: &Path, texts: &[&str]) -> Result<Self, RecordError> {
        let text = crate::whole::read_text(path)?;
        Self::from_csv(&text, texts).map_err(|what| RecordError::corrupt(path, what))
    }
}

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push(',');
    }
}

fn bad(column: &str, why: &str) -> RecordError {
    RecordError::BadTable { column: column.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_numbers_are_empty_cells() {
        let table = Table::new().with_numbers("a", vec![1.5, f64::NAN]).unwrap();
        let table = table.with_numbers("=b", vec![f64::INFINITY, 1e-9]).unwrap();
        assert_eq!(table.to_csv(), "a,'=b\n1.5,\n,1e-9\n");
        let back = Table::from_csv(&table.to_csv(), &[]).unwrap();
        assert_eq!(back.rows(), 2);
        assert!(back.numbers("a").unwrap()[1].is_nan());
        assert_eq!(back.numbers("=b").unwrap()[1], 1e-9);
    }

    #[test]
    fn columns_must_fit() {
        let table = Table::new().with_numbers("a", vec![1.0]).unwrap();
        assert!(table.clone().with_numbers("a", vec![1.0]).is_err());
        assert!(table.clone().with_numbers("b", vec![]).is_err());
        assert!(table.texts("a").is_err() && table.numbers("b").is_err());
    }

    #[test]
    fn faults_name_their_line() {
        for (text, words) in [
            ("", "empty"),
            ("a,a\n", "two columns"),
            ("a,b\n1\n", "line 2: 1 cells, the header has 2"),
            ("a,b\n1,2\n3,x\n", "line 3: `b` is not a number: `x`"),
            ("a\n\"1\n", "line 2"),
        ] {
            let error = Table::from_csv(text, &[]).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
