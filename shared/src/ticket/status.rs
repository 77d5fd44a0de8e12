//! The words of a ticket's life: the fourteen canonical states, request types, channels,
//! visibility and support levels. Desks put their own labels on them; logic never reads a label.

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// Where a ticket stands. Fourteen canonical states; each desk uses a subset and names them.
    pub enum Status {
        /// Form sent, the mail address is not proved yet; not a ticket and has no code.
        Draft = "draft",
        /// Made from a mail whose subject holds a key word; coded, but incomplete.
        Precase = "precase",
        /// Recorded; nobody has attended it yet.
        New = "new",
        /// Waits for the approvals that its category demands.
        AwaitingApproval = "awaiting_approval",
        /// Somebody works on it.
        InProgress = "in_progress",
        /// Handed to another level or specialist who has not started yet.
        Escalated = "escalated",
        /// Handed to the on-site group which has not started yet.
        EscalatedOnsite = "escalated_onsite",
        /// Waits for the requester, a date or a third party, with a reason.
        Suspended = "suspended",
        /// A specialist of the vendor works on it.
        WithVendor = "with_vendor",
        /// A solution was delivered; the requester has the word.
        Solved = "solved",
        /// No solution can be given; the reason is documented.
        Unsolvable = "unsolvable",
        /// The solution was not accepted; attention goes on.
        Reopened = "reopened",
        /// Finished. Final.
        Closed = "closed",
        /// Ended without attention: out of scope or no answer from the requester. Final.
        NotManaged = "not_managed",
    }
}

impl Status {
    /// Whether nothing may happen to the ticket any more.
    pub fn is_final(self) -> bool {
        matches!(self, Status::Closed | Status::NotManaged)
    }

    /// Whether an outcome was delivered and the requester has the word.
    pub fn is_settled(self) -> bool {
        matches!(self, Status::Solved | Status::Unsolvable)
    }

    /// Whether the support side still owes something: neither settled nor final.
    pub fn is_open(self) -> bool {
        !self.is_settled() && !self.is_final()
    }
}

words! {
    /// What is asked for; the label is per desk (C-17).
    pub enum RequestType {
        /// Something fails or works badly.
        Incident = "incident",
        /// A service or resource is asked for; nothing fails.
        Request = "request",
    }
}

words! {
    /// The way by which a request came in.
    pub enum Channel {
        /// The requester's own form.
        Portal = "portal",
        /// A call, recorded by an agent.
        Phone = "phone",
        /// A mail, read by the mail reader or recorded by an agent.
        Mail = "mail",
        /// A chat, recorded by an agent.
        Chat = "chat",
        /// At the counter or on site, recorded by an agent.
        InPerson = "in_person",
        /// Another system, with an API token.
        Api = "api",
    }
}

words! {
    /// Who may read a message, a note or a file. It never widens (I-11).
    pub enum Visibility {
        /// The requester reads it too.
        Public = "public",
        /// Only the support side.
        Internal = "internal",
    }
}

/// A support level, 1 to 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "u8", into = "u8")]
pub struct Level(u8);

impl Level {
    /// First contact.
    pub const ONE: Level = Level(1);
    /// Specialised support.
    pub const TWO: Level = Level(2);
    /// Experts and vendors.
    pub const THREE: Level = Level(3);
    /// Every level, lowest first.
    pub const ALL: [Level; 3] = [Level::ONE, Level::TWO, Level::THREE];

    /// Reads a level number.
    ///
    /// # Errors
    /// [`UnknownLevel`] for anything but 1, 2 and 3.
    pub fn parse(number: u8) -> Result<Level, UnknownLevel> {
        match number {
            1..=3 => Ok(Level(number)),
            _ => Err(UnknownLevel),
        }
    }

    /// The number, 1 to 3.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Level {
    type Error = UnknownLevel;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Level::parse(number)
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> u8 {
        level.0
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number is not a support level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a support level is 1, 2 or 3")]
pub struct UnknownLevel;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelled_alike_in_json_and_text() {
        for status in Status::ALL {
            let json = serde_json::to_value(status).unwrap();
            assert_eq!(json, status.as_str());
            assert_eq!(status.as_str().parse::<Status>().unwrap(), *status);
        }
        for channel in Channel::ALL {
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.as_str());
        }
        assert!("reopen".parse::<Status>().is_err());
    }

    #[test]
    fn only_closed_and_not_managed_are_final() {
        let last: Vec<_> = Status::ALL
            .iter()
            .filter(|status| status.is_final())
            .collect();
        assert_eq!(last, [&Status::Closed, &Status::NotManaged]);
    }

    #[test]
    fn a_level_is_one_two_or_three() {
        assert!(Level::parse(0).is_err());
        assert!(Level::parse(4).is_err());
        assert_eq!(serde_json::to_string(&Level::TWO).unwrap(), "2");
        assert!(serde_json::from_str::<Level>("9").is_err());
    }
}
