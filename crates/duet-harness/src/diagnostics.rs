//! Problems at their place in a file, rendered for people.

use crate::scenario::Document;
use duet_units::Problem;
use std::fmt::Write;
use std::ops::Range;

/// One problem of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Dotted keys; empty for syntax errors.
    pub path: String,
    /// What is wrong, with the value found and the values allowed.
    pub words: String,
    /// What to do.
    pub hint: Option<String>,
    /// Where it stands; `None` for a value set on the command line.
    pub span: Option<Range<usize>>,
}

impl Diagnostic {
    /// A problem at its place.
    pub fn at(document: &Document, problem: Problem) -> Self {
        let span = document.place(&problem.path);
        Self { path: problem.path, words: problem.words, hint: problem.hint, span }
    }
}

/// Line and column of a byte, both from 1; columns count characters.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// All problems of a file as one message: for each its place as `file:line:column`, the words, the line itself with the
/// place marked, and a hint.
pub fn render(file: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut out = match diagnostics.len() {
        1 => String::new(),
        n => format!("{file}: {n} problems\n"),
    };
    for diagnostic in diagnostics {
        let place = diagnostic.span.as_ref().map(|span| (span, line_and_column(text, span.start)));
        match place {
            Some((_, (line, column))) => _ = write!(out, "{file}:{line}:{column}: "),
            None => _ = write!(out, "{file}: "),
        }
        if !diagnostic.path.is_empty() {
            _ = write!(out, "{}: ", diagnostic.path);
        }
        _ = writeln!(out, "{}", diagnostic.words);
        if let Some((span, (line, column))) = place {
            mark(&mut out, text, span, line, column);
        }
        if let Some(hint) = &diagnostic.hint {
            _ = writeln!(out, "  hint: {hint}");
        }
    }
    out.trim_end().to_owned()
}

/// Longest piece of a line that is shown.
const SHOWN: usize = 100;

/// Draws the line with carets under the place; of a long line the part around it.
fn mark(out: &mut String, text: &str, span: &Range<usize>, line: usize, column: usize) {
    let whole: Vec<char> = text.lines().nth(line - 1).unwrap_or_default().chars().collect();
    let from = if whole.len() > SHOWN { (column - 1).saturating_sub(SHOWN / 3) } else { 0 };
    let visible = |c: &char| if c.is_control() { ' ' } else { *c };
    let shown: String = whole.iter().skip(from).take(SHOWN).map(visible).collect();
    let marked = text
        .get(span.clone())
        .and_then(|place| place.lines().next())
        .map_or(1, |place| place.chars().count());
    let room = shown.chars().count().saturating_sub(column - 1 - from);
    let number = line.to_string();
    let (gap, carets) = (" ".repeat(column - 1 - from), "^".repeat(marked.min(room).max(1)));
    _ = writeln!(out, "  {number} | {shown}\n  {} | {gap}{carets}", " ".repeat(number.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        assert_eq!(line_and_column("ab\ncd", 0), (1, 1));
        assert_eq!(line_and_column("ab\ncd", 4), (2, 2));
        assert_eq!(line_and_column("é\nü = 1", 6), (2, 3));
    }

    #[test]
    fn a_problem_is_shown_in_its_line() {
        let document = Document::parse("f.toml", "a = 1\n[b]\nlong_key = 'x'\n".into()).unwrap();
        let problem = Problem::new("b.long_key", "is wrong").hint("mend it");
        let text = render(&document.name, &document.text, &[Diagnostic::at(&document, problem)]);
        assert_eq!(
            text,
            "f.toml:3:1: b.long_key: is wrong\n  3 | long_key = 'x'\n    | ^^^^^^^^^^^^^^\n  hint: mend it"
        );
    }
}
