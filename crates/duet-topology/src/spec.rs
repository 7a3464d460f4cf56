//! The description of a network, as it stands in a scenario.

use crate::{Bias, Delay, Pattern, Weights};
use duet_units::{Describe, Problem, Range, Shape, parameters};
use indexmap::IndexMap;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// No population may be larger: indices are 32-bit.
pub const LARGEST_POPULATION: u64 = u32::MAX as u64;

parameters! {
    /// A set of units that share one role: pixels, hidden cells, answers.
    pub struct PopulationSpec {
        /// Number of units; give this or `shape`.
        pub size: Option<usize>, in Range::between(1.0, LARGEST_POPULATION as f64);
        /// Extent along each axis, `[height, width]` or `[channels, height, width]`; the size is their product.
        pub shape: Option<Vec<usize>>, in Range::between(1.0, LARGEST_POPULATION as f64);
    }
}

parameters! {
    /// Connections from one population (or several) to another (or several).
    pub struct ProjectionSpec {
        /// Where the connections come from: a population's name, or a list of names.
        pub from: Names;
        /// Where they go: a population's name, or a list of names.
        pub to: Names;
        /// Who is connected to whom.
        pub pattern: Pattern = Pattern::Full(crate::pattern::Full::default());
        /// How the weights are drawn; pools have none.
        pub weights: Option<Weights>;
        /// How the targets' biases are drawn, one per target, or per kernel of a convolution; without it they have none.
        pub bias: Option<Bias>;
        /// How long a spike travels; an artificial side has no time and ignores it. Default: one time step.
        pub delay: Option<Delay>;
    }
}

/// What a network is made of. Nothing here says what a unit computes or how it learns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// The populations by name, in the order written.
    #[serde(default)]
    pub population: IndexMap<String, PopulationSpec>,
    /// The projections by name, in the order written.
    #[serde(default)]
    pub projection: IndexMap<String, ProjectionSpec>,
}

/// Two populations that a projection connects.
pub(crate) struct Pair<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// Who is connected to whom between these two.
    pub(crate) pattern: Pattern,
}

/// The extent of a population: its size and its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of units.
    pub units: usize,
    /// Extent along each axis; `[units]` where none was given.
    pub shape: Vec<usize>,
}

impl PopulationSpec {
    /// Its size and shape, or what is wrong with them.
    ///
    /// # Errors
    /// A [`Problem`] when both or neither of `size` and `shape` are given, or the product does not fit 32 bits.
    pub fn extent(&self) -> Result<Size, Problem> {
        match (self.size, &self.shape) {
            (Some(units), None) => Ok(Size { units, shape: vec![units] }),
            (None, Some(shape)) if shape.is_empty() => {
                Err(Problem::new("shape", "an empty shape has no units"))
            }
            (None, Some(shape)) => shape
                .iter()
                .try_fold(1_usize, |product, &n| product.checked_mul(n))
                .filter(|&units| units as u64 <= LARGEST_POPULATION)
                .map(|units| Size { units, shape: shape.clone() })
                .ok_or_else(|| {
                    Problem::new(
                        "shape",
                        format!("{shape:?} has more units than 32 bits count ({LARGEST_POPULATION})"),
                    )
                }),
            (Some(_), Some(_)) => {
                Err(Problem::new("size", "both `size` and `shape` are given").hint("keep one of them"))
            }
            (None, None) => {
                Err(Problem::new("", "neither `size` nor `shape` is given")
                    .hint("add for example `size = 10`"))
            }
        }
    }
}

