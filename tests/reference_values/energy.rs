//! Published energies of counted operations.

use super::entry::Entry;
use super::figure::{Model, Trouble, double};
use duet_harness::compare::energy::{ARITHMETIC_45NM, Work};

/// `energy.45nm`: multiply-adds once, or additions at a rate for so many steps.
pub fn arithmetic(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let synapses = entry.params.number("N_MAC")?;
    let spikes = entry.params.number("mean_spikes_per_step")? * entry.params.number("T")?;
    let of = |work: Work| ARITHMETIC_45NM.nanojoules(&work);
    let layers = of(Work { multiply_adds: synapses, ..Work::default() });
    let cells = of(Work { additions: synapses * spikes, ..Work::default() });
    Ok(Model::new(move |key| match key.bare() {
        "E_ANN_nJ" => double(layers),
        "E_SNN_nJ" => double(cells),
        "ratio" => double(layers.zip(cells).map(|(layers, cells)| layers / cells)),
        "break_even_spikes_per_neuron" => double(ARITHMETIC_45NM.break_even()),
        _ => Err(Trouble::key(key)),
    }))
}
