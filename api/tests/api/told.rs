//! Who is told what by mail, and who gets a ticket back.

use api::db::schema::{tickets, users};
use api::mail::{Content, TeamNews};
use api::{db, sla};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::json;
use shared::api::people::Person;
use shared::api::portal::RequesterTicket;
use shared::api::problem::ProblemType;
use shared::api::tickets::{MailStatus, TimelineBody};
use shared::ticket::actor::Privilege;
use shared::ticket::status::Status;

use crate::harness::TestApp;
use crate::mail::{texts, worker};
use crate::process::{
    act, agent, appoint, email_of, fresh, mailed, place, place_with, record, session, upload, view,
};
use crate::smtp_sink::{SinkTls, SmtpSink};
use crate::stage::{self, ANA, BEN};

/// Closes an account behind the API's back.
async fn dismiss(app: &TestApp, user_id: i64) {
    app.seed(move |conn| {
        diesel::update(users::table.find(user_id))
            .set(users::active.eq(false))
            .execute(conn)?;
        Ok(())
    })
    .await;
}

/// When a ticket was closed, and when it was changed last.
async fn ended(app: &TestApp, code: &str) -> (Option<DateTime<Utc>>, DateTime<Utc>) {
    let code = code.to_owned();
    app.seed(move |conn| {
        let (closed, updated): (Option<db::Ts>, db::Ts) = tickets::table
            .filter(tickets::code.eq(code))
            .select((tickets::closed_at, tickets::updated_at))
            .first(conn)?;
        Ok((closed.map(db::Ts::get), updated.get()))
    })
    .await
}

fn notes_of(mails: Vec<Content>) -> Vec<(TeamNews, Option<String>)> {
    mails
        .into_iter()
        .filter_map(|mail| match mail {
            Content::TeamNotice { news, facts, .. } => Some((news, facts.last_note)),
            _ => None,
        })
        .collect()
}

