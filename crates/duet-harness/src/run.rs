//! From a checked scenario to a finished run folder.

use crate::progress::Progress;
use crate::protocol::{Findings, Stage};
use crate::scenario::{Checked, Document, Scenario, check};
use crate::story::Words;
use crate::{HarnessError, measure, preflight, story, target, write};
use duet_figures::FigureError;
use duet_kernels::CpuLevel;
use duet_random::Key;
use duet_record::{Manifest, Reopened, RunFolder, layout};
use duet_tasks::{Dataset, Places};
use duet_topology::Network;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How a run is carried out; nothing here changes its numbers.
#[derive(Clone, Debug)]
pub struct Options {
    /// The parent of the run folder.
    pub out: PathBuf,
    /// Threads; 0 means one per processor.
    pub threads: usize,
    /// Whether figures and report are drawn.
    pub figures: bool,
}

/// Where a run comes from: what a resumed run must know and its scenario does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The run's name.
    pub stem: String,
    /// The command that makes it again.
    pub command: String,
    /// The folder that relative data paths are resolved from.
    pub folder: Option<PathBuf>,
}

/// A finished run.
#[derive(Debug)]
pub struct Finished {
    /// Its folder.
    pub folder: PathBuf,
    /// How its targets came out.
    pub targets: Vec<duet_record::TargetResult>,
    /// Why there are no figures although there should be.
    pub figures: Result<(), FigureError>,
}

const ORIGIN: &str = "checkpoints/origin.json";

