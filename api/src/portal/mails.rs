//! The mails that these slices ask for: a code, and a notice to the address on file.

use chrono::{DateTime, Utc};
use shared::api::portal::Purpose;
use shared::desk::Desk;
use shared::desk::profile::{FormOfAddress, Notice, Recipient};
use shared::i18n::Lang;
use shared::ticket::text::EmailAddress;

use super::code::Code;
use super::store::{CODE_MINUTES, ChallengeRow};
use crate::db::{DbConnection, DbError};
use crate::desks::registry::InstalledDesk;
use crate::mail::{CodePurpose, Content, DeskVoice, MailPayload, OwnWords, Tone};
use crate::outbox::store::{NewMail, enqueue, withhold};

/// How a desk speaks in its mails.
pub fn voice(desk: &Desk, lang: Lang) -> DeskVoice {
    DeskVoice {
        slug: desk.slug.clone(),
        name: desk.name.get(lang).to_owned(),
        tone: match desk.address {
            FormOfAddress::Usted => Tone::Usted,
            FormOfAddress::Tu => Tone::Tu,
        },
        ticket_word: desk.words.ticket.get(lang).to_owned(),
        category_word: desk.words.category.get(lang).to_owned(),
        priority_word: desk.words.priority.get(lang).to_owned(),
        accent: desk.theme.accent.clone(),
        reply_to: None,
        support_line: desk.support.as_ref().map(|line| line.phone.clone()),
        time_zone: desk.calendar.zone.name.clone(),
    }
}

/// Whether a mail goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It does.
    Sent,
    /// It is written down, so that the work is the same, and never leaves.
    Withheld,
}

impl From<bool> for Delivery {
    fn from(mailed: bool) -> Self {
        if mailed { Self::Sent } else { Self::Withheld }
    }
}

/// Mails a code to the address of its challenge. The mail says nothing that the asker chose. A withheld one holds another
/// code, which is never right.
pub fn send_code(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    challenge: &ChallengeRow,
    code: &Code,
    delivery: Delivery,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let decoy = Code::random();
    let content = Content::Code {
        code: match delivery {
            Delivery::Sent => code.shown(),
            Delivery::Withheld => decoy.shown(),
        },
        purpose: match challenge.purpose.0 {
            Purpose::Draft => CodePurpose::NewTicket,
            Purpose::Lookup => CodePurpose::Lookup,
        },
        expires_at: challenge.expires_at.get(),
        valid_minutes: u32::try_from(CODE_MINUTES).unwrap_or(0),
    };
    let cause = format!("challenge:{}:{}", challenge.id.0, challenge.sends);
    let notice = Notice::VerificationCode;
    send(
        conn,
        desk,
        challenge,
        notice,
        (content, delivery),
        cause,
        now,
    )
}

/// Tells the person on file that a code for a new ticket was read out on the phone.
pub fn tell_vouched(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    challenge: &ChallengeRow,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let cause = format!(
        "challenge:{}:vouched:{}",
        challenge.id.0,
        now.timestamp_micros()
    );
    send(
        conn,
        desk,
        challenge,
        Notice::IdentityVouched,
        (Content::IdentityVouched { at: now }, Delivery::Sent),
        cause,
        now,
    )
}

fn send(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    challenge: &ChallengeRow,
    notice: Notice,
    (content, delivery): (Content, Delivery),
    cause: String,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    // Challenges are stored with parsed addresses only; another one cannot be mailed to.
    let Ok(recipient) = EmailAddress::parse(&challenge.email) else {
        return Ok(());
    };
    let language = challenge.language.0;
    // Nothing but the desk's name can be filled in: a code goes to an address that is not proved.
    let own = OwnWords::of(
        desk.profile.notification(notice),
        Recipient::Requester,
        language,
        |_| desk.profile.name.get(language).to_owned(),
    );
    let mail = NewMail {
        desk_id: desk.id,
        ticket_id: None,
        event_seq: None,
        recipient,
        language,
        payload: MailPayload {
            desk: voice(&desk.profile, language),
            ticket: None,
            own,
            content,
        },
        cause,
    };
    match delivery {
        Delivery::Sent => enqueue(conn, now, mail)?,
        Delivery::Withheld => withhold(conn, now, mail)?,
    };
    Ok(())
}
