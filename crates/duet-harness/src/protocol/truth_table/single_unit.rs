//! What one threshold unit can and cannot do, by trying them all.

/// The most patterns that any single threshold unit gets right, for up to three inputs.
///
/// Units with whole weights of -2 ... 2 and thresholds half-way between whole numbers are all there are: every threshold
/// function of up to three inputs has such weights (Muroga 1971; the test counts them).
pub fn best_single_unit(patterns: &[Vec<bool>], truth: &[bool]) -> usize {
    let n = patterns.first().map_or(0, Vec::len);
    units(n).into_iter().map(|unit| right(&unit, patterns, truth)).max().unwrap_or(0)
}

/// Weights and, last, the bias of every unit tried.
fn units(n: usize) -> Vec<Vec<f64>> {
    let mut weights: Vec<Vec<f64>> = vec![Vec::new()];
    for _ in 0..n {
        let longer = |list: Vec<f64>| (-2..=2).map(move |w| [list.clone(), vec![f64::from(w)]].concat());
        weights = weights.into_iter().flat_map(longer).collect();
    }
    let reach = 2 * i32::try_from(n).unwrap_or(0);
    let biased =
        |list: Vec<f64>| (-reach..=reach + 1).map(move |b| [list.clone(), vec![f64::from(b) - 0.5]].concat());
    weights.into_iter().flat_map(biased).collect()
}

fn says(unit: &[f64], pattern: &[bool]) -> bool {
    let drive: f64 = unit.iter().zip(pattern).map(|(w, &bit)| if bit { *w } else { 0.0 }).sum();
    drive + unit[pattern.len()] >= 0.0
}

fn right(unit: &[f64], patterns: &[Vec<bool>], truth: &[bool]) -> usize {
    patterns.iter().zip(truth).filter(|(pattern, truth)| says(unit, pattern) == **truth).count()
}

#[cfg(test)]
mod tests {
    use super::super::patterns;
    use super::{best_single_unit, says, units};
    use std::collections::BTreeSet;

    /// 4, 14 and 104 threshold functions of 1, 2 and 3 inputs (Muroga 1971; OEIS A000609).
    #[test]
    fn the_units_tried_are_all_threshold_functions() {
        for (n, count) in [(1, 4), (2, 14), (3, 104)] {
            let patterns = patterns(n);
            let function =
                |unit: Vec<f64>| patterns.iter().map(|pattern| says(&unit, pattern)).collect::<Vec<_>>();
            let functions: BTreeSet<Vec<bool>> = units(n).into_iter().map(function).collect();
            assert_eq!(functions.len(), count, "{n} inputs");
        }
    }

    /// The two functions of two inputs that are missing: for any unit the drives of (0,0) and (1,1) add up to those of
    /// (0,1) and (1,0), so they cannot all lie on their sides of the threshold.
    #[test]
    fn the_exclusive_or_and_its_opposite_are_beyond_one_unit() {
        let patterns = patterns(2);
        for k in 0..16_u32 {
            let truth: Vec<bool> = (0..4).map(|at| k >> at & 1 == 1).collect();
            let opposite_corners = truth[0] == truth[3] && truth[1] == truth[2] && truth[0] != truth[1];
            let expected = if opposite_corners { 3 } else { 4 };
            assert_eq!(best_single_unit(&patterns, &truth), expected, "{truth:?}");
        }
    }
}
