//! Stdout for results, stderr for words about them. Neither panics when it is closed.

use crate::error::CliError;
use std::ffi::OsStr;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Width of text where there is no terminal to ask.
const WIDTH: usize = 100;

/// Writes one line of results.
///
/// # Errors
/// [`CliError::NobodyReads`] when the reader is gone, [`CliError::Output`] when the system refuses.
pub fn line(text: impl AsRef<OsStr>) -> Result<(), CliError> {
    // A path keeps its own bytes: scripts read it back.
    let mut bytes = text.as_ref().as_encoded_bytes().to_vec();
    bytes.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&bytes).and_then(|()| stdout.flush()).map_err(|source| match source.kind() {
        ErrorKind::BrokenPipe => CliError::NobodyReads,
        _ => CliError::Output { source },
    })
}

/// Says something on stderr. Names and lines from files are shown without control characters. If stderr is closed,
/// there is nobody to complain to.
pub fn tell(words: &str) {
    let clean: Vec<String> = words.split('\n').map(duet_figures::clean).collect();
    let _ = writeln!(io::stderr().lock(), "{}", clean.join("\n"));
}

/// Says that something is not as it should be, although the work goes on.
pub fn warn(words: &str) {
    tell(&format!("warning: {words}"));
}

/// Columns of the terminal that shows the results; 100 where there is none.
pub fn width() -> usize {
    terminal_width().unwrap_or(WIDTH)
}

/// Columns of the terminal, if stdout is one.
pub fn terminal_width() -> Option<usize> {
    let stdout = io::stdout();
    let (width, _) = if stdout.is_terminal() { terminal_size::terminal_size_of(stdout) } else { None }?;
    Some(usize::from(width.0).max(40))
}

/// Whether results may be set in bold: on a terminal, unless `NO_COLOR` is set (no-color.org).
pub fn is_styled() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
