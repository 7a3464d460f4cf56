//! Room for the examples that go through a network at once, allocated once.

use crate::Examples;
use crate::lanes::{filled, room};
use crate::link::dense::Dense;
use crate::link::{Activity, Link, Operation};
use crate::plan::{Layer, Plan};
use duet_kernels::matmul::Occupied;
use duet_kernels::window::Width;
use duet_kernels::{Buffer, Real};

/// Examples that go through a network at once. More are worked through in pieces of this size, so that memory does not
/// grow with the batch; a piece of windows and sparse matrices is one group, whose activity stays in the cache.
pub(crate) fn piece(plan: &Plan) -> usize {
    if plan.layers.iter().any(|layer| layer.lanes) { Width::Sixteen.lanes() } else { 256 }
}

/// Everything that a pass through the network needs, for up to `capacity` examples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Workspace<T> {
    /// Examples that fit.
    pub(crate) capacity: usize,
    /// One for each slice of an example that is shown in time; mostly one.
    pub(crate) moments: Vec<Moment<T>>,
    /// dL/dy of the output at the last moment, as rows.
    pub(crate) slopes: Buffer<T>,
    /// The right classes.
    pub(crate) labels: Vec<u32>,
    /// The right numbers, `[example * outputs + output]`; empty where classes are asked for.
    pub(crate) targets: Vec<T>,
    pub(crate) scratch: Scratch<T>,
    /// Where the input holds anything but zeros.
    pub(crate) zeros: Zeros,
    /// The gradient of a further moment.
    pub(crate) spare: Vec<T>,
    /// One example on its way into the slices of the input.
    example: Vec<T>,
    /// What a connection from the moment before reads at the first one.
    pub(crate) nothing: Buffer<T>,
}

/// Where the input holds anything but zeros, if examples are bytes that a matrix reads in small batches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Zeros {
    occupied: Option<Occupied>,
    /// Whether that is about the examples now in the input.
    marked: bool,
}

impl Zeros {
    /// What is known of the examples now in the input.
    pub(crate) fn known(&self) -> Option<&Occupied> {
        self.occupied.as_ref().filter(|_| self.marked)
    }

    fn clear(&mut self) {
        self.marked = false;
        if let Some(occupied) = &mut self.occupied {
            occupied.clear();
        }
    }

    fn mark(&mut self, example: usize, bytes: &[u8]) {
        if let Some(occupied) = &mut self.occupied {
            occupied.mark(example, bytes);
            self.marked = true;
        }
    }
}

/// The state of every layer at one moment, each in the layer's own layout.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment<T> {
    /// z of the layers whose slopes cannot be told from y; empty for the others.
    pub(crate) drives: Vec<Buffer<T>>,
    /// y = f(z); the examples themselves for the input.
    pub(crate) values: Vec<Buffer<T>>,
    /// The same as rows, for layers that keep lanes where a matrix reads them, and for the input.
    pub(crate) rows: Vec<Buffer<T>>,
    /// dL/dy, then dL/dz. Empty where no gradient is wanted.
    pub(crate) deltas: Vec<Buffer<T>>,
    /// For layers with batch normalisation: the normalised drives, then per channel 1 / standard deviation, and the
    /// gradient of scale and shift.
    pub(crate) normed: Vec<Buffer<T>>,
    pub(crate) widths: Vec<Vec<T>>,
    pub(crate) norm_slopes: Vec<Vec<T>>,
    /// For layers with dropout: y before it, and the factor of every unit.
    pub(crate) plain: Vec<Buffer<T>>,
    pub(crate) kept: Vec<Buffer<T>>,
}

/// Room that one step of a pass uses and the next one overwrites.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scratch<T> {
    /// What a further projection of a layer adds.
    pub(crate) part: Buffer<T>,
    /// A target's numbers as rows.
    pub(crate) rows: Buffer<T>,
    /// A source's numbers as rows.
    pub(crate) back: Buffer<T>,
    /// A grid with zeros around it.
    pub(crate) padded: Buffer<T>,
    /// A kernel in another order.
    pub(crate) packed: Buffer<T>,
}

