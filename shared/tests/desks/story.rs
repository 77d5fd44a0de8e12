//! People, commands and a ticket's story for the tests.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use shared::desk::Desk;
use shared::sla::policy::ClockKind;
use shared::ticket::actor::{Actor, AgentRef, Assignee, Privilege, PrivilegeSet};
use shared::ticket::command::{
    Answer, AnswerValue, Command, CommandKind, ContactChannel, ContactResult, Decision, Mark,
};
use shared::ticket::event::{Event, IdentityProof, Recorded, RequesterRef};
use shared::ticket::status::{Channel, Level, RequestType, Status, Visibility};
use shared::ticket::text::{Body, Reason, Stars, Subject};
use shared::ticket::{NewTicket, Refusal, Ticket, decide, evolve, fold, open, record};

/// A Monday at nine in Bogotá.
pub fn monday() -> DateTime<Utc> {
    "2026-03-02T14:00:00Z".parse().unwrap()
}

pub fn body(text: &str) -> Option<Body> {
    Some(Body::parse(text).unwrap())
}

pub fn reason(text: &str) -> Option<Reason> {
    Some(Reason::parse(text).unwrap())
}

pub fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub fn stars(number: u8) -> Option<Stars> {
    Some(Stars::parse(number).unwrap())
}

pub fn requester() -> Actor {
    Actor::Requester {
        person_id: 1,
        name: "Ana Rojas".into(),
        also_agent: None,
    }
}

pub fn stranger() -> Actor {
    Actor::Requester {
        person_id: 2,
        name: "Luis Peña".into(),
        also_agent: None,
    }
}

/// An agent with every right but the one to see what is restricted.
pub fn agent(user_id: i64, name: &str, groups: &[&str]) -> Actor {
    let groups = groups.iter().map(ToString::to_string).collect();
    Actor::Agent {
        user_id,
        name: name.into(),
        privileges: usual(),
        groups,
    }
}

/// Every right but the one to see what is restricted.
pub fn usual() -> PrivilegeSet {
    let restricted = Privilege::RestrictedRead;
    PrivilegeSet::all()
        .iter()
        .filter(|right| *right != restricted)
        .collect()
}

/// An agent with some rights only.
pub fn agent_with(privileges: &[Privilege], groups: &[&str]) -> Actor {
    let groups = groups.iter().map(ToString::to_string).collect();
    Actor::Agent {
        user_id: 19,
        name: "Sara Gil".into(),
        privileges: privileges.iter().copied().collect(),
        groups,
    }
}

pub fn assignee(id: i64, name: &str, groups: &[&str]) -> Assignee {
    Assignee {
        id,
        name: name.into(),
        groups: groups.iter().map(ToString::to_string).collect(),
    }
}

/// Level 1.
pub fn ben() -> Actor {
    agent(10, "Ben Ruiz", &["mesa"])
}

pub fn approver(roles: &[&str]) -> Actor {
    Actor::Approver {
        person_id: 30,
        name: "Iris Mora".into(),
        roles: roles.iter().map(ToString::to_string).collect(),
    }
}

pub fn token() -> Actor {
    Actor::ApiClient {
        token_id: 40,
        name: "Monitor".into(),
        privileges: PrivilegeSet::all(),
    }
}

/// A ticket as Ana opens it in the portal.
pub fn new_ticket(category: &str, priority: Option<&str>) -> NewTicket {
    NewTicket {
        status: Status::New,
        request_type: RequestType::Incident,
        category: some(category),
        priority: priority.map(str::to_owned),
        impact: None,
        urgency: None,
        channel: Channel::Portal,
        requester: RequesterRef {
            id: 1,
            name: "Ana Rojas".into(),
            vip: false,
        },
        identity: IdentityProof::MailCode,
        subject: Subject::parse("La consola no actualiza las firmas").unwrap(),
        message_id: Some(100),
        files: 1,
        group: None,
        assignee: None,
        extra: BTreeMap::new(),
    }
}

/// A ticket and everything that happened to it. Each success is checked against its own history.
#[derive(Clone)]
pub struct Story {
    pub desk: Desk,
    pub history: Vec<Recorded>,
    pub ticket: Ticket,
    pub now: DateTime<Utc>,
}

impl Story {
    pub fn open(desk: &Desk, new: NewTicket, actor: &Actor) -> Story {
        Story::try_open(desk, new, actor).unwrap()
    }

    pub fn try_open(desk: &Desk, new: NewTicket, actor: &Actor) -> Result<Story, Refusal> {
        let now = monday();
        let history = record(None, open(desk, new, actor, now)?, actor, now);
        let ticket = fold(desk, &history).unwrap();
        Ok(Story {
            desk: desk.clone(),
            history,
            ticket,
            now,
        })
    }

