//! `protocol.psp`: what one input does to its target, and whether that depends on the target.

mod cell;
mod unit;

use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use cell::Bench;
use duet_random::Key;
use duet_record::{Diagnosis, Metric, Metrics, RunFolder, Severity, SharedFact, Table, layout};
use duet_spiking::SpikingSide;
use duet_topology::Network;
use duet_units::{Frequency, Problem, Range, Time, Voltage, parameters};
use indexmap::IndexMap;

parameters! {
    /// Every input fires alone, then all at once, into one unit or cell; what arrives there is measured.
    ///
    /// # Equations
    /// ```text
    /// artificial:   a spike of size 1 adds w to the drive, wherever the drive stands
    /// biological:   clamped:   I(t; V) with the membrane held at V; its peak over V; the V at which it changes sign
    ///               free:      V(t) with the spikes, less V(t) without them; its peak, and when
    /// summation:    peak of all inputs together / peak of the sum of what each does alone
    /// train:        what the k-th spike adds beyond the tails of those before it / what it adds where all of the weight is passed on
    /// ```
    ///
    /// # Behaviour
    /// A current is the same at every potential, and currents add up as weights do. Open channels drive the membrane towards their
    /// reversal potential: their current shrinks and turns there, and what opens together adds up to less than its parts
    /// (shunting). Currents into the cell are positive. Inputs fire at once, or in a train of `spikes` at `rate`; delays
    /// are the network's. All populations have one unit, and inputs project straight onto the one that feeds nothing.
    ///
    /// # References
    /// - Johnston & Wu (1995), Foundations of Cellular Neurophysiology, chapters 11 to 13.
    /// - Koch (1999), Biophysics of Computation, chapters 4 and 5.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Psp;
    /// let psp: Psp = toml::from_str("held = ['-70 mV', '0 mV']\nspikes = 10\nrate = '20 Hz'").unwrap();
    /// assert_eq!(psp.interval(), 50.0);
    /// ```
    pub struct Psp {
        /// Potentials at which the membrane is held.
        pub held: Vec<Voltage> = (-9..=4).map(|step| Voltage::new(f64::from(10 * step))).collect(), in Range::between(-200.0, 200.0);
        /// How long is recorded after the last spike.
        pub record: Time = Time::new(100.0), in Range::POSITIVE;
        /// How often every input fires.
        pub spikes: usize = 1, in Range::between(1.0, 1000.0);
        /// The rate of the train.
        pub rate: Frequency = Frequency::new(20.0), in Range::POSITIVE;
        /// Spikes of the train, counted from 1, whose release becomes a metric.
        pub at: Vec<usize> = vec![1], in Range::between(1.0, 1000.0);
    }
}

/// What a side showed: its tables by name, its metrics, its sentence for the report.
struct Shown {
    tables: Vec<(&'static str, Table)>,
    metrics: IndexMap<String, Metric>,
    sentence: String,
    diagnosis: Option<String>,
}

impl Psp {
    /// From spike to spike of the train, in ms.
    pub fn interval(&self) -> f64 {
        1000.0 / self.rate.get()
    }

    /// The released shares of every input as a table, and as metrics.
    fn releases(
        &self,
        names: &[String],
        shares: &[Vec<f64>],
        metrics: &mut IndexMap<String, Metric>,
    ) -> Result<Table, HarnessError> {
        let (mut inputs, mut spikes, mut released) = (Vec::new(), Vec::new(), Vec::new());
        for (name, shares) in names.iter().zip(shares) {
            for (k, &share) in shares.iter().enumerate() {
                inputs.push(name.clone());
                spikes.push((k + 1) as f64);
                released.push(share);
                if self.at.contains(&(k + 1)) {
                    let words = "share of its weight that the synapse passes on at this spike of the train";
                    metrics.insert(format!("{name}.released[{}]", k + 1), Metric::new(share, "1", words));
                }
            }
            if let (Some(&first), Some(&last)) = (shares.first(), shares.last())
                && self.spikes > 1
            {
                let words = "share passed on at the last spike of the train";
                metrics.insert(format!("{name}.released_last"), Metric::new(last, "1", words));
                let words = "share passed on at the last spike over that at the first";
                let ratio = Metric::new(last / first, "1", words);
                let ratio = if first == 0.0 {
                    ratio.with_why_null("the first spike passes on nothing")
                } else {
                    ratio
                };
                metrics.insert(format!("{name}.last_over_first"), ratio);
            }
        }
        Ok(Table::new()
            .with_texts("input", inputs)?
            .with_numbers("spike", spikes)?
            .with_numbers("released", released)?)
    }

    fn bench<'a>(&'a self, side: &'a SpikingSide, network: &'a Network, key: Key) -> Bench<'a> {
        Bench { psp: self, side, network, inputs: network.ends().0, cell: network.ends().1[0], key }
    }
}

