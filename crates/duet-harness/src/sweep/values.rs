//! `--vary PATH=VALUES`: the values that a field takes, as a person writes them.
//!
//! | VALUES | means |
//! |---|---|
//! | `1,2,5` | these |
//! | `from..to:n` | n values at equal distances, both ends among them |
//! | `from..to:n:log` | n values of equal ratios |
//! | `from..to~n` | n values drawn by chance, uniformly |
//!
//! Where the field has a unit, so have the values: `10 ms,20 ms`; in a range once is enough: `10..20 ms:5`.

use crate::HarnessError;
use crate::scenario::{Document, Node, Override, Value};
use duet_kernels::math::{exp, ln};
use duet_random::Key;
use duet_record::Varied;

/// More of them is a slip of the pen.
const MOST_VALUES: usize = 10_000;

/// A field and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Vary {
    /// Dotted keys, as in `--set`.
    pub path: String,
    /// The unit behind every value; empty for a pure number.
    pub unit: String,
    /// The values.
    pub values: Values,
}

/// The values of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One after the other.
    List(Vec<f64>),
    /// `n` from the first to the last, at equal distances or (`log`) of equal ratios.
    Grid {
        /// The first.
        from: f64,
        /// The last.
        to: f64,
        /// How many.
        n: usize,
        /// Whether ratios are equal, not distances.
        log: bool,
    },
    /// `n` drawn uniformly between two bounds.
    Random {
        /// The lower bound.
        from: f64,
        /// The upper bound.
        to: f64,
        /// How many.
        n: usize,
    },
}

impl Vary {
    /// Reads `PATH=VALUES`.
    ///
    /// # Errors
    /// [`HarnessError::Usage`] says what is wrong with it and what would be right.
    pub fn parse(text: &str) -> Result<Self, HarnessError> {
        let usage = |why: String| HarnessError::Usage { words: format!("--vary {text:?}: {why}") };
        let (path, values) = text
            .split_once('=')
            .filter(|(path, _)| !path.trim().is_empty())
            .ok_or_else(|| usage("write PATH=VALUES, such as protocol.learn.epochs=5,10,20".to_owned()))?;
        let (unit, values) = read(values.trim()).map_err(usage)?;
        Ok(Self { path: path.trim().to_owned(), unit, values })
    }

    /// What is recorded of it; `base` is the scenario with every default written out.
    pub(super) fn varied(&self, base: &Document) -> Varied {
        let written = match &self.values {
            Values::List(list) => list.iter().all(|x| x.fract() == 0.0),
            Values::Grid { from, to, .. } | Values::Random { from, to, .. } => {
                from.fract() == 0.0 && to.fract() == 0.0
            }
        };
        // A field that is not set has no kind yet: it holds what is written.
        let whole = value_at(&base.root, &self.path)
            .map_or(written && self.unit.is_empty(), |value| matches!(value, Value::Integer(_)));
        Varied {
            path: self.path.clone(),
            unit: self.unit.clone(),
            whole,
            log: matches!(self.values, Values::Grid { log: true, .. }),
            random: matches!(self.values, Values::Random { .. }),
        }
    }

    /// The values themselves. Random ones follow from the seed and the path alone.
    ///
    /// # Errors
    /// [`HarnessError::Usage`] for a value that stands there twice.
    pub(super) fn draw(&self, seed: u64, whole: bool) -> Result<Vec<f64>, HarnessError> {
        let round = |x: f64| if whole { x.round() } else { twelve_digits(x) };
        let numbers: Vec<f64> = match &self.values {
            Values::List(list) => return self.once(list.clone()),
            &Values::Grid { from, to, n, log } => {
                let part = |i: usize| i as f64 / (n - 1) as f64;
                let between = |i: usize| match (i, log) {
                    (0, _) => from,
                    (i, _) if i == n - 1 => to,
                    (i, true) => round(exp(ln(from) + (ln(to) - ln(from)) * part(i))),
                    (i, false) => round(from + (to - from) * part(i)),
                };
                (0..n).map(between).collect()
            }
            &Values::Random { from, to, n } => {
                let key = Key::new(seed).child("sweep");
                let draw = |i: usize| {
                    let mut stream = key.stream(&self.path, i as u64);
                    if whole {
                        from.ceil()
                            + stream.below(((to.floor() - from.ceil()) as u64).saturating_add(1)) as f64
                    } else {
                        stream.uniform_in(from, to)
                    }
                };
                return Ok((0..n).map(draw).collect());
            }
        };
        self.once(numbers)
    }

