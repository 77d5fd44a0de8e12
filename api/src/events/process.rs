//! The mails of a desk's process: suspensions, vendors, costs, approvals, surveys and follow-ups. What they say is decided
//! here; to whom they go is the business of `subscriptions`.

use diesel::QueryResult;
use shared::desk::profile::{Notice, Recipient};
use shared::i18n::Lang;
use shared::ticket::closes_by_silence_at;
use shared::ticket::command::Decision;
use shared::ticket::event::{Event, Recorded};

use super::subscriptions::{Addressee, Teller, language};
use crate::approvals::{self, store::HolderRow};
use crate::db::DbConnection;
use crate::mail::{Content, TeamNews, TicketRef};
use crate::tickets::process_view::survey;
use crate::tickets::{relations, store};

impl Teller<'_> {
    /// What a mail of the process says; none where there is nothing to say.
    pub(super) fn process_content(
        &mut self,
        conn: &mut DbConnection,
        notice: Notice,
        to: &Addressee,
        recipient: Recipient,
        recorded: &Recorded,
    ) -> QueryResult<Option<Content>> {
        let lang = to.language;
        let to_requester = recipient == Recipient::Requester;
        let text = self.written.text.clone();
        Ok(Some(match notice {
            Notice::Suspended => Content::Suspended {
                reason: self.reason_label(lang),
                note: text,
                next_contact: self.ticket().next_contact,
            },
            Notice::MissingInformation => Content::MissingInformation { note: text },
            Notice::Resumed if to_requester => Content::Resumed { note: text },
            Notice::Resumed => self.news(conn, TeamNews::Resumed, text, to, recorded)?,
            Notice::VendorAsked => self.news(conn, TeamNews::VendorAsked, text, to, recorded)?,
            Notice::VendorAnswered => {
                self.news(conn, TeamNews::VendorAnswered, text, to, recorded)?
            }
            Notice::CostImplication => {
                self.news(conn, TeamNews::CostImplication, text, to, recorded)?
            }
            Notice::InstructionRequested => {
                self.news(conn, TeamNews::InstructionRequested, text, to, recorded)?
            }
            Notice::ApprovalRequested | Notice::ApprovalReminder => {
                let profile = &self.desk.profile;
                let policy = self
                    .ticket()
                    .approval
                    .as_ref()
                    .and_then(|state| {
                        profile
                            .approvals
                            .iter()
                            .find(|policy| policy.key == state.policy)
                    })
                    .map_or_else(String::new, |policy| policy.name.get(lang).to_owned());
                let facts = self.facts(conn, to)?;
                Content::ApprovalRequested {
                    requester: facts.requester,
                    organization: facts.organization,
                    category: facts.category,
                    detail: facts.detail,
                    policy,
                    // What the desk wrote with its request, at every step and reminder; never what an approver said.
                    note: approvals::view::note_of_request(conn, self.changed.ticket_id)?,
                    reminder: notice == Notice::ApprovalReminder,
                    in_console: to.in_console,
                }
            }
            Notice::ApprovalDecided => {
                let granted = self.changed.recorded.iter().any(|entry| {
                    matches!(
                        entry.event,
                        Event::ApprovalDecided {
                            decision: Decision::Approved,
                            ..
                        }
                    )
                });
                let news = if granted {
                    TeamNews::ApprovalGranted
                } else {
                    TeamNews::ApprovalRefused
                };
                self.news(conn, news, text, to, recorded)?
            }
            Notice::Unsolvable => {
                let description = self
                    .ticket()
                    .solution
                    .as_ref()
                    .and_then(|solution| solution.text.as_ref())
                    .map_or_else(String::new, ToString::to_string);
                Content::Unsolvable {
                    description,
                    closes_at: closes_by_silence_at(self.ticket(), &self.desk.profile),
                }
            }
            Notice::Survey => {
                // Who may not answer is not asked: a category without a survey, or one's own work.
                if !self.desk.profile.surveys(self.ticket().category.as_deref()) {
                    return Ok(None);
                }
                Content::Survey {
                    questions: u32::try_from(self.desk.profile.survey.questions.len())
                        .unwrap_or(u32::MAX),
                    closes_at: closes_by_silence_at(self.ticket(), &self.desk.profile),
                }
            }
            Notice::SurveyAnswered => Content::SurveyAnswered {
                author: recorded.actor.name.clone(),
                answers: survey(self.ticket(), &self.desk.profile, lang)
                    .into_iter()
                    .map(|answer| (answer.question, answer.text))
                    .collect(),
                comment: self
                    .ticket()
                    .rating
                    .as_ref()
                    .and_then(|rating| rating.comment.as_ref())
                    .map(ToString::to_string),
                closing: self
                    .ticket()
                    .rating
                    .as_ref()
                    .and_then(|rating| rating.closing),
            },
            Notice::NotManaged => Content::NotManaged { description: text },
            Notice::FollowUpFirst => Content::FollowUp { step: 1, text },
            Notice::FollowUpSecond => Content::FollowUp { step: 2, text },
            Notice::FollowUpClosing => Content::FollowUp { step: 3, text },
            Notice::Merged if to_requester => match self.goes_on(conn)? {
                Some(into) => Content::Merged { into },
                None => return Ok(None),
            },
            Notice::Merged => self.news(conn, TeamNews::Merged, text, to, recorded)?,
            Notice::Unmerged if to_requester => Content::Unmerged,
            Notice::Unmerged => self.news(conn, TeamNews::Unmerged, text, to, recorded)?,
            Notice::PrecaseReceived => Content::PrecaseReceived { summary: text },
            Notice::Reopened if !to_requester => {
                let comment = self
                    .ticket()
                    .rating
                    .as_ref()
                    .and_then(|rating| rating.comment.as_ref())
                    .map(ToString::to_string);
                Content::RejectedToTeam {
                    author: recorded.actor.name.clone(),
                    reason: comment.unwrap_or_else(|| self.reason_label(lang).unwrap_or_default()),
                }
            }
            _ => return Ok(None),
        }))
    }

    fn news(
        &mut self,
        conn: &mut DbConnection,
        news: TeamNews,
        note: String,
        to: &Addressee,
        recorded: &Recorded,
    ) -> QueryResult<Content> {
        Ok(Content::TeamNotice {
            news,
            facts: self.facts(conn, to)?,
            author: recorded.actor.name.clone(),
            note,
            attachments: self.written.attachments.clone(),
            vendor: self.ticket().vendor.clone(),
        })
    }

    /// The ticket of the same requester that goes on in the place of this one.
    fn goes_on(&self, conn: &mut DbConnection) -> QueryResult<Option<TicketRef>> {
        let ticket = self.ticket();
        let Some(merged) = &ticket.merged else {
            return Ok(None);
        };
        let found = relations::goes_on_for(conn, merged.into, ticket.requester.id)?;
        Ok(found.map(|(code, subject)| TicketRef { code, subject }))
    }

    fn reason_label(&self, lang: Lang) -> Option<String> {
        let ticket = self.ticket();
        ticket
            .reason
            .as_deref()
            .and_then(|id| self.desk.profile.reason(ticket.status, id))
            .map(|reason| reason.label.get(lang).to_owned())
    }

    /// Whoever holds a role that is asked: people by the desk's list, agents by the group of that name. With a reminder the
    /// deputies too, and at once where the policy reminds nobody or no other holder could be told. Never the requester of the
    /// service.
    pub(super) fn approvers(
        &mut self,
        conn: &mut DbConnection,
        with_deputies: bool,
    ) -> QueryResult<Vec<Addressee>> {
        let Some(state) = self.ticket().approval.clone() else {
            return Ok(Vec::new());
        };
        let policy = self
            .desk
            .profile
            .approvals
            .iter()
            .find(|policy| policy.key == state.policy);
        let with_deputies =
            with_deputies || policy.is_some_and(|policy| policy.remind_after.is_none());
        let requester = self.requester(conn)?;
        let mut holders = approvals::store::holders(conn, self.desk.id)?;
        holders.retain(|holder| holder.person_id != requester.id);
        // The roles that are told, each with whether its deputies are.
        let mut asked: Vec<(String, bool)> = Vec::new();
        for role in &state.pending {
            let widely = with_deputies || {
                let listed = |holder: &HolderRow| holder.role == *role && !holder.deputy;
                let group = self.desk.group_id(role);
                let agents = match group {
                    Some(group) => store::group_agents(conn, self.desk.id, group)?,
                    None => Vec::new(),
                };
                !holders.iter().any(listed)
                    && !agents.iter().any(|agent| agent.email != requester.email)
            };
            match policy.filter(|_| widely) {
                Some(policy) => {
                    asked.extend(policy.deciders(role).map(|key| (key.to_owned(), true)));
                }
                None => asked.push((role.clone(), widely)),
            }
        }
        let mut found: Vec<Addressee> = Vec::new();
        for holder in holders {
            let asks = |(role, deputies): &(String, bool)| {
                *role == holder.role && (*deputies || !holder.deputy)
            };
            if !asked.iter().any(asks) {
                continue;
            }
            // Only who can sign in at this desk is sent to the console; the portal is open to everybody else.
            let agent = store::desk_agent_with_email(conn, self.desk.id, &holder.email)?;
            found.push(Addressee {
                language: language(&holder.language),
                email: holder.email,
                limited: false,
                in_console: agent.is_some(),
            });
        }
        for (role, _) in &asked {
            let Some(group_id) = self.desk.group_id(role) else {
                continue;
            };
            for agent in store::group_agents(conn, self.desk.id, group_id)? {
                if agent.email != requester.email {
                    found.push(Addressee {
                        email: agent.email,
                        language: language(&agent.language),
                        limited: false,
                        in_console: true,
                    });
                }
            }
        }
        Ok(found)
    }
}

