//! What is known about a request before any handler runs.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::dev::{Payload, RequestHead};
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use shared::i18n::Lang;
use uuid::Uuid;

use super::lang;
use crate::config::Network;

/// Name of the header that carries the request's name.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Name, caller's address and language of a request; put there by the middleware.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// Names the request in the log and in problem answers.
    pub request_id: String,
    /// Address of the client, by the nearest peer that is not a trusted proxy.
    pub client: IpAddr,
    /// Language of the answer.
    pub lang: Lang,
}

impl RequestContext {
    /// Reads it from a request that has just arrived.
    pub fn read(head: &RequestHead, trusted: &[Network]) -> Self {
        let peer = head
            .peer_addr
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| {
                peer.ip().to_canonical()
            });
        let from_proxy = is_trusted(peer, trusted);
        let given_id = if from_proxy {
            sane_request_id(head.headers())
        } else {
            None
        };
        Self {
            request_id: given_id.unwrap_or_else(|| Uuid::now_v7().simple().to_string()),
            client: if from_proxy {
                forwarded_client(head.headers(), peer, trusted)
            } else {
                peer
            },
            lang: lang::negotiate(head.headers()),
        }
    }

    /// The context of a request; a fresh one when the middleware is not there.
    pub fn of(request: &HttpRequest) -> Self {
        match request.extensions().get::<Self>() {
            Some(context) => context.clone(),
            None => Self::read(request.head(), &[]),
        }
    }

    /// The client's network, as limits count it: /24 of IPv4, /56 of IPv6.
    pub fn client_prefix(&self) -> IpAddr {
        match self.client {
            IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00)),
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 72)))
            }
        }
    }
}

impl FromRequest for RequestContext {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

fn sane_request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let sane = (8..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    sane.then(|| id.to_owned())
}

/// Walks the forwarding chain from the nearest hop to the first that is not ours.
fn forwarded_client(headers: &HeaderMap, peer: IpAddr, trusted: &[Network]) -> IpAddr {
    let values: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .filter_map(|value| value.to_str().ok())
        .collect();
    let mut client = peer;
    for value in values.iter().rev() {
        for hop in value.rsplit(',') {
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                return client;
            };
            client = address.to_canonical();
            if !is_trusted(client, trusted) {
                return client;
            }
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn client(peer: &str, forwarded: Option<&str>) -> IpAddr {
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        let mut request = TestRequest::default().peer_addr(format!("{peer}:4000").parse().unwrap());
        if let Some(forwarded) = forwarded {
            request = request.insert_header(("x-forwarded-for", forwarded));
        }
        RequestContext::read(request.to_http_request().head(), &trusted).client
    }

    #[test]
    fn forwarded_headers_count_only_from_trusted_proxies() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(
            client("203.0.113.5", Some("198.51.100.1")),
            address("203.0.113.5")
        );
        assert_eq!(
            client("10.0.0.2", Some("198.51.100.1")),
            address("198.51.100.1")
        );
        // A client can write what it likes in front; the hop that our proxy added counts.
        assert_eq!(
            client("10.0.0.2", Some("127.0.0.1, 198.51.100.1, 10.0.0.9")),
            address("198.51.100.1")
        );
        assert_eq!(client("10.0.0.2", Some("nonsense")), address("10.0.0.2"));
        assert_eq!(client("10.0.0.2", None), address("10.0.0.2"));
    }

    #[test]
    fn a_request_id_is_taken_only_when_sane_and_from_a_trusted_proxy() {
        let read = |peer: &str, id: &str| {
            let trusted = [Network::parse("10.0.0.0/8").unwrap()];
            let request = TestRequest::default()
                .peer_addr(format!("{peer}:1").parse().unwrap())
                .insert_header(("x-request-id", id))
                .to_http_request();
            RequestContext::read(request.head(), &trusted).request_id
        };
        assert_eq!(read("10.0.0.1", "abc-12345"), "abc-12345");
        assert_ne!(read("203.0.113.1", "abc-12345"), "abc-12345");
        assert_ne!(read("10.0.0.1", "a b"), "a b");
    }

    #[test]
    fn limits_count_networks_not_single_addresses() {
        let prefix = |address: &str| {
            RequestContext {
                request_id: String::new(),
                client: address.parse().unwrap(),
                lang: Lang::Es,
            }
            .client_prefix()
            .to_string()
        };
        assert_eq!(prefix("203.0.113.77"), "203.0.113.0");
        assert_eq!(prefix("2001:db8:1:2ff::9"), "2001:db8:1:200::");
    }
}
