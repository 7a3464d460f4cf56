//! The key of an expected value, and the argument written in it.

use duet_units::{Current, Frequency, Time, Voltage};

/// `NAME`, `NAME@VALUE` or `NAME@VARIABLE=VALUE`; the value may carry a unit, and words in brackets may follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The whole key.
    pub text: String,
    /// What stands before the `@`.
    pub name: String,
    variable: String,
    value: Option<String>,
}

impl Key {
    pub fn parse(text: &str) -> Self {
        let (name, argument) = match text.split_once('@') {
            Some((name, rest)) => (name, Some(rest.split(" (").next().unwrap_or(rest).trim())),
            None => (text.split(" (").next().unwrap_or(text), None),
        };
        let (variable, value) = match argument.and_then(|argument| argument.split_once('=')) {
            Some((variable, value)) => (variable.trim(), Some(value.trim())),
            None => ("", argument),
        };
        Self {
            text: text.to_owned(),
            name: name.trim().to_owned(),
            variable: variable.to_owned(),
            value: value.map(str::to_owned),
        }
    }

    /// The argument of a variable (`""` where none is written) in internal units: ms, mV, pA, Hz.
    pub fn at(&self, variable: &str) -> Option<f64> {
        let value = self.value.as_deref().filter(|_| self.variable == variable)?;
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
        number
            .or_else(|| value.parse::<Time>().map(Time::get).ok())
            .or_else(|| value.parse::<Current>().map(Current::get).ok())
            .or_else(|| value.parse::<Voltage>().map(Voltage::get).ok())
            .or_else(|| value.parse::<Frequency>().map(Frequency::get).ok())
    }

    /// The arguments of two variables: `a=1,b=2`.
    pub fn both(&self, first: &str, second: &str) -> Option<[f64; 2]> {
        let (one, rest) = self.value.as_deref().filter(|_| self.variable == first)?.split_once(',')?;
        let (name, other) = rest.split_once('=')?;
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        (name.trim() == second).then_some(())?;
        Some([number(one)?, number(other)?])
    }

    /// The name, if the key has no argument; else a text that is no name.
    pub fn bare(&self) -> &str {
        if self.value.is_none() { &self.name } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn arguments_with_and_without_variable_unit_and_words() {
        let key = Key::parse("first_spike_ms@I=376 (from V=E_L, current on at t=0)");
        assert_eq!((key.name.as_str(), key.at("I"), key.at("")), ("first_spike_ms", Some(376.0), None));
        assert_eq!(Key::parse("V_mV@11.0ms").at(""), Some(11.0));
        assert_eq!(Key::parse("V_mV@0.5 s").at(""), Some(500.0));
        assert_eq!(Key::parse("dw@-20ms").at(""), Some(-20.0));
        assert_eq!(Key::parse("ci@9750").at(""), Some(9750.0));
        assert_eq!(Key::parse("f_Hz@I=1e3").at("I"), Some(1000.0));
        assert_eq!(Key::parse("V_mV@soon").at(""), None);
        assert_eq!(Key::parse("nu_Hz@g=4.5,eta=0.9").both("g", "eta"), Some([4.5, 0.9]));
        assert_eq!(Key::parse("nu_Hz@g=4.5,eta=0.9").both("eta", "g"), None);
        assert_eq!(Key::parse("nu_Hz@g=4.5").both("g", "eta"), None);
        assert_eq!(Key::parse("n_spikes").bare(), "n_spikes");
        assert_eq!(Key::parse("n_spikes@5ms").bare(), "");
    }
}
