//! All spikes of a side as a table that any program reads.

use crate::error::RecordError;
use crate::run::Run;
use crate::spikes::Spikes;
use crate::{csv, layout, whole};
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

/// Writes all spikes that a run kept of a side into a new file, whole or not at all: `time_ms,population,index`, in the order
/// of time, as `traces/SIDE/spikes.csv` has those of its window. Returns how many there are. Neither side of it is ever in memory as a whole.
///
/// # Errors
/// [`RecordError::Missing`] if the run kept none, [`RecordError::Corrupt`] if they do not fit its populations or are damaged,
/// [`RecordError::Exists`] if there is a file of this name, [`RecordError::Io`] if reading or writing fails.
pub fn export_spikes(run: &Run, side: &str, out: &Path) -> Result<u64, RecordError> {
    let path = run.path().join(layout::all_spikes(side));
    let file = File::open(&path).map_err(|source| RecordError::io("reading", &path, source))?;
    let spikes = Spikes::begin(&path, BufReader::new(file))?;
    // Cells are counted over all populations; a spike names its own and the place there.
    let mut populations: Vec<(u64, String)> = Vec::new();
    let mut first = 0;
    for population in run.topology()?.populations {
        let mut name = String::new();
        csv::push_text(&mut name, &population.name);
        populations.push((first, name));
        first += population.size as u64;
    }
    if u64::from(spikes.cells) != first {
        let what = format!("it is of {} cells, the network has {first}", spikes.cells);
        return Err(RecordError::corrupt(&path, what));
    }
    let (dt, mut written, mut line) = (spikes.dt_ms, 0, String::from("time_ms,population,index\n"));
    whole::stream_new(out, |file| {
        let mut put = |line: &str| {
            file.write_all(line.as_bytes()).map_err(|source| RecordError::io("writing", out, source))
        };
        put(&line)?;
        for spike in spikes {
            let (step, cell) = spike?;
            let owner = populations.partition_point(|(first, _)| *first <= u64::from(cell)) - 1;
            let (first, name) = &populations[owner];
            line.clear();
            csv::push_number(&mut line, step as f64 * dt);
            line.push(',');
            line.push_str(name);
            line.push(',');
            csv::push_number(&mut line, (u64::from(cell) - first) as f64);
            line.push('\n');
            put(&line)?;
            written += 1;
        }
        Ok(())
    })?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PopulationSketch, Role, RunFolder, TopologySketch, append_spikes, spikes_header};

    /// A run of populations of 2, 0 and 300 cells, the last with a name that a spreadsheet must not calculate.
    fn run(parent: &Path, spikes: &[u8]) -> Run {
        let folder = RunFolder::create(parent, "net").unwrap();
        let population = |(name, size): (&str, usize)| PopulationSketch {
            name: name.into(),
            shape: vec![size],
            size,
            role: Role::Hidden,
        };
        let populations = [("e", 2), ("none", 0), ("=i,x", 300)].map(population).to_vec();
        let topology = TopologySketch { populations, projections: Vec::new() };
        folder.write(layout::TOPOLOGY, topology.to_json()).unwrap();
        folder.write(layout::METRICS, crate::Metrics::default().to_json()).unwrap();
        folder.write(layout::all_spikes("a"), spikes).unwrap();
        Run::open(folder.path()).unwrap()
    }

    fn spikes(cells: u32) -> Vec<u8> {
        let mut bytes = spikes_header(0.25, cells);
        append_spikes(&mut bytes, &mut 0, [(3, 0), (3, 1), (3, 2), (10, 301)]);
        bytes
    }

    #[test]
    fn every_spike_has_its_time_its_population_and_its_place_there() {
        let parent = tempfile::tempdir().unwrap();
        let (run, out) = (run(parent.path(), &spikes(302)), parent.path().join("all.csv"));
        assert_eq!(export_spikes(&run, "a", &out).unwrap(), 4);
        let text = std::fs::read_to_string(&out).unwrap();
        let expected = "time_ms,population,index\n0.75,e,0\n0.75,e,1\n0.75,\"'=i,x\",0\n2.5,\"'=i,x\",299\n";
        assert_eq!(text, expected);
        assert!(matches!(export_spikes(&run, "a", &out), Err(RecordError::Exists { .. })));
        assert!(export_spikes(&run, "b", &parent.path().join("b.csv")).unwrap_err().is_missing());
    }

    #[test]
    fn what_is_damaged_leaves_no_file() {
        let whole = spikes(302);
        for bytes in [&whole[..whole.len() - 1], &spikes(301)[..], &whole[..10], b"DUETSPK2............"] {
            let parent = tempfile::tempdir().unwrap();
            let (run, out) = (run(parent.path(), bytes), parent.path().join("all.csv"));
            let error = export_spikes(&run, "a", &out).unwrap_err();
            assert!(matches!(error, RecordError::Corrupt { .. }), "{error}");
            let left: Vec<_> =
                std::fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["net.part"], "{error}");
        }
    }
}
