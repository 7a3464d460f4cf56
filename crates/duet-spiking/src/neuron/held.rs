//! Cells that sit at a potential for some steps after a spike.
//!
//! Among the potentials of all cells a held one's is NaN: every operation keeps it, and no threshold is below it. So a step asks
//! nobody whether he is held, and costs the same with many as with none; where a held cell sits is kept here, and put back before
//! the first step that moves it.

use duet_kernels::Real;

/// Who is held, where, and until when.
pub(super) struct Held<T> {
    /// The step that is done, counted from 1.
    now: u64,
    /// Who is let go and where, by the step that moves him again modulo its length.
    leaving: Vec<Vec<(u32, T)>>,
}

impl<T: Real> Held<T> {
    /// Nobody, and never for more than so many steps.
    pub(super) fn new(most_steps: u16) -> Self {
        Self { now: 0, leaving: vec![Vec::new(); usize::from(most_steps) + 2] }
    }

    /// Nobody is held.
    pub(super) fn clear(&mut self) {
        self.leaving.iter_mut().for_each(Vec::clear);
    }

    /// A step begins: who was held long enough is put back among the potentials.
    pub(super) fn begin_step(&mut self, u: &mut [T]) {
        self.now += 1;
        let slot = self.slot(0);
        self.leaving[slot].drain(..).for_each(|(cell, at)| u[cell as usize] = at);
    }

    /// A cell sits at a potential for so many steps.
    pub(super) fn hold(&mut self, u: &mut [T], cell: usize, at: T, steps: u16) {
        if let Some((slot, index)) = self.find(u, cell) {
            self.leaving[slot].swap_remove(index);
        }
        let steps = usize::from(steps).min(self.leaving.len() - 2);
        u[cell] = if steps == 0 { at } else { T::from_f64(f64::NAN) };
        if steps > 0 {
            let slot = self.slot(steps + 1);
            self.leaving[slot].push((cell as u32, at));
        }
    }

    /// Moves a cell; one that is held stays so.
    pub(super) fn put(&mut self, u: &mut [T], cell: usize, to: T) {
        match self.find(u, cell) {
            Some((slot, index)) => self.leaving[slot][index].1 = to,
            None => u[cell] = to,
        }
    }

    /// Where a cell is.
    pub(super) fn of(&self, u: &[T], cell: usize) -> T {
        self.find(u, cell).map_or(u[cell], |(slot, index)| self.leaving[slot][index].1)
    }

    /// Steps for which it is still held.
    pub(super) fn left(&self, u: &[T], cell: usize) -> u16 {
        let Some((slot, _)) = self.find(u, cell) else { return 0 };
        let steps = (slot + self.leaving.len() - self.slot(0)) % self.leaving.len();
        steps.saturating_sub(1) as u16
    }

    /// Where a held cell is noted. To look through all who are held costs nothing where it counts: steps do not ask.
    fn find(&self, u: &[T], cell: usize) -> Option<(usize, usize)> {
        let among = |leaving: &Vec<(u32, T)>| leaving.iter().position(|held| held.0 as usize == cell);
        u[cell]
            .is_nan()
            .then(|| self.leaving.iter().enumerate().find_map(|(slot, l)| Some((slot, among(l)?))))
            .flatten()
    }

    /// Who is moved again so many steps from now.
    fn slot(&self, steps: usize) -> usize {
        ((self.now + steps as u64) % self.leaving.len() as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_back_when_its_steps_are_over() {
        let (mut held, mut u) = (Held::new(2), [1.0_f64, 2.0, 3.0]);
        held.hold(&mut u, 1, -5.0, 2);
        held.hold(&mut u, 2, -6.0, 0);
        assert!(u[1].is_nan() && u[2] == -6.0);
        for left in [2, 1] {
            assert_eq!((held.left(&u, 1), held.left(&u, 2), held.of(&u, 1)), (left, 0, -5.0));
            held.begin_step(&mut u);
            assert!(u[1].is_nan());
        }
        held.put(&mut u, 1, -7.0);
        held.put(&mut u, 0, 4.0);
        assert_eq!((held.of(&u, 1), held.left(&u, 1)), (-7.0, 0));
        held.begin_step(&mut u);
        assert_eq!(u, [4.0, -7.0, -6.0]);

        // Held anew meanwhile: the later end counts. Nobody is held longer than was said.
        held.hold(&mut u, 0, 0.5, 1);
        held.begin_step(&mut u);
        held.hold(&mut u, 0, 0.25, 9);
        held.begin_step(&mut u);
        held.begin_step(&mut u);
        assert!(u[0].is_nan() && held.of(&u, 0) == 0.25);
        held.begin_step(&mut u);
        assert_eq!(u[0], 0.25);
        held.hold(&mut u, 0, 0.5, 1);
        held.clear();
        assert!(held.of(&u, 0).is_nan(), "a NaN that nobody is held for is seen");
    }
}
