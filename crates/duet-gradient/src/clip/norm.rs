//! Clipping by the length of the whole gradient.

use duet_kernels::{Real, math};
use duet_units::{Range, parameters};

parameters! {
    /// A gradient longer than this is shortened to it; its direction stays.
    ///
    /// # Equations
    /// ```text
    /// |g| = sqrt(sum g_i^2)                        over all weights and biases at once
    /// g  <- g * min(1, norm / (|g| + 1e-6))
    /// ```
    ///
    /// # Behaviour
    /// A cliff in the loss, as recurrent networks have them, cannot throw the weights far away: no step of `sgd` is
    /// longer than `rate * norm`. A limit that is always reached makes all steps equally long, whatever the slope;
    /// choose one that clips now and then. The optimizer's moments see the clipped gradient.
    ///
    /// # References
    /// - Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks, ICML.
    /// - The definition of `torch.nn.utils.clip_grad_norm_`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::clip::Norm;
    ///
    /// let mut room = [0.0; 2];
    /// let clipped = Norm(1.0).limit(&[3.0_f64, 4.0], &mut room); // |g| = 5
    /// assert!((clipped[0] - 0.6).abs() < 1e-6 && (clipped[1] - 0.8).abs() < 1e-6);
    /// ```
    pub value Norm(f64, in Range::POSITIVE);
}

/// What PyTorch adds to the length before it divides by it.
const MARGIN: f64 = 1e-6;

impl Norm {
    /// The gradient itself if it is short enough, else a shortened copy in `room`.
    pub fn limit<'a, T: Real>(&self, gradient: &'a [T], room: &'a mut [T]) -> &'a [T] {
        let factor = self.0 / (length(gradient) + MARGIN);
        // A length that is no number clips nothing, so that whatever made it so is seen.
        if factor.is_nan() || factor >= 1.0 {
            return gradient;
        }
        let factor = T::from_f64(factor);
        for (clipped, &g) in room.iter_mut().zip(gradient) {
            *clipped = g * factor;
        }
        room
    }
}

/// The length of a vector, summed in f64 in eight interleaved partial sums: always in the same order, yet in lanes.
pub(crate) fn length<T: Real>(vector: &[T]) -> f64 {
    let length = math::sqrt(squares(vector, 1.0));
    if length.is_finite() {
        return length;
    }
    // Squares overflow long before the numbers do. A true infinity over itself gives NaN.
    let largest = vector.iter().fold(0.0, |largest: f64, x| largest.max(x.to_f64().abs()));
    largest * math::sqrt(squares(vector, largest))
}

fn squares<T: Real>(vector: &[T], unit: f64) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let chunks = vector.chunks_exact(LANES);
    let rest = chunks.remainder();
    let mut add = |lane: usize, x: T| {
        let x = x.to_f64() / unit;
        sums[lane] += x * x;
    };
    for chunk in chunks {
        for (lane, &x) in chunk.iter().enumerate() {
            add(lane, x);
        }
    }
    rest.iter().enumerate().for_each(|(lane, &x)| add(lane, x));
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

#[cfg(test)]
mod tests {
    use super::{Norm, length};

    #[test]
    fn lengths_of_every_number_of_entries() {
        for n in 0..40_u32 {
            let vector: Vec<f64> = (1..=n).map(f64::from).collect();
            let want = f64::from(n * (n + 1) * (2 * n + 1) / 6).sqrt();
            assert!((length(&vector) - want).abs() <= 1e-15 * want, "{n}");
        }
    }

    #[test]
    fn huge_numbers_have_a_length() {
        assert!((length(&[3e200_f64, 4e200]) / 5e200 - 1.0).abs() < 1e-15);
        let mut room = [0.0; 2];
        let clipped = Norm(1.0).limit(&[3e200_f64, 4e200], &mut room);
        assert!((clipped[0] - 0.6).abs() < 1e-15 && (clipped[1] - 0.8).abs() < 1e-15);
        assert!(length(&[f32::INFINITY]).is_nan() && length(&[f64::NAN, 1.0]).is_nan());
    }
}
