//! Names from scenarios, made harmless: for labels in figures and for text in HTML.

/// A name without control characters, without marks that turn the direction of writing around, on one line.
///
/// ```
/// assert_eq!(duet_figures::clean("a\u{202e}b\n\u{1b}[31mc"), "ab [31mc");
/// ```
pub fn clean(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if c.is_control() || is_invisible(c) => {}
            c => out.push(c),
        }
    }
    out
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// A unit as people write it: "µA/cm²" for "uA/cm2". Everything else of it stays.
pub(crate) fn unit_words(unit: &str) -> String {
    let unit = clean(unit).replace("cm2", "cm²").replace("um2", "um²");
    unit.strip_prefix('u').map(|rest| format!("µ{rest}")).unwrap_or(unit)
}

/// Text for the inside of an HTML element or a quoted attribute: [`clean`], then escaped.
///
/// ```
/// assert_eq!(duet_figures::html("<b> & \"c\""), "&lt;b&gt; &amp; &quot;c&quot;");
/// ```
pub fn html(text: &str) -> String {
    escape(&clean(text))
}

/// As [`html`], but line breaks stay: for equations in a `<pre>`.
pub(crate) fn html_lines(text: &str) -> String {
    text.lines().map(html).collect::<Vec<_>>().join("\n")
}

/// As [`html_lines`], with what stands far apart on one line on lines of its own, so that a narrow column does not break
/// equations in their middle. Spaces that bring signs below each other stay.
pub(crate) fn html_equations(text: &str) -> String {
    let parts = |line: &str| {
        let mut out = String::new();
        let mut rest = line.trim_end();
        while let Some(at) =
            rest.trim_start().find("    ").map(|at| at + rest.len() - rest.trim_start().len())
        {
            let (before, after) = (&rest[..at], rest[at..].trim_start());
            out.push_str(before);
            let is_aligned = after.starts_with(['=', '·', '+', '*', '-', '<']) || before.ends_with(':');
            out.push_str(if is_aligned { &rest[at..rest.len() - after.len()] } else { "\n    " });
            rest = after;
        }
        out + rest
    };
    html_lines(&text.lines().map(parts).collect::<Vec<_>>().join("\n"))
}

/// As [`html`], with what stands between back quotes as code.
pub(crate) fn html_prose(text: &str) -> String {
    let pieces: Vec<String> = text.split('`').map(html).collect();
    if pieces.len().is_multiple_of(2) {
        return html(text);
    }
    let piece = |(at, piece): (usize, &String)| {
        if at.is_multiple_of(2) { piece.clone() } else { format!("<code>{piece}</code>") }
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// The path of a metric as code that breaks between its words and nowhere else.
pub(crate) fn html_path(path: &str) -> String {
    let path = html(path).replace('.', ".<wbr/>").replace('_', "_<wbr/>").replace('[', "<wbr/>[");
    format!("<code>{path}</code>")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A registry word as people write it: `synaptic_operations` -> "synaptic operations".
pub(crate) fn words(name: &str) -> String {
    clean(name).replace("multiply_add", "multiply-add").replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_script_survives() {
        let text = html("<script>alert('x')</script>\u{0}\u{202e}");
        assert_eq!(text, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    }

    #[test]
    fn units_are_written_with_their_signs() {
        assert_eq!(["uA/cm2", "mV", "um", "1"].map(unit_words), ["µA/cm²", "mV", "µm", "1"]);
    }

    #[test]
    fn equations_keep_their_lines() {
        assert_eq!(html_lines("a < b\nc\u{7}"), "a &lt; b\nc");
        assert_eq!(
            html_equations("  x      = 1      y = 2\nrate:     z"),
            "  x      = 1\n    y = 2\nrate:     z"
        );
    }

    #[test]
    fn code_is_marked_as_such() {
        assert_eq!(html_prose("as `a<b` is"), "as <code>a&lt;b</code> is");
        assert_eq!(html_prose("one ` alone"), "one ` alone");
        assert_eq!(html_path("a.b_c[1]"), "<code>a.<wbr/>b_<wbr/>c<wbr/>[1]</code>");
    }
}
