//! One side under one seed, from beginning to end, or from where a checkpoint left off.

use super::{Simulate, build, steps};
use crate::HarnessError;
use crate::checkpoint::Keeper;
use crate::progress::{Progress, SimulationPace};
use duet_kernels::Real;
use duet_record::{RunFolder, append_spikes, layout, spikes_header};
use duet_spiking::SpikingSide;
use duet_spiking::network::{Engine, Saved, Spike, Tally};
use duet_topology::Sketch;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Simulated time between two looks at the clock, at what is finite and at whether to stop, in ms.
const SLICE: f64 = 50.0;

/// What is to be done.
pub(super) struct Plan<'a> {
    pub(super) simulate: &'a Simulate,
    pub(super) name: &'a str,
    pub(super) side: &'a SpikingSide,
    pub(super) seed: u64,
    /// Whether it is the first seed, whose spikes are kept.
    pub(super) is_first: bool,
}

/// What has been done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Course {
    pub(super) tally: Tally,
    /// The spikes of the raster.
    pub(super) sample: Vec<(u64, u32)>,
    pub(super) spikes: u64,
    /// Spikes times the synapses that each went through.
    pub(super) events: u64,
    pub(super) synapses: u64,
    pub(super) synapse_bytes: u64,
    /// Mean and standard deviation of the weights of every projection that learns, at the end.
    pub(super) learned: Vec<(String, f64, f64)>,
    pub(super) build_s: f64,
    pub(super) simulate_s: f64,
    dt: f64,
    steps: u64,
    /// Parts of the file of all spikes that lie beside the checkpoint, and the step of the last spike in them.
    parts: usize,
    last: u64,
}

#[derive(Serialize, Deserialize)]
struct Checkpoint {
    course: Course,
    engine: Saved,
}

impl Course {
    pub(super) fn biological_s(&self) -> f64 {
        self.steps as f64 * self.dt / 1000.0
    }

