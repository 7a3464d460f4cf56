//! One trial: where on the ring the cells fire, window by window.

use duet_kernels::math::{atan2, cos, sin};
use duet_spiking::SpikingError;
use duet_spiking::network::Engine;

/// Parts into which the ring is cut for pictures and profiles, where there are so many cells.
const PARTS: usize = 72;

/// What all trials share.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) population: usize,
    pub(super) cells: usize,
    pub(super) windows: usize,
    /// In ms.
    pub(super) window: f64,
    /// The place that is shown, in degrees.
    pub(super) cue: f64,
    /// From when to when, in ms.
    pub(super) shown: (f64, f64),
}

/// What the cells did in one trial.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// Spikes by part of the ring, window by window.
    pub(super) parts: Vec<Vec<u32>>,
    /// Place in degrees (0 to 360) and strength of every window; NaN where nobody fired.
    pub(super) places: Vec<(f64, f64)>,
    /// Rates in Hz after the cue around the place of each window, the place first.
    pub(super) profile: Vec<f64>,
    pub(super) strength_after: f64,
    pub(super) rate_before: f64,
    pub(super) rate_after: f64,
}

impl Plan {
    /// The middle of a window in ms.
    pub(super) fn middle(&self, window: usize) -> f64 {
        (window as f64 + 0.5) * self.window
    }

    /// Whether a window lies after the cue.
    pub(super) fn is_after(&self, window: usize) -> bool {
        window as f64 * self.window >= self.shown.1 - 1e-9
    }

    /// Whether it lies in the second half of the time before; the last one there does in any case.
    fn is_before(&self, window: usize) -> bool {
        let (begin, end) = (window as f64 * self.window, (window + 1) as f64 * self.window);
        let earliest = (0.5 * self.shown.0).min(self.shown.0 - self.window);
        begin >= earliest - 1e-9 && end <= self.shown.0 + 1e-9
    }

    /// How many parts the ring is cut into.
    pub(super) fn parts(&self) -> usize {
        PARTS.min(self.cells)
    }

    /// The middle of a part, in degrees: cell 0 stands in the middle of the first.
    pub(super) fn part_angle(&self, part: usize) -> f64 {
        part as f64 * 360.0 / self.parts() as f64
    }

    /// The part in which an angle in degrees lies.
    fn part_of(&self, angle: f64) -> usize {
        (angle.rem_euclid(360.0) * self.parts() as f64 / 360.0).round() as usize % self.parts()
    }

    fn angle(&self, cell: usize) -> f64 {
        360.0 * cell as f64 / self.cells as f64
    }

    /// What one spike in a window is as a rate of the cells of a part, in Hz.
    pub(super) fn per_spike(&self, part: usize) -> f64 {
        let cells = (0..self.cells).filter(|&cell| self.part_of(self.angle(cell)) == part).count();
        1000.0 / (self.window * cells as f64)
    }

    /// An angle from the cue, the shorter way around, in degrees.
    fn beside_cue(&self, place: f64) -> f64 {
        (place - self.cue + 180.0).rem_euclid(360.0) - 180.0
    }

    /// One trial.
    pub(super) fn run(&self, engine: &mut Engine<f32>) -> Result<Course, SpikingError> {
        let steps = ((self.window / engine.dt()).round() as u64).max(1);
        let mut counts = Vec::with_capacity(self.windows);
        for _ in 0..self.windows {
            let mut of_cells = vec![0_u32; self.cells];
            for spike in engine.advance(steps) {
                let (population, cell) = engine.who(spike.id);
                if population == self.population {
                    of_cells[cell] += 1;
                }
            }
            engine.check()?;
            counts.push(of_cells);
        }
        Ok(self.read(&counts))
    }

    /// Place, strength and profile from the spikes of every cell in every window.
    pub(super) fn read(&self, counts: &[Vec<u32>]) -> Course {
        let mut places = Vec::with_capacity(counts.len());
        let mut parts = Vec::with_capacity(counts.len());
        let mut around = vec![0.0; self.parts()];
        let (mut before, mut after, mut strengths) = (Vec::new(), Vec::new(), Vec::new());
        for (window, of_cells) in counts.iter().enumerate() {
            let (mut x, mut y, mut total, mut of_parts) = (0.0, 0.0, 0.0, vec![0; self.parts()]);
            for (cell, &spikes) in of_cells.iter().enumerate().filter(|(_, spikes)| **spikes > 0) {
                let (angle, n) = (self.angle(cell), f64::from(spikes));
                x += n * cos(angle.to_radians());
                y += n * sin(angle.to_radians());
                total += n;
                of_parts[self.part_of(angle)] += spikes;
            }
            // Nobody fired: nowhere.
            let place = if total > 0.0 { atan2(y, x).to_degrees().rem_euclid(360.0) } else { f64::NAN };
            let strength = (x * x + y * y).sqrt() / total;
            let rate = 1000.0 * total / (self.window * self.cells as f64);
            if self.is_before(window) {
                before.push(rate);
            }
            if self.is_after(window) {
                after.push(rate);
                strengths.push(strength);
                for (cell, &spikes) in of_cells.iter().enumerate().filter(|(_, spikes)| **spikes > 0) {
                    around[self.part_of(self.angle(cell) - place)] += f64::from(spikes);
                }
            }
            places.push((place, strength));
            parts.push(of_parts);
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let cells = self.cells as f64 / self.parts() as f64;
        let per = 1000.0 / (self.window * cells * after.len() as f64);
        Course {
            profile: around.into_iter().map(|spikes| spikes * per).collect(),
            strength_after: mean(&strengths),
            rate_before: mean(&before),
            rate_after: mean(&after),
            places,
            parts,
        }
    }
}

impl Course {
    /// Strength in the last window; 0 where nobody fired.
    pub(super) fn last_strength(&self) -> f64 {
        self.places.last().map_or(0.0, |place| if place.1.is_finite() { place.1 } else { 0.0 })
    }

    /// How far the place is from the cue in a window, in degrees.
    pub(super) fn error(&self, plan: &Plan, window: usize) -> f64 {
        plan.beside_cue(self.places[window].0)
    }
}
