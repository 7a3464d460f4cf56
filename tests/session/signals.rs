//! Signals: a run stops soon, says how to go on, and loses nothing.
#![cfg(unix)]

use super::duet::{Ran, Session, finish, wait_until};
use super::same_bytes::assert_same;
use super::scenarios::{long, slow};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Begins a run and waits until it is at work.
fn at_work(session: &Session, arguments: &[&str]) -> Child {
    let child = session.begin(arguments);
    wait_until(|| session.path("runs/scenario.part/checkpoints/origin.json").exists());
    sleep(Duration::from_millis(200));
    child
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill(1)");
    assert!(status.success());
}

#[track_caller]
fn assert_stopped(ran: Ran, code: i32) {
    assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("stopped; go on with: duet resume runs/scenario\n"), "{}", ran.stderr);
    assert!(ran.took < Duration::from_secs(2), "it took {:?}", ran.took);
    ran.calm();
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bytes() {
    let whole = Session::with(long());
    whole.duet(&["run", "scenario.toml", "-q", "--no-figures"]).ok();
    let session = Session::with(long());
    for (name, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let resume = ["resume", "runs/scenario", "-q", "--no-figures"];
        let run = ["run", "scenario.toml", "-q", "--no-figures"];
        let child = at_work(&session, if code == 130 { &run } else { &resume });
        signal(&child, name);
        assert_stopped(finish(child), code);
        assert_eq!(session.names("runs"), ["scenario.part"]);
    }
    session.duet(&["resume", "runs/scenario", "-q", "--no-figures"]).ok();
    assert_same(&whole.reproducible("runs/scenario"), &session.reproducible("runs/scenario"), "stopped");
}

#[test]
fn an_epoch_that_takes_too_long_is_left() {
    let session = Session::with(slow());
    let child = at_work(&session, &["run", "scenario.toml", "-q"]);
    signal(&child, "-TERM");
    assert_stopped(finish(child), 143);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let session = Session::with(slow());
    let child = at_work(&session, &["run", "scenario.toml", "-q"]);
    signal(&child, "-INT");
    sleep(Duration::from_millis(200));
    signal(&child, "-INT");
    let ran = finish(child);
    assert!(ran.took < Duration::from_millis(700), "it took {:?}", ran.took);
    assert_stopped(ran, 130);
}

#[test]
fn verify_leaves_nothing_when_it_is_stopped() {
    let session = Session::with(slow());
    std::fs::create_dir(session.path("tmp")).unwrap();
    let mut command = session.command(&["verify", "scenario.toml", "-q"]);
    command.env("TMPDIR", session.path("tmp")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let began = |name: &String| session.path(format!("tmp/{name}/scenario.part/resolved.toml")).exists();
    wait_until(|| session.names("tmp").iter().any(began));
    signal(&child, "-INT");
    let ran = finish(child).calm();
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (130, "", "stopped\n"));
    assert_eq!(session.names("tmp"), [""; 0]);
}

#[test]
fn nohup_is_respected() {
    let session = Session::with(long());
    let binary = env!("CARGO_BIN_EXE_duet");
    let script = format!("trap '' HUP; exec {binary} run scenario.toml -q --no-figures");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(session.path(""));
    let child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(|| session.path("runs/scenario.part").exists());
    signal(&child, "-HUP");
    let ran = finish(child).ok();
    assert_eq!(ran.stdout, "runs/scenario\n");
}
