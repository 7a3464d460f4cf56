//! Systems of a few linear equations, by Gaussian elimination with partial pivoting.

/// The solution x of A x = b, A given by rows; `None` where A is singular or not finite.
///
/// ```
/// use duet_spiking::theory::linear::solve;
/// // y = 2 and x + y = 3
/// assert_eq!(solve(vec![vec![0.0, 1.0], vec![1.0, 1.0]], vec![2.0, 3.0]), Some(vec![1.0, 2.0]));
/// assert_eq!(solve(vec![vec![1.0, 2.0], vec![2.0, 4.0]], vec![1.0, 1.0]), None);
/// ```
pub fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|&i, &j| a[i][column].abs().total_cmp(&a[j][column].abs()))?;
        a.swap(column, pivot);
        b.swap(column, pivot);
        if a[column][column] == 0.0 || !a[column][column].is_finite() {
            return None;
        }
        for row in column + 1..n {
            let (above, below) = a.split_at_mut(row);
            let factor = below[0][column] / above[column][column];
            below[0].iter_mut().zip(&above[column]).for_each(|(low, high)| *low -= factor * high);
            b[row] -= factor * b[column];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| a[row][column] * b[column]).sum();
        b[row] = (b[row] - known) / a[row][row];
    }
    b.iter().all(|x| x.is_finite()).then_some(b)
}

#[cfg(test)]
mod tests {
    use super::solve;

    #[test]
    fn the_solution_solves() {
        let a = vec![vec![1e-9, 2.0, -1.0], vec![4.0, 0.5, 3.0], vec![-2.0, 7.0, 1.0]];
        let x = solve(a.clone(), vec![1.0, 2.0, 3.0]).unwrap();
        for (row, want) in a.iter().zip([1.0, 2.0, 3.0]) {
            let got: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            assert!((got - want).abs() < 1e-14, "{got} {want}");
        }
        assert_eq!(solve(vec![vec![f64::NAN]], vec![1.0]), None);
    }
}
