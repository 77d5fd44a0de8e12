//! Which language an answer speaks.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use shared::i18n::Lang;

use super::context::RequestContext;

/// The caller's language, by `Accept-Language`; Spanish when nothing fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language(pub Lang);

impl FromRequest for Language {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(RequestContext::of(request).lang)))
    }
}

/// The best of our languages for a request's headers.
pub fn negotiate(headers: &HeaderMap) -> Lang {
    let header = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    negotiate_text(header)
}

fn negotiate_text(header: &str) -> Lang {
    let mut best: Option<(Lang, u32)> = None;
    // A header of a thousand ranges is not worth reading to the end.
    for range in header.split(',').take(32) {
        let mut parts = range.trim().split(';');
        let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let quality = parts
            .find_map(|part| part.trim().strip_prefix("q=").map(read_quality))
            .unwrap_or(1000);
        let lang = if tag == "*" {
            Some(Lang::default())
        } else {
            Lang::parse(&tag)
        };
        let Some(lang) = lang else { continue };
        if quality > 0 && best.is_none_or(|(_, top)| quality > top) {
            best = Some((lang, quality));
        }
    }
    best.map_or_else(Lang::default, |(lang, _)| lang)
}

/// A quality in thousandths; what cannot be read counts as nothing.
fn read_quality(text: &str) -> u32 {
    match text.trim().parse::<f32>() {
        // The range check makes the cast exact enough.
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1000.0) as u32,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_language_wins_and_spanish_is_the_default() {
        let cases = [
            ("", Lang::Es),
            ("en", Lang::En),
            ("en-US,en;q=0.9", Lang::En),
            ("es-CO,es;q=0.9,en;q=0.8", Lang::Es),
            ("fr, en;q=0.5, es;q=0.4", Lang::En),
            ("en;q=0.1, es;q=0.2", Lang::Es),
            ("fr", Lang::Es),
            ("*", Lang::Es),
            ("en;q=0", Lang::Es),
            ("en;q=nonsense", Lang::Es),
            ("EN-gb", Lang::En),
            (";;;,,q=1", Lang::Es),
        ];
        for (header, wanted) in cases {
            assert_eq!(negotiate_text(header), wanted, "{header:?}");
        }
    }
}
