//! Principal components: the axes along which inputs vary, by Jacobi's rotations.

/// One axis of a cloud of inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Mean square of the inputs along it: an eigenvalue of their matrix of second moments.
    pub variance: f64,
    /// Its direction, of length 1.
    pub axis: Vec<f64>,
}

/// Sweeps over all pairs of axes; a handful suffices, because convergence is quadratic.
const MOST_SWEEPS: usize = 60;

/// The eigenvectors of a symmetric matrix given row by row, the largest eigenvalue first. Of each pair of opposite axes the
/// one is taken whose largest entry is positive.
///
/// ```text
/// tan(2 phi) = 2 a_pq / (a_qq - a_pp)        the rotation that makes a_pq zero; repeated until all are
/// ```
///
/// # References
/// - Golub & Van Loan (2013), Matrix Computations, section 8.5.
///
/// ```
/// use duet_ann::principal_components;
///
/// let found = principal_components(&[vec![2.0, 1.0], vec![1.0, 2.0]]);
/// assert!((found[0].variance - 3.0).abs() < 1e-15 && (found[1].variance - 1.0).abs() < 1e-15);
/// assert!(found[0].axis.iter().all(|x| (x - 0.5_f64.sqrt()).abs() < 1e-15)); // 45 degrees
/// ```
pub fn principal_components(matrix: &[Vec<f64>]) -> Vec<Component> {
    let n = matrix.len();
    let mut a = matrix.to_vec();
    // Axes as rows.
    let mut axes: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..MOST_SWEEPS {
        let off: f64 =
            (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q))).map(|(p, q)| a[p][q] * a[p][q]).sum();
        if off == 0.0 || !off.is_finite() {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut axes, p, q);
            }
        }
    }
    let mut found: Vec<Component> = axes
        .into_iter()
        .enumerate()
        .map(|(i, axis)| Component { variance: a[i][i], axis: upward(axis) })
        .collect();
    found.sort_by(|one, other| other.variance.total_cmp(&one.variance));
    found
}

/// Turns axes p and q so that they no longer vary together.
fn rotate(a: &mut [Vec<f64>], axes: &mut [Vec<f64>], p: usize, q: usize) {
    if a[p][q] == 0.0 {
        return;
    }
    let slope = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let tangent = if slope.abs() < 1e150 {
        (1.0_f64).copysign(slope) / (slope.abs() + (slope * slope + 1.0).sqrt())
    } else {
        0.5 / slope
    };
    let cos = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sin = tangent * cos;
    let turn = |u: f64, v: f64| (cos * u - sin * v, sin * u + cos * v);
    for row in a.iter_mut() {
        (row[p], row[q]) = turn(row[p], row[q]);
    }
    for rows in [a, axes] {
        for k in 0..rows[p].len() {
            (rows[p][k], rows[q][k]) = turn(rows[p][k], rows[q][k]);
        }
    }
}

fn upward(axis: Vec<f64>) -> Vec<f64> {
    let largest =
        axis.iter().copied().fold(0.0_f64, |most, x| if x.abs() > most.abs() + 1e-9 { x } else { most });
    if largest < 0.0 { axis.into_iter().map(|x| -x).collect() } else { axis }
}

#[cfg(test)]
mod tests {
    use super::principal_components;
    use duet_random::Key;

    /// What defines them: A v = lambda v, length 1, right angles, in order.
    #[test]
    fn they_are_eigenvectors_in_order() {
        for n in [1, 2, 3, 8, 20] {
            let mut stream = Key::new(n as u64).stream("matrix", 0);
            let draws: Vec<Vec<f64>> = (0..n).map(|_| (0..n).map(|_| stream.normal()).collect()).collect();
            let a: Vec<Vec<f64>> =
                (0..n).map(|i| (0..n).map(|j| draws[i][j] + draws[j][i]).collect()).collect();
            let found = principal_components(&a);
            assert!(found.windows(2).all(|pair| pair[0].variance >= pair[1].variance));
            for (i, one) in found.iter().enumerate() {
                for (row, x) in a.iter().zip(&one.axis) {
                    let product: f64 = row.iter().zip(&one.axis).map(|(a, x)| a * x).sum();
                    assert!((product - one.variance * x).abs() < 1e-11, "n = {n}");
                }
                for (j, other) in found.iter().enumerate() {
                    let dot: f64 = one.axis.iter().zip(&other.axis).map(|(a, b)| a * b).sum();
                    assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-12, "n = {n}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_ends() {
        assert_eq!(principal_components(&[vec![f64::NAN, f64::INFINITY], vec![f64::INFINITY, 1.0]]).len(), 2);
        assert!(principal_components(&[]).is_empty());
    }
}
