//! What a screen may offer: the commands that this actor can give now, and what each needs. It asks
//! the same table and the same guards as [`super::decide`], so an offer is never a promise too much.

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::Ticket;
use super::actor::Actor;
use super::command::CommandKind;
use super::decide::Circumstances;
use super::guard;
use super::moves::{Case, Looking, needs_of};
use super::status::{Level, Status};
use crate::desk::Desk;
use crate::desk::profile::{AcceptanceMode, Move, Need, Text};

pub use super::refusal::{Conflict, Denial, FieldCode, FieldRefusal, Refusal};

/// A command that an actor can give now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// Which.
    pub command: CommandKind,
    /// The state that it leads to; none if it stays, or if that depends on what is given.
    pub to: Option<Status>,
    /// Data that must come with it.
    pub needs: Vec<Need>,
    /// Data that may come with it.
    pub offers: Vec<Need>,
    /// Conditions that do not hold yet; the command is refused until they do.
    pub blocked_by: Vec<Need>,
    /// Reasons to choose from.
    pub reasons: Vec<ReasonChoice>,
    /// Levels to choose from, each with its groups.
    pub levels: Vec<LevelChoice>,
}

/// A reason to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonChoice {
    /// Key to send.
    pub id: String,
    /// What the desk calls it.
    pub label: Text,
    /// A note to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_script: Option<Text>,
}

/// A level to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelChoice {
    /// 1 to 3.
    pub level: Level,
    /// What the desk calls it.
    pub name: Text,
    /// Its groups, the usual one first.
    pub groups: Vec<GroupChoice>,
}

/// A group to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChoice {
    /// Key to send.
    pub key: String,
    /// What the desk calls it.
    pub name: Text,
}

/// What this actor can do with this ticket now, one row for each command and target state, in the
/// order of [`CommandKind::ALL`]. What only the product does is not listed.
pub fn allowed_commands(ticket: &Ticket, desk: &Desk, actor: &Actor) -> Vec<Allowed> {
    let foreign =
        matches!(actor, Actor::Requester { person_id, .. } if *person_id != ticket.requester.id);
    let hidden = !super::may_see(ticket, desk, actor);
    let ended = ticket.status.is_final() && ticket.merged.is_none();
    if foreign || ended || *actor == Actor::System {
        return Vec::new();
    }
    // Which commands there are does not depend on the moment.
    let case = Case {
        ticket,
        desk,
        actor,
        now: DateTime::UNIX_EPOCH,
        given: Circumstances::default(),
        listing: true,
    };
    if hidden {
        // Whoever is asked decides by their role, although the ticket is not theirs to see.
        let asked = matches!(actor, Actor::Agent { .. }) && case.is_asked();
        return if asked {
            case.offers_of(CommandKind::DecideApproval)
        } else {
            Vec::new()
        };
    }
    CommandKind::ALL
        .iter()
        .flat_map(|kind| case.offers_of(*kind))
        .collect()
}

