//! Who may do what: every operation of the description × six actors × their own object, somebody else's, and none.
//!
//! A vendor's people are asked besides: at every operation on a ticket, the vendor's and another one of the desk.
//!
//! A new operation without a row fails here, and so does a row without an operation. `Open` means that neither proof nor
//! permission stands in the way; what the state of the ticket says then is the business of other stories.

use std::collections::{BTreeMap, BTreeSet};

use api::auth::session::Audience;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ticket::actor::Privilege;

use crate::harness::{Agent, TestApp};
use crate::openapi::operations;
use crate::process;
use crate::stage::{self, ANA, DESK};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Actor {
    Nobody,
    Requester,
    OtherRequester,
    Agent,
    OtherDeskAgent,
    Administrator,
}

const ACTORS: [Actor; 6] = [
    Actor::Nobody,
    Actor::Requester,
    Actor::OtherRequester,
    Actor::Agent,
    Actor::OtherDeskAgent,
    Actor::Administrator,
];

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Object {
    /// Of Ana, at the first desk; or of the first desk's agent.
    Own,
    /// Of somebody else at the other desk.
    Other,
    /// Of nobody.
    Absent,
}

const OBJECTS: [Object; 3] = [Object::Own, Object::Other, Object::Absent];

/// What the door says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// 401.
    Unproved,
    /// 403.
    Forbidden,
    /// 404.
    Unknown,
    /// Anything else.
    Open,
}

fn door(status: u16) -> Door {
    match status {
        401 => Door::Unproved,
        403 => Door::Forbidden,
        404 => Door::Unknown,
        _ => Door::Open,
    }
}

/// The rule of an operation.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Anybody.
    Anybody,
    /// Anybody, and the object must exist (desks of the portal).
    AnybodyOfDesk,
    /// Bound to a browser: another browser finds nothing.
    Browser,
    /// Bound to a browser or a requester's session; without either there is nothing of one's own.
    Uploader,
    /// Anybody, with a requester's session or without; a console token is no proof here.
    PortalVisitor,
    /// An agent of the desk named in the body, with the right; an unknown desk is a field to correct.
    DeskAgentByBody,
    /// A proof in the body or a cookie, which these actors do not bring.
    OwnProof,
    /// Any signed-in agent, about themselves or their desks.
    AnyAgent,
    /// An agent of the object's desk, with the right.
    DeskAgent,
    /// Administrators.
    Administrators,
    /// Any signed-in requester, about themselves.
    AnyRequester,
    /// The requester of the ticket.
    TicketRequester,
    /// The agent whose thing it is, nobody else.
    OwnerAgent,
    /// Agents, of a thing that is not there.
    NothingThere,
    /// Requesters who hold the approver role that is asked.
    Approver,
}

