//! `protocol.transfer`: what one unit makes of a steady drive, in either physics.

use super::{Conduct, Findings, Stage, present_rounding};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_ann::AnnSide;
use duet_random::Key;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::{SpikingNet, SpikingSide, WeightUnit};
use duet_topology::Network;
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;

parameters! {
    /// One unit of every side is given a steady drive, from low to high, and what comes out is measured.
    ///
    /// # Equations
    /// ```text
    /// artificial:   y = f(z) and f'(z) at a drive of z
    /// biological:   rate = 1000 (n - 1) / (t_last - t_first) Hz, from the n spikes under a constant current of z weight units
    /// ```
    ///
    /// # Behaviour
    /// The drive enters as the bias of the output unit, which means a constant current on a spiking side; the input is
    /// silent. So both physics are asked the same question: this is the activation function of an artificial unit, and
    /// the f-I curve of a cell. A cell that fires once or never within `present` has rate 0. Where the cell is a `lif`, its
    /// closed form is drawn beside what was measured.
    ///
    /// # References
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.3.
    /// - Gerstner, Kistler, Naud & Paninski (2014), Neuronal Dynamics, sections 1.3 and 2.2.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Transfer;
    /// let transfer: Transfer = toml::from_str("from = -1.0\nto = 1.0\npoints = 5").unwrap();
    /// assert_eq!(transfer.drives(), [-1.0, -0.5, 0.0, 0.5, 1.0]);
    /// ```
    pub struct Transfer {
        /// The smallest drive.
        pub from: f64 = -5.0, in Range::between(-1e6, 1e6);
        /// The largest drive.
        pub to: f64 = 5.0, in Range::between(-1e6, 1e6);
        /// How many drives are tried, evenly spaced.
        pub points: usize = 201, in Range::between(2.0, 10_000.0);
        /// Drives whose outcome becomes a metric: `value[0]` and `slope[0]`, or `rate[0]`.
        pub at: Vec<f64> = vec![0.0], in Range::between(-1e6, 1e6);
        /// How long a cell is driven.
        pub present: Time = Time::new(1000.0), in Range::POSITIVE;
    }
    relations { from < to; }
}

impl Transfer {
    /// The drives, in order.
    pub fn drives(&self) -> Vec<f64> {
        let last = (self.points - 1) as f64;
        (0..self.points).map(|k| self.from + (self.to - self.from) * (k as f64 / last)).collect()
    }

    /// The rate in Hz of the output cell under a drive.
    fn rate(&self, side: &SpikingSide, network: &Network, key: Key, drive: f64) -> Result<f64, String> {
        let mut driven = network.clone();
        let (inputs, outputs) = (network.ends().0, network.ends().1);
        let (input, output) = (inputs[0], outputs[0]);
        for projection in driven.projections.values_mut().filter(|p| p.to == output) {
            projection.bias = Some(vec![drive; network.populations[output].size]);
        }
        let cells = network.populations[output].size;
        let mut net = SpikingNet::<f64>::new(&driven, side, cells, self.present.get(), key)
            .map_err(|error| error.to_string())?;
        let silence = vec![0.0; network.populations[input].size];
        let recording = net.record(&silence, 0, 0);
        let of_cell =
            recording.spikes.iter().filter(|&&(_, population, cell)| population == output && cell == 0);
        let times: Vec<f64> = of_cell.map(|spike| spike.0).collect();
        Ok(match (times.first(), times.last()) {
            (Some(first), Some(last)) if last > first => 1000.0 * (times.len() - 1) as f64 / (last - first),
            _ => 0.0,
        })
    }

