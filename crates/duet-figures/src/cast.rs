//! The sides of a run with their fixed looks: the same colour and marker in every figure.

use duet_record::{Physics, Run};

use crate::error::FigureError;
use crate::escape::clean;
use crate::theme::{Marker, Rgb, Theme};

/// One side and its looks.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    /// Its name in the run's files, as it stands there.
    pub(crate) name: String,
    /// What people call it, cleaned.
    pub(crate) label: String,
    pub(crate) physics: Option<Physics>,
    pub(crate) color: Rgb,
    pub(crate) marker: Marker,
}

/// The sides in the scenario's order: from the story or, where there is none, from the metrics.
pub(crate) fn cast(run: &Run, theme: &Theme) -> Result<Vec<Actor>, FigureError> {
    let named: Vec<(String, String, Option<Physics>)> = match run.story() {
        Ok(story) => {
            story.sides.into_iter().map(|side| (side.name, clean(&side.label), Some(side.physics))).collect()
        }
        Err(error) if error.is_missing() => {
            run.metrics()?.sides.into_keys().map(|name| (name.clone(), clean(&name), None)).collect()
        }
        Err(error) => return Err(error.into()),
    };
    Ok(named
        .into_iter()
        .enumerate()
        .map(|(index, (name, label, physics))| Actor {
            label: if label.trim().is_empty() { clean(&name) } else { label },
            name,
            physics,
            color: theme.side(index),
            marker: theme.marker(index),
        })
        .collect())
}