/// The occasions of the process that events are by themselves, whatever move they came with.
pub(super) fn notice_of(event: &Event, concluded: bool) -> Option<Notice> {
    use shared::ticket::status::Status;
    match event {
        Event::Opened(opened) if opened.status == Status::Precase => Some(Notice::PrecaseReceived),
        Event::DeclaredUnsolvable { .. } => Some(Notice::Unsolvable),
        Event::Rated { .. } => Some(Notice::SurveyAnswered),
        Event::ApprovalRequested { approvers, .. } if !approvers.is_empty() => {
            Some(Notice::ApprovalRequested)
        }
        Event::MergedInto { .. } => Some(Notice::Merged),
        Event::Unmerged { .. } => Some(Notice::Unmerged),
        Event::ApproversReminded { .. } => Some(Notice::ApprovalReminder),
        Event::ApprovalDecided { .. } if concluded => Some(Notice::ApprovalDecided),
        Event::FollowUpSent { step, .. } => Some(match step {
            0 | 1 => Notice::FollowUpFirst,
            2 => Notice::FollowUpSecond,
            _ => Notice::FollowUpClosing,
        }),
        _ => None,
    }
}

/// Where a mail goes that its event cannot do without, at a desk that says nothing of it.
pub(super) fn usual(notice: Notice) -> &'static [Recipient] {
    match notice {
        Notice::ApprovalRequested | Notice::ApprovalReminder => &[Recipient::Approvers],
        Notice::FollowUpFirst
        | Notice::FollowUpSecond
        | Notice::FollowUpClosing
        | Notice::Merged
        | Notice::Unmerged => &[Recipient::Requester],
        _ => &[],
    }
}
