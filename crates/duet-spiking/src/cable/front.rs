//! A spike on its way: when it arrives where, and how fast it runs.

use super::{Fibre, Neurite};
use crate::SpikingError;

/// What counts as a spike, in mV, rising.
const CROSSING: f64 = 0.0;
/// Between these parts of the length the velocity is taken: away from what the kick and the end do to it.
const RUN: (f64, f64) = (0.4, 0.8);

/// Times at which a spike passes the places that make it.
///
/// ```
/// use duet_spiking::cable::Front;
/// // 2000 um apart, 0.5 ms apart: 4 um/us = 4 m/s.
/// let front = Front { x: vec![0.0, 4000.0, 6000.0, 10_000.0], arrival: vec![Some(0.1), Some(1.0), Some(1.5), Some(2.5)] };
/// assert_eq!(front.velocity(), Some(4.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    /// Distance from the beginning in um.
    pub x: Vec<f64>,
    /// Time in ms; `None` where it has not come to.
    pub arrival: Vec<Option<f64>>,
}

impl Front {
    /// Before a spike has set out.
    pub fn new(neurite: &Neurite) -> Self {
        let x: Vec<f64> = neurite.excitable().iter().map(|&node| neurite.x()[node]).collect();
        Self { arrival: vec![None; x.len()], x }
    }

    /// Notes where V has risen through 0 mV on the way from `before` to the neurite's voltages now, `dt` ms long and ended
    /// at `now`. Between the two V is taken as straight.
    pub fn note(&mut self, neurite: &Neurite, before: &[f64], now: f64, dt: f64) {
        for (&node, arrival) in neurite.excitable().iter().zip(&mut self.arrival) {
            let (from, to) = (before[node], neurite.v()[node]);
            if arrival.is_none() && from < CROSSING && to >= CROSSING {
                *arrival = Some(now - dt * (to - CROSSING) / (to - from));
            }
        }
    }

    /// Lets a spike run along a fibre whose beginning is held `kick` mV above rest for `kick_for` ms, for `duration` ms or
    /// until it has come to the end.
    ///
    /// # Errors
    /// [`SpikingError::CableDiverged`] when a voltage is no longer finite.
    pub fn of(fibre: &Fibre, dt: f64, kick: f64, kick_for: f64, duration: f64) -> Result<Self, SpikingError> {
        let mut neurite = Neurite::new(fibre);
        let mut front = Self::new(&neurite);
        let mut before = neurite.v().to_vec();
        neurite.hold(Some(fibre.rest() + kick));
        for step in 1..=(duration / dt).round() as u64 {
            if step == (kick_for / dt).round() as u64 + 1 {
                neurite.hold(None);
            }
            before.copy_from_slice(neurite.v());
            neurite.step(dt, 0.0);
            neurite.check(step as f64 * dt)?;
            front.note(&neurite, &before, step as f64 * dt, dt);
            if front.arrival.last().is_some_and(Option::is_some) {
                break;
            }
        }
        Ok(front)
    }

    /// The velocity in m/s over the middle of the way; `None` if the spike did not come through.
    pub fn velocity(&self) -> Option<f64> {
        let length = self.x.last()?;
        let nearest = |part: f64| {
            let off = |i: &usize| (self.x[*i] - part * length).abs();
            (0..self.x.len()).min_by(|a, b| off(a).total_cmp(&off(b)))
        };
        let (from, to) = (nearest(RUN.0)?, nearest(RUN.1)?);
        let time = self.arrival[to]? - self.arrival[from]?;
        // um per ms are mm/s.
        (time > 0.0).then(|| (self.x[to] - self.x[from]) / time / 1000.0)
    }
}
