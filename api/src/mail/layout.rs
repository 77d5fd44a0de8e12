//! One letter, two looks: the same blocks as plain text and as HTML.
//!
//! The HTML is a table of 600 px with inline styles, as mail clients demand: no image, no script, nothing from other
//! hosts. The style sheet in its head only recolours for dark screens; a client that drops it loses nothing else.

use shared::i18n::Lang;

use super::colour::Accent;
use super::html::{Html, is_unprintable};
use super::payload::DeskVoice;

/// A mail's content before it has a look.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// Subject line.
    pub(super) subject: String,
    /// What inboxes show behind the subject.
    pub(super) preview: String,
    /// Small line above the title: the ticket's code and subject.
    pub(super) eyebrow: Option<String>,
    /// The one heading.
    pub(super) title: String,
    /// The rest, from top to bottom.
    pub(super) blocks: Vec<Block>,
}

/// A part of a letter.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// Text of ours.
    Paragraph(String),
    /// A one-time code, to be copied.
    Code(String),
    /// What a person wrote, under a label.
    Quote { label: String, text: String },
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// Names of files, under a label.
    Files { label: String, names: Vec<String> },
    /// Choices that the reader has: what to do, and when.
    Choices(Vec<(String, String)>),
    /// The one thing to do next.
    Button { label: String, url: String },
    /// Small print.
    Note(String),
}

/// What stands under every letter.
#[derive(Clone, Debug)]
pub(super) struct Foot {
    /// Lines of small print, from top to bottom.
    pub(super) lines: Vec<String>,
}

const SANS: &str =
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;";
const MONO: &str =
    "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;";
const ANY_WORD: &str = "overflow-wrap:anywhere;word-break:break-word;";
const TEXT_WIDTH: usize = 76;

/// The letter as plain text.
pub(super) fn text(letter: &Letter, foot: &Foot) -> String {
    let mut parts = Vec::new();
    parts.extend(letter.eyebrow.as_deref().map(wrapped));
    parts.push(underlined(&letter.title));
    parts.extend(letter.blocks.iter().map(text_block));
    parts.push(format!(
        "-- \n{}",
        foot.lines
            .iter()
            .map(|line| wrapped(line))
            .collect::<Vec<_>>()
            .join("\n")
    ));
    let text = parts.join("\n\n") + "\n";
    text.chars().filter(|c| !is_unprintable(*c)).collect()
}

fn text_block(block: &Block) -> String {
    match block {
        Block::Paragraph(text) | Block::Note(text) => wrapped(text),
        Block::Code(code) => format!("    {code}"),
        Block::Quote { label, text } => format!("{label}:\n\n{}", indented(text)),
        Block::Facts(facts) => facts.iter().map(text_fact).collect::<Vec<_>>().join("\n"),
        Block::Files { label, names } => {
            let names: Vec<String> = names
                .iter()
                .map(|name| format!("  - {}", one_line(name)))
                .collect();
            format!("{label}:\n{}", names.join("\n"))
        }
        Block::Choices(choices) => {
            let choices: Vec<String> = choices
                .iter()
                .map(|(what, when)| format!("* {what}\n{}", indented(&wrapped(when))))
                .collect();
            choices.join("\n\n")
        }
        Block::Button { label, url } => format!("{label}:\n{url}"),
    }
}

fn text_fact((name, value): &(String, String)) -> String {
    if value.contains('\n') {
        format!("{name}:\n{}", indented(value))
    } else {
        format!("{name}: {value}")
    }
}

fn underlined(title: &str) -> String {
    let line = "=".repeat(title.chars().count().min(TEXT_WIDTH));
    format!("{title}\n{line}")
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("  {line}")
            }
        })
        .collect();
    lines.join("\n")
}

/// Breaks our own sentences at spaces; a longer word, such as a link, stays whole.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > TEXT_WIDTH {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
}

