//! Who is connected to whom, stored by source so that a spike reads its targets in one stream.

use crate::Window;
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
    /// A window that moves over a grid, with one shared kernel of weights: `w[in * kernels + out]`, where `in` counts the
    /// cells of the window channel by channel, row by row. Biases are one per kernel.
    Convolution(Window),
    /// Each target is the mean of a window of one channel; no weights.
    AveragePool(Window),
    /// Each target is the maximum of a window of one channel; no weights.
    MaxPool(Window),
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

    /// The window that moves, if one does.
    pub fn window(&self) -> Option<&Window> {
        match self {
            Self::Convolution(window) | Self::AveragePool(window) | Self::MaxPool(window) => Some(window),
            Self::Full | Self::Sparse { .. } => None,
        }
    }

    /// How many weights are stored, given the numbers of sources and targets.
    pub fn weights(&self, n_pre: usize, n_post: usize) -> usize {
        match self {
            Self::Full => n_pre * n_post,
            Self::Sparse { targets, .. } => targets.len(),
            Self::Convolution(window) => window.channels * window.area() * (n_post / window.places().max(1)),
            Self::AveragePool(_) | Self::MaxPool(_) => 0,
        }
    }

    /// How many biases there are where there are any: one per target, or one per kernel.
    pub fn biases(&self, n_post: usize) -> usize {
        match self {
            Self::Convolution(window) => n_post / window.places().max(1),
            _ => n_post,
        }
    }

    /// How many pairs of units are connected, given the numbers of sources and targets; padding does not count.
    pub fn synapses(&self, n_pre: usize, n_post: usize) -> u64 {
        match self {
            Self::Full | Self::Sparse { .. } => self.weights(n_pre, n_post) as u64,
            Self::Convolution(window) => {
                let kernels = n_post / window.places().max(1);
                window.touched() * (window.channels * kernels) as u64
            }
            Self::AveragePool(window) | Self::MaxPool(window) => window.touched() * window.channels as u64,
        }
    }

    /// Where the synapses of one source stand in the projection's weights, given the number of targets. Nowhere for a
    /// shared kernel, whose weights belong to no single source.
    pub fn row(&self, pre: usize, n_post: usize) -> std::ops::Range<usize> {
        match self {
            Self::Full => pre * n_post..(pre + 1) * n_post,
            Self::Sparse { offsets, .. } => offsets[pre]..offsets[pre + 1],
            Self::Convolution(_) | Self::AveragePool(_) | Self::MaxPool(_) => 0..0,
        }
    }

    /// The target of the synapse at `position` of a [`Wiring::row`], given the number of targets.
    pub fn target(&self, position: usize, n_post: usize) -> usize {
        match self {
            Self::Sparse { targets, .. } => targets[position] as usize,
            _ => position % n_post,
        }
    }
}
