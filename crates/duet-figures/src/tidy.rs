//! What plotters writes as SVG, made smaller and sharper.
//!
//! Plotters counts whole pixels, so everything is drawn at [`SCALE`] times its size and scaled down by the view box.
//! It also writes one element per stroke; runs of strokes or filled rectangles of one style become one path here,
//! which makes a raster or an image ten times smaller.

use std::fmt::Write as _;

use crate::escape::html;
use crate::font::FAMILY;

/// Drawing units per CSS pixel.
pub(crate) const SCALE: f64 = 10.0;

/// Plotters puts the top of a text at this part of its size above the baseline.
pub(crate) const TOP: f64 = 0.76;

/// A run of like elements that are being gathered into one path.
#[derive(Default)]
struct Run {
    style: String,
    path: String,
    count: usize,
    filled: bool,
}

/// Rewrites a document of plotters' SVG backend; `alt` becomes its accessible name.
pub(crate) fn tidy(raw: &str, alt: &str) -> String {
    let mut out = String::with_capacity(raw.len() / 2);
    let mut run = Run::default();
    let mut lines = raw.lines();
    while let Some(line) = lines.next() {
        let (tag, attributes) = parse(line);
        let get =
            |name: &str| attributes.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
        match tag {
            "svg" => header(&mut out, get("width"), get("height"), alt),
            "line" => {
                let style = stroke(get("stroke"), get("stroke-width"), get("opacity"));
                let path = segment(get("x1"), get("y1"), get("x2"), get("y2"));
                gather(&mut out, &mut run, style, &path, false);
            }
            "rect" if get("fill") != "none" => {
                let style = format!("fill=\"{}\"{}", get("fill"), opacity(get("opacity")));
                let (w, h) = (get("width"), get("height"));
                let path = format!("M{} {}h{w}v{h}h-{w}z", get("x"), get("y"));
                gather(&mut out, &mut run, style, &path, true);
            }
            "polyline" => {
                flush(&mut out, &mut run);
                let style = stroke(get("stroke"), get("stroke-width"), get("opacity"));
                let points = get("points").trim_end();
                let _ = writeln!(
                    out,
                    "<polyline {style} fill=\"none\" stroke-linejoin=\"round\" points=\"{points}\"/>"
                );
            }
            "polygon" => {
                flush(&mut out, &mut run);
                let points = get("points").trim_end();
                let (fill, opacity) = (get("fill"), opacity(get("opacity")));
                let _ = writeln!(out, "<polygon fill=\"{fill}\"{opacity} points=\"{points}\"/>");
            }
            "circle" => {
                flush(&mut out, &mut run);
                let style = if get("fill") == "none" {
                    format!("fill=\"none\" {}", stroke(get("stroke"), get("stroke-width"), get("opacity")))
                } else {
                    format!("fill=\"{}\"{}", get("fill"), opacity(get("opacity")))
                };
                let _ = writeln!(
                    out,
                    "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {style}/>",
                    get("cx"),
                    get("cy"),
                    get("r")
                );
            }
            "text" => {
                flush(&mut out, &mut run);
                let words = lines.next().unwrap_or_default();
                text(&mut out, words, &get);
                lines.next();
            }
            "/svg" => {
                flush(&mut out, &mut run);
                out.push_str("</svg>\n");
            }
            // Outlined rectangles: plotters drops their stroke width, so the canvas draws four lines instead.
            _ => {}
        }
    }
    out
}

fn header(out: &mut String, width: &str, height: &str, alt: &str) {
    let pixels = |units: &str| units.parse::<f64>().unwrap_or(0.0) / SCALE;
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-label=\"{}\" font-family=\"{FAMILY}\">",
        pixels(width),
        pixels(height),
        html(alt)
    );
}

