//! Comma-separated values (RFC 4180) with cells that a spreadsheet cannot mistake for a formula.
//!
//! Text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or an apostrophe is written with an
//! apostrophe in front, and read without it: every text survives the round trip.

/// Appends a text cell.
pub(crate) fn push_text(out: &mut String, text: &str) {
    let guarded = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    let quoted = text.contains([',', '"', '\n', '\r']);
    if quoted {
        out.push('"');
    }
    if guarded {
        out.push('\'');
    }
    if quoted {
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// Appends a number, shortest form that reads back to the same bits; nothing where it is not finite.
pub(crate) fn push_number(out: &mut String, value: f64) {
    if value.is_finite() {
        let text = format!("{value:?}");
        out.push_str(text.strip_suffix(".0").unwrap_or(&text));
    }
}

/// A number cell: empty is NaN ("not recorded"); anything that is not a finite number is refused.
pub(crate) fn parse_number(cell: &str) -> Option<f64> {
    if cell.is_empty() {
        return Some(f64::NAN);
    }
    // `f64::from_str` also takes "inf" and "nan", which no file of ours holds.
    if !cell.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E')) {
        return None;
    }
    cell.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A text cell without its guard.
pub(crate) fn unguard(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// Reads records one after the other.
pub(crate) struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 }
    }

    /// The line (from 1) at which the next record begins.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// The next record into `cells`; false at the end of the text.
    pub(crate) fn next(&mut self, cells: &mut Vec<String>) -> Result<bool, String> {
        cells.clear();
        if self.rest.is_empty() {
            return Ok(false);
        }
        loop {
            let last = if self.rest.starts_with('"') { self.quoted(cells)? } else { self.plain(cells)? };
            if last {
                return Ok(true);
            }
        }
    }

    fn plain(&mut self, cells: &mut Vec<String>) -> Result<bool, String> {
        let end = self.rest.find([',', '\n', '"']).unwrap_or(self.rest.len());
        let (cell, rest) = self.rest.split_at(end);
        if rest.starts_with('"') {
            return Err(format!("line {}: a quote inside an unquoted cell", self.line));
        }
        let cell = if rest.starts_with(',') { cell } else { cell.strip_suffix('\r').unwrap_or(cell) };
        cells.push(cell.to_owned());
        self.rest = rest;
        self.separator()
    }

    fn quoted(&mut self, cells: &mut Vec<String>) -> Result<bool, String> {
        let opened = self.line;
        let mut cell = String::new();
        self.rest = &self.rest[1..];
        loop {
            let Some(end) = self.rest.find('"') else {
                return Err(format!("line {opened}: a quoted cell is never closed"));
            };
            cell.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            let Some(rest) = self.rest.strip_prefix('"') else { break };
            cell.push('"');
            self.rest = rest;
        }
        self.line += cell.matches('\n').count();
        if let Some(rest) = self.rest.strip_prefix('\r')
            && rest.starts_with('\n')
        {
            self.rest = rest;
        }
        cells.push(cell);
        self.separator()
    }

    /// Steps over what stands between two cells; true when the record is over.
    fn separator(&mut self) -> Result<bool, String> {
        if let Some(rest) = self.rest.strip_prefix(',') {
            self.rest = rest;
            return Ok(false);
        }
        if let Some(rest) = self.rest.strip_prefix('\n') {
            self.rest = rest;
            self.line += 1;
            return Ok(true);
        }
        if self.rest.is_empty() {
            Ok(true)
        } else {
            Err(format!("line {}: text after a closing quote", self.line))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(cells: &[&str]) -> String {
        let mut out = String::new();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            push_text(&mut out, cell);
        }
        out.push('\n');
        out
    }

    #[test]
    fn hostile_cells_survive_and_are_defused() {
        let cells = [
            "a",
            "",
            "=cmd()",
            "+1",
            "-1",
            "@x",
            "'quoted",
            "a,b",
            "say \"hi\"",
            "two\nlines",
            "\ttab",
            "\r",
        ];
        let text = record(&cells);
        assert!(
            text.starts_with("a,,'=cmd(),'+1,'-1,'@x,''quoted,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"")
        );
        let mut reader = Reader::new(&text);
        let mut back = Vec::new();
        assert!(reader.next(&mut back).unwrap());
        assert_eq!(back.iter().map(|cell| unguard(cell)).collect::<Vec<_>>(), cells);
        assert_eq!(reader.line(), 3);
        assert!(!reader.next(&mut back).unwrap());
    }

    #[test]
    fn numbers_are_shortest_and_exact() {
        for (value, text) in
            [(0.1, "0.1"), (3.0, "3"), (1e300, "1e300"), (-2.5e-7, "-2.5e-7"), (f64::NAN, "")]
        {
            let mut out = String::new();
            push_number(&mut out, value);
            assert_eq!(out, text);
            let back = parse_number(&out).unwrap();
            assert!(back == value || (back.is_nan() && value.is_nan()));
        }
        for bad in ["nan", "inf", "1e999", "x", "1 2", "--1"] {
            assert!(parse_number(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn broken_quotes_name_their_line() {
        let mut cells = Vec::new();
        let mut reader = Reader::new("a\n\"b");
        assert!(reader.next(&mut cells).unwrap());
        assert_eq!(reader.next(&mut cells).unwrap_err(), "line 2: a quoted cell is never closed");
        assert!(Reader::new("a\"b\n").next(&mut cells).is_err());
        assert!(Reader::new("\"a\"b\n").next(&mut cells).is_err());
    }

    #[test]
    fn windows_line_ends_are_read() {
        let mut cells = Vec::new();
        let mut reader = Reader::new("a,\"b\"\r\n1,2\r\n");
        assert!(reader.next(&mut cells).unwrap());
        assert_eq!(cells, ["a", "b"]);
        assert!(reader.next(&mut cells).unwrap());
        assert_eq!(cells, ["1", "2"]);
    }
}