    /// Runs a side under a seed.
    pub(super) fn run<T: Real>(
        plan: &Plan<'_>,
        sketch: &Sketch,
        keeper: &Keeper<'_>,
        pool: &rayon::ThreadPool,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Self, HarnessError> {
        let (began, dt) = (Instant::now(), plan.side.dt);
        let all = plan.simulate.steps(dt);
        let mut engine: Engine<T> = build(plan, sketch, pool)?;
        let build_s = began.elapsed().as_secs_f64();
        let mut course = if let Some(Checkpoint { course, engine: saved }) = keeper.load()? {
            engine.restore(&saved).map_err(|error| keeper.broken(&error.to_string()))?;
            course
        } else {
            Self::begin(plan, sketch, &engine, build_s)
        };
        let window = Window::new(plan, sketch);
        let slice = ((SLICE / dt.get()).round() as u64).max(1);
        let mut unsaved = Vec::new();
        let mut last = course.last;
        let (mut clock, mut own) = (Instant::now(), (engine.now(), 0.0));
        while engine.now() < all {
            let spikes = engine.advance(slice.min(all - engine.now()));
            engine.check().map_err(|error| HarnessError::NotFinite {
                side: plan.name.to_owned(),
                seed: plan.seed,
                words: error.to_string(),
            })?;
            course.take(&spikes, &engine, &window);
            if plan.is_first {
                append_spikes(&mut unsaved, &mut last, spikes.iter().map(|spike| (spike.step, spike.id)));
            }
            let took = clock.elapsed().as_secs_f64();
            clock = Instant::now();
            course.simulate_s += took;
            own.1 += took;
            let factor = own.1 * 1000.0 / ((engine.now() - own.0) as f64 * dt.get());
            let ahead = (all - engine.now()) as f64 * dt.get();
            let pace = SimulationPace { real_time_factor: factor, left_s: factor * ahead / 1000.0 };
            let done = engine.now() as f64 * dt.get();
            progress.simulated(plan.name, plan.seed, done, all as f64 * dt.get(), &pace);
            let is_stopped = progress.stopped();
            if is_stopped || keeper.due() && engine.now() < all {
                // The part of the file first: a checkpoint speaks only of what is there.
                if plan.is_first {
                    folder.write(part(plan.name, course.parts), &unsaved)?;
                    unsaved.clear();
                    (course.parts, course.last) = (course.parts + 1, last);
                }
                keeper.save(&Checkpoint { course: course.clone(), engine: engine.save() })?;
                clock = Instant::now();
            }
            if is_stopped {
                return Err(HarnessError::Stopped { folder: folder.path().to_owned() });
            }
        }
        let learned = |(index, name): (usize, &String)| {
            let weights = engine.weights(index);
            let n = weights.len() as f64;
            let mean = weights.iter().sum::<f64>() / n;
            let squares = weights.iter().map(|w| (w - mean) * (w - mean)).sum::<f64>();
            (name.clone(), mean, (squares / n).sqrt())
        };
        course.learned = engine.plastic().iter().enumerate().map(learned).collect();
        if plan.is_first {
            let mut bytes = spikes_header(dt.get(), engine.cells() as u32);
            for index in 0..course.parts {
                bytes.extend(folder.read(part(plan.name, index))?);
            }
            bytes.extend(unsaved);
            folder.write(layout::all_spikes(plan.name), bytes)?;
        }
        Ok(course)
    }

    fn begin<T: Real>(plan: &Plan<'_>, sketch: &Sketch, engine: &Engine<T>, build_s: f64) -> Self {
        let sizes: Vec<usize> = sketch.populations.values().map(|population| population.size).collect();
        let (simulate, dt) = (plan.simulate, plan.side.dt);
        let transient = (simulate.transient.get() / dt.get()).round() as u64;
        let all = simulate.steps(dt);
        Self {
            tally: Tally::new(&sizes, steps(simulate.bin, dt), transient, all),
            sample: Vec::new(),
            spikes: 0,
            events: 0,
            synapses: engine.synapses(),
            synapse_bytes: engine.synapse_bytes() as u64,
            learned: Vec::new(),
            build_s,
            simulate_s: 0.0,
            dt: dt.get(),
            steps: all,
            parts: 0,
            last: 0,
        }
    }

    /// Takes down what happened.
    fn take<T: Real>(&mut self, spikes: &[Spike], engine: &Engine<T>, window: &Window) {
        self.tally.add(spikes);
        self.spikes += spikes.len() as u64;
        self.events += spikes.iter().map(|spike| u64::from(engine.out_degree(spike.id))).sum::<u64>();
        let inside = spikes.iter().filter(|spike| window.contains(**spike));
        self.sample.extend(inside.map(|spike| (spike.step, spike.id)));
    }
}

/// Where a part of the file of all spikes waits for the end.
fn part(side: &str, index: usize) -> String {
    format!("{}/{}-spikes-{index}.bin", layout::CHECKPOINTS, layout::file_name(side))
}

/// What a raster shows.
struct Window {
    steps: std::ops::RangeInclusive<u64>,
    /// First and last of the numbers of the cells shown, per population.
    cells: Vec<(u32, u32)>,
}

impl Window {
    fn new(plan: &Plan<'_>, sketch: &Sketch) -> Self {
        let (simulate, dt) = (plan.simulate, plan.side.dt);
        let first = (simulate.transient.get() / dt.get()).round() as u64;
        let mut id = 0;
        let cells = sketch.populations.values().map(|population| {
            let begin = id;
            id += population.size as u32;
            (begin, begin + population.size.min(simulate.sample) as u32)
        });
        Self { steps: first + 1..=first + steps(simulate.window, dt), cells: cells.collect() }
    }

    fn contains(&self, spike: Spike) -> bool {
        self.steps.contains(&spike.step)
            && self.cells.iter().any(|&(first, end)| (first..end).contains(&spike.id))
    }
}
