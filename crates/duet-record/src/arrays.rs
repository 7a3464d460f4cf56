//! The numbers of a trained side under the names that other programs expect.

use crate::{RecordError, Run};

/// Numbers with a name and a shape, the last axis contiguous (C order).
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArray {
    /// `input-hidden.weight`.
    pub name: String,
    /// Its extent along each axis.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: Vec<f64>,
}

impl NamedArray {
    /// The numbers as bytes, and whether they are single precision: they are where nothing is lost.
    pub(crate) fn bytes(&self) -> (bool, Vec<u8>) {
        let single = self.values.iter().all(|&value| f64::from(value as f32) == value);
        let bytes = if single {
            self.values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect()
        } else {
            self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        (single, bytes)
    }
}

/// Weights and biases that a side ended with: `PROJECTION.weight` (targets x sources, as PyTorch has it) and
/// `PROJECTION.bias`, in the network's order. Projections without weights of their own, such as pools, have none.
///
/// # Errors
/// [`RecordError::Missing`] if the run did not record them, [`RecordError::Corrupt`] if a file is broken.
pub fn final_arrays(run: &Run, side: &str) -> Result<Vec<NamedArray>, RecordError> {
    let mut arrays = Vec::new();
    for projection in run.topology()?.projections.iter().filter(|projection| projection.parameters > 0) {
        let weights = run.final_weights(side, &projection.name)?;
        let (rows, columns) = (weights.n_post(), weights.n_pre());
        let values = (0..rows).flat_map(|post| weights.incoming(post)).collect();
        // Older runs do not say the shape; a matrix is one anyway.
        let fits = projection.weight_shape.iter().product::<usize>() == rows * columns;
        let shape = match projection.weight_shape.as_slice() {
            shape @ [_, ..] if fits => shape.to_vec(),
            _ => vec![rows, columns],
        };
        arrays.push(NamedArray { name: format!("{}.weight", projection.name), shape, values });
        if projection.bias {
            let values = run.final_bias(side, &projection.name)?;
            let shape = vec![values.len()];
            arrays.push(NamedArray { name: format!("{}.bias", projection.name), shape, values });
        }
    }
    Ok(arrays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ProjectionSketch, RunFolder, TopologySketch, WeightMatrix, bias_to_npy, layout};

    #[test]
    fn a_row_is_what_one_target_receives() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(parent.path(), "run").unwrap();
        let projection = |name: &str, parameters, bias| ProjectionSketch {
            name: name.into(),
            from: "a".into(),
            to: "b".into(),
            pattern: "full".into(),
            synapses: 6,
            parameters,
            bias,
            weight_shape: vec![2, 3],
        };
        let projections = vec![projection("a-b", 8, true), projection("pool", 0, false)];
        folder
            .write(layout::TOPOLOGY, TopologySketch { projections, ..Default::default() }.to_json())
            .unwrap();
        let open = || Run::open(folder.path());
        folder.write(layout::STORY, crate::Story::default().to_json()).unwrap();
        assert!(final_arrays(&open().unwrap(), "s").unwrap_err().is_missing());
        let weights = WeightMatrix::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        folder.write(layout::final_weights("s", "a-b"), weights.to_npy()).unwrap();
        folder.write(layout::final_bias("s", "a-b"), bias_to_npy(&[0.1, 0.2])).unwrap();
        let arrays = final_arrays(&open().unwrap(), "s").unwrap();
        assert_eq!(arrays.len(), 2);
        assert_eq!((arrays[0].name.as_str(), arrays[0].shape.as_slice()), ("a-b.weight", [2, 3].as_slice()));
        assert_eq!(arrays[0].values, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
        assert_eq!(
            (arrays[1].name.as_str(), arrays[1].values.as_slice()),
            ("a-b.bias", [0.1, 0.2].as_slice())
        );
        // 0.1 is no single-precision number; 1 to 6 are.
        assert!(arrays[0].bytes().0 && !arrays[1].bytes().0);
    }
}