fn text<'a>(out: &mut String, words: &str, get: &impl Fn(&str) -> &'a str) {
    let number = |name: &str| get(name).parse::<f64>().unwrap_or(0.0);
    let size = number("font-size").round();
    let anchor = match get("text-anchor") {
        "start" => String::new(),
        other => format!(" text-anchor=\"{other}\""),
    };
    let (x, top) = (number("x"), number("y"));
    let place = if get("transform").starts_with("rotate(270") {
        // Turned to read upwards, "below the top" is to the right.
        let (x, y) = ((x + TOP * size).round(), top);
        format!("x=\"{x}\" y=\"{y}\" transform=\"rotate(-90 {x} {y})\"")
    } else {
        format!("x=\"{x}\" y=\"{}\"", (top + TOP * size).round())
    };
    let (fill, opacity) = (get("fill"), opacity(get("opacity")));
    let _ =
        writeln!(out, "<text {place}{anchor} font-size=\"{size}\" fill=\"{fill}\"{opacity}>{words}</text>");
}

fn gather(out: &mut String, run: &mut Run, style: String, path: &str, filled: bool) {
    if run.style != style {
        flush(out, run);
        *run = Run { style, filled, ..Run::default() };
    }
    run.path.push_str(path);
    run.count += 1;
}

fn flush(out: &mut String, run: &mut Run) {
    if run.count > 0 {
        // Pixels of an image must meet without a seam; a single bar keeps its smooth edges.
        let crisp = if run.filled && run.count > 1 { " shape-rendering=\"crispEdges\"" } else { "" };
        let _ = writeln!(out, "<path {}{crisp} d=\"{}\"/>", run.style, run.path);
    }
    *run = Run::default();
}

fn stroke(color: &str, width: &str, alpha: &str) -> String {
    format!("stroke=\"{color}\" stroke-width=\"{width}\"{}", opacity(alpha))
}

fn opacity(alpha: &str) -> String {
    if alpha == "1" { String::new() } else { format!(" opacity=\"{alpha}\"") }
}

fn segment(x1: &str, y1: &str, x2: &str, y2: &str) -> String {
    if x1 == x2 {
        format!("M{x1} {y1}V{y2}")
    } else if y1 == y2 {
        format!("M{x1} {y1}H{x2}")
    } else {
        format!("M{x1} {y1}L{x2} {y2}")
    }
}

/// Tag and attributes of a line such as `<rect x="1" y="2"/>`. Values are escaped, so they hold no quote.
fn parse(line: &str) -> (&str, Vec<(&str, &str)>) {
    let inner = line.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    let (tag, mut rest) = inner.split_once(' ').unwrap_or((inner, ""));
    let mut attributes = Vec::new();
    while let Some((key, after)) = rest.split_once("=\"") {
        let Some((value, after)) = after.split_once('"') else { break };
        attributes.push((key.trim_start(), value));
        rest = after;
    }
    (tag, attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_one_path_and_text_gets_its_baseline() {
        let raw = "<svg width=\"100\" height=\"50\" viewBox=\"0 0 100 50\" xmlns=\"http://www.w3.org/2000/svg\">\n\
            <line opacity=\"1\" stroke=\"#000000\" stroke-width=\"10\" x1=\"0\" y1=\"1\" x2=\"0\" y2=\"9\"/>\n\
            <line opacity=\"1\" stroke=\"#000000\" stroke-width=\"10\" x1=\"5\" y1=\"1\" x2=\"9\" y2=\"1\"/>\n\
            <rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" opacity=\"0.5\" fill=\"#FF0000\" stroke=\"none\"/>\n\
            <text x=\"7\" y=\"10\" dy=\"0.76em\" text-anchor=\"end\" font-family=\"f\" font-size=\"100.0001\" opacity=\"1\" fill=\"#000000\">\n\
            a &lt; b\n</text>\n</svg>\n";
        let tidied = tidy(raw, "a \"b\"");
        assert!(tidied.starts_with(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"5\" viewBox=\"0 0 100 50\""
        ));
        assert!(tidied.contains("aria-label=\"a &quot;b&quot;\""));
        assert!(tidied.contains("<path stroke=\"#000000\" stroke-width=\"10\" d=\"M0 1V9M5 1H9\"/>"));
        assert!(tidied.contains("<path fill=\"#FF0000\" opacity=\"0.5\" d=\"M1 2h3v4h-3z\"/>"));
        assert!(tidied.contains(
            "<text x=\"7\" y=\"86\" text-anchor=\"end\" font-size=\"100\" fill=\"#000000\">a &lt; b</text>"
        ));
        assert!(tidied.ends_with("</svg>\n"));
    }
}