/// For which layers a workspace keeps deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credit {
    /// For none: the output's slopes are enough.
    Output,
    /// For all layers with parameters before them.
    Hidden,
    /// For the input as well.
    Input,
}

/// Whether a matrix reads the input in batches so small that it pays to look where there are zeros.
fn skips_zeros(plan: &Plan, capacity: usize) -> bool {
    let reads = |link: &&Link| link.from == 0 && link.operation == Operation::Dense(Dense::default());
    let mut reading = plan.links.iter().filter(reads);
    plan.steps == 1 && !plan.layers[0].lanes && reading.any(|link| Occupied::suits(link.shape(capacity)))
}

impl<T: Real> Workspace<T> {
    pub(crate) fn new(plan: &Plan, capacity: usize, credit: Credit) -> Self {
        let of = |layer: &Layer| if layer.lanes { room(layer.size, capacity) } else { layer.size * capacity };
        let largest = |wanted: &dyn Fn(&Layer) -> bool| {
            plan.layers.iter().filter(|layer| wanted(layer)).map(&of).max().unwrap_or(0)
        };
        // Most networks have one projection a layer, no layout to change and no connection back.
        let meets = largest(&|layer| layer.incoming.len() > 1 || layer.outgoing.len() > 1);
        let turned = largest(&|layer| layer.lanes);
        let delayed = plan.links.iter().any(|link| link.delayed);
        let padded = plan.links.iter().filter_map(|link| match &link.operation {
            Operation::Convolution(op) => Some(room(op.padded(), capacity)),
            _ => None,
        });
        let kernels = plan.links.iter().filter_map(|link| match &link.operation {
            Operation::Convolution(_) => Some(link.weights.len()),
            _ => None,
        });
        Self {
            capacity,
            moments: (0..plan.steps).map(|_| Moment::new(plan, capacity, credit)).collect(),
            slopes: Buffer::zeros(plan.outputs() * capacity),
            labels: vec![0; capacity],
            targets: Vec::new(),
            zeros: Zeros {
                occupied: skips_zeros(plan, capacity).then(|| Occupied::new(plan.inputs())),
                marked: false,
            },
            spare: Vec::new(),
            example: Vec::new(),
            nothing: Buffer::zeros(if delayed { largest(&|_| true) } else { 0 }),
            scratch: Scratch {
                part: Buffer::zeros(meets),
                rows: Buffer::zeros(turned),
                back: Buffer::zeros(turned),
                padded: Buffer::zeros(padded.max().unwrap_or(0)),
                packed: Buffer::zeros(kernels.max().unwrap_or(0)),
            },
        }
    }

    /// The answers to the first `batch` examples, as rows.
    pub(crate) fn scores(&self, plan: &Plan, batch: usize) -> &[T] {
        self.moments[plan.steps - 1].rows_of(plan, plan.output, batch)
    }

    /// The first numbers of the input, where it keeps rows.
    pub(crate) fn input(&self, numbers: usize) -> Activity<'_, T> {
        let own = &self.moments[0].values[0][..numbers];
        Activity { own, rows: own, occupied: self.zeros.known() }
    }

    /// Writes example number `i` of the batch into the input, slice by slice.
    pub(crate) fn set_example(&mut self, plan: &Plan, i: usize, numbers: &[T]) {
        self.zeros.marked = false;
        let size = plan.layers[0].size;
        for (moment, slice) in self.moments.iter_mut().zip(numbers.chunks_exact(size)) {
            let row = &mut moment.entrance(&plan.layers[0])[i * size..(i + 1) * size];
            row.copy_from_slice(slice);
            if let Some(standardize) = &plan.standardize {
                standardize.apply_to_all(row);
            }
        }
    }

    /// Writes the examples at these indices, and their labels, into the first places of the batch.
    pub(crate) fn gather(
        &mut self,
        plan: &Plan,
        examples: &Examples<'_>,
        indices: impl Iterator<Item = usize>,
    ) {
        let layer = &plan.layers[0];
        self.zeros.clear();
        for (i, index) in indices.enumerate() {
            examples.read_truth(index, i, &mut self.labels, &mut self.targets);
            if plan.steps > 1 {
                let mut example = std::mem::take(&mut self.example);
                example.resize(examples.features(), T::ZERO);
                examples.read(index, &mut example);
                self.set_example(plan, i, &example);
                self.example = example;
                continue;
            }
            let row = &mut self.moments[0].entrance(layer)[i * layer.size..(i + 1) * layer.size];
            examples.read(index, row);
            match (&plan.standardize, examples.bytes(index)) {
                (Some(standardize), _) => standardize.apply_to_all(row),
                (None, Some(bytes)) => self.zeros.mark(i, bytes),
                (None, None) => {}
            }
        }
    }
}

