//! Ways through the plane, as the simulated cell goes them.

use super::PhasePlane;
use crate::HarnessError;
use crate::protocol::probe::Probe;

/// Points kept of a way, at most.
const POINTS: u64 = 4000;

/// One way through the plane.
pub(super) struct Course {
    /// Time in ms and state.
    pub(super) points: Vec<(f64, f64, f64)>,
    /// Times of its spikes in ms.
    pub(super) spikes: Vec<f64>,
    /// Smallest and largest value of the first variable in the second half.
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Course {
    /// From the cell's own beginning, or from a state.
    pub(super) fn run(
        phase_plane: &PhasePlane,
        probe: &Probe<'_>,
        start: Option<(f64, f64)>,
    ) -> Result<Self, HarnessError> {
        let mut cell = probe.cell()?;
        if let Some((x, y)) = start {
            cell.set(0, 0, 0, x);
            cell.set(0, 1, 0, y);
        }
        cell.inject(0, 0, phase_plane.input_of(probe.name()));
        let steps = probe.steps(phase_plane.duration.get());
        let every = steps.div_ceil(POINTS);
        let mut course =
            Self { points: Vec::new(), spikes: Vec::new(), low: f64::INFINITY, high: f64::NEG_INFINITY };
        for step in 0..=steps {
            if step > 0 {
                cell.step(&[]);
            }
            let value = |variable: usize| cell.value(0, variable, 0).unwrap_or(f64::NAN);
            let time = step as f64 * probe.side.dt.get();
            let fires = !cell.spikes(0).is_empty();
            for &fired in cell.spikes(0) {
                course.spikes.push(cell.spike_time(0, fired));
            }
            // What a spike does to the state is always kept, lest a reset be drawn as a way.
            if step % every == 0 || fires {
                course.points.push((time, value(0), value(1)));
            }
            if 2 * step >= steps {
                (course.low, course.high) = (course.low.min(value(0)), course.high.max(value(0)));
            }
        }
        cell.check().map_err(|error| probe.not_finite(&error))?;
        Ok(course)
    }

    /// Whether it fires twice at least in the second half.
    pub(super) fn keeps_firing(&self, duration: f64) -> bool {
        self.spikes.iter().filter(|time| **time > 0.5 * duration).count() > 1
    }
}
