//! The words of every mail, in Spanish (usted or tú, as the desk speaks) and in English.
//!
//! Sentences around the desk's own word for a ticket use verbs ("Recibimos su caso") instead of articles and participles,
//! so that they are right for *ticket*, *caso* and *solicitud* alike.

mod identity;
mod process;
mod requester;
mod team;

use chrono::{DateTime, Utc};
use shared::i18n::Lang;

use super::RenderError;
use super::dates;
use super::layout::{Block, Foot, Letter, header_line, one_line, shortened};
use super::payload::{Content, DeskVoice, MailPayload, OwnWords, TicketRef, Tone};
use crate::config::PublicUrl;

/// Longest subject line, in characters; inboxes show fewer.
const SUBJECT_MAX: usize = 200;

/// Who speaks, in which language, and where links lead.
#[derive(Clone, Copy)]
struct Voice<'a> {
    desk: &'a DeskVoice,
    lang: Lang,
    public_url: &'a PublicUrl,
}

impl Voice<'_> {
    /// The text for the reader: Spanish with usted, Spanish with tú, English.
    fn say<T>(&self, usted: T, tu: T, en: T) -> T {
        match (self.lang, self.desk.tone) {
            (Lang::Es, Tone::Usted) => usted,
            (Lang::Es, Tone::Tu) => tu,
            (Lang::En, _) => en,
        }
    }

    /// The text for the reader where both ways of address are the same.
    fn both<T>(&self, es: T, en: T) -> T {
        match self.lang {
            Lang::Es => es,
            Lang::En => en,
        }
    }

    /// The desk's word for a ticket.
    fn word(&self) -> String {
        one_line(&self.desk.ticket_word)
    }

    /// The desk's word for the category.
    fn category_word(&self) -> String {
        self.own_or(&self.desk.category_word, "Categoría", "Category")
    }

    /// The desk's word for the priority.
    fn priority_word(&self) -> String {
        self.own_or(&self.desk.priority_word, "Prioridad", "Priority")
    }

    /// A word of the desk, or the product's where the mail brings none.
    fn own_or(&self, own: &str, es: &str, en: &str) -> String {
        let own = one_line(own);
        if own.is_empty() {
            self.both(es, en).to_owned()
        } else {
            own
        }
    }

    fn desk_name(&self) -> String {
        one_line(&self.desk.name)
    }

    fn day_and_time(&self, at: DateTime<Utc>) -> String {
        dates::day_and_time(at, &self.desk.time_zone, self.lang)
    }

    /// Time of day after "a" or "at": `las 3:40 p. m.`, `la 1:10 p. m.`, `3:40 p.m.`.
    fn hour(&self, at: DateTime<Utc>) -> String {
        let time = dates::time(at, &self.desk.time_zone, self.lang);
        let article = if time.starts_with("1:") { "la" } else { "las" };
        self.both(format!("{article} {time}"), time)
    }

    /// Address of the desk's home in the portal.
    fn portal_home(&self) -> String {
        self.public_url
            .link(&format!("/{}", path_segment(&self.desk.slug)))
    }

    /// Address of the ticket in the portal; the portal asks who one is, the link proves nothing.
    fn portal_ticket(&self, ticket: &TicketRef) -> String {
        self.public_url.link(&format!(
            "/{}/tickets/{}",
            path_segment(&self.desk.slug),
            path_segment(&ticket.code)
        ))
    }

    /// Address of an approval in the portal, for approvers without the console.
    fn portal_approval(&self, ticket: &TicketRef) -> String {
        self.public_url.link(&format!(
            "/{}/approvals/{}",
            path_segment(&self.desk.slug),
            path_segment(&ticket.code)
        ))
    }

    /// Address of the ticket in the console.
    fn console_ticket(&self, ticket: &TicketRef) -> String {
        self.public_url
            .link(&format!("/console/tickets/{}", path_segment(&ticket.code)))
    }

    /// Address of the reader's approvals in the console, with the ticket that is asked about.
    fn console_approvals(&self, ticket: &TicketRef) -> String {
        self.public_url.link(&format!(
            "/console/approvals?code={}",
            path_segment(&ticket.code)
        ))
    }

    /// Address of the desk's access requests in the console.
    fn console_access_requests(&self) -> String {
        self.public_url.link(&format!(
            "/console/access-requests?desk={}",
            path_segment(&self.desk.slug)
        ))
    }

    /// A letter about a ticket; its subject begins with the code, so that inboxes sort and threads hold together.
    fn ticket_letter(
        &self,
        ticket: &TicketRef,
        news: &str,
        title: String,
        blocks: Vec<Block>,
    ) -> Letter {
        let (code, subject) = (one_line(&ticket.code), one_line(&ticket.subject));
        Letter {
            subject: format!("[{code}] {}: {subject}", one_line(news)),
            preview: blocks.iter().find_map(preview_of).unwrap_or_default(),
            eyebrow: Some(format!("{code} · {subject}")),
            title: one_line(&title),
            blocks,
        }
    }

    fn files_label(&self) -> String {
        self.both("Archivos adjuntos", "Attached files").to_owned()
    }

    fn foot(&self) -> Foot {
        let mut lines = vec![self.both(
            format!("Mensaje automático de {}.", self.desk_name()),
            format!("Automatic message from {}.", self.desk_name()),
        )];
        if self.desk.reply_to.is_none() {
            lines.push(
                self.say(
                    "No responda a este correo: nadie lee las respuestas.",
                    "No respondas a este correo: nadie lee las respuestas.",
                    "Please do not reply to this mail: nobody reads the answers.",
                )
                .to_owned(),
            );
        }
        if let Some(line) = &self.desk.support_line {
            let line = one_line(line);
            lines.push(self.both(
                format!("Línea de soporte: {line}"),
                format!("Support line: {line}"),
            ));
        }
        Foot { lines }
    }
}

