//! Text in lines and columns.

/// Space between two columns.
const GAP: &str = "  ";
/// No column is made narrower than this to fit.
const NARROWEST: usize = 8;

/// Rows in aligned columns. With a width, cells are wrapped so that the lines fit; without, every row is one line.
pub fn aligned(rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let natural =
        (0..columns).map(|i| rows.iter().filter_map(|row| row.get(i)).map(|cell| count(cell)).max());
    let mut widths: Vec<usize> = natural.map(Option::unwrap_or_default).collect();
    if let Some(width) = width {
        shrink(&mut widths, width.saturating_sub(GAP.len() * columns.saturating_sub(1)));
    }
    rows.iter().flat_map(|row| row_lines(row, &widths)).collect()
}

/// Narrows the widest columns until all fit.
fn shrink(widths: &mut [usize], total: usize) {
    while widths.iter().sum::<usize>() > total {
        // The last of equals: words stand on the right, names on the left.
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

fn row_lines(row: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, &width)| wrapped(cell, width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let line = |i: usize| {
        let shown = cells.iter().zip(widths).map(|(lines, &width)| {
            let text = lines.get(i).map_or("", String::as_str);
            format!("{text}{}", " ".repeat(width.saturating_sub(count(text))))
        });
        shown.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// A text in lines of at most `width` characters, broken between words; a longer word is cut.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(String::new());
            used = 0;
        }
        while word.len() > width {
            let rest = word.split_off(width);
            push(&mut lines, &word);
            lines.push(String::new());
            word = rest;
        }
        if used > 0 {
            push(&mut lines, &[' ']);
            used += 1;
        }
        push(&mut lines, &word);
        used += word.len();
    }
    lines
}

fn push(lines: &mut [String], word: &[char]) {
    if let Some(line) = lines.last_mut() {
        line.extend(word);
    }
}

fn count(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn columns_stand_below_each_other() {
        let lines = aligned(&rows(&[&["name", "value"], &["tau_m", "20 ms"], &["é", "1"]]), None);
        assert_eq!(lines, ["name   value", "tau_m  20 ms", "é      1"]);
    }

    #[test]
    fn what_does_not_fit_is_wrapped() {
        let lines =
            aligned(&rows(&[&["tau_m", "how fast the membrane forgets what it was given"]]), Some(30));
        assert_eq!(lines, ["tau_m  how fast the membrane", "       forgets what it was", "       given"]);
        assert!(lines.iter().all(|line| count(line) <= 30));
    }

    #[test]
    fn long_words_are_cut_and_nothing_is_lost() {
        for width in 1..20 {
            let lines = wrapped("a supercalifragilistic day in May", width);
            assert!(lines.iter().all(|line| count(line) <= width), "{width}: {lines:?}");
            let letters: String = lines.concat().replace(' ', "");
            assert_eq!(letters, "asupercalifragilisticdayinMay", "{width}");
        }
        assert_eq!(wrapped("", 5), [""]);
    }
}
