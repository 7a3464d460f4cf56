//! From description to network: every number drawn from its own place in its own stream.

use crate::spec::{NetworkSpec, Pair, PopulationSpec, ProjectionSpec};
use crate::weights::{Fans, Ring};
use crate::{Delays, Network, Outline, Population, Projection, Row, TopologyError, Weights, Wiring};
use duet_random::Key;
use indexmap::IndexMap;
use rayon::prelude::*;

impl NetworkSpec {
    /// Draws the network. The same key gives the same network for any number of threads, and a projection's numbers do
    /// not change when another is added.
    ///
    /// # Errors
    /// [`TopologyError::Invalid`] with the first problem; [`NetworkSpec::problems`] lists all of them.
    pub fn realize(&self, key: Key) -> Result<Network, TopologyError> {
        if let Some(problem) = self.problems().into_iter().next() {
            return Err(TopologyError::Invalid { path: problem.path, words: problem.words });
        }
        let mut network = Network { populations: self.populations()?, ..Network::default() };
        for (name, spec) in &self.projection {
            for (part, pair) in self.parts(name, spec) {
                let projection = realize_pair(&network, spec, &part, &pair, key);
                network.projections.insert(part, projection);
            }
        }
        Ok(network)
    }

    /// The populations with their extents.
    pub(crate) fn populations(&self) -> Result<IndexMap<String, Population>, TopologyError> {
        let population = |(name, spec): (&String, &PopulationSpec)| {
            let size = spec.extent().map_err(|p| TopologyError::Invalid { path: p.path, words: p.words })?;
            Ok((name.clone(), Population { name: name.clone(), size: size.units, shape: size.shape }))
        };
        self.population.iter().map(population).collect()
    }

    /// The pairs of populations that a projection connects, each with the name of its part.
    pub(crate) fn parts<'a>(&'a self, name: &str, spec: &'a ProjectionSpec) -> Vec<(String, Pair<'a>)> {
        let lists = spec.from.0.len() * spec.to.0.len() > 1;
        let part = |Pair { from, to, .. }: &Pair<'_>| {
            if lists { format!("{name}:{from}-{to}") } else { name.to_owned() }
        };
        self.pairs(spec).into_iter().map(|pair| (part(&pair), pair)).collect()
    }
}

impl Network {
    /// The same network with the weights of one projection drawn anew from other distributions: what a side does whose
    /// rule needs bounded or one-signed weights. Unknown names change nothing, nor do weights that do not fit
    /// ([`NetworkSpec::weights_fit`]).
    pub fn redraw(&mut self, projection: &str, weights: &crate::Weights, key: Key) {
        let Some(projection) = self.projections.get_mut(projection) else { return };
        if !weights.suit(&projection.wiring, projection.weights.len()) {
            return;
        }
        let n_post = self.populations[projection.to].size;
        let n_pre = self.populations[projection.from].size;
        let mut incoming = vec![Vec::new(); n_post];
        let profile = weights.ring().map(Ring::profile);
        for pre in 0..n_pre {
            for position in projection.wiring.row(pre, n_post) {
                let post = projection.wiring.target(position, n_post);
                if let Some(profile) = &profile {
                    projection.weights[position] =
                        profile(pre as f64 / n_pre as f64, post as f64 / n_post as f64);
                } else {
                    incoming[post].push(position);
                }
            }
        }
        let key = key.child(&projection.name);
        for (target, positions) in incoming.iter().enumerate() {
            let mut stream = key.stream("weights", target as u64);
            let fans = Fans { fan_in: positions.len(), fan_out: n_post };
            for &position in positions {
                projection.weights[position] = weights.sample(&mut stream, fans);
            }
        }
        weights.settle(&mut projection.weights, n_post);
    }
}

