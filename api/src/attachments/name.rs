//! File names from strangers: cleaned once on arrival, never used as a path, quoted safely on the way out.

/// Most characters of a cleaned name.
const MAX_CHARACTERS: usize = 150;
/// Most characters of an ending that is kept when a name is cut.
const MAX_ENDING: usize = 12;
/// The name of a file of whose own name nothing is left.
const NAMELESS: &str = "file";
/// Names that Windows takes for devices, whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name holds a NUL, which no honest client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file name holds a NUL character")]
pub struct NulInName;

/// The harmless form of a file name: no folders, no characters that hide or reorder, no leading dots (B-71).
///
/// # Errors
/// [`NulInName`].
pub fn clean(name: &str) -> Result<String, NulInName> {
    if name.contains('\0') {
        return Err(NulInName);
    }
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last
        .chars()
        .filter(|c| !hides_or_reorders(*c))
        .map(|c| if r#"<>:"|?*"#.contains(c) { '_' } else { c })
        .collect();
    let bare = visible.trim_matches(|c: char| c.is_whitespace() || c == '.');
    if bare.is_empty() {
        return Ok(NAMELESS.to_owned());
    }
    let safe = if is_device(bare) {
        format!("_{bare}")
    } else {
        bare.to_owned()
    };
    Ok(shorten(&safe))
}

/// The `Content-Disposition` of a download (RFC 6266): an ASCII name for old clients and the true one (RFC 8187).
pub fn content_disposition(name: &str) -> String {
    let ascii: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !r#""\%"#.contains(c) || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// Control characters, line separators, direction marks, zero widths and other characters that print nothing.
fn hides_or_reorders(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..='\u{E0FFF}')
}

fn is_device(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let numbered = |word: &str| {
        stem.strip_prefix(word)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// Cuts a long name in the middle, so that its ending still tells what it is.
fn shorten(name: &str) -> String {
    let length = name.chars().count();
    if length <= MAX_CHARACTERS {
        return name.to_owned();
    }
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending)
        .filter(|ending| ending.chars().count() <= MAX_ENDING);
    let ending = ending
        .map(|ending| format!(".{ending}"))
        .unwrap_or_default();
    let kept = MAX_CHARACTERS - ending.chars().count();
    let start: String = name.chars().take(kept).collect();
    format!("{}{ending}", start.trim_end_matches(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_harmless() {
        for (given, expected) in [
            ("captura.png", "captura.png"),
            ("Informe año 2026.pdf", "Informe año 2026.pdf"),
            ("../../etc/passwd", "passwd"),
            ("/etc/shadow", "shadow"),
            (r"C:\Windows\system.ini", "system.ini"),
            (r"\\server\share\x.txt", "x.txt"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("LPT1.log", "_LPT1.log"),
            ("consola.txt", "consola.txt"),
            (".htaccess", "htaccess"),
            ("\u{200B}.htaccess", "htaccess"),
            ("factura\u{202E}fdp.exe", "facturafdp.exe"),
            ("a\r\nContent-Type: text/html", "html"),
            ("a\r\nX-Evil: 1", "aX-Evil_ 1"),
            ("...", "file"),
            ("", "file"),
            ("   ", "file"),
            ("/", "file"),
            ("\u{FEFF}\u{200B}", "file"),
            ("a<b>|c?.txt", "a_b__c_.txt"),
            ("termina.", "termina"),
        ] {
            assert_eq!(clean(given).as_deref(), Ok(expected), "{given:?}");
        }
        assert_eq!(clean("a\0.png"), Err(NulInName));
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let cleaned = clean(&format!("{}.pdf", "ñ".repeat(1000))).unwrap();
        assert_eq!(cleaned.chars().count(), MAX_CHARACTERS);
        assert!(cleaned.ends_with("ñ.pdf"));
        assert_eq!(clean(&"x".repeat(1000)).unwrap().len(), MAX_CHARACTERS);
    }

    #[test]
    fn cleaning_twice_changes_nothing() {
        for name in [
            "../a b.txt",
            "CON.tar.gz",
            "...x...",
            "a\u{202E}b",
            &"é".repeat(400),
        ] {
            let once = clean(name).unwrap();
            assert_eq!(clean(&once).unwrap(), once, "{name:?}");
        }
    }

    #[test]
    fn a_download_name_can_not_break_out_of_its_header() {
        assert_eq!(
            content_disposition("a b.txt"),
            "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"
        );
        assert_eq!(
            content_disposition("año.pdf"),
            "attachment; filename=\"a_o.pdf\"; filename*=UTF-8''a%C3%B1o.pdf"
        );
        let hostile = content_disposition("a\";x=\"\\%41.txt");
        assert_eq!(hostile.matches('"').count(), 2, "{hostile}");
        assert!(hostile.is_ascii() && !hostile.contains(['\r', '\n', '\\']));
    }
}
