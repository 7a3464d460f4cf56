//! Tables as text: RFC 4180, with the delimiters and line ends that programs really write.
//!
//! A field may stand in double quotes, and may then hold delimiters, line ends and (doubled) quotes. What the RFC does not
//! allow is refused at its line and column instead of being guessed at.

use std::borrow::Cow;

/// The delimiters that are looked for. The comma comes last: in a file with another delimiter it may be a decimal comma.
const DELIMITERS: [char; 3] = ['\t', ';', ','];

/// How many records decide which delimiter it is.
const SAMPLE: usize = 20;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// The line that it begins on, from 1.
    pub(crate) line: usize,
    /// Its fields without their quotes.
    pub(crate) fields: Vec<Cow<'a, str>>,
}

/// Where the text is no table, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1.
    pub(crate) line: usize,
    /// Which field of the record, from 1.
    pub(crate) column: usize,
    /// What was met.
    pub(crate) found: &'static str,
    /// What the format asks for.
    pub(crate) expected: &'static str,
}

/// The records of a text, one after the other; blank lines are passed over.
pub(crate) struct Records<'a> {
    rest: &'a str,
    line: usize,
    delimiter: char,
}

/// Reads the records of a text with this delimiter.
pub(crate) fn records(text: &str, delimiter: char) -> Records<'_> {
    Records { rest: text, line: 1, delimiter }
}

/// The delimiter that cuts the first records into equally many fields, two or more; without one, the one that cuts the
/// first record into most.
pub(crate) fn delimiter(text: &str) -> char {
    let fits = |&delimiter: &char| {
        let mut sample = records(text, delimiter).take(SAMPLE);
        let Some(Ok(first)) = sample.next() else { return false };
        let width = first.fields.len();
        width >= 2 && sample.all(|record| record.is_ok_and(|record| record.fields.len() == width))
    };
    let width = |delimiter: &char| match records(text, *delimiter).next() {
        Some(Ok(first)) => first.fields.len(),
        _ => 0,
    };
    let most = || DELIMITERS.into_iter().max_by_key(width);
    DELIMITERS.into_iter().find(fits).or_else(most).unwrap_or(',')
}

