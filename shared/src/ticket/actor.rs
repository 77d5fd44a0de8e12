//! Who acts on a ticket, and with which rights.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::words::words;

words! {
    /// One right of an agent or an API token at a desk. Roles are sets of these.
    pub enum Privilege {
        /// See the desk's tickets.
        TicketRead = "ticket_read",
        /// See the restricted ones among them, such as security incidents, without being in charge of them (R-026).
        RestrictedRead = "restricted_read",
        /// Take, attend, answer, suspend and solve.
        TicketWork = "ticket_work",
        /// Give a ticket to somebody else.
        TicketAssign = "ticket_assign",
        /// Hand a ticket to another level or to the vendor.
        TicketEscalate = "ticket_escalate",
        /// Decide as coordinator: costs, instructions, what is suspended.
        TicketCoordinate = "ticket_coordinate",
        /// Correct priority and category (R-096, R-067).
        PriorityChange = "priority_change",
        /// Record tickets for others (R-393).
        TicketCreate = "ticket_create",
        /// Keep requesters and organizations.
        PeopleManage = "people_manage",
        /// Approve or refuse access requests (R-041).
        AccessDecide = "access_decide",
        /// Validate a caller's identity and read out a code (R-050).
        IdentityVouch = "identity_vouch",
        /// Keep the agents of the desk.
        AgentManage = "agent_manage",
        /// Issue and revoke API tokens.
        TokenManage = "token_manage",
        /// Read reports.
        ReportRead = "report_read",
        /// Write knowledge articles.
        KnowledgeWrite = "knowledge_write",
        /// Change the desk's configuration.
        DeskAdmin = "desk_admin",
    }
}

impl Privilege {
    fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

/// A set of privileges; in JSON a list of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PrivilegeSet(u32);

impl PrivilegeSet {
    /// No right at all.
    pub const NONE: PrivilegeSet = PrivilegeSet(0);

    /// Every right, for administrators.
    pub fn all() -> PrivilegeSet {
        Privilege::ALL.iter().copied().collect()
    }

    /// Whether the set holds this right.
    pub fn has(self, privilege: Privilege) -> bool {
        self.0 & privilege.bit() != 0
    }

    /// The set with one right more.
    #[must_use]
    pub fn with(self, privilege: Privilege) -> PrivilegeSet {
        PrivilegeSet(self.0 | privilege.bit())
    }

    /// The rights that both sets hold, for a token that narrows its owner's rights.
    #[must_use]
    pub fn intersection(self, other: PrivilegeSet) -> PrivilegeSet {
        PrivilegeSet(self.0 & other.0)
    }

    /// The rights of either set, for somebody with two roles.
    #[must_use]
    pub fn union(self, other: PrivilegeSet) -> PrivilegeSet {
        PrivilegeSet(self.0 | other.0)
    }

    /// Whether the set holds nothing.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rights in it, in declaration order.
    pub fn iter(self) -> impl Iterator<Item = Privilege> {
        Privilege::ALL
            .iter()
            .copied()
            .filter(move |privilege| self.has(*privilege))
    }
}

impl FromIterator<Privilege> for PrivilegeSet {
    fn from_iter<T: IntoIterator<Item = Privilege>>(privileges: T) -> Self {
        privileges
            .into_iter()
            .fold(PrivilegeSet::NONE, PrivilegeSet::with)
    }
}

impl Serialize for PrivilegeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for PrivilegeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Privilege>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}

/// Who acts, with what the rules need to know about them. Built by the server from a proved
/// session; never from what a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The person behind a proved mail address.
    Requester {
        /// Key of the person.
        person_id: i64,
        /// Full name.
        name: String,
        /// Key of the agent account of the same person, where there is one.
        also_agent: Option<i64>,
    },
    /// Somebody of the support side.
    Agent {
        /// Key of the agent account.
        user_id: i64,
        /// Full name.
        name: String,
        /// Rights at the desk of the ticket.
        privileges: PrivilegeSet,
        /// Keys of the desk's groups that the agent is an active member of.
        groups: Vec<String>,
    },
    /// Another system with an API token.
    ApiClient {
        /// Key of the token.
        token_id: i64,
        /// The name given to the token.
        name: String,
        /// Rights at the desk of the ticket.
        privileges: PrivilegeSet,
    },
    /// Somebody who decides an approval.
    Approver {
        /// Key of the person.
        person_id: i64,
        /// Full name.
        name: String,
        /// Keys of the approver roles that the person holds.
        roles: Vec<String>,
    },
    /// The product itself: terms, automatic moves, the mail reader.
    System,
}

