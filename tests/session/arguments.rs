//! Command lines that mean nothing, and outputs that nobody reads.

use super::duet::{Session, finish};
use super::scenarios::TINY;
use std::fs::File;
use std::process::Stdio;

#[test]
fn mistakes_are_refused_with_a_hint() {
    let session = Session::with(TINY);
    for (arguments, words) in [
        (&["frobnicate"][..], "unrecognized subcommand"),
        (&["rum"], "tip: "),
        (&["run"], "SCENARIO"),
        (&["run", "scenario.toml", "--frobnicate"], "unexpected argument"),
        (&["run", "scenario.toml", "--threads"], "a value is required"),
        (&["run", "scenario.toml", "--threads", "-1"], "-1 is not in 0..=1024"),
        (&["run", "scenario.toml", "--threads", "1000000"], "1000000 is not in 0..=1024"),
        (&["run", "scenario.toml", "--threads", "two"], "'two'"),
        (&["run", "scenario.toml", "--threads", "1", "--threads", "2"], "multiple times"),
        (&["run", "scenario.toml", "--seed", "-1"], "-1 is not in 0.."),
        (&["run", "scenario.toml", "--seeds", "0"], "0 is not in 1..=1000"),
        (&["run", "digts"], "did you mean `digits`?"),
        (&["run", "no such thing"], "built in are"),
        (&["run", "--", "--quiet"], "there is no file"),
        (&["check", ""], "SCENARIO"),
        (&["list", "nuron"], "did you mean"),
        (&["explain", "nonsense"], "nothing called `nonsense`"),
        (&["data"], "Usage"),
        (&["data", "import"], "FILE"),
    ] {
        session.duet(arguments).refused(2, &[words]);
    }
    session.duet(&["resume", "runs/nothing"]).refused(3, &["runs/nothing"]);
    session.duet(&["plot", "runs/nothing"]).refused(3, &["runs/nothing"]);
    session.duet(&["data", "import", "nothing.gz"]).refused(3, &["nothing.gz"]);
    let bare = session.duet(&[""; 0]);
    assert_eq!(bare.code, 2);
    assert!(bare.stderr.contains("Usage: duet <COMMAND>"), "a bare call shows how to call");
    assert_eq!(session.names("."), ["scenario.toml"]);
}

#[test]
fn ten_thousand_arguments_are_one_mistake() {
    let session = Session::new();
    let arguments: Vec<String> =
        std::iter::once("run".to_owned()).chain((0..10_000).map(|i| format!("x{i}"))).collect();
    session.duet(&arguments).refused(2, &["`x0`"]);
}

#[test]
fn help_and_version_are_results() {
    let session = Session::new();
    assert_eq!(session.duet(&["--version"]).ok().stdout, concat!("duet ", env!("CARGO_PKG_VERSION"), "\n"));
    for command in
        ["run", "resume", "check", "list", "explain", "compare", "plot", "verify", "schema", "data"]
    {
        let ran = session.duet(&[command, "--help"]).ok();
        assert!(ran.stdout.contains("Example:") && ran.stderr.is_empty(), "{command}: {}", ran.stderr);
        assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ran.stdout);
    }
}

#[test]
fn a_processor_level_that_is_none_is_refused_at_the_start() {
    let session = Session::with(TINY);
    for arguments in [&["run", "scenario.toml"][..], &["resume", "runs/x"], &["verify", "scenario.toml"]] {
        let mut command = session.command(arguments);
        command.env("NEURODUET_CPU", "pentium").stdout(Stdio::piped()).stderr(Stdio::piped());
        finish(command.spawn().unwrap()).refused(2, &["pentium", "baseline"]);
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let session = Session::with(TINY);
    for arguments in
        [&["list"][..], &["schema"], &["explain", "lif"], &["--help"], &["check", "scenario.toml"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = session.command(arguments);
        let ran = finish(command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap()).ok();
        assert_eq!(ran.stderr, "", "{arguments:?}");
    }
    // Both ends: even a run with nobody to talk to leaves its folder.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = session.command(&["run", "scenario.toml", "--no-figures"]);
    let code = command.stdout(writer.try_clone().unwrap()).stderr(writer).status().unwrap().code();
    assert_eq!(code, Some(0));
    assert_eq!(session.names("runs"), ["scenario"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let session = Session::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = session.command(&["list"]);
    let ran = finish(command.stdout(full).stderr(Stdio::piped()).spawn().unwrap());
    ran.refused(3, &["error: cannot write to standard output"]);
}

#[cfg(unix)]
#[test]
fn names_that_are_no_unicode() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let session = Session::with(TINY);
    let name = OsStr::from_bytes(b"caf\xe9.toml");
    std::fs::copy(session.path("scenario.toml"), session.path(name)).unwrap();
    session.duet(&[OsStr::new("check"), name]).ok();
    let missing = OsStr::from_bytes(b"\xff\xfe");
    session.duet(&[OsStr::new("run"), missing]).refused(2, &["not valid UTF-8"]);
    session.duet(&[OsStr::new("explain"), missing]).refused(2, &["UTF-8"]);
    session.duet(&[missing]).refused(2, &["Usage"]);
    let out = OsStr::from_bytes(b"r\xff");
    let ran = session
        .duet(&[OsStr::new("run"), OsStr::new("scenario.toml"), OsStr::new("--out"), out, OsStr::new("-q")])
        .ok();
    assert!(ran.last_line().ends_with("/scenario"), "{}", ran.stdout);
    assert!(session.path(out).join("scenario/report.html").is_file());
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let session = Session::with("\"\u{1b}[31mred\u{202e}\" = 1\n");
    let ran = session.duet(&["check", "scenario.toml"]).refused(2, &["scenario.toml:1"]);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stderr);
}
