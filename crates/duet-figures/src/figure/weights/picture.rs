//! How the weights that arrive at one unit make an image.

use crate::presentation::image_shape;

/// More channels than this beside each other would be a strip, not an image.
const MOST_CHANNELS: usize = 8;

/// An image of incoming weights: the channels stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub channels: usize,
    pub rows: usize,
    /// Columns of one channel.
    pub columns: usize,
    /// Whether it is a kernel that all places of a convolution share.
    pub kernel: bool,
}

impl Picture {
    /// The picture of a projection's weights, by their shape and the source's, if `n_pre` numbers make one.
    pub fn of(weights: &[usize], source: &[usize], n_pre: usize) -> Option<Self> {
        let picture = if let [_, channels, rows, columns] = *weights {
            let is_image = rows > 1 && columns > 1 && channels <= MOST_CHANNELS;
            is_image.then_some(Self { channels, rows, columns, kernel: true })?
        } else {
            let (rows, columns) = image_shape(source)?;
            Self { channels: 1, rows, columns, kernel: false }
        };
        let numbers = picture.rows.checked_mul(picture.columns)?.checked_mul(picture.channels)?;
        (numbers == n_pre).then_some(picture)
    }

    /// Columns of all channels.
    pub fn across(self) -> usize {
        self.channels * self.columns
    }

    /// All places with the weight that stands there: (row, column, index), row by row.
    pub fn places(self) -> impl Iterator<Item = (usize, usize, usize)> {
        let place = move |row: usize, column: usize| {
            let (channel, within) = (column / self.columns, column % self.columns);
            (row, column, (channel * self.rows + row) * self.columns + within)
        };
        (0..self.rows).flat_map(move |row| (0..self.across()).map(move |column| place(row, column)))
    }
}

#[cfg(test)]
mod tests {
    use super::Picture;

    #[test]
    fn a_kernel_shows_its_channels_side_by_side() {
        let picture = Picture::of(&[6, 2, 2, 3], &[2, 8, 8], 12).unwrap();
        assert_eq!((picture.channels, picture.across(), picture.kernel), (2, 6, true));
        let order: Vec<usize> = picture.places().map(|(.., index)| index).collect();
        assert_eq!(order, [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11]);
        assert_eq!(picture.places().nth(9).unwrap(), (1, 3, 9));
    }

    #[test]
    fn not_all_weights_make_an_image() {
        let image = Picture { channels: 1, rows: 28, columns: 28, kernel: false };
        assert_eq!(Picture::of(&[64, 784], &[28, 28], 784), Some(image));
        assert_eq!(Picture::of(&[], &[28, 28], 784), Some(image)); // folders of an older version
        assert_eq!(Picture::of(&[64, 784], &[28, 28], 700), None);
        assert_eq!(Picture::of(&[10, 64], &[64], 64), None);
        assert_eq!(Picture::of(&[4, 64, 3, 3], &[64, 8, 8], 576), None);
        assert_eq!(Picture::of(&[4, 3, 1, 1], &[3, 8, 8], 3), None);
        assert_eq!(Picture::of(&[4, usize::MAX, 2, 2], &[3, 8, 8], 3), None);
    }
}
