//! Text that people write, parsed at the door: each type says what it may hold, so that
//! nothing behind it has to ask again. Both the forms and the server parse with these.

use serde::{Deserialize, Serialize};

/// Why a text was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing visible was written.
    #[error("the text is empty")]
    Empty,
    /// Longer than the field takes.
    #[error("the text is longer than {max}")]
    TooLong {
        /// The most that the field takes: characters for lines, bytes for bodies.
        max: usize,
    },
    /// Line breaks or control characters where one line is expected, or NUL anywhere.
    #[error("the text holds control characters or line breaks")]
    ControlCharacters,
    /// Not of the form name@domain.
    #[error("this is not a mail address")]
    NotAnAddress,
    /// The part after the @ holds letters outside ASCII; write it in its xn-- form.
    #[error("the domain of the mail address holds letters that mail servers do not take")]
    NonAsciiDomain,
    /// Not a telephone number.
    #[error("this is not a telephone number")]
    NotAPhoneNumber,
    /// Outside the numbers that the field takes.
    #[error("the number is out of range")]
    OutOfRange,
}

impl TextError {
    /// The stable key by which clients and message catalogues know the error.
    pub fn code(self) -> &'static str {
        match self {
            TextError::Empty => "required",
            TextError::TooLong { .. } => "too_long",
            TextError::ControlCharacters => "control_characters",
            TextError::NotAnAddress => "not_an_address",
            TextError::NonAsciiDomain => "non_ascii_domain",
            TextError::NotAPhoneNumber => "not_a_phone_number",
            TextError::OutOfRange => "out_of_range",
        }
    }
}

