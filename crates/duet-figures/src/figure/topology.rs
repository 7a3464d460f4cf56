//! Who connects to whom.

use duet_record::format::number;
use duet_record::{PopulationSketch, ProjectionSketch, Role, Run, Table, TopologySketch};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::canvas::Area;
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::clean;
use crate::measure;
use crate::theme::Theme;

mod boxes;
mod links;

parameters! {
    /// The network that all sides share: populations and the projections between them.
    ///
    /// # Behaviour
    /// Input at the left, output at the right, the rest by the longest way from the input. A population is a box with
    /// its shape and size, a projection a band with its pattern and number of synapses. A projection back, past a
    /// column, or within one runs below as a line; one onto its own population is a small loop. Where words do not fit
    /// beside the bands they stand in a list below.
    pub default struct Topology {}
}

const BOX_W: f64 = 112.0;
const BOX_H: f64 = 118.0;
/// From one box to the next in a column: room for a name above and a loop below.
const ROW_GAP: f64 = 56.0;
/// With more columns than this, projections are told in a list.
const CROWDED: usize = 6;
/// More of it where a population projects onto itself.
const LOOP_ROOM: f64 = 40.0;
/// Height of a lane for a line that runs below.
const LANE: f64 = 40.0;
/// Height of a line of the list.
const LIST_LINE: f64 = 18.0;

/// Where a population stands.
struct Node<'t> {
    population: &'t PopulationSketch,
    column: usize,
    area: Area,
}

/// How a projection is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A band to the next column.
    Band,
    /// A loop onto the same population.
    Loop,
    /// A line that runs below all boxes, in a lane of its own.
    Lane(usize),
}

struct Link<'t> {
    projection: &'t ProjectionSketch,
    /// Indices into the nodes.
    from: usize,
    to: usize,
    way: Way,
}

/// Everything in its place, the top of the body at 0.
struct Plan<'t> {
    nodes: Vec<Node<'t>>,
    links: Vec<Link<'t>>,
    /// Bottom of the boxes, where lanes begin.
    floor: f64,
    lanes: usize,
    /// Whether every label fits beside its band.
    labels_fit: bool,
}

impl Draw for Topology {
    const NEEDS: &[Needs] = &[Needs::Topology];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "topology";
        let sketch = run.topology().needed(name, "network/topology.json")?;
        if sketch.populations.is_empty() {
            let needs = "a population in network/topology.json".into();
            return Err(FigureError::NotRecorded { figure: name, needs });
        }
        let plan = Plan::of(&sketch, theme);
        let sum =
            |sizes: &mut dyn Iterator<Item = usize>| number(sizes.fold(0, usize::saturating_add) as f64);
        let units = sum(&mut sketch.populations.iter().map(|population| population.size));
        let synapses = sum(&mut sketch.projections.iter().map(|projection| projection.synapses));
        let sheet = Sheet {
            name: name.into(),
            title: "Who connects to whom?".into(),
            note: format!("{units} units, {synapses} synapses. All sides start from this one network."),
            caption: "Boxes are populations, bands and lines are projections.".into(),
            alt: alt(&sketch),
        };
        let lanes = plan.floor + plan.lanes as f64 * LANE;
        let list = if plan.labels_fit { 0.0 } else { 14.0 + sketch.projections.len() as f64 * LIST_LINE };
        let drawing = sheet.draw(theme, lanes + list, csv(&sketch)?, |canvas, top| {
            links::draw(canvas, theme, &plan, top);
            for node in &plan.nodes {
                boxes::draw(canvas, theme, node, top);
            }
            if !plan.labels_fit {
                links::list(canvas, theme, &plan, top + lanes + 14.0);
            }
        })?;
        Ok(vec![drawing])
    }
}