impl Rule {
    fn expected(self, actor: Actor, object: Object) -> Door {
        let is_agent = matches!(
            actor,
            Actor::Agent | Actor::OtherDeskAgent | Actor::Administrator
        );
        let is_requester = matches!(actor, Actor::Requester | Actor::OtherRequester);
        match self {
            Rule::Anybody => Door::Open,
            Rule::AnybodyOfDesk => {
                if object == Object::Absent {
                    Door::Unknown
                } else {
                    Door::Open
                }
            }
            Rule::Browser => Door::Unknown,
            Rule::Uploader => {
                if is_agent {
                    Door::Unproved
                } else {
                    Door::Unknown
                }
            }
            Rule::PortalVisitor => {
                if is_agent {
                    Door::Unproved
                } else {
                    Door::Open
                }
            }
            Rule::DeskAgentByBody if is_agent && object == Object::Absent => Door::Open,
            Rule::DeskAgentByBody => Rule::DeskAgent.expected(actor, object),
            Rule::OwnProof => Door::Unproved,
            Rule::AnyAgent => {
                if is_agent {
                    Door::Open
                } else {
                    Door::Unproved
                }
            }
            Rule::AnyRequester => {
                if is_requester {
                    Door::Open
                } else {
                    Door::Unproved
                }
            }
            Rule::DeskAgent => match (actor, object) {
                _ if !is_agent => Door::Unproved,
                (_, Object::Absent) => Door::Unknown,
                (Actor::Administrator, _) => Door::Open,
                (Actor::Agent, Object::Own) | (Actor::OtherDeskAgent, Object::Other) => Door::Open,
                _ => Door::Unknown,
            },
            Rule::Administrators => match (actor, object) {
                (Actor::Administrator, Object::Absent) => Door::Unknown,
                (Actor::Administrator, _) => Door::Open,
                _ if is_agent => Door::Forbidden,
                _ => Door::Unproved,
            },
            Rule::TicketRequester => match (actor, object) {
                _ if !is_requester => Door::Unproved,
                (Actor::Requester, Object::Own) => Door::Open,
                _ => Door::Unknown,
            },
            Rule::NothingThere => {
                if is_agent {
                    Door::Unknown
                } else {
                    Door::Unproved
                }
            }
            Rule::Approver => {
                if is_requester {
                    Door::Unknown
                } else {
                    Door::Unproved
                }
            }
            Rule::OwnerAgent => match (actor, object) {
                _ if !is_agent => Door::Unproved,
                (Actor::Agent, Object::Own) | (Actor::OtherDeskAgent, Object::Other) => Door::Open,
                _ => Door::Unknown,
            },
        }
    }
}

