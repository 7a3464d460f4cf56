//! From the values of every field to the points of a sweep.

use crate::HarnessError;

/// More would be a sweep that nobody waits for, and a table that nobody reads.
pub const MOST_POINTS: usize = 10_000;

/// The product of all fields, the last one changing fastest. Fields drawn by chance are one dimension together: their first
/// values make a point, their second ones the next, in the place of the first of them.
///
/// # Errors
/// [`HarnessError::Usage`] where there are too many, or fields drawn by chance are not equally long.
pub fn product(fields: &[(&[f64], bool)]) -> Result<Vec<Vec<f64>>, HarnessError> {
    let usage = |words: String| HarnessError::Usage { words };
    let mut chance = fields.iter().filter(|(_, random)| *random).map(|(values, _)| values.len());
    let drawn = chance.next();
    if let (Some(n), Some(other)) = (drawn, chance.find(|other| Some(*other) != drawn)) {
        let words = format!(
            "--vary: {n} and {other} values by chance; they are drawn together, so give each the same number"
        );
        return Err(usage(words));
    }
    // A dimension: the fields in it, and its length.
    let mut dimensions: Vec<(Vec<usize>, usize)> = Vec::new();
    let mut together: Option<usize> = None;
    for (at, (values, random)) in fields.iter().enumerate() {
        if let Some(dimension) = together.filter(|_| *random) {
            dimensions[dimension].0.push(at);
            continue;
        }
        if *random {
            together = Some(dimensions.len());
        }
        dimensions.push((vec![at], values.len()));
    }
    let total = dimensions.iter().try_fold(1_usize, |total, (_, n)| total.checked_mul(*n));
    let total = total.filter(|total| *total <= MOST_POINTS).ok_or_else(|| {
        let sizes: Vec<String> = dimensions.iter().map(|(_, n)| n.to_string()).collect();
        usage(format!("{} points; a sweep has at most {MOST_POINTS}: take fewer values", sizes.join(" x ")))
    })?;
    let point = |index: usize| {
        let mut point = vec![0.0; fields.len()];
        let mut rest = index;
        for (members, n) in dimensions.iter().rev() {
            members.iter().for_each(|&at| point[at] = fields[at].0[rest % n]);
            rest /= n;
        }
        point
    };
    Ok((0..total).map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_field_changes_fastest() {
        let points = product(&[(&[1.0, 2.0], false), (&[5.0, 6.0, 7.0], false)]).unwrap();
        let expected = [[1.0, 5.0], [1.0, 6.0], [1.0, 7.0], [2.0, 5.0], [2.0, 6.0], [2.0, 7.0]];
        assert_eq!(points, expected);
    }

    #[test]
    fn chance_is_drawn_point_by_point() {
        let points = product(&[(&[0.1, 0.2], true), (&[1.0, 2.0], false), (&[0.3, 0.4], true)]).unwrap();
        assert_eq!(points, [[0.1, 1.0, 0.3], [0.1, 2.0, 0.3], [0.2, 1.0, 0.4], [0.2, 2.0, 0.4]]);
        let error = product(&[(&[0.1, 0.2], true), (&[0.3], true)]).unwrap_err();
        assert!(error.to_string().contains("2 and 1 values"), "{error}");
    }

    #[test]
    fn too_many_are_refused_before_they_are_made() {
        let many = vec![0.0; 10_000];
        let fields: Vec<(&[f64], bool)> = vec![(&many, false); 9];
        assert!(product(&fields).unwrap_err().to_string().contains("at most 10000"));
    }
}