    /// Gives a command; a refusal changes nothing, a success is added to the history.
    pub fn give(&mut self, actor: &Actor, command: Command) -> Result<Vec<Event>, Refusal> {
        let before = self.ticket.clone();
        let answer = decide(&self.ticket, &self.desk, actor, &command, self.now);
        assert_eq!(self.ticket, before);
        if let Ok(events) = &answer {
            assert!(!events.is_empty(), "{command:?} gave nothing");
            let recorded = record(Some(&self.ticket), events.clone(), actor, self.now);
            for one in &recorded {
                self.ticket = evolve(Some(self.ticket.clone()), &self.desk, one);
            }
            self.history.extend(recorded);
        }
        answer
    }

    /// Gives a command that must be taken.
    #[track_caller]
    pub fn does(&mut self, actor: &Actor, command: Command) -> Vec<Event> {
        let status = self.ticket.status;
        self.give(actor, command.clone())
            .unwrap_or_else(|refusal| panic!("{command:?} in {status}: {refusal:?}"))
    }

    /// Gives a command that must be refused, and says why it was.
    #[track_caller]
    pub fn refuses(&mut self, actor: &Actor, command: Command) -> Refusal {
        let kind = command.kind();
        match self.give(actor, command) {
            Ok(events) => panic!("{kind} in {} gave {events:?}", self.ticket.status),
            Err(refusal) => refusal,
        }
    }

    pub fn passes(&mut self, duration: Duration) -> &mut Story {
        self.now += duration;
        self
    }
}

pub fn take() -> Command {
    Command::Take
}

pub fn solve(reason: Option<&str>) -> Command {
    Command::Solve {
        solution: body("Se reinstaló el agente y las firmas están al día."),
        reason: reason.map(str::to_owned),
    }
}

pub fn reject() -> Command {
    Command::Reject {
        reason: reason("La consola sigue sin firmas."),
    }
}

pub fn rate(number: u8) -> Command {
    Command::Rate {
        stars: stars(number),
        comment: None,
        answers: Vec::new(),
    }
}

pub fn survey(closing: bool) -> Command {
    let answer = |question: &str, value| Answer {
        question: question.into(),
        value,
    };
    let answers = vec![
        answer("q1", AnswerValue::Stars(Stars::parse(4).unwrap())),
        answer("q2", AnswerValue::Choice("portal".into())),
        answer("q6", AnswerValue::YesNo(closing)),
    ];
    Command::Rate {
        stars: None,
        comment: None,
        answers,
    }
}

pub fn escalate(level: u8) -> Command {
    Command::Escalate {
        level: Some(Level::parse(level).unwrap()),
        group: None,
        assignee: None,
        reason: None,
        justification: reason("Requiere revisar el servidor."),
        diagnosis: body("El servicio no arranca."),
    }
}

pub fn say(visibility: Visibility) -> Command {
    Command::AddMessage {
        message_id: 200,
        visibility,
    }
}

pub fn attempt(channel: ContactChannel, result: ContactResult) -> Command {
    Command::RecordContactAttempt {
        channel,
        result,
        note: None,
        evidence: None,
        next_contact: None,
    }
}

pub fn suspend(reason_id: &str) -> Command {
    Command::Suspend {
        reason: some(reason_id),
        justification: reason("No contesta; se llama mañana."),
        next_contact: None,
    }
}

pub fn approve(role: &str) -> Command {
    Command::DecideApproval {
        approver: role.into(),
        decision: Decision::Approved,
        comment: None,
    }
}

pub fn refuse_approval(role: &str) -> Command {
    Command::DecideApproval {
        approver: role.into(),
        decision: Decision::Refused,
        comment: reason("No es del área."),
    }
}

/// Everybody who may turn up.
pub fn cast() -> Vec<Actor> {
    vec![
        requester(),
        stranger(),
        Actor::Requester {
            person_id: 1,
            name: "Ana Rojas".into(),
            also_agent: Some(10),
        },
        agent(10, "Ben Ruiz", &["mesa"]),
        agent(11, "Caro Díaz", &["mesa", "endpoint", "redes", "sitio"]),
        agent(12, "Dora Paz", &["perimetro", "expertos", "proveedor"]),
        agent_with(&[Privilege::TicketRead], &["mesa"]),
        agent_with(&[Privilege::TicketWork], &[]),
        approver(&["riesgos", "infraestructura", "direccion"]),
        Actor::Approver {
            person_id: 1,
            name: "Ana Rojas".into(),
            roles: vec!["riesgos".into()],
        },
        token(),
        Actor::System,
    ]
}

