//! A run folder's life, on a real file system.

use std::fs;
use std::path::Path;

use duet_record::{
    History, Manifest, Metric, Metrics, RecordError, Reopened, Run, RunFolder, Shown, Story, Table,
    TopologySketch, WeightMatrix, layout,
};

fn minimal(folder: &RunFolder) {
    folder.write(layout::METRICS, Metrics::default().to_json()).unwrap();
    folder.write(layout::STORY, Story::default().to_json()).unwrap();
}

#[test]
fn names_are_never_shared_and_nothing_is_overwritten() {
    let parent = tempfile::tempdir().unwrap();
    fs::create_dir(parent.path().join("a-2")).unwrap();
    fs::write(parent.path().join("a-4.part"), "not a folder").unwrap();
    let names: Vec<String> = (0..4)
        .map(|_| {
            RunFolder::create(parent.path(), "a")
                .unwrap()
                .path()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .into()
        })
        .collect();
    assert_eq!(names, ["a.part", "a-3.part", "a-5.part", "a-6.part"]);
    assert_eq!(fs::read_to_string(parent.path().join("a-4.part")).unwrap(), "not a folder");
}

#[test]
fn sixteen_threads_get_sixteen_folders() {
    let parent = tempfile::tempdir().unwrap();
    let mut paths: Vec<_> = std::thread::scope(|scope| {
        let path = parent.path();
        let handles: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| RunFolder::create(path, "a").unwrap().path().to_owned()))
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 16);
}

#[test]
fn a_finished_run_has_its_name_its_hashes_and_no_checkpoints() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(&parent.path().join("new/runs"), "a.b").unwrap();
    minimal(&folder);
    folder.write("checkpoints/backprop/3", b"state").unwrap();
    folder.write("figures/x.svg", b"<svg/>").unwrap();
    folder.write("traces/s/x.csv", b"a\n").unwrap();
    let path = folder.finish(Manifest { version: "1".into(), ..Manifest::default() }).unwrap();
    assert_eq!(path, parent.path().join("new/runs/a.b"));
    assert!(!path.join("checkpoints").exists() && !parent.path().join("new/runs/a.b.part").exists());
    let run = Run::open(&path).unwrap();
    let files: Vec<String> = run.manifest().unwrap().files.into_keys().collect();
    assert_eq!(files, ["metrics.json", "story.json", "traces/s/x.csv"]);
    run.verify().unwrap();
    fs::write(path.join("metrics.json"), "{}").unwrap();
    assert!(run.verify().unwrap_err().to_string().contains("metrics.json"));
}

#[test]
fn an_unfinished_run_is_taken_up_under_either_name() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "a").unwrap();
    folder.write("checkpoints/1", b"one").unwrap();
    let part = folder.path().to_owned();
    drop(folder);
    fs::write(part.join("checkpoints/.17-0.tmp"), "half").unwrap();
    for path in [parent.path().join("a"), parent.path().join("a.part"), parent.path().join("a.part/")] {
        let Reopened::Unfinished(folder) = RunFolder::reopen(&path).unwrap() else {
            panic!("{}", path.display())
        };
        assert_eq!(folder.read("checkpoints/1").unwrap(), b"one");
        assert!(folder.read("checkpoints/2").unwrap_err().is_missing());
        assert!(!part.join("checkpoints/.17-0.tmp").exists());
    }
    assert!(matches!(RunFolder::reopen(&parent.path().join("b")), Err(RecordError::NotARun { .. })));
}

#[test]
fn a_run_stopped_before_its_last_step_is_finished_on_reopening() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "a").unwrap();
    minimal(&folder);
    folder.write("checkpoints/1", b"one").unwrap();
    folder.write(layout::MANIFEST, Manifest::default().to_json()).unwrap();
    drop(folder);
    for _ in 0..2 {
        let Reopened::Finished(path) = RunFolder::reopen(&parent.path().join("a")).unwrap() else { panic!() };
        assert_eq!(path, parent.path().join("a"));
        assert!(!path.join("checkpoints").exists());
    }
}