/// The table. Whether the operation has an object is told by its address or body.
const RULES: &[(&str, Rule)] = &[
    ("create_session", Rule::OwnProof),
    ("refresh_session", Rule::OwnProof),
    ("delete_session", Rule::Anybody),
    ("delete_all_sessions", Rule::AnyAgent),
    ("read_me", Rule::AnyAgent),
    ("list_agents", Rule::Administrators),
    ("create_agent", Rule::Administrators),
    ("update_agent", Rule::Administrators),
    ("list_tokens", Rule::AnyAgent),
    ("create_token", Rule::AnyAgent),
    ("revoke_token", Rule::OwnerAgent),
    ("list_desks", Rule::AnyAgent),
    ("read_desk", Rule::DeskAgent),
    ("list_desk_agents", Rule::DeskAgent),
    ("list_tickets", Rule::DeskAgent),
    ("count_tickets", Rule::DeskAgent),
    ("create_ticket", Rule::DeskAgent),
    ("read_ticket", Rule::DeskAgent),
    ("list_timeline", Rule::DeskAgent),
    ("explain_sla", Rule::DeskAgent),
    ("create_message", Rule::DeskAgent),
    ("assign_ticket", Rule::DeskAgent),
    ("escalate_ticket", Rule::DeskAgent),
    ("change_priority", Rule::DeskAgent),
    ("solve_ticket", Rule::DeskAgent),
    ("move_ticket", Rule::DeskAgent),
    ("change_category", Rule::DeskAgent),
    ("record_contact_attempt", Rule::DeskAgent),
    ("answer_control", Rule::DeskAgent),
    ("prepare_follow_up", Rule::DeskAgent),
    ("send_follow_up", Rule::DeskAgent),
    ("complete_extra", Rule::DeskAgent),
    ("mark_ticket", Rule::DeskAgent),
    ("record_cause", Rule::DeskAgent),
    ("relate_tickets", Rule::DeskAgent),
    // Nothing is related to the tickets of this table, so there is nothing to take away either.
    ("unrelate_ticket", Rule::NothingThere),
    ("merge_ticket", Rule::DeskAgent),
    ("unmerge_ticket", Rule::DeskAgent),
    ("list_approvals", Rule::AnyAgent),
    // Nothing waits for these agents, who hold no approver role.
    ("get_approval", Rule::NothingThere),
    ("list_approvers", Rule::DeskAgent),
    ("replace_approvers", Rule::DeskAgent),
    ("list_approver_changes", Rule::DeskAgent),
    ("decide_approval", Rule::DeskAgent),
    ("download_attachment", Rule::DeskAgent),
    ("upload_file", Rule::AnyAgent),
    ("delete_upload", Rule::OwnerAgent),
    ("list_people", Rule::DeskAgent),
    ("create_person", Rule::DeskAgentByBody),
    ("get_person", Rule::DeskAgent),
    ("update_person", Rule::DeskAgent),
    ("list_organizations", Rule::AnyAgent),
    ("create_organization", Rule::AnyAgent),
    ("list_access_requests", Rule::DeskAgent),
    ("get_access_request", Rule::DeskAgent),
    ("approve_access_request", Rule::DeskAgent),
    ("refuse_access_request", Rule::DeskAgent),
    ("find_pending_draft", Rule::DeskAgent),
    ("create_vouched_code", Rule::DeskAgent),
    // From the loopback address, as these tests come, the local mailbox is open to anybody.
    ("list_mailbox_messages", Rule::Anybody),
    ("read_mailbox_message", Rule::AnybodyOfDesk),
    ("list_portal_desks", Rule::Anybody),
    ("get_portal_desk", Rule::AnybodyOfDesk),
    ("upload_portal_file", Rule::PortalVisitor),
    ("delete_portal_upload", Rule::Uploader),
    ("create_draft", Rule::PortalVisitor),
    ("create_lookup", Rule::Anybody),
    ("get_challenge", Rule::Browser),
    ("resend_code", Rule::Browser),
    ("verify_code", Rule::OwnProof),
    ("refresh_portal_session", Rule::OwnProof),
    ("end_portal_session", Rule::Anybody),
    ("get_portal_session", Rule::AnyRequester),
    ("create_access_request", Rule::Anybody),
    ("list_my_tickets", Rule::AnyRequester),
    ("get_my_ticket", Rule::TicketRequester),
    ("add_my_message", Rule::TicketRequester),
    ("accept_my_solution", Rule::TicketRequester),
    ("reject_my_solution", Rule::TicketRequester),
    ("rate_my_ticket", Rule::TicketRequester),
    ("download_my_attachment", Rule::TicketRequester),
    ("list_my_approvals", Rule::AnyRequester),
    // Nothing waits for these requesters, who hold no approver role.
    ("get_my_approval", Rule::Approver),
    ("decide_my_approval", Rule::Approver),
    ("download_approval_attachment", Rule::Approver),
];

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let described: BTreeSet<String> = operations()
        .into_iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    let ruled: BTreeSet<String> = RULES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let missing: Vec<_> = described.difference(&ruled).collect();
    let stale: Vec<_> = ruled.difference(&described).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "without a row: {missing:?}; rows of nothing: {stale:?}"
    );
}

/// The keys of one object of each kind.
#[derive(Clone, Default)]
struct Keys {
    desk: String,
    ticket: String,
    file: String,
    person: String,
    email: String,
    agent: String,
    token: String,
    upload: String,
    request: String,
    challenge: String,
    reference: String,
    mail: String,
}

struct World {
    app: TestApp,
    tokens: BTreeMap<Actor, String>,
    own: Keys,
    other: Keys,
    absent: Keys,
    admin: Agent,
}