/// The agents that commands give tickets to; the same people as in the cast.
pub fn assignees() -> Vec<Assignee> {
    let of = |actor: &Actor| match actor {
        Actor::Agent {
            user_id,
            name,
            groups,
            ..
        } if *user_id != 19 => Some(Assignee {
            id: *user_id,
            name: name.clone(),
            groups: groups.clone(),
        }),
        _ => None,
    };
    cast().iter().filter_map(of).collect()
}

/// The groups of an agent of the cast.
pub fn groups_of(agent: &AgentRef) -> Vec<String> {
    assignees()
        .into_iter()
        .find(|known| known.id == agent.id)
        .map(|known| known.groups)
        .unwrap_or_default()
}

/// Commands with good data, with wrong data and with none, of every kind, for both desks of the tests.
pub fn commands() -> Vec<Command> {
    let mut all = vec![
        Command::Confirm,
        Command::Complete {
            category: None,
            priority: None,
            impact: None,
            urgency: None,
            group: None,
        },
        Command::Complete {
            category: some("word"),
            priority: None,
            impact: some("one"),
            urgency: some("now"),
            group: some("mesa"),
        },
        Command::Complete {
            category: some("nada"),
            priority: some("p9"),
            impact: None,
            urgency: None,
            group: some("nadie"),
        },
        Command::Take,
        Command::Assign {
            group: None,
            assignee: None,
            reason: None,
            note: None,
        },
        Command::Assign {
            group: some("mesa"),
            assignee: None,
            reason: None,
            note: reason("Para revisar."),
        },
        Command::Assign {
            group: some("nadie"),
            assignee: None,
            reason: some("nada"),
            note: None,
        },
        Command::Start {
            reason: None,
            diagnosis: None,
        },
        Command::Start {
            reason: None,
            diagnosis: body("El servicio no arranca."),
        },
        Command::Start {
            reason: some("review"),
            diagnosis: body("El servicio no arranca."),
        },
        Command::EscalateOnsite {
            group: None,
            assignee: None,
            reason: some("visit"),
            justification: reason("Hay que ir."),
            diagnosis: None,
        },
        Command::EscalateOnsite {
            group: some("mesa"),
            assignee: None,
            reason: some("visit"),
            justification: reason("Hay que ir."),
            diagnosis: None,
        },
        Command::EscalateOnsite {
            group: None,
            assignee: None,
            reason: None,
            justification: None,
            diagnosis: None,
        },
        Command::Suspend {
            reason: None,
            justification: None,
            next_contact: None,
        },
        Command::Suspend {
            reason: some("needs_information"),
            justification: reason("Falta el serial."),
            next_contact: NaiveDate::from_ymd_opt(2030, 1, 2),
        },
        Command::Suspend {
            reason: some("needs_information"),
            justification: reason("Falta el serial."),
            next_contact: NaiveDate::from_ymd_opt(2020, 1, 2),
        },
        suspend("coordinator"),
        suspend("office"),
        suspend("nada"),
        Command::Resume {
            reason: None,
            note: None,
        },
        Command::Resume {
            reason: None,
            note: reason("El serial es A-1."),
        },
        Command::SendToVendor {
            group: None,
            assignee: None,
            vendor: some("Redes Andinas"),
            reason: None,
            justification: reason("Garantía."),
        },
        Command::SendToVendor {
            group: some("mesa"),
            assignee: None,
            vendor: some(" "),
            reason: None,
            justification: None,
        },
        Command::ReturnFromVendor {
            reason: None,
            note: reason("Cambió la tarjeta."),
        },
        Command::ReturnFromVendor {
            reason: None,
            note: None,
        },
        Command::RequestApproval {
            note: None,
            evidence: vec![7],
            files: Vec::new(),
        },
        Command::RequestApproval {
            note: None,
            evidence: Vec::new(),
            files: Vec::new(),
        },
        approve("riesgos"),
        approve("infraestructura"),
        approve("direccion"),
        refuse_approval("riesgos"),
        Command::DecideApproval {
            approver: "direccion".into(),
            decision: Decision::Refused,
            comment: None,
        },
        Command::ChangePriority {
            priority: some("p1"),
            impact: None,
            urgency: None,
            reason: reason("Todos están sin servicio."),
        },
        Command::ChangePriority {
            priority: None,
            impact: some("all"),
            urgency: some("now"),
            reason: reason("Todos están sin servicio."),
        },
        Command::ChangePriority {
            priority: some("high"),
            impact: None,
            urgency: None,
            reason: reason("Lo pide la dirección."),
        },
        Command::ChangePriority {
            priority: None,
            impact: None,
            urgency: None,
            reason: None,
        },
        Command::ChangeCategory {
            category: "eset".into(),
            reason: None,
        },
        Command::ChangeCategory {
            category: "backup".into(),
            reason: None,
        },
        Command::ChangeCategory {
            category: "word".into(),
            reason: None,
        },
        Command::ChangeCategory {
            category: "office".into(),
            reason: None,
        },
        Command::ChangeCategory {
            category: "old".into(),
            reason: None,
        },
        Command::Solve {
            solution: None,
            reason: None,
        },
        solve(None),
        solve(Some("given")),
        solve(Some("no_contact")),
        Command::MarkUnsolvable {
            description: None,
            reason: None,
        },
        Command::MarkUnsolvable {
            description: body("No hay repuestos."),
            reason: some("impossible"),
        },
        Command::MarkUnsolvable {
            description: body("Se compra el próximo año."),
            reason: some("acquisition"),
        },
        Command::MarkNotManaged {
            description: None,
            reason: None,
        },
        Command::MarkNotManaged {
            description: body("No contestó."),
            reason: some("no_answer"),
        },
        Command::MarkNotManaged {
            description: body("No es de esta mesa."),
            reason: some("out_of_scope"),
        },
        Command::Accept,
        reject(),
        Command::Reject { reason: None },
        rate(5),
        Command::Rate {
            stars: None,
            comment: reason("Gracias."),
            answers: Vec::new(),
        },
        survey(true),
        survey(false),
        Command::CloseByDesk {
            reason: some("validated"),
            note: None,
        },
        Command::CloseByDesk {
            reason: None,
            note: None,
        },
        Command::CloseBySilence,
        Command::Continue,
        say(Visibility::Public),
        say(Visibility::Internal),
        attempt(ContactChannel::Mail, ContactResult::NoAnswer),
        attempt(ContactChannel::Phone, ContactResult::NoAnswer),
        attempt(ContactChannel::Phone, ContactResult::Reached),
        Command::RecordControl {
            control: "c1".into(),
            answer: true,
            note: None,
        },
        Command::RecordControl {
            control: "c9".into(),
            answer: true,
            note: None,
        },
        Command::RecordWarning {
            clock: ClockKind::Solution,
            percent: 50,
            generation: 1,
            due_at: monday(),
        },
        Command::RecordBreach {
            clock: ClockKind::Solution,
            generation: 1,
            due_at: monday(),
        },
        Command::LinkParent { parent: 77 },
        Command::UnlinkParent,
        Command::SetExtra {
            extra: [("serial".to_owned(), "A-2".to_owned())].into(),
        },
        Command::SetExtra {
            extra: [("color".to_owned(), "red".to_owned())].into(),
        },
        Command::SetMark {
            mark: Mark::Problem,
            on: true,
        },
        Command::SetMark {
            mark: Mark::Problem,
            on: false,
        },
        Command::RecordCause {
            cause: body("El disco estaba lleno."),
        },
        Command::RecordCause { cause: None },
        Command::SendFollowUp { note: None },
        Command::RemindApprovers,
        Command::MergeInto { into: 78 },
        Command::Unmerge,
        Command::Absorb { from: 79 },
        Command::Release { from: 79 },
    ];
    for level in 1..=3 {
        all.push(escalate(level));
    }
    for group in ["mesa", "redes", "nadie"] {
        all.push(Command::Escalate {
            level: None,
            group: some(group),
            assignee: None,
            reason: some("other_level"),
            justification: reason("Requiere redes."),
            diagnosis: body("El servicio no arranca."),
        });
    }
    for person in assignees() {
        all.push(Command::Assign {
            group: None,
            assignee: Some(person.clone()),
            reason: None,
            note: None,
        });
        let level = if person.groups.iter().any(|group| group == "mesa") {
            Level::ONE
        } else {
            Level::THREE
        };
        all.push(Command::Escalate {
            level: Some(level),
            group: None,
            assignee: Some(person),
            reason: some("other_level"),
            justification: reason("Requiere otra persona."),
            diagnosis: body("El servicio no arranca."),
        });
    }
    all.push(Command::Escalate {
        level: Some(Level::TWO),
        group: some("redes"),
        assignee: None,
        reason: some("other_level"),
        justification: None,
        diagnosis: body("El servicio no arranca."),
    });
    all
}

#[test]
fn every_kind_of_command_is_tried() {
    let tried: std::collections::BTreeSet<_> = commands().iter().map(Command::kind).collect();
    assert_eq!(tried.len(), CommandKind::ALL.len());
}
