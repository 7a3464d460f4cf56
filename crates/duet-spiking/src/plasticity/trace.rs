//! Exponential traces that decay only when they are looked at.

use super::TraceKind;
use duet_kernels::math::exp;

/// One trace per cell: value and the step at which it was last touched. A silent cell costs nothing.
#[derive(Clone, Debug)]
pub struct Trace {
    value: Vec<f64>,
    touched: Vec<u64>,
    /// exp(-k dt / tau) for k = 0, 1, ...; what is older is computed.
    decay: Vec<f64>,
    /// dt / tau.
    per_step: f64,
    nearest: bool,
}

impl Trace {
    /// Traces at zero for `size` cells.
    pub fn new(kind: TraceKind, size: usize, dt: f64) -> Self {
        // Ten time constants hold nearly every reading; a table of long ones stays small.
        let steps = ((10.0 * kind.tau / dt).ceil() as usize).clamp(2, 1 << 16);
        Self {
            value: vec![0.0; size],
            touched: vec![0; size],
            decay: (0..steps).map(|k| exp(-(k as f64) * (dt / kind.tau))).collect(),
            per_step: dt / kind.tau,
            nearest: kind.nearest,
        }
    }

    /// The trace of a cell at step `now`.
    pub fn read(&self, cell: usize, now: u64) -> f64 {
        let (value, age) = (self.value[cell], now - self.touched[cell]);
        if value == 0.0 {
            return 0.0;
        }
        value * self.decay.get(age as usize).copied().unwrap_or_else(|| exp(-(age as f64) * self.per_step))
    }

    /// Adds a spike of a cell at step `now`.
    pub fn add(&mut self, cell: usize, now: u64) {
        self.value[cell] = if self.nearest { 1.0 } else { self.read(cell, now) + 1.0 };
        self.touched[cell] = now;
    }

    pub(crate) fn cells(&self) -> usize {
        self.value.len()
    }

    /// Adds what is known of a cell: value, and when it was touched.
    pub(crate) fn save(&self, cell: usize, state: &mut Vec<f64>) {
        state.extend([self.value[cell], self.touched[cell] as f64]);
    }

    /// Takes what [`Trace::save`] gave.
    pub(crate) fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        self.value[cell] = state.next().unwrap_or(0.0);
        self.touched[cell] = state.next().unwrap_or(0.0) as u64;
    }

    /// Sets every trace to zero.
    pub fn clear(&mut self) {
        self.value.fill(0.0);
        self.touched.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_exponentials() {
        let mut trace = Trace::new(TraceKind { tau: 20.0, nearest: false }, 2, 0.5);
        trace.add(1, 10);
        trace.add(1, 30);
        let expected = exp(-(20.0) / 20.0) + exp(-10.0 / 20.0);
        assert!((trace.read(1, 50) - expected).abs() < 1e-15);
        assert_eq!(trace.read(0, 50), 0.0);
        assert_eq!(trace.read(1, 1_000_000), 0.0);
        let mut slow = Trace::new(TraceKind { tau: 200.0, nearest: false }, 1, 0.001);
        slow.add(0, 0);
        assert!(
            (slow.read(0, 1_100_000) / exp(-5.5) - 1.0).abs() < 1e-9,
            "old traces are computed, not dropped"
        );
        let mut nearest = Trace::new(TraceKind { tau: 20.0, nearest: true }, 1, 0.5);
        nearest.add(0, 10);
        nearest.add(0, 30);
        assert!((nearest.read(0, 50) - exp(-0.5)).abs() < 1e-15);
    }
}