/// Writes the letter for an occasion.
pub(super) fn compose(
    payload: &MailPayload,
    lang: Lang,
    public_url: &PublicUrl,
) -> Result<(Letter, Foot), RenderError> {
    let voice = Voice {
        desk: &payload.desk,
        lang,
        public_url,
    };
    let ticket = || payload.ticket.as_ref().ok_or(RenderError::NoTicket);
    let mut letter = match &payload.content {
        Content::Code {
            code,
            purpose,
            expires_at,
            valid_minutes,
        } => identity::code(voice, code, *purpose, *expires_at, *valid_minutes),
        Content::AccessApproved { name, organization } => {
            identity::access_approved(voice, name, organization.as_deref())
        }
        Content::AccessRefused { name, reason } => identity::access_refused(voice, name, reason),
        Content::IdentityVouched { at } => identity::vouched(voice, *at),
        Content::TicketCreated {
            type_label,
            category,
            priority,
            promise,
            summary,
            attachments,
        } => {
            let facts = requester::Created {
                type_label,
                category,
                priority,
                promise: promise.as_deref(),
                summary,
                attachments,
            };
            requester::ticket_created(voice, ticket()?, facts)
        }
        Content::MessageToRequester {
            author,
            message,
            attachments,
        } => requester::message(voice, ticket()?, author, message, attachments),
        Content::MessageReceived {
            message,
            attachments,
        } => requester::message_received(voice, ticket()?, message, attachments),
        Content::Solved {
            solution,
            attachments,
            closes_at,
            by_survey,
        } => requester::solved(
            voice,
            ticket()?,
            solution,
            attachments,
            *closes_at,
            *by_survey,
        ),
        Content::Suspended {
            reason,
            note,
            next_contact,
        } => process::suspended(voice, ticket()?, reason.as_deref(), note, *next_contact),
        Content::MissingInformation { note } => {
            process::missing_information(voice, ticket()?, note)
        }
        Content::Resumed { note } => process::resumed(voice, ticket()?, note),
        Content::Unsolvable {
            description,
            closes_at,
        } => process::unsolvable(voice, ticket()?, description, *closes_at),
        Content::Survey {
            questions,
            closes_at,
        } => process::survey(voice, ticket()?, *questions, *closes_at),
        Content::FollowUp { step, text } => process::follow_up(voice, ticket()?, *step, text),
        Content::NotManaged { description } => process::not_managed(voice, ticket()?, description),
        Content::Merged { into } => process::merged(voice, ticket()?, into),
        Content::Unmerged => process::unmerged(voice, ticket()?),
        Content::PrecaseReceived { summary } => process::precase(voice, ticket()?, summary),
        Content::ApprovalRequested {
            requester,
            organization,
            category,
            detail,
            policy,
            note,
            reminder,
            in_console,
        } => {
            let asked = process::Asked {
                requester,
                organization: organization.as_deref(),
                category,
                detail,
                policy,
                note: note.as_deref(),
                reminder: *reminder,
                in_console: *in_console,
            };
            process::approval(voice, ticket()?, asked)
        }
        Content::TeamNotice {
            news,
            facts,
            author,
            note,
            attachments,
            vendor,
        } => {
            let step = process::Step {
                news: *news,
                author,
                note,
                attachments,
                vendor: vendor.as_deref(),
            };
            process::team_notice(voice, ticket()?, facts, step)
        }
        Content::SurveyAnswered {
            author,
            answers,
            comment,
            closing,
        } => process::survey_answered(
            voice,
            ticket()?,
            author,
            answers,
            comment.as_deref(),
            *closing,
        ),
        Content::Reopened { reason } => requester::reopened(voice, ticket()?, reason),
        Content::Closed {
            status,
            rating,
            by_silence,
        } => requester::closed(voice, ticket()?, status, *rating, *by_silence),
        Content::MessageToTeam {
            author,
            message,
            attachments,
        } => team::message(voice, ticket()?, author, message, attachments),
        Content::Assigned { facts, assigned_by } => {
            team::assigned(voice, ticket()?, facts, assigned_by.as_deref())
        }
        Content::NewTicketToGroup {
            facts,
            group,
            assignee,
        } => team::new_ticket(voice, ticket()?, facts, group, assignee.as_deref()),
        Content::Escalated {
            facts,
            level,
            group,
            escalated_by,
            justification,
        } => {
            let escalation = team::Escalation {
                level: *level,
                group: group.as_deref(),
                by: escalated_by,
                justification,
            };
            team::escalated(voice, ticket()?, facts, escalation)
        }
        Content::RejectedToTeam { author, reason } => {
            team::rejected(voice, ticket()?, author, reason)
        }
        Content::SlaWarning {
            facts,
            clock,
            percent,
            due_at,
        } => team::sla_warning(voice, ticket()?, facts, *clock, *percent, *due_at),
        Content::SlaBreached {
            facts,
            clock,
            due_at,
        } => team::sla_breached(voice, ticket()?, facts, *clock, *due_at),
        Content::AccessRequested {
            name,
            email,
            phone,
            organization,
            reference,
        } => {
            let asked = team::AccessAsked {
                name,
                email,
                phone,
                organization,
                reference,
            };
            team::access_requested(voice, asked)
        }
    };
    if let Some(own) = &payload.own {
        let keeps_its_opening = payload.content.keeps_its_opening();
        put_own_words(&mut letter, own, keeps_its_opening);
    }
    letter.subject = header_line(&letter.subject, SUBJECT_MAX);
    Ok((letter, voice.foot()))
}

