//! Panics: always an error of this program, told in one line instead of Rust's own words.

use crate::output;
use std::panic::{self, PanicHookInfo};

/// `EX_SOFTWARE` of BSD's sysexits: an error of the program itself.
pub const EXIT_CODE: u8 = 70;

/// Replaces the default panic message; the panic still unwinds to [`crate::main`].
pub fn tell_panics_in_one_line() {
    panic::set_hook(Box::new(|info| output::tell(&words(info))));
}

fn words(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let what = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words");
    let what = what.replace('\n', " ");
    let place = info.location().map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
    let version = env!("CARGO_PKG_VERSION");
    format!("internal error: {what}{place}; please report it with this command and version {version}")
}
