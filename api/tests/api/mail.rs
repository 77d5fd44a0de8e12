//! Mail from the commit to the mail server: at least once, in order, with one Message-ID, and readable.

use api::app::AppState;
use api::config::{PublicUrl, Secret, SmtpSettings, SmtpTls};
use api::db::schema::{desks, outbox, people, tickets};
use api::db::{DbConnection, Ts};
use api::http::ApiError;
use api::mail::render::{self, MailText, Source};
use api::mail::transport::Transport;
use api::mail::{
    CodePurpose, Content, DeskVoice, MailPayload, OwnWords, TeamNews, TicketFacts, TicketRef, Tone,
};
use api::outbox::store::{
    self, Claimed, Enqueued, MailRecord, MailRow, MailStatus, Marked, NewMail, Outcome,
};
use api::outbox::worker::{LEASE, Round, Worker};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use mail_parser::{HeaderName, MessageParser};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use shared::api::mailbox::{LocalMail, LocalMailRow};
use shared::api::page::Page;
use shared::i18n::Lang;
use shared::sla::policy::ClockKind;
use shared::ticket::status::RequestType;
use shared::ticket::text::EmailAddress;

use crate::harness::{TestApp, start_of_story};
use crate::smtp_sink::{Fault, ReceivedMail, SinkTls, SmtpSink};

fn voice() -> DeskVoice {
    DeskVoice {
        slug: "soporte".to_owned(),
        name: "Mesa de Ayuda Ñandú".to_owned(),
        tone: Tone::Usted,
        ticket_word: "ticket".to_owned(),
        category_word: "Categoría".to_owned(),
        priority_word: "Prioridad".to_owned(),
        accent: Some("#0b6275".to_owned()),
        reply_to: None,
        support_line: Some("601 555 0100".to_owned()),
        time_zone: "America/Bogota".to_owned(),
    }
}

fn ticket() -> TicketRef {
    TicketRef {
        code: "SOP-1042".to_owned(),
        subject: "La impresora del piso 3 no enciende".to_owned(),
    }
}

fn facts() -> TicketFacts {
    TicketFacts {
        request_type: RequestType::Incident,
        type_label: "Incidente".to_owned(),
        requester: "Ana María Rojas".to_owned(),
        requester_email: Some("ana.rojas@example.org".to_owned()),
        requester_phone: Some("601 555 0101".to_owned()),
        extension: Some("4512".to_owned()),
        organization: Some("Alcaldía de Ejemplo".to_owned()),
        site: Some("Sede Centro".to_owned()),
        department: Some("Secretaría de Hacienda".to_owned()),
        category: "Impresión > Impresoras".to_owned(),
        status: "En proceso".to_owned(),
        priority: "Alta".to_owned(),
        opened_at: start_of_story(),
        attention_due_at: None,
        solution_due_at: Some(start_of_story() + TimeDelta::hours(8)),
        last_note: Some("Se revisó el cable de poder.".to_owned()),
        detail: "Desde ayer no enciende.\nYa cambié el tóner.".to_owned(),
    }
}

fn code_mail(expires_at: DateTime<Utc>) -> Content {
    Content::Code {
        code: "ABCD-EFGH".to_owned(),
        purpose: CodePurpose::NewTicket,
        expires_at,
        valid_minutes: 10,
    }
}

fn message(text: &str) -> Content {
    Content::MessageToRequester {
        author: "Benito Núñez".to_owned(),
        message: text.to_owned(),
        attachments: vec![],
    }
}

