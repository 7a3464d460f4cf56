//! What learning did to the weights.

use std::collections::BTreeMap;

use duet_record::{ProjectionSketch, Run, TopologySketch, WeightMatrix};
use duet_units::{Range, parameters};

use super::{Draw, Needs};
use crate::cast::{Actor, cast};
use crate::drawing::Drawing;
use crate::error::{FigureError, Needed};
use crate::theme::Theme;

mod histograms;
mod images;
mod picture;

use picture::Picture;

parameters! {
    /// Weights before and after learning: histograms, and images where units look at an image.
    ///
    /// # Behaviour
    /// Histograms: one panel per projection and side, grey before and coloured after learning, one range per
    /// projection. Images: where the source population has two axes, the incoming weights of each target unit are
    /// drawn as an image, and so is every kernel of a convolution, its channels side by side; negative, zero and positive
    /// have one symmetric colour map, and every group its own scale.
    pub default struct Weights {
        /// Most target units, or kernels, drawn as images.
        pub units: usize = 25, in Range::between(1.0, 100.0);
    }
}

/// The weights of one projection on one side, where recorded.
struct Learned {
    /// Index into the cast.
    side: usize,
    before: Option<WeightMatrix>,
    after: WeightMatrix,
}

/// A projection with what is known of it.
struct Projection<'t> {
    sketch: &'t ProjectionSketch,
    learned: Vec<Learned>,
    /// How a unit's incoming weights, or a kernel, make an image; nothing if they do not.
    picture: Option<Picture>,
}

impl Draw for Weights {
    const NEEDS: &[Needs] = &[Needs::Weights, Needs::Topology];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "weights";
        let topology = run.topology().needed(name, "network/topology.json")?;
        let cast = cast(run, theme)?;
        let projections = read(run, &topology, &cast)?;
        if projections.is_empty() {
            return Err(FigureError::NotRecorded {
                figure: name,
                needs: "network/final/SIDE/PROJECTION.npy".into(),
            });
        }
        let mut drawings = vec![histograms::draw(&projections, &cast, theme)?];
        for projection in &projections {
            if let Some(picture) = projection.picture {
                drawings.push(images::draw(projection, picture, self.units, &cast, theme)?);
            }
        }
        Ok(drawings)
    }
}

fn read<'t>(
    run: &Run,
    topology: &'t TopologySketch,
    cast: &[Actor],
) -> Result<Vec<Projection<'t>>, FigureError> {
    let optional = |read: Result<WeightMatrix, duet_record::RecordError>| match read {
        Ok(weights) => Ok(Some(weights)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    };
    let mut projections = Vec::new();
    for sketch in &topology.projections {
        let mut learned = Vec::new();
        for (side, actor) in cast.iter().enumerate() {
            if let Some(after) = optional(run.final_weights(&actor.name, &sketch.name))? {
                let before = optional(run.initial_weights(&actor.name, &sketch.name))?;
                let fits = |before: &WeightMatrix| {
                    before.n_post() == after.n_post() && before.n_pre() == after.n_pre()
                };
                learned.push(Learned { side, before: before.filter(fits), after });
            }
        }
        if !learned.is_empty() {
            let source = topology.population(&sketch.from).map_or(&[][..], |source| &source.shape);
            let picture = Picture::of(&sketch.weight_shape, source, learned[0].after.n_pre());
            projections.push(Projection { sketch, learned, picture });
        }
    }
    Ok(projections)
}

impl Learned {
    /// (before, after) of every pair that has a synapse: all of a full projection; of others, the pairs that are not
    /// zero both times.
    fn synapses(&self, full: bool) -> (Vec<f64>, Vec<f64>) {
        let after = self.after.values();
        let before = self.before.as_ref().map(WeightMatrix::values);
        let mut pairs = (Vec::new(), Vec::new());
        for (at, after) in after.iter().enumerate() {
            let before = before.map(|before| before[at]);
            if full || *after != 0.0 || before.is_some_and(|before| before != 0.0) {
                pairs.1.push(*after);
                pairs.0.extend(before);
            }
        }
        pairs
    }
}

/// The sides that start from the same weights, as lists of indices into `learned`.
fn beginnings(learned: &[Learned]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, side) in learned.iter().enumerate() {
        let Some(before) = &side.before else { continue };
        let first = (0..at).find(|&earlier| learned[earlier].before.as_ref() == Some(before)).unwrap_or(at);
        groups.entry(first).or_default().push(at);
    }
    groups.into_values().collect()
}
