//! What the run folder keeps of a network at scale, in tables that anybody can read.

use super::course::{Course, Plan};
use super::measure::spectrum;
use crate::HarnessError;
use duet_record::{RunFolder, Shown, ShownPopulation, Table, layout};
use duet_spiking::Dale;
use duet_topology::Sketch;

/// Cells of each population whose rate and CV are listed.
const LISTED: usize = 1000;

/// Writes a side's raster, activity, cells and spectrum.
///
/// - `spikes.csv`: the raster, `time_ms,population,index`
/// - `activity.csv`: `time_ms` (the end of the bin), then the rate of each population in Hz
/// - `cells.csv`: `population,rate_Hz,cv` of the first thousand cells of each; `cv` is empty below five spikes
/// - `spectrum.csv`: `frequency_Hz`, then the power of each population's activity
pub(super) fn write(
    folder: &RunFolder,
    plan: &Plan<'_>,
    sketch: &Sketch,
    course: &Course,
) -> Result<(), HarnessError> {
    let dt = plan.side.dt.get();
    let names: Vec<&str> = sketch.populations.keys().map(String::as_str).collect();
    let sizes: Vec<usize> = sketch.populations.values().map(|population| population.size).collect();
    let mut firsts = vec![0];
    firsts.extend(sizes.iter().scan(0, |sum, &size| {
        *sum += size as u32;
        Some(*sum)
    }));
    let who = |id: u32| firsts.partition_point(|&first| first <= id) - 1;
    let sample = || course.sample.iter();
    let spikes = Table::new()
        .with_numbers("time_ms", sample().map(|&(step, _)| step as f64 * dt).collect())?
        .with_texts("population", sample().map(|&(_, id)| names[who(id)].to_owned()).collect())?
        .with_numbers("index", sample().map(|&(_, id)| f64::from(id - firsts[who(id)])).collect())?;
    folder.write(layout::spikes(plan.name), spikes.to_csv())?;

    let bin = super::steps(plan.simulate.bin, plan.side.dt) as f64 * dt;
    let bins = course.tally.activity(0).len();
    let mut activity = Table::new().with_numbers("time_ms", (1..=bins).map(|k| k as f64 * bin).collect())?;
    for (index, name) in names.iter().enumerate() {
        let per_spike = 1000.0 / (bin * sizes[index] as f64);
        let rates = course.tally.activity(index).iter().map(|&n| f64::from(n) * per_spike);
        activity = activity.with_numbers(name, rates.collect())?;
    }
    folder.write(layout::trace(plan.name, "activity"), activity.to_csv())?;

    let seconds = (course.biological_s() * 1000.0 - plan.simulate.transient.get()) / 1000.0;
    let (mut owners, mut rates, mut cvs) = (Vec::new(), Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        let cells = course.tally.counts(index).zip(course.tally.cvs(index)).take(LISTED);
        for (spikes, cv) in cells {
            owners.push((*name).to_owned());
            rates.push(f64::from(spikes) / seconds);
            cvs.push(cv.unwrap_or(f64::NAN));
        }
    }
    let cells = Table::new()
        .with_texts("population", owners)?
        .with_numbers("rate_Hz", rates)?
        .with_numbers("cv", cvs)?;
    folder.write(layout::trace(plan.name, "cells"), cells.to_csv())?;

    let spectra: Vec<Vec<(f64, f64)>> =
        (0..names.len()).map(|index| spectrum(course.tally.steady(index), bin)).collect();
    let mut table = Table::new()
        .with_numbers("frequency_Hz", spectra[0].iter().map(|&(frequency, _)| frequency).collect())?;
    for (name, spectrum) in names.iter().zip(&spectra) {
        table = table.with_numbers(name, spectrum.iter().map(|&(_, power)| power).collect())?;
    }
    folder.write(layout::trace(plan.name, "spectrum"), table.to_csv())?;

    let population = |index: usize| ShownPopulation {
        name: names[index].to_owned(),
        size: sizes[index].min(plan.simulate.sample),
        v_th_mv: None,
        v_reset_mv: None,
        e_l_mv: None,
        is_bare: plan.side.is_bare(names[index]),
        inhibitory: plan.side.effect(sketch, index).map(|effect| effect == Dale::Inhibitory),
        variables: Vec::new(),
    };
    let shown = Shown {
        from_ms: plan.simulate.transient.get(),
        present_ms: plan.simulate.transient.get() + plan.simulate.window.get(),
        dt_ms: dt,
        populations: (0..names.len()).map(population).collect(),
        ..Shown::default()
    };
    Ok(folder.write(layout::shown(plan.name), shown.to_json())?)
}
