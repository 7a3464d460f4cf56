//! `protocol.reversal`: the batteries of a membrane, and what a unit without ions rests at.

use super::{Conduct, Findings, Stage};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_ann::AnnSide;
use duet_kernels::math;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::Neuron;
use duet_spiking::ion::{ABSOLUTE_ZERO, Ion, ghk_voltage, nernst};
use duet_topology::Network;
use duet_units::{Problem, Range, Temperature, parameters};
use indexmap::IndexMap;

/// Concentrations outside over inside between which the Nernst potential is drawn.
const RATIOS: (f64, f64) = (1e-5, 1e5);

parameters! {
    /// Where ions draw a membrane: the Nernst potential of each kind, and the voltage at which all their currents cancel.
    ///
    /// # Equations
    /// ```text
    /// E   = RT/(z F) ln(outside / inside)                                             Nernst: one kind of ion
    /// V_m = RT/F ln[(sum P outside+ + sum P inside-) / (sum P inside+ + sum P outside-)]     Goldman, Hodgkin & Katz
    /// ```
    ///
    /// # Behaviour
    /// Every kind of ion is a battery; a membrane rests near that of the ion that it lets through most easily. A state names
    /// relative permeabilities: at rest potassium passes best, at the peak of a spike sodium. Only ratios count, so no
    /// conductance, no capacitance and no axial resistance decides where V_m rests. An artificial unit has a bias instead:
    /// a number behind which there is nothing.
    ///
    /// # References
    /// - Nernst 1888; Goldman 1943, J. Gen. Physiol. 27:37; Hodgkin & Katz 1949, J. Physiol. 108:37
    /// - Hille 2001, Ion Channels of Excitable Membranes, chapters 1 and 14
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Reversal;
    /// use duet_units::Temperature;
    /// let reversal: Reversal = toml::from_str(
    ///     "[ion]\nK = { inside = '400 mM', outside = '20 mM' }\nNa = { inside = '50 mM', outside = '440 mM' }\n\
    ///      [state.rest]\nK = 1.0\nNa = 0.04",
    /// ).unwrap();
    /// // 25.2617 mV · ln((20 + 17.6) / (400 + 2)) = -59.85 mV
    /// assert!((reversal.voltage(&reversal.state["rest"], Temperature::new(20.0)).unwrap() + 59.85).abs() < 0.01);
    /// ```
    pub struct Reversal {
        /// Temperatures at which everything is computed.
        pub temperatures: Vec<Temperature> = vec![Temperature::new(20.0)], in Range { low: ABSOLUTE_ZERO, ..Range::FINITE };
        /// The kinds of ions, by name.
        pub ion: IndexMap<String, Ion>;
        /// States of the membrane, by name: how easily each kind of ion passes, relative to the others; kinds left out do not.
        pub state: IndexMap<String, IndexMap<String, f64>> = IndexMap::new();
        /// The ion whose permeability is varied in the curve of V_m; the others keep those of the first state.
        pub vary: Option<String> = None;
        /// The smallest permeability in the curve.
        pub from: f64 = 0.001, in Range::between(1e-9, 1e9);
        /// The largest permeability in the curve.
        pub to: f64 = 100.0, in Range::between(1e-9, 1e9);
        /// How many permeabilities are computed, in equal ratios.
        pub points: usize = 101, in Range::between(2.0, 10_000.0);
    }
    relations { from < to; }
}

impl Reversal {
    /// The potential in mV of a membrane with these permeabilities; `None` where nothing passes.
    pub fn voltage(&self, state: &IndexMap<String, f64>, temperature: Temperature) -> Option<f64> {
        let passing: Vec<(&Ion, f64)> =
            self.ion.iter().filter_map(|(name, ion)| Some((ion, *state.get(name)?))).collect();
        ghk_voltage(&passing, temperature)
    }

    /// V_m over the permeability of one ion: state, permeability, potential.
    fn curve(&self, temperature: Temperature) -> Option<Vec<(f64, f64)>> {
        let (vary, (_, first)) = (self.vary.as_ref()?, self.state.first()?);
        let last = (self.points - 1) as f64;
        let point = |k: usize| {
            let p = self.from * math::pow(self.to / self.from, k as f64 / last);
            let mut state = first.clone();
            state.insert(vary.clone(), p);
            Some((p, self.voltage(&state, temperature)?))
        };
        (0..self.points).map(point).collect()
    }