impl Conduct for Psp {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let network = scenario.network();
        let mut problems = Vec::new();
        let fed = |name: &String| network.projection.values().any(|p| p.to.0.contains(name));
        let targets: Vec<&String> = network.population.keys().filter(|name| fed(name)).collect();
        let [target] = targets[..] else {
            let words = format!(
                "protocol.psp looks at one cell that inputs project straight onto; {} populations are fed here",
                targets.len()
            );
            return vec![
                Problem::new("population", words).hint("leave out all populations but inputs and one cell"),
            ];
        };
        let feeds = |name: &String| network.projection.values().any(|p| p.from.0.contains(name));
        for (name, population) in &network.population {
            if population.extent().is_ok_and(|extent| extent.units != 1) {
                let words = format!("protocol.psp looks at single units; population `{name}` has more");
                problems.push(Problem::new(format!("population.{name}"), words).hint("give it size = 1"));
            }
            if name != target && !feeds(name) {
                let words = format!("population `{name}` reaches nothing");
                problems.push(
                    Problem::new(format!("population.{name}"), words)
                        .hint(format!("project it onto `{target}`")),
                );
            }
        }
        if feeds(target) {
            let words = format!("`{target}` feeds itself, so no input acts alone");
            problems.push(Problem::new("projection", words).hint("leave the recurrent projection out"));
        }
        if self.held.len() < 2 {
            let words =
                format!("held has {} potentials; a reversal needs two to lie between", self.held.len());
            problems
                .push(Problem::new("protocol.psp.held", words).hint("for instance [\"-80 mV\", \"20 mV\"]"));
        }
        if let Some(late) = self.at.iter().find(|&&at| at > self.spikes) {
            let words = format!("at names spike {late}, but the train has {}", self.spikes);
            problems.push(Problem::new("protocol.psp.at", words).hint("raise spikes, or leave it out"));
        }
        for (name, side) in &scenario.side {
            let Some(spiking) = side.spiking.as_ref().filter(|_| self.spikes > 1) else { continue };
            if self.interval() < 2.0 * spiking.dt.get() {
                let words =
                    format!("rate = {}: two spikes of the train are less than two steps apart", self.rate);
                let hint = format!(
                    "choose rate <= {} Hz, or a smaller dt of side `{name}`",
                    500.0 / spiking.dt.get()
                );
                problems.push(Problem::new("protocol.psp.rate", words).hint(hint));
            }
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(dt) = side.spiking.as_ref().map(|spiking| spiking.dt.get()) else { return Vec::new() };
        let mut words = Vec::new();
        let mut check = |what: String, value: f64| {
            let steps = value / dt;
            if (steps - steps.round()).abs() > 1e-6 {
                let used = steps.round().max(1.0) * dt;
                words.push(format!(
                    "{what} = {value} ms is not a multiple of dt = {dt} ms; {used} ms is used"
                ));
            }
        };
        check("record".to_owned(), self.record.get());
        if self.spikes > 1 {
            check(format!("the interval of rate = {}", self.rate), self.interval());
        }
        words
    }

