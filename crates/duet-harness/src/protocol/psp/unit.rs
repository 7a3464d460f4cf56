//! What one input adds to an artificial unit: its weight.

use super::{Psp, Shown};
use crate::HarnessError;
use duet_ann::AnnSide;
use duet_record::format::number;
use duet_record::{Metric, Table};
use duet_topology::Network;
use indexmap::IndexMap;

/// Drives at which the unit stands when an input comes.
const DRIVES: [f64; 9] = [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0];

impl Psp {
    pub(super) fn at_unit(
        &self,
        side: &AnnSide,
        network: &Network,
        label: &str,
    ) -> Result<Shown, HarnessError> {
        let (inputs, outputs) = network.ends();
        let output = outputs[0];
        let curve = side.activation_of(&network.populations[output].name).curve::<f64>();
        let names: Vec<String> =
            inputs.iter().map(|&input| network.populations[input].name.clone()).collect();
        // The drive of the unit under inputs of 0 or 1: what a forward pass computes before the activation.
        let drive = |fires: &dyn Fn(usize) -> bool| {
            let from = |p: &&duet_topology::Projection| p.to == output && fires(p.from);
            network.projections.values().filter(from).filter_map(|p| p.weights.first()).sum::<f64>()
        };
        let weights: Vec<f64> = inputs.iter().map(|&input| drive(&|from| from == input)).collect();
        let mut metrics = IndexMap::new();
        let (mut of, mut held, mut response, mut answer) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (name, &weight) in names.iter().zip(&weights) {
            let words = "what one input of 1 adds to the unit's drive";
            metrics.insert(format!("{name}.psp"), Metric::new(weight, "1", words));
            let words = "drive at which the input's effect changes sign";
            let why = "a weight adds the same wherever the unit stands";
            metrics.insert(format!("{name}.reversal"), Metric::null(why, "1", words));
            for z in DRIVES {
                of.push(name.clone());
                held.push(z);
                response.push((z + weight) - z);
                answer.push(curve.value(z + weight) - curve.value(z));
            }
        }
        let together = drive(&|_| true);
        let words = "what all inputs together add to the unit's drive";
        metrics.insert("together.psp".to_owned(), Metric::new(together, "1", words));
        let sum: f64 = weights.iter().sum();
        let words = "effect of all inputs together over the sum of what each does alone";
        let summation = Metric::new(together / sum, "1", words);
        let summation =
            if sum == 0.0 { summation.with_why_null("the weights add up to 0") } else { summation };
        metrics.insert("summation".to_owned(), summation);
        let shares = vec![vec![1.0; self.spikes]; names.len()];
        let released = self.releases(&names, &shares, &mut metrics)?;
        let held = Table::new()
            .with_texts("input", of)?
            .with_numbers("held", held)?
            .with_numbers("response", response)?
            .with_numbers("answer", answer)?;
        let each = names.iter().zip(&weights).map(|(name, &w)| format!("{name} {}", number(w)));
        let each = each.collect::<Vec<_>>().join(", ");
        let again = if self.spikes > 1 { ", the last time as much as the first" } else { "" };
        Ok(Shown {
            tables: vec![("held", held), ("released", released)],
            metrics,
            sentence: format!(
                "{label}: an input adds its weight ({each}) wherever the unit stands{again}; together they add up."
            ),
            diagnosis: None,
        })
    }
}