    fn membrane(
        &self,
        name: &str,
        neuron: &Neuron,
        folder: &RunFolder,
    ) -> Result<IndexMap<String, Metric>, HarnessError> {
        let mut metrics = IndexMap::new();
        let (mut of_ions, mut of_states) = (Vec::new(), Vec::new());
        let (mut lines, mut curves) = (Vec::new(), Vec::new());
        for &temperature in &self.temperatures {
            for (ion, own) in &self.ion {
                let e = own.reversal(temperature);
                let words = "Nernst potential: where as much of this ion flows in as out";
                metrics.insert(format!("e_{ion}[{temperature}]"), Metric::new(e, "mV", words));
                of_ions.push((ion.clone(), own, temperature.get(), e));
            }
            for (state, permeabilities) in &self.state {
                let v = self.voltage(permeabilities, temperature).unwrap_or(f64::NAN);
                let words =
                    "potential at which the currents of all ions cancel, with this state's permeabilities";
                metrics.insert(format!("v_{state}[{temperature}]"), Metric::new(v, "mV", words));
                let p = self.vary.as_ref().and_then(|vary| permeabilities.get(vary)).copied();
                of_states.push((state.clone(), p.unwrap_or(f64::NAN), temperature.get(), v));
            }
            let mut valences: Vec<f64> = self.ion.values().map(|ion| ion.valence).collect();
            valences.sort_by(f64::total_cmp);
            valences.dedup();
            for valence in valences {
                // On a logarithmic axis two points are a line.
                for ratio in [RATIOS.0, RATIOS.1] {
                    lines.push((valence, ratio, temperature.get(), nernst(valence, 1.0, ratio, temperature)));
                }
            }
            let curve = self.curve(temperature).unwrap_or_default();
            curves.extend(curve.into_iter().map(|(p, v)| (p, temperature.get(), v)));
        }
        metrics.insert("warming".to_owned(), self.warming());
        for (ion, e) in batteries(neuron) {
            if let Some(own) = self.ion.get(ion) {
                let off = e - own.reversal(self.temperatures[0]);
                let words = "the side's own reversal potential for this ion, less the Nernst potential at the first temperature";
                metrics.insert(format!("model_off_{ion}"), Metric::new(off, "mV", words));
            }
        }
        let table = Table::new()
            .with_texts("ion", of_ions.iter().map(|row| row.0.clone()).collect())?
            .with_numbers("valence", of_ions.iter().map(|row| row.1.valence).collect())?
            .with_numbers("inside_mM", of_ions.iter().map(|row| row.1.inside.get()).collect())?
            .with_numbers("outside_mM", of_ions.iter().map(|row| row.1.outside.get()).collect())?
            .with_numbers("temperature_degC", of_ions.iter().map(|row| row.2).collect())?
            .with_numbers("e_mV", of_ions.iter().map(|row| row.3).collect())?;
        folder.write(layout::trace(name, "ions"), table.to_csv())?;
        let table = Table::new()
            .with_numbers("valence", lines.iter().map(|row| row.0).collect())?
            .with_numbers("ratio", lines.iter().map(|row| row.1).collect())?
            .with_numbers("temperature_degC", lines.iter().map(|row| row.2).collect())?
            .with_numbers("e_mV", lines.iter().map(|row| row.3).collect())?;
        folder.write(layout::trace(name, "nernst"), table.to_csv())?;
        let table = Table::new()
            .with_texts("state", of_states.iter().map(|row| row.0.clone()).collect())?
            .with_numbers("permeability", of_states.iter().map(|row| row.1).collect())?
            .with_numbers("temperature_degC", of_states.iter().map(|row| row.2).collect())?
            .with_numbers("v_mV", of_states.iter().map(|row| row.3).collect())?;
        folder.write(layout::trace(name, "states"), table.to_csv())?;
        let varied = self.vary.clone().unwrap_or_default();
        let table = Table::new()
            .with_texts("ion", curves.iter().map(|_| varied.clone()).collect())?
            .with_numbers("permeability", curves.iter().map(|row| row.0).collect())?
            .with_numbers("temperature_degC", curves.iter().map(|row| row.1).collect())?
            .with_numbers("v_mV", curves.iter().map(|row| row.2).collect())?;
        folder.write(layout::trace(name, "permeability"), table.to_csv())?;
        Ok(metrics)
    }