impl<'a> Records<'a> {
    /// Up to the next delimiter or line end.
    fn field(&mut self, column: usize) -> Result<Cow<'a, str>, Fault> {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            self.rest = quoted;
            return self.quoted(column);
        }
        let end = self.rest.find([self.delimiter, '\n', '\r']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        if field.contains('"') {
            return Err(Fault {
                line: self.line,
                column,
                found: "a quote inside a field without quotes",
                expected: "the whole field in quotes, and quotes inside doubled",
            });
        }
        self.rest = rest;
        Ok(Cow::Borrowed(field))
    }

    /// Up to the closing quote; the opening one has been read.
    fn quoted(&mut self, column: usize) -> Result<Cow<'a, str>, Fault> {
        let opened = self.line;
        let mut field = Cow::Borrowed("");
        loop {
            let Some(end) = self.rest.find('"') else {
                return Err(Fault {
                    line: opened,
                    column,
                    found: "a quote that is never closed",
                    expected: "a closing quote",
                });
            };
            let (piece, rest) = (&self.rest[..end], &self.rest[end + 1..]);
            self.line += line_ends(piece);
            self.rest = rest;
            field =
                if field.is_empty() { Cow::Borrowed(piece) } else { Cow::Owned(field.into_owned() + piece) };
            let Some(rest) = rest.strip_prefix('"') else { break };
            self.rest = rest;
            field.to_mut().push('"');
        }
        let delimiter = self.delimiter;
        if self.rest.starts_with(|c| c != delimiter && c != '\n' && c != '\r') {
            return Err(Fault {
                line: self.line,
                column,
                found: "text behind a closing quote",
                expected: "a delimiter or the end of the line",
            });
        }
        Ok(field)
    }

    /// Whether a line ended here; the next record begins on the next one.
    fn line_end(&mut self) -> bool {
        let ends = ["\r\n", "\n", "\r"];
        let rest = ends.iter().find_map(|end| self.rest.strip_prefix(end));
        self.line += usize::from(rest.is_some());
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Lines of spaces alone. Tabs may be delimiters.
    fn skip_blank_lines(&mut self) {
        loop {
            let kept = (self.rest, self.line);
            self.rest = self.rest.trim_start_matches(' ');
            if self.rest.is_empty() {
                return;
            }
            if !self.line_end() {
                (self.rest, self.line) = kept;
                return;
            }
        }
    }

    fn record(&mut self) -> Result<Record<'a>, Fault> {
        let line = self.line;
        let mut fields = Vec::new();
        loop {
            fields.push(self.field(fields.len() + 1)?);
            match self.rest.strip_prefix(self.delimiter) {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        self.line_end();
        Ok(Record { line, fields })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Fault>;

    /// Nothing follows a fault.
    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blank_lines();
        if self.rest.is_empty() {
            return None;
        }
        let record = self.record();
        if record.is_err() {
            self.rest = "";
        }
        Some(record)
    }
}

/// How many lines end inside a text.
fn line_ends(text: &str) -> usize {
    text.matches('\n').count() + text.matches('\r').count() - text.matches("\r\n").count()
}

#[cfg(test)]
mod tests {
    use super::{Fault, delimiter, records};
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Vec<Vec<String>>, Fault> {
        let fields = |record: Result<super::Record<'_>, Fault>| {
            record.map(|record| record.fields.into_iter().map(String::from).collect())
        };
        records(text, ',').map(fields).collect()
    }

    fn lines(text: &str) -> Vec<usize> {
        records(text, ',').map(|record| record.unwrap().line).collect()
    }

    // The examples of RFC 4180, section 2.
    #[test]
    fn the_examples_of_the_rfc() {
        let both = [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]];
        assert_eq!(read("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n").unwrap(), both);
        assert_eq!(read("aaa,bbb,ccc\r\nzzz,yyy,xxx").unwrap(), both);
        assert_eq!(read("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx").unwrap(), both);
        assert_eq!(read("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx").unwrap()[0], ["aaa", "b\r\nbb", "ccc"]);
        assert_eq!(read("\"aaa\",\"b\"\"bb\",\"ccc\"").unwrap(), [["aaa", "b\"bb", "ccc"]]);
    }

    #[test]
    fn line_ends_blank_lines_and_empty_fields() {
        assert_eq!(read("a,b\n1,\n").unwrap(), [["a", "b"], ["1", ""]]);
        assert_eq!(read("a,b\r1,2").unwrap(), [["a", "b"], ["1", "2"]]);
        assert_eq!(read("\n \r\na\n\n\nb\n  ").unwrap(), [["a"], ["b"]]);
        assert_eq!(read(" a , b ").unwrap(), [[" a ", " b "]]);
        assert_eq!(read("\"\"\n,").unwrap(), [vec![""], vec!["", ""]]);
        assert!(read("").unwrap().is_empty());
        assert_eq!(lines("a\r\n\r\nb\n\"c\nd\r\ne\"\nf"), [1, 3, 4, 7]);
    }

    #[test]
    fn faults_are_placed() {
        for (text, line, column, found) in [
            ("a,b\n1,2\"3\"", 2, 2, "a quote inside"),
            ("a\n\"b\nc", 2, 1, "never closed"),
            ("a,\"b\nc\"d", 2, 2, "behind a closing quote"),
            ("a, \"b\"", 1, 2, "a quote inside"),
        ] {
            let fault = read(text).unwrap_err();
            assert_eq!((fault.line, fault.column), (line, column), "{text}");
            assert!(fault.found.contains(found), "{fault:?}");
        }
        assert_eq!(records("\"a", ',').count(), 1);
    }

    #[test]
    fn delimiters_are_found() {
        assert_eq!(delimiter("a,b\n1,2"), ',');
        assert_eq!(delimiter("a;b\n1;2"), ';');
        assert_eq!(delimiter("a\tb\n1\t2"), '\t');
        assert_eq!(delimiter("1,5;2,5;x\n3,5;4,5;y"), ';');
        assert_eq!(delimiter("\"a;b\",c\n1,2"), ',');
        assert_eq!(delimiter("a;b,c\n1,2"), ',');
        assert_eq!(delimiter("a,b,c\n1,2"), ',');
        assert_eq!(delimiter(""), ',');
    }

    fn quoted(field: &str) -> String {
        format!("\"{}\"", field.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(rows in prop::collection::vec(prop::collection::vec("[a,;\"\r\n é]{0,6}", 2..5), 1..5)) {
            let line = |row: &Vec<String>| row.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(",");
            let text = rows.iter().map(line).collect::<Vec<_>>().join("\r\n");
            prop_assert_eq!(read(&text).unwrap(), rows);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[a,;\t\"\r\n é]{0,60}|.{0,60}") {
            let read = read(&text);
            let _ = delimiter(&text);
            if let Ok(rows) = read {
                prop_assert!(rows.iter().all(|row| !row.is_empty()));
            }
        }
    }
}
