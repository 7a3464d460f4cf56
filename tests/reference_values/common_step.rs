//! A time grid for instants that come without one.

use super::figure::Trouble;

/// The coarsest of some decimal steps (in ms) on whose grid all these times lie.
pub fn common_step(times: &[f64]) -> Result<f64, Trouble> {
    let fits = |dt: f64| times.iter().all(|&time| steps(time, dt).is_ok());
    let odd = times.iter().find(|&&time| steps(time, 0.001).is_err());
    [0.1, 0.05, 0.01, 0.001]
        .into_iter()
        .find(|&dt| fits(dt))
        .ok_or_else(|| Trouble::OffGrid(odd.copied().unwrap_or_default()))
}

/// A time as a number of steps.
pub fn steps(time: f64, dt: f64) -> Result<i64, Trouble> {
    let steps = (time / dt).round();
    // A millionth of a step is the noise of decimal fractions.
    if (time / dt - steps).abs() < 1e-6 { Ok(steps as i64) } else { Err(Trouble::OffGrid(time)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarsest_grid_that_fits() {
        assert_eq!(common_step(&[10.0, 12.5, 13.1]), Ok(0.1));
        assert_eq!(common_step(&[10.0, 12.55]), Ok(0.05));
        assert_eq!(common_step(&[0.125]), Ok(0.001));
        assert_eq!(common_step(&[1.0 / 3.0]), Err(Trouble::OffGrid(1.0 / 3.0)));
    }
}
