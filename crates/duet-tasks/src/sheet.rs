//! A table of numbers with a column of labels, out of CSV text.

use crate::csv::{Record, delimiter, records};
use crate::labelled::Numbers;
use crate::unpack::Unpacked;
use crate::{Column, TaskError};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Files of text are read up to this length; as numbers they may take four times as much.
const LIMIT: u64 = 128 << 20;

/// Labels become names in figures.
const LONGEST_LABEL: usize = 100;

/// How a table is to be read.
pub(crate) struct Layout<'a> {
    pub(crate) label: &'a Column,
    pub(crate) ignore: &'a [Column],
    /// `None`: found out.
    pub(crate) delimiter: Option<char>,
    /// `None`: found out.
    pub(crate) header: Option<bool>,
    pub(crate) decimal_comma: bool,
}

/// What the file held.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) file: PathBuf,
    /// The names of the feature columns, if there is a header.
    pub(crate) names: Option<Vec<String>>,
    /// How many feature columns there are.
    pub(crate) features: usize,
    /// The features, row after row.
    pub(crate) values: Numbers,
    /// The label of each row.
    pub(crate) labels: Vec<String>,
    /// The line of each row.
    pub(crate) lines: Vec<usize>,
}

impl Sheet {
    /// Reads a file, plain or gzipped.
    pub(crate) fn read(file: &Path, layout: &Layout) -> Result<Self, TaskError> {
        let bytes = Unpacked::open(file)?.take(LIMIT + 1)?;
        if bytes.len() as u64 > LIMIT {
            let hint = "large data are read faster by `task.npy`";
            return Err(TaskError::LargeFile { file: file.to_owned(), limit: LIMIT, hint });
        }
        Self::parse(&bytes, file, layout)
    }

    /// Reads the bytes of a file.
    pub(crate) fn parse(bytes: &[u8], file: &Path, layout: &Layout) -> Result<Self, TaskError> {
        let text = text(bytes, file)?;
        let mut rows = records(text, layout.delimiter.unwrap_or_else(|| delimiter(text))).map(|record| {
            record.map_err(|fault| {
                let column = format!(", column {}", fault.column);
                cell(file, fault.line, column, fault.found, fault.expected)
            })
        });
        let Some(first) = rows.next().transpose()? else {
            return Err(cell(file, 1, String::new(), "an empty file", "a table"));
        };
        let width = first.fields.len();
        let (columns, header) = Columns::find(&first, layout, file)?;
        let mut values = Vec::new();
        let mut sheet = Self {
            file: file.to_owned(),
            names: header.then(|| columns.features.iter().map(|&i| name(&first, i)).collect()),
            features: columns.features.len(),
            values: Numbers::Doubles(Vec::new()),
            labels: Vec::new(),
            lines: Vec::new(),
        };
        let names = header.then_some(&first);
        let body = (!header).then(|| Ok(first.clone()));
        for row in body.into_iter().chain(rows) {
            let row = row?;
            if row.fields.len() != width {
                let found = format!("{} fields", row.fields.len());
                let expected = format!("{width}, as in line {}", first.line);
                return Err(cell(file, row.line, String::new(), &found, &expected));
            }
            let placed = |i: usize, found: &str, expected: &str| {
                let mut column = format!(", column {}", i + 1);
                if let Some(names) = names {
                    // Writing to a text cannot fail.
                    let _ = write!(column, " ({})", shown(&name(names, i)));
                }
                cell(file, row.line, column, found, expected)
            };
            for &i in &columns.features {
                let value = number(&row.fields[i], layout.decimal_comma);
                values.push(value.map_err(|(found, expected)| placed(i, &found, expected))?);
            }
            let label = row.fields[columns.label].trim();
            if label.is_empty() {
                return Err(placed(columns.label, "no value", "a label"));
            }
            if label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
                let expected = format!("a label of at most {LONGEST_LABEL} letters in one line");
                return Err(placed(columns.label, &shown(label), &expected));
            }
            sheet.labels.push(label.to_owned());
            sheet.lines.push(row.line);
        }
        sheet.values = Numbers::Doubles(values);
        if sheet.labels.is_empty() {
            return Err(cell(
                file,
                first.line,
                String::new(),
                "a header and nothing below",
                "rows of numbers",
            ));
        }
        Ok(sheet)
    }
}

/// Which columns are what, from 0.
struct Columns {
    label: usize,
    features: Vec<usize>,
}