fn about_ticket(content: Content) -> MailPayload {
    MailPayload {
        desk: voice(),
        ticket: Some(ticket()),
        own: None,
        content,
    }
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// A desk with one ticket of one person, made behind the API's back.
async fn ticket_in(app: &TestApp) -> i64 {
    ticket_numbered(app, 1042).await
}

async fn ticket_numbered(app: &TestApp, number: i64) -> i64 {
    let now = Ts::new(app.clock.now());
    app.seed(move |conn| {
        let desk = (
            desks::slug.eq(format!("soporte-{number}")),
            desks::active_version.eq(1),
            desks::created_at.eq(now),
        );
        let desk_id: i64 = diesel::insert_into(desks::table)
            .values(desk)
            .returning(desks::id)
            .get_result(conn)?;
        let person = (
            people::desk_id.eq(desk_id),
            people::full_name.eq("Ana María Rojas"),
            people::email.eq(format!("ana-{number}@example.org")),
            people::phone.eq("601 555 0101"),
            people::language.eq("es"),
            people::search_key.eq("ana"),
            people::active.eq(true),
            people::version.eq(1),
            people::epoch.eq(0),
            people::created_at.eq(now),
            people::updated_at.eq(now),
        );
        let person_id: i64 = diesel::insert_into(people::table)
            .values(person)
            .returning(people::id)
            .get_result(conn)?;
        let what = (
            tickets::desk_id.eq(desk_id),
            tickets::number.eq(number),
            tickets::code.eq(format!("SOP-{number}")),
            tickets::desk_version.eq(1),
            tickets::request_type.eq("incident"),
            tickets::category.eq("printers"),
            tickets::priority.eq("p2"),
            tickets::priority_rank.eq(2),
            tickets::level.eq(1),
            tickets::requester_id.eq(person_id),
            tickets::channel.eq("portal"),
            tickets::subject.eq("La impresora no enciende"),
            tickets::search_key.eq("impresora"),
        );
        let how = (
            tickets::status.eq("new"),
            tickets::open.eq(true),
            tickets::version.eq(1),
            tickets::last_seq.eq(1),
            tickets::created_at.eq(now),
            tickets::updated_at.eq(now),
            tickets::due_sort.eq(now),
            tickets::due_clock.eq("none"),
            tickets::clock_status.eq("none"),
            tickets::awaits_reply.eq(true),
            tickets::state.eq("{}"),
            tickets::head_hash.eq(vec![0u8; 32]),
        );
        Ok(diesel::insert_into(tickets::table)
            .values((what, how))
            .returning(tickets::id)
            .get_result(conn)?)
    })
    .await
}

/// A mail about a ticket, not yet enqueued.
fn mail(ticket_id: Option<i64>, to: &str, cause: &str, content: Content) -> NewMail {
    NewMail {
        desk_id: 1,
        ticket_id,
        event_seq: Some(1),
        recipient: address(to),
        language: Lang::Es,
        payload: about_ticket(content),
        cause: cause.to_owned(),
    }
}

async fn enqueue(app: &TestApp, mail: NewMail) -> Enqueued {
    let now = app.clock.now();
    app.seed(move |conn| Ok(store::enqueue(conn, now, mail)?))
        .await
}

async fn record(app: &TestApp, ticket_id: i64) -> Vec<MailRecord> {
    app.seed(move |conn| Ok(store::list_of_ticket(conn, ticket_id)?))
        .await
}

fn smtp_settings(sink: &SmtpSink, tls: SmtpTls) -> SmtpSettings {
    SmtpSettings {
        host: "localhost".to_owned(),
        port: sink.port(),
        tls,
        user: None,
        password: None,
        from: "Correo <correo@mesa.example.org>".to_owned(),
        ca_file: None,
    }
}

/// A worker that sends to the sink without protection, as to a relay on the same machine.
pub fn worker(app: &TestApp, sink: &SmtpSink) -> Worker {
    worker_with(&app.state, smtp_settings(sink, SmtpTls::None))
}

fn worker_with(state: &AppState, smtp: SmtpSettings) -> Worker {
    let mut settings = (*state.settings).clone();
    settings.smtp = Some(smtp);
    let transport = Transport::new(&settings, &state.db).unwrap();
    Worker::new(state.db.clone(), transport, settings.public_url)
}

async fn run(worker: &Worker, app: &TestApp) -> Round {
    worker.run_once(app.clock.now()).await.unwrap()
}

pub fn texts(mails: &[ReceivedMail]) -> Vec<String> {
    let text = |mail: &ReceivedMail| {
        MessageParser::default()
            .parse(&mail.data)
            .unwrap()
            .body_text(0)
            .unwrap()
            .into_owned()
    };
    mails.iter().map(text).collect()
}

both! {
    async fn a_mail_arrives_with_its_letters_its_ids_and_both_its_parts(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::Starttls).await;
        let ca_file = app.folder().join("ca.pem");
        std::fs::write(&ca_file, sink.ca_pem()).unwrap();
        let worker = worker_with(&app.state, SmtpSettings { ca_file: Some(ca_file), ..smtp_settings(&sink, SmtpTls::Starttls) });
        let ticket_id = ticket_in(&app).await;
        let text = "Buenos días, ¿el pingüino está en el baño?\n.\n..dos puntos\nFin.";
        enqueue(&app, mail(Some(ticket_id), "ana.rojas@example.org", "event:1", message(text))).await;

        assert_eq!(run(&worker, &app).await, Round { sent: 1, ..Round::default() });

        let received = sink.mails().remove(0);
        assert!(received.protected);
        assert_eq!(received.from, "correo@mesa.example.org");
        assert_eq!(received.to, ["ana.rojas@example.org"]);
        let parsed = MessageParser::default().parse(&received.data).unwrap();
        let from = parsed.from().unwrap().first().unwrap();
        assert_eq!((from.name(), from.address()), (Some("Mesa de Ayuda Ñandú"), Some("correo@mesa.example.org")));
        assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some("ana.rojas@example.org"));
        assert_eq!(parsed.subject(), Some("[SOP-1042] Hay un mensaje sobre su ticket: La impresora del piso 3 no enciende"));
        assert_eq!(parsed.date().unwrap().to_timestamp(), start_of_story().timestamp());
        assert!(parsed.message_id().unwrap().starts_with("message_to_requester."));
        assert_eq!(parsed.references().as_text(), Some("ticket.SOP-1042@127.0.0.1"));
        assert_eq!(parsed.in_reply_to().as_text(), Some("ticket.SOP-1042@127.0.0.1"));
        assert_eq!(received.header("auto-submitted"), "auto-generated");
        assert_eq!(received.header("x-auto-response-suppress"), "All");
        assert_eq!(received.text().matches("Content-Type: multipart/alternative").count(), 1);
        let plain = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        let html = parsed.body_html(0).unwrap();
        assert!(plain.contains("  Buenos días, ¿el pingüino está en el baño?\n  .\n  ..dos puntos\n  Fin."), "{plain}");
        assert!(html.contains("Buenos días, ¿el pingüino está en el baño?<br>"), "{html}");
        let link = format!("{}/soporte/tickets/SOP-1042", app.url);
        assert!(plain.contains(&link) && html.contains(&format!("href=\"{link}\"")));
    }

    async fn tls_from_the_first_byte_and_a_sign_in_work(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::Implicit).await;
        sink.require("mesa", "ábrete sésamo");
        let ca_file = app.folder().join("ca.pem");
        std::fs::write(&ca_file, sink.ca_pem()).unwrap();
        let settings = SmtpSettings {
            ca_file: Some(ca_file),
            user: Some("mesa".to_owned()),
            password: Some(Secret::new("ábrete sésamo")),
            ..smtp_settings(&sink, SmtpTls::Implicit)
        };
        enqueue(&app, mail(None, "ana.rojas@example.org", "event:1", message("hola"))).await;
        let wrong = SmtpSettings { password: Some(Secret::new("otra")), ..settings.clone() };

        assert_eq!(run(&worker_with(&app.state, wrong), &app).await.retried, 1, "a wrong password must not bury mail");

        app.advance(TimeDelta::minutes(1));
        assert_eq!(run(&worker_with(&app.state, settings), &app).await.sent, 1);
        assert_eq!(sink.mails()[0].user.as_deref(), Some("mesa"));
    }

    async fn a_server_that_nobody_vouches_for_gets_no_mail(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::Starttls).await;
        let ticket_id = ticket_in(&app).await;
        enqueue(&app, mail(Some(ticket_id), "ana.rojas@example.org", "event:1", message("hola"))).await;
        let worker = worker_with(&app.state, smtp_settings(&sink, SmtpTls::Starttls));
        assert_eq!(run(&worker, &app).await.retried, 1);
        assert!(sink.mails().is_empty());
        let record = record(&app, ticket_id).await;
        assert_eq!((record[0].status, record[0].attempts), (MailStatus::Pending, 1));
        assert!(record[0].last_error.is_some());
    }

    async fn a_mail_that_is_refused_for_now_comes_back_later_and_later_with_the_same_id(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        let ticket_id = ticket_in(&app).await;
        enqueue(&app, mail(Some(ticket_id), "ana.rojas@example.org", "event:1", message("hola"))).await;
        sink.script([Fault::Recipient(450), Fault::Content(451), Fault::Recipient(421)]);
        for (wait, most) in [(10, 12), (20, 24), (40, 48)] {
            assert_eq!(run(&worker, &app).await, Round { retried: 1, ..Round::default() });
            app.advance(TimeDelta::seconds(wait - 1));
            assert_eq!(run(&worker, &app).await, Round::default(), "not before {wait} seconds");
            app.advance(TimeDelta::seconds(most - wait + 1));
        }
        let waiting = record(&app, ticket_id).await.remove(0);
        assert_eq!((waiting.status, waiting.attempts), (MailStatus::Pending, 3));
        assert!(waiting.last_error.unwrap().contains("refused by the script"));

        assert_eq!(run(&worker, &app).await.sent, 1);
        let sent = record(&app, ticket_id).await.remove(0);
        assert_eq!((sent.status, sent.attempts, sent.last_error), (MailStatus::Sent, 4, None));
        assert_eq!(sent.sent_at, Some(app.clock.now()));
        assert_eq!(sink.mails().len(), 1);
    }

    async fn a_mail_that_will_never_be_taken_is_given_up_and_the_ticket_says_so(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        let ticket_id = ticket_in(&app).await;
        enqueue(&app, mail(Some(ticket_id), "nadie@example.org", "event:1", message("hola"))).await;
        sink.script([Fault::Recipient(550)]);
        assert_eq!(run(&worker, &app).await, Round { failed: 1, ..Round::default() });
        app.advance(TimeDelta::days(1));
        assert_eq!(run(&worker, &app).await, Round::default());
        let failed = record(&app, ticket_id).await.remove(0);
        assert_eq!((failed.status, failed.sent_at, failed.template.as_str()), (MailStatus::Failed, None, "message_to_requester"));
        assert_eq!(failed.recipient, "nadie@example.org");
        assert!(failed.last_error.unwrap().contains("550"));
    }

    async fn a_line_cut_after_the_content_gives_one_double_with_the_same_id(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        enqueue(&app, mail(None, "ana.rojas@example.org", "event:1", message("uno"))).await;
        sink.script([Fault::CutAfterData]);
        assert_eq!(run(&worker, &app).await.retried, 1);
        app.advance(TimeDelta::minutes(1));
        assert_eq!(run(&worker, &app).await.sent, 1);
        app.advance(TimeDelta::minutes(10));
        assert_eq!(run(&worker, &app).await, Round::default());
        let mails = sink.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0].header("message-id"), mails[1].header("message-id"));
        assert_eq!(mails[0].header("date"), mails[1].header("date"));

        enqueue(&app, mail(None, "ana.rojas@example.org", "event:2", message("dos"))).await;
        sink.script([Fault::CutBeforeData]);
        assert_eq!(run(&worker, &app).await.retried, 1);
        app.advance(TimeDelta::minutes(1));
        assert_eq!(run(&worker, &app).await.sent, 1);
        assert_eq!(sink.mails().len(), 3);
    }

    async fn mails_of_one_ticket_to_one_person_keep_their_order_and_hold_up_nobody_else(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        let (one, other) = (ticket_in(&app).await, ticket_numbered(&app, 1043).await);
        let first = |number: u32| mail(Some(one), "ana.rojas@example.org", &format!("event:{number}"), message(&format!("primero {number}")));
        sink.script([Fault::Content(451)]);
        enqueue(&app, first(1)).await;
        assert_eq!(run(&worker, &app).await, Round { retried: 1, ..Round::default() });
        for number in 2..=6 {
            enqueue(&app, first(number)).await;
        }
        enqueue(&app, mail(Some(one), "ben@example.org", "event:1", message("a ben"))).await;
        enqueue(&app, mail(Some(other), "ana.rojas@example.org", "other:1", message("otro ticket"))).await;
        assert_eq!(run(&worker, &app).await, Round { sent: 2, ..Round::default() }, "the others do not wait for the stuck one");
        app.advance(TimeDelta::minutes(1));
        assert_eq!(run(&worker, &app).await.sent, 6);
        let numbers: Vec<String> = texts(&sink.mails()).iter().filter_map(|text| Some(text.split("primero ").nth(1)?.chars().next()?.to_string())).collect();
        assert_eq!(numbers, ["1", "2", "3", "4", "5", "6"]);
    }

    async fn two_workers_at_once_send_everything_once(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        for number in 0..40 {
            enqueue(&app, mail(None, "ana.rojas@example.org", &format!("event:{number}"), message("hola"))).await;
        }
        let workers = [worker(&app, &sink), worker(&app, &sink), worker(&app, &sink)];
        let rounds = futures_util::future::join_all(workers.iter().map(|worker| run(worker, &app))).await;
        assert_eq!(rounds.iter().map(|round| round.sent).sum::<usize>(), 40);
        assert_eq!(rounds.iter().map(|round| round.lost + round.retried + round.failed).sum::<usize>(), 0);
        let mut ids: Vec<String> = sink.mails().iter().map(|mail| mail.header("message-id")).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((sink.mails().len(), ids.len()), (40, 40));
        assert!(sink.connections() <= 12, "{} connections: each worker keeps four", sink.connections());
    }

    async fn a_crash_between_sending_and_noting_sends_again_with_the_same_id(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let ticket_id = ticket_in(&app).await;
        enqueue(&app, mail(Some(ticket_id), "ana.rojas@example.org", "event:1", message("hola"))).await;
        // The worker that dies: it claims and sends, and is never heard of again.
        let now = app.clock.now();
        let claimed = app.seed(move |conn| Ok(store::claim(conn, now, now + LEASE, 10)?)).await.remove(0);
        let payload: MailPayload = serde_json::from_str(&claimed.payload).unwrap();
        let recipient = address(&claimed.recipient);
        let source = Source { recipient: &recipient, lang: Lang::Es, payload: &payload, message_id: &claimed.message_id, written_at: now };
        let outgoing = render::outgoing(source, &app.state.settings.public_url).unwrap();
        let mut settings = (*app.state.settings).clone();
        settings.smtp = Some(smtp_settings(&sink, SmtpTls::None));
        Transport::new(&settings, &app.state.db).unwrap().deliver(&outgoing, now).await.unwrap();

        let worker = worker(&app, &sink);
        assert_eq!(run(&worker, &app).await, Round::default(), "the lease still stands");
        app.advance(LEASE + TimeDelta::seconds(1));
        assert_eq!(run(&worker, &app).await.sent, 1);
        let mails = sink.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0].header("message-id"), mails[1].header("message-id"));

        // The dead one wakes up: its note no longer counts.
        let late = Outcome::Failed { error: "late".to_owned() };
        let marked = app.seed(move |conn| Ok(store::mark(conn, now, &claimed, &late)?)).await;
        assert_eq!(marked, Marked::LeaseLost);
        assert_eq!(record(&app, ticket_id).await[0].status, MailStatus::Sent);
    }

    //
    async fn a_withdrawn_mail_leaves_no_more_and_one_under_way_says_what_became_of_it(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        let ticket_id = ticket_in(&app).await;
        let ana = "ana.rojas@example.org";
        let now = app.clock.now();
        let claim = async || app.seed(move |conn| Ok(store::claim(conn, now, now + LEASE, 1)?)).await.remove(0);
        let withdraw = async || app.seed(move |conn| {
            Ok(store::withdraw(conn, ana, |desk_id, content| desk_id == 1 && !content.is_for_team())?)
        }).await;
        let note = async |claimed: &Claimed, outcome: Outcome| {
            let claimed = claimed.clone();
            app.seed(move |conn| Ok(store::mark(conn, now, &claimed, &outcome)?)).await
        };
        enqueue(&app, mail(Some(ticket_id), ana, "event:1", message("tomado"))).await;
        let taken = claim().await;
        enqueue(&app, mail(Some(ticket_id), ana, "event:2", message("en espera"))).await;
        enqueue(&app, mail(Some(ticket_id), "ben@example.org", "event:2", message("a ben"))).await;
        let to_team = Content::RejectedToTeam { author: "Ben Luna".to_owned(), reason: "Sigue igual.".to_owned() };
        enqueue(&app, mail(None, ana, "event:3", to_team)).await;
        enqueue(&app, NewMail { desk_id: 2, ..mail(None, ana, "event:4", message("de otra mesa")) }).await;
        assert_eq!(withdraw().await, 2);
        assert_eq!(run(&worker, &app).await, Round { sent: 3, ..Round::default() });

        enqueue(&app, mail(None, ana, "event:5", message("rechazado"))).await;
        let refused = claim().await;
        assert_eq!(withdraw().await, 1);
        let retry = Outcome::Retry { at: now, error: "451 later".to_owned() };
        assert_eq!(note(&refused, retry).await, Marked::LeaseLost, "nobody tries it again");
        assert_eq!(run(&worker, &app).await, Round::default());
        assert_eq!(withdraw().await, 0);

        let states = async || record(&app, ticket_id).await.into_iter().map(|mail| (mail.status, mail.last_error.is_some())).collect::<Vec<_>>();
        assert_eq!(states().await, [(MailStatus::Failed, true), (MailStatus::Failed, true), (MailStatus::Sent, false)]);
        // The server took the first one before it could be called back.
        assert_eq!(note(&taken, Outcome::Sent).await, Marked::Written);
        assert_eq!(states().await, [(MailStatus::Sent, false), (MailStatus::Failed, true), (MailStatus::Sent, false)]);
    }

    async fn the_same_occasion_is_mailed_once_to_each_person(app: TestApp) {
        let ticket_id = ticket_in(&app).await;
        let to = |address: &str| mail(Some(ticket_id), address, "event:5", message("hola"));
        assert_eq!(enqueue(&app, to("ana.rojas@example.org")).await, Enqueued::New);
        assert_eq!(enqueue(&app, to("Ana.Rojas@example.org")).await, Enqueued::AlreadyThere);
        assert_eq!(enqueue(&app, to("ben@example.org")).await, Enqueued::New);
        let solved = Content::Solved { solution: "Listo".to_owned(), attachments: vec![], closes_at: None, by_survey: false };
        assert_eq!(enqueue(&app, mail(Some(ticket_id), "ana.rojas@example.org", "event:5", solved)).await, Enqueued::New);
        assert_eq!(record(&app, ticket_id).await.len(), 3);
    }

    async fn all_mails_of_a_command_are_enqueued_whatever_their_number_and_each_once(app: TestApp) {
        let ticket_id = ticket_in(&app).await;
        let now = app.clock.now();
        let to = |person: usize| mail(Some(ticket_id), &format!("persona{person}@example.org"), "event:5", message("hola"));
        // One, two, three and four rows together, and more than are written together; their order stays.
        let mut expected: Vec<String> = Vec::new();
        for (first, last) in [(0, 0), (1, 2), (3, 5), (6, 9), (10, 18)] {
            let mails: Vec<MailRow> = (first..=last).map(|person| MailRow::of(to(person), now)).collect();
            app.seed(move |conn| Ok(store::insert_all(conn, &mails)?)).await;
            expected.extend((first..=last).map(|person| format!("persona{person}@example.org")));
            let found: Vec<String> = record(&app, ticket_id).await.into_iter().map(|one| one.recipient).collect();
            assert_eq!(found, expected);
        }
        // What was enqueued before is there already; the others are not lost with it.
        let mails = [0, 19, 19].map(|person| MailRow::of(to(person), now));
        app.seed(move |conn| Ok(store::insert_all(conn, &mails)?)).await;
        assert_eq!(record(&app, ticket_id).await.len(), 20);
        app.seed(move |conn| Ok(store::insert_all(conn, &[])?)).await;
        assert_eq!(record(&app, ticket_id).await.len(), 20);
    }

    async fn a_change_that_is_rolled_back_mails_nothing(app: TestApp) {
        let now = app.clock.now();
        let undone: Result<(), ApiError> = app
            .state
            .db
            .write(move |conn: &mut DbConnection| {
                store::enqueue(conn, now, mail(None, "ana.rojas@example.org", "event:1", message("hola")))?;
                Err(ApiError::not_found())
            })
            .await;
        assert!(undone.is_err());
        let sink = SmtpSink::start(SinkTls::None).await;
        assert_eq!(run(&worker(&app, &sink), &app).await, Round::default());
    }

    /// Rows are kept for the history, so looking for what is due must not walk through all of them.
    async fn what_is_due_is_found_by_its_index(app: TestApp) {
        #[derive(diesel::QueryableByName)]
        struct Scans {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            due: i64,
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            withheld: i64,
        }
        let now = app.clock.now();
        app.seed(move |conn| {
            if !conn.is_postgres() {
                return Ok(());
            }
            store::claim(conn, now, now + LEASE, 10)?;
            store::forget_withheld(conn, now)?;
            let scans = "SELECT pg_stat_get_xact_numscans('outbox_due'::regclass) AS due, \
                         pg_stat_get_xact_numscans('outbox_withheld'::regclass) AS withheld";
            let scans: Scans = diesel::sql_query(scans).get_result(conn)?;
            assert!(scans.due >= 1 && scans.withheld >= 1, "{} and {}", scans.due, scans.withheld);
            Ok(())
        })
        .await;
    }

    async fn a_code_leaves_the_outbox_with_its_mail_and_is_not_sent_late(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        let expires_at = app.clock.now() + TimeDelta::minutes(10);
        let mut with_code = mail(None, "ana.rojas@example.org", "challenge:1", code_mail(expires_at));
        with_code.payload.ticket = None;
        enqueue(&app, with_code.clone()).await;
        assert_eq!(run(&worker, &app).await.sent, 1);
        let text = texts(&sink.mails()).remove(0);
        assert!(text.contains("ABCD-EFGH") && text.contains("10 minutos") && text.contains("9:10"), "{text}");
        let payloads: Vec<String> = app.seed(|conn| Ok(outbox::table.select(outbox::payload).load(conn)?)).await;
        assert!(payloads.iter().all(|payload| !payload.contains("ABCD")));

        with_code.cause = "challenge:2".to_owned();
        enqueue(&app, with_code).await;
        app.advance(TimeDelta::minutes(10));
        assert_eq!(run(&worker, &app).await.failed, 1);
        assert_eq!(sink.mails().len(), 1);
    }

    async fn an_outage_of_an_hour_loses_nothing_and_is_over_minutes_after_it(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        let (one, other) = (ticket_in(&app).await, ticket_numbered(&app, 1043).await);
        sink.shut(true);
        for minute in 0..60 {
            let ticket_id = if minute % 2 == 0 { one } else { other };
            enqueue(&app, mail(Some(ticket_id), "ana.rojas@example.org", &format!("event:{minute}"), message(&format!("número {minute:02}")))).await;
            enqueue(&app, mail(None, "ben@example.org", &format!("event:{minute}"), message("hola"))).await;
            assert_eq!(run(&worker, &app).await.sent, 0);
            app.advance(TimeDelta::minutes(1));
        }
        sink.shut(false);
        for _ in 0..5 {
            run(&worker, &app).await;
            app.advance(TimeDelta::minutes(1));
        }
        let mails = sink.mails();
        assert_eq!(mails.len(), 120);
        for rest in [0, 1] {
            let numbers: Vec<u32> = texts(&mails)
                .iter()
                .filter_map(|text| text.split("número ").nth(1)?.get(..2)?.parse().ok())
                .filter(|number| number % 2 == rest)
                .collect();
            assert!(numbers.len() == 30 && numbers.is_sorted(), "{numbers:?}");
        }
    }

    async fn refusals_for_an_hour_end_with_the_first_mail_that_gets_through(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        for number in 0..10 {
            enqueue(&app, mail(None, "ana.rojas@example.org", &format!("event:{number}"), message("hola"))).await;
        }
        sink.script(std::iter::repeat_n(Fault::Content(451), 10 * 60));
        for _ in 0..60 {
            run(&worker, &app).await;
            app.advance(TimeDelta::minutes(1));
        }
        assert!(sink.mails().is_empty());
        sink.forget_script();
        enqueue(&app, mail(None, "ana.rojas@example.org", "event:new", message("hola"))).await;
        run(&worker, &app).await;
        app.advance(TimeDelta::seconds(1));
        run(&worker, &app).await;
        assert_eq!(sink.mails().len(), 11);
    }

    async fn the_worker_wakes_on_a_commit_and_finishes_what_is_under_way_before_it_stops(app: TestApp) {
        let sink = SmtpSink::start(SinkTls::None).await;
        let worker = worker(&app, &sink);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (clock, wake) = (app.clock.clone(), app.state.wake.clone());
        let running = tokio::spawn(async move {
            worker.run(clock, wake, async { stopped.await.unwrap_or_default() }).await;
        });
        let ticket_id = ticket_in(&app).await;
        sink.script([Fault::Hold]);
        enqueue(&app, mail(Some(ticket_id), "ana.rojas@example.org", "event:1", message("uno"))).await;
        app.state.wake.wake();
        sink.wait_for(1).await;
        stop.send(()).unwrap();
        sink.release();
        running.await.unwrap();
        assert_eq!(record(&app, ticket_id).await[0].status, MailStatus::Sent);
    }

    async fn without_a_mail_server_mail_waits_in_the_local_mailbox(app: TestApp) {
        let worker = Worker::of(&app.state).unwrap();
        enqueue(&app, mail(None, "ana.rojas@example.org", "event:1", message("¿Sí <b>señor</b>?"))).await;
        assert_eq!(run(&worker, &app).await.sent, 1);
        assert_eq!(run(&worker, &app).await, Round::default());

        let page: Page<LocalMailRow> = app.get("/api/v1/mailbox/messages").send().await.expect(200).json();
        assert_eq!(page.items.len(), 1);
        let row = &page.items[0];
        assert_eq!((row.to.as_str(), row.sent_at), ("ana.rojas@example.org", app.clock.now()));
        let mail: LocalMail = app.get(&format!("/api/v1/mailbox/messages/{}", row.id)).send().await.expect(200).json();
        assert!(mail.text.contains("¿Sí <b>señor</b>?") && mail.html.contains("¿Sí &lt;b&gt;señor&lt;/b&gt;?"));
        assert_eq!(mail.from, "Mesa de Ayuda Ñandú <atiende@127.0.0.1>");
        app.get("/api/v1/mailbox/messages/999").send().await.expect(404);

        let list = app.get("/mailbox").send().await.expect(200);
        assert_eq!(list.header("refresh"), Some("5"));
        assert!(list.text().contains(&format!("href=\"/mailbox/{}\"", row.id)));
        let page = app.get(&format!("/mailbox/{}", row.id)).send().await.expect(200).text();
        let link = format!("{}/soporte/tickets/SOP-1042", app.url);
        assert!(page.contains(&format!("<a href=\"{link}\">")) && !page.contains("<b>"), "{page}");
        let rendition = app.get(&format!("/mailbox/{}/html", row.id)).send().await.expect(200);
        assert_eq!(rendition.header("x-frame-options"), Some("SAMEORIGIN"));
        assert!(rendition.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert!(rendition.text().contains("<base target=\"_top\">") && rendition.text().contains(&format!("href=\"{link}\"")));
        assert_eq!(app.get("/mailbox/999").send().await.status, 404);
    }

    async fn the_local_mailbox_is_for_the_machine_itself_and_for_administrators(app: TestApp) {
        let admin = app.admin("Ada").await;
        let agent = app.agent("Ben", &[]).await;
        for path in ["/api/v1/mailbox/messages", "/api/v1/mailbox/messages/1", "/mailbox", "/mailbox/1", "/mailbox/1/html"] {
            for (header, value) in [("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1"), ("x-real-ip", "127.0.0.1"), ("via", "1.1 proxy")] {
                app.get(path).header(header, value).send().await.expect(401);
                app.get(path).header(header, value).by(&agent).send().await.expect(403);
            }
            let status = app.get(path).header("x-forwarded-for", "203.0.113.9").by(&admin).send().await.status;
            assert!(status == 200 || (status == 404 && path.contains('1')), "{path}: {status}");
        }
    }
}

