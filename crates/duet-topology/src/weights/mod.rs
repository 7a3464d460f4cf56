//! How the weights of a projection are drawn: one initialiser per file.

mod constant;
mod given;
mod he;
mod lecun;
mod normal;
mod orthogonal;
mod pytorch;
mod ring;
mod uniform;
mod xavier;

pub use constant::Constant;
pub use given::Given;
pub use he::He;
pub use lecun::Lecun;
pub use normal::Normal;
pub use orthogonal::Orthogonal;
pub use pytorch::Pytorch;
pub use ring::Ring;
pub use uniform::Uniform;
pub use xavier::Xavier;

use crate::{Pattern, Size, Wiring};
use duet_random::Stream;
use duet_units::choice;

choice! {
    /// How the weights of a projection are drawn.
    pub enum Weights: "weights" {
        Constant(Constant) = "constant",
        Uniform(Uniform) = "uniform",
        Normal(Normal) = "normal",
        Xavier(Xavier) = "xavier",
        He(He) = "he",
        Lecun(Lecun) = "lecun",
        Pytorch(Pytorch) = "pytorch",
        Orthogonal(Orthogonal) = "orthogonal",
        Ring(Ring) = "ring",
        Given(Given) = "given",
    }
}

/// How many synapses a target receives, and how many units the source could reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fans {
    /// Synapses onto the target.
    pub fan_in: usize,
    /// Units in the target population.
    pub fan_out: usize,
}

impl Weights {
    /// Draws one weight, or what [`Weights::settle`] makes the weights from; 0 where [`Weights::ring`] says all.
    pub fn sample(&self, stream: &mut Stream, fans: Fans) -> f64 {
        match self {
            Self::Constant(constant) => constant.0,
            Self::Uniform(uniform) => stream.uniform_in(uniform.low, uniform.high),
            Self::Normal(normal) => normal.mean + normal.std * stream.normal(),
            Self::Xavier(xavier) => scaled(stream, xavier.variance(fans), xavier.uniform),
            Self::He(he) => scaled(stream, he.variance(fans), he.uniform),
            Self::Lecun(lecun) => scaled(stream, lecun.variance(fans), lecun.uniform),
            Self::Pytorch(pytorch) => scaled(stream, pytorch.variance(fans), true),
            Self::Orthogonal(_) => stream.normal(),
            Self::Ring(_) | Self::Given(_) => 0.0,
        }
    }

    /// As many calls of [`Weights::sample`] as `weights` is long, the same numbers.
    pub fn sample_all(&self, stream: &mut Stream, fans: Fans, weights: &mut [f64]) {
        match self {
            Self::Uniform(uniform) => stream.fill_uniform_in(uniform.low, uniform.high, weights),
            Self::Normal(normal) => {
                stream.fill_normal(weights);
                weights.iter_mut().for_each(|weight| *weight = normal.mean + normal.std * *weight);
            }
            _ => weights.iter_mut().for_each(|weight| *weight = self.sample(stream, fans)),
        }
    }