impl NetworkSpec {
    /// Everything that is wrong with the description as a whole: names that nothing bears, sizes that do not fit.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, population) in &self.population {
            if let Err(problem) = population.extent() {
                problems.push(problem.below(&format!("population.{name}")));
            }
        }
        for (name, projection) in &self.projection {
            let at = format!("projection.{name}");
            for (key, names) in [("from", &projection.from), ("to", &projection.to)] {
                if names.0.is_empty() {
                    problems.push(Problem::new(format!("{at}.{key}"), "the list is empty"));
                }
                for end in &names.0 {
                    if !self.population.contains_key(end) {
                        let known: Vec<&str> = self.population.keys().map(String::as_str).collect();
                        problems.push(
                            Problem::new(format!("{at}.{key}"), format!("there is no population `{end}`"))
                                .hint(format!("the populations are: {}", known.join(", "))),
                        );
                    }
                }
            }
            problems.extend(parameter_problems(projection).into_iter().map(|problem| problem.below(&at)));
            if let Err(words) = projection.pattern.tables_fit(projection.from.0.len(), projection.to.0.len())
            {
                problems.push(Problem::new(format!("{at}.pattern.{}", projection.pattern.name()), words));
                continue;
            }
            for Pair { from, to, pattern } in self.pairs(projection) {
                let ends = (self.population[from].extent(), self.population[to].extent());
                if let (Ok(pre), Ok(post)) = ends
                    && let Err(words) = pattern.fits(&pre, &post, from == to)
                {
                    problems.push(Problem::new(
                        format!("{at}.pattern.{}", projection.pattern.name()),
                        format!("{from} ({}) to {to} ({}): {words}", pre.units, post.units),
                    ));
                }
            }
            if let Some(weights) = &projection.weights
                && let Err(words) = self.weights_fit(projection, weights)
            {
                problems.push(Problem::new(format!("{at}.weights.{}", weights.name()), words));
            }
            if let Some(bias) = &projection.bias
                && let Err(words) = self.biases_fit(projection, bias)
            {
                problems.push(Problem::new(format!("{at}.bias.{}", bias.name()), words));
            }
        }
        problems
    }

    /// Why a projection cannot have weights of this kind, its own or those of a side, in words, or nothing.
    ///
    /// # Errors
    /// A sentence with the values found and allowed.
    pub fn weights_fit(&self, projection: &ProjectionSpec, weights: &Weights) -> Result<(), String> {
        self.extents(projection).try_for_each(|((from, pre), (to, post))| {
            let fits = weights.fits(&projection.pattern, &pre, &post, from == to);
            fits.map_err(|words| format!("{from} ({}) to {to} ({}): {words}", pre.units, post.units))
        })
    }

    fn biases_fit(&self, projection: &ProjectionSpec, bias: &Bias) -> Result<(), String> {
        self.extents(projection).try_for_each(|((_, pre), (to, post))| {
            let wiring = projection.pattern.window(&pre.shape, &post.shape);
            let fits = match wiring {
                Some(wiring) => bias.fits(wiring.biases(post.units), "kernels"),
                None => bias.fits(post.units, "units"),
            };
            fits.map_err(|words| format!("{to}: {words}"))
        })
    }

    /// The names and extents of a projection's ends, pair by pair, as far as they are described without a mistake.
    fn extents<'a>(
        &'a self,
        projection: &'a ProjectionSpec,
    ) -> impl Iterator<Item = ((&'a str, Size), (&'a str, Size))> {
        let extent = |name: &'a str| Some((name, self.population.get(name)?.extent().ok()?));
        self.pairs(projection)
            .into_iter()
            .filter_map(move |pair| Some((extent(pair.from)?, extent(pair.to)?)))
    }

    /// The pairs of populations that a projection connects, as far as they exist, in the order written, each with its pattern.
    pub(crate) fn pairs<'a>(&'a self, projection: &'a ProjectionSpec) -> Vec<Pair<'a>> {
        let known = |name: &str| self.population.contains_key(name);
        let mut pairs = Vec::new();
        for (source, from) in projection.from.0.iter().enumerate().filter(|(_, name)| known(name)) {
            for (target, to) in projection.to.0.iter().enumerate().filter(|(_, name)| known(name)) {
                if let Some(pattern) = projection.pattern.between(source, target) {
                    pairs.push(Pair { from, to, pattern });
                }
            }
        }
        pairs
    }

    /// An upper bound on the number of weights, without drawing anything.
    pub fn most_weights(&self) -> u128 {
        let extent = |name: &str| self.population[name].extent().ok();
        let count = |projection| {
            let pairs = self.pairs(projection).into_iter();
            pairs
                .filter_map(|pair| Some(pair.pattern.most_weights(&extent(pair.from)?, &extent(pair.to)?)))
                .sum::<u128>()
        };
        self.projection.values().map(count).sum()
    }
}

/// Weights and biases that a projection needs and lacks, or has and cannot use.
fn parameter_problems(projection: &ProjectionSpec) -> Vec<Problem> {
    let pattern = projection.pattern.name();
    let mut problems = Vec::new();
    if projection.pattern.has_weights() {
        if projection.weights.is_none() {
            problems.push(Problem::new("", "`weights` is missing").hint("add for example `weights.he = {}`"));
        }
    } else {
        for (key, given) in [("weights", projection.weights.is_some()), ("bias", projection.bias.is_some())] {
            if given {
                let words = format!("pattern.{pattern} has nothing to learn: it takes no `{key}`");
                problems.push(Problem::new(key, words).hint(format!("leave `{key}` out")));
            }
        }
    }
    problems
}

/// One name or a list of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [one] = self.0.as_slice() { one.serialize(serializer) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;
        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a name or a list of names")
            }

            fn visit_str<E>(self, name: &str) -> Result<Names, E> {
                Ok(Names(vec![name.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(NamesVisitor)
    }
}

impl Describe for Names {
    fn shape() -> Shape {
        Shape::Either(vec![String::shape(), Vec::<String>::shape()])
    }

    fn show(&self) -> String {
        if let [one] = self.0.as_slice() { one.show() } else { self.0.show() }
    }
}