impl Columns {
    /// From the first record, and whether that is a header.
    fn find(first: &Record, layout: &Layout, file: &Path) -> Result<(Self, bool), TaskError> {
        let named = std::iter::once(layout.label).chain(layout.ignore).any(|c| matches!(c, Column::Name(_)));
        if named && layout.header == Some(false) {
            let words = "`header = false` leaves no names; give the number of the column, from 1".to_owned();
            return Err(TaskError::Setting { setting: "csv.label", words });
        }
        let place = |column: &Column, setting| position(column, first, file, setting);
        let label = place(layout.label, "csv.label")?;
        let ignored: Vec<usize> =
            layout.ignore.iter().map(|column| place(column, "csv.ignore")).collect::<Result<_, _>>()?;
        if ignored.contains(&label) {
            let words = format!("{} is the label", layout.label);
            return Err(TaskError::Setting { setting: "csv.ignore", words });
        }
        let features: Vec<usize> =
            (0..first.fields.len()).filter(|i| *i != label && !ignored.contains(i)).collect();
        if features.is_empty() {
            let found = format!("{} fields, no feature among them", first.fields.len());
            let expected = "columns of numbers between commas, semicolons or tabs";
            return Err(cell(file, first.line, String::new(), &found, expected));
        }
        let is_number = |&i: &usize| number(&first.fields[i], layout.decimal_comma).is_ok();
        let header = layout.header.unwrap_or_else(|| named || !features.iter().any(is_number));
        Ok((Self { label, features }, header))
    }
}

/// Where a column stands, from 0.
fn position(column: &Column, first: &Record, file: &Path, setting: &'static str) -> Result<usize, TaskError> {
    let count = first.fields.len();
    let wrong = |words: String| TaskError::Setting { setting, words: format!("{}: {words}", file.display()) };
    match column {
        Column::Number(number) if (1..=count).contains(number) => Ok(number - 1),
        Column::Number(number) => Err(wrong(format!("no column {number}; there are {count}"))),
        Column::Name(wanted) => {
            let mut at = (0..count).filter(|&i| name(first, i) == *wanted);
            let wanted = shown(wanted);
            match (at.next(), at.next()) {
                (Some(at), None) => Ok(at),
                (Some(_), Some(_)) => Err(wrong(format!("two columns are called {wanted}; give a number"))),
                (None, _) => {
                    let names: Vec<String> = (0..count.min(20)).map(|i| shown(&name(first, i))).collect();
                    let more = if count > names.len() { " ..." } else { "" };
                    Err(wrong(format!(
                        "no column {wanted}; line {} has {}{more}",
                        first.line,
                        names.join(", ")
                    )))
                }
            }
        }
    }
}

/// The name of a column.
fn name(header: &Record, i: usize) -> String {
    header.fields[i].trim().to_owned()
}

/// A finite number, or what was found and what was expected.
fn number(field: &str, decimal_comma: bool) -> Result<f64, (String, &'static str)> {
    const MISSING: [&str; 8] = ["", "na", "n/a", "nan", "null", "none", "?", "-"];
    let field = field.trim();
    if MISSING.contains(&field.to_lowercase().as_str()) {
        let found =
            if field.is_empty() { "no value".to_owned() } else { format!("{} (no value)", shown(field)) };
        return Err((found, "a number; complete the row or leave it out"));
    }
    let refuse = |expected| Err((shown(field), expected));
    if decimal_comma && field.contains('.') {
        return refuse("a number with a decimal comma");
    }
    let parsed = if decimal_comma { field.replace(',', ".").parse::<f64>() } else { field.parse::<f64>() };
    match parsed {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => refuse("a finite number"),
        Err(_) if !decimal_comma && field.replace(',', ".").parse::<f64>().is_ok() => {
            refuse("a number with a decimal point, or `decimal_comma = true`")
        }
        Err(_) => refuse("a number; columns of words can be left out with `ignore`"),
    }
}

/// The text of a file, without the mark that some programs begin it with.
fn text<'a>(bytes: &'a [u8], file: &Path) -> Result<&'a str, TaskError> {
    let utf8 = "UTF-8; save it as \"CSV UTF-8\"";
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(cell(file, 1, String::new(), "UTF-16 text", utf8));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let line = 1 + good.matches('\n').count();
            let found = format!("the byte {:#04x}, which is not UTF-8", bytes[error.valid_up_to()]);
            Err(cell(file, line, String::new(), &found, utf8))
        }
    }
}

/// Some text from a file as a message shows it: short and without control characters.
fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().count() > 40 { format!("`{start}...`") } else { format!("`{start}`") }
}