both! {
    ///
    async fn whoever_is_shut_out_gets_nothing_that_still_waits(app: TestApp) {
        let stage = stage::set(&app).await;
        let (second, _) = stage::set_second(&app).await;
        let now = app.clock.now();
        app.seed(move |conn| stage::add_person(conn, second, "Ana Rojas", ANA, now)).await;
        let (laura, nora) = (app.agent("Laura", &[(stage.desk, Privilege::ALL)]).await, app.agent("Nora", &[(stage.desk, Privilege::ALL)]).await);
        // Of one of them the account ends, the other leaves the desk.
        let olga = app.agent("Olga", &[(stage.desk, Privilege::ALL)]).await;
        for agent in [&laura, &nora, &olga] {
            stage::join_group(&app, agent, stage.desk, "mesa").await;
        }
        let browser = app.browser();
        stage::open_ticket(&app, &browser, &stage::draft(ANA)).await;
        stage::ask(&browser, &stage::draft(ANA)).await;
        stage::open_ticket(&app, &app.browser(), &stage::draft(BEN)).await;
        stage::ask(&browser, &stage::draft_at(stage::SECOND_DESK, ANA)).await;
        let code_elsewhere = stage::last_code(&app, ANA).await;

        let (person, account) = (format!("/api/v1/people/{}", stage.ana), format!("/api/v1/agents/{}", nora.id));
        let out: Person = app.patch(&person).by(&laura).if_match(1).json(&json!({ "active": false })).send().await.expect(200).json();
        let admin = app.admin("Ada").await;
        app.patch(&account).by(&admin).json(&json!({ "active": false })).send().await.expect(200);
        let account = format!("/api/v1/agents/{}", olga.id);
        app.patch(&account).by(&admin).json(&json!({ "memberships": [] })).send().await.expect(200);

        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        assert_eq!(worker.run_once(now).await.unwrap().sent, 5);
        let sent = sink.mails();
        let to = |email: &str| sent.iter().filter(|mail| mail.to == [email]).count();
        assert_eq!((to(ANA), to(BEN), to(&email_of("Laura")), to(&email_of("Nora"))), (1, 2, 2, 0));
        assert_eq!(to(&email_of("Olga")), 0);
        assert!(texts(&sent).iter().any(|text| text.contains(&code_elsewhere)), "the other desk's code arrives");
        assert!(stage::codes(&app, ANA).await.iter().all(String::is_empty), "no code is kept of a mail that will not be sent");

        let told: Vec<(String, String, MailStatus)> = view(&app, &laura, "INF-1").await.timeline.into_iter().filter_map(|entry| match entry.body {
            TimelineBody::Mail { template, recipient, status, .. } => Some((template, recipient, status)),
            _ => None,
        }).collect();
        for (template, recipient, status) in [
            ("ticket_created", ANA.to_owned(), MailStatus::Withdrawn),
            ("new_ticket_to_group", email_of("Nora"), MailStatus::Withdrawn),
            ("new_ticket_to_group", email_of("Laura"), MailStatus::Sent),
        ] {
            assert!(told.contains(&(template.to_owned(), recipient, status)), "{template}: {told:?}");
        }

        // Who is let in again is told of what happens from then on.
        app.patch(&person).by(&laura).if_match(out.version).json(&json!({ "active": true })).send().await.expect(200);
        assert_eq!(worker.run_once(now + TimeDelta::days(1)).await.unwrap().sent, 0);
    }

    ///
    async fn a_restricted_ticket_is_told_to_nobody_who_may_not_see_it(app: TestApp) {
        let place = place(&app, "uspec").await;
        let rights: Vec<Privilege> = Privilege::ALL.iter().copied().filter(|right| right.as_str() != "restricted_read").collect();
        let laura = app.agent("Laura", &[(place.desk, &rights)]).await;
        stage::join_group(&app, &laura, place.desk, "mesa").await;
        let sofia = agent(&app, &place, "Sofia", "seguridad").await;
        let restricted = json!({ "category": "correo-electronico-correo-sospechoso", "request_type": "incident", "priority": "high" });
        let code = record(&app, &place, &laura, restricted).await;
        let open = record(&app, &place, &laura, json!({ "category": "licenciamiento-licencia-office", "priority": "high" })).await;
        app.advance(TimeDelta::days(20));
        for _ in 0..3 {
            sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        }
        assert!(mailed(&app, &email_of("Sofia")).await.contains(&"sla_breached"), "nobody was told of {code}");
        let seen = view(&app, &sofia, &code).await;
        assert!(seen.restricted && view(&app, &laura, &open).await.code == open);
        let to_laura = stage::mails(&app, &email_of("Laura")).await;
        assert!(to_laura.iter().any(|mail| mail.template() == "sla_breached"), "the coordinator is told of the rest");
        let leaked = to_laura.iter().any(|mail| serde_json::to_string(mail).unwrap().contains("ospechoso"));
        assert!(!leaked, "a restricted ticket was told to somebody outside of its group");
    }

    ///
    async fn every_member_reads_the_last_note_and_the_vendor_none_that_is_internal(app: TestApp) {
        let place = place(&app, "uspec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Lina", "mesa").await;
        let omar = agent(&app, &place, "Omar", "oficina_tecnologia").await;
        agent(&app, &place, "Vera", "proveedor").await;
        let code = record(&app, &place, &laura, json!({ "category": "licenciamiento-licencia-office", "priority": "medium" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "c1", "answer": true })).await.expect(200);
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "escalations", json!({ "level": 2, "group": "oficina_tecnologia", "assignee": omar.id, "justification": "Requiere la consola." })).await.expect(200);
        act(&app, &omar, &code, "causes", json!({ "cause": "Se agotaron las licencias." })).await.expect(200);
        act(&app, &omar, &code, "control-answers", json!({ "control": "c3", "answer": true })).await.expect(200);
        act(&app, &omar, &code, "messages", json!({ "visibility": "internal", "body": "La clave del servidor cambió." })).await.expect(201);
        act(&app, &omar, &code, "transitions", json!({ "command": "send_to_vendor", "vendor": "Licencias SAS", "justification": "Activar diez licencias." })).await.expect(200);
        assert_eq!(notes_of(stage::mails(&app, &email_of("Vera")).await), [(TeamNews::VendorAsked, None)]);
        let proof = upload(&app, &omar).await;
        act(&app, &omar, &code, "transitions", json!({ "command": "return_from_vendor", "note": "Entregó las licencias.", "attachments": [proof] })).await.expect(200);
        for member in ["Laura", "Lina"] {
            let told = notes_of(stage::mails(&app, &email_of(member)).await);
            let answered = told.into_iter().find(|(news, _)| *news == TeamNews::VendorAnswered).unwrap();
            assert_eq!(answered.1.as_deref(), Some("Entregó las licencias."), "{member}");
        }
    }

    /// R-203, I-18
    async fn the_vendor_gives_nothing_back_to_somebody_who_left(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let omar = agent(&app, &place, "Omar", "mesa").await;
        let vera = agent(&app, &place, "Vera", "proveedor").await;
        let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low" })).await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "send_to_vendor", "assignee": vera.id, "group": "proveedor" })).await.expect(200);
        dismiss(&app, laura.id).await;
        act(&app, &vera, &code, "transitions", json!({ "command": "return_from_vendor", "reason": "vendor_returned" })).await.expect(200);
        let seen = view(&app, &omar, &code).await;
        assert_eq!((seen.group.unwrap().id.as_str(), seen.assignee.map(|agent| agent.id)), ("mesa", None));
    }

    ///
    async fn approvers_read_the_desks_note_at_every_step_and_are_led_to_where_they_can_decide(app: TestApp) {
        let in_turn = |text: String| {
            let steps = "steps = [{ all_of = [\"oficina_riesgos\", \"coordinacion_infraestructura\"] }]";
            assert!(text.contains(steps));
            text.replace(steps, "steps = [{ all_of = [\"coordinacion_infraestructura\"] }, { all_of = [\"oficina_riesgos\"] }]")
        };
        let place = place_with(&app, "icetex", in_turn).await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let (now, desk) = (app.clock.now(), place.desk);
        for (name, email) in [("Rita Pardo", "rita@example.org"), ("Nora Gil", "nora@example.org"), ("Iván Paz", "ivan@example.org")] {
            app.seed(move |conn| stage::add_person(conn, desk, name, email, now)).await;
        }
        // Rita works elsewhere, Nora left, Iván works here.
        let elsewhere = stage::set(&app).await;
        app.agent("Rita", &[(elsewhere.desk, Privilege::ALL)]).await;
        let nora = app.agent("Nora", &[(place.desk, Privilege::ALL)]).await;
        dismiss(&app, nora.id).await;
        app.agent("Ivan", &[(place.desk, &[Privilege::PeopleManage])]).await;
        let holders = json!([{ "email": "rita@example.org" }, { "email": "nora@example.org" }, { "email": "ivan@example.org" }]);
        appoint(&app, &laura, "icetex", "oficina_riesgos", &holders).await.expect(200);

        let code = record(&app, &place, &laura, json!({ "category": "backup-carpetas", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "note": "Va el correo del jefe.", "attachments": [proof] })).await.expect(200);
        act(&app, &carlos, &code, "approval-decisions", json!({ "role": "coordinacion_infraestructura", "decision": "approved", "comment": "Solo por esta vez." })).await.expect(200);
        for (email, console) in [("rita@example.org", false), ("nora@example.org", false), ("ivan@example.org", true)] {
            let asked: Vec<_> = stage::mails(&app, email).await.into_iter().filter_map(|mail| match mail {
                Content::ApprovalRequested { note, in_console, .. } => Some((note, in_console)),
                _ => None,
            }).collect();
            assert_eq!(asked, [(Some("Va el correo del jefe.".to_owned()), console)], "{email}");
        }
    }

    /// R-219, I-12
    async fn who_asked_decides_nothing_even_when_shut_out_of_the_portal(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let (now, desk) = (app.clock.now(), place.desk);
        let (person, rita) = app.seed(move |conn| {
            Ok((stage::add_person(conn, desk, "Carlos", "carlos@example.org", now)?, stage::add_person(conn, desk, "Rita Pardo", "rita@example.org", now)?))
        }).await;
        assert_ne!(person, rita);
        appoint(&app, &laura, "icetex", "oficina_riesgos", &json!([{ "email": "rita@example.org" }])).await.expect(200);
        let other = agent(&app, &place, "Clara", "coordinacion_infraestructura").await;
        let code = record(&app, &place, &laura, json!({ "requester_email": "carlos@example.org", "category": "backup-carpetas", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);
        app.seed(move |conn| {
            use api::db::schema::people;
            diesel::update(people::table.find(person)).set(people::active.eq(false)).execute(conn)?;
            Ok(())
        }).await;
        let yes = json!({ "role": "coordinacion_infraestructura", "decision": "approved" });
        act(&app, &carlos, &code, "approval-decisions", yes.clone()).await.expect(403);
        act(&app, &other, &code, "approval-decisions", yes).await.expect(200);
    }

    ///
    async fn a_member_of_an_approver_group_decides_what_is_restricted(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = app.agent("Carlos", &[(place.desk, &[Privilege::TicketRead])]).await;
        stage::join_group(&app, &carlos, place.desk, "coordinacion_infraestructura").await;
        let (now, desk) = (app.clock.now(), place.desk);
        app.seed(move |conn| stage::add_person(conn, desk, "Rita Pardo", "rita@example.org", now)).await;
        appoint(&app, &laura, "icetex", "oficina_riesgos", &json!([{ "email": "rita@example.org" }])).await.expect(200);
        let code = record(&app, &place, &laura, json!({ "category": "backup-carpetas", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);
        act(&app, &laura, &code, "marks", json!({ "mark": "security", "on": true })).await.expect(200);
        let version = view(&app, &laura, &code).await.version;
        app.get(&format!("/api/v1/tickets/{code}")).by(&fresh(&app, &carlos).await).send().await.expect(404);
        let yes = json!({ "role": "coordinacion_infraestructura", "decision": "approved" });
        app.post(&format!("/api/v1/tickets/{code}/approval-decisions")).by(&fresh(&app, &carlos).await).if_match(version).json(&yes).send().await.expect(200);
    }

    /// I-17
    async fn a_duplicate_of_another_requester_stays_their_own(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let ticket = json!({ "category": "eset", "priority": "p3", "channel": "phone" });
        let of_ana = record(&app, &place, &laura, ticket.clone()).await;
        let mut of_ben = ticket.clone();
        of_ben["requester_email"] = json!(BEN);
        let of_ben = record(&app, &place, &laura, of_ben).await;
        let refused = act(&app, &laura, &of_ben, "merge", json!({ "into": of_ana })).await.problem(ProblemType::Validation);
        assert_eq!((refused.errors[0].pointer.as_str(), refused.errors[0].code.as_str()), ("/into", "other_requester"));
        act(&app, &laura, &of_ana, "relations", json!({ "children": [of_ben] })).await.expect(200);
        let token = session(&app, &place, place.ben).await;
        let mine: RequesterTicket = app.get(&format!("/api/v1/portal/tickets/{of_ben}")).bearer(&token).send().await.expect(200).json();
        assert_eq!((mine.status.id, mine.merged_into), (Status::New, None));
    }

    /// I-17
    async fn whoever_asked_twice_hears_which_code_goes_on_and_how_it_ends(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let ticket = json!({ "category": "eset", "priority": "p3", "channel": "phone" });
        let kept = record(&app, &place, &laura, ticket.clone()).await;
        let twin = record(&app, &place, &laura, ticket).await;
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        let received = async || {
            let before = sink.mails().len();
            worker.run_once(app.clock.now()).await.unwrap();
            let mails: Vec<_> = sink.mails().into_iter().skip(before).filter(|mail| mail.to == [ANA]).collect();
            texts(&mails)
        };
        received().await;
        act(&app, &laura, &twin, "merge", json!({ "into": kept })).await.expect(200);
        let told = received().await;
        assert_eq!(told.len(), 1, "{told:?}");
        for words in [format!("En {twin} usted pide lo mismo que en {kept}"), format!("/infortec/tickets/{kept}")] {
            assert!(told[0].contains(&words), "{}", told[0]);
        }
        let version = view(&app, &laura, &twin).await.version;
        app.delete(&format!("/api/v1/tickets/{twin}/merge")).by(&fresh(&app, &laura).await).if_match(version).send().await.expect(200);
        let told = received().await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(&format!("{twin} continúa con su propio código")) && told[0].contains(&format!("/infortec/tickets/{twin}")), "{}", told[0]);
        act(&app, &laura, &twin, "merge", json!({ "into": kept })).await.expect(200);
        received().await;
        act(&app, &laura, &kept, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &kept, "solutions", json!({ "solution": "Se renovaron las firmas." })).await.expect(200);
        let told = received().await;
        assert!(told.iter().any(|mail| mail.contains("Se renovaron las firmas.") && mail.contains(&kept)), "the solution reached nobody: {told:?}");
    }

    /// I-17
    async fn a_desk_says_in_its_own_words_and_to_whom_that_tickets_were_merged(app: TestApp) {
        let own = "[[notifications]]\nsend = \"merged\"\nto = [\"requester\", \"assignee\"]\nsubject = { es = \"Unimos {number}\", en = \"We merged {number}\" }\n\n[[notifications]]\nsend = \"unmerged\"\nto = [\"assignee\"]\n";
        let place = place_with(&app, "infortec", |text| format!("{text}\n{own}")).await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let omar = agent(&app, &place, "Omar", "mesa").await;
        let ticket = json!({ "category": "eset", "priority": "p3", "channel": "phone" });
        let kept = record(&app, &place, &laura, ticket.clone()).await;
        let twin = record(&app, &place, &laura, ticket).await;
        act(&app, &laura, &twin, "assignments", json!({ "assignee": omar.id })).await.expect(200);
        act(&app, &laura, &twin, "merge", json!({ "into": kept })).await.expect(200);
        let version = view(&app, &laura, &twin).await.version;
        app.delete(&format!("/api/v1/tickets/{twin}/merge")).by(&fresh(&app, &laura).await).if_match(version).send().await.expect(200);
        let of = |mails: &[&'static str]| mails.iter().copied().filter(|mail| mail.contains("merged")).collect::<Vec<_>>();
        assert_eq!(of(&mailed(&app, ANA).await), ["merged"]);
        assert_eq!(of(&mailed(&app, &email_of("Omar")).await), ["merged_to_team", "unmerged_to_team"]);
        let sink = SmtpSink::start(SinkTls::None).await;
        worker(&app, &sink).run_once(app.clock.now()).await.unwrap();
        let subjects: Vec<String> = sink.mails().iter().map(|mail| mail_parser::MessageParser::default().parse(&mail.data).unwrap().subject().unwrap().to_owned()).collect();
        assert!(subjects.contains(&format!("Unimos {twin}")), "{subjects:?}");
    }

    /// I-17, R-128
    async fn what_happens_after_the_end_does_not_move_it(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let ticket = json!({ "category": "eset", "priority": "p3", "channel": "phone" });
        let code = record(&app, &place, &laura, ticket.clone()).await;
        let twin = record(&app, &place, &laura, ticket).await;
        act(&app, &laura, &twin, "merge", json!({ "into": code })).await.expect(200);
        // Past its target, and nobody looks before somebody takes it.
        app.advance(TimeDelta::days(20));
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "solutions", json!({ "solution": "Listo." })).await.expect(200);
        let token = session(&app, &place, place.ana).await;
        let path = format!("/api/v1/portal/tickets/{code}");
        let mine: RequesterTicket = app.get(&path).bearer(&token).send().await.expect(200).json();
        let mine: RequesterTicket = app.post(&format!("{path}/acceptances")).bearer(&token).if_match(mine.version).json(&json!({})).send().await.expect(200).json();
        let mine: RequesterTicket = app.post(&format!("{path}/surveys")).bearer(&token).if_match(mine.version).json(&json!({ "stars": 5 })).send().await.expect(200).json();
        assert_eq!(mine.status.id, Status::Closed);
        let end = app.clock.now();
        assert_eq!(ended(&app, &code).await, (Some(end), end));
        app.advance(TimeDelta::days(1));
        sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        let noticed = view(&app, &laura, &code).await;
        assert!(noticed.version > mine.version, "no breach was noticed");
        assert_eq!(ended(&app, &code).await, (Some(end), end));
        let version = view(&app, &laura, &twin).await.version;
        app.delete(&format!("/api/v1/tickets/{twin}/merge")).by(&fresh(&app, &laura).await).if_match(version).send().await.expect(200);
        let released = view(&app, &laura, &code).await;
        assert!(released.version > noticed.version, "nothing happened to the closed ticket");
        assert_eq!((released.updated_at, ended(&app, &code).await), (end, (Some(end), end)));
    }

    async fn applying_what_is_installed_changes_nothing(app: TestApp) {
        use api::desks::apply::apply;
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("desks/infortec");
        let read = |name: &str| (name.to_owned(), std::fs::read_to_string(folder.join(name)).unwrap());
        let files = vec![read("desk.toml"), read("catalog.csv")];
        let mut other = files.clone();
        other[0].1 = other[0].1.replace("time_zone = \"America/Bogota\"", "time_zone = \"America/Lima\"");
        assert_ne!(files, other);
        let now = app.clock.now();
        let applied = app.seed(move |conn| {
            let (desk, _) = shared::desk::load::load(&files).unwrap();
            let (moved, _) = shared::desk::load::load(&other).unwrap();
            let mut reversed = files.clone();
            reversed.reverse();
            Ok([(&desk, &files), (&desk, &reversed), (&moved, &other)].map(|(desk, files)| {
                let applied = apply(conn, desk, files, "story", now).unwrap();
                (applied.version, applied.installed)
            }))
        }).await;
        assert_eq!(applied, [(1, true), (1, false), (2, true)]);
    }
}