    fn once(&self, numbers: Vec<f64>) -> Result<Vec<f64>, HarnessError> {
        match numbers.iter().enumerate().find(|(at, x)| numbers[..*at].contains(x)) {
            None => Ok(numbers),
            Some((_, twice)) => Err(HarnessError::Usage {
                words: format!(
                    "--vary {}: {twice} stands there twice; write each value once, or fewer points where they are whole \
                     numbers",
                    self.path
                ),
            }),
        }
    }
}

/// A value put in its place.
pub(super) fn set(varied: &Varied, value: f64) -> Override {
    let value = if !varied.unit.is_empty() {
        Value::Text(format!("{value} {}", varied.unit))
    } else if varied.whole && value.fract() == 0.0 && value.abs() < 9e15 {
        Value::Integer(value as i64)
    } else {
        Value::Float(value)
    };
    Override { path: varied.path.clone(), value }
}

fn value_at<'a>(root: &'a Node, path: &str) -> Option<&'a Value> {
    crate::scenario::split_path(path).iter().try_fold(&root.value, |value, key| match value {
        Value::Table(table) => table.get(key).map(|(_, node)| &node.value),
        Value::List(list) => list.get(key.parse::<usize>().ok()?).map(|node| &node.value),
        _ => None,
    })
}

fn read(text: &str) -> Result<(String, Values), String> {
    match text.split_once("..") {
        None => list(text),
        Some((from, rest)) => range(from, rest),
    }
}

fn list(text: &str) -> Result<(String, Values), String> {
    let items = text.split(',').map(number).collect::<Result<Vec<_>, _>>()?;
    let unit = items[0].1.clone();
    if let Some((_, other)) = items.iter().find(|(_, other)| *other != unit) {
        return Err(format!("{} and {} are mixed; write all values in one unit", named(&unit), named(other)));
    }
    Ok((unit, Values::List(items.into_iter().map(|(x, _)| x).collect())))
}

fn range(from: &str, rest: &str) -> Result<(String, Values), String> {
    const FORMS: &str = "a range is written from..to:n, from..to:n:log or from..to~n";
    let (to, n, random, log) = match (rest.split_once('~'), rest.split_once(':')) {
        (Some((to, n)), None) => (to, n, true, false),
        (None, Some((to, n))) => match n.split_once(':') {
            None => (to, n, false, false),
            Some((n, "log")) => (to, n, false, true),
            Some((_, other)) => return Err(format!("{other:?} is no kind of grid, only `log` is; {FORMS}")),
        },
        (None, None) => return Err(format!("how many values? {FORMS}")),
        (Some(_), Some(_)) => return Err(format!("it is either a grid or by chance; {FORMS}")),
    };
    let least = if random { 1 } else { 2 };
    let count = n.trim().parse::<usize>().ok().filter(|n| (least..=MOST_VALUES).contains(n));
    let n = count.ok_or_else(|| format!("n = {n}; it is a whole number from {least} to {MOST_VALUES}"))?;
    let ((from, first), (to, last)) = (number(from)?, number(to)?);
    if !first.is_empty() && first != last {
        return Err(format!("{} and {} are mixed; write both ends in one unit", named(&first), named(&last)));
    }
    let wide = (to - from).is_finite();
    if from == to || !wide || (random && from > to) {
        let order = if random { "the first end is the smaller one" } else { "the ends differ" };
        return Err(format!("from {from} to {to} is no range: {order}"));
    }
    if log && (from <= 0.0 || to <= 0.0) {
        return Err(format!("from {from} to {to} has no equal ratios: both ends of a log grid are above 0"));
    }
    Ok((last, if random { Values::Random { from, to, n } } else { Values::Grid { from, to, n, log } }))
}

/// A number and the unit behind it.
fn number(text: &str) -> Result<(f64, String), String> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number = digits.parse::<f64>().ok().filter(|x| x.is_finite());
    // -0 is 0.
    number.map(|x| (x + 0.0, unit.trim().to_owned())).ok_or_else(|| {
        format!("{text:?} is no finite number, with a unit where the field has one: 20, 0.5, 20 ms")
    })
}

