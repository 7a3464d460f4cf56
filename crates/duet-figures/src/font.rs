//! The one embedded font. No font of the system is ever looked up: the same bytes on every machine.

use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb;

/// `DejaVu` Sans, cut to Latin, Greek, Cyrillic, arrows, sub- and superscripts and mathematical operators.
const FONT: &[u8] = include_bytes!("../assets/DejaVuSans.ttf");

/// What stands in an SVG: readers without `DejaVu` Sans take Verdana, whose letters are as wide.
pub(crate) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Tells plotters the font, once; false if it cannot be used.
pub(crate) fn register() -> bool {
    static DONE: OnceLock<bool> = OnceLock::new();
    *DONE.get_or_init(|| {
        // On the web the browser lays out text itself.
        #[cfg(target_arch = "wasm32")]
        return true;
        #[cfg(not(target_arch = "wasm32"))]
        plotters::style::register_font(FAMILY, plotters::style::FontStyle::Normal, FONT).is_ok()
    })
}

/// The font for rasterizing.
pub(crate) fn database() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    Arc::clone(FONTS.get_or_init(|| {
        let mut database = fontdb::Database::new();
        database.load_font_data(FONT.to_vec());
        database.set_sans_serif_family("DejaVu Sans");
        Arc::new(database)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_is_the_one_that_is_named() {
        assert!(register());
        let database = database();
        let face = database.faces().next().unwrap();
        assert_eq!(face.families[0].0, "DejaVu Sans");
        assert_eq!(database.len(), 1);
    }
}
