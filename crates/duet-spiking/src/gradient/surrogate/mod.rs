//! What stands in for the derivative of a spike: one shape per file.
//!
//! x = (v - v_th) / v_th is how far a potential is from its threshold, in thresholds. A shape h(x) is what ds/dx is taken to be,
//! so that ds/dv = h(x) / v_th.

mod arc_tangent;
mod fast_sigmoid;
mod sigmoid;
mod triangle;

pub use arc_tangent::ArcTangent;
pub use fast_sigmoid::FastSigmoid;
pub use sigmoid::Sigmoid;
pub use triangle::Triangle;

use duet_kernels::Real;
use duet_kernels::unrolled::Hill;
use duet_units::choice;

choice! {
    /// What stands in for the derivative of a spike.
    pub enum Surrogate: "surrogate" {
        FastSigmoid(FastSigmoid) = "fast_sigmoid",
        ArcTangent(ArcTangent) = "arc_tangent",
        Sigmoid(Sigmoid) = "sigmoid",
        Triangle(Triangle) = "triangle",
    }
}

impl Surrogate {
    /// h(x).
    pub fn derivative<T: Real>(&self, x: T) -> T {
        self.hill().at(x)
    }

    /// As kernels take it.
    pub fn hill<T: Real>(&self) -> Hill<T> {
        match self {
            Self::FastSigmoid(shape) => Hill::FastSigmoid { k: T::from_f64(shape.k) },
            Self::ArcTangent(shape) => Hill::ArcTangent { k: T::from_f64(shape.k) },
            Self::Sigmoid(shape) => Hill::Sigmoid { k: T::from_f64(shape.k) },
            Self::Triangle(shape) => Hill::Triangle { height: T::from_f64(shape.height) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Surrogate; 4] {
        [
            Surrogate::FastSigmoid(FastSigmoid::default()),
            Surrogate::ArcTangent(ArcTangent::default()),
            Surrogate::Sigmoid(Sigmoid::default()),
            Surrogate::Triangle(Triangle::default()),
        ]
    }

    /// Largest at the threshold, the same on both sides, never negative, and finite far away.
    #[test]
    fn every_shape_is_a_hill() {
        for shape in all() {
            for x in [0.01, 0.3, 1.0, 40.0, 1e30_f64] {
                let (here, there) = (shape.derivative(x), shape.derivative(-x));
                assert!(here >= 0.0 && here < shape.derivative(0.0), "{} at {x}: {here}", shape.name());
                assert!((here - there).abs() <= 1e-15 * here, "{} at {x}", shape.name());
            }
        }
    }
}