#[tokio::test]
async fn a_proxy_on_the_same_machine_does_not_open_the_local_mailbox() {
    let app = TestApp::with_settings(|settings| {
        settings.public_url = PublicUrl::parse("https://help.example.org").unwrap();
    })
    .await;
    let admin = app.admin("Ada").await;
    for host in ["help.example.org", "localhost"] {
        for path in ["/api/v1/mailbox/messages", "/mailbox"] {
            app.get(path).header("host", host).send().await.expect(401);
            app.get(path)
                .header("host", host)
                .by(&admin)
                .send()
                .await
                .expect(200);
        }
    }
}

#[tokio::test]
async fn a_name_that_was_made_to_point_here_does_not_open_the_local_mailbox() {
    let app =
        TestApp::with_settings(|settings| settings.allowed_hosts = vec!["evil.example.net".into()])
            .await;
    for host in [
        "localhost",
        "LOCALHOST:8080",
        "127.0.0.1",
        "127.8.9.1:80",
        "[::1]:8080",
    ] {
        app.get("/mailbox")
            .header("host", host)
            .send()
            .await
            .expect(200);
    }
    app.get("/mailbox")
        .header("host", "evil.example.net")
        .send()
        .await
        .expect(401);
}

#[tokio::test]
async fn with_a_mail_server_there_is_no_local_mailbox() {
    let sink = SmtpSink::start(SinkTls::None).await;
    let smtp = smtp_settings(&sink, SmtpTls::None);
    let app = TestApp::with_settings(|settings| settings.smtp = Some(smtp)).await;
    let admin = app.admin("Ada").await;
    for path in [
        "/api/v1/mailbox/messages",
        "/api/v1/mailbox/messages/1",
        "/mailbox",
        "/mailbox/1",
        "/mailbox/1/html",
    ] {
        app.get(path).by(&admin).send().await.expect(404);
    }
}