/// Text from people as one line: header fields, titles and file names hold no breaks and no direction tricks.
pub(super) fn one_line(text: &str) -> String {
    let steers = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}');
    let plain: String = text
        .chars()
        .filter(|c| !steers(*c))
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text for a header field: one line in which nothing passes for an encoded word (RFC 2047) of the writer's own.
pub(super) fn header_line(text: &str, max: usize) -> String {
    shortened(&one_line(text).replace("=?", "= ?"), max)
}

/// At most `max` characters, with an ellipsis where something was cut.
pub(super) fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The letter as an HTML document.
pub(super) fn html(letter: &Letter, foot: &Foot, desk: &DeskVoice, lang: Lang) -> String {
    let accent = Accent::of(desk.accent.as_deref());
    let blocks: Html = letter
        .blocks
        .iter()
        .map(|block| html_block(block, &accent))
        .collect();
    let eyebrow = letter.eyebrow.as_deref().map_or_else(Html::default, |text| {
        Html::raw(format!("<p class=\"muted\" style=\"margin:0 0 6px;font-size:14px;line-height:20px;color:#4d5661;{ANY_WORD}\">{}</p>\n", Html::text(text)))
    });
    let foot: Html = foot
        .lines
        .iter()
        .map(|line| Html::raw(format!("<p class=\"muted\" style=\"margin:0 0 4px;font-size:13px;line-height:19px;color:#4d5661;{ANY_WORD}\">{}</p>\n", Html::text(line))))
        .collect();
    let (title, desk_name) = (Html::text(&letter.title), Html::text(&desk.name));
    let (lang, subject, preview, initial) = (
        lang.as_str(),
        Html::text(&letter.subject),
        Html::text(&letter.preview),
        initial(&desk.name),
    );
    let Accent { on_light, on_dark } = &accent;
    format!(
        r##"<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no">
<title>{subject}</title>
<style>
:root {{ color-scheme: light dark; supported-color-schemes: light dark; }}
@media (max-width: 480px) {{
  .outer {{ padding: 16px 8px !important; }}
  .inside {{ padding: 24px 20px 10px !important; }}
  .fact-name, .fact-value {{ display: block !important; width: auto !important; }}
  .fact-name {{ padding: 10px 0 0 !important; border-bottom: 0 !important; }}
  .fact-value {{ padding: 0 0 10px !important; }}
  .code {{ font-size: 28px !important; letter-spacing: 2px !important; }}
}}
@media (prefers-color-scheme: dark) {{
  .ground {{ background-color: #0f1114 !important; }}
  .card {{ background-color: #16191d !important; border-color: #2a3037 !important; }}
  .ink {{ color: #e9ecef !important; }}
  .muted {{ color: #a7b0bb !important; }}
  .line {{ border-color: #2a3037 !important; }}
  .quote, .code-box {{ background-color: #1d2126 !important; border-color: #2a3037 !important; }}
  .quote {{ border-left-color: {on_dark} !important; }}
  .accent-ink {{ color: {on_dark} !important; }}
}}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background-color:#f5f6f8;-webkit-text-size-adjust:100%;">
<div style="display:none;max-height:0;overflow:hidden;opacity:0;color:transparent;">{preview}</div>
<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;background-color:#f5f6f8;">
<tr><td class="outer" align="center" style="padding:32px 16px;">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;width:100%;max-width:600px;{SANS}text-align:left;">
<tr><td style="padding:0 4px 16px;">
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="border-collapse:separate;"><tr>
<td width="36" height="36" align="center" valign="middle" aria-hidden="true" style="width:36px;height:36px;border-radius:9px;background-color:{on_light};color:#ffffff;font-size:18px;line-height:36px;font-weight:700;{SANS}">{initial}</td>
<td class="ink" valign="middle" style="padding-left:12px;font-size:16px;line-height:22px;font-weight:600;color:#14181d;{SANS}{ANY_WORD}">{desk_name}</td>
</tr></table>
</td></tr>
<tr><td>
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:separate;background-color:#ffffff;border:1px solid #dde1e6;border-radius:10px;">
<tr><td class="inside" style="padding:32px 36px 18px;{SANS}">
{eyebrow}<h1 class="ink" style="margin:0 0 18px;font-size:23px;line-height:30px;font-weight:600;letter-spacing:-0.2px;color:#14181d;{ANY_WORD}">{title}</h1>
{blocks}</td></tr>
</table>
</td></tr>
<tr><td style="padding:18px 4px 0;{SANS}">
{foot}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"##
    )
}

fn html_block(block: &Block, accent: &Accent) -> Html {
    match block {
        Block::Paragraph(text) => paragraph(text),
        Block::Code(code) => code_box(code),
        Block::Quote { label, text } => quote(label, text, accent),
        Block::Facts(facts) => facts_table(facts),
        Block::Files { label, names } => files(label, names),
        Block::Choices(choices) => choices_list(choices),
        Block::Button { label, url } => button(label, url, accent),
        Block::Note(text) => Html::raw(format!(
            "<p class=\"muted\" style=\"margin:0 0 14px;font-size:14px;line-height:21px;color:#4d5661;{ANY_WORD}\">{}</p>\n",
            Html::text(text)
        )),
    }
}

fn paragraph(text: &str) -> Html {
    Html::raw(format!(
        "<p class=\"ink\" style=\"margin:0 0 16px;font-size:16px;line-height:25px;color:#14181d;{ANY_WORD}\">{}</p>\n",
        Html::text(text)
    ))
}

fn code_box(code: &str) -> Html {
    Html::raw(format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:separate;margin:4px 0 20px;\">\
         <tr><td class=\"code-box\" align=\"center\" style=\"padding:20px 8px;background-color:#f5f6f8;border:1px solid #dde1e6;border-radius:8px;\">\
         <span class=\"code ink\" style=\"{MONO}font-size:34px;line-height:42px;font-weight:700;letter-spacing:4px;white-space:nowrap;color:#14181d;\">{}</span></td></tr></table>\n",
        Html::text(code)
    ))
}

fn quote(label: &str, text: &str, accent: &Accent) -> Html {
    Html::raw(format!(
        "{}<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:separate;margin:0 0 22px;\">\
         <tr><td class=\"quote ink\" dir=\"auto\" style=\"padding:14px 18px;background-color:#f5f6f8;border-left:3px solid {};border-radius:0 6px 6px 0;\
         font-size:16px;line-height:25px;color:#14181d;{ANY_WORD}\">{}</td></tr></table>\n",
        label_line(label),
        accent.on_light,
        Html::lines(text)
    ))
}

fn facts_table(facts: &[(String, String)]) -> Html {
    let last = facts.len().saturating_sub(1);
    let rows: Html = facts
        .iter()
        .enumerate()
        .map(|(at, (name, value))| {
            let line = if at == last { "" } else { "border-bottom:1px solid #dde1e6;" };
            Html::raw(format!(
                "<tr><td class=\"fact-name muted line\" valign=\"top\" width=\"150\" style=\"width:150px;padding:9px 16px 9px 0;{line}font-size:14px;line-height:21px;color:#4d5661;{SANS}\">{}</td>\
                 <td class=\"fact-value ink line\" valign=\"top\" dir=\"auto\" style=\"padding:9px 0;{line}font-size:15px;line-height:21px;color:#14181d;{SANS}{ANY_WORD}\">{}</td></tr>\n",
                Html::text(name),
                Html::lines(value)
            ))
        })
        .collect();
    Html::raw(format!(
        "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:collapse;margin:0 0 22px;\">\n{rows}</table>\n"
    ))
}

fn files(label: &str, names: &[String]) -> Html {
    let rows: Html = names
        .iter()
        .map(|name| {
            Html::raw(format!(
                "<li class=\"ink\" style=\"margin:0 0 4px;font-size:15px;line-height:22px;color:#14181d;{ANY_WORD}\">{}</li>\n",
                Html::text(&one_line(name))
            ))
        })
        .collect();
    Html::raw(format!(
        "{}<ul style=\"margin:0 0 22px;padding:0 0 0 20px;\">\n{rows}</ul>\n",
        label_line(label)
    ))
}

fn choices_list(choices: &[(String, String)]) -> Html {
    let rows: Html = choices
        .iter()
        .map(|(what, when)| {
            Html::raw(format!(
                "<tr><td class=\"ink\" style=\"padding:0 0 12px;font-size:16px;line-height:24px;color:#14181d;{SANS}{ANY_WORD}\"><strong style=\"font-weight:600;\">{}</strong><br>\
                 <span class=\"muted\" style=\"color:#4d5661;\">{}</span></td></tr>\n",
                Html::text(what),
                Html::text(when)
            ))
        })
        .collect();
    Html::raw(format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:collapse;margin:0 0 10px;\">\n{rows}</table>\n"
    ))
}

fn button(label: &str, url: &str, accent: &Accent) -> Html {
    let (label, url) = (Html::text(label), Html::text(url));
    Html::raw(format!(
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:separate;margin:4px 0 14px;\">\
         <tr><td align=\"center\" style=\"border-radius:6px;background-color:{0};\">\
         <a href=\"{url}\" style=\"display:inline-block;padding:13px 24px;border-radius:6px;background-color:{0};color:#ffffff;font-size:16px;line-height:22px;font-weight:600;text-decoration:none;{SANS}\">{label}</a></td></tr></table>\n\
         <p class=\"muted\" style=\"margin:0 0 16px;font-size:13px;line-height:19px;color:#4d5661;{ANY_WORD}\"><a class=\"accent-ink\" href=\"{url}\" style=\"color:{0};text-decoration:underline;\">{url}</a></p>\n",
        accent.on_light
    ))
}

fn label_line(label: &str) -> Html {
    Html::raw(format!(
        "<p class=\"muted\" style=\"margin:0 0 8px;font-size:14px;line-height:20px;font-weight:600;color:#4d5661;\">{}</p>\n",
        Html::text(label)
    ))
}

/// The letter in the coloured square beside the desk's name: that of its last word, because the first ones say what every desk is.
fn initial(name: &str) -> Html {
    let letter: String = name
        .split_whitespace()
        .rev()
        .find_map(|word| word.chars().next().filter(|c| c.is_alphanumeric()))
        .map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect());
    Html::text(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_holds_no_breaks_and_no_direction_tricks() {
        let check = |text: &str, line: &str| assert_eq!(one_line(text), line);
        check("a\r\nBcc: x@example.org", "a Bcc: x@example.org");
        check("  a\u{2028}b\u{0}c  ", "a b c");
        check("factura\u{202e}fdp.exe", "facturafdp.exe");
        check("año\tñandú", "año ñandú");
    }

    #[test]
    fn a_header_field_holds_no_encoded_words_of_the_writers_own() {
        assert_eq!(header_line("=?utf-8?q?Bcc:_x?=", 99), "= ?utf-8?q?Bcc:_x?=");
        assert_eq!(header_line("==??", 99), "== ??");
    }

    #[test]
    fn long_sentences_wrap_and_links_stay_whole() {
        let link = format!("https://help.example.org/{}", "a".repeat(90));
        let text = wrapped(&format!("{} {link} fin", "palabra ".repeat(20)));
        assert!(text.lines().any(|line| line == link));
        assert!(
            text.lines()
                .filter(|line| *line != link)
                .all(|line| line.chars().count() <= TEXT_WIDTH)
        );
        assert_eq!(text.split_whitespace().count(), 22);
    }

    #[test]
    fn shortening_counts_letters_not_bytes() {
        assert_eq!(shortened("ñandú", 5), "ñandú");
        assert_eq!(shortened("ñandú rojo", 6), "ñandú…");
    }
}
