//! Is the request addressed to us, and is its address sane?

use actix_web::dev::RequestHead;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use shared::api::problem::ProblemType;

use super::ApiError;
use crate::config::{Settings, is_loopback_host};

/// Longer addresses are refused.
const MAX_TARGET: usize = 8 * 1024;

/// Checks that path and query are percent-encoded once, without control characters or hidden separators.
///
/// # Errors
/// 400.
pub fn check_encoding(head: &RequestHead) -> Result<(), ApiError> {
    let path = head.uri.path();
    let query = head.uri.query().unwrap_or_default();
    if path.len() + query.len() > MAX_TARGET {
        return Err(ApiError::new(ProblemType::UriTooLong));
    }
    // A second encoding (%25), a slash or a backslash inside a segment would mean another path to whoever decodes again.
    let path_ok = decodes_cleanly(path, |byte| !matches!(byte, b'%' | b'/' | b'\\'));
    let dotted = path.split('/').any(|segment| {
        matches!(
            segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
    });
    if path_ok && !dotted && !path.contains('\\') && decodes_cleanly(query, |_| true) {
        Ok(())
    } else {
        Err(ApiError::malformed(
            "La dirección contiene caracteres que no se admiten.",
            "The address contains characters that are not accepted.",
        ))
    }
}

/// Whether every escape is well formed, allowed, and the whole is UTF-8 without control characters.
fn decodes_cleanly(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (bytes.next().and_then(hex), bytes.next().and_then(hex))
        else {
            return false;
        };
        let escaped = high * 16 + low;
        if !allowed(escaped) {
            return false;
        }
        decoded.push(escaped);
    }
    std::str::from_utf8(&decoded).is_ok_and(|text| !text.chars().any(char::is_control))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Checks that the request names one of our hosts.
///
/// # Errors
/// 400 without a host, 421 for another's.
pub fn check_host(head: &RequestHead, settings: &Settings) -> Result<(), ApiError> {
    let hosts = hosts(head);
    if hosts.is_empty() || hosts.iter().any(|host| host.is_empty()) {
        return Err(ApiError::malformed(
            "Falta la cabecera Host.",
            "The Host header is missing.",
        ));
    }
    if hosts.iter().all(|host| is_ours(host_name(host), settings)) {
        Ok(())
    } else {
        Err(ApiError::new(ProblemType::Misdirected))
    }
}

/// Whether the request was sent to a name or address that can only mean this machine.
pub fn names_this_machine(head: &RequestHead) -> bool {
    let hosts = hosts(head);
    !hosts.is_empty() && hosts.iter().all(|host| is_loopback_host(host_name(host)))
}

/// Every host that the request names, with ports.
fn hosts(head: &RequestHead) -> Vec<&str> {
    let mut hosts: Vec<&str> = head
        .headers()
        .get_all(HOST)
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    hosts.extend(head.uri.authority().map(|authority| authority.as_str()));
    hosts
}

fn is_ours(host: &str, settings: &Settings) -> bool {
    host.eq_ignore_ascii_case(settings.public_url.host())
        || is_loopback_host(host)
        || settings
            .allowed_hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(host))
}

/// The host without its port.
fn host_name(authority: &str) -> &str {
    if let Some(end) = authority.rfind(']') {
        return &authority[..=end];
    }
    authority.split(':').next().unwrap_or(authority)
}

/// Refuses a write that a page of another site sent through a visitor's browser.
///
/// # Errors
/// 403.
pub fn check_origin(headers: &HeaderMap, settings: &Settings) -> Result<(), ApiError> {
    let foreign = || {
        ApiError::forbidden().detail(
            "La solicitud viene de otro sitio.",
            "The request comes from another site.",
        )
    };
    if headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
    {
        return Err(foreign());
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    if origin == settings.public_url.as_str() {
        return Ok(());
    }
    // The same server reached by another accepted name, such as 127.0.0.1 instead of localhost.
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if authority.is_some() && authority == host {
        Ok(())
    } else {
        Err(foreign())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn settings() -> Settings {
        Settings::for_tests(
            std::path::Path::new("data"),
            None,
            "https://help.example.org",
        )
        .unwrap()
    }

    #[test]
    fn an_address_is_decoded_once_and_hides_nothing() {
        let ok = |target: &str| {
            check_encoding(TestRequest::with_uri(target).to_http_request().head()).is_ok()
        };
        for good in [
            "/",
            "/api/v1/tickets/INF-1042",
            "/soporte/new",
            "/a?q=impresora%20da%C3%B1ada",
            "/a?q=100%25",
            "/a?next=%2Fqueue",
            "/ni%C3%B1o",
        ] {
            assert!(ok(good), "{good}");
        }
        let bad = [
            "/%00",
            "/a%0d%0ab",
            "/%c0%af",
            "/%zz",
            "/%",
            "/%2",
            "/..%2fetc",
            "/a%2fb",
            "/%252e%252e/",
            "/a%5cb",
            "/../etc",
            "/%2e%2e/etc",
            "/a?q=%00",
            "/a?q=%zz",
            "/a?q=%c0%af",
            "/a?q=%0d%0a",
            "/a/./b",
        ];
        for bad in bad {
            assert!(!ok(bad), "{bad}");
        }
        assert!(!ok(&format!("/{}", "a".repeat(16 * 1024))));
    }

    #[test]
    fn only_our_hosts_are_served() {
        let settings = settings();
        let kind = |host: Option<&str>| {
            let mut request = TestRequest::with_uri("/");
            if let Some(host) = host {
                request = request.insert_header((HOST, host));
            }
            check_host(request.to_http_request().head(), &settings).map_err(|error| error.kind())
        };
        for good in [
            "help.example.org",
            "HELP.example.org:443",
            "localhost:8080",
            "127.0.0.1",
            "[::1]:8080",
        ] {
            assert_eq!(kind(Some(good)), Ok(()), "{good}");
        }
        for bad in [
            "evil.example.net",
            "help.example.org.evil.example.net",
            "help.example.org@evil",
            "10.0.0.1",
        ] {
            assert_eq!(kind(Some(bad)), Err(ProblemType::Misdirected), "{bad}");
        }
        assert_eq!(kind(None), Err(ProblemType::Malformed));
        assert_eq!(kind(Some("")), Err(ProblemType::Malformed));
    }

    #[test]
    fn a_page_of_another_site_cannot_write() {
        let settings = settings();
        let ok = |headers: &[(&str, &str)]| {
            let mut request = TestRequest::default().insert_header((HOST, "localhost:8080"));
            for header in headers {
                request = request.insert_header(*header);
            }
            check_origin(request.to_http_request().headers(), &settings).is_ok()
        };
        assert!(ok(&[]));
        assert!(ok(&[("origin", "https://help.example.org")]));
        assert!(ok(&[
            ("origin", "http://localhost:8080"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!ok(&[("origin", "https://evil.example.net")]));
        assert!(!ok(&[("origin", "null")]));
        assert!(!ok(&[("sec-fetch-site", "cross-site")]));
    }
}