#[tokio::test]
async fn mail_to_another_machine_needs_tls() {
    let sink = SmtpSink::start(SinkTls::None).await;
    let app = TestApp::sqlite().await;
    let mut settings = (*app.state.settings).clone();
    settings.smtp = Some(SmtpSettings {
        host: "mail.example.org".to_owned(),
        ..smtp_settings(&sink, SmtpTls::None)
    });
    assert!(Transport::new(&settings, &app.state.db).is_err());
}

fn public_url() -> PublicUrl {
    PublicUrl::parse("https://help.example.org").unwrap()
}

fn written(content: Content, lang: Lang, tone: Tone) -> MailText {
    let desk = DeskVoice { tone, ..voice() };
    render::render(
        &MailPayload {
            desk,
            ticket: Some(ticket()),
            own: None,
            content,
        },
        lang,
        &public_url(),
    )
    .unwrap()
}

/// Each piece must be in the subject or in the plain part, where lines are joined, and in the HTML part.
#[track_caller]
fn says(text: &MailText, pieces: &[&str]) {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (plain, html) = (flat(&text.text), flat(&text.html));
    for piece in pieces {
        assert!(
            text.subject.contains(piece) || plain.contains(piece),
            "{piece:?} is not in {}\n{}",
            text.subject,
            text.text
        );
        assert!(html.contains(piece), "{piece:?} is not in the HTML part");
    }
}

