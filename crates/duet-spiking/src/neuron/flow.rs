//! The equations of a model as a field of velocities: what a phase portrait is drawn from.

use super::{Build, Group, Neuron, Variable};

/// dx/dt of a model at any state, under a constant input.
pub struct Flow(Box<dyn Group<f64>>);

impl Neuron {
    /// Its equations; `None` where a model has none but a closed form, or fires by chance.
    ///
    /// FitzHugh-Nagumo at (u, w) = (1, 0): du/dt = 0 and dw/dt = 0.2.
    /// ```
    /// use duet_spiking::Neuron;
    /// use duet_spiking::neuron::FitzhughNagumo;
    /// let flow = Neuron::FitzhughNagumo(FitzhughNagumo::default()).flow().unwrap();
    /// let mut slope = [0.0; 2];
    /// flow.at(&[1.0, 0.0], 0.0, &mut slope);
    /// assert!(slope[0] == 0.0 && (slope[1] - 0.2).abs() < 1e-15);
    /// ```
    pub fn flow(&self) -> Option<Flow> {
        let group = self.group::<f64>(&Build::cells(1, 1.0));
        let rest: Vec<f64> = (0..group.variables().len()).map(|variable| group.value(variable, 0)).collect();
        let has_equations = group.derivative(&rest, 0.0, &mut rest.clone());
        has_equations.then_some(Flow(group))
    }
}

impl Flow {
    /// The variables, the potential first.
    pub fn variables(&self) -> &'static [Variable] {
        self.0.variables()
    }

    /// dx/dt per ms at a state, under a constant input in the model's unit. State and slope are as long as there are
    /// variables; a slope of another length is left as it is.
    pub fn at(&self, state: &[f64], current: f64, slope: &mut [f64]) {
        self.0.derivative(state, current, slope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::{Adex, HodgkinHuxley, Izhikevich, Lif, MorrisLecar, Poisson};

    #[test]
    fn every_model_with_equations_has_a_flow_and_rests_where_it_vanishes() {
        for (neuron, variables) in [
            (Neuron::Adex(Adex::default()), 2),
            (Neuron::MorrisLecar(MorrisLecar::default()), 2),
            (Neuron::HodgkinHuxley(HodgkinHuxley::default()), 4),
        ] {
            let flow = neuron.flow().unwrap();
            assert_eq!(flow.variables().len(), variables);
            let group = neuron.group::<f64>(&Build::cells(1, 1.0));
            let rest: Vec<f64> = (0..variables).map(|variable| group.value(variable, 0)).collect();
            let mut slope = vec![1.0; variables];
            flow.at(&rest, 0.0, &mut slope);
            // AdEx begins at its leak potential, where the upstroke still pulls by 1e-5 mV per ms.
            assert!(slope.iter().all(|slope| slope.abs() < 1e-4), "{neuron:?}: {slope:?}");
        }
        assert!(Neuron::Poisson(Poisson::default()).flow().is_none());
        assert!(Neuron::Lif(Lif::default()).flow().is_none());
    }

    #[test]
    fn izhikevich_by_hand() {
        // 0.04 · 3600 - 5 · 60 + 140 + 12 + 10 = 6 and 0.02 (0.2 · -60 + 12) = 0.
        let flow = Neuron::Izhikevich(Izhikevich::default()).flow().unwrap();
        let mut slope = [0.0; 2];
        flow.at(&[-60.0, -12.0], 10.0, &mut slope);
        assert!((slope[0] - 6.0).abs() < 1e-12 && slope[1].abs() < 1e-12, "{slope:?}");
        let mut short = [7.0];
        flow.at(&[-60.0], 10.0, &mut short);
        assert_eq!(short, [7.0]);
    }
}
