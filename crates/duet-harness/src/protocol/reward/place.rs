//! Where the rewarded synapse lies.

use super::DistalReward;
use duet_topology::Network;

/// The rewarded synapse in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which projection.
    pub(super) projection: usize,
    /// Which of its weights.
    pub(super) position: usize,
    /// Population and cell at either end.
    pub(super) source: (usize, u32),
    pub(super) target: (usize, u32),
}

impl Place {
    /// Finds it, or says why there is none.
    pub(super) fn find(protocol: &DistalReward, network: &Network) -> Result<Self, String> {
        let name = &protocol.projection;
        let (index, _, projection) =
            network.projections.get_full(name).ok_or_else(|| format!("there is no projection `{name}`"))?;
        let size = |population: usize| network.populations[population].size;
        let (n_pre, n_post) = (size(projection.from), size(projection.to));
        for (key, cell, population, size) in [
            ("source", protocol.source, projection.from, n_pre),
            ("target", protocol.target, projection.to, n_post),
        ] {
            if cell >= size {
                let population = &network.populations[population].name;
                return Err(format!(
                    "{key} = {cell}, but `{population}` has {size} cells, counted from 0 to {}",
                    size - 1
                ));
            }
        }
        let wiring = &projection.wiring;
        if wiring.window().is_some() {
            return Err(format!("projection `{name}` shares its weights: no synapse has one of its own"));
        }
        if wiring.weights(n_pre, n_post) < 2 {
            return Err(format!("projection `{name}` has no second synapse to compare with"));
        }
        let position =
            wiring.row(protocol.source, n_post).find(|&p| wiring.target(p, n_post) == protocol.target);
        let position = position.ok_or_else(|| {
            let (source, target) = (protocol.source, protocol.target);
            format!("in projection `{name}` no synapse leads from cell {source} to cell {target}: choose another pair")
        })?;
        Ok(Self {
            projection: index,
            position,
            source: (projection.from, protocol.source as u32),
            target: (projection.to, protocol.target as u32),
        })
    }
}