/// Two desks with a ticket, a person, an access request, a pending draft and an agent each.
async fn world(app: TestApp) -> World {
    let stage = stage::set(&app).await;
    let (elsewhere, caro) = stage::set_second(&app).await;
    let agent = app.agent("Laura", &[(stage.desk, Privilege::ALL)]).await;
    let foreign = app.agent("Foreign", &[(elsewhere, Privilege::ALL)]).await;
    let admin = app.admin("Admin").await;
    let own = keys(&app, DESK, stage.ana, ANA, &agent).await;
    let other = keys(&app, stage::SECOND_DESK, caro, stage::CARO, &foreign).await;
    let tokens = BTreeMap::from([
        (
            Actor::Requester,
            app.sign_in(Audience::Portal, stage.ana, Some(stage.desk))
                .await,
        ),
        (
            Actor::OtherRequester,
            app.sign_in(Audience::Portal, stage.ben, Some(stage.desk))
                .await,
        ),
        (Actor::Agent, agent.token.clone()),
        (Actor::OtherDeskAgent, foreign.token.clone()),
        (Actor::Administrator, admin.token.clone()),
    ]);
    let absent = Keys {
        desk: "ninguna".into(),
        ticket: "INF-99999".into(),
        file: "00000000-0000-4000-8000-000000000000".into(),
        person: "999999".into(),
        email: ANA.into(),
        agent: "999999".into(),
        token: "999999".into(),
        upload: "00000000-0000-4000-8000-000000000000".into(),
        request: "999999".into(),
        challenge: "00000000-0000-4000-8000-000000000000".into(),
        reference: "ZZZZ".into(),
        mail: "999999".into(),
    };
    World {
        app,
        tokens,
        own,
        other,
        absent,
        admin,
    }
}

async fn keys(app: &TestApp, desk: &str, person: i64, email: &str, agent: &Agent) -> Keys {
    let browser = app.browser();
    let form = stage::draft_at(desk, email);
    let opened = stage::open_ticket(app, &browser, &form).await;
    let ticket = opened.ticket_code.unwrap();
    let upload = || async {
        let form = reqwest::multipart::Form::new().part(
            "file",
            reqwest::multipart::Part::bytes(b"evidence".to_vec()).file_name("log.txt"),
        );
        let answer = app
            .post("/api/v1/uploads")
            .by(agent)
            .form(form)
            .send()
            .await
            .expect(201);
        answer.json::<Value>()["id"].as_str().unwrap().to_owned()
    };
    let bound = upload().await;
    let note = json!({ "visibility": "public", "body": "Adjunto.", "attachments": [bound] });
    app.post(&format!("/api/v1/tickets/{ticket}/messages"))
        .by(agent)
        .json(&note)
        .send()
        .await
        .expect(201);
    let token = json!({ "name": "Monitoreo", "scopes": ["tickets:read"], "expires_in_days": 30 });
    let token = app
        .post("/api/v1/tokens")
        .by(agent)
        .json(&token)
        .send()
        .await
        .expect(201)
        .json::<Value>();
    let access = json!({ "desk": desk, "full_name": "Rosa Díaz", "phone": "601 555 0199", "email": format!("rosa@{desk}.example.org"), "entity": "Hospital El Encino" });
    app.browser()
        .post("/api/v1/portal/access-requests")
        .json(&access)
        .send()
        .await
        .expect(202);
    let requests = app
        .get(&format!("/api/v1/access-requests?desk={desk}"))
        .by(agent)
        .send()
        .await
        .expect(200)
        .json::<Value>();
    let pending = stage::ask(&app.browser(), &form).await;
    Keys {
        desk: desk.to_owned(),
        ticket,
        file: bound.clone(),
        person: person.to_string(),
        email: email.to_owned(),
        agent: agent.id.to_string(),
        token: token["id"].to_string(),
        upload: upload().await,
        request: requests["items"][0]["id"].to_string(),
        challenge: pending.id,
        reference: pending.reference.unwrap(),
        mail: "999999".into(),
    }
}

