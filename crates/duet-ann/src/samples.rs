//! Small networks and sides that the tests share.

use crate::{Ann, AnnSide};
use duet_kernels::Real;
use duet_random::Key;
use duet_topology::{Network, NetworkSpec};

/// Two inputs, one hidden layer, two outputs.
pub(crate) const CHAIN: &str = "
    population = { input.size = 2, hidden.size = 8, output.size = 2 }
    projection.a = { from = 'input', to = 'hidden', weights.he = {}, bias.zero = {} }
    projection.b = { from = 'hidden', to = 'output', weights.he = {}, bias.zero = {} }";

/// Three inputs, two hidden layers, a connection that skips both, and populations out of order.
pub(crate) const SKIP: &str = "
    population = { output.size = 3, input.size = 3, upper.size = 4, lower.size = 5 }
    projection.up = { from = 'lower', to = 'upper', weights.normal = { mean = 0.0, std = 0.7 }, bias.uniform = { low = -0.5, high = 0.5 } }
    projection.in = { from = 'input', to = 'lower', weights.normal = { mean = 0.0, std = 0.7 }, bias.uniform = { low = -0.5, high = 0.5 } }
    projection.out = { from = 'upper', to = 'output', weights.normal = { mean = 0.0, std = 0.7 }, bias.uniform = { low = -0.5, high = 0.5 } }
    projection.skip = { from = 'input', to = 'output', weights.normal = { mean = 0.0, std = 0.7 } }
    projection.jump = { from = 'lower', to = 'output', weights.normal = { mean = 0.0, std = 0.7 } }";

/// A sparse first projection.
pub(crate) const SPARSE: &str = "
    population = { input.size = 6, hidden.size = 5, output.size = 3 }
    projection.a = { from = 'input', to = 'hidden', pattern.fixed_in_degree = { k = 3 }, weights.normal = { mean = 0.0, std = 0.7 }, bias.zero = {} }
    projection.b = { from = 'hidden', to = 'output', weights.normal = { mean = 0.0, std = 0.7 } }";

/// A picture through convolutions with padding and stride, and both pools.
pub(crate) const CONVOLUTIONAL: &str = "
    population = { image.shape = [2, 6, 5], conv.shape = [3, 6, 5], pool.shape = [3, 5, 4], conv2.shape = [4, 2, 2], mean.shape = [4, 1, 1], output.size = 2 }
    projection.a = { from = 'image', to = 'conv', pattern.conv2d = { kernel = [3, 3], padding = [1, 1] }, weights.normal = { mean = 0.0, std = 0.5 }, bias.uniform = { low = -0.5, high = 0.5 } }
    projection.b = { from = 'conv', to = 'pool', pattern.max_pool2d = { kernel = [2, 2], stride = [1, 1] } }
    projection.c = { from = 'pool', to = 'conv2', pattern.conv2d = { kernel = [3, 2], stride = [2, 2] }, weights.normal = { mean = 0.0, std = 0.5 } }
    projection.d = { from = 'conv2', to = 'mean', pattern.average_pool2d.kernel = [2, 2] }
    projection.e = { from = 'mean', to = 'output', weights.normal = { mean = 0.0, std = 0.5 }, bias.uniform = { low = -0.5, high = 0.5 } }
    projection.f = { from = 'pool', to = 'output', weights.normal = { mean = 0.0, std = 0.3 } }";

/// A hidden layer that feeds itself, and one above that feeds it back.
pub(crate) const RECURRENT: &str = "
    population = { input.size = 2, hidden.size = 5, upper.size = 3, output.size = 2 }
    projection.in = { from = 'input', to = 'hidden', weights.normal = { mean = 0.0, std = 0.7 }, bias.uniform = { low = -0.5, high = 0.5 } }
    projection.round = { from = 'hidden', to = 'hidden', pattern.full.autapses = true, weights.normal = { mean = 0.0, std = 0.5 }, bias.uniform = { low = -0.5, high = 0.5 } }
    projection.up = { from = 'hidden', to = 'upper', weights.normal = { mean = 0.0, std = 0.7 } }
    projection.back = { from = 'upper', to = 'hidden', weights.normal = { mean = 0.0, std = 0.5 } }
    projection.out = { from = 'upper', to = 'output', weights.normal = { mean = 0.0, std = 0.7 }, bias.zero = {} }";

/// A sparse projection of which only the synapses are kept.
pub(crate) const THIN: &str = "
    population = { input.size = 9, hidden.size = 8, output.size = 2 }
    projection.a = { from = 'input', to = 'hidden', pattern.fixed_in_degree = { k = 2 }, weights.normal = { mean = 0.0, std = 0.7 }, bias.uniform = { low = -0.5, high = 0.5 } }
    projection.b = { from = 'hidden', to = 'output', weights.normal = { mean = 0.0, std = 0.7 } }";

pub(crate) fn network(text: &str) -> Network {
    let spec: NetworkSpec = toml::from_str(text).unwrap();
    spec.realize(Key::new(11)).unwrap()
}

pub(crate) fn side(text: &str) -> AnnSide {
    toml::from_str(text).unwrap()
}

pub(crate) fn ann<T: Real>(network_text: &str, side_text: &str) -> Ann<T> {
    Ann::new(&network(network_text), &side(side_text)).unwrap()
}

/// `n` normal numbers.
pub(crate) fn numbers<T: Real>(n: usize) -> Vec<T> {
    let mut stream = Key::new(5).stream("numbers", 0);
    (0..n).map(|_| T::from_f64(stream.normal())).collect()
}
