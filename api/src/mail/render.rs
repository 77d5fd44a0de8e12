//! From an outbox row to a message: words, look and header fields.

use chrono::{DateTime, Utc};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::{Address, address::Envelope};
use shared::i18n::Lang;
use shared::ticket::text::EmailAddress;

use super::RenderError;
use super::layout::{self, header_line};
use super::payload::MailPayload;
use super::templates;
use crate::config::PublicUrl;

/// Longest sender's name, in characters.
const NAME_MAX: usize = 80;

/// The texts of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailText {
    /// Subject line, without line breaks.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part, a whole document.
    pub html: String,
}

/// Writes the texts for an occasion. Links are built from `public_url` only.
///
/// # Errors
/// [`RenderError::NoTicket`] when the occasion needs a ticket and the payload names none.
pub fn render(
    payload: &MailPayload,
    lang: Lang,
    public_url: &PublicUrl,
) -> Result<MailText, RenderError> {
    let (letter, foot) = templates::compose(payload, lang, public_url)?;
    Ok(MailText {
        text: layout::text(&letter, &foot),
        html: layout::html(&letter, &foot, &payload.desk, lang),
        subject: letter.subject,
    })
}

/// A mail with everything that its header says, ready for a transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Name of the sender: the desk's.
    pub sender_name: String,
    /// The one recipient.
    pub recipient: EmailAddress,
    /// Where answers go.
    pub reply_to: Option<EmailAddress>,
    /// Message-ID with its angle brackets, the same at every try.
    pub message_id: String,
    /// Id of the ticket's thread, the same for all mails about it.
    pub thread_id: Option<String>,
    /// When the mail was enqueued.
    pub written_at: DateTime<Utc>,
    /// What it says.
    pub text: MailText,
}

/// What of an outbox row makes a mail.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The one recipient.
    pub recipient: &'a EmailAddress,
    /// Language of the text.
    pub lang: Lang,
    /// What it says.
    pub payload: &'a MailPayload,
    /// Left part of the Message-ID.
    pub message_id: &'a str,
    /// When it was enqueued.
    pub written_at: DateTime<Utc>,
}

/// Makes the mail of an outbox row.
///
/// # Errors
/// As [`render`].
pub fn outgoing(source: Source, public_url: &PublicUrl) -> Result<OutgoingMail, RenderError> {
    let host = public_url.host();
    let name = header_line(&source.payload.desk.name, NAME_MAX);
    Ok(OutgoingMail {
        sender_name: name,
        recipient: source.recipient.clone(),
        reply_to: source
            .payload
            .desk
            .reply_to
            .as_deref()
            .and_then(|address| EmailAddress::parse(address).ok()),
        message_id: format!("<{}@{host}>", source.message_id),
        thread_id: source
            .payload
            .ticket
            .as_ref()
            .map(|ticket| format!("<ticket.{}@{host}>", id_word(&ticket.code))),
        written_at: source.written_at,
        text: render(source.payload, source.lang, public_url)?,
    })
}

impl OutgoingMail {
    /// The message for SMTP, from the configured sender's address, to exactly one recipient (I-48).
    ///
    /// # Errors
    /// [`RenderError::Address`] when the mail library does not take an address.
    pub fn message(&self, sender: &Address) -> Result<Message, RenderError> {
        let recipient: Address = self
            .recipient
            .as_str()
            .parse()
            .map_err(|_| RenderError::Address)?;
        let envelope = Envelope::new(Some(sender.clone()), vec![recipient.clone()])
            .map_err(|_| RenderError::Address)?;
        let name = Some(self.sender_name.clone()).filter(|name| !name.is_empty());
        let mut builder = Message::builder()
            .from(Mailbox::new(name, sender.clone()))
            .to(Mailbox::new(None, recipient))
            .subject(self.text.subject.clone())
            .message_id(Some(self.message_id.clone()))
            .date(self.written_at.into())
            .header(AutoSubmitted)
            .header(SuppressAutoResponse)
            .envelope(envelope);
        if let Some(reply_to) = &self.reply_to {
            let reply_to = reply_to
                .as_str()
                .parse()
                .map_err(|_| RenderError::Address)?;
            builder = builder.reply_to(Mailbox::new(None, reply_to));
        }
        if let Some(thread_id) = &self.thread_id {
            builder = builder
                .in_reply_to(thread_id.clone())
                .references(thread_id.clone());
        }
        let body =
            MultiPart::alternative_plain_html(self.text.text.clone(), self.text.html.clone());
        builder.multipart(body).map_err(|_| RenderError::Address)
    }
}

/// A word that is safe inside a message id.
fn id_word(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect()
}

/// RFC 3834: made by a program, so that vacation notices do not answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The same for Exchange, which does not heed RFC 3834.
#[derive(Clone)]
struct SuppressAutoResponse;

impl Header for SuppressAutoResponse {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("X-Auto-Response-Suppress")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "All".to_owned())
    }
}
