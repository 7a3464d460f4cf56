//! The binary `duet`. All of it is in the library, so that tests and shells can reach it.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    duet_cli::main()
}