/// Runs a scenario into a new folder.
///
/// # Errors
/// [`HarnessError`]; where the run had begun, its folder `NAME.part` is kept and can be resumed.
pub fn run(
    checked: &Checked,
    origin: &Origin,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Finished, HarnessError> {
    let began = Instant::now();
    let prepared = Prepared::new(checked, origin, options)?;
    let (resolved, beginning) = (checked.scenario.resolved(), serde_json::to_vec(origin).unwrap_or_default());
    let files: [(&str, &[u8]); 3] = [
        (layout::SCENARIO, checked.text.as_bytes()),
        (layout::RESOLVED, resolved.as_bytes()),
        (ORIGIN, &beginning),
    ];
    let folder = RunFolder::begin(&options.out, &origin.stem, &files)?;
    prepared.carry_out(checked, origin, options, folder, progress, began)
}

/// Takes up an unfinished run where its checkpoints left off. A finished one is left as it is.
///
/// # Errors
/// [`HarnessError`], as [`run`].
pub fn resume(path: &Path, options: &Options, progress: &dyn Progress) -> Result<Finished, HarnessError> {
    let began = Instant::now();
    let folder = match RunFolder::reopen(path)? {
        Reopened::Finished(folder) => {
            let targets = duet_record::Run::open(&folder)?.metrics()?.targets;
            return Ok(Finished { folder, targets, figures: Ok(()) });
        }
        Reopened::Unfinished(folder) => folder,
    };
    let text = |name: &str| -> Result<String, HarnessError> {
        String::from_utf8(folder.read(name)?).map_err(|error| HarnessError::NotText {
            file: folder.path().join(name).display().to_string(),
            offset: error.utf8_error().valid_up_to(),
        })
    };
    let resolved = folder.path().join(layout::RESOLVED).display().to_string();
    let mut checked = check(Document::parse(&resolved, text(layout::RESOLVED)?)?, &[])?;
    checked.text = text(layout::SCENARIO)?;
    let origin: Origin = serde_json::from_str(&text(ORIGIN)?).map_err(|error| HarnessError::Checkpoint {
        file: folder.path().join(ORIGIN),
        words: error.to_string(),
    })?;
    let prepared = Prepared::new(&checked, &origin, options)?;
    prepared.carry_out(&checked, &origin, options, folder, progress, began)
}

/// Everything that is drawn and loaded before a folder is made, so that what cannot run leaves no trace.
struct Prepared {
    pool: rayon::ThreadPool,
    cpu: CpuLevel,
    seeds: Vec<u64>,
    networks: Vec<Network>,
    /// One per seed for generated tasks; else one for all.
    data: Vec<Dataset>,
}

impl Prepared {
    fn new(checked: &Checked, origin: &Origin, options: &Options) -> Result<Self, HarnessError> {
        let scenario = &checked.scenario;
        let cpu = CpuLevel::from_env()?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().map_err(|error| {
            HarnessError::Usage { words: format!("cannot start {} threads: {error}", options.threads) }
        })?;
        preflight::check(scenario, pool.current_num_threads())?;
        let seeds: Vec<u64> = scenario.seeds().collect();
        let places = Places::from_environment(origin.folder.clone());
        let task = scenario.task.as_ref();
        let loads =
            if task.is_some_and(duet_tasks::Task::depends_on_seed) { seeds.as_slice() } else { &seeds[..1] };
        let load =
            |seed: &u64| task.map(|task| task.load(&Key::new(*seed).child("task"), &places)).transpose();
        let data = loads.iter().filter_map(|seed| load(seed).transpose()).collect::<Result<Vec<_>, _>>()?;
        let protocol = scenario.protocol.conduct();
        let mut spec = scenario.network();
        if protocol.draws_by_itself() {
            spec.projection.clear();
        }
        let draw = |&seed: &u64| spec.realize(Key::new(seed).child("network"));
        let networks = pool
            .install(|| seeds.iter().map(draw).collect::<Result<Vec<_>, _>>())
            .map_err(|error| HarnessError::Side { side: "network".to_owned(), words: error.to_string() })?;
        let prepared = Self { pool, cpu, seeds, networks, data };
        // Built once, so that what does not fit is refused before a folder is made.
        protocol.rehearse(&prepared.stage(scenario))?;
        Ok(prepared)
    }

    fn stage<'a>(&'a self, scenario: &'a Scenario) -> Stage<'a> {
        let Self { pool, seeds, networks, data, .. } = self;
        Stage { scenario, seeds, networks, data, pool }
    }

    fn carry_out(
        self,
        checked: &Checked,
        origin: &Origin,
        options: &Options,
        folder: RunFolder,
        progress: &dyn Progress,
        began: Instant,
    ) -> Result<Finished, HarnessError> {
        let scenario = &checked.scenario;
        let protocol = scenario.protocol.conduct();
        let courses = self.seeds.len() * protocol.courses(scenario);
        progress.begin(folder.path(), courses * protocol.epochs());
        checked.warnings.iter().for_each(|words| progress.warn(words));
        write::network(&folder, &self.networks[0])?;
        let Findings { mut metrics, history, timing, shared, verdicts, diagnoses, mut worked } =
            protocol.carry_out(&self.stage(scenario), &folder, progress)?;
        // What the protocol measured of the network stands behind what it is made of.
        let measured = std::mem::replace(&mut metrics.network, measure::of_network(&self.networks[0]));
        metrics.network.extend(measured);
        metrics.targets = target::judge(&scenario.target, &metrics);
        let words = Words { shared, verdicts, diagnoses };
        let subject = (&self.networks[0], self.data.first());
        let mut story = story::tell(checked, origin, words, subject, self.cpu);
        for side in &mut story.sides {
            side.equations.extend(worked.shift_remove(&side.name));
        }
        folder.write(layout::METRICS, metrics.to_json())?;
        folder.write(layout::STORY, story.to_json())?;
        if let Some(history) = history {
            folder.write(layout::HISTORY, history.to_csv())?;
        }
        // Drawn before the folder gets its name, so that a folder with a name is whole.
        let figures = if options.figures { duet_figures::render(folder.path()).map(|_| ()) } else { Ok(()) };
        let manifest = Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("NEURODUET_COMMIT").map(str::to_owned),
            cpu: self.cpu.to_string(),
            threads: self.pool.current_num_threads(),
            timing,
            total_s: began.elapsed().as_secs_f64(),
            peak_rss_mb: preflight::peak_rss_mb(),
            ..Manifest::default()
        };
        let targets = metrics.targets;
        Ok(Finished { folder: folder.finish(manifest)?, targets, figures })
    }
}