///
#[test]
fn codes_say_what_they_are_for_and_nothing_that_the_asker_chose() {
    let content = code_mail(start_of_story() + TimeDelta::minutes(10));
    let es = written(content.clone(), Lang::Es, Tone::Usted);
    assert_eq!(es.subject, "Código de verificación para crear su ticket");
    says(
        &es,
        &[
            "ABCD-EFGH",
            "Escriba este código",
            "Vence a las 9:10 a. m., 10 minutos después de pedirlo, y sirve una sola vez.",
            "No lo comparta",
        ],
    );
    says(
        &written(content.clone(), Lang::Es, Tone::Tu),
        &["Escribe este código", "No lo compartas"],
    );
    says(
        &written(content, Lang::En, Tone::Usted),
        &[
            "Your verification code",
            "It expires at 9:10 a.m., 10 minutes after it was asked for, and works only once.",
        ],
    );
    for text in [&es.text, &es.html] {
        assert!(
            !text.contains("La impresora")
                && !text.contains("SOP-1042")
                && !text.contains("https://")
        );
    }
}

///
#[test]
fn a_new_ticket_is_confirmed_with_its_code_and_its_promise() {
    let content = Content::TicketCreated {
        type_label: "Incidente".to_owned(),
        category: "Impresión > Impresoras".to_owned(),
        priority: "Alta".to_owned(),
        promise: Some("Atención en 2 horas hábiles".to_owned()),
        summary: "No enciende desde ayer".to_owned(),
        attachments: vec!["foto añeja.png".to_owned()],
    };
    let es = written(content.clone(), Lang::Es, Tone::Usted);
    assert_eq!(
        es.subject,
        "[SOP-1042] Recibimos su ticket: La impresora del piso 3 no enciende"
    );
    says(
        &es,
        &[
            "Le asignamos el código SOP-1042. Guárdelo",
            "Atención en 2 horas hábiles",
            "No enciende desde ayer",
            "foto añeja.png",
        ],
    );
    says(&es, &["https://help.example.org/soporte/tickets/SOP-1042"]);
    let en = written(content, Lang::En, Tone::Usted);
    assert_eq!(
        en.subject,
        "[SOP-1042] We received your ticket: La impresora del piso 3 no enciende"
    );
    says(
        &en,
        &["Its code is SOP-1042", "Our promise", "Attached files"],
    );
}

/// Mails that an earlier version put into the outbox bring no words of the desk for category and priority.
#[test]
fn a_mail_says_category_and_priority_as_the_desk_does() {
    let created = Content::TicketCreated {
        type_label: "Incidente".to_owned(),
        category: "Impresión > Impresoras".to_owned(),
        priority: "Alta".to_owned(),
        promise: None,
        summary: "No enciende desde ayer".to_owned(),
        attachments: vec![],
    };
    let assigned = Content::Assigned {
        facts: facts(),
        assigned_by: None,
    };
    let approval = Content::ApprovalRequested {
        requester: "Ana María Rojas".to_owned(),
        organization: None,
        category: "Impresión > Impresoras".to_owned(),
        detail: "Desde ayer no enciende.".to_owned(),
        policy: "Compra".to_owned(),
        note: None,
        reminder: false,
        in_console: false,
    };
    for (content, priority) in [(created, true), (assigned, true), (approval, false)] {
        let desk = DeskVoice {
            category_word: "Tema".to_owned(),
            priority_word: "Gravedad".to_owned(),
            ..voice()
        };
        let payload = MailPayload {
            desk,
            ..about_ticket(content)
        };
        let mail = render::render(&payload, Lang::Es, &public_url()).unwrap();
        says(&mail, &["Tema"]);
        assert_eq!(mail.text.contains("Gravedad: Alta"), priority);
        assert!(!mail.text.contains("Categoría") && !mail.text.contains("Prioridad"));

        let mut stored = serde_json::to_value(&payload).unwrap();
        let desk = stored["desk"].as_object_mut().unwrap();
        assert!(desk.remove("category_word").is_some() && desk.remove("priority_word").is_some());
        let earlier: MailPayload = serde_json::from_value(stored).unwrap();
        for (lang, category, own) in [
            (Lang::Es, "Categoría", "Prioridad: Alta"),
            (Lang::En, "Category", "Priority: Alta"),
        ] {
            let mail = render::render(&earlier, lang, &public_url()).unwrap();
            says(&mail, &[category]);
            assert_eq!(mail.text.contains(own), priority);
        }
    }
}

