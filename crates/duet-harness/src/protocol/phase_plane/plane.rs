//! The plane of a model with two variables: velocities, and the points where nothing moves.

use duet_kernels::math::sqrt;
use duet_spiking::neuron::Flow;

/// Cells of the grid on which fixed points are looked for, along each axis.
const CELLS: usize = 96;
/// Newton steps from a cell of the grid, at most.
const STEPS: usize = 60;
/// A fixed point is known to this share of the plane.
const PRECISION: f64 = 1e-12;

/// A rectangle of the plane, and the flow in it under one constant input.
pub(super) struct Plane<'a> {
    pub(super) flow: &'a Flow,
    pub(super) current: f64,
    pub(super) x: (f64, f64),
    pub(super) y: (f64, f64),
}

/// What happens near a fixed point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    StableNode,
    StableFocus,
    UnstableNode,
    UnstableFocus,
    Saddle,
}

/// A state in which nothing moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FixedPoint {
    pub(super) x: f64,
    pub(super) y: f64,
    /// Of the Jacobian: the sum of its eigenvalues, per ms.
    pub(super) trace: f64,
    /// Their product, per ms squared.
    pub(super) determinant: f64,
}

impl Kind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::StableNode => "stable node",
            Self::StableFocus => "stable focus",
            Self::UnstableNode => "unstable node",
            Self::UnstableFocus => "unstable focus",
            Self::Saddle => "saddle",
        }
    }

    pub(super) fn is_stable(self) -> bool {
        matches!(self, Self::StableNode | Self::StableFocus)
    }
}

impl FixedPoint {
    /// By the eigenvalues (trace ± sqrt(trace² - 4 determinant)) / 2.
    pub(super) fn kind(&self) -> Kind {
        let turns = self.trace * self.trace < 4.0 * self.determinant;
        match (self.determinant < 0.0, self.trace < 0.0, turns) {
            (true, ..) => Kind::Saddle,
            (false, true, true) => Kind::StableFocus,
            (false, true, false) => Kind::StableNode,
            (false, false, true) => Kind::UnstableFocus,
            (false, false, false) => Kind::UnstableNode,
        }
    }

    /// The largest real part of its eigenvalues, per ms: negative where it is stable.
    pub(super) fn growth(&self) -> f64 {
        let root = self.trace * self.trace - 4.0 * self.determinant;
        0.5 * (self.trace + if root > 0.0 { sqrt(root) } else { 0.0 })
    }
}

impl Plane<'_> {
    /// The velocity at a point.
    pub(super) fn at(&self, x: f64, y: f64) -> [f64; 2] {
        let mut slope = [0.0; 2];
        self.flow.at(&[x, y], self.current, &mut slope);
        slope
    }

    /// `at` of `cells` along an axis.
    pub(super) fn place((from, to): (f64, f64), at: usize, cells: usize) -> f64 {
        let share = at as f64 / cells as f64;
        from * (1.0 - share) + to * share
    }

    /// d(velocity)/dx and d(velocity)/dy, by central differences.
    fn jacobian(&self, x: f64, y: f64) -> [[f64; 2]; 2] {
        let (hx, hy) = (1e-5 * (self.x.1 - self.x.0), 1e-5 * (self.y.1 - self.y.0));
        let (right, left) = (self.at(x + hx, y), self.at(x - hx, y));
        let (up, down) = (self.at(x, y + hy), self.at(x, y - hy));
        let slope = |i: usize| [(right[i] - left[i]) / (2.0 * hx), (up[i] - down[i]) / (2.0 * hy)];
        [slope(0), slope(1)]
    }

    /// All fixed points inside, from left to right: Newton's method from every cell of a grid in which both velocities
    /// change their sign.
    pub(super) fn fixed_points(&self) -> Vec<FixedPoint> {
        let column = |i: usize| -> Vec<[f64; 2]> {
            let x = Self::place(self.x, i, CELLS);
            (0..=CELLS).map(|j| self.at(x, Self::place(self.y, j, CELLS))).collect()
        };
        let mut found: Vec<FixedPoint> = Vec::new();
        let mut left = column(0);
        for i in 1..=CELLS {
            let right = column(i);
            for j in 1..=CELLS {
                let corners = [left[j - 1], left[j], right[j - 1], right[j]];
                if !(0..2).all(|of| changes_sign(corners.map(|velocity| velocity[of]))) {
                    continue;
                }
                let middle = |axis: (f64, f64), at: usize| {
                    f64::midpoint(Self::place(axis, at - 1, CELLS), Self::place(axis, at, CELLS))
                };
                let Some(point) = self.newton(middle(self.x, i), middle(self.y, j)) else { continue };
                if !found.iter().any(|known| self.is_same(known, &point)) {
                    found.push(point);
                }
            }
            left = right;
        }
        found.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        found
    }

    fn is_same(&self, a: &FixedPoint, b: &FixedPoint) -> bool {
        let near = |a: f64, b: f64, (from, to): (f64, f64)| (a - b).abs() < 1e-7 * (to - from);
        near(a.x, b.x, self.x) && near(a.y, b.y, self.y)
    }

    /// The fixed point near a place, if Newton's method finds one inside.
    fn newton(&self, mut x: f64, mut y: f64) -> Option<FixedPoint> {
        let (wide, high) = (self.x.1 - self.x.0, self.y.1 - self.y.0);
        for _ in 0..STEPS {
            let [f, g] = self.at(x, y);
            let [[fx, fy], [gx, gy]] = self.jacobian(x, y);
            let determinant = fx * gy - fy * gx;
            let (dx, dy) = ((fy * g - gy * f) / determinant, (gx * f - fx * g) / determinant);
            if !(dx.is_finite() && dy.is_finite()) {
                return None;
            }
            (x, y) = (x + dx, y + dy);
            if dx.abs() < PRECISION * wide && dy.abs() < PRECISION * high {
                let is_inside = (self.x.0..=self.x.1).contains(&x) && (self.y.0..=self.y.1).contains(&y);
                let [[fx, fy], [gx, gy]] = self.jacobian(x, y);
                // What is left of zero is rounding.
                let clean = |x: f64, wide: f64| if x.abs() < PRECISION * wide { 0.0 } else { x };
                let (x, y) = (clean(x, wide), clean(y, high));
                let point = FixedPoint { x, y, trace: fx + gy, determinant: fx * gy - fy * gx };
                return is_inside.then_some(point);
            }
        }
        None
    }
}

