//! One small window that moves over a grid: the geometry that convolution and pooling share.

use serde::{Deserialize, Serialize};

/// How the units of a grid feed those of another through a moving window.
///
/// Units are numbered channel first, then row, then column: `(channel * rows + row) * columns + column`. The window's
/// corner of output row `y` and column `x` lies at input row `y * stride[0] - padding[0]` and column
/// `x * stride[1] - padding[1]`; what lies outside of the grid counts as zero.
///
/// ```
/// use duet_topology::Window;
///
/// let window = Window::over(&[3, 32, 32], [5, 5], [1, 1], [0, 0])?;
/// assert_eq!(window.output(), [28, 28]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Channels of the input.
    pub channels: usize,
    /// Rows and columns of the input.
    pub input: [usize; 2],
    /// Rows and columns of the window.
    pub kernel: [usize; 2],
    /// How far it moves from one output row or column to the next.
    pub stride: [usize; 2],
    /// Rows above and below, columns left and right of the input that count as zero.
    pub padding: [usize; 2],
}

impl Window {
    /// A window over a population of this shape: `[channels, rows, columns]`, `[rows, columns]` (one channel) or
    /// `[columns]`.
    ///
    /// # Errors
    /// A sentence when the shape has more axes, or the window has no extent, does not move, or is larger than the padded
    /// input.
    pub fn over(
        shape: &[usize],
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
    ) -> Result<Self, String> {
        let (channels, input) = grid(shape)?;
        for axis in 0..2 {
            if kernel[axis] == 0 || stride[axis] == 0 {
                return Err("kernel and stride must be at least 1 along each axis".to_owned());
            }
            if padding[axis] >= kernel[axis] {
                return Err(format!(
                    "padding {padding:?} must be smaller than the kernel {kernel:?}, or windows would see nothing"
                ));
            }
            if kernel[axis] > input[axis] + 2 * padding[axis] {
                return Err(format!(
                    "the kernel {kernel:?} is larger than the input {input:?} with padding {padding:?}"
                ));
            }
        }
        Ok(Self { channels, input, kernel, stride, padding })
    }

    /// Rows and columns of the output.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            (self.input[axis] + 2 * self.padding[axis] - self.kernel[axis]) / self.stride[axis] + 1
        })
    }

    /// Places at which the window stands.
    pub fn places(&self) -> usize {
        self.output().iter().product()
    }

    /// Cells of the window in one channel.
    pub fn area(&self) -> usize {
        self.kernel.iter().product()
    }

    /// How many (place, window cell) pairs of one channel lie on the grid and not on its padding: what one output channel
    /// costs per input channel.
    ///
    /// ```
    /// use duet_topology::Window;
    ///
    /// let window = Window::over(&[3, 3], [3, 3], [1, 1], [1, 1])?;
    /// // A corner sees 4 cells, an edge 6, the middle 9.
    /// assert_eq!(window.touched(), 4 * 4 + 4 * 6 + 9);
    /// # Ok::<(), String>(())
    /// ```
    pub fn touched(&self) -> u64 {
        let along = |axis: usize| -> u64 {
            (0..self.output()[axis])
                .map(|place| {
                    let start = place * self.stride[axis];
                    let cells = start..start + self.kernel[axis];
                    let grid = self.padding[axis]..self.padding[axis] + self.input[axis];
                    cells.end.min(grid.end).saturating_sub(cells.start.max(grid.start)) as u64
                })
                .sum()
        };
        along(0) * along(1)
    }

    /// The places from which the window sees a cell of the grid, and the cell of the window in which it sees it.
    ///
    /// ```
    /// use duet_topology::Window;
    ///
    /// // Three columns, two of them seen at a time: the middle one is the right of place 0 and the left of place 1.
    /// let window = Window::over(&[3], [1, 2], [1, 1], [0, 0])?;
    /// let mut seen = Vec::new();
    /// window.seen_by(1, |place, cell| seen.push((place, cell)));
    /// assert_eq!(seen, [(1, 0), (0, 1)]);
    /// # Ok::<(), String>(())
    /// ```
    pub fn seen_by(&self, cell: usize, mut visit: impl FnMut(usize, usize)) {
        let output = self.output();
        let at = [cell / self.input[1], cell % self.input[1]];
        let place = |axis: usize, offset: usize| {
            let corner = (at[axis] + self.padding[axis]).checked_sub(offset)?;
            let place = corner / self.stride[axis];
            (corner.is_multiple_of(self.stride[axis]) && place < output[axis]).then_some(place)
        };
        for row in 0..self.kernel[0] {
            let Some(y) = place(0, row) else { continue };
            for column in 0..self.kernel[1] {
                if let Some(x) = place(1, column) {
                    visit(y * output[1] + x, row * self.kernel[1] + column);
                }
            }
        }
    }

    /// Checks that a target population has the shape that the window gives it.
    ///
    /// # Errors
    /// A sentence with the shape that it should have.
    pub(crate) fn check_target(&self, shape: &[usize], channels: Option<usize>) -> Result<(), String> {
        let (found, size) = grid(shape)?;
        let expected = channels.unwrap_or(found);
        if found == expected && size == self.output() {
            return Ok(());
        }
        let [rows, columns] = self.output();
        Err(format!(
            "a window of {:?} moving by {:?} over {:?} with padding {:?} gives {rows} x {columns}, so the target's shape is [{expected}, {rows}, {columns}]",
            self.kernel, self.stride, self.input, self.padding
        ))
    }
}

/// A shape as channels, rows and columns.
pub(crate) fn grid(shape: &[usize]) -> Result<(usize, [usize; 2]), String> {
    match *shape {
        [columns] => Ok((1, [1, columns])),
        [rows, columns] => Ok((1, [rows, columns])),
        [channels, rows, columns] => Ok((channels, [rows, columns])),
        _ => {
            Err(format!("the shape {shape:?} is no grid: give [rows, columns] or [channels, rows, columns]"))
        }
    }
}

/// Two numbers, one for rows and one for columns, from a list in a scenario.
pub(crate) fn pair(key: &str, list: &[usize]) -> Result<[usize; 2], String> {
    <[usize; 2]>::try_from(list)
        .map_err(|_| format!("{key} = {list:?} must have two numbers, for rows and columns"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_formula() {
        let size =
            |n, k, s, p| Window::over(&[n, n], [k, k], [s, s], [p, p]).map(|window| window.output()[0]);
        assert_eq!(size(32, 5, 1, 0), Ok(28));
        assert_eq!(size(28, 2, 2, 0), Ok(14));
        assert_eq!(size(5, 3, 2, 1), Ok(3));
        assert_eq!(size(7, 3, 2, 0), Ok(3));
        for (n, k, s, p) in [(2, 3, 1, 0), (5, 0, 1, 0), (5, 3, 0, 0), (5, 3, 1, 3)] {
            assert!(size(n, k, s, p).is_err());
        }
        assert!(Window::over(&[1, 2, 3, 4], [1, 1], [1, 1], [0, 0]).is_err());
    }

    #[test]
    fn a_target_of_another_shape_hears_which_one_it_should_have() {
        let window = Window::over(&[1, 28, 28], [5, 5], [1, 1], [0, 0]).unwrap();
        assert_eq!(window.check_target(&[8, 24, 24], None), Ok(()));
        assert!(window.check_target(&[8, 25, 24], None).unwrap_err().ends_with("shape is [8, 24, 24]"));
        assert!(window.check_target(&[8, 24, 24], Some(1)).unwrap_err().ends_with("shape is [1, 24, 24]"));
    }
}
