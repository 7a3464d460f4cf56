//! Clusters and paths of rings with shortcuts.

use super::entry::Entry;
use super::figure::{Figure, Grade, Model, Trouble};
use duet_random::Key;
use duet_topology::pattern::SmallWorld;
use duet_topology::{Pattern, clustering, path_length};

/// Single graphs that are measured at each p; the entry's tolerances are those of single graphs.
const GRAPHS: u64 = 3;

/// `ws`: C and L at `p=0.1` in the key, and their exact values without rewiring.
pub fn measures(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let (n, k): (usize, usize) = (params.required("n")?, params.required("k")?);
    let listed = params.list("p")?;
    Ok(Model::new(move |key| {
        let p = key.at("p").filter(|p| listed.contains(p)).ok_or_else(|| Trouble::key(key))?;
        let pattern = Pattern::SmallWorld(SmallWorld { k, p });
        let graph = |seed| pattern.sources(n, n, true, Key::new(seed)).unwrap_or_default();
        let (name, grade) = match key.name.strip_suffix("_exact") {
            // What the numbers are written with.
            Some(name) if p == 0.0 => (name, Grade::Within(1e-10)),
            Some(_) => return Err(Trouble::key(key)),
            None => (key.name.as_str(), Grade::Double),
        };
        let measure = |graph: Vec<Vec<u32>>| match name {
            "C" => Ok(clustering(&graph)),
            "L" => Ok(path_length(&graph)),
            _ => Err(Trouble::key(key)),
        };
        (0..GRAPHS).map(|seed| Ok(Figure::new(measure(graph(seed))?, grade))).collect()
    }))
}