    /// The weight, if it is the same for all synapses.
    pub fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(constant) => Some(constant.0),
            _ => None,
        }
    }

    /// The ring, if a weight follows from the places of its two units and nothing is drawn.
    pub fn ring(&self) -> Option<&Ring> {
        match self {
            Self::Ring(ring) => Some(ring),
            _ => None,
        }
    }

    /// The mean of what is drawn.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(constant) => constant.0,
            Self::Uniform(uniform) => f64::midpoint(uniform.low, uniform.high),
            Self::Normal(normal) => normal.mean,
            Self::Ring(ring) => ring.mean,
            Self::Given(given) => given.0.iter().sum::<f64>() / given.0.len().max(1) as f64,
            Self::Xavier(_) | Self::He(_) | Self::Lecun(_) | Self::Pytorch(_) | Self::Orthogonal(_) => 0.0,
        }
    }

    /// Whether every weight can be drawn by itself, without the others of its projection.
    pub fn is_drawn_one_by_one(&self) -> bool {
        !matches!(self, Self::Orthogonal(_) | Self::Given(_))
    }

    /// The largest magnitude that a draw reaches; for a normal distribution, one that fewer than one draw in 10^15 passes.
    pub fn bound(&self, fans: Fans) -> f64 {
        const SIGMAS: f64 = 8.0;
        let scaled = |variance: f64, uniform: bool| {
            if uniform { uniform_bound(variance) } else { SIGMAS * variance.sqrt() }
        };
        match self {
            Self::Constant(constant) => constant.0.abs(),
            Self::Uniform(uniform) => uniform.low.abs().max(uniform.high.abs()),
            Self::Normal(normal) => normal.mean.abs() + SIGMAS * normal.std,
            Self::Xavier(xavier) => scaled(xavier.variance(fans), xavier.uniform),
            Self::He(he) => scaled(he.variance(fans), he.uniform),
            Self::Lecun(lecun) => scaled(lecun.variance(fans), lecun.uniform),
            Self::Pytorch(pytorch) => scaled(pytorch.variance(fans), true),
            Self::Orthogonal(orthogonal) => orthogonal.gain.abs(),
            Self::Ring(ring) => (ring.mean * ring.j_plus).abs(),
            Self::Given(given) => given.0.iter().fold(0.0, |most, w| w.abs().max(most)),
        }
    }

    /// What one draw per synapse cannot do: turns the drawn weights of a whole projection, in its own order (full:
    /// `w[pre * n_post + post]`; a convolution: as many columns as kernels), into those that the kind says. Most kinds
    /// leave them as they are.
    ///
    /// Weights that do not fit ([`Weights::fits`]) stay too.
    pub fn settle(&self, weights: &mut [f64], n_post: usize) {
        match self {
            Self::Orthogonal(orthogonal) => orthogonal.rotate(weights, n_post),
            Self::Given(given) if given.0.len() == weights.len() => weights.copy_from_slice(&given.0),
            _ => {}
        }
    }

    /// Whether they can take the place of so many weights on a wiring.
    pub(crate) fn suit(&self, wiring: &Wiring, synapses: usize) -> bool {
        match self {
            Self::Orthogonal(_) => *wiring == Wiring::Full,
            Self::Given(given) => given.0.len() == synapses && wiring.window().is_none(),
            Self::Ring(_) => wiring.window().is_none(),
            _ => true,
        }
    }

    /// Why a projection of this pattern cannot have such weights, in words, or nothing.
    ///
    /// # Errors
    /// A sentence with the values found and allowed.
    pub fn fits(&self, pattern: &Pattern, pre: &Size, post: &Size, same: bool) -> Result<(), String> {
        match self {
            Self::Orthogonal(_) => Orthogonal::fits(pattern, same),
            Self::Ring(ring) => ring.fits(pattern),
            Self::Given(given) => given.fits(pattern, pre, post, same),
            _ => Ok(()),
        }
    }
}

/// A draw of mean zero with a given variance. A uniform distribution on [-b, b] has variance b²/3.
fn scaled(stream: &mut Stream, variance: f64, uniform: bool) -> f64 {
    if uniform {
        let bound = uniform_bound(variance);
        stream.uniform_in(-bound, bound)
    } else {
        variance.sqrt() * stream.normal()
    }
}

