//! Weight matrices as `.npy`, the format that NumPy reads.

use std::path::Path;

use crate::error::RecordError;
use crate::{npy, whole};

/// The weights of a projection: textbook W (`n_post` rows x `n_pre` columns), column-major, so that the outgoing
/// weights of one presynaptic unit are contiguous: `w[pre * n_post + post]`. Pairs without a synapse are 0.
///
/// ```
/// use duet_record::WeightMatrix;
/// let weights = WeightMatrix::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!(weights.get(1, 2), 6.0);
/// assert_eq!(weights.incoming(0), [1.0, 3.0, 5.0]);
/// # Ok::<(), duet_record::RecordError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WeightMatrix {
    n_post: usize,
    n_pre: usize,
    w: Vec<f64>,
}

impl WeightMatrix {
    /// A matrix from its column-major values.
    ///
    /// # Errors
    /// [`RecordError::BadTable`] if there are not `n_post * n_pre` values.
    pub fn new(n_post: usize, n_pre: usize, w: Vec<f64>) -> Result<Self, RecordError> {
        if n_post.checked_mul(n_pre) != Some(w.len()) {
            let why = format!("{} values for {n_post} x {n_pre} weights", w.len());
            return Err(RecordError::BadTable { column: "weights".into(), why });
        }
        Ok(Self { n_post, n_pre, w })
    }

    /// Number of target units (rows).
    pub fn n_post(&self) -> usize {
        self.n_post
    }

    /// Number of source units (columns).
    pub fn n_pre(&self) -> usize {
        self.n_pre
    }

    /// The weight from `pre` to `post`.
    ///
    /// # Panics
    /// If an index is out of range, as a slice does.
    pub fn get(&self, post: usize, pre: usize) -> f64 {
        assert!(post < self.n_post, "target {post} of {}", self.n_post);
        self.w[pre * self.n_post + post]
    }

    /// All incoming weights of one target unit, a row of W.
    pub fn incoming(&self, post: usize) -> Vec<f64> {
        (0..self.n_pre).map(|pre| self.get(post, pre)).collect()
    }

    /// All values, column-major.
    pub fn values(&self) -> &[f64] {
        &self.w
    }

    /// The file's bytes: `<f8`, Fortran order, shape (`n_post`, `n_pre`).
    pub fn to_npy(&self) -> Vec<u8> {
        npy::write(self.n_post, self.n_pre, &self.w)
    }

    /// Reads a `.npy` file of doubles with two axes, in either order. Sizes are held against the file's own length
    /// before anything is made of them. `path` is for messages only.
    ///
    /// # Errors
    /// [`RecordError::Corrupt`] says what was expected and what was found.
    pub fn from_npy(bytes: &[u8], path: &Path) -> Result<Self, RecordError> {
        let npy::Matrix { rows, columns, column_major, values } =
            npy::read(bytes).map_err(|what| RecordError::corrupt(path, what))?;
        let w = if column_major {
            values
        } else {
            (0..columns)
                .flat_map(|pre| (0..rows).map(move |post| post * columns + pre))
                .map(|at| values[at])
                .collect()
        };
        Ok(Self { n_post: rows, n_pre: columns, w })
    }

    pub(crate) fn read(path: &Path) -> Result<Self, RecordError> {
        Self::from_npy(&whole::read(path)?, path)
    }
}

/// Biases as a `.npy` file: `<f8`, one axis.
pub fn bias_to_npy(bias: &[f64]) -> Vec<u8> {
    npy::write_list(bias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_survive_the_round_trip() {
        let weights = WeightMatrix::new(2, 3, vec![0.1, -2.0, 3.5, 1e-300, 0.0, 7.0]).unwrap();
        assert_eq!(WeightMatrix::from_npy(&weights.to_npy(), Path::new("w")).unwrap(), weights);
        let empty = WeightMatrix::new(0, 4, vec![]).unwrap();
        assert_eq!(WeightMatrix::from_npy(&empty.to_npy(), Path::new("w")).unwrap(), empty);
    }

    #[test]
    fn rows_first_is_read_too() {
        let mut bytes = WeightMatrix::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap().to_npy();
        let at = bytes.windows(4).position(|four| four == b"True").unwrap();
        bytes.splice(at..at + 4, *b"False");
        let space = bytes.iter().rposition(|byte| *byte == b'\n').unwrap() - 1;
        bytes.remove(space);
        let read = WeightMatrix::from_npy(&bytes, Path::new("w")).unwrap();
        assert_eq!(read.incoming(0), [1.0, 2.0, 3.0]);
        assert_eq!(read.get(1, 0), 4.0);
    }

    #[test]
    fn the_number_of_values_must_fit() {
        assert!(WeightMatrix::new(2, 2, vec![0.0; 3]).is_err());
        assert!(WeightMatrix::new(usize::MAX, 2, vec![]).is_err());
    }
}
