//! What a run will need, before anything is allocated, and what the machine has.

use crate::HarnessError;
use crate::scenario::Scenario;

/// Bytes per weight of one seed's network and of one side that works on it: the network's own (8) and wiring (4), and
/// a side's copy with gradient and two moments or incoming lists (28 at most).
const BYTES_PER_WEIGHT: u128 = 12 + 28;

/// Refuses a network that would not fit into the memory that is free.
///
/// # Errors
/// [`HarnessError::TooBig`] with the bytes needed and the bytes there are.
pub fn check(scenario: &Scenario, threads: usize) -> Result<(), HarnessError> {
    let bytes = bytes(scenario, threads);
    if let Some((what, _)) = scenario.protocol.conduct().bytes(scenario, threads) {
        return fits(what, bytes, "use fewer cells or synapses");
    }
    let weights = scenario.network().most_weights();
    let what = format!("a network of up to {weights} weights, for {} seeds,", scenario.seeds);
    fits(what, bytes, "use smaller populations, a sparser pattern or fewer seeds")
}

/// The bytes that a run will need, at most.
pub fn bytes(scenario: &Scenario, threads: usize) -> u128 {
    if let Some((_, bytes)) = scenario.protocol.conduct().bytes(scenario, threads) {
        return bytes;
    }
    let at_once = (scenario.seeds * scenario.side.len().max(1)).min(threads) as u128;
    // All seeds' networks are kept, and as many sides are at work as there are threads.
    let each = 12 * scenario.seeds as u128 + (BYTES_PER_WEIGHT - 12) * at_once.max(1);
    scenario.network().most_weights().saturating_mul(each)
}

fn fits(what: String, bytes: u128, hint: &str) -> Result<(), HarnessError> {
    let limit = u128::from(free_bytes());
    if bytes > limit {
        return Err(HarnessError::TooBig { what, bytes, limit, hint: hint.to_owned() });
    }
    Ok(())
}

/// Memory that is free, as Linux counts it; 8 GiB where the system does not tell.
fn free_bytes() -> u64 {
    proc_kilobytes("/proc/meminfo", "MemAvailable:").map_or(8 << 30, |kilobytes| kilobytes << 10)
}

/// The largest memory that this process has held, in MB, where the system tells.
pub fn peak_rss_mb() -> Option<f64> {
    proc_kilobytes("/proc/self/status", "VmHWM:").map(|kilobytes| kilobytes as f64 / 1024.0)
}

fn proc_kilobytes(file: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}