    fn headline(&self) -> Option<&'static str> {
        Some("summation")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        let key = Key::new(stage.seeds[0]).child("side");
        for (name, side) in &stage.scenario.side {
            if let Some(spiking) = &side.spiking {
                let bench = self.bench(spiking, &stage.networks[0], key);
                bench.rehearse().map_err(|words| Stage::refused(name, words))?;
            }
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
        let key = Key::new(stage.seeds[0]).child("side");
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            unless_stopped(progress, folder)?;
            let label = side.label(name);
            let shown = match (&side.ann, &side.spiking) {
                (Some(ann), _) => self.at_unit(ann, network, label)?,
                (_, Some(spiking)) => self.at_cell(&self.bench(spiking, network, key), name, label)?,
                (None, None) => continue,
            };
            for (table, rows) in shown.tables {
                folder.write(layout::trace(name, table), rows.to_csv())?;
            }
            findings.verdicts.push(shown.sentence);
            if let Some(words) = shown.diagnosis {
                findings.diagnoses.push(Diagnosis { severity: Severity::Warning, side: name.clone(), words });
            }
            findings.metrics.sides.insert(name.clone(), shown.metrics);
        }
        let words = match self.spikes {
            1 => "every input fires once".to_owned(),
            spikes => format!("every input fires {spikes} times at {}", self.rate),
        };
        findings.shared = vec![SharedFact { what: "spikes".to_owned(), words, same: true }];
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Document, check};
    use duet_spiking::release::{Resources, TsodyksMarkram};
    use duet_spiking::synapse::Exponential;
    use duet_topology::NetworkSpec;

    fn network() -> Network {
        let spec: NetworkSpec = toml::from_str(
            "population = { a.size = 1, b.size = 1, y.size = 1 }\n\
             projection.p = { from = 'a', to = 'y', weights.constant = 2.0, delay.constant = '1 ms' }\n\
             projection.q = { from = 'b', to = 'y', weights.constant = -1.0 }",
        )
        .unwrap();
        spec.realize(Key::new(1)).unwrap()
    }

    fn shown(psp: &str, side: &str) -> Shown {
        let psp: Psp = toml::from_str(psp).unwrap();
        let cell = "dt = '0.1 ms'\nneuron.lif = { tau_m = '10 ms', c_m = '250 pF' }";
        let side: SpikingSide = toml::from_str(&format!("{cell}\n{side}")).unwrap();
        let network = network();
        psp.at_cell(&psp.bench(&side, &network, Key::new(1)), "cell", "Cell").unwrap()
    }

    #[test]
    fn a_current_is_measured_as_its_closed_form_says() {
        let shown = shown("", "weight_unit = '50 pA'\nsynapse.exponential = { tau = '2 ms' }");
        let value = |path: &str| shown.metrics[path].value;
        let synapse = Exponential { tau: Time::new(2.0), e_rev: None };
        let peak = synapse.response(100.0, 250.0, 10.0, synapse.peak_time(10.0));
        assert!((value("a.psp").unwrap() / peak - 1.0).abs() < 1e-3, "{peak}");
        assert!((value("b.psp").unwrap() / peak + 0.5).abs() < 1e-3);
        // One millisecond on the way, and the peak of 4.02 ms.
        assert!((value("a.time_to_peak").unwrap() - 5.0).abs() < 0.051);
        assert_eq!((value("a.psc[-70 mV]"), value("a.psc[40 mV]")), (Some(100.0), Some(100.0)));
        assert_eq!((value("a.reversal"), value("a.released[1]")), (None, Some(1.0)));
        assert!((value("summation").unwrap() - 1.0).abs() < 1e-9);
        assert!(shown.diagnosis.is_none());
    }

    #[test]
    fn the_shares_of_a_train_are_found_again_under_long_tails() {
        let tables = "projection.p.release.tsodyks_markram = { utilization = 0.2, tau_rec = '90 ms', tau_fac = '300 ms' }";
        let model = TsodyksMarkram { utilization: 0.2, tau_rec: Time::new(90.0), tau_fac: Time::new(300.0) };
        let synapses = [
            "synapse.exponential = { tau = '60 ms' }",
            "synapse.delta = {}\nweight_unit = '0.5 mV'",
            "synapse.bi_exponential = { tau_rise = '20 ms', tau_decay = '80 ms' }",
        ];
        for synapse in synapses {
            let psp: Psp = toml::from_str("spikes = 8\nrate = '50 Hz'\nat = [1, 8]").unwrap();
            let unit = if synapse.contains("delta") { "" } else { "weight_unit = '1 pA'\n" };
            let side: SpikingSide =
                toml::from_str(&format!("dt = '0.1 ms'\n{unit}{synapse}\n{tables}")).unwrap();
            let network = network();
            let shown = psp.at_cell(&psp.bench(&side, &network, Key::new(1)), "cell", "Cell").unwrap();
            let mut resources = Resources::default();
            let train: Vec<f64> =
                (0..8).map(|k| model.release(&mut resources, (k > 0).then_some(20.0))).collect();
            for (path, expected) in [("a.released[1]", train[0]), ("a.released[8]", train[7])] {
                let got = shown.metrics[path].value.unwrap();
                assert!((got - expected).abs() < 1e-9, "{synapse}: {path} {got}, {expected}");
            }
            assert!((shown.metrics["b.last_over_first"].value.unwrap() - 1.0).abs() < 1e-9, "{synapse}");
        }
    }

    #[test]
    fn channels_turn_and_shunt() {
        let side = "weight_unit = '5 nS'\nprojection.p.synapse.ampa = {}\nprojection.q = { synapse.gaba_a.e_rev = '-65 mV', initial.weights.constant = 5.0 }";
        let shown = shown("held = ['-90 mV', '-30 mV', '33 mV']", side);
        let value = |path: &str| shown.metrics[path].value.unwrap();
        assert!(value("a.reversal").abs() < 1e-6 && (value("b.reversal") + 65.0).abs() < 1e-6);
        assert!(value("b.psp").abs() < 1e-9 && value("summation") < 0.9, "{:?}", shown.metrics);
    }

    #[test]
    fn a_hidden_layer_is_refused() {
        let text = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation = { a.size = 1, h.size = 2, y.size = 1 }\n\
                    projection = { p = { from = 'a', to = 'h', weights.constant = 1.0 }, q = { from = 'h', to = 'y', weights.constant = 1.0 } }\n\
                    side.s.ann = {}\nprotocol.psp = { at = [2] }";
        let error = check(Document::parse("t", text.to_owned()).unwrap(), &[]).unwrap_err().to_string();
        assert!(error.contains("2 populations are fed here"), "{error}");
    }
}
