//! How far a computed value may be from the expected one.

use super::key::Key;
use duet_kernels::math::log10;
use serde::Deserialize;
use serde_json::{Map, Value};

/// An entry's table `tolerance`. `abs` and `rel` hold for every value; other keys name a value, or a kind of value
/// (`V_abs_mV`, `spike_abs_ms`, `first3_abs_ms`, `count`), and `per_key_...` holds a table by value. All that apply hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Tolerance(pub Map<String, Value>);

/// One bound on a deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    pub size: f64,
    /// Whether `size` is a share of the expected value.
    pub relative: bool,
}

/// Expected values are written with so many significant digits.
const DIGITS: i32 = 12;

/// Half a unit of the last digit that is written of a number: what lies behind it is unknown.
fn unwritten(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { 0.5 * 10.0_f64.powi(log10(number.abs()).floor() as i32 + 1 - DIGITS) }
}

impl Bound {
    /// The deviation in units of what is allowed: at most 1 where the bound holds.
    ///
    /// A few tolerances (1e-12 for a value near 3) are finer than the expected value is written. There, and only there,
    /// half a unit of its last digit is allowed on top.
    pub fn deviation(&self, got: f64, expected: f64) -> f64 {
        let size = if self.relative { self.size * expected.abs() } else { self.size };
        let unwritten = unwritten(expected);
        let allowed = if size > 0.0 && size < unwritten { size + unwritten } else { size };
        let deviation = (got - expected).abs();
        match deviation {
            0.0 => 0.0,
            _ if deviation.is_nan() => f64::INFINITY,
            _ => deviation / allowed.max(0.0),
        }
    }
}

impl Tolerance {
    /// The bounds on one value; `place` counts the elements of a list.
    pub fn bounds(&self, key: &Key, place: usize) -> Vec<Bound> {
        let at = |place| -> Vec<Bound> {
            self.0.iter().filter_map(|(name, value)| bound(name, value, key, place)).collect()
        };
        let bounds = at(place);
        // Where only the first few of a list are bounded, what follows must be there, at any distance.
        if bounds.is_empty() && place > 0 && !at(0).is_empty() {
            return vec![Bound { size: f64::INFINITY, relative: false }];
        }
        // Where all tolerances are for other kinds of value, a count is what it is.
        if bounds.is_empty() && !self.0.is_empty() && is_count(&key.name) {
            return vec![Bound { size: 0.0, relative: false }];
        }
        bounds
    }

    /// The absolute bound that follows some words in the note: `extremum time tolerance 2e-3 ms`.
    pub fn noted(&self, words: &str) -> Option<Bound> {
        let note = self.0.get("note")?.as_str()?;
        let after = &note[note.find(words)? + words.len()..];
        let size = after.split([' ', ',', ';', ')', ':']).find(|word| !word.is_empty())?.parse().ok()?;
        Some(Bound { size, relative: false })
    }

    /// What the note allows a computation in single precision: the number after `f32`, relative where the word `rel`
    /// follows, else as the entry's own tolerance.
    pub fn single(&self) -> Option<Bound> {
        let note = self.0.get("note")?.as_str()?;
        let mut words = note[note.find("f32")?..].split([' ', ',', ';', ')']).filter(|word| !word.is_empty());
        let size = words.find_map(|word| word.parse().ok())?;
        let relative = words.next() == Some("rel") || !self.0.contains_key("abs");
        Some(Bound { size, relative })
    }
}

fn bound(name: &str, value: &Value, key: &Key, place: usize) -> Option<Bound> {
    let absolute = |value: &Value| value.as_f64().map(|size| Bound { size, relative: false });
    if name == "exact" {
        return value.as_bool()?.then_some(Bound { size: 0.0, relative: false });
    }
    if name.starts_with("per_key") {
        let bound = absolute(value.get(&key.text)?)?;
        return Some(Bound { relative: name.contains("rel"), ..bound });
    }
    if name == key.text || name == key.name {
        return absolute(value);
    }
    let (kind, relative) = match (name.find("abs"), name.find("rel")) {
        _ if name == "count" => (name, false),
        (Some(at), _) => (name[..at].trim_end_matches('_'), false),
        (None, Some(at)) => (name[..at].trim_end_matches('_'), true),
        (None, None) => return None,
    };
    kind_applies(kind, &key.name, place).then_some(Bound { relative, ..absolute(value)? })
}

fn is_count(name: &str) -> bool {
    name == "count" || name.starts_with("n_")
}

