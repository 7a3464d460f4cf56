//! Markdown as a terminal shows it: headings at the margin, their text set in, tables in columns, code as it is.

use crate::table::{aligned, wrapped};

const INDENT: &str = "  ";

/// A page of markdown in lines of at most `width` characters (code and narrow terminals excepted). With `styled`,
/// headings are bold.
pub fn rendered(markdown: &str, width: usize, styled: bool) -> String {
    let inner = width.saturating_sub(INDENT.len());
    let mut out: Vec<String> = Vec::new();
    for block in blocks(markdown) {
        if !out.is_empty() {
            out.push(String::new());
        }
        let set_in = |line: &String| if line.is_empty() { String::new() } else { format!("{INDENT}{line}") };
        match block {
            Block::Heading(text) if styled => out.push(format!("\u{1b}[1m{text}\u{1b}[0m")),
            Block::Heading(text) => out.push(text),
            Block::Code(lines) => out.extend(lines.iter().map(|line| set_in(&format!("{INDENT}{line}")))),
            Block::Text(text) => out.extend(wrapped(&text, inner).iter().map(set_in)),
            Block::List(items) => {
                for item in items {
                    let lines = wrapped(&item, inner.saturating_sub(2));
                    let marks = std::iter::once("- ").chain(std::iter::repeat("  "));
                    out.extend(marks.zip(lines).map(|(mark, line)| set_in(&format!("{mark}{line}"))));
                }
            }
            Block::Table(rows) => out.extend(aligned(&rows, Some(inner)).iter().map(set_in)),
        }
    }
    out.join("\n")
}

enum Block {
    Heading(String),
    Text(String),
    List(Vec<String>),
    Code(Vec<String>),
    Table(Vec<Vec<String>>),
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    // A blank line, a heading or a fence ends what was before it.
    let mut open = false;
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let bare = line.trim();
        if bare.starts_with("```") {
            let code = lines.by_ref().take_while(|line| !line.trim().starts_with("```"));
            blocks.push(Block::Code(code.map(str::to_owned).collect()));
            open = false;
        } else if bare.is_empty() {
            open = false;
        } else if bare.starts_with('#') {
            blocks.push(Block::Heading(plain(bare.trim_start_matches('#').trim())));
            open = false;
        } else if let Some(row) = bare.strip_prefix('|') {
            add_row(&mut blocks, row, open);
            open = true;
        } else if let Some(item) = bare.strip_prefix("- ") {
            match blocks.last_mut() {
                Some(Block::List(items)) if open => items.push(plain(item)),
                _ => blocks.push(Block::List(vec![plain(item)])),
            }
            open = true;
        } else {
            match blocks.last_mut() {
                Some(Block::Text(text)) if open => join(text, bare),
                Some(Block::List(items)) if open => {
                    if let Some(item) = items.last_mut() {
                        join(item, bare);
                    }
                }
                _ => blocks.push(Block::Text(plain(bare))),
            }
            open = true;
        }
    }
    blocks
}

fn join(text: &mut String, line: &str) {
    text.push(' ');
    text.push_str(&plain(line));
}

fn add_row(blocks: &mut Vec<Block>, row: &str, open: bool) {
    let cells: Vec<String> = row.trim_end_matches('|').split('|').map(|cell| plain(cell.trim())).collect();
    let is_rule = cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':')));
    match blocks.last_mut() {
        Some(Block::Table(rows)) if open => {
            if !is_rule {
                rows.push(cells);
            }
        }
        _ => blocks.push(Block::Table(vec![cells])),
    }
}

/// Text without the marks of code and emphasis, which a terminal does not need.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*']) {
        let (before, from) = rest.split_at(at);
        let mark = if from.starts_with("**") { "**" } else { &from[..1] };
        let inside = &from[mark.len()..];
        // A star between spaces or letters multiplies.
        let opens = mark == "`"
            || (!before.ends_with(|c: char| c.is_alphanumeric())
                && inside.starts_with(|c: char| !c.is_whitespace()));
        let end = inside.find(mark).filter(|&end| end > 0 && opens);
        out.push_str(before);
        if let Some(end) = end {
            out.push_str(&inside[..end]);
            rest = &inside[end + mark.len()..];
        } else {
            out.push_str(mark);
            rest = inside;
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_well_without_any_style() {
        let page = "# neuron.lif\n\nLeaky: it *forgets* `v`,\nalways.\n\n## Equations\n\n```text\ntau dv/dt = -v * 2\n```\n\n\
            - one\n  more\n- two\n\n| name | meaning |\n|---|---|\n| `tau_m` | how long |\n";
        let expected = "neuron.lif\n\n  Leaky: it forgets v, always.\n\nEquations\n\n    tau dv/dt = -v * 2\n\n  - one more\n  - \
            two\n\n  name   meaning\n  tau_m  how long";
        assert_eq!(rendered(page, 60, false), expected);
    }

    #[test]
    fn headings_are_bold_where_there_is_style() {
        assert_eq!(rendered("# a", 60, true), "\u{1b}[1ma\u{1b}[0m");
    }

    #[test]
    fn only_marks_are_taken_away() {
        for (text, shown) in [
            ("a * b * c", "a * b * c"),
            ("**bold** and *this*", "bold and this"),
            ("w*x*y", "w*x*y"),
            ("an open ` tick", "an open ` tick"),
            ("`x`", "x"),
            ("2 ** 3", "2 ** 3"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn lines_fit() {
        let page = format!("{}\n\n- {}\n", "word ".repeat(50), "item ".repeat(50));
        assert!(rendered(&page, 40, false).lines().all(|line| line.chars().count() <= 40));
    }
}