/// The bound b of the uniform distribution on [-b, b] that has the given variance.
pub fn uniform_bound(variance: f64) -> f64 {
    (3.0 * variance).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NetworkSpec;
    use duet_random::Key;

    #[test]
    fn sample_variances_agree_with_the_formulas() {
        let fans = Fans { fan_in: 784, fan_out: 64 };
        let cases = [
            (Weights::He(He { uniform: false }), 2.0 / 784.0),
            (Weights::Xavier(Xavier { uniform: true }), 2.0 / 848.0),
            (Weights::Lecun(Lecun { uniform: false }), 1.0 / 784.0),
            (Weights::Pytorch(Pytorch {}), 1.0 / (3.0 * 784.0)),
        ];
        for (weights, variance) in cases {
            let mut stream = Key::new(1).stream("test", 0);
            let n = 50_000;
            let squares: f64 = (0..n).map(|_| weights.sample(&mut stream, fans).powi(2)).sum();
            // The relative standard error of a variance is sqrt(2 / n); four of them.
            assert!(
                (squares / n as f64 / variance - 1.0).abs() < 4.0 * (2.0 / n as f64).sqrt(),
                "{weights:?}"
            );
        }
    }

    #[test]
    fn uniform_draws_keep_their_bound() {
        let he = He { uniform: true };
        let fans = Fans { fan_in: 24, fan_out: 1 };
        let bound = uniform_bound(he.variance(fans));
        assert_eq!(bound, 0.5);
        let mut stream = Key::new(1).stream("test", 0);
        assert!((0..10_000).all(|_| Weights::He(he.clone()).sample(&mut stream, fans).abs() <= bound));
    }

    fn network(text: &str) -> NetworkSpec {
        toml::from_str(&format!("population = {{ a.size = 3, b.size = 2, c.size = 3 }}\n{text}")).unwrap()
    }

    #[test]
    fn orthogonal_weights_are_the_same_for_any_number_of_threads() {
        let spec: NetworkSpec = toml::from_str(
            "population = { a.size = 90, b.size = 40 }
             projection.p = { from = 'a', to = 'b', weights.orthogonal = { gain = 2.0 } }",
        )
        .unwrap();
        let drawn = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| spec.realize(Key::new(9)).unwrap())
        };
        let network = drawn(1);
        assert_eq!(network, drawn(2));
        assert_eq!(network, drawn(4));
        let w = &network.projections["p"].weights;
        let product = |i: usize, j: usize| (0..90).map(|pre| w[pre * 40 + i] * w[pre * 40 + j]).sum::<f64>();
        assert!((product(0, 0) - 4.0).abs() < 1e-13 && product(0, 1).abs() < 1e-13);

        let mut again = network.clone();
        again.redraw("p", spec.projection["p"].weights.as_ref().unwrap(), Key::new(9));
        assert_eq!(again, network);
    }

    #[test]
    fn given_numbers_stand_where_they_are_written() {
        let realized = |text: &str| network(text).realize(Key::new(0)).unwrap().projections["p"].clone();
        let full = realized("projection.p = { from = 'a', to = 'b', weights.given = [1, 2, 3, 4, 5, 6.5] }");
        assert_eq!(full.weights, [1.0, 2.0, 3.0, 4.0, 5.0, 6.5]);
        let paired = realized(
            "projection.p = { from = 'a', to = 'c', pattern.one_to_one = {}, weights.given = [1, 2, 3],
             bias.given = [-1, 0, 1] }",
        );
        assert_eq!((paired.weights, paired.bias), (vec![1.0, 2.0, 3.0], Some(vec![-1.0, 0.0, 1.0])));
        // Source 0 to target 1, source 2 to targets 0 and 1.
        let listed = realized(
            "projection.p = { from = 'a', to = 'b', pattern.explicit = { pairs = [[0, 1], [2, 0], [2, 1]] },
             weights.given = [7, 8, 9] }",
        );
        assert_eq!(listed.weights, [7.0, 8.0, 9.0]);
        assert_eq!((listed.wiring.row(0, 2), listed.wiring.row(2, 2)), (0..1, 1..3));
        assert_eq!([0, 1, 2].map(|at| listed.wiring.target(at, 2)), [1, 0, 1]);
        // Within one population: everything but the diagonal.
        let within = realized("projection.p = { from = 'b', to = 'b', weights.given = [7, 8] }");
        assert_eq!((within.weights.as_slice(), within.wiring.target(0, 2)), ([7.0, 8.0].as_slice(), 1));
    }

    #[test]
    fn a_kernel_is_a_matrix_of_window_cells_and_kernels() {
        let convolution = |parameters: &str| -> NetworkSpec {
            toml::from_str(&format!(
                "population = {{ a.shape = [2, 3, 3], b.shape = [4, 2, 2] }}
                 projection.p = {{ from = 'a', to = 'b', pattern.conv2d = {{ kernel = [2, 2] }}, {parameters} }}"
            ))
            .unwrap()
        };
        let realized =
            |parameters: &str| convolution(parameters).realize(Key::new(1)).unwrap().projections["p"].clone();
        // 4 kernels of 2 x 2 x 2 cells: w[cell * 4 + kernel].
        let w = realized("weights.orthogonal = {}").weights;
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            let product: f64 = (0..8).map(|cell| w[cell * 4 + i] * w[cell * 4 + j]).sum();
            assert!((product - f64::from(u8::from(i == j))).abs() < 1e-14, "{i} {j} {product}");
        }
        let list: Vec<f64> = (0..32).map(f64::from).collect();
        let given = realized(&format!("weights.given = {list:?}, bias.given = [1, 2, 3, 4]"));
        assert_eq!((given.weights, given.bias), (list, Some(vec![1.0, 2.0, 3.0, 4.0])));
        let words = |parameters: &str| {
            convolution(parameters).problems().into_iter().map(|problem| problem.words).collect::<Vec<_>>()
        };
        let wanted = ["a (18) to b (16): 2 numbers are given for 32 weights of the kernels"];
        assert_eq!(words("weights.given = [1, 2]"), wanted);
        let wanted = ["b: 1 number is given for 4 kernels"];
        assert_eq!(words("weights.he = {}, bias.given = [1]"), wanted);
    }

    #[test]
    fn weights_that_do_not_fit_are_named() {
        let problem = |projection: &str| {
            let problems = network(&format!("projection.p = {{ {projection} }}")).problems();
            let [problem] = problems.as_slice() else { panic!("{projection}: {problems:?}") };
            (problem.path.clone(), problem.words.clone())
        };
        let given = "projection.p.weights.given".to_owned();
        let (path, words) = problem("from = 'a', to = 'b', weights.given = [1, 2]");
        assert_eq!(
            (path, words.as_str()),
            (given.clone(), "a (3) to b (2): 2 numbers are given for 6 synapses")
        );
        let (_, words) = problem("from = 'b', to = 'b', weights.given = [1]");
        assert_eq!(words, "b (2) to b (2): 1 number is given for 2 synapses");
        let drawn = "from = 'a', to = 'b', pattern.fixed_in_degree = { k = 1 }, weights.given = [1, 2]";
        let (path, words) = problem(drawn);
        assert!(path == given && words.contains("`fixed_in_degree` draws its synapses"), "{words}");
        let unsorted =
            "from = 'a', to = 'b', pattern.explicit = { pairs = [[1, 0], [0, 0]] }, weights.given = [1, 2]";
        assert!(problem(unsorted).1.contains("stand in another order"));

        let (path, words) = problem("from = 'a', to = 'b', weights.constant = 1.0, bias.given = [1, 2, 3]");
        assert_eq!(
            (path.as_str(), words.as_str()),
            ("projection.p.bias.given", "b: 3 numbers are given for 2 units")
        );

        let (path, words) = problem("from = 'a', to = 'c', pattern.one_to_one = {}, weights.orthogonal = {}");
        assert_eq!(path, "projection.p.weights.orthogonal");
        assert!(words.contains("the pattern `one_to_one` leaves some out"), "{words}");
        let (_, words) = problem("from = 'b', to = 'b', weights.orthogonal = {}");
        assert!(words.contains("autapses = true"), "{words}");
        let whole = "from = 'b', to = 'b', pattern.full = { autapses = true }, weights.orthogonal = {}";
        assert!(network(&format!("projection.p = {{ {whole} }}")).problems().is_empty());
    }

    #[test]
    fn redrawing_what_does_not_fit_changes_nothing() {
        let text = "from = 'a', to = 'b', weights.constant = 1.0";
        let mut dense = network(&format!("projection.p = {{ {text} }}")).realize(Key::new(0)).unwrap();
        dense.redraw("p", &Weights::Given(Given(vec![2.0; 5])), Key::new(0));
        assert_eq!(dense.projections["p"].weights, [1.0; 6]);
        dense.redraw("p", &Weights::Given(Given(vec![2.0; 6])), Key::new(0));
        assert_eq!(dense.projections["p"].weights, [2.0; 6]);
        let sparse = format!("projection.p = {{ {text}, pattern.fixed_in_degree = {{ k = 2 }} }}");
        let mut sparse = network(&sparse).realize(Key::new(0)).unwrap();
        sparse.redraw("p", &Weights::Orthogonal(Orthogonal::default()), Key::new(0));
        assert_eq!(sparse.projections["p"].weights, [1.0; 4]);
    }
}
