//! From SVG to PNG, with the one embedded font.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::error::FigureError;
use crate::font;

/// Pixels of the PNG per CSS pixel: sharp on dense screens and on slides.
const ZOOM: f32 = 2.0;

/// Renders an SVG document at twice its size. `name` is for messages only.
///
/// # Errors
/// [`FigureError::Drawing`] if the document cannot be parsed or is too large for a picture.
pub fn png(name: &str, svg: &str) -> Result<Vec<u8>, FigureError> {
    let fail = |what: String| FigureError::Drawing { figure: name.to_owned(), what };
    let options = Options { fontdb: font::database(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| fail(error.to_string()))?;
    let size = tree.size();
    let (width, height) = ((size.width() * ZOOM).round() as u32, (size.height() * ZOOM).round() as u32);
    let mut picture =
        Pixmap::new(width, height).ok_or_else(|| fail(format!("a picture of {width} x {height}")))?;
    resvg::render(&tree, Transform::from_scale(ZOOM, ZOOM), &mut picture.as_mut());
    picture.encode_png().map_err(|error| fail(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_a_picture_of_twice_its_size() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='5'><rect width='10' height='5'/></svg>";
        let bytes = png("x", svg).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
        assert_eq!((&bytes[16..20], &bytes[20..24]), (&[0, 0, 0, 20][..], &[0, 0, 0, 10][..]));
        assert!(png("x", "<svg").is_err());
    }
}
