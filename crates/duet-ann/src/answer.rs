//! Questions to a network that change nothing in it.

use crate::cost::Meter;
use crate::learning::assign_credit;
use crate::pass::{Mode, forward};
use crate::train::{judge, not_finite};
use crate::workspace::{Credit, Workspace, piece};
use crate::{Ann, AnnError, Cost, EpochReport, Examples};
use duet_gradient::GradientError;
use duet_kernels::Real;
use indexmap::IndexMap;
use nalgebra::DMatrix;

impl<T: Real> Ann<T> {
    /// The outputs for a batch of inputs, both features x examples. For a cross-entropy these are the logits.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] if the matrix has another number of rows than the input has units.
    pub fn predict(&self, inputs: &DMatrix<T>) -> Result<DMatrix<T>, AnnError> {
        let mut outputs = Vec::with_capacity(self.outputs() * inputs.ncols());
        self.pass(inputs, Credit::Output, |workspace, batch| {
            outputs.extend_from_slice(workspace.scores(&self.plan, batch));
            Ok(())
        })?;
        Ok(DMatrix::from_vec(self.outputs(), inputs.ncols(), outputs))
    }

    /// The activations of every population for a batch of inputs, each units x examples, in the order of computation; at
    /// the end, where examples are shown in slices.
    ///
    /// # Errors
    /// As for [`Ann::predict`].
    pub fn activity(&self, inputs: &DMatrix<T>) -> Result<IndexMap<String, DMatrix<T>>, AnnError> {
        let layers = &self.plan.layers;
        let mut gathered: Vec<Vec<T>> =
            layers.iter().map(|layer| Vec::with_capacity(layer.size * inputs.ncols())).collect();
        self.pass(inputs, Credit::Output, |workspace, batch| {
            for (l, (all, layer)) in gathered.iter_mut().zip(layers).enumerate() {
                let start = all.len();
                all.resize(start + layer.size * batch, T::ZERO);
                let last = &workspace.moments[self.plan.steps - 1];
                last.visit(layer, l, batch, |example, unit, y| all[start + example * layer.size + unit] = y);
            }
            Ok(())
        })?;
        let matrices = layers.iter().zip(gathered).map(|(layer, values)| {
            (layer.name.clone(), DMatrix::from_vec(layer.size, inputs.ncols(), values))
        });
        Ok(matrices.collect())
    }

    /// How each example's own loss would change with its inputs, features x examples.
    ///
    /// # Errors
    /// As for [`Ann::predict`], and [`AnnError::Gradient`] if the labels do not fit.
    pub fn input_gradient(&self, inputs: &DMatrix<T>, labels: &[u32]) -> Result<DMatrix<T>, AnnError> {
        if labels.len() != inputs.ncols() {
            let (expected, got) = (inputs.ncols(), labels.len());
            return Err(GradientError::Length { what: "the labels", expected, got }.into());
        }
        let mut slopes = Vec::with_capacity(inputs.len());
        self.pass(inputs, Credit::Input, |workspace, batch| {
            let done = slopes.len() / self.inputs();
            workspace.labels[..batch].copy_from_slice(&labels[done..done + batch]);
            judge(&self.plan, &self.backprop.loss, workspace, batch)?;
            assign_credit(&self.plan, &self.parameters, workspace, batch, Some(&self.running));
            // The loss is a mean over the batch; what is asked for is each example's own, by the numbers as they were.
            let std = self.plan.standardize.as_ref().map_or(1.0, |standardize| standardize.std);
            let examples = T::from_f64(batch as f64 / std);
            let (layer, start) = (&self.plan.layers[0], slopes.len());
            slopes.resize(start + self.inputs() * batch, T::ZERO);
            for (t, moment) in workspace.moments.iter().enumerate() {
                moment.visit_deltas(layer, 0, batch, |example, unit, slope| {
                    slopes[start + example * self.inputs() + t * layer.size + unit] = slope * examples;
                });
            }
            Ok(())
        })?;
        Ok(DMatrix::from_vec(self.inputs(), inputs.ncols(), slopes))
    }