impl<'t> Plan<'t> {
    fn of(sketch: &'t TopologySketch, theme: &Theme) -> Self {
        let column = columns(sketch);
        let count = column.iter().copied().max().unwrap_or(0) + 1;
        let members = |c: usize| column.iter().filter(|own| **own == c).count();
        let tallest = (0..count).map(members).max().unwrap_or(1);
        let loops = sketch.projections.iter().any(|projection| projection.from == projection.to);
        let pitch = BOX_H + ROW_GAP + if loops { LOOP_ROOM } else { 0.0 };
        let floor = tallest as f64 * pitch;
        let room = WIDTH - 2.0 * MARGIN;
        // Beside so many columns no words fit, and all the room is the boxes'.
        let share = if count > CROWDED { 0.8 } else { 0.6 };
        let w = BOX_W.min(share * room / count as f64);
        let stride = if count > 1 { (room - w) / (count as f64 - 1.0) } else { 0.0 };
        let mut filled = vec![0_usize; count];
        let mut nodes = Vec::new();
        for (population, &column) in sketch.populations.iter().zip(&column) {
            let start = (floor - members(column) as f64 * pitch) / 2.0 + 26.0;
            let y = start + filled[column] as f64 * pitch;
            filled[column] += 1;
            let x = if count > 1 { MARGIN + column as f64 * stride } else { MARGIN + (room - w) / 2.0 };
            nodes.push(Node { population, column, area: Area { x, y, w, h: BOX_H } });
        }
        let (links, lanes) = links_of(sketch, &nodes);
        let fits = |link: &Link<'_>| {
            let room = if link.way == Way::Band { stride - w - 8.0 } else { room };
            let [first, second] = words(link.projection);
            measure::widest([first.as_str(), second.as_str()], theme.tick) <= room
        };
        let labels_fit = links.iter().all(fits);
        Self { nodes, links, floor, lanes, labels_fit }
    }
}

/// Pattern and size of a projection, as its label says them.
fn words(projection: &ProjectionSketch) -> [String; 2] {
    let bias = if projection.bias { ", bias" } else { "" };
    let synapses = number(projection.synapses as f64);
    [format!("{}{bias}", clean(&projection.pattern)), format!("{synapses} synapses")]
}

