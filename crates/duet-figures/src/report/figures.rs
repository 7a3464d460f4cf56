//! The drawings, inline, each with its caption and the way to its numbers.

use duet_record::layout::{FIGURES, file_name};

use super::{Section, each};
use crate::drawing::Drawing;
use crate::escape::html;
use crate::render::Skipped;

pub(super) fn section(drawings: &[Drawing], skipped: &[Skipped]) -> Section {
    let figures: String = drawings.iter().enumerate().map(|(at, drawing)| figure(at + 1, drawing)).collect();
    let missing = each(skipped, |skipped| format!("<li>{}</li>\n", html(&skipped.why)));
    let missing = if missing.is_empty() {
        missing
    } else {
        format!("<ul class=\"skipped\" aria-label=\"Figures that were not drawn\">\n{missing}</ul>\n")
    };
    Section { id: "figures", heading: "Figures", body: figures + &missing }
}

fn figure(position: usize, drawing: &Drawing) -> String {
    // A file's name may hold a per cent sign, which a link must write as %25.
    let link = |extension: &str| {
        let file = format!("{FIGURES}/{}.{extension}", file_name(&drawing.name)).replace('%', "%25");
        format!("<a href=\"{}\">{}</a>", html(&file), extension.to_uppercase())
    };
    format!(
        "<figure id=\"figure-{position}\">\n<div class=\"paper\" tabindex=\"0\" role=\"group\" aria-label=\"{}\">\n{}</div>\n\
         <figcaption><strong>Figure {position}.</strong> {} <span class=\"files\">{} {} {}</span></figcaption>\n</figure>\n",
        html(&drawing.title),
        drawing.svg,
        html(&drawing.caption),
        link("csv"),
        link("svg"),
        link("png")
    )
}
