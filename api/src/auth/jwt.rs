//! Access tokens: short-lived, HS256 only, verified by keys of our own set and by our own clock.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::session::Audience;
use crate::config::SecretKeys;

/// Seconds that an access token lives.
pub const ACCESS_SECONDS: u32 = 600;
/// Seconds by which clocks may differ.
const LEEWAY: i64 = 30;
const TYPE: &str = "at+jwt";
/// Longer tokens are not even looked at.
const MAX_LENGTH: usize = 4096;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who issued it: the public address.
    pub iss: String,
    /// For which side: `console` or `portal`.
    pub aud: Audience,
    /// Key of the agent or person.
    pub sub: String,
    /// The session that it belongs to.
    pub sid: Uuid,
    /// The account's epoch when it was issued; raising the epoch ends all its tokens.
    pub epoch: i32,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Expires at, seconds since 1970.
    pub exp: i64,
    /// The desk of a portal session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<i64>,
    /// Not valid before, seconds since 1970; never written by us, but obeyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
}

/// Why there is no access token, or why it does not count. The caller is told only "sign in".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Broken, forged, or of another issuer, audience, kind or key.
    #[error("the access token is not one of ours")]
    Invalid,
    /// Too old, or from the future.
    #[error("the access token is not valid at this time")]
    Expired,
    /// It could not be written.
    #[error("the access token could not be signed")]
    Unsigned,
}

/// Signs and verifies access tokens.
#[derive(Clone)]
pub struct AccessTokens {
    issuer: String,
    keys: Vec<Key>,
}

/// One key of the installation.
#[derive(Clone)]
struct Key {
    kid: String,
    /// The first part of the tokens that we sign with it: always the same.
    header: Option<String>,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// Whom a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Side of the product.
    pub audience: Audience,
    /// Key of the agent or person.
    pub subject_id: i64,
    /// Session family.
    pub session: Uuid,
    /// The account's epoch.
    pub epoch: i32,
    /// Desk of a portal session.
    pub desk_id: Option<i64>,
}

impl AccessTokens {
    /// With the keys of this installation; the first signs.
    pub fn new(keys: &SecretKeys, issuer: &str) -> Self {
        let ring = keys.jwt().iter().map(|key| {
            let encoding = EncodingKey::from_secret(&key.key);
            // What cannot be signed has no header that would be known; its tokens are looked at in full.
            let sample = jsonwebtoken::encode(&header_of(&key.kid), &(), &encoding);
            let header = sample.ok().and_then(|token| {
                let (header, _) = token.split_once('.')?;
                Some(header.to_owned())
            });
            Key {
                kid: key.kid.clone(),
                header,
                encoding,
                decoding: DecodingKey::from_secret(&key.key),
            }
        });
        Self {
            issuer: issuer.to_owned(),
            keys: ring.collect(),
        }
    }

    /// Writes a token that lives [`ACCESS_SECONDS`].
    ///
    /// # Errors
    /// When there is no key.
    pub fn sign(&self, holder: Holder, now: DateTime<Utc>) -> Result<String, TokenError> {
        let iat = now.timestamp();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: holder.audience,
            sub: holder.subject_id.to_string(),
            sid: holder.session,
            epoch: holder.epoch,
            iat,
            exp: iat + i64::from(ACCESS_SECONDS),
            desk: holder.desk_id,
            nbf: None,
        };
        let key = self.keys.first().ok_or(TokenError::Unsigned)?;
        jsonwebtoken::encode(&header_of(&key.kid), &claims, &key.encoding)
            .map_err(|_| TokenError::Unsigned)
    }

    /// Reads a token that is ours, for this audience and valid now.
    ///
    /// # Errors
    /// Whenever the least thing is wrong with it.
    pub fn verify(
        &self,
        token: &str,
        audience: Audience,
        now: DateTime<Utc>,
    ) -> Result<Holder, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Invalid);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Invalid)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Invalid)?;
        let key = self.key_of(header, token)?;
        let (signed, key) = (signed.as_bytes(), &key.decoding);
        let genuine = jsonwebtoken::crypto::verify(signature, signed, key, Algorithm::HS256);
        if !genuine.unwrap_or(false) {
            return Err(TokenError::Invalid);
        }
        let payload = URL_SAFE_NO_PAD.decode(payload);
        let payload = payload.map_err(|_| TokenError::Invalid)?;
        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| TokenError::Invalid)?;
        if claims.iss != self.issuer || claims.aud != audience {
            return Err(TokenError::Invalid);
        }
        check_times(&claims, now)?;
        let subject_id = claims.sub.parse().map_err(|_| TokenError::Invalid)?;
        Ok(Holder {
            audience,
            subject_id,
            session: claims.sid,
            epoch: claims.epoch,
            desk_id: claims.desk,
        })
    }

    /// The key that a token names. Nearly all tokens begin as those that we sign; another header is read.
    fn key_of(&self, header: &str, token: &str) -> Result<&Key, TokenError> {
        if let Some(key) = self
            .keys
            .iter()
            .find(|key| key.header.as_deref() == Some(header))
        {
            return Ok(key);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // A token that brings its own key, or points to one, was not written by us.
        let brings_key = header.jku.is_some()
            || header.jwk.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
            || header.x5t.is_some();
        if brings_key || header.alg != Algorithm::HS256 || header.typ.as_deref() != Some(TYPE) {
            return Err(TokenError::Invalid);
        }
        let named = |key: &&Key| header.kid.as_ref() == Some(&key.kid);
        self.keys.iter().find(named).ok_or(TokenError::Invalid)
    }
}