fn named(unit: &str) -> String {
    if unit.is_empty() { "values without a unit".to_owned() } else { format!("values in {unit}") }
}

/// 0.3 where arithmetic has 0.30000000000000004.
fn twelve_digits(x: f64) -> f64 {
    format!("{x:.11e}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(values: &str, whole: bool) -> Vec<f64> {
        Vary::parse(&format!("a.b={values}")).unwrap().draw(7, whole).unwrap()
    }

    #[test]
    fn lists_and_grids() {
        assert_eq!(drawn("1,2, 5", true), [1.0, 2.0, 5.0]);
        assert_eq!(drawn("-70 mV,-6e1 mV", false), [-70.0, -60.0]);
        assert_eq!(drawn("0..1:11", false)[3], 0.3);
        assert_eq!(drawn("4..256:7:log", true), [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]);
        assert_eq!(drawn("1e-3..1e-1:3:log", false), [0.001, 0.01, 0.1]);
        assert_eq!(drawn("20..10 ms:3", false), [20.0, 15.0, 10.0]);
        assert_eq!(Vary::parse("x=10..20 ms:3").unwrap().unit, "ms");
    }

    #[test]
    fn chance_follows_from_seed_and_path() {
        let vary = |path: &str, n: usize| Vary::parse(&format!("{path}=1..4~{n}")).unwrap();
        let long = vary("a", 200).draw(7, false).unwrap();
        assert_eq!(vary("a", 5).draw(7, false).unwrap(), long[..5]);
        assert!(long.iter().all(|x| (1.0..4.0).contains(x)));
        assert_ne!(vary("b", 200).draw(7, false).unwrap(), long);
        assert_ne!(vary("a", 200).draw(8, false).unwrap(), long);
        let mut whole = vary("a", 200).draw(7, true).unwrap();
        whole.sort_by(f64::total_cmp);
        whole.dedup();
        assert_eq!(whole, [1.0, 2.0, 3.0, 4.0], "both ends are drawn, and nothing between whole numbers");
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        for (text, words) in [
            ("a", "PATH=VALUES"),
            ("=1", "PATH=VALUES"),
            ("a=", "no finite number"),
            ("a=1,,2", "no finite number"),
            ("a=1e400", "no finite number"),
            ("a=nan", "no finite number"),
            ("a=1 ms,2 s", "one unit"),
            ("a=1,2 s", "without a unit"),
            ("a=1 ms..2 s:3", "one unit"),
            ("a=1..2", "how many"),
            ("a=1..2:1", "from 2 to 10000"),
            ("a=1..2~0", "from 1 to 10000"),
            ("a=1..2:3:exp", "only `log`"),
            ("a=1..2:3~4", "either"),
            ("a=2..2:3", "ends differ"),
            ("a=2..1~3", "smaller"),
            ("a=-1e308..1e308:3", "no range"),
            ("a=0..1:3:log", "above 0"),
        ] {
            let error = Vary::parse(text).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("--vary"), "{text}: {error}");
        }
        for (text, whole) in [("a=1,1", false), ("a=1..3:5", true)] {
            assert!(Vary::parse(text).unwrap().draw(1, whole).unwrap_err().to_string().contains("twice"));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = Vary::parse(&text);
            let _ = Vary::parse(&format!("a={text}"));
        }

        #[test]
        fn a_list_is_read_back(numbers in prop::collection::vec(-1e12..1e12, 1..9)) {
            let text: Vec<String> = numbers.iter().map(|x| format!("{x} mV")).collect();
            let vary = Vary::parse(&format!("a={}", text.join(","))).unwrap();
            prop_assert_eq!(vary.values, Values::List(numbers));
        }

        #[test]
        fn a_grid_goes_one_way_from_end_to_end(
            from in 1e-6..1e6, ratio in 1.5..1e6, n in 2_usize..50, log: bool, down: bool,
        ) {
            let (from, to) = if down { (from * ratio, from) } else { (from, from * ratio) };
            let log = if log { ":log" } else { "" };
            let grid = drawn(&format!("{from}..{to}:{n}{log}"), false);
            prop_assert_eq!((grid.len(), grid[0], grid[n - 1]), (n, from, to));
            prop_assert!(grid.windows(2).all(|pair| (pair[1] < pair[0]) == down));
        }
    }
}
