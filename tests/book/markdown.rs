//! As much of markdown as the book uses.

use std::path::{Component, Path, PathBuf};

/// A markdown file.
pub struct Page {
    /// Where it is.
    pub path: PathBuf,
    text: String,
}

/// A fenced block.
pub struct Block {
    /// What stands behind the opening fence.
    pub info: String,
    /// What stands between the fences.
    pub text: String,
}

impl Page {
    /// Reads a file.
    pub fn read(path: &Path) -> Self {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path: path.to_owned(), text }
    }

    /// Its name for messages.
    pub fn name(&self) -> &str {
        self.path.strip_prefix(super::root()).ok().and_then(Path::to_str).unwrap_or_default()
    }

    /// What a relative path on this page means.
    pub fn resolve(&self, relative: &str) -> PathBuf {
        let mut path = self.path.parent().map_or_else(PathBuf::new, Path::to_owned);
        for part in Path::new(relative).components() {
            match part {
                Component::ParentDir => {
                    path.pop();
                }
                Component::CurDir => {}
                other => path.push(other),
            }
        }
        path
    }

    /// Its fenced blocks, also those inside lists.
    pub fn blocks(&self) -> impl Iterator<Item = Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for line in self.text.lines() {
            match (line.trim_start().strip_prefix("```"), &mut open) {
                (Some(info), None) => {
                    open = Some(Block { info: info.trim().to_owned(), text: String::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (None, Some(block)) => {
                    block.text += line;
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        blocks.into_iter()
    }

    /// The lines outside fences.
    pub fn prose(&self) -> impl Iterator<Item = &str> {
        let mut fenced = false;
        self.text.lines().filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fence && !fenced
        })
    }

    /// The targets of its links and images.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| line.split("](").skip(1)).filter_map(|rest| rest.split(')').next())
    }

    /// The code words in its prose.
    pub fn inline(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| line.split('`').skip(1).step_by(2))
    }

    /// The files that it includes.
    pub fn includes(&self) -> impl Iterator<Item = &str> {
        let files = self.text.split("{{#include ").skip(1).filter_map(|rest| rest.split("}}").next());
        files.map(|file| file.trim().split(':').next().unwrap_or_default())
    }

    /// Whether a heading has this anchor.
    pub fn has_heading(&self, anchor: &str) -> bool {
        let headings = self.prose().filter(|line| line.starts_with('#'));
        headings.map(|line| slug(line.trim_start_matches('#').trim())).any(|slug| slug == anchor)
    }
}

/// A heading's anchor, as mdbook makes it.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}
