//! Pieces of HTML that are safe by construction: plain text only gets in escaped.

use std::fmt::{self, Display};

/// A piece of finished HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Takes markup that the program itself wrote; never text from people.
    pub fn raw(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    /// Escapes text for element content and for quoted attribute values.
    pub fn text(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                c if is_unprintable(c) => {}
                c => escaped.push(c),
            }
        }
        Self(escaped)
    }

    /// Escapes text of several lines: line breaks and indentation stay visible in every mail client.
    pub fn lines(text: &str) -> Self {
        let lines: Vec<String> = text
            .lines()
            .map(|line| indented(Self::text(line)))
            .collect();
        Self(lines.join("<br>\n"))
    }

    /// Appends another piece.
    pub fn push(&mut self, other: &Html) {
        self.0.push_str(&other.0);
    }
}

impl Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(pieces: I) -> Self {
        let mut all = Html::default();
        for piece in pieces {
            all.push(&piece);
        }
        all
    }
}

/// Mail clients fold runs of spaces; no-break spaces keep the columns of a pasted log.
fn indented(line: Html) -> String {
    line.0.replace('\t', "    ").replace("  ", "&nbsp; ")
}

/// Control characters that no reader can show; line breaks and tabs are not among them.
pub(super) fn is_unprintable(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let check = |text: &str, html: &str| assert_eq!(Html::text(text).to_string(), html);
        check(
            "<script>alert('x')</script>",
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;",
        );
        check("a & b", "a &amp; b");
        check("\" onmouseover=\"x", "&quot; onmouseover=&quot;x");
        check("a\0b\u{1b}[31mc", "ab[31mc");
        check("ñandú, año, ¿sí?", "ñandú, año, ¿sí?");
    }

    #[test]
    fn line_breaks_and_indentation_survive() {
        assert_eq!(
            Html::lines("a\n  b\r\n\nc").to_string(),
            "a<br>\n&nbsp; b<br>\n<br>\nc"
        );
    }
}
