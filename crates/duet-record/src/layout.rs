//! Where each thing lies in a run folder: the one place that knows.
//!
//! Names of sides, populations and projections come from a scenario and may hold anything; [`file_name`] turns
//! each into one harmless path component, and different names into different ones.

/// The scenario, as given.
pub const SCENARIO: &str = "scenario.toml";
/// The scenario with every default written out.
pub const RESOLVED: &str = "resolved.toml";
/// Version, hashes and the only wall-clock facts ([`crate::Manifest`]).
pub const MANIFEST: &str = "manifest.json";
/// All metrics and targets ([`crate::Metrics`]).
pub const METRICS: &str = "metrics.json";
/// What the report says in words ([`crate::Story`]).
pub const STORY: &str = "story.json";
/// Metrics over epochs ([`crate::History`]).
pub const HISTORY: &str = "history.csv";
/// Populations and projections ([`crate::TopologySketch`]).
pub const TOPOLOGY: &str = "network/topology.json";
/// What a sweep varies, and all its points ([`crate::Sweep`]).
pub const SWEEP: &str = "sweep.json";
/// A sweep as one table: a row per point.
pub const TABLE: &str = "table.csv";
/// The report: a pure function of the rest.
pub const REPORT: &str = "report.html";
/// The bowl that `protocol.descend` goes down: columns `flat,steep,turned`.
pub const BOWL: &str = "traces/bowl.csv";
/// The folder of drawings: a pure function of the rest.
pub const FIGURES: &str = "figures";
/// The folder of checkpoints, gone when the run is finished.
pub const CHECKPOINTS: &str = "checkpoints";

/// One point of a sweep, from 1 ([`crate::SweepRow`]).
pub fn row(point: usize) -> String {
    format!("rows/{point:05}.json")
}

/// Spikes of the shown example: columns `time_ms,population,index`.
pub fn spikes(side: &str) -> String {
    format!("traces/{}/spikes.csv", file_name(side))
}

/// All spikes of a side at scale, in few bytes ([`crate::Spikes`]).
pub fn all_spikes(side: &str) -> String {
    format!("traces/{}/spikes.bin", file_name(side))
}

/// Membrane potentials (mV) of the shown example: `time_ms`, then one column per recorded cell, named by its index.
pub fn voltages(side: &str, population: &str) -> String {
    format!("traces/{}/{}.v.csv", file_name(side), file_name(population))
}

/// A recorded variable: `time_ms`, then one column per recorded cell, named by its index. `input` is the injected current.
pub fn variable(side: &str, population: &str, variable: &str) -> String {
    format!("traces/{}/{}.{}.csv", file_name(side), file_name(population), file_name(variable))
}

/// Counts over the test set, summed over seeds: columns `true,answered,count`.
pub fn confusion(side: &str) -> String {
    format!("traces/{}/confusion.csv", file_name(side))
}

/// The example whose presentation is recorded ([`crate::Shown`]).
pub fn shown(side: &str) -> String {
    format!("traces/{}/shown.json", file_name(side))
}

/// A table that a protocol records of a side, by the table's name.
pub fn trace(side: &str, name: &str) -> String {
    format!("traces/{}/{}.csv", file_name(side), file_name(name))
}

/// The weights that all sides start from.
pub fn initial_weights(projection: &str) -> String {
    format!("network/initial/{}.npy", file_name(projection))
}

/// The weights that one side starts from where it replaces the common ones.
pub fn initial_weights_of(side: &str, projection: &str) -> String {
    format!("network/initial/{}/{}.npy", file_name(side), file_name(projection))
}

/// The weights that one side ends with (first seed).
pub fn final_weights(side: &str, projection: &str) -> String {
    format!("network/final/{}/{}.npy", file_name(side), file_name(projection))
}

/// The biases that one side ends with (first seed). No projection can be named like this: names have no dots.
pub fn final_bias(side: &str, projection: &str) -> String {
    format!("network/final/{}/{}.bias.npy", file_name(side), file_name(projection))
}

/// One drawing: `figures/NAME.EXTENSION`.
pub fn figure(name: &str, extension: &str) -> String {
    format!("{FIGURES}/{}.{extension}", file_name(name))
}

/// A name as one path component that every file system takes: letters, digits, `-`, `_` and inner dots stay, other
/// bytes become `%XX`; device names of Windows are broken up; long names are cut and closed with a hash.
///
/// ```
/// use duet_record::layout::file_name;
/// assert_eq!(file_name("input-hidden"), "input-hidden");
/// assert_eq!(file_name("../etc"), "%2E.%2Fetc");
/// assert_eq!(file_name("con"), "%63on");
/// ```
pub fn file_name(name: &str) -> String {
    const LONGEST: usize = 120;
    let mut out = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && at > 0);
        if plain && !(at == 0 && is_device(name)) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    if out.is_empty() {
        out.push('%');
    }
    if out.len() > LONGEST {
        let hash = blake3::hash(name.as_bytes()).to_hex();
        // Only ASCII has been pushed, so every index is a character boundary.
        out.truncate(LONGEST - 17);
        out.push('~');
        out.push_str(&hash[..16]);
    }
    out
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let numbered = |word: &str| {
        stem.strip_prefix(word).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_one_component_and_stay_different() {
        let long_a = "a".repeat(300);
        let long_b = format!("{}b", "a".repeat(299));
        let names = [
            "", "a", "a/b", "a\\b", "..", ".", "nul", "NUL.txt", "<script>", "a\nb", "a%2Fb", "é", &long_a,
            &long_b,
        ];
        let mut seen: Vec<String> = names.iter().map(|name| file_name(name)).collect();
        for name in &seen {
            assert!(!name.is_empty() && name.len() <= 120 && !name.starts_with('.'), "{name}");
            assert!(!name.contains(['/', '\\', '\n', '<', ':']), "{name}");
            assert!(!is_device(name), "{name}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), names.len());
    }

    #[test]
    fn paths_are_the_documented_ones() {
        assert_eq!(spikes("stdp"), "traces/stdp/spikes.csv");
        assert_eq!(voltages("stdp", "hidden"), "traces/stdp/hidden.v.csv");
        assert_eq!(final_weights("stdp", "input-hidden"), "network/final/stdp/input-hidden.npy");
        assert_eq!(figure("accuracy", "svg"), "figures/accuracy.svg");
    }
}
