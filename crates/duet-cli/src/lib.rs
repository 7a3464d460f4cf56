//! The command line: one file per subcommand, below `command/`.
//!
//! Results go to stdout and to nowhere else; progress, warnings and errors go to stderr. A reader that closes the pipe
//! early (`duet list | head -1`) ends the program quietly.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | `verify`: a target is missed |
//! | 2 | the command line or the scenario is wrong |
//! | 3 | a file cannot be read or written, or is damaged |
//! | 4 | it would not fit into this machine |
//! | 5 | a number stopped being finite |
//! | 70 | an error of the program itself (`EX_SOFTWARE` of BSD's sysexits) |
//! | 129, 130, 143 | stopped by SIGHUP, SIGINT, SIGTERM |
#![forbid(unsafe_code)]

mod arguments;
mod command;
mod error;
mod failure;
mod jobs;
mod markdown;
mod output;
mod shell;
mod signals;
mod summary;
mod table;
mod watch;

use std::process::ExitCode;
use std::thread;

/// The system's limit on the main thread's stack may be anything; parsing and drawing get what they need.
const STACK_BYTES: usize = 16 << 20;

/// Carries out the command line of this process.
pub fn main() -> ExitCode {
    failure::tell_panics_in_one_line();
    let code = match thread::Builder::new().stack_size(STACK_BYTES).spawn(command::carry_out) {
        Ok(work) => work.join(),
        // A machine that has no thread to give may still list and explain.
        Err(_) => std::panic::catch_unwind(command::carry_out),
    };
    ExitCode::from(code.unwrap_or(failure::EXIT_CODE))
}