/// The column of each population: the longest way from the input, outputs last, no column empty.
fn columns(sketch: &TopologySketch) -> Vec<usize> {
    let n = sketch.populations.len();
    let mut column = vec![0_usize; n];
    let ends = ends(sketch);
    // As many rounds as populations: a cycle must not push its members out forever.
    for _ in 0..n {
        let mut changed = false;
        for &(from, to) in &ends {
            let (source, target) = (&sketch.populations[from], &sketch.populations[to]);
            let forward = from != to && source.role != Role::Output && target.role != Role::Input;
            // Within a cycle, the order of the scenario says what is forward.
            let closes_cycle = to < from && column[to] > 0;
            if forward && !closes_cycle && column[from] + 1 > column[to] && column[from] + 1 < n {
                column[to] = column[from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let last = column.iter().copied().max().unwrap_or(0).max(1);
    for (own, population) in column.iter_mut().zip(&sketch.populations) {
        if population.role == Role::Output && n > 1 {
            *own = last;
        }
    }
    let mut used = column.clone();
    used.sort_unstable();
    used.dedup();
    column.iter().map(|own| used.iter().position(|known| known == own).unwrap_or(0)).collect()
}

/// Indices of source and target of every projection between known populations.
fn ends(sketch: &TopologySketch) -> Vec<(usize, usize)> {
    let index = |name: &str| sketch.populations.iter().position(|population| population.name == name);
    sketch
        .projections
        .iter()
        .filter_map(|projection| Some((index(&projection.from)?, index(&projection.to)?)))
        .collect()
}

fn links_of<'t>(sketch: &'t TopologySketch, nodes: &[Node<'t>]) -> (Vec<Link<'t>>, usize) {
    let index = |name: &str| nodes.iter().position(|node| node.population.name == name);
    let mut lanes = 0;
    let mut links = Vec::new();
    for projection in &sketch.projections {
        let (Some(from), Some(to)) = (index(&projection.from), index(&projection.to)) else { continue };
        let way = if from == to {
            Way::Loop
        } else if nodes[to].column == nodes[from].column + 1 {
            Way::Band
        } else {
            lanes += 1;
            Way::Lane(lanes - 1)
        };
        links.push(Link { projection, from, to, way });
    }
    (links, lanes)
}

fn alt(sketch: &TopologySketch) -> String {
    let population = |p: &PopulationSketch| format!("{} ({} units)", clean(&p.name), number(p.size as f64));
    let projection = |p: &ProjectionSketch| {
        let [pattern, synapses] = words(p);
        format!("{} to {} ({pattern}, {synapses})", clean(&p.from), clean(&p.to))
    };
    let populations: Vec<String> = sketch.populations.iter().map(population).collect();
    let projections: Vec<String> = sketch.projections.iter().map(projection).collect();
    format!("Network. Populations: {}. Projections: {}.", populations.join(", "), projections.join(", "))
}

fn csv(sketch: &TopologySketch) -> Result<String, FigureError> {
    let text =
        |pick: fn(&ProjectionSketch) -> &String| sketch.projections.iter().map(|p| pick(p).clone()).collect();
    let number =
        |pick: fn(&ProjectionSketch) -> usize| sketch.projections.iter().map(|p| pick(p) as f64).collect();
    let table = Table::new()
        .with_texts("projection", text(|p| &p.name))?
        .with_texts("from", text(|p| &p.from))?
        .with_texts("to", text(|p| &p.to))?
        .with_texts("pattern", text(|p| &p.pattern))?
        .with_numbers("synapses", number(|p| p.synapses))?
        .with_numbers("parameters", number(|p| p.parameters))?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(roles: &[Role], ends: &[(usize, usize)]) -> TopologySketch {
        let name = |at: usize| format!("p{at}");
        let population = |(at, role): (usize, &Role)| PopulationSketch {
            name: name(at),
            shape: vec![2],
            size: 2,
            role: *role,
        };
        let projection = |&(from, to): &(usize, usize)| ProjectionSketch {
            name: format!("{from}-{to}"),
            from: name(from),
            to: name(to),
            pattern: "full".into(),
            synapses: 4,
            parameters: 4,
            bias: false,
            weight_shape: Vec::new(),
        };
        TopologySketch {
            populations: roles.iter().enumerate().map(population).collect(),
            projections: ends.iter().map(projection).collect(),
        }
    }

    #[test]
    fn columns_follow_the_longest_way() {
        use Role::{Hidden, Input, Output};
        let roles = [Input, Hidden, Hidden, Output];
        assert_eq!(columns(&sketch(&roles, &[(0, 1), (1, 2), (2, 3), (0, 3)])), [0, 1, 2, 3]);
        assert_eq!(columns(&sketch(&roles, &[(0, 1), (0, 2), (1, 3), (2, 3)])), [0, 1, 1, 2]);
        // A loop, a cycle and a way back move nobody.
        assert_eq!(columns(&sketch(&roles, &[(0, 1), (1, 2), (2, 3), (1, 1), (2, 1), (3, 1)])), [0, 1, 2, 3]);
        assert_eq!(columns(&sketch(&[Hidden], &[(0, 0)])), [0]);
        assert_eq!(columns(&sketch(&roles, &[])), [0, 0, 0, 1]);
    }

    #[test]
    fn only_the_next_column_is_reached_by_a_band() {
        use Role::{Hidden, Input, Output};
        let sketch = sketch(&[Input, Hidden, Output], &[(0, 1), (1, 2), (0, 2), (1, 1), (2, 1)]);
        let plan = Plan::of(&sketch, &Theme::default());
        let ways: Vec<Way> = plan.links.iter().map(|link| link.way).collect();
        assert!(ways == [Way::Band, Way::Band, Way::Lane(0), Way::Loop, Way::Lane(1)]);
        assert!(plan.lanes == 2 && plan.labels_fit);
    }
}