/// Whether zero lies between the smallest and the largest of them.
fn changes_sign(values: [f64; 4]) -> bool {
    values.iter().any(|value| *value <= 0.0) && values.iter().any(|value| *value >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_spiking::Neuron;
    use duet_spiking::neuron::FitzhughNagumo;

    fn points(cell: FitzhughNagumo, current: f64) -> Vec<FixedPoint> {
        let flow = Neuron::FitzhughNagumo(cell).flow().unwrap();
        Plane { flow: &flow, current, x: (-2.5, 2.5), y: (-3.0, 6.0) }.fixed_points()
    }

    /// u³ + u = I - 2 and w = 2 (u + 1); trace 0.95 - 3 u², determinant 0.1 (1 - 0.5 (1 - 3 u²)).
    #[test]
    fn the_fixed_point_is_the_root_of_the_cubic() {
        for (current, u, kind) in [
            (0.0, -1.0, Kind::StableNode),
            (1.375, -0.5, Kind::UnstableFocus),
            (2.0, 0.0, Kind::UnstableNode),
            (4.0, 1.0, Kind::StableNode),
        ] {
            let found = points(FitzhughNagumo::default(), current);
            assert_eq!(found.len(), 1, "{current}: {found:?}");
            let point = found[0];
            assert!((point.x - u).abs() < 1e-9 && (point.y - 2.0 * (u + 1.0)).abs() < 1e-9, "{point:?}");
            assert!((point.trace - (0.95 - 3.0 * u * u)).abs() < 1e-8, "{point:?}");
            assert!((point.determinant - 0.1 * (1.0 - 0.5 * (1.0 - 3.0 * u * u))).abs() < 1e-8);
            assert_eq!(point.kind(), kind, "{point:?}");
            assert_eq!(point.kind().is_stable(), point.growth() < 0.0);
        }
    }

    /// With b = 2 and a = 0 the nullclines cross at 0 and where 1 - u² = 1/2.
    #[test]
    fn three_crossings_are_two_points_and_a_saddle_between() {
        let cell = FitzhughNagumo { a: 0.0, b: 2.0, ..FitzhughNagumo::default() };
        let found = points(cell, 0.0);
        let places: Vec<f64> = found.iter().map(|point| point.x).collect();
        let root = 0.5_f64.sqrt();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(places.iter().zip([-root, 0.0, root]).all(|(a, b)| (a - b).abs() < 1e-9), "{places:?}");
        assert_eq!(found[1].kind(), Kind::Saddle);
        assert!(found[0].kind().is_stable() && found[2].kind().is_stable());
    }
}