///
#[test]
fn an_assignment_speaks_as_its_source_demands() {
    let content = Content::Assigned {
        facts: facts(),
        assigned_by: Some("Benito Núñez".to_owned()),
    };
    let es = written(content.clone(), Lang::Es, Tone::Usted);
    assert_eq!(
        es.subject,
        "Le ha sido asignado el incidente No. SOP-1042 para su gestión"
    );
    let data = [
        "Apreciado especialista:",
        "Gracias por su gestión",
        "Ana María Rojas",
        "Alcaldía de Ejemplo",
        "Sede",
        "Sede Centro",
        "Dependencia",
        "Secretaría de Hacienda",
        "601 555 0101",
        "ana.rojas@example.org",
        "Extensión",
        "4512",
    ];
    says(&es, &data);
    says(
        &es,
        &[
            "Categoría",
            "En proceso",
            "Alta",
            "Última nota",
            "Se revisó el cable de poder.",
            "Desde ayer no enciende.",
        ],
    );
    says(
        &es,
        &[
            "Resolver antes de",
            "miércoles 18 de noviembre de 2026, 5:00 p. m.",
            "https://help.example.org/console/tickets/SOP-1042",
        ],
    );
    assert!(!es.text.contains("/soporte/tickets"));
    let unknown = Content::Assigned {
        facts: TicketFacts {
            site: None,
            department: Some(" ".to_owned()),
            extension: None,
            ..facts()
        },
        assigned_by: None,
    };
    let short = written(unknown, Lang::Es, Tone::Usted).text;
    for nothing in ["Sede", "Dependencia", "Extensión"] {
        assert!(!short.contains(nothing), "{short}");
    }
    assert_eq!(
        written(content, Lang::En, Tone::Usted).subject,
        "The incidente No. SOP-1042 has been assigned to you"
    );
}

///
#[test]
fn a_solution_leads_to_its_ticket_and_explains_both_answers() {
    let closes_at = Some(start_of_story() + TimeDelta::days(3));
    let content = Content::Solved {
        solution: "Se cambió el cable.".to_owned(),
        attachments: vec![],
        closes_at,
        by_survey: false,
    };
    let es = written(content.clone(), Lang::Es, Tone::Usted);
    assert_eq!(
        es.subject,
        "[SOP-1042] Resolvimos su ticket: La impresora del piso 3 no enciende"
    );
    says(
        &es,
        &[
            "Se cambió el cable.",
            "Acepte la solución y califique la atención de 1 a 5 estrellas.",
            "Rechace la solución y cuéntenos qué falta",
        ],
    );
    says(
        &es,
        &[
            "https://help.example.org/soporte/tickets/SOP-1042",
            "sábado 21 de noviembre de 2026, 9:00 a. m., cerraremos su ticket",
        ],
    );
    says(
        &written(content, Lang::En, Tone::Tu),
        &[
            "Accept the solution and rate the service with 1 to 5 stars.",
            "we will close your ticket",
        ],
    );
}

///
#[test]
fn the_mails_of_a_process_have_their_words_and_lead_to_where_their_reader_acts() {
    let text = || "Texto de prueba".to_owned();
    let check = |content: Content, es: &[&str], en: &[&str]| {
        says(&written(content.clone(), Lang::Es, Tone::Usted), es);
        says(&written(content, Lang::En, Tone::Usted), en);
    };
    let portal = "/soporte/tickets/SOP-1042";
    check(
        Content::Suspended {
            reason: Some("Usuario no disponible".to_owned()),
            note: text(),
            next_contact: chrono::NaiveDate::from_ymd_opt(2026, 11, 20),
        },
        &[
            "Su ticket está en pausa",
            "Usuario no disponible",
            "20/11/26",
            "Texto de prueba",
            portal,
        ],
        &["Your ticket is on hold", "We contact you again on"],
    );
    check(
        Content::MissingInformation { note: text() },
        &["Falta información en su ticket", "Texto de prueba", portal],
        &["Information is missing in your ticket", portal],
    );
    check(
        Content::Resumed { note: text() },
        &["Continuamos con su ticket", "Texto de prueba"],
        &["We go on with your ticket"],
    );
    check(
        Content::Unsolvable {
            description: text(),
            closes_at: Some(start_of_story()),
        },
        &[
            "No podemos resolver su ticket",
            "Texto de prueba",
            "cerraremos su ticket",
        ],
        &["We cannot solve your ticket", "we will close your ticket"],
    );
    check(
        Content::Survey {
            questions: 6,
            closes_at: None,
        },
        &[
            "Su opinión sobre la atención",
            "6 preguntas",
            "/soporte/tickets/SOP-1042/rate",
        ],
        &[
            "Your opinion of the service",
            "6 questions",
            "/soporte/tickets/SOP-1042/rate",
        ],
    );
    check(
        Content::FollowUp {
            step: 3,
            text: text(),
        },
        &[
            "Cierre de su ticket por falta de respuesta",
            "Texto de prueba",
            portal,
        ],
        &["Closing of your ticket for lack of an answer"],
    );
    check(
        Content::NotManaged {
            description: text(),
        },
        &["No gestionamos su ticket", "Texto de prueba"],
        &["Your ticket was not handled"],
    );
    check(
        Content::PrecaseReceived { summary: text() },
        &["Recibimos su correo", "SOP-1042"],
        &["We received your mail", "SOP-1042"],
    );
    let asked = |in_console: bool| Content::ApprovalRequested {
        requester: "Ana María Rojas".to_owned(),
        organization: None,
        category: "Backups".to_owned(),
        detail: text(),
        policy: "Oficina de riesgos".to_owned(),
        note: None,
        reminder: false,
        in_console,
    };
    check(
        asked(false),
        &[
            "Se pide su aprobación",
            "Ana María Rojas",
            "Texto de prueba",
            "/soporte/approvals/SOP-1042",
        ],
        &["Your approval is asked", "/soporte/approvals/SOP-1042"],
    );
    check(
        asked(true),
        &["/console/approvals?code=SOP-1042"],
        &["See and decide"],
    );
    for (news, es, en) in [
        (
            TeamNews::Resumed,
            "Continúa después de la pausa",
            "It goes on after the pause",
        ),
        (TeamNews::VendorAsked, "Solicitud a Acme", "Request to Acme"),
        (
            TeamNews::VendorAnswered,
            "Acme respondió",
            "Acme has answered",
        ),
        (
            TeamNews::CostImplication,
            "La solución implica costos",
            "The solution implies costs",
        ),
        (
            TeamNews::InstructionRequested,
            "Se pide una instrucción",
            "An instruction is asked",
        ),
        (
            TeamNews::ApprovalGranted,
            "Aprobación concedida",
            "Approval granted",
        ),
        (
            TeamNews::ApprovalRefused,
            "Aprobación negada",
            "Approval refused",
        ),
    ] {
        let content = Content::TeamNotice {
            news,
            facts: facts(),
            author: "Laura".to_owned(),
            note: text(),
            attachments: vec!["acta.pdf".to_owned()],
            vendor: Some("Acme".to_owned()),
        };
        check(
            content,
            &[es, "Nota de Laura", "acta.pdf", "/console/tickets/SOP-1042"],
            &[en, "Note of Laura"],
        );
    }
    check(
        Content::SurveyAnswered {
            author: "Ana".to_owned(),
            answers: vec![("¿Está satisfecho?".to_owned(), "No".to_owned())],
            comment: Some(text()),
            closing: Some(false),
        },
        &[
            "Ana respondió la encuesta",
            "No está de acuerdo",
            "¿Está satisfecho?",
            "Texto de prueba",
        ],
        &["Ana answered the survey", "They do not agree"],
    );
}

