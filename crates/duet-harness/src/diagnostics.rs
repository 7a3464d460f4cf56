//! Problems at their place in a file, rendered for people.

use crate::scenario::Document;
use duet_units::Problem;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan};
use std::fmt::{self, Write};
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

/// All problems of a file as one message: for each its place as `file:line:column`, the words, the line itself and a hint.
pub fn render(file: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut out = match diagnostics.len() {
        1 => String::new(),
        n => format!("{file}: {n} problems\n"),
    };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(110)
        .with_context_lines(0);
    for diagnostic in diagnostics {
        let place = diagnostic.span.as_ref().map_or_else(
            || format!("{file}: "),
            |span| {
                let (line, column) = line_and_column(text, span.start);
                format!("{file}:{line}:{column}: ")
            },
        );
        out += &place;
        if !diagnostic.path.is_empty() {
            let _ = write!(out, "{}: ", diagnostic.path);
        }
        out += &diagnostic.words;
        out.push('\n');
        let mut snippet = String::new();
        // A snippet that cannot be drawn is no loss: place and words stand above.
        if handler.render_report(&mut snippet, &Snippet { text, diagnostic }).is_ok() {
            for line in snippet
                .lines()
                .filter(|line| line.contains('│') || line.contains("────") || line.contains('╰'))
            {
                out += line.trim_end();
                out.push('\n');
            }
        }
        if let Some(hint) = &diagnostic.hint {
            let _ = writeln!(out, "  hint: {hint}");
        }
    }
    out.trim_end().to_owned()
}

/// The one source line that a problem points at, as miette draws it.
struct Snippet<'a> {
    text: &'a str,
    diagnostic: &'a Diagnostic,
}

impl fmt::Debug for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("snippet")
    }
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Snippet<'_> {}

impl miette::Diagnostic for Snippet<'_> {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.diagnostic.span.clone()?;
        // One line of a long value is enough to find it.
        let end = self.text[span.start..span.end].find('\n').map_or(span.end, |at| span.start + at);
        Some(Box::new(std::iter::once(LabeledSpan::at(span.start..end.max(span.start + 1), "here"))))
    }
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
}