    fn artificial(
        &self,
        side: &AnnSide,
        output: &str,
    ) -> Result<(Table, IndexMap<String, Metric>), HarnessError> {
        let curve = side.activation_of(output).curve::<f64>();
        let point = |z: f64| {
            let y = curve.value(z);
            (y, curve.slope(z, y))
        };
        let drives = self.drives();
        let table = Table::new()
            .with_numbers("drive", drives.clone())?
            .with_numbers("value", drives.iter().map(|&z| point(z).0).collect())?
            .with_numbers("slope", drives.iter().map(|&z| point(z).1).collect())?;
        let mut metrics = IndexMap::new();
        for &z in &self.at {
            let (value, slope) = point(z);
            metrics.insert(
                format!("value[{z}]"),
                Metric::new(value, "1", "what the unit answers to this drive"),
            );
            metrics.insert(
                format!("slope[{z}]"),
                Metric::new(slope, "1", "derivative of the answer by the drive, at this drive"),
            );
        }
        let highest = drives.iter().map(|&z| point(z).0).fold(f64::NEG_INFINITY, f64::max);
        metrics.insert(
            "highest_output".to_owned(),
            Metric::new(highest, "1", "largest answer over all drives tried"),
        );
        let steepest = drives.iter().map(|&z| point(z).1).fold(f64::NEG_INFINITY, f64::max);
        metrics
            .insert("steepest".to_owned(), Metric::new(steepest, "1", "largest slope over all drives tried"));
        Ok((table, metrics))
    }

    fn biological(
        &self,
        name: &str,
        side: &SpikingSide,
        network: &Network,
        key: Key,
    ) -> Result<(Table, IndexMap<String, Metric>), HarnessError> {
        let rate = |z: f64| self.rate(side, network, key, z).map_err(|words| Stage::refused(name, words));
        let drives = self.drives();
        let rates = drives.iter().map(|&z| rate(z)).collect::<Result<Vec<f64>, _>>()?;
        let output = &network.populations[network.ends().1[0]].name;
        let theory = |z: f64| closed_form(side, output, z);
        let mut table =
            Table::new().with_numbers("drive", drives.clone())?.with_numbers("rate", rates.clone())?;
        let mut metrics = IndexMap::new();
        for &z in &self.at {
            metrics.insert(
                format!("rate[{z}]"),
                Metric::new(rate(z)?, "Hz", "firing rate under this drive, from the first to the last spike"),
            );
        }
        let first = drives.iter().zip(&rates).find(|&(_, &rate)| rate > 0.0).map_or(f64::NAN, |(&z, _)| z);
        let fires = Metric::new(first, "1", "smallest drive tried at which the cell fires again and again");
        metrics.insert(
            "fires_from".to_owned(),
            if first.is_nan() { fires.with_why_null("it fires at no drive tried") } else { fires },
        );
        metrics.insert(
            "highest_output".to_owned(),
            Metric::new(
                rates.iter().copied().fold(0.0, f64::max),
                "Hz",
                "highest rate over all drives tried",
            ),
        );
        if theory(0.0).is_some() {
            let expected: Vec<f64> = drives.iter().map(|&z| theory(z).unwrap_or(f64::NAN)).collect();
            let off = expected
                .iter()
                .zip(&rates)
                .filter(|&(&rate, _)| rate > 0.0)
                .map(|(a, b)| ((a - b) / a).abs());
            let worst = Metric::new(
                off.fold(0.0, f64::max),
                "1",
                "largest relative difference between the measured rate and the closed form, where that is above 0",
            );
            metrics.insert("largest_error".to_owned(), worst);
            table = table.with_numbers("closed_form", expected)?;
        }
        Ok((table, metrics))
    }
}

/// The rate that the model's closed form gives, where it has one and the drive is a current.
fn closed_form(side: &SpikingSide, output: &str, drive: f64) -> Option<f64> {
    match side.weight_unit {
        Some(WeightUnit::Voltage(_)) => None,
        _ => side.neuron_of(output).rate(drive * side.unit()),
    }
}

