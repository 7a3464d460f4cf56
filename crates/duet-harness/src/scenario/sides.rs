//! `--sides NAME,NAME`: a scenario with some of its sides only.

use super::document::{Document, Node, Value};
use super::walk::nearest;
use crate::HarnessError;

/// Tables of protocols that are keyed by side: `protocol.fi_curve.input`, `protocol.cable.diameters`, `protocol.drive.until`,
/// `protocol.convergence.potential_at`, `protocol.phase_plane.bifurcation`.
const BY_SIDE: [&str; 5] = ["input", "diameters", "until", "potential_at", "bifurcation"];

/// Takes every other side out of a document, with what a protocol says of it, and the targets that ask for one. What is no
/// table of sides is left for the check to find.
///
/// # Errors
/// [`HarnessError::Usage`] for a name that no side has.
pub fn only_sides(document: &mut Document, names: &[String]) -> Result<(), HarnessError> {
    let Value::Table(root) = &mut document.root.value else { return Ok(()) };
    let Some((_, Node { value: Value::Table(sides), .. })) = root.get_mut("side") else { return Ok(()) };
    for name in names {
        if !sides.contains_key(name) {
            let known = || sides.keys().map(String::as_str);
            let hint = nearest(name, known());
            let listed = || format!("the sides are: {}", known().collect::<Vec<_>>().join(", "));
            let words = format!("--sides: there is no side `{name}`; {}", hint.unwrap_or_else(listed));
            return Err(HarnessError::Usage { words });
        }
    }
    let gone: Vec<String> = sides.keys().filter(|name| !names.contains(name)).cloned().collect();
    sides.retain(|name, _| names.contains(name));
    if let Some((_, Node { value: Value::Table(protocols), .. })) = root.get_mut("protocol") {
        for (_, protocol) in protocols.values_mut() {
            let Value::Table(parameters) = &mut protocol.value else { continue };
            for name in BY_SIDE {
                if let Some((_, Node { value: Value::Table(by_side), .. })) = parameters.get_mut(name) {
                    by_side.retain(|side, _| !gone.contains(side));
                }
            }
        }
    }
    if let Some((_, Node { value: Value::List(targets), .. })) = root.get_mut("target") {
        targets.retain(|target| !asks_for(target, &gone));
    }
    Ok(())
}

/// Whether a target's metric begins with one of these sides, in either of its parts.
fn asks_for(target: &Node, sides: &[String]) -> bool {
    let Value::Table(table) = &target.value else { return false };
    let Some((_, Node { value: Value::Text(metric), .. })) = table.get("metric") else { return false };
    metric
        .split(" - ")
        .filter_map(|path| path.trim().split('.').next())
        .any(|side| sides.iter().any(|s| s == side))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
        [side.a.ann]
        [side.b.ann]
        [side.c.ann]
        [protocol.fi_curve.input]
        a = 1
        b = 2
        nobody = 3
        [[target]]
        metric = 'a.x'
        [[target]]
        metric = 'a.x - b.x'
        [[target]]
        metric = 'c.x - a.x'";

    fn left(names: &[&str]) -> Result<toml::Value, String> {
        let mut document = Document::parse("t", TEXT.to_owned()).unwrap();
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        only_sides(&mut document, &names).map_err(|error| error.to_string())?;
        Ok(document.root.to_toml())
    }

    #[test]
    fn targets_of_absent_sides_go_with_them() {
        let toml = left(&["c", "a"]).unwrap();
        assert_eq!(toml["side"].as_table().unwrap().keys().collect::<Vec<_>>(), ["a", "c"]);
        let metrics: Vec<&str> = toml["target"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|target| target["metric"].as_str())
            .collect();
        assert_eq!(metrics, ["a.x", "c.x - a.x"]);
        // What belongs to no side at all is a slip, which the check is to find.
        let inputs = toml["protocol"]["fi_curve"]["input"].as_table().unwrap();
        assert_eq!(inputs.keys().collect::<Vec<_>>(), ["a", "nobody"]);
        assert!(left(&["d"]).unwrap_err().contains("there is no side `d`"));
        let mut bare = Document::parse("t", "side = 3".to_owned()).unwrap();
        only_sides(&mut bare, &["a".to_owned()]).unwrap();
    }
}