impl Actor {
    /// Whether the actor belongs to the support side.
    pub fn is_staff(&self) -> bool {
        matches!(self, Actor::Agent { .. } | Actor::ApiClient { .. })
    }

    /// Whether the actor holds a right. Only staff hold rights.
    pub fn may(&self, privilege: Privilege) -> bool {
        match self {
            Actor::Agent { privileges, .. } | Actor::ApiClient { privileges, .. } => {
                privileges.has(privilege)
            }
            Actor::Requester { .. } | Actor::Approver { .. } | Actor::System => false,
        }
    }

    /// The agent account behind the actor, where there is one.
    pub fn as_agent(&self) -> Option<AgentRef> {
        match self {
            Actor::Agent { user_id, name, .. } => Some(AgentRef {
                id: *user_id,
                name: name.clone(),
            }),
            Actor::Requester { .. }
            | Actor::ApiClient { .. }
            | Actor::Approver { .. }
            | Actor::System => None,
        }
    }

    /// Whether the actor is an active member of the group.
    pub fn is_member_of(&self, group: &str) -> bool {
        match self {
            Actor::Agent { groups, .. } => groups.iter().any(|key| key == group),
            Actor::Requester { .. }
            | Actor::ApiClient { .. }
            | Actor::Approver { .. }
            | Actor::System => false,
        }
    }

    /// How the history names the actor.
    pub fn reference(&self) -> ActorRef {
        let (kind, id, name) = match self {
            Actor::Requester {
                person_id, name, ..
            } => (ActorKind::Requester, Some(*person_id), name.clone()),
            Actor::Agent { user_id, name, .. } => (ActorKind::Agent, Some(*user_id), name.clone()),
            Actor::ApiClient { token_id, name, .. } => {
                (ActorKind::ApiClient, Some(*token_id), name.clone())
            }
            Actor::Approver {
                person_id, name, ..
            } => (ActorKind::Approver, Some(*person_id), name.clone()),
            Actor::System => return ActorRef::system(),
        };
        ActorRef { kind, id, name }
    }
}

words! {
    /// What kind of actor did something.
    pub enum ActorKind {
        /// The requester of the ticket.
        Requester = "requester",
        /// Somebody of the support side.
        Agent = "agent",
        /// Another system.
        ApiClient = "api_client",
        /// Somebody who decides an approval.
        Approver = "approver",
        /// The product itself.
        System = "system",
    }
}

/// Who did something, as the history keeps it: the name of that moment, whatever happens to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ActorRef {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Key of the person, agent or token; none for the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The name at that moment; empty for the system.
    #[serde(default)]
    pub name: String,
}

impl ActorRef {
    /// The product itself.
    pub fn system() -> ActorRef {
        ActorRef {
            kind: ActorKind::System,
            id: None,
            name: String::new(),
        }
    }
}

/// An agent as tickets and history name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AgentRef {
    /// Key of the agent account.
    pub id: i64,
    /// Full name.
    pub name: String,
}

/// An agent whom a ticket is to be given to. The server fills it from its own records:
/// active agents only, with the groups they are active members of (I-18).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignee {
    /// Key of the agent account.
    pub id: i64,
    /// Full name.
    pub name: String,
    /// Keys of the desk's groups that the agent is an active member of.
    pub groups: Vec<String>,
}

impl Assignee {
    /// The agent as tickets name them.
    pub fn reference(&self) -> AgentRef {
        AgentRef {
            id: self.id,
            name: self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_privilege_set_is_a_list_of_names_in_json() {
        let set: PrivilegeSet = [Privilege::TicketWork, Privilege::TicketRead]
            .into_iter()
            .collect();
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(json, r#"["ticket_read","ticket_work"]"#);
        assert_eq!(serde_json::from_str::<PrivilegeSet>(&json).unwrap(), set);
        assert_eq!(PrivilegeSet::all().iter().count(), Privilege::ALL.len());
    }

    #[test]
    fn a_token_never_has_more_rights_than_its_owner() {
        let owner: PrivilegeSet = [Privilege::TicketRead].into_iter().collect();
        assert_eq!(PrivilegeSet::all().intersection(owner), owner);
        assert!(PrivilegeSet::NONE.union(PrivilegeSet::NONE).is_empty());
    }
}
