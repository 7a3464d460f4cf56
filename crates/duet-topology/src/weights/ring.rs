//! Weights between units on a ring: the nearer, the stronger.

use crate::Pattern;
use duet_kernels::math::{erf, exp};
use duet_units::{Range, parameters};
use std::f64::consts::{PI, SQRT_2};

parameters! {
    /// Units stand on a ring, and neighbours are connected more strongly than units on opposite sides.
    ///
    /// # Equations
    /// ```text
    /// w = mean · W(d),     W(d) = j_minus + (j_plus - j_minus) exp(-d^2 / (2 sigma^2))
    /// d: the shorter way between the two units, in degrees;   unit i of n stands at 360 i/n
    /// j_minus = (1 - j_plus G)/(1 - G),     G = sqrt(2 pi) sigma/360 · erf(180/(sqrt(2) sigma)):   W is 1 on average
    /// ```
    ///
    /// # Behaviour
    /// Whatever j_plus and sigma are, a unit receives as much in all as it would with `mean` everywhere: neighbours gain
    /// what the others lose. With broad inhibition beside it such excitation can keep a bump of activity where a stimulus
    /// left it. Two populations of different sizes share the ring: the places are shares of the way around.
    ///
    /// # References
    /// - Compte, Brunel, Goldman-Rakic & Wang 2000, Cereb. Cortex 10:910
    /// - Ben-Yishai, Bar-Or & Sompolinsky 1995, PNAS 92:3844
    ///
    /// # Example
    /// sigma = 18°: G = 2.506628 · 0.05 = 0.1253314, so j_minus = (1 - 1.62 · 0.1253314)/0.8746686 = 0.9111601.
    /// ```
    /// use duet_topology::weights::Ring;
    /// let ring: Ring = Ring { mean: 2.0, j_plus: 1.62, sigma: 18.0 };
    /// assert!((ring.j_minus() - 0.911_160_1).abs() < 1e-7);
    /// // A tenth of the ring is 36°, two sigma: exp(-2) = 0.1353353 of the way up from j_minus.
    /// assert!((ring.profile()(0.95, 0.05) - 2.0 * (0.911_160_1 + 0.708_839_9 * 0.135_335_3)).abs() < 1e-6);
    /// ```
    pub struct Ring {
        /// The mean over the ring.
        pub mean: f64;
        /// How many times the mean a unit's nearest neighbours have.
        pub j_plus: f64 = 1.62, in Range::at_least(1.0);
        /// Width of the neighbourhood in degrees.
        pub sigma: f64 = 18.0, in Range { low: 0.0, high: 360.0, includes_low: false, includes_high: true };
    }
}

impl Ring {
    /// How many times the mean far units have.
    pub fn j_minus(&self) -> f64 {
        let share = (2.0 * PI).sqrt() * self.sigma / 360.0 * erf(180.0 / (SQRT_2 * self.sigma));
        (1.0 - self.j_plus * share) / (1.0 - share)
    }

    /// The weight between two places, each a share of the way around.
    pub fn profile(&self) -> impl Fn(f64, f64) -> f64 + Sync + use<> {
        let (mean, sigma, near, far) = (self.mean, self.sigma, self.j_plus, self.j_minus());
        move |pre, post| {
            let apart = (pre - post).abs();
            let sigmas = 360.0 * apart.min(1.0 - apart) / sigma;
            mean * (far + (near - far) * exp(-0.5 * sigmas * sigmas))
        }
    }