fn realize_pair(
    network: &Network,
    spec: &ProjectionSpec,
    name: &str,
    Pair { from, to, pattern }: &Pair<'_>,
    parent: Key,
) -> Projection {
    let index = |name: &str| network.populations.get_index_of(name).expect("names were checked");
    let (pre, post) = (index(from), index(to));
    let (n_pre, n_post) = (network.populations[pre].size, network.populations[post].size);
    let key = parent.child(name);
    let shape = |index: usize| network.populations[index].shape.as_slice();
    if let Some(wiring) = pattern.window(shape(pre), shape(post)) {
        return realize_window(spec, name, wiring, (pre, post), (n_pre, n_post), key);
    }
    if let Some(outline) = Outline::new(&network.populations, spec, pattern, name, (pre, post), parent)
        && let Some(degrees) = outline.out_degrees()
    {
        return realize_by_source(&outline, &degrees);
    }
    let sources = pattern.sources(n_pre, n_post, pre == post, key);

    // One row of draws per target, in the order of its sources; every target has streams of its own.
    let draw =
        |sample: &(dyn Fn(&mut duet_random::Stream, Fans) -> f64 + Sync), purpose: &str| -> Vec<Vec<f64>> {
            (0..n_post)
                .into_par_iter()
                .map(|target| {
                    let fan_in = sources.as_ref().map_or(n_pre, |s| s[target].len());
                    let mut stream = key.stream(purpose, target as u64);
                    (0..fan_in).map(|_| sample(&mut stream, Fans { fan_in, fan_out: n_post })).collect()
                })
                .collect()
        };
    let on_ring = |ring: &Ring| -> Vec<Vec<f64>> {
        let profile = ring.profile();
        let weight =
            |pre: usize, target: usize| profile(pre as f64 / n_pre as f64, target as f64 / n_post as f64);
        let of = |target: usize| match &sources {
            Some(sources) => sources[target].iter().map(|&pre| weight(pre as usize, target)).collect(),
            None => (0..n_pre).map(|pre| weight(pre, target)).collect(),
        };
        (0..n_post).into_par_iter().map(of).collect()
    };
    let weights = match &spec.weights {
        Some(Weights::Ring(ring)) => on_ring(ring),
        weights => draw(
            &|stream, fans| weights.as_ref().map_or(0.0, |weights| weights.sample(stream, fans)),
            "weights",
        ),
    };
    let delays = spec.delay.as_ref().map(|delay| match delay.constant() {
        Some(time) => Ok(time),
        None => Err(draw(&|stream, _| delay.sample(stream), "delays")),
    });
    let (wiring, positions) = match &sources {
        Some(sources) => Wiring::from_sources(sources, n_pre),
        None => (Wiring::Full, Vec::new()),
    };
    let scatter = |rows: &[Vec<f64>]| -> Vec<f64> {
        let mut flat = vec![0.0; rows.iter().map(Vec::len).sum()];
        for (target, row) in rows.iter().enumerate() {
            for (k, &value) in row.iter().enumerate() {
                flat[positions.get(target).map_or(k * n_post + target, |p| p[k])] = value;
            }
        }
        flat
    };
    let mut weights = scatter(&weights);
    if let Some(initial) = &spec.weights {
        initial.settle(&mut weights, n_post);
    }
    let bias = spec.bias.as_ref().map(|bias| bias.draw(key, n_post));
    Projection {
        name: name.to_owned(),
        from: pre,
        to: post,
        pattern: pattern.name().to_owned(),
        wiring,
        weights,
        bias,
        delays: delays.map(|delays| match delays {
            Ok(time) => Delays::Constant(time),
            Err(rows) => Delays::PerSynapse(scatter(&rows)),
        }),
    }
}