/// Puts the desk's own words in the place of the product's subject, heading and first sentences. What the mail must hold
/// besides (code, data, what people wrote, files, links, terms) stays.
fn put_own_words(letter: &mut Letter, own: &OwnWords, keeps_its_opening: bool) {
    if let Some(subject) = &own.subject {
        letter.subject.clone_from(subject);
        if !keeps_its_opening {
            letter.title = one_line(subject);
        }
    }
    if let Some(text) = &own.text {
        let shown = letter.blocks.iter().find_map(preview_of);
        let follows = shown.as_deref() == Some(letter.preview.as_str());
        let is_opening = |block: &&Block| matches!(block, Block::Paragraph(_));
        let opening = letter.blocks.iter().take_while(is_opening).count();
        let from = if keeps_its_opening { opening } else { 0 };
        let lines = text.lines().map(one_line);
        let paragraphs = lines.filter(|line| !line.is_empty()).map(Block::Paragraph);
        drop(letter.blocks.splice(from..opening, paragraphs));
        if follows {
            letter.preview = letter
                .blocks
                .iter()
                .find_map(preview_of)
                .unwrap_or_default();
        }
    }
}

/// What an inbox may show of a letter: the first text in it.
fn preview_of(block: &Block) -> Option<String> {
    match block {
        Block::Paragraph(text) | Block::Quote { text, .. } => Some(shortened(&one_line(text), 120)),
        _ => None,
    }
}

fn files(voice: Voice, names: &[String]) -> Option<Block> {
    (!names.is_empty()).then(|| Block::Files {
        label: voice.files_label(),
        names: names.to_vec(),
    })
}

/// One segment of a path: what is not a letter, a digit or a mark that needs no escape is percent-encoded.
fn path_segment(text: &str) -> String {
    let mut segment = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'~')
            || (byte == b'.' && !text.trim_matches('.').is_empty())
        {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_cannot_leave_its_place_in_a_link() {
        assert_eq!(path_segment("INF-1042"), "INF-1042");
        assert_eq!(path_segment("../console?x=1#y"), "..%2Fconsole%3Fx%3D1%23y");
        assert_eq!(path_segment(".."), "%2E%2E");
        assert_eq!(path_segment("año"), "a%C3%B1o");
    }
}