#[test]
fn a_folder_that_begins_with_files_is_never_without_them() {
    let parent = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 2] = [("a.txt", b"a"), ("checkpoints/b.txt", b"b")];
    let path = parent.path();
    let mut parts: Vec<std::path::PathBuf> = std::thread::scope(|scope| {
        let begin = || RunFolder::begin(path, "run", &files).unwrap().path().to_owned();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(begin)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    parts.sort();
    parts.dedup();
    assert_eq!(parts.len(), 8, "no two runs share a folder");
    for part in &parts {
        assert_eq!(std::fs::read(part.join("checkpoints/b.txt")).unwrap(), b"b");
    }
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 8, "nothing else is left");
    let bad: [(&str, &[u8]); 2] = [("a.txt", b"a"), ("../b.txt", b"b")];
    assert!(RunFolder::begin(path, "bad", &bad).is_err());
    assert!(RunFolder::begin(path, "bad/name", &files).is_err());
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 8);
}

#[test]
fn a_name_that_appears_meanwhile_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "a").unwrap();
    minimal(&folder);
    fs::create_dir(parent.path().join("a")).unwrap();
    let error = folder.finish(Manifest::default()).unwrap_err();
    assert!(matches!(error, RecordError::NameTaken { .. }), "{error}");
    assert!(parent.path().join("a.part/metrics.json").exists());
    assert_eq!(fs::read_dir(parent.path().join("a")).unwrap().count(), 0);
}

#[test]
fn a_parent_that_cannot_hold_a_folder_is_an_io_error() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = RunFolder::create(&file, "a").unwrap_err();
    assert!(matches!(error, RecordError::Io { .. }), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "x");
    for stem in ["", "..", "a/b", "/a", "a/"] {
        assert!(
            matches!(RunFolder::create(parent.path(), stem), Err(RecordError::BadPath { .. })),
            "{stem:?}"
        );
    }
}

