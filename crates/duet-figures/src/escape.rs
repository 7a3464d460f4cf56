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
    fn equations_keep_their_lines() {
        assert_eq!(html_lines("a < b\nc\u{7}"), "a &lt; b\nc");
    }
}