impl Case<'_> {
    /// Asks predicates only, never the functions that refuse: a refusal asks for this very list.
    fn offers_of(&self, kind: CommandKind) -> Vec<Allowed> {
        if self.ticket.merged.is_some() {
            let possible = kind == CommandKind::Unmerge && self.is_privileged(kind);
            return self.plain(kind, possible, &[]);
        }
        let privileged = self.is_privileged(kind);
        let at_work = self.is_at_work() && privileged;
        match kind {
            CommandKind::ChangePriority => self.plain(kind, at_work, &[Need::Reason]),
            CommandKind::ChangeCategory => {
                self.plain(kind, at_work && self.can_change_category(), &[])
            }
            CommandKind::RecordContactAttempt => self.plain(kind, at_work, &[]),
            CommandKind::RecordControl => {
                let mut controls = self.desk.controls.iter();
                let asked = controls.any(|control| self.may_answer(control));
                self.plain(kind, at_work && asked, &[])
            }
            CommandKind::AddMessage => self.plain(kind, self.is_own_requester() || privileged, &[]),
            CommandKind::LinkParent => self.plain(kind, privileged, &[]),
            CommandKind::UnlinkParent => {
                self.plain(kind, privileged && self.ticket.parent.is_some(), &[])
            }
            CommandKind::SetMark => self.plain(kind, at_work, &[]),
            CommandKind::RecordCause => self.plain(kind, at_work && self.asks_cause(), &[]),
            CommandKind::SetExtra => {
                let form = self.desk.form_of(self.ticket.category.as_deref());
                self.plain(kind, at_work && form.is_some(), &[])
            }
            CommandKind::SendFollowUp => {
                let next = super::correct::next_step(self.ticket, self.desk);
                self.plain(kind, at_work && next.is_some(), &[])
            }
            CommandKind::MergeInto => self.plain(kind, at_work && self.can_merge(), &[]),
            CommandKind::Unmerge => Vec::new(),
            CommandKind::Accept => {
                let open = self.takes_acceptance() && self.ticket.accepted_at.is_none();
                self.plain(kind, open && self.is_own_requester(), &[])
            }
            CommandKind::Rate => self.rating_offer(),
            CommandKind::RecordWarning
            | CommandKind::RecordBreach
            | CommandKind::CloseBySilence
            | CommandKind::Continue
            | CommandKind::RemindApprovers
            | CommandKind::Absorb
            | CommandKind::Release => Vec::new(),
            CommandKind::Take if !self.can_take() => Vec::new(),
            CommandKind::Reject if self.ticket.accepted_at.is_some() => Vec::new(),
            CommandKind::Confirm
            | CommandKind::Complete
            | CommandKind::Take
            | CommandKind::Assign
            | CommandKind::Start
            | CommandKind::Escalate
            | CommandKind::EscalateOnsite
            | CommandKind::Suspend
            | CommandKind::Resume
            | CommandKind::SendToVendor
            | CommandKind::ReturnFromVendor
            | CommandKind::RequestApproval
            | CommandKind::DecideApproval
            | CommandKind::Solve
            | CommandKind::MarkUnsolvable
            | CommandKind::MarkNotManaged
            | CommandKind::Reject
            | CommandKind::CloseByDesk => self.moves_offered(kind),
        }
    }

    fn plain(&self, command: CommandKind, possible: bool, needs: &[Need]) -> Vec<Allowed> {
        let allowed = Allowed {
            command,
            to: None,
            needs: needs.to_vec(),
            offers: Vec::new(),
            blocked_by: Vec::new(),
            reasons: Vec::new(),
            levels: Vec::new(),
        };
        if possible { vec![allowed] } else { Vec::new() }
    }

    fn rating_offer(&self) -> Vec<Allowed> {
        let surveys = self.desk.surveys(self.ticket.category.as_deref());
        let settled = self.ticket.status.is_settled()
            && self.is_own_requester()
            && !self.ticket.is_rated()
            && surveys;
        let rows: Vec<_> = self
            .moves(CommandKind::Rate, Looking::Ahead)
            .filter(|row| self.may_make(row, CommandKind::Rate))
            .collect();
        let by_table = self.desk.acceptance.mode != AcceptanceMode::DeskValidates;
        let to = match rows.as_slice() {
            [only] => Some(self.target(only)),
            _ => None,
        };
        let mut offers = self.plain(
            CommandKind::Rate,
            settled && !(by_table && rows.is_empty()),
            &[],
        );
        for offer in &mut offers {
            offer.to = to;
            self.split_needs(self.rating_needs(), CommandKind::Rate, offer);
        }
        offers
    }

    fn moves_offered(&self, kind: CommandKind) -> Vec<Allowed> {
        let mut offers: Vec<Allowed> = Vec::new();
        for row in self
            .moves(kind, Looking::Ahead)
            .filter(|row| self.may_make(row, kind))
        {
            let offer = self.move_offer(row, kind);
            // Rows that differ only in what cannot be told apart yet are one offer to the person.
            match offers.iter_mut().find(|known| {
                known.to == offer.to
                    && known.needs == offer.needs
                    && known.blocked_by == offer.blocked_by
            }) {
                Some(known) => {
                    let new = offer
                        .reasons
                        .into_iter()
                        .filter(|reason| !known.reasons.contains(reason))
                        .collect::<Vec<_>>();
                    known.reasons.extend(new);
                }
                None => offers.push(offer),
            }
        }
        if kind == CommandKind::DecideApproval {
            merged(offers)
        } else {
            offers
        }
    }

    fn move_offer(&self, row: &Move, kind: CommandKind) -> Allowed {
        let target = self.target(row);
        let mut offer = Allowed {
            command: kind,
            to: (target != self.ticket.status).then_some(target),
            needs: Vec::new(),
            offers: row.offers.clone(),
            blocked_by: Vec::new(),
            reasons: self.reasons_of(row, kind),
            levels: self.levels_of(kind, row.level),
        };
        self.split_needs(needs_of(row, kind, self.desk), kind, &mut offer);
        offer
    }

    fn split_needs(&self, needs: Vec<Need>, kind: CommandKind, offer: &mut Allowed) {
        let (conditions, data): (Vec<_>, Vec<_>) =
            needs.into_iter().partition(|need| need.is_condition());
        let holds =
            |need: &Need| guard::condition_holds(*need, kind, self.ticket, self.desk, self.actor);
        // What a completion brings is looked at once it is there.
        let later = kind == CommandKind::Complete;
        offer.needs = data;
        offer.blocked_by = conditions
            .into_iter()
            .filter(|need| !later && !holds(need))
            .collect();
    }

    fn reasons_of(&self, row: &Move, kind: CommandKind) -> Vec<ReasonChoice> {
        let listed = self
            .desk
            .state(self.target(row))
            .map_or(&[][..], |state| &state.reasons);
        let chosen = |id: &String| {
            row.reason.is_none() && (row.reasons.is_empty() || row.reasons.contains(id))
        };
        let asked = kind != CommandKind::Reject && kind != CommandKind::Take;
        let reasons = listed.iter().filter(|reason| asked && chosen(&reason.id));
        reasons
            .map(|reason| ReasonChoice {
                id: reason.id.clone(),
                label: reason.label.clone(),
                note_script: reason.note_script.clone(),
            })
            .collect()
    }

    /// Assigning stays within the level, escalating goes anywhere, on site and vendor to their own groups.
    /// The group that the escalation matrix proposes comes first.
    fn levels_of(&self, kind: CommandKind, only: Option<Level>) -> Vec<LevelChoice> {
        let vendor = |key: &String| self.desk.group(key).is_some_and(|group| group.vendor);
        let levels = self.desk.levels.iter();
        let levels = levels.filter(|level| only.is_none_or(|only| only == level.level));
        let choices = levels.filter_map(|level| {
            let all = level.groups.iter().chain(&level.onsite);
            let groups: Vec<&String> = match kind {
                CommandKind::Assign if level.level == self.ticket.level => all.collect(),
                CommandKind::Escalate => all.collect(),
                CommandKind::EscalateOnsite => level.onsite.iter().collect(),
                CommandKind::SendToVendor => all.filter(|key| vendor(key)).collect(),
                _ => Vec::new(),
            };
            let choice = |key: &&String| {
                self.desk.group(key).map(|group| GroupChoice {
                    key: group.key.clone(),
                    name: group.name.clone(),
                })
            };
            let mut groups: Vec<_> = groups.iter().filter_map(choice).collect();
            let category = self.ticket.category.as_deref();
            if kind == CommandKind::Escalate
                && let Some(proposed) = self.desk.proposed_group(category, level.level)
            {
                groups.sort_by_key(|group| group.key != proposed);
            }
            (!groups.is_empty()).then(|| LevelChoice {
                level: level.level,
                name: level.name.clone(),
                groups,
            })
        });
        choices.collect()
    }
}

/// An approver decides yes or no in one form, wherever either leads.
fn merged(offers: Vec<Allowed>) -> Vec<Allowed> {
    let several = offers.len() > 1;
    let mut first = offers.into_iter().take(1).collect::<Vec<_>>();
    for offer in &mut first {
        offer.to = if several { None } else { offer.to };
        offer.blocked_by = Vec::new();
    }
    first
}