impl Conduct for Transfer {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let network = scenario.network();
        let fed = |name: &String| network.projection.values().any(|p| p.to.0.contains(name));
        let feeds = |name: &String| network.projection.values().any(|p| p.from.0.contains(name));
        let names = || network.population.keys();
        let (inputs, outputs) = (names().filter(|n| !fed(n)).count(), names().filter(|n| !feeds(n)).count());
        if (inputs, outputs) == (1, 1) {
            return Vec::new();
        }
        let words = format!(
            "protocol.transfer drives the output of a network of one input and one output; there are {inputs} and {outputs}"
        );
        vec![
            Problem::new("population", words)
                .hint("an input and an output of one unit each, and a projection between them, will do"),
        ]
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        present_rounding(self.present, side)
    }

    fn headline(&self) -> Option<&'static str> {
        Some("highest_output")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            if let Some(spiking) = &side.spiking {
                let shortest = Self { present: spiking.dt, ..self.clone() };
                shortest
                    .rate(spiking, &stage.networks[0], Key::new(stage.seeds[0]), 0.0)
                    .map_err(|words| Stage::refused(name, words))?;
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
        let output = network.populations[network.ends().1[0]].name.clone();
        let key = Key::new(stage.seeds[0]).child("side");
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            if progress.stopped() {
                return Err(HarnessError::Stopped { folder: folder.path().to_owned() });
            }
            let label = side.label(name);
            let (table, metrics) = match (&side.ann, &side.spiking) {
                (Some(ann), _) => self.artificial(ann, &output)?,
                (_, Some(spiking)) => self.biological(name, spiking, network, key)?,
                (None, None) => continue,
            };
            let number = |path: &str| {
                metrics.get(path).and_then(|metric| metric.value).map_or("n/a".to_owned(), format::number)
            };
            let sentence = if side.ann.is_some() {
                format!("{label}: slope at most {}.", number("steepest"))
            } else {
                let (from, highest) = (number("fires_from"), number("highest_output"));
                format!("{label} is silent below a drive of {from} and reaches {highest} Hz.")
            };
            folder.write(layout::trace(name, "transfer"), table.to_csv())?;
            findings.verdicts.push(sentence);
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words =
            format!("{} drives from {} to {}, in units of network weight", self.points, self.from, self.to);
        findings.shared = vec![SharedFact { what: "drives".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn notes(&self, side: &Side) -> Vec<String> {
        let driven =
            |_: &SpikingSide| format!("Every drive is a constant current, held for {}.", self.present);
        side.spiking.iter().map(driven).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Document, check};
    use duet_topology::NetworkSpec;

    fn network() -> Network {
        let spec: NetworkSpec = toml::from_str(
            "population = { x.size = 1, y.size = 1 }\nprojection.a = { from = 'x', to = 'y', weights.constant = 1.0 }",
        )
        .unwrap();
        spec.realize(Key::new(1)).unwrap()
    }

    /// The cell of the course's f-I curve (neurodynex): 41.36, 76.39, 107.18, 190.70 Hz at 2.1, 2.5, 3 and 5 nA.
    #[test]
    fn the_measured_curve_is_the_closed_one() {
        let side: SpikingSide = toml::from_str(
            "dt = '0.01 ms'\nweight_unit = '1 nA'\n\
             neuron.lif = { tau_m = '8 ms', c_m = '800 pF', e_l = '-70 mV', v_th = '-50 mV', v_reset = '-65 mV', t_ref = '2 ms' }",
        )
        .unwrap();
        let transfer: Transfer = toml::from_str("").unwrap();
        for (current, expected) in [(1.99, 0.0), (2.1, 41.36), (2.5, 76.39), (3.0, 107.18), (5.0, 190.70)] {
            let rate = transfer.rate(&side, &network(), Key::new(1), current).unwrap();
            let closed = closed_form(&side, "y", current).unwrap();
            assert!((closed - expected).abs() < 0.006, "{current} nA: {closed} Hz");
            if closed == 0.0 {
                assert_eq!(rate, 0.0, "{current} nA is below the rheobase");
            } else {
                // An interval is rounded up to whole steps of 0.01 ms.
                let longer = 1000.0 / rate - 1000.0 / closed;
                assert!((-1e-9..=0.01 + 1e-9).contains(&longer), "{current} nA: {rate} Hz, {longer} ms");
            }
        }
    }

    #[test]
    fn a_network_of_two_inputs_is_refused() {
        let text = "title = 't'\nquestion = 'q?'\nseed = 1\npopulation = { a.size = 1, b.size = 1, y.size = 1 }\n\
                    projection.p = { from = ['a', 'b'], to = 'y', weights.constant = 1.0 }\nside.s.ann = {}\nprotocol.transfer = {}";
        let error = check(Document::parse("t", text.to_owned()).unwrap(), &[]).unwrap_err().to_string();
        assert!(error.contains("there are 2 and 1"), "{error}");
    }
}