    /// Mean loss and right answers on examples, without learning from them.
    ///
    /// # Errors
    /// [`AnnError::NotFinite`] if the loss is not finite, [`AnnError::Gradient`] without examples or with a label that
    /// does not fit, [`AnnError::Inputs`] if the examples do not fit the input.
    pub fn evaluate(&self, examples: &Examples<'_>) -> Result<EpochReport, AnnError> {
        let mut report = EpochReport::default();
        self.pass_examples(examples, |workspace, batch| {
            let judged = judge(&self.plan, &self.backprop.loss, workspace, batch)?;
            if !judged.loss.is_finite() {
                let place = not_finite(&self.plan, &self.parameters, workspace, batch);
                return Err(AnnError::NotFinite { place });
            }
            report.add(judged);
            Ok(())
        })?;
        if examples.is_empty() { Err(GradientError::Empty.into()) } else { Ok(report) }
    }

    /// The outputs for examples, outputs x examples.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] if the examples do not fit the input.
    pub fn scores(&self, examples: &Examples<'_>) -> Result<DMatrix<T>, AnnError> {
        let mut outputs = Vec::with_capacity(self.outputs() * examples.len());
        self.pass_examples(examples, |workspace, batch| {
            outputs.extend_from_slice(workspace.scores(&self.plan, batch));
            Ok(())
        })?;
        Ok(DMatrix::from_vec(self.outputs(), examples.len(), outputs))
    }

    /// What an answer costs, on average over examples.
    ///
    /// # Errors
    /// [`AnnError::Gradient`] without examples, [`AnnError::Inputs`] if they do not fit the input.
    pub fn cost(&self, examples: &Examples<'_>) -> Result<Cost, AnnError> {
        let mut meter = Meter::new(&self.plan);
        self.pass_examples(examples, |workspace, batch| {
            meter.count(&self.plan, &workspace.moments, batch);
            Ok(())
        })?;
        if examples.is_empty() { Err(GradientError::Empty.into()) } else { Ok(meter.cost(&self.plan)) }
    }

    /// Runs a matrix of inputs through the network, piece by piece.
    fn pass(
        &self,
        inputs: &DMatrix<T>,
        credit: Credit,
        mut look: impl FnMut(&mut Workspace<T>, usize) -> Result<(), AnnError>,
    ) -> Result<(), AnnError> {
        let features = self.inputs();
        if inputs.nrows() != features {
            let what = "rows of the inputs, one for each input unit";
            return Err(AnnError::Inputs { what, expected: features, got: inputs.nrows() });
        }
        let capacity = piece(&self.plan);
        let mut workspace = Workspace::new(&self.plan, inputs.ncols().min(capacity), credit);
        for piece in inputs.as_slice().chunks(features * capacity) {
            let batch = piece.len() / features;
            for (i, example) in piece.chunks_exact(features).enumerate() {
                workspace.set_example(&self.plan, i, example);
            }
            self.forward(&mut workspace, batch);
            look(&mut workspace, batch)?;
        }
        Ok(())
    }

    /// Runs all examples through the network, piece by piece, with their labels.
    pub(crate) fn pass_examples(
        &self,
        examples: &Examples<'_>,
        mut look: impl FnMut(&mut Workspace<T>, usize) -> Result<(), AnnError>,
    ) -> Result<(), AnnError> {
        examples.check(self.inputs(), self.outputs(), &[])?;
        let capacity = piece(&self.plan);
        let mut workspace = Workspace::new(&self.plan, examples.len().min(capacity), Credit::Output);
        for start in (0..examples.len()).step_by(capacity) {
            let batch = capacity.min(examples.len() - start);
            workspace.gather(&self.plan, examples, start..start + batch);
            self.forward(&mut workspace, batch);
            look(&mut workspace, batch)?;
        }
        Ok(())
    }

    fn forward(&self, workspace: &mut Workspace<T>, batch: usize) {
        let mut mode = Mode::Answer { running: &self.running };
        forward(&self.plan, &self.parameters, workspace, batch, &mut mode);
    }
}

#[cfg(test)]
mod tests;