#[test]
fn every_other_occasion_has_its_words_in_both_languages() {
    let files = || vec!["acta.pdf".to_owned()];
    let text = || "Texto de prueba".to_owned();
    let author = || "Ana María Rojas".to_owned();
    let check = |content: Content, es: &[&str], en: &[&str]| {
        says(&written(content.clone(), Lang::Es, Tone::Usted), es);
        says(&written(content, Lang::En, Tone::Usted), en);
    };
    check(
        Content::MessageToTeam {
            author: author(),
            message: text(),
            attachments: files(),
        },
        &[
            "Ana María Rojas escribió en SOP-1042",
            "Texto de prueba",
            "acta.pdf",
            "/console/tickets/SOP-1042",
        ],
        &["Ana María Rojas wrote in SOP-1042", "Open in the console"],
    );
    check(
        Content::Merged {
            into: TicketRef {
                code: "SOP-1040".to_owned(),
                subject: "El monitor no enciende".to_owned(),
            },
        },
        &[
            "[SOP-1042] Su ticket continúa con el código SOP-1040",
            "En SOP-1042 usted pide lo mismo que en SOP-1040",
            "no tiene que hacer nada",
            "El monitor no enciende",
            "Ver SOP-1040",
            "/soporte/tickets/SOP-1040",
        ],
        &[
            "goes on under the code SOP-1040",
            "In SOP-1042 you ask for the same thing as in SOP-1040: we are handling them together",
            "See SOP-1040",
        ],
    );
    check(
        Content::Unmerged,
        &[
            "Volvemos a atender su ticket por separado",
            "SOP-1042 continúa con su propio código",
            "/soporte/tickets/SOP-1042",
        ],
        &[
            "We are handling your ticket on its own again",
            "SOP-1042 goes on under its own code",
        ],
    );
    check(
        Content::MessageReceived {
            message: text(),
            attachments: files(),
        },
        &[
            "Recibimos su mensaje",
            "Le avisaremos a este correo cuando haya respuesta",
            "Texto de prueba",
            "acta.pdf",
        ],
        &["We received your message", "/soporte/tickets/SOP-1042"],
    );
    check(
        Content::NewTicketToGroup {
            facts: facts(),
            group: "Mesa de ayuda".to_owned(),
            assignee: None,
        },
        &[
            "Nuevo en la cola de Mesa de ayuda",
            "todavía nadie atiende su solicitud",
        ],
        &["New in the queue of Mesa de ayuda", "Requester"],
    );
    check(
        Content::NewTicketToGroup {
            facts: facts(),
            group: "Mesa de ayuda".to_owned(),
            assignee: Some("Benito Núñez".to_owned()),
        },
        &["la solicitud está a cargo de Benito Núñez"],
        &["Benito Núñez is in charge of it"],
    );
    check(
        Content::Escalated {
            facts: facts(),
            level: 2,
            group: Some("Redes".to_owned()),
            escalated_by: author(),
            justification: text(),
        },
        &[
            "Escalamiento al nivel 2 · Redes",
            "Justificación de Ana María Rojas",
        ],
        &[
            "Escalation to level 2 · Redes",
            "Justification by Ana María Rojas",
        ],
    );
    check(
        Content::RejectedToTeam {
            author: author(),
            reason: text(),
        },
        &[
            "Ana María Rojas rechazó la solución de SOP-1042",
            "Texto de prueba",
        ],
        &["Ana María Rojas rejected the solution of SOP-1042"],
    );
    check(
        Content::SlaWarning {
            facts: facts(),
            clock: ClockKind::Solution,
            percent: 75,
            due_at: Some(start_of_story()),
        },
        &[
            "[SOP-1042] La solución vence pronto: La impresora",
            "SOP-1042 lleva el 75 % de su tiempo de solución",
            "Hay que resolverlo antes del miércoles 18 de noviembre de 2026, 9:00 a. m.",
            "/console/tickets/SOP-1042",
        ],
        &[
            "The solution is due soon",
            "SOP-1042 has used 75% of its time for the solution",
        ],
    );
    check(
        Content::SlaWarning {
            facts: facts(),
            clock: ClockKind::Attention,
            percent: 90,
            due_at: None,
        },
        &["SOP-1042 lleva el 90 % de su tiempo de atención"],
        &["Attention is due soon"],
    );
    check(
        Content::SlaBreached {
            facts: facts(),
            clock: ClockKind::Attention,
            due_at: start_of_story(),
        },
        &[
            "Venció la atención",
            "SOP-1042 no se atendió a tiempo",
            "El tiempo de atención terminó el miércoles 18 de noviembre de 2026, 9:00 a. m.",
        ],
        &["Attention is overdue", "SOP-1042 was not attended in time"],
    );
    check(
        Content::SlaBreached {
            facts: facts(),
            clock: ClockKind::Solution,
            due_at: start_of_story(),
        },
        &["Venció la solución", "SOP-1042 no se resolvió a tiempo"],
        &["The solution is overdue"],
    );
    check(
        Content::AccessRequested {
            name: author(),
            email: "ana.rojas@example.org".to_owned(),
            phone: "601 555 0199".to_owned(),
            organization: "Alcaldía".to_owned(),
            reference: "ABCD-1234".to_owned(),
        },
        &[
            "Solicitud de acceso: Ana María Rojas",
            "Nadie ha comprobado todavía estos datos",
            "ABCD-1234",
            "/console/access-requests?desk=soporte",
        ],
        &["Ana María Rojas asks for access", "Decide in the console"],
    );
    check(
        Content::Reopened { reason: text() },
        &["Abrimos de nuevo su ticket", "Seguimos trabajando"],
        &["We opened your ticket again"],
    );
    check(
        Content::Closed {
            status: "Resuelto".to_owned(),
            rating: Some(4),
            by_silence: false,
        },
        &[
            "Cerramos su ticket",
            "Resuelto",
            "★★★★☆ 4 de 5",
            "Gracias por confirmar",
        ],
        &["We closed your ticket", "★★★★☆ 4 of 5"],
    );
    check(
        Content::Closed {
            status: "Resuelto".to_owned(),
            rating: None,
            by_silence: true,
        },
        &["No recibimos respuesta a la solución"],
        &["We received no answer to the solution"],
    );
    check(
        Content::AccessApproved {
            name: author(),
            organization: Some("Alcaldía".to_owned()),
        },
        &[
            "Su acceso está listo",
            "Hola, Ana María Rojas:",
            "Alcaldía",
            "https://help.example.org/soporte",
        ],
        &["Your access is ready", "Hello Ana María Rojas,"],
    );
    check(
        Content::AccessRefused {
            name: author(),
            reason: text(),
        },
        &["No aprobamos su acceso", "Texto de prueba"],
        &["We did not approve your access"],
    );
    check(
        Content::IdentityVouched {
            at: start_of_story(),
        },
        &[
            "Validamos su identidad por teléfono",
            "miércoles 18 de noviembre de 2026, 9:00 a. m.",
            "601 555 0100",
        ],
        &["We validated your identity by phone", "Was it not you?"],
    );
}

/// The same mail as [`written`], in the desk's own words.
fn in_own_words(content: Content, subject: &str, text: &str) -> MailText {
    let own = OwnWords {
        subject: Some(subject.to_owned()),
        text: Some(text.to_owned()),
    };
    let payload = MailPayload {
        own: Some(own),
        ..about_ticket(content)
    };
    render::render(&payload, Lang::Es, &public_url()).unwrap()
}

#[test]
fn own_words_stand_for_the_products_and_everything_else_stays() {
    let created = Content::TicketCreated {
        type_label: "Incidente".to_owned(),
        category: "Impresión > Impresoras".to_owned(),
        priority: "Alta".to_owned(),
        promise: Some("Atención en 2 horas hábiles".to_owned()),
        summary: "No enciende desde ayer".to_owned(),
        attachments: vec!["foto.png".to_owned()],
    };
    let mail = in_own_words(
        created,
        "Radicamos <su> caso",
        "Primera & única.\n\nSegunda.",
    );
    assert_eq!(mail.subject, "Radicamos <su> caso");
    assert!(
        mail.text.contains("Radicamos <su> caso\n==="),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("\n\nPrimera & única.\n\nSegunda.\n\n"));
    assert!(mail.html.contains("Radicamos &lt;su&gt; caso</h1>"));
    assert!(mail.html.contains("Primera &amp; única.</p>"));
    assert!(mail.html.contains("Segunda.</p>") && !mail.html.contains("<su>"));
    assert!(!mail.text.contains("Guárdelo") && !mail.html.contains("Recibimos su ticket"));
    says(
        &mail,
        &[
            "SOP-1042",
            "Atención en 2 horas hábiles",
            "No enciende desde ayer",
            "foto.png",
            "https://help.example.org/soporte/tickets/SOP-1042",
        ],
    );
    // The look is the product's: the desk's name above, its foot below.
    says(&mail, &["Mensaje automático de Mesa de Ayuda Ñandú."]);

    // A code, its end and its caution stay whatever the desk says.
    let code = code_mail(start_of_story() + TimeDelta::minutes(10));
    let mail = in_own_words(code, "Su código", "Úselo en la ventana abierta.");
    says(
        &mail,
        &[
            "Úselo en la ventana abierta.",
            "ABCD-EFGH",
            "Vence a las 9:10 a. m.",
            "No lo comparta",
        ],
    );
    assert!(!mail.subject.contains("ABCD") && !mail.text.contains("Escriba este código"));
}

