//! File systems that refuse.

use super::duet::{Ran, Session, finish};
use super::scenarios::TINY;
use std::fs;
use std::process::Stdio;

#[test]
fn a_folder_that_cannot_be_made() {
    let session = Session::with(TINY);
    session.write("file", "not a folder");
    for out in ["file", "file/below", "scenario.toml/x"] {
        session.duet(&["run", "scenario.toml", "--out", out]).refused(3, &[out]);
    }
    assert_eq!(fs::read(session.path("file")).unwrap(), b"not a folder");
    assert_eq!(session.names("."), ["file", "scenario.toml"]);
}

#[test]
fn what_is_there_already_is_not_touched() {
    let session = Session::with(TINY);
    fs::create_dir_all(session.path("runs/scenario")).unwrap();
    session.write("runs/scenario/precious", "mine");
    session.write("runs/scenario-2", "a file of that name");
    let ran = session.duet(&["run", "scenario.toml", "-q", "--no-figures"]).ok();
    assert_eq!(ran.last_line(), "runs/scenario-3");
    assert_eq!(session.names("runs/scenario"), ["precious"]);
}

#[test]
fn folders_that_are_no_runs() {
    let session = Session::with(TINY);
    fs::create_dir_all(session.path("empty")).unwrap();
    for command in ["plot", "resume"] {
        for folder in ["empty", "scenario.toml", "nowhere"] {
            session.duet(&[command, folder]).refused(3, &[folder]);
        }
    }
}

#[test]
fn a_damaged_run_cannot_be_drawn() {
    let session = Session::with(TINY);
    session.duet(&["run", "scenario.toml", "-q", "--no-figures"]).ok();
    for file in ["metrics.json", "story.json"] {
        let path = format!("runs/scenario/{file}");
        let good = fs::read(session.path(&path)).unwrap();
        session.write(&path, &good[..good.len() / 2]);
        session.duet(&["plot", "runs/scenario"]).refused(3, &[file]);
        session.write(&path, &good);
    }
    session.duet(&["plot", "runs/scenario"]).ok();
}

#[test]
fn scenarios_that_cannot_be_read() {
    let session = Session::new();
    fs::create_dir(session.path("folder")).unwrap();
    session.duet(&["run", "folder"]).refused(2, &["no .toml file in folder"]);
    fs::create_dir(session.path("folder.toml")).unwrap();
    session.duet(&["check", "folder.toml"]).refused(2, &["folder.toml"]);
}

/// Runs `duet` below limits that a shell has set.
#[cfg(target_os = "linux")]
fn limited(session: &Session, limits: &str, arguments: &str) -> Ran {
    let mut command = std::process::Command::new("sh");
    let script = format!("{limits}; exec {} {arguments}", env!("CARGO_BIN_EXE_duet"));
    command.args(["-c", &script]).current_dir(session.path("")).env_remove("NEURODUET_CPU");
    finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell"))
}

#[cfg(target_os = "linux")]
#[test]
fn small_limits_are_enough_or_said() {
    let session = Session::with(TINY);
    for limits in ["ulimit -s 64", "ulimit -v 524288", "ulimit -n 16"] {
        limited(&session, limits, "run scenario.toml -q --threads 2").ok();
    }
    let ran = limited(&session, "ulimit -n 4", "run scenario.toml -q --threads 2").calm();
    assert!(matches!(ran.code, 3 | 4), "{}: {}", ran.code, ran.stderr);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
}

/// A limit on the size of files stands for a full disk: the system refuses the write either way.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up() {
    let session = Session::with(TINY);
    // Without the default action (a signal), the write fails as on a full disk.
    let ran = limited(&session, "trap '' XFSZ; ulimit -f 8", "run scenario.toml").calm();
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("limit reached while writing"), "{}", ran.stderr);
    assert_eq!(session.names("runs"), ["scenario.part"], "the run can be resumed");
    session.duet(&["resume", "runs/scenario", "-q"]).ok();
}