fn cell(file: &Path, line: usize, column: String, found: &str, expected: &str) -> TaskError {
    TaskError::Cell {
        file: file.to_owned(),
        line,
        column,
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Sheet};
    use crate::labelled::Numbers;
    use crate::{Column, TaskError};
    use proptest::prelude::*;
    use std::path::Path;

    const LAST: Column = Column::Number(3);

    fn layout(label: &Column) -> Layout<'_> {
        Layout { label, ignore: &[], delimiter: None, header: None, decimal_comma: false }
    }

    fn parse(text: &str, layout: &Layout) -> Result<Sheet, TaskError> {
        Sheet::parse(text.as_bytes(), Path::new("t.csv"), layout)
    }

    fn words(text: &str) -> String {
        parse(text, &layout(&LAST)).unwrap_err().to_string()
    }

    #[test]
    fn headers_are_found_or_said() {
        let kind = Column::Name("kind".to_owned());
        let by_name = parse("\u{feff}a;b;kind\r\n1;2;x\r\n\r\n3;4.5;\"y\"\r\n", &layout(&kind)).unwrap();
        assert_eq!(by_name.names, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(
            (by_name.values, by_name.labels),
            (Numbers::Doubles(vec![1.0, 2.0, 3.0, 4.5]), vec!["x".into(), "y".into()])
        );
        assert_eq!(by_name.lines, [2, 4]);
        assert_eq!(parse("1,2,x", &layout(&LAST)).unwrap().names, None);
        assert!(parse("a,b,c\n1,2,x", &layout(&LAST)).unwrap().names.is_some());
        // One number among the names: no header, so the name is a wrong number.
        assert!(words("1,b,c\n1,2,x").contains("line 1, column 2: found `b`"));
        let said = Layout { header: Some(true), ..layout(&LAST) };
        assert_eq!(parse("1,2,x\n3,4,y", &said).unwrap().labels, ["y"]);
        let none = Layout { header: Some(false), ..layout(&kind) };
        assert!(matches!(parse("a,b,kind\n1,2,x", &none), Err(TaskError::Setting { .. })));
    }

    #[test]
    fn columns_can_be_left_out_and_must_exist() {
        let kind = Column::Name("kind".to_owned());
        let ignore = [Column::Name("id".to_owned()), Column::Number(2)];
        let with = Layout { ignore: &ignore, ..layout(&kind) };
        let sheet = parse("id,note,x,kind\n1,hello,0.5,a", &with).unwrap();
        assert_eq!((sheet.features, sheet.values), (1, Numbers::Doubles(vec![0.5])));
        let refuse = |text, with: &Layout| parse(text, with).unwrap_err().to_string();
        assert!(refuse("id,note,kind\n1,2,a", &with).contains("no feature among them"));
        assert!(refuse("a,b,c\n1,2,x", &with).contains("no column `kind`; line 1 has `a`, `b`, `c`"));
        assert!(refuse("kind,kind,c\n1,2,x", &layout(&kind)).contains("two columns are called `kind`"));
        assert!(refuse("a,b\n1,2", &layout(&LAST)).contains("no column 3; there are 2"));
        let ignore = [LAST];
        assert!(refuse("1,2,x", &Layout { ignore: &ignore, ..layout(&LAST) }).contains("is the label"));
    }

    #[test]
    fn what_is_no_number_is_refused_at_its_place() {
        for (text, found) in [
            ("a,b,c\n1,,x", "t.csv, line 2, column 2 (`b`): found no value, expected a number"),
            ("a,b,c\n1,2,x\n1,NA,x", "line 3, column 2 (`b`): found `NA` (no value)"),
            ("a,b,c\n1,nan,x", "(no value)"),
            ("a,b,c\n1,1e400,x", "found `1e400`, expected a finite number"),
            ("a,b,c\n1,-inf,x", "expected a finite number"),
            ("a;b;c\n1;0,5;x", "or `decimal_comma = true`"),
            ("a,b,c\n1,red,x", "left out with `ignore`"),
            ("a,b,c\n1,2,", "column 3 (`c`): found no value, expected a label"),
            ("a,b,c\n1,2,\"x\ny\"", "`x\\ny`"),
            ("a,b,c\n1,2,x\n1,2", "line 3: found 2 fields, expected 3, as in line 1"),
            ("a,b,c\n1,\"2,x", "line 2, column 2: found a quote that is never closed"),
            ("a,b,c\n", "a header and nothing below"),
            ("", "an empty file"),
            ("1,2\u{1b}[2J,x", "`2\\u{1b}[2J`"),
        ] {
            let error = words(text);
            assert!(error.contains(found), "{text:?}: {error}");
            assert!(!error.chars().any(char::is_control), "{error:?}");
        }
        let comma = Layout { decimal_comma: true, ..layout(&LAST) };
        assert_eq!(parse("0,5;-1,25e2;x", &comma).unwrap().values, Numbers::Doubles(vec![0.5, -125.0]));
        assert!(parse("1.234;5;x\n1;5;x", &comma).unwrap_err().to_string().contains("decimal comma"));
    }

    #[test]
    fn other_encodings_are_refused() {
        let refuse =
            |bytes: &[u8]| Sheet::parse(bytes, Path::new("t.csv"), &layout(&LAST)).unwrap_err().to_string();
        assert!(refuse(b"\xff\xfea\0").contains("UTF-16"));
        assert!(refuse(b"a,b,c\n1,2,\xe9t\xe9").contains("line 2: found the byte 0xe9"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "[0-9a,;.\"\n\r\t ]{0,80}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(sheet) = Sheet::parse(bytes, Path::new("t.csv"), &layout(&LAST)) {
                    let Numbers::Doubles(values) = sheet.values else { panic!("not doubles") };
                    prop_assert_eq!(values.len(), sheet.features * sheet.labels.len());
                    prop_assert!(values.iter().all(|value| value.is_finite()));
                }
            }
        }

        #[test]
        fn a_damaged_file_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut bytes = b"a,b,kind\r\n5.1,\"3.5\",setosa\r\n7,3.2,\"versi\"\"color\"\r\n".to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len() + 1));
            let _ = Sheet::parse(&bytes, Path::new("t.csv"), &layout(&LAST));
        }
    }
}
