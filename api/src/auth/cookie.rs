//! Cookies of ours: always HttpOnly, SameSite=Strict and for the whole host; with the `__Host-` prefix and Secure on https.

use actix_web::http::header::{COOKIE, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};

use crate::config::PublicUrl;

/// Cookies that we set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieName {
    /// Refresh token of an agent.
    ConsoleRefresh,
    /// Refresh token of a requester.
    PortalRefresh,
    /// Tells one browser from another, for one-time codes and uploads.
    Browser,
}

impl CookieName {
    fn plain(self) -> &'static str {
        match self {
            Self::ConsoleRefresh => "atiende_console",
            Self::PortalRefresh => "atiende_portal",
            Self::Browser => "atiende_browser",
        }
    }

    /// The name as the browser knows it.
    pub fn full(self, public_url: &PublicUrl) -> String {
        if public_url.is_https() {
            format!("__Host-{}", self.plain())
        } else {
            self.plain().to_owned()
        }
    }
}

/// The value of a cookie. When it was sent twice, none counts: somebody planted one.
pub fn read(request: &HttpRequest, name: CookieName, public_url: &PublicUrl) -> Option<String> {
    let name = name.full(public_url);
    let headers = request
        .headers()
        .get_all(COOKIE)
        .filter_map(|value| value.to_str().ok());
    let mut values = headers
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.to_owned())
        });
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// Cookies to be sent with the answer of this request, whatever its handler returns.
#[derive(Default)]
pub struct PendingCookies(pub Vec<HeaderValue>);

/// Adds a `Set-Cookie` value to the answer of this request.
pub fn attach(request: &HttpRequest, value: HeaderValue) {
    let mut extensions = request.extensions_mut();
    match extensions.get_mut::<PendingCookies>() {
        Some(pending) => pending.0.push(value),
        None => {
            extensions.insert(PendingCookies(vec![value]));
        }
    }
}

/// The `Set-Cookie` value; without a lifetime it ends with the browser.
///
/// `value` must be one of our own tokens (hexadecimal), never text of a user.
pub fn set(
    name: CookieName,
    value: &str,
    max_age_seconds: Option<i64>,
    public_url: &PublicUrl,
) -> HeaderValue {
    let secure = if public_url.is_https() {
        "; Secure"
    } else {
        ""
    };
    let age = max_age_seconds
        .map(|seconds| format!("; Max-Age={seconds}"))
        .unwrap_or_default();
    let text = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}",
        name.full(public_url)
    );
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The `Set-Cookie` value that removes a cookie.
pub fn clear(name: CookieName, public_url: &PublicUrl) -> HeaderValue {
    set(name, "", Some(0), public_url)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn cookies_are_strict_and_bound_to_the_host_on_https() {
        let https = PublicUrl::parse("https://help.example.org").unwrap();
        let http = PublicUrl::parse("http://localhost:8080").unwrap();
        assert_eq!(
            set(CookieName::Browser, "ab12", Some(60), &https),
            "__Host-atiende_browser=ab12; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=60"
        );
        assert_eq!(
            set(CookieName::ConsoleRefresh, "ab12", None, &http),
            "atiende_console=ab12; Path=/; HttpOnly; SameSite=Strict"
        );
        assert!(
            clear(CookieName::PortalRefresh, &http)
                .to_str()
                .unwrap()
                .ends_with("Max-Age=0")
        );
    }

    #[test]
    fn a_cookie_sent_twice_does_not_count() {
        let http = PublicUrl::parse("http://localhost:8080").unwrap();
        let value = |header: &str| {
            read(
                &TestRequest::default()
                    .insert_header((COOKIE, header))
                    .to_http_request(),
                CookieName::Browser,
                &http,
            )
        };
        assert_eq!(value("a=b; atiende_browser=ab12"), Some("ab12".to_owned()));
        assert_eq!(value("atiende_browser=ab12; atiende_browser=cd"), None);
        assert_eq!(value("x_atiende_browser=ab12"), None);
    }
}