    /// What the first state's potential does from the first temperature to the last.
    fn warming(&self) -> Metric {
        let words = "change of the first state's potential from the first temperature to the last";
        let at = |temperature: Option<&Temperature>| {
            self.state.first().and_then(|(_, state)| self.voltage(state, *temperature?))
        };
        match (at(self.temperatures.first()), at(self.temperatures.last())) {
            (Some(first), Some(last)) => Metric::new(last - first, "mV", words),
            _ => Metric::new(f64::NAN, "mV", words).with_why_null("no state is given"),
        }
    }
}

/// The batteries that a model assumes, by ion.
fn batteries(neuron: &Neuron) -> Vec<(&'static str, f64)> {
    match neuron {
        Neuron::HodgkinHuxley(squid) => vec![("Na", squid.e_na.get()), ("K", squid.e_k.get())],
        _ => Vec::new(),
    }
}

/// What a unit answers with when nothing comes in.
fn artificial(side: &AnnSide, network: &Network) -> IndexMap<String, Metric> {
    let output = network.ends().1.first().copied().unwrap_or(0);
    let into = network.projections.values().filter(|p| p.to == output);
    let bias: f64 = into.filter_map(|p| p.bias.as_ref()?.first()).sum();
    let name = network.populations.get_index(output).map_or("", |(_, population)| &population.name);
    let rest = side.activation_of(name).curve::<f64>().value(bias);
    IndexMap::from([
        ("bias".to_owned(), Metric::new(bias, "1", "what the output unit adds to its input: a free number")),
        ("rest".to_owned(), Metric::new(rest, "1", "what the output unit answers when nothing comes in")),
        (
            "warming".to_owned(),
            Metric::new(0.0, "1", "change of that answer with the temperature: a number has none"),
        ),
    ])
}

