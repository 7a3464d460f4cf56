//! The measures, from activities `[example * units + unit]`.

use crate::statistics::{correlation, mean};

/// Sums of products of every two examples.
fn gram(x: &[f64], examples: usize) -> Vec<f64> {
    let units = x.len() / examples.max(1);
    let row = |i: usize| &x[i * units..][..units];
    let mut k = vec![0.0; examples * examples];
    for i in 0..examples {
        for j in 0..=i {
            let product: f64 = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
            k[i * examples + j] = product;
            k[j * examples + i] = product;
        }
    }
    k
}

/// Song et al. 2012, equation 5, from matrices whose diagonal does not count.
fn hsic(k: &[f64], l: &[f64], n: usize) -> f64 {
    let off = |m: &[f64], i: usize, j: usize| if i == j { 0.0 } else { m[i * n + j] };
    let sums = |m: &[f64]| -> Vec<f64> { (0..n).map(|i| (0..n).map(|j| off(m, i, j)).sum()).collect() };
    let (rows_k, rows_l) = (sums(k), sums(l));
    let (all_k, all_l): (f64, f64) = (rows_k.iter().sum(), rows_l.iter().sum());
    let trace: f64 = (0..n * n).map(|at| off(k, at / n, at % n) * off(l, at / n, at % n)).sum();
    let through: f64 = rows_k.iter().zip(&rows_l).map(|(a, b)| a * b).sum();
    let m = n as f64;
    (trace + all_k * all_l / ((m - 1.0) * (m - 2.0)) - 2.0 / (m - 2.0) * through) / (m * (m - 3.0))
}

/// Linear centred kernel alignment without bias; `None` of fewer than 4 examples, or where a layer does not vary.
///
/// ```
/// use duet_harness::panel::cka;
/// // Two units turned by a quarter and doubled.
/// let x = [1.0, 0.0, 0.0, 1.0, -1.0, 0.5, 0.3, -2.0, 1.5, 1.0];
/// let y: Vec<f64> = x.chunks(2).flat_map(|p| [-2.0 * p[1], 2.0 * p[0]]).collect();
/// assert!((cka(&x, &y, 5).unwrap() - 1.0).abs() < 1e-12);
/// assert_eq!(cka(&x, &[1.0; 5], 5), None);
/// ```
pub fn cka(x: &[f64], y: &[f64], examples: usize) -> Option<f64> {
    if examples < 4 {
        return None;
    }
    let (k, l) = (gram(x, examples), gram(y, examples));
    // What is left of a layer that does not vary is rounding.
    let own = |k: &[f64]| {
        let size = k.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        Some(hsic(k, k, examples)).filter(|own| *own > 1e-12 * size * size)
    };
    let scale = own(&k)? * own(&l)?;
    Some(hsic(&k, &l, examples) / scale.sqrt())
}

/// The correlation of both layers' dissimilarities over all pairs of examples; pairs with an example that leaves a layer without
/// differences do not count. `None` where nothing is left.
pub fn rsa(x: &[f64], y: &[f64], examples: usize) -> Option<f64> {
    let (m, n) = (x.len() / examples.max(1), y.len() / examples.max(1));
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for i in 0..examples {
        for j in 0..i {
            let a = correlation(&x[i * m..][..m], &x[j * m..][..m]);
            let b = correlation(&y[i * n..][..n], &y[j * n..][..n]);
            if let (Some(a), Some(b)) = (a, b) {
                first.push(1.0 - a);
                second.push(1.0 - b);
            }
        }
    }
    if first.len() < 3 { None } else { correlation(&first, &second) }
}

/// The participation ratio: how many axes of equal variance would spread as much. `None` where nothing varies.
///
/// ```
/// use duet_harness::panel::dimension;
/// // Along two axes alike, along the third not at all.
/// let x = [1.0, 0.0, 7.0, -1.0, 0.0, 7.0, 0.0, 1.0, 7.0, 0.0, -1.0, 7.0];
/// assert!((dimension(&x, 4).unwrap() - 2.0).abs() < 1e-12);
/// ```
pub fn dimension(x: &[f64], examples: usize) -> Option<f64> {
    let units = x.len() / examples.max(1);
    let of_unit = |unit: usize| x.iter().skip(unit).step_by(units).sum::<f64>() / examples as f64;
    let means: Vec<f64> = (0..units).map(of_unit).collect();
    let centred: Vec<f64> = x.iter().enumerate().map(|(at, x)| x - means[at % units]).collect();
    // The same variances as those of the units' covariances, over examples.
    let k = gram(&centred, examples);
    let trace: f64 = (0..examples).map(|i| k[i * examples + i]).sum();
    let squares: f64 = k.iter().map(|x| x * x).sum();
    (squares > 0.0).then(|| trace * trace / squares)
}

/// Vinje and Gallant's sparseness, mean over the examples for which any unit speaks; `None` where none does.
///
/// ```
/// use duet_harness::panel::sparseness;
/// assert_eq!(sparseness(&[0.0, 3.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0], 2), Some(0.5)); // one of four, and all alike
/// ```
pub fn sparseness(x: &[f64], examples: usize) -> Option<f64> {
    let units = x.len() / examples.max(1);
    let n = units as f64;
    let of = |r: &[f64]| {
        let (sum, squares) =
            r.iter().fold((0.0, 0.0), |(s, q), &r| (s + r.max(0.0), q + r.max(0.0) * r.max(0.0)));
        (squares > 0.0).then(|| (1.0 - sum * sum / (n * squares)) / (1.0 - 1.0 / n))
    };
    let all: Vec<f64> = x.chunks_exact(units.max(1)).filter_map(of).collect();
    mean(&all).filter(|_| units > 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_random::Key;

    fn normal(name: &str, n: usize) -> Vec<f64> {
        let mut x = vec![0.0; n];
        Key::new(2).stream(name, 0).fill_normal(&mut x);
        x
    }

    /// Without bias, layers that have nothing to do with each other are not alike, however many units they have.
    #[test]
    fn strangers_are_not_alike() {
        let alike: Vec<f64> = (0..20)
            .map(|draw| {
                cka(&normal(&format!("x{draw}"), 30 * 60), &normal(&format!("y{draw}"), 30 * 40), 30).unwrap()
            })
            .collect();
        let mean = alike.iter().sum::<f64>() / 20.0;
        assert!(mean.abs() < 0.03, "{mean}");
        // The biased measure of the same would be about 0.6.
        let (x, y) = (normal("x0", 30 * 60), normal("y0", 30 * 40));
        assert!(rsa(&x, &y, 30).unwrap().abs() < 0.15);
        assert!((rsa(&x, &x, 30).unwrap() - 1.0).abs() < 1e-12);
    }

    /// By the definition, double sums written out, for five examples of two units.
    #[test]
    fn hsic_is_the_mean_over_different_examples() {
        let (x, y) = (normal("x", 10), normal("y", 10));
        let (k, l) = (gram(&x, 5), gram(&y, 5));
        // E over distinct i, j, q, r of K_ij (L_ij + L_qr - 2 L_iq).
        let (mut sum, mut count) = (0.0, 0.0);
        for at in 0..625 {
            let [i, j, q, r] = [at / 125, at / 25 % 5, at / 5 % 5, at % 5];
            if [(i, j), (i, q), (i, r), (j, q), (j, r), (q, r)].iter().all(|(a, b)| a != b) {
                sum += k[i * 5 + j] * (l[i * 5 + j] + l[q * 5 + r] - 2.0 * l[i * 5 + q]);
                count += 1.0;
            }
        }
        assert!((hsic(&k, &l, 5) - sum / count).abs() < 1e-12);
    }
}
