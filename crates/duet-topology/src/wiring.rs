//! Who is connected to whom, stored by source so that a spike reads its targets in one stream.

use serde::{Deserialize, Serialize};

/// The connections of a projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wiring {
    /// Every source to every target; nothing is stored.
    Full,
    /// Compressed rows, one per source: its targets are `targets[offsets[pre]..offsets[pre + 1]]`, ascending.
    Sparse {
        /// Where each source's targets begin; one more entry than sources.
        offsets: Vec<usize>,
        /// Target units.
        targets: Vec<u32>,
    },
}

impl Wiring {
    /// Compressed rows from the sorted sources of each target, with the position that each (target, k-th source) has
    /// in the rows.
    pub(crate) fn from_sources(sources: &[Vec<u32>], n_pre: usize) -> (Self, Vec<Vec<usize>>) {
        let mut offsets = vec![0_usize; n_pre + 1];
        for &pre in sources.iter().flatten() {
            offsets[pre as usize + 1] += 1;
        }
        for pre in 0..n_pre {
            offsets[pre + 1] += offsets[pre];
        }
        let mut next = offsets.clone();
        let mut targets = vec![0_u32; offsets[n_pre]];
        let mut positions = Vec::with_capacity(sources.len());
        for (post, list) in sources.iter().enumerate() {
            let place = |&pre: &u32| {
                let position = next[pre as usize];
                next[pre as usize] += 1;
                targets[position] = post as u32;
                position
            };
            positions.push(list.iter().map(place).collect());
        }
        (Self::Sparse { offsets, targets }, positions)
    }

    /// Where the synapses of one source stand in the projection's weights, given the number of targets.
    pub fn row(&self, pre: usize, n_post: usize) -> std::ops::Range<usize> {
        match self {
            Self::Full => pre * n_post..(pre + 1) * n_post,
            Self::Sparse { offsets, .. } => offsets[pre]..offsets[pre + 1],
        }
    }

    /// The target of the synapse at `position`, given the number of targets.
    pub fn target(&self, position: usize, n_post: usize) -> usize {
        match self {
            Self::Full => position % n_post,
            Self::Sparse { targets, .. } => targets[position] as usize,
        }
    }
}