fn header_of(kid: &str) -> Header {
    Header {
        typ: Some(TYPE.to_owned()),
        kid: Some(kid.to_owned()),
        ..Header::new(Algorithm::HS256)
    }
}

fn check_times(claims: &Claims, now: DateTime<Utc>) -> Result<(), TokenError> {
    let now = now.timestamp();
    let lifetime = i64::from(ACCESS_SECONDS);
    let too_old = claims.exp <= now - LEEWAY;
    let from_the_future =
        claims.iat > now + LEEWAY || claims.nbf.is_some_and(|nbf| nbf > now + LEEWAY);
    let too_long = claims.exp > now + LEEWAY + lifetime;
    if too_old || from_the_future || too_long {
        Err(TokenError::Expired)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://help.example.org";

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn holder() -> Holder {
        Holder {
            audience: Audience::Console,
            subject_id: 7,
            session: Uuid::from_u128(1),
            epoch: 3,
            desk_id: None,
        }
    }

    fn header() -> Value {
        json!({"alg": "HS256", "typ": "at+jwt", "kid": "test"})
    }

    fn claims() -> Value {
        let iat = now().timestamp();
        json!({"iss": ISSUER, "aud": "console", "sub": "7", "sid": Uuid::from_u128(1), "epoch": 3, "iat": iat, "exp": iat + 600})
    }

    fn with(mut value: Value, name: &str, to: Value) -> Value {
        value[name] = to;
        value
    }

    /// Signs any header and claims with the true key.
    fn forge(keys: &SecretKeys, header: &Value, claims: &Value) -> String {
        forge_under(keys, &URL_SAFE_NO_PAD.encode(header.to_string()), claims)
    }

    /// Signs any claims under a header that is written already.
    fn forge_under(keys: &SecretKeys, header: &str, claims: &Value) -> String {
        let body = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut mac =
            <hmac::Hmac<sha2::Sha256> as hmac::Mac>::new_from_slice(&keys.jwt()[0].key).unwrap();
        hmac::Mac::update(&mut mac, body.as_bytes());
        let signature = hmac::Mac::finalize(mac).into_bytes();
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn a_token_is_accepted_until_it_expires_with_a_little_leeway() {
        let keys = SecretKeys::random();
        let tokens = AccessTokens::new(&keys, ISSUER);
        let token = tokens.sign(holder(), now()).unwrap();
        let at = |seconds: i64| {
            tokens.verify(
                &token,
                Audience::Console,
                now() + TimeDelta::seconds(seconds),
            )
        };
        assert_eq!(at(0), Ok(holder()));
        assert_eq!(at(629), Ok(holder()));
        assert_eq!(at(631), Err(TokenError::Expired));
        assert_eq!(at(-29), Ok(holder()));
        assert_eq!(at(-31), Err(TokenError::Expired));
        // The forging helper is sound: untouched, its tokens are accepted.
        assert_eq!(
            tokens.verify(
                &forge(&keys, &header(), &claims()),
                Audience::Console,
                now()
            ),
            Ok(holder())
        );
    }

    #[test]
    fn forged_and_foreign_tokens_are_refused() {
        let keys = SecretKeys::random();
        let tokens = AccessTokens::new(&keys, ISSUER);
        let good = tokens.sign(holder(), now()).unwrap();
        let iat = now().timestamp();
        let mut bad: Vec<String> = Vec::new();
        for alg in [
            "none", "None", "NONE", "HS512", "RS256", "ES256", "EdDSA", "hs256",
        ] {
            bad.push(forge(&keys, &with(header(), "alg", json!(alg)), &claims()));
        }
        let unsigned = forge(&keys, &with(header(), "alg", json!("none")), &claims());
        bad.push(format!("{}.", unsigned.rsplit_once('.').unwrap().0));
        for kid in [
            json!("other"),
            json!("../../etc/passwd"),
            json!("' OR 1=1 --"),
            json!(""),
            Value::Null,
            json!(1),
        ] {
            bad.push(forge(&keys, &with(header(), "kid", kid), &claims()));
        }
        bad.push(forge(
            &keys,
            &with(header(), "jku", json!("https://evil.example.net/keys")),
            &claims(),
        ));
        bad.push(forge(
            &keys,
            &with(header(), "x5u", json!("https://evil.example.net/cert")),
            &claims(),
        ));
        bad.push(forge(
            &keys,
            &with(header(), "jwk", json!({"kty": "oct", "k": "AAAA"})),
            &claims(),
        ));
        bad.push(forge(
            &keys,
            &with(header(), "typ", json!("JWT")),
            &claims(),
        ));
        bad.push(forge(&keys, &with(header(), "typ", Value::Null), &claims()));
        let claim_changes = [
            ("iss", json!("https://evil.example.net")),
            ("aud", json!("portal")),
            ("aud", json!(["console"])),
            ("aud", Value::Null),
            ("sub", json!(7)),
            ("sub", json!("x")),
            ("sid", json!("x")),
            ("epoch", json!("3")),
            ("exp", json!(iat - 31)),
            ("exp", json!((iat + 600).to_string())),
            ("exp", json!(600.5)),
            ("exp", json!(-1)),
            ("exp", json!(9_223_372_036_854_775_808_u64)),
            ("exp", json!(i64::MAX)),
            ("exp", Value::Null),
            ("iat", json!(253_402_300_799_i64)),
            ("nbf", json!(iat + 3600)),
            ("is_admin", json!(true)),
        ];
        let parts: Vec<&str> = good.split('.').collect();
        // Under a header of another order of words and under our own, which is known without being read.
        assert_ne!(parts[0], URL_SAFE_NO_PAD.encode(header().to_string()));
        for (name, value) in claim_changes {
            let claims = with(claims(), name, value);
            bad.push(forge(&keys, &header(), &claims));
            bad.push(forge_under(&keys, parts[0], &claims));
        }
        assert_eq!(
            tokens.verify(
                &forge_under(&keys, parts[0], &claims()),
                Audience::Console,
                now()
            ),
            Ok(holder())
        );
        let other_claims = URL_SAFE_NO_PAD.encode(with(claims(), "sub", json!("8")).to_string());
        bad.push(format!("{}.{other_claims}.{}", parts[0], parts[2]));
        bad.push(good[..good.len() - 4].to_owned());
        bad.push(format!("{good}.x"));
        bad.push(forge_under(&keys, "", &claims()));
        bad.push(forge_under(&keys, &format!("{}.", parts[0]), &claims()));
        bad.push(format!("{good}=="));
        bad.push(format!(".{good}"));
        bad.push(format!("{}.{}", parts[0], parts[1]));
        bad.push("x".repeat(1024 * 1024));
        bad.push(String::new());
        bad.push(
            AccessTokens::new(&SecretKeys::random(), ISSUER)
                .sign(holder(), now())
                .unwrap(),
        );
        for token in bad {
            let shown: String = token.chars().take(200).collect();
            assert!(
                tokens.verify(&token, Audience::Console, now()).is_err(),
                "{shown}"
            );
        }
        assert!(tokens.verify(&good, Audience::Portal, now()).is_err());
    }

    #[test]
    fn an_older_key_still_verifies_after_a_new_one_was_put_first() {
        let folder = std::env::temp_dir().join(format!("atiende-jwt-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let key = |text: &str| URL_SAFE_NO_PAD.encode(text.repeat(32));
        let write = |name: &str, kids: &[&str]| {
            let mut text = format!("master = \"{}\"\n", key("m"));
            for kid in kids {
                text.push_str(&format!(
                    "[[jwt]]\nkid = \"{kid}\"\nkey = \"{}\"\n",
                    key(kid)
                ));
            }
            std::fs::write(folder.join(name), text).unwrap();
            AccessTokens::new(
                &SecretKeys::load_or_create(&folder.join(name)).unwrap(),
                ISSUER,
            )
        };
        let before = write("before", &["a"]);
        let after = write("after", &["b", "a"]);
        let token = before.sign(holder(), now()).unwrap();
        assert_eq!(after.verify(&token, Audience::Console, now()), Ok(holder()));
        assert!(
            before
                .verify(
                    &after.sign(holder(), now()).unwrap(),
                    Audience::Console,
                    now()
                )
                .is_err()
        );
        std::fs::remove_dir_all(folder).unwrap();
    }
}
