//! Rall's three-halves rule: branches that look like one cylinder.
//!
//! # Equations
//! ```text
//! d_parent^(3/2) = sum d_daughter^(3/2)
//! ```
//! # Behaviour
//! The input conductance of a long cylinder goes with d^(3/2). Where the rule holds, the daughters together draw as much
//! current as the parent would if it went on: nothing is reflected, and if all branches end at the same electrotonic distance,
//! the tree is, seen from its root, one cylinder.
//!
//! # References
//! - Rall 1959, Exp. Neurol. 1:491

use duet_kernels::math::pow;

/// The diameter of the parent that is matched to its daughters.
///
/// ```
/// use duet_spiking::cable::equivalent_diameter;
/// // Two daughters of 1 um: 2^(2/3) = 1.587 um.
/// assert!((equivalent_diameter(&[1.0, 1.0]) - 1.587_401_052).abs() < 1e-9);
/// ```
pub fn equivalent_diameter(daughters: &[f64]) -> f64 {
    pow(daughters.iter().map(|d| d * d.sqrt()).sum(), 2.0 / 3.0)
}

/// How much more current the daughters draw than the parent would if it went on: 1 where they are matched. Above 1 a spike
/// that arrives is slowed, and may fail.
///
/// ```
/// use duet_spiking::cable::three_halves;
/// // Two daughters as thick as their parent draw twice its current.
/// assert!((three_halves(2.0, &[2.0, 2.0]) - 2.0).abs() < 1e-15);
/// ```
pub fn three_halves(parent: f64, daughters: &[f64]) -> f64 {
    daughters.iter().map(|d| d * d.sqrt()).sum::<f64>() / (parent * parent.sqrt())
}
