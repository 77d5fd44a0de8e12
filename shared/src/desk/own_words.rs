//! A desk's own words in its mails: what stands in braces is filled in when the mail is written, and nothing else is.

use super::profile::{Notice, Notification, Recipient};
use crate::ticket::words::words;

/// Most characters of a desk's own subject.
pub const SUBJECT_MAX: usize = 150;
/// Most characters of a desk's own text.
pub const TEXT_MAX: usize = 2_000;

words! {
    /// What a desk's own words may hold in braces, such as `{number}`.
    pub enum Placeholder {
        /// Name of the desk.
        Desk = "desk",
        /// The ticket's number as its code says it, e.g. `LIB-1042`.
        Number = "number",
        /// Subject of the ticket.
        Subject = "subject",
        /// The desk's word for the request type, in small letters.
        Type = "type",
        /// The category as the desk writes it.
        Category = "category",
        /// The desk's label of the priority.
        Priority = "priority",
        /// The desk's label of the state.
        Status = "status",
        /// Full name of the requester, or of whoever asks for access.
        Requester = "requester",
        /// Name of whoever did what the mail tells of.
        Author = "author",
        /// Name of the group in charge; for the desk only.
        Group = "group",
        /// Name of the agent in charge; for the desk only.
        Assignee = "assignee",
        /// The level in charge; for the desk only.
        Level = "level",
    }
}

impl Placeholder {
    /// Those that a mail can fill in. Mails about a person's identity or access know no ticket, and nobody outside the desk
    /// learns who is in charge.
    pub fn allowed_in(notification: &Notification) -> Vec<Placeholder> {
        use Placeholder as P;
        match notification.notice {
            // A code goes to an address that is not proved yet: its mail holds nothing that the asker chose.
            Notice::VerificationCode | Notice::IdentityVouched => vec![P::Desk],
            Notice::AccessRequested | Notice::AccessDecided => vec![P::Desk, P::Requester],
            _ => {
                let outside = [Recipient::Requester, Recipient::Approvers];
                let leaves = outside.iter().any(|who| notification.to.contains(who));
                let internal = |one: &P| matches!(one, P::Group | P::Assignee | P::Level);
                let all = P::ALL.iter().copied();
                all.filter(|one| !(leaves && internal(one))).collect()
            }
        }
    }
}

impl Notification {
    /// Whether the desk's own words are for this recipient: where the requester gets the mail too they are the requester's
    /// alone, because what fits a requester does not fit a team.
    pub fn speaks_to(&self, recipient: Recipient) -> bool {
        self.to.contains(&Recipient::Requester) == (recipient == Recipient::Requester)
    }
}

/// A piece of a desk's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain text.
    Text(&'a str),
    /// What stands in braces, known or not.
    Named(&'a str),
    /// A brace that is never closed, and what follows it.
    Open(&'a str),
}

/// Takes a desk's own words apart.
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let Some((name, behind)) = after.split_once('}') else {
            pieces.push(Piece::Open(&rest[before.len()..]));
            return pieces;
        };
        pieces.push(Piece::Named(name));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Fills in a desk's own words. What a value holds is never read again, so nobody can write a placeholder into a ticket;
/// what is not known stays as it is written. A value that begins the text begins with a capital.
pub fn fill(template: &str, value: impl Fn(Placeholder) -> String) -> String {
    let mut filled = String::with_capacity(template.len());
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) | Piece::Open(text) => filled.push_str(text),
            Piece::Named(name) => match name.parse() {
                Ok(placeholder) if filled.is_empty() => {
                    filled.push_str(&capitalised(&value(placeholder)));
                }
                Ok(placeholder) => filled.push_str(&value(placeholder)),
                Err(_) => {
                    filled.push('{');
                    filled.push_str(name);
                    filled.push('}');
                }
            },
        }
    }
    filled
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(placeholder: Placeholder) -> String {
        match placeholder {
            Placeholder::Type => "petición".into(),
            Placeholder::Number => "LIB-7".into(),
            Placeholder::Subject => "ver {number} y {".into(),
            other => other.as_str().into(),
        }
    }

    #[test]
    fn what_is_in_braces_is_filled_in_once() {
        let check = |template: &str, filled: &str| assert_eq!(fill(template, value), filled);
        check(
            "Recibimos tu {type} No. {number}",
            "Recibimos tu petición No. LIB-7",
        );
        check("{type} {number}", "Petición LIB-7");
        check("{subject}", "Ver {number} y {");
        check("sin nada", "sin nada");
        check("", "");
        check("{nada} {type", "{nada} {type");
        check("a}b {} {desk}", "a}b {} desk");
    }

    #[test]
    fn pieces_tell_what_is_text_what_is_a_name_and_what_never_ends() {
        assert_eq!(
            pieces("No. {number}: {a"),
            [
                Piece::Text("No. "),
                Piece::Named("number"),
                Piece::Text(": "),
                Piece::Open("{a"),
            ]
        );
    }

    fn notification(notice: Notice, to: &[Recipient]) -> Notification {
        Notification {
            notice,
            to: to.to_vec(),
            only_for: Vec::new(),
            not_for: Vec::new(),
            subject: None,
            text: None,
        }
    }

    ///
    #[test]
    fn nobody_outside_the_desk_learns_who_is_in_charge() {
        let allowed = |notice, to: &[Recipient]| {
            Placeholder::allowed_in(&notification(notice, to)).contains(&Placeholder::Group)
        };
        assert!(allowed(Notice::Assigned, &[Recipient::Assignee]));
        assert!(allowed(Notice::VendorAsked, &[Recipient::Vendor]));
        assert!(!allowed(Notice::Solved, &[Recipient::Requester]));
        assert!(!allowed(
            Notice::TicketCreated,
            &[Recipient::Group, Recipient::Requester]
        ));
        assert!(!allowed(Notice::ApprovalRequested, &[Recipient::Approvers]));
        assert_eq!(
            Placeholder::allowed_in(&notification(
                Notice::VerificationCode,
                &[Recipient::Requester]
            )),
            [Placeholder::Desk]
        );
    }

    #[test]
    fn words_for_the_requester_are_not_said_to_the_team() {
        let both = notification(
            Notice::TicketCreated,
            &[Recipient::Requester, Recipient::Group],
        );
        assert!(both.speaks_to(Recipient::Requester) && !both.speaks_to(Recipient::Group));
        let team = notification(Notice::Assigned, &[Recipient::Assignee]);
        assert!(team.speaks_to(Recipient::Assignee) && team.speaks_to(Recipient::Coordinators));
        assert!(!team.speaks_to(Recipient::Requester));
    }
}