macro_rules! text {
    ($(#[$meta:meta])* pub struct $name:ident; $parse:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads what a person wrote.
            ///
            /// # Errors
            /// [`TextError`] says what is wrong with it.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                let parse: fn(&str) -> Result<String, TextError> = $parse;
                parse(text).map($name)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, by value.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Most characters of a subject.
pub const SUBJECT_MAX: usize = 200;
/// Most bytes of a message body or a solution.
pub const BODY_MAX: usize = 65_536;
/// Most characters of a reason, a justification or a comment.
pub const REASON_MAX: usize = 2_000;
/// Most characters of a name.
pub const NAME_MAX: usize = 120;
/// Most characters of a telephone extension.
pub const EXTENSION_MAX: usize = 20;
/// Most bytes of a mail address (RFC 5321).
pub const ADDRESS_MAX: usize = 254;

text! {
    /// The one line that names a ticket: 1 to 200 characters, trimmed.
    pub struct Subject; |text| line(text, SUBJECT_MAX)
}

text! {
    /// A message, a description, a diagnosis or a solution: up to 65 536 bytes, line breaks allowed.
    pub struct Body; |text| block(text, Limit::Bytes(BODY_MAX))
}

text! {
    /// A short text that says why, such as the reason of a rejection: 1 to 2 000 characters.
    pub struct Reason; |text| block(text, Limit::Characters(REASON_MAX))
}

text! {
    /// A person's full name: one line of up to 120 characters.
    pub struct PersonName; |text| line(text, NAME_MAX)
}

text! {
    /// The entity or company that a person belongs to: one line of up to 120 characters.
    pub struct EntityName; |text| line(text, NAME_MAX)
}

text! {
    /// Where a person works: a site or a department, one line of up to 120 characters.
    pub struct PlaceName; |text| line(text, NAME_MAX)
}

text! {
    /// A telephone extension as people dial it: one line of up to 20 characters.
    pub struct Extension; |text| line(text, EXTENSION_MAX)
}

text! {
    /// A mail address as it was written, trimmed. Compare with [`EmailAddress::canonical`].
    pub struct EmailAddress; address
}

text! {
    /// A telephone number as it was written: digits, spaces and `+ - ( ) . #`, 3 to 15 digits.
    pub struct PhoneNumber; phone
}

impl Subject {
    /// Stands in for the subject of a history whose opening is missing.
    pub(crate) fn unnamed() -> Subject {
        Subject("-".to_owned())
    }
}

impl From<Reason> for Body {
    /// A reason is always short enough to be a body.
    fn from(reason: Reason) -> Body {
        Body(reason.0)
    }
}

impl EmailAddress {
    /// The spelling by which two addresses are the same person: lower case (I-47).
    pub fn canonical(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The part after the @, in lower case.
    pub fn domain(&self) -> String {
        let at = self.0.rfind('@').map_or(0, |at| at + 1);
        self.0[at..].to_ascii_lowercase()
    }
}

/// Stars given by a requester, 1 the lowest and 5 the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "u8", into = "u8")]
pub struct Stars(u8);

impl Stars {
    /// Reads a number of stars.
    ///
    /// # Errors
    /// [`TextError::OutOfRange`] for anything but 1 to 5.
    pub fn parse(stars: u8) -> Result<Stars, TextError> {
        match stars {
            1..=5 => Ok(Stars(stars)),
            _ => Err(TextError::OutOfRange),
        }
    }

    /// The number, 1 to 5.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Stars {
    type Error = TextError;

    fn try_from(stars: u8) -> Result<Self, Self::Error> {
        Stars::parse(stars)
    }
}

impl From<Stars> for u8 {
    fn from(stars: Stars) -> u8 {
        stars.0
    }
}

enum Limit {
    Characters(usize),
    Bytes(usize),
}

fn line(text: &str, max: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.chars().any(breaks_a_line) {
        return Err(TextError::ControlCharacters);
    }
    if text.chars().all(is_invisible) {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    Ok(text.to_owned())
}

fn block(text: &str, limit: Limit) -> Result<String, TextError> {
    if text.contains('\0') {
        return Err(TextError::ControlCharacters);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    if text.chars().all(is_invisible) {
        return Err(TextError::Empty);
    }
    match limit {
        Limit::Characters(max) if text.chars().count() > max => Err(TextError::TooLong { max }),
        Limit::Bytes(max) if text.len() > max => Err(TextError::TooLong { max }),
        Limit::Characters(_) | Limit::Bytes(_) => Ok(text.to_owned()),
    }
}

fn address(text: &str) -> Result<String, TextError> {
    let text = text.trim();
    if text.chars().all(is_invisible) {
        return Err(TextError::Empty);
    }
    if text.len() > ADDRESS_MAX {
        return Err(TextError::TooLong { max: ADDRESS_MAX });
    }
    let (local, domain) = text.split_once('@').ok_or(TextError::NotAnAddress)?;
    if !domain.is_ascii() {
        return Err(TextError::NonAsciiDomain);
    }
    if is_local_part(local) && is_domain(domain) {
        Ok(text.to_owned())
    } else {
        Err(TextError::NotAnAddress)
    }
}

/// A dot-atom of RFC 5321: quoted local parts are refused, as no real mailbox needs them.
fn is_local_part(local: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c);
    local.len() <= 64
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(allowed))
}

/// Whether a text is a host name with at least one dot, in ASCII.
pub(crate) fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let numeric_end = domain
        .rsplit('.')
        .next()
        .is_some_and(|label| label.chars().all(|c| c.is_ascii_digit()));
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label) && !numeric_end
}

fn phone(text: &str) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    let allowed = |c: char| c.is_ascii_digit() || " +-().#".contains(c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let misplaced_plus = text.rfind('+').is_some_and(|at| at > 0);
    if text.len() > 40
        || !(3..=15).contains(&digits)
        || !text.chars().all(allowed)
        || misplaced_plus
    {
        return Err(TextError::NotAPhoneNumber);
    }
    Ok(text.to_owned())
}

/// Characters that end a line or steer a terminal; a mail header must never hold one.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// White space and characters that print nothing: zero width, direction marks, fillers.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_visible_line() {
        let check = |text: &str| Subject::parse(text).map(Subject::into_string);
        assert_eq!(
            check("  No enciende el equipo "),
            Ok("No enciende el equipo".to_owned())
        );
        assert_eq!(check(""), Err(TextError::Empty));
        assert_eq!(check(" \u{200B}\u{202E}\u{FEFF} "), Err(TextError::Empty));
        assert_eq!(
            check("uno\r\nBcc: otra@example.org"),
            Err(TextError::ControlCharacters)
        );
        assert_eq!(check("uno\0dos"), Err(TextError::ControlCharacters));
        assert_eq!(check("uno\u{2028}dos"), Err(TextError::ControlCharacters));
        assert_eq!(check(&"ñ".repeat(200)), Ok("ñ".repeat(200)));
        assert_eq!(
            check(&"ñ".repeat(201)),
            Err(TextError::TooLong { max: 200 })
        );
    }

    #[test]
    fn a_body_keeps_its_lines_and_loses_its_carriage_returns() {
        assert_eq!(
            Body::parse("uno\r\ndos\rtres\n").unwrap().as_str(),
            "uno\ndos\ntres"
        );
        assert_eq!(Body::parse("\r\n \t"), Err(TextError::Empty));
        assert_eq!(Body::parse("a\0b"), Err(TextError::ControlCharacters));
        assert!(Body::parse(&"a".repeat(BODY_MAX)).is_ok());
        assert_eq!(
            Body::parse(&"ñ".repeat(BODY_MAX / 2 + 1)),
            Err(TextError::TooLong { max: BODY_MAX })
        );
    }

    #[test]
    fn parsing_what_was_parsed_changes_nothing() {
        let once = Body::parse(" a\r\n\r\nb ").unwrap();
        assert_eq!(Body::parse(once.as_str()).unwrap(), once);
        assert_eq!(
            serde_json::from_str::<Body>(&serde_json::to_string(&once).unwrap()).unwrap(),
            once
        );
    }

    #[test]
    fn a_mail_address_has_a_name_and_a_domain() {
        for good in [
            "ana@example.org",
            " Ana.Rojas+mesa@Correo.Example.ORG ",
            "o'brien@example.co",
        ] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "ana",
            "@example.org",
            "ana@",
            "ana@localhost",
            "ana@@example.org",
            "a b@example.org",
            "ana@example..org",
            ".ana@example.org",
            "ana@-example.org",
            "ana@example.org, ben@example.org",
            "ana@[127.0.0.1]",
            "ana@127.0.0.1",
            "ana@example.org\r\nBcc: x@example.org",
            "añá@example.org",
        ] {
            assert_eq!(
                EmailAddress::parse(bad),
                Err(TextError::NotAnAddress),
                "{bad}"
            );
        }
        assert_eq!(
            EmailAddress::parse("ana@exämple.org"),
            Err(TextError::NonAsciiDomain)
        );
        assert_eq!(EmailAddress::parse(" "), Err(TextError::Empty));
        let long = format!("ana@{}.org", "a.".repeat(130));
        assert_eq!(
            EmailAddress::parse(&long),
            Err(TextError::TooLong { max: ADDRESS_MAX })
        );
    }

    #[test]
    fn addresses_are_compared_in_lower_case() {
        let address = EmailAddress::parse("Ana.Rojas@Example.ORG").unwrap();
        assert_eq!(address.as_str(), "Ana.Rojas@Example.ORG");
        assert_eq!(address.canonical(), "ana.rojas@example.org");
        assert_eq!(address.domain(), "example.org");
        assert_eq!(
            EmailAddress::parse(&address.canonical())
                .unwrap()
                .canonical(),
            address.canonical()
        );
    }

    #[test]
    fn a_phone_number_holds_three_to_fifteen_digits() {
        for good in ["601 555 0100", "+57 (601) 555-0100", "123"] {
            assert!(PhoneNumber::parse(good).is_ok(), "{good}");
        }
        for bad in ["12", "llamar a Ana", "601+555", "1234567890123456"] {
            assert_eq!(
                PhoneNumber::parse(bad),
                Err(TextError::NotAPhoneNumber),
                "{bad}"
            );
        }
    }

    #[test]
    fn stars_go_from_one_to_five() {
        assert!(Stars::parse(0).is_err() && Stars::parse(6).is_err());
        assert_eq!(Stars::parse(5).unwrap().number(), 5);
        assert!(serde_json::from_str::<Stars>("6").is_err());
    }
}
