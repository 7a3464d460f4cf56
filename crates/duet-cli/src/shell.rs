//! Words quoted so that a shell reads them back unchanged.

use std::path::Path;

/// A word of a command line, in single quotes where a POSIX shell would read it otherwise.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A path as an argument: never taken for an option.
pub fn path(path: &Path) -> String {
    let shown = path.to_string_lossy();
    quoted(&if shown.starts_with('-') { format!("./{shown}") } else { shown.into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_has_them() {
        assert_eq!(quoted("protocol.learn.epochs=3"), "protocol.learn.epochs=3");
        assert_eq!(quoted("present=20 ms"), "'present=20 ms'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(path(Path::new("-x.toml")), "./-x.toml");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_them_back() {
        for word in ["a b", "$HOME", "a'b\"c", "*", "\\n", "a;b", "ü", "~"] {
            let script = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(output.stdout, word.as_bytes());
        }
    }
}
