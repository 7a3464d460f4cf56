//! Which paths a scenario may name.

use crate::TaskError;

/// A scenario can come from anywhere, so it may only point below the folders it is given.
const LONGEST: usize = 255;

/// Checks a path written in a scenario: relative, below the folder it is resolved from, and with names that every
/// system takes.
///
/// ```
/// use duet_tasks::check_path;
/// assert!(check_path("letters/train-images").is_ok());
/// assert!(check_path("../../etc/passwd").unwrap_err().to_string().contains("`..`"));
/// ```
///
/// # Errors
/// [`TaskError::Path`] with the rule that it breaks.
pub fn check_path(path: &str) -> Result<(), TaskError> {
    let Some(why) = broken_rule(path) else { return Ok(()) };
    let shown: String = path.chars().take(60).flat_map(char::escape_default).collect();
    Err(TaskError::Path { path: if path.chars().count() > 60 { shown + "..." } else { shown }, why })
}

fn broken_rule(path: &str) -> Option<&'static str> {
    let starts_with_drive =
        path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && path[1..].starts_with(':');
    let rules = [
        (path.is_empty(), "it is empty"),
        (path.len() > LONGEST, "it is longer than 255 bytes"),
        (path.starts_with(['/', '\\']), "it is absolute; write it relative to the scenario's folder"),
        (starts_with_drive, "it names a drive; write it relative to the scenario's folder"),
        (path.starts_with('~'), "`~` is not expanded; write it relative to the scenario's folder"),
        (path.contains('\\'), "it holds a backslash; folders are separated by `/`"),
        (path.chars().any(char::is_control), "it holds a NUL or another control character"),
        (
            path.contains([':', '*', '?', '"', '<', '>', '|']),
            "it holds a character that some systems do not allow",
        ),
        (path.split('/').any(|name| name == ".."), "`..` would leave the folder"),
        (
            path.split('/').any(|name| name != "." && name.ends_with(['.', ' '])),
            "a name ends with a dot or a space",
        ),
        (path.split('/').any(is_reserved), "a name is reserved for a device on some systems"),
    ];
    rules.iter().find(|(broken, _)| *broken).map(|&(_, why)| why)
}

/// Windows opens a device for these names, whatever the extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    if matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$") {
        return true;
    }
    let number = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    number
        .is_some_and(|number| matches!(number.chars().collect::<Vec<_>>()[..], ['0'..='9' | '¹' | '²' | '³']))
}

#[cfg(test)]
mod tests {
    use super::check_path;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    #[test]
    fn good_paths() {
        for good in [
            "a",
            "data/train-images-idx3-ubyte.gz",
            "data/",
            "./data/x",
            "común/años",
            "a..b/c",
            ".hidden",
            "console",
            "com10",
            "a~",
        ] {
            assert!(check_path(good).is_ok(), "{good}");
        }
        assert!(check_path(&"x".repeat(255)).is_ok());
    }

    #[test]
    fn bad_paths() {
        for (bad, word) in [
            ("", "empty"),
            ("/etc/passwd", "absolute"),
            ("//host/share", "absolute"),
            ("\\\\host\\share", "absolute"),
            ("..", "`..`"),
            ("../../etc/passwd", "`..`"),
            ("a/../../b", "`..`"),
            ("a/..", "`..`"),
            ("a\\..\\b", "backslash"),
            ("~/x", "`~`"),
            ("~root/x", "`~`"),
            ("C:\\x", "drive"),
            ("c:x", "drive"),
            ("file:stream", "some systems"),
            ("a\0b", "NUL"),
            ("a\nb", "control"),
            ("a\u{1b}[2J", "control"),
            ("con", "device"),
            ("data/CON.txt", "device"),
            ("Lpt1/x", "device"),
            ("com¹", "device"),
            ("nul .gz", "device"),
            ("name./x", "dot or a space"),
            (".. /x", "dot or a space"),
            ("...", "dot or a space"),
        ] {
            let message = check_path(bad).expect_err(bad).to_string();
            assert!(message.contains(word), "{bad}: {message}");
            assert!(!message.chars().any(char::is_control), "{message:?}");
        }
        let long = check_path(&"x".repeat(300)).unwrap_err().to_string();
        assert!(long.contains("255") && long.len() < 150, "{long}");
    }

    proptest! {
        #[test]
        fn what_passes_stays_below(path in "[a-z./\\\\~: ]{0,12}|.{0,300}") {
            if check_path(&path).is_ok() {
                let inside = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
                prop_assert!(Path::new(&path).components().all(inside));
            }
        }
    }
}
