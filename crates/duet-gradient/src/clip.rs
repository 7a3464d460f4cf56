//! Keeping a gradient from being too large.

mod norm;
mod value;

pub use norm::Norm;
pub use value::Value;

use duet_kernels::Real;
use duet_units::choice;

choice! {
    /// How a gradient is kept from being too large.
    pub enum Clip: "clip" {
        Norm(Norm) = "norm",
        Value(Value) = "value",
    }
}

impl Clip {
    /// The gradient within its limits: itself if it keeps them, else a copy in `room`, which is as long.
    ///
    /// What is not finite stays so.
    pub fn limit<'a, T: Real>(&self, gradient: &'a [T], room: &'a mut [T]) -> &'a [T] {
        match self {
            Self::Norm(clip) => clip.limit(gradient, room),
            Self::Value(clip) => clip.limit(gradient, room),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clip, Norm, Value};

    #[test]
    fn what_is_not_finite_is_not_hidden() {
        for clip in [Clip::Norm(Norm(1.0)), Clip::Value(Value(1.0))] {
            let mut room = [0.0; 2];
            assert!(clip.limit(&[f64::NAN, 3.0], &mut room).iter().any(|g| g.is_nan()), "{}", clip.name());
        }
        assert!(
            Clip::Norm(Norm(1.0)).limit(&[f32::INFINITY, 1.0], &mut [0.0; 2]).iter().any(|g| !g.is_finite())
        );
    }

    #[test]
    fn a_small_gradient_is_untouched() {
        for clip in [Clip::Norm(Norm(5.0)), Clip::Value(Value(5.0))] {
            let gradient = [3.0_f32, -3.9, 0.0];
            assert_eq!(clip.limit(&gradient, &mut [0.0; 3]), gradient);
        }
    }

    #[test]
    fn settings_are_read_and_checked() {
        let read = |text: &str| serde_json::from_str::<Clip>(text);
        assert_eq!(read(r#"{"norm": 1.0}"#).unwrap(), Clip::Norm(Norm(1.0)));
        assert_eq!(read(r#"{"value": 0.5}"#).unwrap(), Clip::Value(Value(0.5)));
        for wrong in [r#"{"norm": 0}"#, r#"{"norm": -1}"#, r#"{"value": {}}"#, r#"{"norm": 1, "value": 1}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