    /// Why such weights cannot be, or nothing.
    pub(super) fn fits(&self, pattern: &Pattern) -> Result<(), String> {
        if self.j_minus() < 0.0 {
            return Err(format!(
                "j_plus = {} within {} degrees leaves j_minus = {:.3} for far units, and a weight keeps its sign; take a smaller \
                 j_plus or sigma",
                self.j_plus,
                self.sigma,
                self.j_minus()
            ));
        }
        match pattern {
            Pattern::Conv2d(_) => {
                Err("the kernel of a window is the same everywhere and has no place on a ring".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NetworkSpec;
    use crate::outline::Row;
    use duet_random::Key;

    fn network(pattern: &str, sizes: (usize, usize)) -> NetworkSpec {
        toml::from_str(&format!(
            "population = {{ a.size = {}, b.size = {} }}
             projection.p = {{ from = 'a', to = 'b', pattern.{pattern}, weights.ring = {{ mean = 0.5, j_plus = 2.5, sigma = 30.0 }} }}",
            sizes.0, sizes.1
        ))
        .unwrap()
    }

    /// What a unit receives is what the mean everywhere would give it, and a neighbour sends the most.
    #[test]
    fn a_unit_receives_the_mean_and_most_from_its_neighbours() {
        let network = network("full = {}", (360, 40)).realize(Key::new(1)).unwrap();
        let weights = &network.projections["p"].weights;
        for target in 0..40 {
            let row: Vec<f64> = (0..360).map(|source| weights[source * 40 + target]).collect();
            assert!((row.iter().sum::<f64>() / 360.0 - 0.5).abs() < 1e-9, "{target}");
            assert_eq!(row[9 * target], 1.25);
            assert!((row[(9 * target + 7) % 360] - row[(9 * target + 353) % 360]).abs() < 1e-12);
        }
    }

    /// Drawn row by row, sparse, or drawn anew: the same weight for the same pair.
    #[test]
    fn a_weight_follows_from_its_pair_however_it_is_drawn() {
        let ring = Ring { mean: 0.5, j_plus: 2.5, sigma: 30.0 };
        let profile = ring.profile();
        let wanted = |pre: usize, post: usize| profile(pre as f64 / 60.0, post as f64 / 20.0);
        for pattern in ["full = {}", "fixed_probability = { p = 0.3 }", "fixed_total = { n = 300 }"] {
            let spec = network(pattern, (60, 20));
            let mut realized = spec.realize(Key::new(1)).unwrap();
            for again in [false, true] {
                if again {
                    realized.redraw("p", spec.projection["p"].weights.as_ref().unwrap(), Key::new(5));
                }
                let projection = &realized.projections["p"];
                for pre in 0..60 {
                    for position in projection.wiring.row(pre, 20) {
                        let post = projection.wiring.target(position, 20);
                        assert_eq!(projection.weights[position], wanted(pre, post), "{pattern} {pre} {post}");
                    }
                }
            }
            let outline = &spec.sketch(Key::new(1)).unwrap().projections[0];
            let mut row = Row::default();
            if let Some(degrees) = outline.out_degrees() {
                outline.row_of_source(7, degrees[7], &mut row);
                let wanted: Vec<f64> = row.partners.iter().map(|&post| wanted(7, post as usize)).collect();
                assert_eq!(row.weights, wanted, "{pattern}");
            } else {
                let sources = outline.sources();
                outline.row_of_target(7, sources.as_ref().map(|sources| &*sources[7]), &mut row);
                let wanted: Vec<f64> = row.partners.iter().map(|&pre| wanted(pre as usize, 7)).collect();
                assert_eq!(row.weights, wanted, "{pattern}");
            }
            assert!(row.weights.iter().all(|weight| weight.abs() <= outline.largest_weight()));
        }
    }

    #[test]
    fn a_ring_that_would_change_its_sign_is_refused() {
        let spec: NetworkSpec = toml::from_str(
            "population.a.size = 9\nprojection.p = { from = 'a', to = 'a', weights.ring = { mean = 1.0, j_plus = 9.0, sigma = 60.0 } }",
        )
        .unwrap();
        let problem = &spec.problems()[0];
        assert_eq!(problem.path, "projection.p.weights.ring");
        assert!(problem.words.contains("leaves j_minus = -4"), "{}", problem.words);
    }
}
