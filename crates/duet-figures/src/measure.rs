//! How wide a text is in the embedded font, and how to make it fit.

use plotters::style::{FontDesc, FontFamily, FontStyle};

use crate::escape::clean;
use crate::font;
use crate::tidy::SCALE;

/// Plotters takes the height of a line, which is this many times the size of the letters.
pub(crate) const LINE_HEIGHT: f64 = 1.24;

/// Width of a text, px.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    if !font::register() {
        return 0.0;
    }
    // Measured at drawing scale, where rounding to whole units does not matter.
    let font = FontDesc::new(FontFamily::Name(font::FAMILY), size * SCALE * LINE_HEIGHT, FontStyle::Normal);
    font.box_size(&clean(text)).map_or(0.0, |(width, _)| f64::from(width) / SCALE)
}

/// The widest of several texts, px.
pub(crate) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    texts.into_iter().map(|text| width(text, size)).fold(0.0, f64::max)
}

/// The text, cleaned, and cut with an ellipsis where it is wider than `room`.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    let text = clean(text);
    if width(&text, size) <= room {
        return text;
    }
    let letters: Vec<char> = text.chars().collect();
    let shortened = |kept: usize| letters[..kept].iter().collect::<String>().trim_end().to_owned() + "…";
    // The longest beginning that fits, by halving: a name may be thousands of letters long.
    let (mut fits, mut too_long) = (0, letters.len());
    while too_long - fits > 1 {
        let middle = fits.midpoint(too_long);
        if width(&shortened(middle), size) <= room { fits = middle } else { too_long = middle }
    }
    if fits > 0 || width("…", size) <= room { shortened(fits) } else { String::new() }
}

/// The text in lines no wider than `room`, at most `most` of them; what does not fit is cut with an ellipsis.
pub(crate) fn wrap(text: &str, size: f64, room: f64, most: usize) -> Vec<String> {
    let text = clean(text);
    let pieces: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let is_number = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let words: Vec<String> = pieces
        // A number stays with its unit, or with what it counts.
        .chunk_by(|word, _| is_number(word))
        .map(|chunk| chunk.join(" "))
        .collect();
    let mut lines: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    while !rest.is_empty() && lines.len() < most {
        let mut taken = 1;
        if lines.len() + 1 == most {
            taken = rest.len();
        } else {
            while taken < rest.len() && width(&rest[..=taken].join(" "), size) <= room {
                taken += 1;
            }
        }
        lines.push(fit(&rest[..taken].join(" "), size, room));
        rest = &rest[taken..];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_wrapped_to_their_room() {
        let long = "the quick brown fox jumps over the lazy dog";
        let cut = fit(long, 12.0, 80.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 80.0 && cut.len() > 8, "{cut}");
        let lines = wrap(long, 12.0, 90.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line, 12.0) <= 90.0), "{lines:?}");
        assert_eq!(wrap(long, 12.0, 1000.0, 2), [long]);
        assert_eq!(wrap("", 12.0, 90.0, 3), Vec::<String>::new());
        assert_eq!(wrap("a detector, 4 ms", 12.0, width("a detector, 4", 12.0), 3), ["a detector,", "4 ms"]);
        assert_eq!(fit("x", 12.0, 0.0), "");
        assert!(fit(&"m".repeat(100_000), 12.0, 50.0).len() < 12);
    }

    #[test]
    fn wide_letters_are_wider() {
        assert!(width("mmm", 12.0) > width("iii", 12.0));
        assert!((width("mmm", 24.0) / width("mmm", 12.0) - 2.0).abs() < 0.01);
    }
}
