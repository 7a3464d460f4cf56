//! A user at the command line: a folder of their own, and the real binary in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder that is gone at the end, and everything that is run in it.
pub struct Session {
    folder: TempDir,
}

/// What a command left behind.
pub struct Ran {
    /// The exit code; -1 if it was killed.
    pub code: i32,
    /// Everything on stdout.
    pub stdout: String,
    /// Everything on stderr.
    pub stderr: String,
    /// From the moment it was waited for.
    pub took: Duration,
}

impl Session {
    /// An empty folder.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A folder with one scenario in it, `scenario.toml`.
    pub fn with(scenario: impl AsRef<[u8]>) -> Self {
        let session = Self::new();
        session.write("scenario.toml", scenario);
        session
    }

    /// A path in the folder.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Writes a file.
    pub fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(relative), bytes).expect("a file in the session's folder");
    }

    /// A command that has not begun. Nothing of the machine's own settings and data reaches it.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duet"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for variable in
            ["NEURODUET_CPU", "NEURODUET_DATA", "XDG_DATA_HOME", "RUST_BACKTRACE", "RAYON_NUM_THREADS"]
        {
            command.env_remove(variable);
        }
        command.env("HOME", self.folder.path());
        command
    }

    /// Runs `duet` with these arguments to its end.
    pub fn duet<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Begins `duet` with these arguments, output unread until [`finish`].
    pub fn begin<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("duet starts")
    }

    /// What lies in a folder, sorted; nothing if there is none.
    pub fn names(&self, relative: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(relative)) else { return Vec::new() };
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// All files below a folder with their bytes.
    pub fn files(&self, relative: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(relative), "", &mut files);
        files
    }

    /// The files of a finished run that must be the same whenever it is made: all but the manifest, and what is drawn.
    pub fn reproducible(&self, run: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.files(run);
        files.retain(|name, _| {
            name != "manifest.json" && name != "report.html" && !name.starts_with("figures/")
        });
        assert!(files.contains_key("metrics.json"), "{run} is a finished run: {:?}", files.keys());
        files
    }
}

fn collect(folder: &Path, below: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), into);
        } else {
            into.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits for something to become true.
#[track_caller]
pub fn wait_until(mut is_true: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_true() {
        assert!(began.elapsed() < PATIENCE, "it does not happen");
        sleep(Duration::from_millis(2));
    }
}

/// Waits for a command that was begun; what hangs is killed.
pub fn finish(mut child: Child) -> Ran {
    let began = Instant::now();
    let stdout = child.stdout.take().map(|pipe| spawn(move || read(pipe)));
    let stderr = child.stderr.take().map(|pipe| spawn(move || read(pipe)));
    let status = loop {
        if let Some(status) = child.try_wait().expect("duet ends") {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("it can be killed");
        }
        sleep(Duration::from_millis(2));
    };
    let took = began.elapsed();
    let text =
        |reader: Option<JoinHandle<String>>| reader.map(|r| r.join().expect("a reader")).unwrap_or_default();
    Ran { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr), took }
}

fn read(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).expect("a pipe");
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        finish(child.expect("duet starts"))
    }

    /// Asserts that it went well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self.calm()
    }

    /// Asserts that it was refused: this exit code, these words on stderr, nothing on stdout, and soon.
    #[track_caller]
    pub fn refused(self, code: i32, words: &[&str]) -> Self {
        assert!(self.took < Duration::from_secs(1), "it took {:?}", self.took);
        self.refused_at_any_time(code, words)
    }

    /// The same, for what is found only after some work.
    #[track_caller]
    pub fn refused_at_any_time(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "", "{}", self.stderr);
        for words in words {
            assert!(self.stderr.contains(words), "{words:?} is missing in:\n{}", self.stderr);
        }
        self.calm()
    }

    /// Asserts that nothing panicked.
    #[track_caller]
    pub fn calm(self) -> Self {
        for word in ["panicked", "internal error", "RUST_BACKTRACE", "stack overflow"] {
            assert!(!self.stderr.contains(word), "{}", self.stderr);
        }
        self
    }

    /// The last line on stdout.
    pub fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}