/// A pattern that is drawn source by source: each row in the order of its targets, several synapses of a pair in the order drawn.
fn realize_by_source(outline: &Outline, degrees: &[u32]) -> Projection {
    let rows: Vec<Row> = (0..outline.ends.n_pre)
        .into_par_iter()
        .map(|source| {
            let mut row = Row::default();
            outline.row_of_source(source as u32, degrees[source], &mut row);
            let mut order: Vec<usize> = (0..row.partners.len()).collect();
            order.sort_by_key(|&k| row.partners[k]);
            let sorted = |values: &[f64]| order.iter().filter_map(|&k| values.get(k).copied()).collect();
            let partners = order.iter().map(|&k| row.partners[k]).collect();
            Row { partners, weights: sorted(&row.weights), delays: sorted(&row.delays) }
        })
        .collect();
    let mut offsets = vec![0];
    offsets.extend(rows.iter().scan(0, |sum, row| {
        *sum += row.partners.len();
        Some(*sum)
    }));
    let synapses = offsets[rows.len()];
    let weights = match outline.constant_weight() {
        Some(weight) => vec![weight; synapses],
        None => rows.iter().flat_map(|row| row.weights.iter().copied()).collect(),
    };
    let delays = outline.delay.as_ref().map(|delay| match delay.constant() {
        Some(time) => Delays::Constant(time),
        None => Delays::PerSynapse(rows.iter().flat_map(|row| row.delays.iter().copied()).collect()),
    });
    Projection {
        name: outline.name.clone(),
        from: outline.from,
        to: outline.to,
        pattern: outline.pattern.name().to_owned(),
        wiring: Wiring::Sparse { offsets, targets: rows.into_iter().flat_map(|row| row.partners).collect() },
        weights,
        bias: outline.bias(),
        delays,
    }
}

