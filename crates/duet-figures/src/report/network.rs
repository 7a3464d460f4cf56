//! The network as a table: one row per population, in the order of computation.

use duet_record::LayerStory;
use duet_record::format::number;

use super::{Section, Source, table};
use crate::escape::html;

pub(super) fn section(source: &Source<'_>) -> Section {
    let layers = &source.story.network;
    let mut columns = vec!["Population".to_owned(), "Shape".to_owned()];
    columns.extend(source.cast.iter().map(|actor| html(&actor.label)));
    columns.extend(["Parameters", "Multiply-adds"].map(str::to_owned));
    let count = |n: u64| format!("<span class=\"number\">{}</span>", number(n as f64));
    let row = |layer: &LayerStory| {
        let units = |at: usize| layer.units.get(at).map_or("", String::as_str);
        let mut cells = vec![html(&layer.population), shape(&layer.shape)];
        cells.extend((0..source.cast.len()).map(|at| format!("<code>{}</code>", html(units(at)))));
        cells.extend([count(layer.parameters), count(layer.multiply_adds)]);
        cells
    };
    let mut rows: Vec<Vec<String>> = layers.iter().map(row).collect();
    let sum = |of: fn(&LayerStory) -> u64| count(layers.iter().map(of).sum());
    let mut total = vec!["Total".to_owned(), String::new()];
    total.extend(source.cast.iter().map(|_| String::new()));
    total.extend([sum(|layer| layer.parameters), sum(|layer| layer.multiply_adds)]);
    rows.push(total);
    let caption = "In the order of computation. Parameters are the weights and biases of the projections that feed a population; \
                   multiply-adds are what one answer takes there, one per synapse.";
    let body = if layers.is_empty() { String::new() } else { table("layers", caption, &columns, &rows) };
    Section { id: "network", heading: "The network", body }
}

fn shape(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
}
