//! `protocol.truth_table`: networks of thresholds as logic gates, in either physics.

mod single_unit;

use super::{Conduct, Findings, Stage, present_rounding, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_ann::Ann;
use duet_random::Key;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::SpikingNet;
use duet_topology::Network;
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;
use single_unit::best_single_unit;

/// Inputs that a truth table may have.
const MOST_INPUTS: usize = 3;
/// The gates that can be named.
const GATES: [&str; 7] = ["not", "and", "or", "nand", "nor", "xor", "majority"];

parameters! {
    /// Every pattern of zeros and ones is shown, and what the units answer is held against named logic gates.
    ///
    /// # Equations
    /// ```text
    /// unit:  y = 1 if sum w_i x_i >= theta, else 0         theta = -b
    /// cell:  1 if it still fires in the second half of the time, else 0
    /// ```
    ///
    /// # Behaviour
    /// Nothing is learned: the weights are given. `gates` names, for each population, the gate that each of its units is to
    /// be. Beside each gate stands the best that any *single* unit can do: all units with weights of -2 ... 2 and thresholds
    /// between them are tried, which are all threshold functions of up to three inputs (4, 14 and 104 of them). Between
    /// zeros and ones the answer is asked for too, on a grid: the border of the area where a unit says 1 is its decision
    /// line. A cell hears its input as spike rates; the first half of the presentation is left to transients.
    ///
    /// # References
    /// - McCulloch & Pitts (1943), A logical calculus of the ideas immanent in nervous activity.
    /// - Minsky & Papert (1969), Perceptrons.
    /// - Muroga (1971), Threshold Logic and its Applications (the numbers of threshold functions).
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::TruthTable;
    /// let table: TruthTable = toml::from_str("gates.output = ['and', 'xor']").unwrap();
    /// assert_eq!(table.gates["output"], ["and", "xor"]);
    /// ```
    pub struct TruthTable {
        /// For each population the gates of its units, in order: not, and, or, nand, nor, xor, majority.
        pub gates: IndexMap<String, Vec<String>>;
        /// How long a cell hears each pattern.
        pub present: Time = Time::new(200.0), in Range::POSITIVE;
        /// Points along each axis at which the answer is asked for between the patterns (two inputs only).
        pub grid: usize = 41, in Range::between(2.0, 401.0);
    }
}

/// What a gate says to a pattern; `None` for a name that is no gate.
fn gate(name: &str, pattern: &[bool]) -> Option<bool> {
    let ones = pattern.iter().filter(|&&bit| bit).count();
    Some(match name {
        "and" => ones == pattern.len(),
        "or" => ones > 0,
        "nand" => ones < pattern.len(),
        "not" | "nor" => ones == 0,
        "xor" => ones % 2 == 1,
        "majority" => 2 * ones > pattern.len(),
        _ => return None,
    })
}

/// All patterns of `n` bits in counting order, the first bit the highest.
fn patterns(n: usize) -> Vec<Vec<bool>> {
    (0..1_usize << n).map(|k| (0..n).map(|bit| k >> (n - 1 - bit) & 1 == 1).collect()).collect()
}

/// One unit that is to be a gate.
struct Wanted<'a> {
    population: usize,
    unit: usize,
    gate: &'a str,
}

/// Asks a side what its units say to one input.
enum Asked {
    Ann(Box<Ann<f64>>),
    Spiking(Box<SpikingNet<f32>>),
}

impl Asked {
    fn new(side: &Side, network: &Network, present: f64, key: Key) -> Result<Self, String> {
        match (&side.ann, &side.spiking) {
            (Some(ann), _) => {
                Ok(Self::Ann(Box::new(Ann::new(network, ann).map_err(|error| error.to_string())?)))
            }
            (_, Some(spiking)) => {
                let classes = network.ends().1.first().map_or(0, |&output| network.populations[output].size);
                let net = SpikingNet::new(network, spiking, classes, present, key);
                Ok(Self::Spiking(Box::new(net.map_err(|error| error.to_string())?)))
            }
            (None, None) => Err("the side has no physics".to_owned()),
        }
    }

