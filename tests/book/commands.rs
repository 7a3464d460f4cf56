//! Command lines on pages, tried at the real binary.

use super::markdown::Page;
use duet_harness::builtin;
use duet_harness::{Override, check};
use std::process::{Command, Output, Stdio};

/// Options with a value of their own.
const VALUED: [&str; 11] = [
    "--format",
    "--metric",
    "--out",
    "--seed",
    "--seeds",
    "--set",
    "--shard",
    "--side",
    "--sides",
    "--threads",
    "--vary",
];

/// A command line as it stands on a page.
pub struct Shown {
    /// The line.
    pub text: String,
    /// The words behind `duet`.
    words: Vec<String>,
    /// Whether the page shows it as a mistake.
    fails: bool,
}

impl Shown {
    /// All command lines of a page: in blocks of shell, and in the prose.
    pub fn on(page: &Page) -> Vec<Self> {
        let mut shown = Vec::new();
        for block in page.blocks().filter(|block| block.info.split(',').next() == Some("sh")) {
            let fails = block.info.ends_with(",fails");
            let joined = block.text.replace("\\\n", " ");
            shown.extend(joined.lines().filter_map(|line| Self::read(line, fails)));
        }
        let in_prose =
            page.inline().filter(|code| code.starts_with("duet ") || code.starts_with("cargo run"));
        shown.extend(in_prose.filter_map(|line| Self::read(line, false)));
        shown
    }

    fn read(line: &str, fails: bool) -> Option<Self> {
        let line = line.trim();
        let inner = line.split_once("$(").map_or(line, |(_, rest)| rest.trim_end_matches(')'));
        let mut words = split(inner);
        // Variables for this command only.
        let first = words.iter().position(|word| !word.contains('=')).unwrap_or(words.len());
        words.drain(..first);
        let cargo = ["cargo", "run", "--release", "--"];
        let program = if words.first().is_some_and(|word| word == "duet") {
            1
        } else if words.len() >= cargo.len() && words[..cargo.len()] == cargo {
            cargo.len()
        } else {
            return None;
        };
        words.drain(..program);
        Some(Self { text: line.to_owned(), words, fails })
    }

    /// Whether it is a command, has the options it uses, and means something that exists.
    ///
    /// # Errors
    /// What the program says.
    pub fn try_out(&self) -> Result<(), String> {
        // `cargo run --release --` alone is a name.
        let Some((command, rest)) = self.words.split_first() else { return Ok(()) };
        if is_placeholder(command) || command.starts_with("--") {
            return Ok(());
        }
        // The parser reads from left to right, and stops at --help with 0: nothing is carried out.
        let parsed = duet(self.words.iter().map(String::as_str).chain(["--help"]));
        if !parsed.status.success() {
            return Err(String::from_utf8_lossy(&parsed.stderr).into_owned());
        }
        let (arguments, sets) = sort(rest);
        let meant = match command.as_str() {
            "run" | "check" | "verify" => {
                arguments.iter().filter(|word| !is_placeholder(word)).try_for_each(|word| checks(word, &sets))
            }
            // Its points are checked, and nothing is run.
            "sweep"
                if arguments.iter().any(|word| !is_placeholder(word))
                    && !rest.iter().any(|word| word == "--merge") =>
            {
                carried_out(&[self.words.as_slice(), &["--dry-run".to_owned()]].concat())
            }
            // So is a command without its arguments.
            "explain" | "list" if !rest.is_empty() && !arguments.iter().any(|word| is_placeholder(word)) => {
                carried_out(&self.words)
            }
            _ => Ok(()),
        };
        match (meant, self.fails) {
            (Ok(()), true) => Err("is shown as a mistake, but is none".to_owned()),
            (Err(_), true) => Ok(()),
            (meant, false) => meant,
        }
    }
}

/// A word that a reader is to replace: SCENARIO, `[KIND]`, my.toml.
fn is_placeholder(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    name.starts_with("my") || word.starts_with('[') || !word.chars().any(|c| c.is_ascii_lowercase())
}

/// Arguments, and the values of `--set`.
fn sort(words: &[String]) -> (Vec<&String>, Vec<&String>) {
    let (mut arguments, mut sets) = (Vec::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if VALUED.contains(&word.as_str()) {
            let value = words.next();
            sets.extend(value.filter(|_| word == "--set"));
        } else if !word.starts_with('-') {
            arguments.push(word);
        }
    }
    (arguments, sets)
}

fn checks(scenario: &str, sets: &[&String]) -> Result<(), String> {
    let words = |error: duet_harness::HarnessError| error.to_string();
    let sets = sets.iter().map(|set| Override::parse(set)).collect::<Result<Vec<_>, _>>().map_err(words)?;
    for source in builtin::find(scenario).map_err(words)? {
        source.document().and_then(|document| check(document, &sets)).map_err(words)?;
    }
    Ok(())
}

fn carried_out(words: &[String]) -> Result<(), String> {
    let output = duet(words.iter().map(String::as_str));
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn duet<'a>(arguments: impl Iterator<Item = &'a str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duet"));
    command.args(arguments).current_dir(super::root()).stdin(Stdio::null());
    command.output().expect("the binary")
}

/// The words of a shell's line up to the first pipe, redirection or second command.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        let word = words.last_mut().expect("at least one word");
        match (c, quote) {
            (_, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            ('|' | '>' | ';' | '&' | '#', None) => break,
            (' ', None) => words.push(String::new()),
            _ => word.push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn lines_are_split_as_a_shell_does() {
    assert_eq!(split("duet run a --set 'x=1 ms' > log # all"), ["duet", "run", "a", "--set", "x=1 ms"]);
    let shown = Shown::read("folder=$(duet run xor --quiet)", false).expect("a command");
    assert_eq!(shown.words, ["run", "xor", "--quiet"]);
    assert!(Shown::read("NEURODUET_CPU=baseline duet run digits", false).is_some());
    assert!(Shown::read("cargo test --release", false).is_none());
}

#[test]
fn mistakes_are_found() {
    let tried = |line: &str| Shown::read(line, false).expect("a command").try_out();
    for line in [
        "duet run digits --seedz 3",
        "duet rnu digits",
        "duet run no_such_scenario",
        "duet check digits --set protocol.learn.epoch=2",
        "duet explain no_such_thing",
        "duet sweep xor --vary protocol.learn.epoch=1,2",
        "cargo run --release -- run scenarios/learning/digit.toml",
    ] {
        assert!(tried(line).is_err(), "{line}");
    }
    for line in
        ["duet run digits --seeds 3", "duet check my.toml", "duet COMMAND --help", "duet list neurons"]
    {
        assert_eq!(tried(line), Ok(()), "{line}");
    }
}