/// Whether a kind of value covers a key: `V` covers `V_mV` and whatever is in mV, `t` and `spike` cover `spike_times_ms`,
/// a word covers names in which it stands: `hopf` covers `I_Hopf_1`.
fn kind_applies(kind: &str, name: &str, place: usize) -> bool {
    let is_count = is_count(name);
    let is_spikes = name.contains("spike") && !is_count;
    let word = |word: &str| word.trim_end_matches(char::is_numeric).eq_ignore_ascii_case(kind);
    match kind {
        "" => true,
        "count" => is_count,
        "spike" => is_spikes,
        "all" => !is_count,
        "end_state" => name.ends_with("_end"),
        "t" if is_spikes && name.ends_with("_ms") => true,
        "V" if name.ends_with("_mV") => true,
        _ => match kind.strip_prefix("first").map(str::parse::<usize>) {
            Some(Ok(first)) => is_spikes && place < first,
            _ => {
                let begins =
                    name.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
                begins || name.split('_').any(word)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(tolerance: &str, key: &str, place: usize) -> Vec<f64> {
        let tolerance: Tolerance = serde_json::from_str(tolerance).unwrap();
        tolerance.bounds(&Key::parse(key), place).iter().map(|bound| bound.size).collect()
    }

    #[test]
    fn kinds_of_values() {
        assert_eq!(sizes(r#"{"abs": 1, "note": "abs 2"}"#, "V_mV@5ms", 0), [1.0]);
        let nest = r#"{"spike_abs_ms": 1, "V_abs_mV": 2, "count": 3, "first2_abs_ms": 4}"#;
        assert_eq!(sizes(nest, "V_mV@5ms", 0), [2.0]);
        assert_eq!(sizes(nest, "n_spikes", 0), [3.0]);
        assert_eq!(sizes(nest, "spike_times_ms", 1), [1.0, 4.0]);
        assert_eq!(sizes(nest, "spike_times_ms", 2), [1.0]);
        assert_eq!(sizes(nest, "Vmax", 0), [0.0; 0]);
        let first = r#"{"first2_abs_ms": 4, "all_abs_ms": 5, "end_state_rel": 6}"#;
        assert_eq!(sizes(first, "last_spike_ms", 0), [4.0, 5.0]);
        assert_eq!(sizes(first, "V_end", 0), [5.0, 6.0]);
        assert_eq!(sizes(r#"{"first2_abs_ms": 4}"#, "spike_times_ms", 2), [f64::INFINITY]);
        let shape = r#"{"V_abs": 1, "t_abs": 2, "width_abs": 3}"#;
        assert_eq!(sizes(shape, "AHP_min_mV", 0), [1.0]);
        assert_eq!(sizes(shape, "t_peak_ms", 0), [2.0]);
        assert_eq!(sizes(shape, "spike_times_ms", 0), [2.0]);
        assert_eq!(sizes(shape, "half_width_ms", 0), [3.0]);
        assert_eq!(sizes(shape, "n_spikes", 0), [0.0]);
        assert_eq!(sizes(r#"{"hopf_abs": 4}"#, "Hopf1_freq_Hz", 0), [4.0]);
        assert_eq!(sizes(r#"{"per_key_abs": {"C@p=0": 5}}"#, "C@p=0", 0), [5.0]);
        assert_eq!(sizes(r#"{"angle_deg": 6, "exact": true}"#, "angle_deg", 0), [6.0, 0.0]);
    }

    #[test]
    fn deviations_in_units_of_the_tolerance() {
        let (absolute, relative) =
            (Bound { size: 0.5, relative: false }, Bound { size: 0.5, relative: true });
        assert_eq!((absolute.deviation(2.25, 2.0), relative.deviation(2.5, 2.0)), (0.5, 0.5));
        assert_eq!((relative.deviation(0.0, 0.0), relative.deviation(1e-300, 0.0)), (0.0, f64::INFINITY));
        assert_eq!(absolute.deviation(f64::NAN, 0.0), f64::INFINITY);
    }

    #[test]
    fn no_tolerance_is_finer_than_what_is_written() {
        let fine = Bound { size: 1e-12, relative: false };
        let at = |off: f64, expected: f64| fine.deviation(expected + off, expected);
        assert!(at(5.5e-12, 2.995_950_305_91) < 1.0 && at(6.5e-12, 2.995_950_305_91) > 1.0);
        assert!(at(0.9e-12, 0.345_731_230_637) < 1.0 && at(1.1e-12, 0.345_731_230_637) > 1.0);
        assert_eq!(Bound { size: 0.0, relative: false }.deviation(3.0 + 1e-12, 3.0), f64::INFINITY);
    }

    #[test]
    fn what_the_note_says_of_one_kind_of_value() {
        let tolerance: Tolerance =
            serde_json::from_str(r#"{"abs": 1e-6, "note": "RK4; extremum time tolerance 2e-3 ms"}"#).unwrap();
        assert_eq!(tolerance.noted("extremum time tolerance"), Some(Bound { size: 2e-3, relative: false }));
        assert_eq!(tolerance.noted("RK5"), None);
    }

    #[test]
    fn what_the_note_says_of_single_precision() {
        let single = |text: &str| serde_json::from_str::<Tolerance>(text).unwrap().single();
        let absolute = Some(Bound { size: 1e-6, relative: false });
        assert_eq!(single(r#"{"abs": 1e-9, "note": "f32 1e-6"}"#), absolute);
        assert_eq!(single(r#"{"abs": 1e-7, "note": "f64; f32 implementation 1e-6"}"#), absolute);
        let relative = Some(Bound { size: 1e-5, relative: true });
        assert_eq!(single(r#"{"abs": 1e-9, "note": "finite for 1e4; f32: 1e-5 rel"}"#), relative);
        assert_eq!(single(r#"{"abs": 1e-9, "note": "exact"}"#), None);
    }
}