#[test]
fn an_outcome_is_told_before_the_desks_own_words() {
    let vouched = Content::IdentityVouched {
        at: start_of_story(),
    };
    let mail = in_own_words(vouched, "Aviso", "Palabras de la mesa.");
    assert_eq!(mail.subject, "Aviso");
    says(
        &mail,
        &["Validamos su identidad por teléfono", "¿No fue usted?"],
    );
    let flat = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = flat.find("validó su identidad").unwrap();
    assert!(told < flat.find("Palabras de la mesa.").unwrap());

    let breached = Content::SlaBreached {
        facts: facts(),
        clock: ClockKind::Solution,
        due_at: start_of_story(),
    };
    let mail = in_own_words(breached, "Vencido", "Avise a su coordinador.");
    says(
        &mail,
        &[
            "SOP-1042 no se resolvió a tiempo",
            "El tiempo de solución terminó",
            "Avise a su coordinador.",
        ],
    );
}

#[test]
fn own_words_cannot_write_a_header_or_another_line_of_it() {
    let long = "x".repeat(500);
    for subject in [
        "Hola\r\nBcc: otro@example.org",
        "=?utf-8?q?Bcc:_x?=",
        long.as_str(),
    ] {
        let mail = in_own_words(message("x"), subject, "a\r\n\r\nb\u{202e}c");
        assert!(!mail.subject.contains(['\r', '\n']) && mail.subject.chars().count() <= 200);
        assert!(!mail.subject.contains("=?"));
        assert!(!mail.text.contains('\u{202e}'));
    }
}

#[test]
fn what_an_agent_reads_is_never_mailed_to_a_requester() {
    for content in [
        message("x"),
        Content::Reopened {
            reason: "x".to_owned(),
        },
    ] {
        assert!(!content.is_for_team());
        assert!(
            !written(content, Lang::Es, Tone::Usted)
                .text
                .contains("/console/")
        );
    }
}

/// Text as people and attackers write it.
fn wild() -> impl Strategy<Value = String> {
    let nasty = prop_oneof![
        Just("\r\nBcc: otro@example.org".to_owned()),
        Just("\n\n.\r\nMAIL FROM:<x@example.org>".to_owned()),
        Just("=?utf-8?q?Bcc:_x?=".to_owned()),
        Just("Ñandú, \"Ana\" <ana@example.org>".to_owned()),
        Just("\u{202e}fdp.exe \u{2028} \u{0}".to_owned()),
        Just("</td></table><script>alert(1)</script>".to_owned()),
        Just("x".repeat(2000)),
        Just("👩‍💻 年 مرحبا".repeat(40)),
    ];
    (any::<String>(), nasty, any::<String>())
        .prop_map(|(before, nasty, after)| format!("{before}{nasty}{after}"))
}

fn wild_content() -> impl Strategy<Value = Content> {
    let texts = (wild(), wild(), wild());
    (0..11u8, texts).prop_map(|(which, (a, b, c))| match which {
        0 => Content::Code {
            code: a,
            purpose: CodePurpose::Lookup,
            expires_at: start_of_story(),
            valid_minutes: 10,
        },
        1 => Content::MessageToRequester {
            author: a,
            message: b,
            attachments: vec![c],
        },
        2 => Content::MessageToTeam {
            author: a,
            message: b,
            attachments: vec![c],
        },
        3 => Content::Assigned {
            facts: TicketFacts {
                type_label: a,
                requester: b,
                detail: c,
                ..facts()
            },
            assigned_by: None,
        },
        4 => Content::Escalated {
            facts: facts(),
            level: 2,
            group: Some(a),
            escalated_by: b,
            justification: c,
        },
        5 => Content::AccessRefused { name: a, reason: b },
        6 => Content::TicketCreated {
            type_label: a.clone(),
            category: a,
            priority: b.clone(),
            promise: Some(b),
            summary: c,
            attachments: vec![],
        },
        7 => Content::AccessRequested {
            name: a.clone(),
            email: a,
            phone: b.clone(),
            organization: b,
            reference: c,
        },
        8 => Content::SlaBreached {
            facts: TicketFacts {
                priority: a,
                category: b,
                detail: c,
                ..facts()
            },
            clock: ClockKind::Solution,
            due_at: start_of_story(),
        },
        9 => Content::Merged {
            into: TicketRef {
                code: a,
                subject: b,
            },
        },
        _ => Content::Closed {
            status: a,
            rating: Some(200),
            by_silence: false,
        },
    })
}

/// A desk's own words, filled in with anything; or none.
fn wild_words() -> impl Strategy<Value = Option<OwnWords>> {
    let maybe = || proptest::option::of(wild());
    proptest::option::of((maybe(), maybe()).prop_map(|(subject, text)| OwnWords { subject, text }))
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(192))]

    #[test]
    fn any_data_gives_one_message_to_the_one_recipient(
        content in wild_content(), name in wild(), word in wild(), code in wild(), subject in wild(), slug in wild(), own in wild_words(), english in any::<bool>(),
    ) {
        let desk = DeskVoice { name, ticket_word: word, slug, reply_to: Some("respuestas@example.org".to_owned()), ..voice() };
        let payload = MailPayload { desk, ticket: Some(TicketRef { code, subject }), own, content };
        let recipient = address("ana.rojas@example.org");
        let lang = if english { Lang::En } else { Lang::Es };
        let source = Source { recipient: &recipient, lang, payload: &payload, message_id: "solved.1", written_at: start_of_story() };
        let mail = render::outgoing(source, &public_url()).unwrap();
        let message = mail.message(&"correo@mesa.example.org".parse().unwrap()).unwrap();
        let to: Vec<String> = message.envelope().to().iter().map(ToString::to_string).collect();
        assert_eq!(to, ["ana.rojas@example.org"]);
        let bytes = message.formatted();
        let parsed = MessageParser::default().parse(&bytes).unwrap();
        let mut names: Vec<String> = parsed.headers().iter().map(|header| header.name.as_str().to_ascii_lowercase()).collect();
        names.sort();
        let expected = [
            "auto-submitted", "content-type", "date", "from", "in-reply-to", "message-id", "mime-version", "references", "reply-to", "subject", "to",
            "x-auto-response-suppress",
        ];
        assert_eq!(names, expected);
        assert_eq!(parsed.to().unwrap().iter().map(|to| to.address().unwrap()).collect::<Vec<_>>(), ["ana.rojas@example.org"]);
        assert_eq!(parsed.from().unwrap().iter().map(|from| from.address().unwrap()).collect::<Vec<_>>(), ["correo@mesa.example.org"]);
        assert_eq!(parsed.from().unwrap().first().unwrap().name().unwrap_or_default().trim(), mail.sender_name.trim());
        assert!(parsed.header(HeaderName::Cc).is_none() && parsed.header(HeaderName::Bcc).is_none());
        assert_eq!(parsed.subject().unwrap_or_default(), mail.text.subject.trim());
        assert_eq!((parsed.text_body_count(), parsed.html_body_count(), parsed.attachment_count()), (1, 1, 0));
        let html = &mail.text.html;
        assert!(!html.contains("<script") && html.matches("<table").count() == html.matches("</table>").count());
        for link in html.split("href=\"").skip(1) {
            assert!(link.starts_with("https://help.example.org/"), "{}", &link[..link.len().min(80)]);
        }
    }
}