impl<T: Real> Moment<T> {
    fn new(plan: &Plan, capacity: usize, credit: Credit) -> Self {
        let of = |layer: &Layer| if layer.lanes { room(layer.size, capacity) } else { layer.size * capacity };
        let buffers = |wanted: &dyn Fn(usize, &Layer) -> bool| {
            let layers = plan.layers.iter().enumerate();
            layers.map(|(l, layer)| Buffer::zeros(if wanted(l, layer) { of(layer) } else { 0 })).collect()
        };
        let channels = |each: usize| {
            let of =
                |layer: &Layer| vec![T::ZERO; layer.norm.as_ref().map_or(0, |norm| each * norm.channels)];
            plan.layers.iter().map(of).collect()
        };
        Self {
            drives: buffers(&|l, layer| l > 0 && !layer.activation.curve::<T>().forgets_drive()),
            values: buffers(&|_, _| true),
            rows: buffers(&|l, layer| layer.lanes && (l == 0 || layer.needs_rows)),
            deltas: buffers(&|l, _| match credit {
                Credit::Output => false,
                Credit::Hidden => l > 0,
                Credit::Input => true,
            }),
            normed: buffers(&|_, layer| layer.norm.is_some()),
            widths: channels(1),
            norm_slopes: channels(2),
            plain: buffers(&|_, layer| layer.dropout > 0.0),
            kept: buffers(&|_, layer| layer.dropout > 0.0),
        }
    }

    /// Where a layer's drive is written: for many activations, in the place of its activity.
    pub(crate) fn drive(&mut self, l: usize) -> &mut [T] {
        if self.drives[l].is_empty() { &mut self.values[l] } else { &mut self.drives[l] }
    }

    /// A layer's activity as rows.
    pub(crate) fn rows_of(&self, plan: &Plan, layer: usize, batch: usize) -> &[T] {
        let numbers = plan.layers[layer].size * batch;
        if plan.layers[layer].lanes { &self.rows[layer][..numbers] } else { &self.values[layer][..numbers] }
    }

    /// Visits a layer's activity for the first `batch` examples: `(example, unit, y)`.
    pub(crate) fn visit(&self, layer: &Layer, l: usize, batch: usize, look: impl FnMut(usize, usize, T)) {
        visit(&self.values[l], layer, batch, look);
    }

    /// The same for its deltas.
    pub(crate) fn visit_deltas(
        &self,
        layer: &Layer,
        l: usize,
        batch: usize,
        look: impl FnMut(usize, usize, T),
    ) {
        visit(&self.deltas[l], layer, batch, look);
    }

    /// Where examples enter, as rows; an input that keeps lanes turns them when a pass begins.
    fn entrance(&mut self, input: &Layer) -> &mut [T] {
        if input.lanes { &mut self.rows[0] } else { &mut self.values[0] }
    }
}

fn visit<T: Real>(numbers: &[T], layer: &Layer, batch: usize, mut look: impl FnMut(usize, usize, T)) {
    if layer.lanes {
        let lanes = Width::of(batch).lanes();
        let groups = numbers.chunks_exact(layer.size * lanes);
        for (group, (filled, units)) in filled(batch).zip(groups).enumerate() {
            for (unit, examples) in units.chunks_exact(lanes).enumerate() {
                for (lane, &y) in examples[..filled].iter().enumerate() {
                    look(group * lanes + lane, unit, y);
                }
            }
        }
    } else {
        for (i, &y) in numbers[..layer.size * batch].iter().enumerate() {
            look(i / layer.size, i % layer.size, y);
        }
    }
}