#[test]
fn a_write_that_fails_leaves_the_earlier_file() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "a").unwrap();
    folder.write("x/file", b"earlier").unwrap();
    // A folder in the file's place makes the rename fail for every user, root included.
    fs::create_dir_all(folder.path().join("y/file/inner")).unwrap();
    let error = folder.write("y/file", b"later").unwrap_err();
    assert!(matches!(&error, RecordError::Io { doing: "writing", .. }), "{error}");
    assert!(error.to_string().contains("y/file"), "{error}");
    assert_eq!(fs::read_dir(folder.path().join("y")).unwrap().count(), 1, "no temporary file stays");
    assert!(folder.write("x/file/below", b"later").is_err());
    assert_eq!(folder.read("x/file").unwrap(), b"earlier");
    for bad in ["/etc/passwd", "../x", "a/../../x", ""] {
        assert!(matches!(folder.write(bad, b""), Err(RecordError::BadPath { .. })), "{bad:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_an_io_error() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "a").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    // Root writes everywhere; what is tested then is only that nothing else goes wrong.
    if let Err(error) = folder.write("x", b"y") {
        assert!(matches!(error, RecordError::Io { .. }), "{error}");
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn everything_written_is_read_back() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "a").unwrap();
    let side = "=stdp/<b>";
    let mut metrics = Metrics::default();
    metrics
        .sides
        .entry(side.into())
        .or_default()
        .insert("test_accuracy".into(), Metric::new(0.1 + 0.2, "1", "d"));
    let mut history = History::default();
    history.push(side, 7, 1, "test", "accuracy", 0.1 + 0.2);
    let spikes = Table::new().with_numbers("time_ms", vec![0.1]).unwrap();
    let spikes = spikes.with_texts("population", vec!["-x".into()]).unwrap();
    let spikes = spikes.with_numbers("index", vec![3.0]).unwrap();
    let voltages = Table::new().with_numbers("time_ms", vec![]).unwrap().with_numbers("0", vec![]).unwrap();
    let counts = Table::new().with_texts("true", vec!["1".into()]).unwrap();
    let counts = counts.with_texts("answered", vec!["01".into()]).unwrap();
    let counts = counts.with_numbers("count", vec![4.0]).unwrap();
    let weights = WeightMatrix::new(1, 2, vec![0.5, -0.5]).unwrap();
    folder.write(layout::METRICS, metrics.to_json()).unwrap();
    folder.write(layout::HISTORY, history.to_csv()).unwrap();
    folder.write(layout::TOPOLOGY, TopologySketch::default().to_json()).unwrap();
    folder.write(layout::shown(side), Shown::default().to_json()).unwrap();
    folder.write(layout::spikes(side), spikes.to_csv()).unwrap();
    folder.write(layout::voltages(side, "h"), voltages.to_csv()).unwrap();
    folder.write(layout::confusion(side), counts.to_csv()).unwrap();
    folder.write(layout::initial_weights("p"), weights.to_npy()).unwrap();
    folder.write(layout::final_weights(side, "p"), weights.to_npy()).unwrap();
    let run = Run::open(&parent.path().join("a")).unwrap();
    assert_eq!(run.metrics().unwrap(), metrics);
    assert_eq!(run.history().unwrap(), history);
    assert_eq!(run.topology().unwrap(), TopologySketch::default());
    assert_eq!(run.shown(side).unwrap(), Shown::default());
    assert_eq!(run.spikes(side).unwrap(), spikes);
    assert_eq!(run.voltages(side, "h").unwrap(), voltages);
    assert_eq!(run.confusion(side).unwrap(), counts);
    assert_eq!(run.initial_weights(side, "p").unwrap(), weights);
    assert_eq!(run.final_weights(side, "p").unwrap(), weights);
    assert!(run.story().unwrap_err().is_missing() && run.manifest().unwrap_err().is_missing());
    folder
        .write(layout::initial_weights_of(side, "p"), WeightMatrix::new(0, 0, vec![]).unwrap().to_npy())
        .unwrap();
    assert_eq!(run.initial_weights(side, "p").unwrap().n_post(), 0);
}

#[test]
fn corrupt_files_are_named_and_say_what_is_wrong() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "a").unwrap();
    minimal(&folder);
    folder.write(layout::METRICS, b"{\"sides\": 3}").unwrap();
    folder.write(layout::HISTORY, b"\xff\xfe").unwrap();
    folder.write(layout::TOPOLOGY, b"").unwrap();
    folder.write(layout::STORY, format!("{{\"figures\": {}", "[".repeat(100_000))).unwrap();
    folder.write(layout::spikes("s"), b"time_ms,index\n1,2\n").unwrap();
    folder.write(layout::initial_weights("p"), b"\x93NUMPY\x01\0\xff\xff{").unwrap();
    let run = Run::open(folder.path()).unwrap();
    let words = |error: RecordError, file: &str, what: &str| {
        assert!(matches!(error, RecordError::Corrupt { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(file) && text.contains(what), "{text}");
    };
    words(run.metrics().unwrap_err(), "metrics.json", "line 1 column");
    words(run.history().unwrap_err(), "history.csv", "not UTF-8 at byte 0");
    words(run.topology().unwrap_err(), "topology.json", "EOF");
    words(run.story().unwrap_err(), "story.json", "recursion limit");
    words(run.spikes("s").unwrap_err(), "spikes.csv", "`population`: there is no such column");
    words(run.initial_weights("s", "p").unwrap_err(), "p.npy", "cut short");
}

#[test]
fn what_is_no_run_is_not_opened() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("file"), "").unwrap();
    for (path, why) in [
        (parent.path().to_owned(), "holds no"),
        (parent.path().join("nothing"), "no such folder"),
        (parent.path().join("file"), "not a folder"),
        (Path::new("").to_owned(), "no such folder"),
    ] {
        let error = Run::open(&path).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn only_drawings_can_be_changed_afterwards() {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "a").unwrap();
    minimal(&folder);
    let run = Run::open(&folder.finish(Manifest::default()).unwrap()).unwrap();
    run.write_drawn("figures/accuracy.svg", "<svg/>").unwrap();
    run.write_drawn("report.html", "<html>").unwrap();
    for bad in ["metrics.json", "figures", "figures/../metrics.json", "/report.html"] {
        assert!(matches!(run.write_drawn(bad, ""), Err(RecordError::BadPath { .. })), "{bad}");
    }
    run.verify().unwrap();
}