/// A window's kernel: each output channel draws its own weights from a stream of its own, cell by cell.
fn realize_window(
    spec: &ProjectionSpec,
    name: &str,
    wiring: Wiring,
    (from, to): (usize, usize),
    (n_pre, n_post): (usize, usize),
    key: Key,
) -> Projection {
    let kernels = wiring.biases(n_post);
    let mut weights = vec![0.0; wiring.weights(n_pre, n_post)];
    if let (Some(initial), Wiring::Convolution(window)) = (&spec.weights, &wiring) {
        // As every framework counts it: what one place receives, and what one cell of the window feeds.
        let fans = Fans { fan_in: window.channels * window.area(), fan_out: kernels * window.area() };
        for kernel in 0..kernels {
            let mut stream = key.stream("weights", kernel as u64);
            for weight in weights[kernel..].iter_mut().step_by(kernels) {
                *weight = initial.sample(&mut stream, fans);
            }
        }
        initial.settle(&mut weights, kernels);
    }
    let bias = spec.bias.as_ref().map(|bias| bias.draw(key, kernels));
    // One kernel serves all places, so they share one delay, drawn once.
    let delays = spec.delay.as_ref().map(|delay| {
        Delays::Constant(delay.constant().unwrap_or_else(|| delay.sample(&mut key.stream("delays", 0))))
    });
    Projection {
        name: name.to_owned(),
        from,
        to,
        pattern: spec.pattern.name().to_owned(),
        wiring,
        weights,
        bias,
        delays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(extra: &str) -> NetworkSpec {
        toml::from_str(&format!(
            r#"
            [population.a]
            size = 30
            [population.b]
            shape = [4, 5]
            [projection.a-b]
            from = "a"
            to = "b"
            weights.he = {{}}
            bias.uniform = {{ low = -1.0, high = 1.0 }}
            delay.uniform = {{ low = "1 ms", high = "3 ms" }}
            [projection.sparse]
            from = ["a", "b"]
            to = "b"
            pattern.fixed_in_degree = {{ k = 5 }}
            weights.normal = {{ mean = 1.0, std = 0.1 }}
            {extra}"#
        ))
        .unwrap()
    }

    #[test]
    fn the_same_for_any_thread_count_and_beside_another_projection() {
        let network = spec("").realize(Key::new(3)).unwrap();
        for threads in [1, 2, 4] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| spec("").realize(Key::new(3)).unwrap()), network, "{threads} threads");
        }
        let more = spec("[projection.b-a]\nfrom = 'b'\nto = 'a'\nweights.constant = 1.0");
        let more = more.realize(Key::new(3)).unwrap();
        for name in ["a-b", "sparse:a-b", "sparse:b-b"] {
            assert_eq!(more.projections[name], network.projections[name], "{name}");
        }
        assert_ne!(spec("").realize(Key::new(4)).unwrap(), network);
    }

    #[test]
    fn redrawing_with_the_same_distribution_changes_nothing() {
        let network = spec("").realize(Key::new(3)).unwrap();
        let mut again = network.clone();
        again.redraw("a-b", spec("").projection["a-b"].weights.as_ref().unwrap(), Key::new(3));
        again.redraw("sparse:b-b", spec("").projection["sparse"].weights.as_ref().unwrap(), Key::new(3));
        assert_eq!(again, network);
    }

    #[test]
    fn a_list_makes_one_projection_per_pair() {
        let network = spec("").realize(Key::new(3)).unwrap();
        assert_eq!(network.projections.keys().collect::<Vec<_>>(), ["a-b", "sparse:a-b", "sparse:b-b"]);
        let Wiring::Sparse { offsets, targets } = &network.projections["sparse:b-b"].wiring else {
            panic!("sparse")
        };
        assert_eq!(targets.len(), 20 * 5);
        for pre in 0..20 {
            assert!(!targets[offsets[pre]..offsets[pre + 1]].contains(&(pre as u32)), "no unit feeds itself");
        }
        assert_eq!(network.ends(), (vec![0], vec![1]));
    }

    #[test]
    fn a_convolution_has_one_kernel_for_all_places() {
        let text = |target: &str| {
            format!(
                "population = {{ image.shape = [3, 32, 32], conv.shape = {target}, pool.shape = [6, 14, 14] }}
                 projection.a = {{ from = 'image', to = 'conv', pattern.conv2d.kernel = [5, 5], weights.he = {{}}, bias.zero = {{}} }}
                 projection.b = {{ from = 'conv', to = 'pool', pattern.max_pool2d.kernel = [2, 2] }}"
            )
        };
        let spec: NetworkSpec = toml::from_str(&text("[6, 28, 28]")).unwrap();
        assert_eq!(spec.problems(), []);
        assert_eq!(spec.most_weights(), 450);
        let network = spec.realize(Key::new(3)).unwrap();
        assert_eq!(network.parameters(), 456);
        assert_eq!(network.synapses_of(&network.projections["a"]), 352_800);
        assert_eq!(network.synapses_of(&network.projections["b"]), 4704);
        let weights = &network.projections["a"].weights;
        // He: variance 2 / 75; four standard errors of the variance of 450 numbers.
        let variance = weights.iter().map(|w| w * w).sum::<f64>() / 450.0;
        assert!((variance * 75.0 / 2.0 - 1.0).abs() < 4.0 * (2.0 / 450.0_f64).sqrt(), "{variance}");
        let wrong: NetworkSpec = toml::from_str(&text("[6, 28, 27]")).unwrap();
        let problem = &wrong.problems()[0];
        assert_eq!(problem.path, "projection.a.pattern.conv2d");
        assert!(problem.words.contains("[6, 28, 28]"), "{problem:?}");
    }

    #[test]
    fn pools_take_no_weights_and_everything_else_needs_them() {
        let spec: NetworkSpec = toml::from_str(
            "population = { a.shape = [4, 4], b.shape = [2, 2] }
             projection.x = { from = 'a', to = 'b' }
             projection.y = { from = 'a', to = 'b', pattern.average_pool2d.kernel = [2, 2], weights.he = {}, bias.zero = {} }",
        )
        .unwrap();
        let paths: Vec<String> = spec.problems().into_iter().map(|p| p.path).collect();
        assert_eq!(paths, ["projection.x", "projection.y.weights", "projection.y.bias"]);
    }

    #[test]
    fn problems_are_all_named_at_once() {
        let spec: NetworkSpec = toml::from_str(
            "[population.a]\n[population.b]\nsize = 3\nshape = [3]\n[population.c]\nsize = 4\n[population.d]\nsize = 5\n\
             [projection.x]\nfrom = 'c'\nto = 'nobody'\nweights.he = {}\n\
             [projection.y]\nfrom = 'c'\nto = 'd'\npattern.one_to_one = {}\nweights.he = {}",
        )
        .unwrap();
        let paths: Vec<String> = spec.problems().into_iter().map(|p| p.path).collect();
        let expected =
            ["population.a", "population.b.size", "projection.x.to", "projection.y.pattern.one_to_one"];
        assert_eq!(paths, expected);
        assert!(spec.realize(Key::new(0)).is_err());
    }
}