impl Conduct for Reversal {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut problem = |path: String, words: String, hint: &str| {
            problems.push(Problem::new(path, words).hint(hint));
        };
        if !scenario.side.values().any(|side| side.spiking.is_some()) {
            let words = "protocol.reversal is about a membrane, and no side has one".to_owned();
            problem("side".to_owned(), words, "add a side with a `spiking` table");
        }
        let at = "protocol.reversal";
        if self.temperatures.is_empty() {
            problem(
                format!("{at}.temperatures"),
                "there is no temperature".to_owned(),
                "give one, or leave it out",
            );
        }
        if self.ion.is_empty() {
            let hint = "add for example ion.K = { inside = \"400 mM\", outside = \"20 mM\" }";
            problem(format!("{at}.ion"), "there is no ion".to_owned(), hint);
        }
        for (name, ion) in self.ion.iter().filter(|(_, ion)| !ion.has_charge()) {
            let words = format!("an ion of charge {} does not exist", ion.valence);
            problem(format!("{at}.ion.{name}.valence"), words, "1 for K and Na, 2 for Ca, -1 for Cl");
        }
        let known = || self.ion.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        for (name, state) in &self.state {
            let path = format!("{at}.state.{name}");
            for (ion, permeability) in state {
                if !self.ion.contains_key(ion) {
                    let words = format!("there is no ion `{ion}`");
                    problem(format!("{path}.{ion}"), words, &format!("the ions are: {}", known()));
                }
                if *permeability < 0.0 {
                    let words = format!("a permeability of {permeability} is below 0");
                    problem(format!("{path}.{ion}"), words, "0 where the ion does not pass");
                }
            }
            if state.values().all(|&permeability| permeability <= 0.0) {
                problem(
                    path,
                    "nothing passes in this state".to_owned(),
                    "give at least one ion a permeability above 0",
                );
            }
        }
        if let Some(vary) = &self.vary {
            if !self.ion.contains_key(vary) {
                let words = format!("there is no ion `{vary}`");
                problem(format!("{at}.vary"), words, &format!("the ions are: {}", known()));
            }
            if self.state.is_empty() {
                let hint = "add for example state.rest = { K = 1.0, Na = 0.04 }";
                problem(format!("{at}.vary"), "there is no state from which to vary".to_owned(), hint);
            }
        }
        problems
    }

    fn headline(&self) -> Option<&'static str> {
        Some("warming")
    }

    fn rehearse(&self, _stage: &Stage<'_>) -> Result<(), HarnessError> {
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        _progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let network = &stage.networks[0];
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            let label = side.label(name);
            let metrics = match (&side.ann, &side.spiking) {
                (Some(ann), _) => {
                    let metrics = artificial(ann, network);
                    let rest = metrics["rest"].value.map_or("n/a".to_owned(), format::number);
                    findings.verdicts.push(format!(
                        "{label} rests at {rest}, its bias: no ion and no temperature stands behind it."
                    ));
                    metrics
                }
                (_, Some(spiking)) => {
                    let metrics = self.membrane(name, &spiking.neuron, folder)?;
                    findings.verdicts.extend(self.verdicts(label, &metrics));
                    metrics
                }
                (None, None) => continue,
            };
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let ions =
            self.ion.iter().map(|(name, ion)| format!("{name} {} in, {} out", ion.inside, ion.outside));
        let words = ions.collect::<Vec<_>>().join("; ");
        findings.shared = vec![SharedFact { what: "ions".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        Some(match &side.ann {
            Some(_) => "A unit whose resting value is its bias.".to_owned(),
            None => "A membrane between two solutions; nothing moves but ions.".to_owned(),
        })
    }
}

impl Reversal {
    fn verdicts(&self, label: &str, metrics: &IndexMap<String, Metric>) -> Vec<String> {
        let value = |path: &str| metrics.get(path).and_then(|metric| metric.value);
        let mut words = Vec::new();
        for &temperature in &self.temperatures {
            let of = |kind: &str, name: &String| {
                let v = value(&format!("{kind}_{name}[{temperature}]"));
                format!("{name} {} mV", v.map_or("n/a".to_owned(), |v| format!("{v:.1}")))
            };
            let ions: Vec<String> = self.ion.keys().map(|name| of("e", name)).collect();
            let mut sentence = format!("{label} at {temperature}: batteries {}", ions.join(", "));
            if !self.state.is_empty() {
                let states: Vec<String> = self.state.keys().map(|name| of("v", name)).collect();
                sentence += &format!("; all together {}", states.join(", "));
            }
            words.push(sentence + ".");
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Document, check};

    fn problems(protocol: &str) -> String {
        let text = format!(
            "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.cell.size = 1\nside.s.spiking = {{}}\n{protocol}"
        );
        match check(Document::parse("t", text).unwrap(), &[]) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let ion = "[protocol.reversal.ion]\nK = { inside = '400 mM', outside = '20 mM' }\n";
        assert_eq!(problems(ion), "");
        for (more, words) in [
            ("Na = { valence = 0.5, inside = '1 mM', outside = '1 mM' }", "charge 0.5"),
            ("[protocol.reversal.state.rest]\nNa = 1.0", "there is no ion `Na`"),
            ("[protocol.reversal.state.rest]\nK = -1.0", "below 0"),
            ("[protocol.reversal.state.rest]\nK = 0.0", "nothing passes"),
        ] {
            let found = problems(&format!("{ion}{more}"));
            assert!(found.contains(words), "{more}: {found}");
        }
        let found =
            problems("[protocol.reversal]\nvary = 'Na'\nion.K = { inside = '1 mM', outside = '1 mM' }");
        assert!(found.contains("there is no state") && found.contains("there is no ion `Na`"), "{found}");
        assert!(problems("[protocol.reversal]\nion = {}\ntemperatures = []").contains("there is no ion"));
        let cold = "[protocol.reversal]\ntemperatures = ['-300 degC']\nion.K = { inside = '1 mM', outside = '1 mM' }";
        assert!(problems(cold).contains("-273.15"), "{}", problems(cold));
    }
}