    /// Whether each unit says 1.
    fn says(&mut self, network: &Network, wanted: &[Wanted<'_>], input: &[f64]) -> Result<Vec<bool>, String> {
        match self {
            Self::Ann(ann) => {
                let trace = ann.trace(input, &[0]).map_err(|error| error.to_string())?;
                let value = |unit: &Wanted<'_>| {
                    let name = &network.populations[unit.population].name;
                    let layer = trace.layers.iter().find(|layer| layer.population == *name);
                    layer.is_some_and(|layer| layer.values[unit.unit] >= 0.5)
                };
                Ok(wanted.iter().map(value).collect())
            }
            Self::Spiking(net) => {
                let values: Vec<f32> = input.iter().map(|&x| x as f32).collect();
                let recording = net.record(&values, 0, 0);
                let settled = net.present_ms() / 2.0;
                let fires = |unit: &Wanted<'_>| {
                    recording.spikes.iter().any(|&(time, population, cell)| {
                        time > settled && population == unit.population && cell as usize == unit.unit
                    })
                };
                Ok(wanted.iter().map(fires).collect())
            }
        }
    }
}

impl TruthTable {
    fn wanted<'a>(&'a self, network: &Network) -> Vec<Wanted<'a>> {
        let of_population = |(name, gates): (&'a String, &'a Vec<String>)| {
            let population = network.populations.get_index_of(name).unwrap_or(0);
            gates.iter().enumerate().map(move |(unit, gate)| Wanted { population, unit, gate })
        };
        self.gates.iter().flat_map(of_population).collect()
    }

    fn metrics(
        patterns: &[Vec<bool>],
        wanted: &[Wanted<'_>],
        answers: &[Vec<bool>],
    ) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        let mut right_in_all = 0;
        for (at, unit) in wanted.iter().enumerate() {
            let truth: Vec<bool> = patterns.iter().filter_map(|pattern| gate(unit.gate, pattern)).collect();
            let right = answers.iter().zip(&truth).filter(|(answer, truth)| answer[at] == **truth).count();
            right_in_all += right;
            let words = format!("patterns of {} to which the unit says what the gate says", patterns.len());
            metrics.insert(format!("{}.right_patterns", unit.gate), Metric::new(right as f64, "1", &words));
            let best = best_single_unit(patterns, &truth);
            let words = format!(
                "most patterns of {} that any single threshold unit gets right; all threshold functions tried",
                patterns.len()
            );
            metrics.insert(format!("{}.best_single_unit", unit.gate), Metric::new(best as f64, "1", &words));
        }
        let asked = patterns.len() * wanted.len();
        let words = format!("right answers of {asked}, over all gates and patterns");
        metrics.insert("right_answers".to_owned(), Metric::new(right_in_all as f64, "1", &words));
        let share = right_in_all as f64 / asked.max(1) as f64;
        metrics.insert(
            "right_share".to_owned(),
            Metric::new(share, "1", "share of right answers over all gates and patterns"),
        );
        metrics
    }

    /// `gate,x1,x2,...,wanted,answered`.
    fn truth(
        patterns: &[Vec<bool>],
        wanted: &[Wanted<'_>],
        answers: &[Vec<bool>],
    ) -> Result<Table, HarnessError> {
        let bit = |bit: bool| f64::from(u8::from(bit));
        let rows = || {
            wanted
                .iter()
                .enumerate()
                .flat_map(|unit| patterns.iter().enumerate().map(move |pattern| (unit, pattern)))
        };
        let mut table =
            Table::new().with_texts("gate", rows().map(|((_, unit), _)| unit.gate.to_owned()).collect())?;
        for input in 0..patterns[0].len() {
            let column = rows().map(|(_, (_, pattern))| bit(pattern[input])).collect();
            table = table.with_numbers(&format!("x{}", input + 1), column)?;
        }
        let truth = rows().map(|((_, unit), (_, pattern))| gate(unit.gate, pattern).map_or(f64::NAN, bit));
        Ok(table
            .with_numbers("wanted", truth.collect())?
            .with_numbers("answered", rows().map(|((at, _), (row, _))| bit(answers[row][at])).collect())?)
    }

    /// `x1,x2`, and a column for each gate: what the units say between the patterns.
    fn regions(
        &self,
        asked: &mut Asked,
        network: &Network,
        wanted: &[Wanted<'_>],
    ) -> Result<Table, RegionsError> {
        let place = |k: usize| k as f64 / (self.grid - 1) as f64;
        let points: Vec<[f64; 2]> = (0..self.grid)
            .flat_map(|row| (0..self.grid).map(move |column| [place(column), place(row)]))
            .collect();
        let answers = points
            .iter()
            .map(|point| asked.says(network, wanted, point))
            .collect::<Result<Vec<_>, _>>()
            .map_err(RegionsError::Side)?;
        let mut table = Table::new()
            .with_numbers("x1", points.iter().map(|point| point[0]).collect())?
            .with_numbers("x2", points.iter().map(|point| point[1]).collect())?;
        for (at, unit) in wanted.iter().enumerate() {
            table = table.with_numbers(
                unit.gate,
                answers.iter().map(|answer| f64::from(u8::from(answer[at]))).collect(),
            )?;
        }
        Ok(table)
    }
}

/// Why there is no table of regions.
enum RegionsError {
    Side(String),
    Record(duet_record::RecordError),
}

impl From<duet_record::RecordError> for RegionsError {
    fn from(error: duet_record::RecordError) -> Self {
        Self::Record(error)
    }
}

impl Conduct for TruthTable {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let at = "protocol.truth_table.gates";
        let mut problems = Vec::new();
        let network = scenario.network();
        let mut seen: Vec<&str> = Vec::new();
        for (name, gates) in &self.gates {
            let Some(population) = network.population.get(name) else {
                let known: Vec<&str> = network.population.keys().map(String::as_str).collect();
                let words = format!("there is no population `{name}`");
                problems.push(
                    Problem::new(format!("{at}.{name}"), words)
                        .hint(format!("the populations are: {}", known.join(", "))),
                );
                continue;
            };
            let units = population.extent().map_or(0, |size| size.units);
            if gates.len() != units {
                let words =
                    format!("population `{name}` has {units} units, but {} gates are named", gates.len());
                problems.push(Problem::new(format!("{at}.{name}"), words));
            }
            for gate in gates {
                if !GATES.contains(&gate.as_str()) {
                    let words = format!("there is no gate `{gate}`");
                    problems.push(
                        Problem::new(format!("{at}.{name}"), words)
                            .hint(format!("the gates are: {}", GATES.join(", "))),
                    );
                } else if seen.contains(&gate.as_str()) {
                    let words = format!(
                        "the gate `{gate}` is named twice; metrics are told apart by the gate's name"
                    );
                    problems.push(Problem::new(format!("{at}.{name}"), words));
                }
                seen.push(gate);
            }
        }
        if self.gates.is_empty() {
            problems
                .push(Problem::new(at, "no gate is named").hint("add for example gates.output = [\"and\"]"));
        }
        let fed = |name: &&String| network.projection.values().any(|p| p.to.0.contains(*name));
        let inputs: Vec<&String> = network.population.keys().filter(|name| !fed(name)).collect();
        let units = inputs
            .first()
            .and_then(|name| network.population[*name].extent().ok())
            .map_or(0, |size| size.units);
        if inputs.len() != 1 || !(1..=MOST_INPUTS).contains(&units) {
            let words =
                format!("protocol.truth_table needs one input population of 1 to {MOST_INPUTS} units");
            problems.push(Problem::new("population", words));
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        present_rounding(self.present, side)
    }

    fn headline(&self) -> Option<&'static str> {
        Some("right_answers")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            Asked::new(side, &stage.networks[0], self.present.get(), Key::new(stage.seeds[0]))
                .map_err(|words| Stage::refused(name, words))?;
        }
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let network = &stage.networks[0];
        let wanted = self.wanted(network);
        let inputs = network.ends().0.first().map_or(0, |&input| network.populations[input].size);
        let patterns = patterns(inputs);
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            unless_stopped(progress, folder)?;
            let refused = |words: String| Stage::refused(name, words);
            let mut asked =
                Asked::new(side, network, self.present.get(), Key::new(stage.seeds[0]).child("side"))
                    .map_err(refused)?;
            let answers = patterns
                .iter()
                .map(|pattern| {
                    let input: Vec<f64> = pattern.iter().map(|&bit| f64::from(u8::from(bit))).collect();
                    asked.says(network, &wanted, &input)
                })
                .collect::<Result<Vec<_>, _>>()
                .map_err(refused)?;
            folder
                .write(layout::trace(name, "truth"), Self::truth(&patterns, &wanted, &answers)?.to_csv())?;
            if inputs == 2 {
                let regions = self.regions(&mut asked, network, &wanted).map_err(|error| match error {
                    RegionsError::Side(words) => refused(words),
                    RegionsError::Record(error) => error.into(),
                })?;
                folder.write(layout::trace(name, "regions"), regions.to_csv())?;
            }
            let metrics = Self::metrics(&patterns, &wanted, &answers);
            let right = metrics["right_answers"].value.unwrap_or(f64::NAN);
            let asked = patterns.len() * wanted.len();
            let right = format::number(right);
            findings.verdicts.push(format!("{}: {right} of {asked} answers right.", side.label(name)));
            if findings.metrics.sides.is_empty() {
                findings.verdicts.extend(impossible(&wanted, &patterns, &metrics));
            }
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words = format!("all {} of {inputs} inputs", patterns.len());
        findings.shared = vec![SharedFact { what: "patterns".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn notes(&self, side: &Side) -> Vec<String> {
        if side.spiking.is_none() {
            return Vec::new();
        }
        vec![format!(
            "Every pattern is shown for {}; a cell says 1 if it fires in the second half.",
            self.present
        )]
    }
}

/// A sentence for every gate that no single unit can be.
fn impossible(
    wanted: &[Wanted<'_>],
    patterns: &[Vec<bool>],
    metrics: &IndexMap<String, Metric>,
) -> Vec<String> {
    let most = patterns.len() as f64;
    let sentence = |unit: &Wanted<'_>| {
        let best =
            metrics.get(&format!("{}.best_single_unit", unit.gate))?.value.filter(|&best| best < most)?;
        Some(format!(
            "No single unit can be {}: the best gets {best} of {most} patterns right.",
            unit.gate.to_uppercase()
        ))
    };
    wanted.iter().filter_map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Document, check};

    /// Truth entry `mcculloch_pitts.gates`, inputs in counting order.
    #[test]
    fn gates_are_those_of_the_reference() {
        let column = |name: &str, n: usize| {
            patterns(n).iter().map(|pattern| u8::from(gate(name, pattern).unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(column("and", 2), [0, 0, 0, 1]);
        assert_eq!(column("or", 2), [0, 1, 1, 1]);
        assert_eq!(column("not", 1), [1, 0]);
        assert_eq!(column("nand", 2), [1, 1, 1, 0]);
        assert_eq!(column("nor", 2), [1, 0, 0, 0]);
        assert_eq!(column("xor", 2), [0, 1, 1, 0]);
        assert_eq!(column("majority", 3), [0, 0, 0, 1, 0, 1, 1, 1]);
        assert!(GATES.iter().all(|name| gate(name, &[true]).is_some()));
        assert_eq!(gate("nadn", &[true]), None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let text = |gates: &str| {
            format!(
                "title = 't'\nquestion = 'q?'\nseed = 1\npopulation = {{ x.size = 2, y.size = 2 }}\n\
                 projection.p = {{ from = 'x', to = 'y', weights.constant = 1.0 }}\nside.s.ann.activation.step = {{}}\n\
                 protocol.truth_table.gates = {gates}"
            )
        };
        let words = |gates: &str| {
            check(Document::parse("t", text(gates)).unwrap(), &[]).map(|_| ()).unwrap_err().to_string()
        };
        assert!(words("{ y = ['and'] }").contains("has 2 units, but 1 gates are named"));
        assert!(words("{ y = ['and', 'nadn'] }").contains("no gate `nadn`"));
        assert!(words("{ y = ['and', 'and'] }").contains("named twice"));
        assert!(words("{ z = ['and'] }").contains("no population `z`"));
        assert!(words("{}").contains("no gate is named"));
    }
}