/// Address and body of an operation on an object.
fn request(name: &str, path: &str, keys: &Keys) -> (String, Option<Value>) {
    let id = match name {
        _ if path.contains("/attachments/") => &keys.file,
        _ if path.contains("/people/") => &keys.person,
        _ if path.contains("/agents/") => &keys.agent,
        _ if path.contains("/tokens/") => &keys.token,
        _ if path.contains("/uploads/") => &keys.upload,
        _ if path.contains("/access-requests/") => &keys.request,
        _ if path.contains("/mailbox/") => &keys.mail,
        _ => &keys.challenge,
    };
    let mut address = path
        .replace("{code}", &keys.ticket)
        .replace("{desk}", &keys.desk)
        .replace("{child}", "INF-99998")
        .replace("{role}", "risk")
        .replace("{id}", id);
    match name {
        "list_tickets" | "count_tickets" | "list_people" | "list_access_requests" => {
            address.push_str(&format!("?desk={}", keys.desk))
        }
        "find_pending_draft" => {
            address.push_str(&format!("?desk={}&reference={}", keys.desk, keys.reference))
        }
        _ => {}
    }
    let body = match name {
        "create_session" => {
            json!({ "email": "nadie@example.org", "password": "no es la contraseña" })
        }
        "create_agent" => {
            json!({ "full_name": "Nuevo", "email": "nuevo@example.org", "password": "corta" })
        }
        "update_agent" => json!({}),
        "create_token" => json!({ "name": "", "scopes": [], "expires_in_days": 1 }),
        "create_ticket" => json!({
            "desk": keys.desk, "requester_email": keys.email, "channel": "phone", "request_type": "incident", "category": "eset",
            "priority": "p3", "subject": "Por teléfono", "message": "Llamó.", "attachments": []
        }),
        "create_message" => json!({ "visibility": "internal", "body": "Nota." }),
        "assign_ticket" => json!({ "group": "mesa" }),
        "escalate_ticket" => {
            json!({ "level": 2, "group": "no-existe", "justification": "Prueba." })
        }
        "change_priority" => json!({ "priority": "p1", "reason": "Prueba." }),
        "solve_ticket" => json!({ "solution": "Listo." }),
        "move_ticket" => json!({ "command": "resume" }),
        "change_category" => json!({ "category": "no-existe" }),
        "record_contact_attempt" => json!({ "channel": "phone", "result": "no_answer" }),
        "answer_control" => json!({ "control": "c1", "answer": true }),
        "send_follow_up" => json!({ "step": "first", "text": "Hola." }),
        "complete_extra" => json!({ "extra": { "x": "y" } }),
        "mark_ticket" => json!({ "mark": "problem", "on": false }),
        "record_cause" => json!({ "cause": "Algo." }),
        "relate_tickets" => json!({ "children": ["INF-99998"] }),
        "merge_ticket" => json!({ "into": "INF-99998" }),
        "replace_approvers" => json!({ "holders": [] }),
        "decide_approval" | "decide_my_approval" => {
            json!({ "role": "risk", "decision": "approved" })
        }
        "create_person" => {
            json!({ "desk": keys.desk, "full_name": "", "email": "x", "phone": "1", "entity": "" })
        }
        "update_person" => json!({}),
        "create_organization" => json!({ "name": "" }),
        "approve_access_request" => json!({ "full_name": "" }),
        "refuse_access_request" => json!({ "reason": "No pertenece a la entidad." }),
        "create_vouched_code" => json!({ "verified": [], "note": "" }),
        "create_draft" => json!(stage::draft_at(&keys.desk, &keys.email)),
        "create_lookup" => {
            json!({ "desk": keys.desk, "ticket_code": keys.ticket, "email": keys.email })
        }
        "verify_code" => json!({ "code": "AAAA-AAAA" }),
        "create_access_request" => {
            json!({ "desk": keys.desk, "full_name": "Eva", "phone": "601 555 0101", "email": "eva@example.org", "entity": "Hospital" })
        }
        "add_my_message" => json!({ "body": "Hola." }),
        "accept_my_solution" => json!({}),
        "reject_my_solution" => json!({ "reason": "No." }),
        "rate_my_ticket" => json!({ "stars": 5 }),
        _ => return (address, None),
    };
    (address, Some(body))
}

