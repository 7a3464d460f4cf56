//! The command line: one file per subcommand.
#![forbid(unsafe_code)]
