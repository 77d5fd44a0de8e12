//! What a file seems to be, from its first bytes. Kept for reports and scanners only: downloads are always
//! `application/octet-stream`, whatever a file claims or seems to be.

/// Bytes from the start of a file that are looked at.
pub const HEAD_BYTES: usize = 512;

const SIGNATURES: [(&[u8], &str); 13] = [
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "application/x-ole-storage",
    ),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b", "application/gzip"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
];

/// The media type that the first bytes of a file suggest.
pub fn sniff(head: &[u8]) -> &'static str {
    if let Some((_, media_type)) = SIGNATURES
        .iter()
        .find(|(signature, _)| head.starts_with(signature))
    {
        return media_type;
    }
    if head.len() >= 12 && head.starts_with(b"RIFF") && &head[8..12] == b"WEBP" {
        return "image/webp";
    }
    if head.len() >= 12 && &head[4..8] == b"ftyp" {
        return "video/mp4";
    }
    let text = head.trim_ascii_start().to_ascii_lowercase();
    if [
        &b"<!doctype html"[..],
        b"<html",
        b"<script",
        b"<body",
        b"<head",
    ]
    .iter()
    .any(|start| text.starts_with(start))
    {
        return "text/html";
    }
    if text.starts_with(b"<svg")
        || (text.starts_with(b"<?xml") && text.windows(4).any(|part| part == b"<svg"))
    {
        return "image/svg+xml";
    }
    if is_text(head) {
        "text/plain"
    } else {
        "application/octet-stream"
    }
}

/// UTF-8 without control characters; a character cut at the end of the head does not matter.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_content_not_by_name() {
        for (head, expected) in [
            (&b"%PDF-1.7\n"[..], "application/pdf"),
            (b"\x89PNG\r\n\x1a\n....", "image/png"),
            (b"GIF89a/*<script>*/", "image/gif"),
            (b"  <!DOCTYPE html><script>", "text/html"),
            (b"<svg onload=alert(1)>", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?><svg/>", "image/svg+xml"),
            ("línea de registro\n".as_bytes(), "text/plain"),
            (b"a\x00b", "application/octet-stream"),
            (b"\xc3", "application/octet-stream"),
            (b"ab\xc3", "text/plain"),
            (b"", "application/octet-stream"),
        ] {
            assert_eq!(sniff(head), expected, "{head:?}");
        }
    }
}