/// Whether the object shows in the address or the body, so that asking for another one means something.
fn has_object(name: &str, path: &str) -> bool {
    let by_body = [
        "create_ticket",
        "create_person",
        "create_draft",
        "create_lookup",
        "create_access_request",
        "list_tickets",
        "count_tickets",
        "list_people",
        "list_access_requests",
        "find_pending_draft",
    ];
    path.contains('{') || by_body.contains(&name)
}

both! {
    /// an agent of one desk finds nothing of another.
    async fn every_door_opens_for_whom_it_should_and_for_nobody_else(app: TestApp) {
        let world = world(app).await;
        let mut wrong = Vec::new();
        let mut looked = 0;
        for (path, method, operation) in operations() {
            let name = operation["operationId"].as_str().unwrap();
            // Signing out everywhere would end the sessions that the table is checked with.
            if name == "delete_all_sessions" {
                continue;
            }
            let rule = RULES.iter().find(|(ruled, _)| *ruled == name).map(|(_, rule)| *rule).unwrap();
            let objects: &[Object] = if has_object(name, &path) { &OBJECTS } else { &[Object::Own] };
            for actor in ACTORS {
                for object in objects {
                    let keys = match object {
                        Object::Own => &world.own,
                        Object::Other => &world.other,
                        Object::Absent => &world.absent,
                    };
                    let (address, body) = request(name, &path, keys);
                    let mut call = world.app.call(Method::from_bytes(method.as_bytes()).unwrap(), &address).if_match(1).with_key();
                    if let Some(token) = world.tokens.get(&actor) {
                        call = call.bearer(token);
                    }
                    call = match body {
                        Some(body) => call.json(&body),
                        None if name.starts_with("upload_") => call.form(reqwest::multipart::Form::new()),
                        None => call,
                    };
                    // A removed thing is gone for the next actor; asking without removing tells as much.
                    let expected = rule.expected(actor, *object);
                    if method == "DELETE" && expected == Door::Open && path.contains("{id}") {
                        continue;
                    }
                    let answer = call.send().await;
                    looked += 1;
                    // Desks are no secret in the portal; a mail of the local mailbox only exists or not.
                    let expected = if name == "read_mailbox_message" { Door::Unknown } else { expected };
                    if door(answer.status) != expected {
                        wrong.push(format!("{name} by {actor:?} on {object:?}: {} instead of {expected:?}: {}", answer.status, answer.text()));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {looked} doors are wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(looked > 600, "only {looked} doors were tried");
        // Removing one's own things works; it was left out above.
        let removed = world.app.delete(&format!("/api/v1/uploads/{}", world.own.upload)).bearer(&world.tokens[&Actor::Agent]).send().await;
        removed.expect(204);
        let removed = world.app.delete(&format!("/api/v1/tokens/{}", world.own.token)).bearer(&world.tokens[&Actor::Agent]).send().await;
        removed.expect(204);
        world.app.delete("/api/v1/sessions").by(&world.admin).send().await.expect(204);
        world.app.get("/api/v1/me").by(&world.admin).send().await.expect(401);
    }

    /// for a vendor's people only the tickets exist that were given to the vendor, whatever rights they have.
    async fn for_a_vendors_people_only_what_was_given_to_the_vendor_exists(app: TestApp) {
        let place = process::place(&app, "victimas").await;
        let laura = process::agent(&app, &place, "Laura", "mesa").await;
        let rosa = process::agent(&app, &place, "Rosa", "proveedor").await;
        let more = json!({ "category": "informacion", "urgency": "low" });
        let (given, other) = (process::record(&app, &place, &laura, more.clone()).await, process::record(&app, &place, &laura, more).await);
        process::act(&app, &laura, &given, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        process::act(&app, &laura, &given, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        process::act(&app, &laura, &given, "transitions", json!({ "command": "send_to_vendor", "assignee": rosa.id, "group": "proveedor" })).await.expect(200);
        let keys = async |ticket: String, by: &Agent| {
            let file = process::upload(&app, by).await;
            let note = json!({ "visibility": "internal", "body": "Adjunto.", "attachments": [file] });
            process::act(&app, by, &ticket, "messages", note).await.expect(201);
            Keys { desk: place.slug.to_owned(), ticket, file, ..Keys::default() }
        };
        let (given, other) = (keys(given, &rosa).await, keys(other, &laura).await);
        let (laura, rosa) = (process::fresh(&app, &laura).await, process::fresh(&app, &rosa).await);
        let (mut wrong, mut looked) = (Vec::new(), 0);
        for (path, method, operation) in operations() {
            let name = operation["operationId"].as_str().unwrap();
            let rule = RULES.iter().find(|(ruled, _)| *ruled == name).map(|(_, rule)| *rule).unwrap();
            // An appointed approver decides by the role, whoever the ticket is with.
            if !path.starts_with("/api/v1/tickets/{code}") || matches!(rule, Rule::NothingThere) || name == "decide_approval" {
                continue;
            }
            for (who, agent, keys, expected) in [
                ("the desk", &laura, &other, Door::Open),
                ("the vendor", &rosa, &given, Door::Open),
                ("the vendor", &rosa, &other, Door::Unknown),
            ] {
                let (address, body) = request(name, &path, keys);
                // Another version than this was seen: a door that is open changes nothing.
                let call = app.call(Method::from_bytes(method.as_bytes()).unwrap(), &address).by(agent).if_match(1).with_key();
                let call = match body {
                    Some(body) => call.json(&body),
                    None => call,
                };
                let answer = call.send().await;
                looked += 1;
                if door(answer.status) != expected {
                    wrong.push(format!("{name} by {who} on {}: {} instead of {expected:?}: {}", keys.ticket, answer.status, answer.text()));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {looked} doors are wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(looked > 60, "only {looked} doors were tried");
    }

    async fn a_right_at_the_desk_is_not_enough_without_the_right_for_the_deed(app: TestApp) {
        let stage = stage::set(&app).await;
        let opened = stage::open_ticket(&app, &app.browser(), &stage::draft(ANA)).await;
        let code = opened.ticket_code.unwrap();
        let reader = app.agent("Reader", &[(stage.desk, &[Privilege::TicketRead])]).await;
        app.get(&format!("/api/v1/tickets/{code}")).by(&reader).send().await.expect(200);
        for (deed, body) in [
            ("messages", json!({ "visibility": "public", "body": "Hola." })),
            ("assignments", json!({ "assignee": reader.id })),
            ("escalations", json!({ "level": 2, "group": "endpoint", "justification": "Prueba." })),
            ("priority-changes", json!({ "priority": "p1", "reason": "Prueba." })),
            ("solutions", json!({ "solution": "Listo." })),
        ] {
            let answer = app.post(&format!("/api/v1/tickets/{code}/{deed}")).by(&reader).if_match(1).json(&body).send().await;
            assert!(matches!(answer.status, 403 | 409), "{deed}: {} {}", answer.status, answer.text());
        }
        let still: Value = app.get(&format!("/api/v1/tickets/{code}")).by(&reader).send().await.expect(200).json();
        assert_eq!(still["version"], 1, "a refused deed changed the ticket");
        app.get(&format!("/api/v1/people?desk={DESK}")).by(&reader).send().await.expect(403);
        app.get(&format!("/api/v1/access-requests?desk={DESK}")).by(&reader).send().await.expect(403);
        // Whoever records tickets finds the people to record them for, and keeps none of them.
        let recorder = app.agent("Recorder", &[(stage.desk, &[Privilege::TicketCreate])]).await;
        app.get(&format!("/api/v1/people?desk={DESK}")).by(&recorder).send().await.expect(200);
        app.get(&format!("/api/v1/people/{}", stage.ana)).by(&recorder).send().await.expect(200);
        app.patch(&format!("/api/v1/people/{}", stage.ana)).by(&recorder).if_match(1).json(&json!({})).send().await.expect(403);
    }
}
