//! Why a figure could not be drawn.

use duet_record::RecordError;

/// An error of drawing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The run did not record what the figure shows. No fault of the run: it was not asked to.
    #[error("{figure} is not drawn: the run did not record {needs}")]
    NotRecorded {
        /// The figure's name in scenarios.
        figure: &'static str,
        /// What it needs.
        needs: String,
    },
    /// A figure asked for in `story.json` is none that this version knows.
    #[error("story.json: figure {position}: {what}")]
    BadSpec {
        /// Position in the list, from 1.
        position: usize,
        /// What is wrong.
        what: String,
    },
    /// The drawing library refused.
    #[error("drawing {figure}: {what}")]
    Drawing {
        /// The drawing's name.
        figure: String,
        /// The library's word.
        what: String,
    },
    /// A file of the run could not be read, or a drawing not be written.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl FigureError {
    /// Whether the data are simply not there.
    pub fn is_not_recorded(&self) -> bool {
        matches!(self, Self::NotRecorded { .. })
    }
}

/// Turns "no such file" into "not recorded"; every other error stays.
pub(crate) trait Needed<T> {
    fn needed(self, figure: &'static str, needs: &str) -> Result<T, FigureError>;
}

impl<T> Needed<T> for Result<T, RecordError> {
    fn needed(self, figure: &'static str, needs: &str) -> Result<T, FigureError> {
        self.map_err(|error| {
            if error.is_missing() {
                FigureError::NotRecorded { figure, needs: needs.to_owned() }
            } else {
                error.into()
            }
        })
    }
}

impl<T> Needed<T> for Option<T> {
    fn needed(self, figure: &'static str, needs: &str) -> Result<T, FigureError> {
        self.ok_or_else(|| FigureError::NotRecorded { figure, needs: needs.to_owned() })
    }
}
