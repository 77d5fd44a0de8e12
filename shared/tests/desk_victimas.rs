//! The Víctimas folder says what its manual says: each row of its tables is walked, each need asked, the series of mails kept.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use desks::story::{
    Story, agent, agent_with, assignee, attempt, body, new_ticket, reason, requester, say, some,
};
use desks::table::{Walk, asks_for, check_pairs, check_reasons, check_states, waits_for, walk_all};
use shared::desk::Desk;
use shared::desk::profile::{Need, Notice, Recipient};
use shared::i18n::Lang;
use shared::sla::business_time::{BusinessMinutes, BusinessTime};
use shared::sla::clock::{self, ClockInput};
use shared::sla::policy::{ClockEffect, Target, TargetRow};
use shared::ticket::actor::{Actor, Privilege};
use shared::ticket::command::{Answer, AnswerValue, Command, ContactChannel, ContactResult};
use shared::ticket::event::{Event, IdentityProof};
use shared::ticket::refusal::{Conflict, Denial, FieldCode};
use shared::ticket::status::{Channel, Level, RequestType, Status, Visibility};
use shared::ticket::text::Stars;
use shared::ticket::{
    Circumstances, NewTicket, Refusal, allowed_commands, closes_by_silence_at, decide_given,
    next_follow_up, tells, waits_for_children,
};

fn desk() -> Desk {
    desks::load_folder("victimas").0
}

fn mesa() -> Actor {
    agent(10, "Ben Ruiz", &["mesa"])
}

/// A specialist of level 2 who also goes on site.
fn specialist() -> Actor {
    agent(11, "Caro Díaz", &["servicios_ti", "soporte_hw_sw"])
}

fn vendor() -> Actor {
    agent(12, "Dora Paz", &["proveedor"])
}

fn urgent(category: &str) -> NewTicket {
    NewTicket {
        urgency: some("low"),
        channel: Channel::Phone,
        identity: IdentityProof::RecordedByStaff,
        ..new_ticket(category, None)
    }
}

/// +Nuevo, then Guardar.
fn registered() -> Story {
    Story::open(&desk(), urgent("software"), &mesa())
}

fn precase() -> Story {
    let new = NewTicket {
        status: Status::Precase,
        category: None,
        urgency: None,
        channel: Channel::Mail,
        identity: IdentityProof::Unproved,
        ..urgent("software")
    };
    Story::open(&desk(), new, &Actor::System)
}

fn complete() -> Command {
    Command::Complete {
        category: some("software"),
        priority: None,
        impact: None,
        urgency: some("medium"),
        group: some("mesa"),
    }
}

fn start(why: &str) -> Command {
    Command::Start {
        reason: some(why),
        diagnosis: None,
    }
}

fn begin() -> Command {
    start("attention_begins")
}

fn in_progress() -> Story {
    let mut story = registered();
    story.does(&mesa(), begin());
    story
}

fn escalate() -> Command {
    Command::Escalate {
        level: Level::parse(2).ok(),
        group: some("servicios_ti"),
        assignee: None,
        reason: some("other_level"),
        justification: None,
        diagnosis: None,
    }
}

fn escalated() -> Story {
    let mut story = in_progress();
    story.does(&mesa(), escalate());
    story
}

fn onsite() -> Command {
    Command::EscalateOnsite {
        group: some("soporte_hw_sw"),
        assignee: None,
        reason: some("visit"),
        justification: None,
        diagnosis: None,
    }
}

fn at_site() -> Story {
    let mut story = in_progress();
    story.does(&mesa(), onsite());
    story
}

fn suspend(why: &str) -> Command {
    Command::Suspend {
        reason: some(why),
        justification: reason("SUSP: usuario no se encuentra disponible en el momento."),
        next_contact: None,
    }
}

fn suspended() -> Story {
    let mut story = in_progress();
    story.does(&mesa(), suspend("needs_information"));
    story
}

fn resume() -> Command {
    Command::Resume {
        reason: some("information_received"),
        note: None,
    }
}

fn to_vendor() -> Command {
    Command::SendToVendor {
        group: None,
        assignee: Some(assignee(12, "Dora Paz", &["proveedor"])),
        vendor: None,
        reason: None,
        justification: None,
    }
}

fn with_vendor() -> Story {
    let mut story = in_progress();
    story.does(&mesa(), to_vendor());
    story
}

fn returned() -> Command {
    Command::ReturnFromVendor {
        reason: some("vendor_returned"),
        note: None,
    }
}

fn solve() -> Command {
    Command::Solve {
        solution: body("Se instaló el programa y el usuario lo probó."),
        reason: some("remote_support"),
    }
}

fn solved() -> Story {
    let mut story = in_progress();
    story.does(&mesa(), solve());
    story
}

fn survey(authorises: bool, pleased: bool) -> Command {
    let answer = |question: &str, value| Answer {
        question: question.into(),
        value,
    };
    let stars = |question| {
        let number = if pleased { 5 } else { 1 };
        answer(question, AnswerValue::Stars(Stars::parse(number).unwrap()))
    };
    Command::Rate {
        stars: None,
        comment: None,
        answers: vec![
            stars("q1"),
            stars("q2"),
            stars("q3"),
            answer("q4", AnswerValue::YesNo(pleased)),
            answer("q6", AnswerValue::YesNo(authorises)),
        ],
    }
}

fn reopened() -> Story {
    let mut story = solved();
    story.does(&requester(), survey(false, true));
    story
}

fn follow_up() -> Command {
    Command::SendFollowUp { note: None }
}

fn unanswered(mut story: Story) -> Story {
    for _ in 0..3 {
        story.does(&mesa(), follow_up());
        story.passes(Duration::days(1));
    }
    story
}

fn end(why: &str) -> Command {
    Command::MarkNotManaged {
        description: body("Se cierra por falta de respuesta del usuario."),
        reason: some(why),
    }
}

/// R-152…
#[test]
fn every_row_of_the_table_is_walked() {
    let walk = |story, actor, command| Walk::Moves(story, actor, command);
    let lapsed = || {
        let mut story = solved();
        story.now = closes_by_silence_at(&story.ticket, &story.desk).unwrap();
        story
    };
    walk_all(
        &desk(),
        "Víctimas",
        vec![
            Walk::Opens(precase),
            walk(precase, mesa(), complete()),
            Walk::Opens(registered),
            walk(registered, mesa(), begin()),
            walk(escalated, specialist(), begin()),
            walk(at_site, specialist(), begin()),
            walk(registered, mesa(), escalate()),
            walk(registered, mesa(), onsite()),
            walk(in_progress, mesa(), escalate()),
            walk(in_progress, mesa(), onsite()),
            walk(in_progress, mesa(), suspend("takes_longer")),
            walk(suspended, mesa(), resume()),
            walk(in_progress, mesa(), to_vendor()),
            walk(with_vendor, mesa(), returned()),
            walk(with_vendor, vendor(), solve()),
            walk(in_progress, mesa(), solve()),
            walk(solved, requester(), survey(true, true)),
            walk(lapsed, Actor::System, Command::CloseBySilence),
            walk(solved, requester(), survey(false, true)),
            walk(reopened, mesa(), start("attention_goes_on")),
            walk(|| unanswered(in_progress()), mesa(), end("no_answer")),
            walk(|| unanswered(suspended()), mesa(), end("no_answer")),
            walk(registered, mesa(), end("out_of_scope")),
            walk(in_progress, mesa(), end("out_of_scope")),
            walk(escalated, specialist(), end("out_of_scope")),
        ],
    );
}

///
#[test]
fn nothing_moves_that_the_table_does_not_name() {
    use Status::{Escalated, EscalatedOnsite, InProgress, New, NotManaged, Precase};
    // Somebody else of the level, and a pre-case that ends with a reason.
    let more = [
        (New, New),
        (Escalated, Escalated),
        (EscalatedOnsite, EscalatedOnsite),
        (InProgress, InProgress),
        (Precase, NotManaged),
    ];
    check_pairs(&desk(), "Víctimas", &more);
}

/// R-152…
#[test]
fn the_folder_is_clean_and_its_states_and_reasons_are_those_of_the_tables() {
    let (desk, warnings) = desks::load_folder("victimas");
    desks::table::check_warnings(&warnings);
    check_states(&desk, "Víctimas");
    check_reasons(&desk, "Víctimas");
    assert_eq!(
        desk.clock_effect(Status::WithVendor, None),
        ClockEffect::Runs
    );
    // unless the desk says otherwise.
    let mut files = desks::shipped("victimas");
    let text = &mut files
        .iter_mut()
        .find(|(path, _)| path == "desk.toml")
        .unwrap()
        .1;
    let state = text.find("is = \"with_vendor\"").unwrap();
    let clock = state + text[state..].find("clock = \"runs\"").unwrap();
    text.replace_range(
        clock..clock + "clock = \"runs\"".len(),
        "clock = \"paused\"",
    );
    let (paused, _) = shared::desk::load::load(&files).unwrap();
    assert_eq!(
        paused.clock_effect(Status::WithVendor, None),
        ClockEffect::Paused
    );
    //
    let closed = desk.state(Status::Closed).unwrap();
    assert!(
        closed
            .help
            .as_ref()
            .unwrap()
            .es
            .starts_with("Cerrado-Inactivo")
    );
}

///
#[test]
fn what_is_missing_is_asked_by_name() {
    let reason_only = [(Need::Reason, "/reason")];
    let with = |need, pointer| [(Need::Reason, "/reason"), (need, pointer)];
    asks_for(&registered(), &mesa(), &begin(), &reason_only);
    asks_for(&escalated(), &specialist(), &begin(), &reason_only);
    asks_for(&at_site(), &specialist(), &begin(), &reason_only);
    asks_for(&reopened(), &mesa(), &begin(), &reason_only);
    for story in [registered(), in_progress()] {
        asks_for(
            &story,
            &mesa(),
            &escalate(),
            &with(Need::GroupOrAssignee, "/assignee"),
        );
        asks_for(
            &story,
            &mesa(),
            &onsite(),
            &with(Need::GroupOrAssignee, "/assignee"),
        );
    }
    asks_for(
        &in_progress(),
        &mesa(),
        &suspend("takes_longer"),
        &with(Need::PublicNote, "/justification"),
    );
    asks_for(&suspended(), &mesa(), &resume(), &reason_only);
    asks_for(
        &in_progress(),
        &mesa(),
        &to_vendor(),
        &[(Need::Assignee, "/assignee")],
    );
    asks_for(&with_vendor(), &mesa(), &returned(), &reason_only);
    asks_for(
        &with_vendor(),
        &vendor(),
        &solve(),
        &with(Need::Solution, "/solution"),
    );
    asks_for(
        &in_progress(),
        &mesa(),
        &solve(),
        &with(Need::Solution, "/solution"),
    );
    asks_for(
        &registered(),
        &mesa(),
        &end("out_of_scope"),
        &with(Need::Description, "/description"),
    );
    asks_for(
        &unanswered(suspended()),
        &mesa(),
        &end("no_answer"),
        &with(Need::Description, "/description"),
    );
    asks_for(&precase(), &mesa(), &complete(), &[(Need::Group, "/group")]);
}

///
#[test]
fn suspending_writes_to_the_user_and_pauses_the_progress_time() {
    let date = NaiveDate::from_ymd_opt(2026, 3, 4);
    let mut story = in_progress();
    let command = Command::Suspend {
        reason: some("user_unavailable"),
        justification: reason(
            "SUSP: usuario no se encuentra disponible en el momento, se contacta nuevamente el día 04/03/26",
        ),
        next_contact: date,
    };
    let events = story.does(&mesa(), command);
    assert!(
        matches!(&events[0], Event::StatusChanged { note: Some(note), note_visibility: Visibility::Public, .. } if note.as_str().starts_with("SUSP:"))
    );
    assert_eq!(story.ticket.next_contact, date);
    let row = story
        .desk
        .moves
        .iter()
        .find(|row| row.on.iter().any(|kind| kind.as_str() == "suspend"))
        .unwrap();
    assert_eq!(
        (row.tells[0].who, row.tells[0].template),
        (Recipient::Requester, Notice::Suspended)
    );
    let script = story
        .desk
        .reason(Status::Suspended, "user_unavailable")
        .unwrap()
        .note_script
        .clone()
        .unwrap();
    assert_eq!(
        script.get(Lang::Es),
        "SUSP: usuario no se encuentra disponible en el momento, se contacta nuevamente el día {next_contact}"
    );
    story.passes(Duration::hours(3));
    story.does(&mesa(), resume());
    story.passes(Duration::hours(1));
    let input = ClockInput {
        created_at: story.ticket.created_at,
        spans: &story.ticket.spans,
        calendar: &story.desk.calendar,
        policy: &story.desk.sla,
        eras: &[],
    };
    assert_eq!(
        clock::solution(&input, story.now).used,
        BusinessTime::from_minutes(60)
    );
}

///
#[test]
fn a_reopened_case_goes_on_with_its_progress_time() {
    let used = |story: &Story| {
        let input = ClockInput {
            created_at: story.ticket.created_at,
            spans: &story.ticket.spans,
            calendar: &story.desk.calendar,
            policy: &story.desk.sla,
            eras: &[],
        };
        clock::solution(&input, story.now).used
    };
    let mut story = in_progress();
    story.passes(Duration::hours(1));
    story.does(&mesa(), escalate());
    assert_eq!(
        used(&story),
        BusinessTime::ZERO,
        "it counts from the escalation"
    );
    story.passes(Duration::hours(1));
    story.does(&specialist(), begin());
    story.does(&specialist(), solve());
    story.passes(Duration::hours(2));
    story.does(&requester(), survey(false, true));
    assert_eq!(
        used(&story),
        BusinessTime::from_minutes(60),
        "waiting as solved is free"
    );
    story.passes(Duration::hours(1));
    story.does(&specialist(), start("attention_goes_on"));
    assert_eq!(
        used(&story),
        BusinessTime::from_minutes(120),
        "nothing is reset"
    );
}

///
#[test]
fn a_minute_with_the_vendor_gives_no_time_back() {
    let mut story = in_progress();
    story.passes(Duration::hours(6));
    story.does(&mesa(), to_vendor());
    story.passes(Duration::minutes(1));
    story.does(&vendor(), returned());
    let input = ClockInput {
        created_at: story.ticket.created_at,
        spans: &story.ticket.spans,
        calendar: &story.desk.calendar,
        policy: &story.desk.sla,
        eras: &[],
    };
    assert_eq!(
        clock::solution(&input, story.now).used,
        BusinessTime::from_minutes(361)
    );
}

///
#[test]
fn question_six_decides_and_the_others_never_do() {
    assert_eq!(desk().survey.questions.len(), 6);
    assert_eq!(desk().survey.deciding().unwrap().id, "q6");
    for (authorises, pleased, status, why) in [
        (true, true, Status::Closed, "authorised"),
        (true, false, Status::Closed, "authorised"),
        (false, true, Status::Reopened, "not_authorised"),
        (false, false, Status::Reopened, "not_authorised"),
    ] {
        let mut story = solved();
        assert!(matches!(
            story.refuses(&mesa(), survey(true, true)),
            Refusal::NotPermitted { .. }
        ));
        story.does(&requester(), survey(authorises, pleased));
        assert_eq!(
            (story.ticket.status, story.ticket.reason.as_deref()),
            (status, Some(why))
        );
        assert!(
            story
                .refuses(&requester(), survey(true, true))
                .to_string()
                .contains("does not take")
        );
    }
}

///
#[test]
fn three_business_days_of_silence_close_for_good() {
    let mut story = solved();
    let due = closes_by_silence_at(&story.ticket, &story.desk).unwrap();
    assert_eq!(
        due,
        "2026-03-05T14:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    story.now = due - Duration::minutes(1);
    assert_eq!(
        story.refuses(&Actor::System, Command::CloseBySilence),
        Refusal::Conflict {
            what: Conflict::NotDueYet
        }
    );
    story.now = due;
    story.does(&Actor::System, Command::CloseBySilence);
    assert_eq!(story.ticket.reason.as_deref(), Some("lapsed"));
    for actor in [mesa(), requester()] {
        assert!(allowed_commands(&story.ticket, &story.desk, &actor).is_empty());
        assert!(matches!(
            story.refuses(&actor, say(Visibility::Public)),
            Refusal::NotAllowedInState { .. }
        ));
    }
    // A Friday solution waits over the weekend and the holiday of 23 March.
    let mut friday = in_progress();
    friday.now = "2026-03-20T15:00:00Z".parse().unwrap();
    friday.does(&mesa(), solve());
    let due = closes_by_silence_at(&friday.ticket, &friday.desk).unwrap();
    assert_eq!(
        due,
        "2026-03-26T15:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
}

///
#[test]
fn the_three_mails_go_out_one_a_business_day_and_an_answer_ends_them() {
    let mut story = suspended();
    let offered = |story: &Story| {
        next_follow_up(&story.ticket, &story.desk, story.now).map(|next| (next.step, next.notice))
    };
    for (step, notice) in [
        (1, Notice::FollowUpFirst),
        (2, Notice::FollowUpSecond),
        (3, Notice::FollowUpClosing),
    ] {
        waits_for(
            &story,
            &mesa(),
            &end("no_answer"),
            Need::ThreeContactAttempts,
        );
        assert_eq!(offered(&story), Some((step, notice)));
        let events = story.does(&mesa(), follow_up());
        assert!(matches!(&events[..], [Event::FollowUpSent { step: sent, .. }] if *sent == step));
        if step < 3 {
            assert_eq!(
                story.refuses(&mesa(), follow_up()),
                Refusal::Conflict {
                    what: Conflict::AlreadyToday
                }
            );
            let next = next_follow_up(&story.ticket, &story.desk, story.now).unwrap();
            assert!(next.from > story.now, "not before the next business day");
            story.passes(Duration::days(1));
        }
    }
    assert_eq!(offered(&story), None);
    let mut more = story.clone();
    more.passes(Duration::days(1));
    assert_eq!(
        more.refuses(&mesa(), follow_up()),
        Refusal::Conflict {
            what: Conflict::SeriesEnded
        }
    );
    let mut heard = story.clone();
    heard.passes(Duration::hours(1));
    heard.does(&requester(), say(Visibility::Public));
    waits_for(
        &heard,
        &mesa(),
        &end("no_answer"),
        Need::ThreeContactAttempts,
    );
    assert_eq!(
        offered(&heard).map(|(step, _)| step),
        Some(1),
        "a new series"
    );
    story.does(&mesa(), end("no_answer"));
    assert_eq!(
        (story.ticket.status, story.ticket.reason.as_deref()),
        (Status::NotManaged, Some("no_answer"))
    );
    // Saturday is no business day.
    let mut saturday = suspended();
    saturday.now = "2026-03-07T15:00:00Z".parse().unwrap();
    assert_eq!(
        saturday.refuses(&mesa(), follow_up()),
        Refusal::Conflict {
            what: Conflict::NotDueYet
        }
    );
    let next = next_follow_up(&saturday.ticket, &saturday.desk, saturday.now).unwrap();
    assert_eq!(
        next.from,
        "2026-03-09T13:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    // Calls do not count here, and reaching the user ends the series.
    let mut called = suspended();
    called.does(&mesa(), follow_up());
    called.does(
        &mesa(),
        attempt(ContactChannel::Phone, ContactResult::Reached),
    );
    assert_eq!(offered(&called).map(|(step, _)| step), Some(1));
}

///
#[test]
fn only_the_three_mails_of_the_series_end_a_case() {
    let mut story = suspended();
    let mailed = attempt(ContactChannel::Mail, ContactResult::NoAnswer);
    for _ in 0..3 {
        story.does(&mesa(), mailed.clone());
        // It was one mail for today all the same.
        assert_eq!(
            story.refuses(&mesa(), follow_up()),
            Refusal::Conflict {
                what: Conflict::AlreadyToday
            }
        );
        story.passes(Duration::days(1));
    }
    assert_eq!(story.ticket.attempts.len(), 3);
    waits_for(
        &story,
        &mesa(),
        &end("no_answer"),
        Need::ThreeContactAttempts,
    );
    assert_eq!(
        next_follow_up(&story.ticket, &story.desk, story.now).map(|next| next.step),
        Some(1)
    );
}

///
#[test]
fn an_answer_in_the_afternoon_of_a_mail_is_written_and_ends_the_series() {
    let mut story = suspended();
    story.does(&mesa(), follow_up());
    story.passes(Duration::hours(4));
    let mail = |result| attempt(ContactChannel::Mail, result);
    assert!(matches!(
        story.refuses(&mesa(), mail(ContactResult::NoAnswer)),
        Refusal::Conflict { .. }
    ));
    story.does(&mesa(), mail(ContactResult::Reached));
    assert_eq!(story.ticket.follow_ups, 0);
}

/// also where the desk asks for fewer days than mails.
#[test]
fn a_series_sends_one_mail_a_business_day_whatever_the_desk_asks() {
    let mut story = suspended();
    story.desk.contact_attempts.as_mut().unwrap().business_days = 1;
    story.does(&mesa(), follow_up());
    assert_eq!(
        story.refuses(&mesa(), follow_up()),
        Refusal::Conflict {
            what: Conflict::AlreadyToday
        }
    );
    story.passes(Duration::days(1));
    story.does(&mesa(), follow_up());
}

///
#[test]
fn mandatory_extra_data_are_not_emptied_once_they_are_there() {
    let mut new = urgent("equipo-falla");
    for (key, value) in [
        ("serial", "A-1"),
        ("site", "Norte"),
        ("area", "Archivo"),
        ("floor", "2"),
        ("workstation", "14"),
        ("has_photo", "no"),
    ] {
        new.extra.insert(key.into(), value.into());
    }
    let mut story = Story::open(&desk(), new, &mesa());
    let set = |pairs: &[(&str, &str)]| Command::SetExtra {
        extra: pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let mut wrong = |command| match story.refuses(&mesa(), command) {
        Refusal::Invalid { errors } => errors
            .into_iter()
            .map(|error| (error.pointer, error.code))
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let missing = |key: &str| vec![(format!("/extra/{key}"), FieldCode::Required)];
    assert_eq!(wrong(set(&[("serial", " ")])), missing("serial"));
    assert_eq!(wrong(set(&[("has_photo", "")])), missing("has_photo"));
    // What the new answer asks for comes with it.
    assert_eq!(wrong(set(&[("has_photo", "yes")])), missing("photo"));
    story.does(&mesa(), set(&[("has_photo", "yes"), ("photo", "f81")]));
    story.does(&mesa(), set(&[("serial", "A-2")]));
    // After a correction of the category what is missing is completed step by step.
    let mut moved = registered();
    moved.does(
        &mesa(),
        Command::ChangeCategory {
            category: "equipo-falla".into(),
            reason: None,
        },
    );
    moved.does(&mesa(), set(&[("serial", "A-1")]));
    waits_for(&moved, &mesa(), &begin(), Need::MandatoryExtraData);
}

/// the desk has no restricted category; an incident is marked, and goes up to its own group.
#[test]
fn a_case_marked_as_a_security_incident_goes_to_level_3() {
    let mut story = in_progress();
    let mark = Command::SetMark {
        mark: shared::ticket::command::Mark::Security,
        on: true,
    };
    story.does(&mesa(), mark);
    let security = agent(14, "Eva León", &["seguridad"]);
    assert_eq!(
        (story.ticket.level, story.ticket.group.as_deref()),
        (Level::THREE, Some("seguridad"))
    );
    assert!(!shared::ticket::may_see(
        &story.ticket,
        &story.desk,
        &mesa()
    ));
    story.does(&security, Command::Take);
    // A pre-case is completed by the desk first.
    let mut mailed = precase();
    let mark = Command::SetMark {
        mark: shared::ticket::command::Mark::Security,
        on: true,
    };
    mailed.does(&mesa(), mark);
    assert_eq!(mailed.ticket.group.as_deref(), Some("mesa"));
    mailed.does(&mesa(), complete());
    assert_eq!(
        (mailed.ticket.status, mailed.ticket.group.as_deref()),
        (Status::New, Some("seguridad"))
    );
}

///
#[test]
fn the_closing_mail_says_that_it_closes_and_offers_contact_later() {
    let desk = desk();
    let told = |notice| desk.notification(notice).unwrap();
    for notice in [
        Notice::FollowUpFirst,
        Notice::FollowUpSecond,
        Notice::FollowUpClosing,
    ] {
        assert_eq!(told(notice).to, [Recipient::Requester]);
    }
    let text = &told(Notice::FollowUpClosing).text.as_ref().unwrap().es;
    assert!(text.contains("falta de respuesta") && text.contains("disponibles"));
    let story = unanswered(suspended());
    let sent = story
        .history
        .iter()
        .filter(|one| matches!(one.event, Event::FollowUpSent { .. }));
    assert!(sent.clone().count() == 3 && sent.into_iter().all(|one| one.actor.id == Some(10)));
}

///
#[test]
fn a_case_needs_a_last_level_category_and_an_urgency() {
    let refused = |new: NewTicket| match Story::try_open(&desk(), new, &mesa()) {
        Err(Refusal::Invalid { errors }) => errors
            .into_iter()
            .map(|error| (error.pointer, error.code))
            .collect::<Vec<_>>(),
        other => panic!("{:?}", other.map(|story| story.ticket.status)),
    };
    // nobody opens a case without its urgency, whoever asks and by whichever way; the impact decides with it.
    assert!(desk().priority.chosen_by_requester && desk().intake.priority_required);
    let required = ("/urgency".to_owned(), FieldCode::Required);
    for (channel, actor) in [
        (Channel::Phone, mesa()),
        (Channel::InPerson, mesa()),
        (Channel::Portal, requester()),
    ] {
        let without = |impact: Option<&str>| NewTicket {
            urgency: None,
            impact: impact.map(str::to_owned),
            channel,
            ..urgent("software")
        };
        for new in [without(None), without(Some("high"))] {
            match Story::try_open(&desk(), new, &actor) {
                Err(Refusal::Invalid { errors }) => assert!(
                    errors
                        .iter()
                        .any(|error| (error.pointer.clone(), error.code) == required),
                    "{errors:?}"
                ),
                other => panic!("{:?}", other.map(|story| story.ticket.status)),
            }
        }
    }
    let of = |impact: &str| {
        let new = NewTicket {
            impact: some(impact),
            ..urgent("software")
        };
        Story::open(&desk(), new, &mesa()).ticket.priority
    };
    assert_ne!(of("high"), of("low"));
    assert_eq!(
        refused(NewTicket {
            category: None,
            ..urgent("software")
        }),
        [("/category".to_owned(), FieldCode::Required)]
    );
    let mut desk = desk();
    desk.catalog.entries.push(shared::desk::Entry {
        key: "node".into(),
        path: vec!["Infraestructura".into()],
        ..Default::default()
    });
    let node = Story::try_open(&desk, urgent("node"), &mesa());
    assert!(
        matches!(node, Err(Refusal::Invalid { errors }) if errors[0].code == FieldCode::NotALeaf)
    );
    assert!(shared::ticket::text::Subject::parse("  ").is_err());
}

///
#[test]
fn creating_cases_needs_its_privilege() {
    let worker = agent_with(&[Privilege::TicketWork], &["mesa"]);
    let refused = Story::try_open(&desk(), urgent("software"), &worker).err();
    assert_eq!(
        refused,
        Some(Refusal::NotPermitted {
            why: Denial::MissingPrivilege
        })
    );
}

///
#[test]
fn any_specialist_with_the_privilege_suspends_escalates_or_sends_to_the_vendor() {
    let other = agent(13, "Eva León", &["infraestructura"]);
    for command in [suspend("takes_longer"), escalate(), onsite(), to_vendor()] {
        in_progress().does(&other, command.clone());
        let reader = agent_with(&[Privilege::TicketRead], &["mesa"]);
        assert_eq!(
            in_progress().refuses(&reader, command),
            Refusal::NotPermitted {
                why: Denial::MissingPrivilege
            }
        );
    }
}

///
#[test]
fn extra_data_are_asked_by_category_and_the_photograph_only_when_there_is_one() {
    let with = |pairs: &[(&str, &str)]| {
        let mut new = urgent("equipo-falla");
        for (key, value) in pairs {
            new.extra.insert((*key).to_owned(), (*value).to_owned());
        }
        Story::try_open(&desk(), new, &mesa())
    };
    let pointers = |answer: Result<Story, Refusal>| match answer {
        Err(Refusal::Invalid { errors }) => errors
            .into_iter()
            .map(|error| error.pointer)
            .collect::<Vec<_>>(),
        other => panic!("{:?}", other.map(|story| story.ticket.status)),
    };
    assert_eq!(
        pointers(with(&[])),
        [
            "/extra/serial",
            "/extra/site",
            "/extra/area",
            "/extra/floor",
            "/extra/workstation",
            "/extra/has_photo"
        ]
    );
    let place = [
        ("serial", "A-1"),
        ("site", "Norte"),
        ("area", "Archivo"),
        ("floor", "2"),
        ("workstation", "14"),
    ];
    let and = |more: &[(&'static str, &'static str)]| [&place[..], more].concat();
    assert!(with(&and(&[("has_photo", "no")])).is_ok());
    assert_eq!(
        pointers(with(&and(&[("has_photo", "yes")]))),
        ["/extra/photo"]
    );
    assert_eq!(
        pointers(with(&and(&[("has_photo", "quizás")]))),
        ["/extra/has_photo"]
    );
    assert!(with(&and(&[("has_photo", "yes"), ("photo", "f81")])).is_ok());
}

/// the rule of the category puts a new case where it begins.
#[test]
fn a_new_case_goes_to_the_group_of_its_category() {
    let desk = desk();
    for entry in &desk.catalog.entries {
        let mut new = urgent(&entry.key);
        let form = desk.form_of(Some(&entry.key));
        for field in form.iter().flat_map(|form| &form.fields) {
            let value = if field.id == "has_photo" { "no" } else { "A-1" };
            if field.id != "photo" {
                new.extra.insert(field.id.clone(), value.to_owned());
            }
        }
        let ticket = Story::open(&desk, new, &mesa()).ticket;
        assert_eq!(
            (ticket.group, Some(ticket.level)),
            (entry.group.clone(), entry.level)
        );
    }
    let groups: std::collections::BTreeSet<_> =
        desk.catalog.entries.iter().map(|one| &one.group).collect();
    assert!(groups.len() > 2);
}

///
#[test]
fn a_category_corrected_at_work_is_looked_at_anew() {
    let correct = |category: &str| Command::ChangeCategory {
        category: category.into(),
        reason: reason("Es otra cosa."),
    };
    // Its type, its group and level, its form and its times follow, and the history says who, when and why.
    let mut story = in_progress();
    let target = |category: &str, hours: i64| TargetRow {
        category: some(category),
        solution: Some(Target::Minutes(BusinessMinutes(hours * 60))),
        ..TargetRow::default()
    };
    story.desk.sla.targets = vec![target("software", 16), target("sistema-falla", 4)];
    let due = |story: &Story| {
        let input = ClockInput {
            created_at: story.ticket.created_at,
            spans: &story.ticket.spans,
            calendar: &story.desk.calendar,
            policy: &story.desk.sla,
            eras: &[],
        };
        clock::solution(&input, story.now).target
    };
    let hours = |hours: i64| Some(Target::Minutes(BusinessMinutes(hours * 60)));
    assert_eq!(
        (story.ticket.request_type, due(&story)),
        (RequestType::Request, hours(16))
    );
    story.passes(Duration::minutes(5));
    let events = story.does(&mesa(), correct("sistema-falla"));
    assert!(
        matches!(&events[0], Event::CategoryChanged { from: Some(from), to, request_type: RequestType::Incident, reason: Some(_) } if from == "software" && to == "sistema-falla")
    );
    let ticket = &story.ticket;
    assert_eq!(
        (
            ticket.request_type,
            ticket.level,
            ticket.group.as_deref(),
            &ticket.assignee
        ),
        (
            RequestType::Incident,
            Level::TWO,
            Some("sistemas_informacion"),
            &None
        )
    );
    assert_eq!((ticket.status, due(&story)), (Status::InProgress, hours(4)));
    let recorded = &story.history[story.history.len() - 2];
    assert_eq!((recorded.actor.id, recorded.at), (Some(10), story.now));
    // Where somebody sent it on purpose it stays.
    let mut sent = escalated();
    sent.does(&specialist(), begin());
    let place = |story: &Story| (story.ticket.level, story.ticket.group.clone());
    let before = place(&sent);
    sent.does(&specialist(), correct("sistema-falla"));
    assert_eq!(place(&sent), before);
    // Who is in charge and belongs to the new group goes on.
    let both = agent(15, "Fabio Ríos", &["mesa", "sistemas_informacion"]);
    let mut kept = registered();
    kept.does(&both, Command::Take);
    kept.does(&both, begin());
    kept.does(&both, correct("sistema-falla"));
    assert_eq!(
        (
            kept.ticket.level,
            kept.ticket.assignee.as_ref().map(|one| one.id)
        ),
        (Level::TWO, Some(15))
    );
}

///
#[test]
fn a_corrected_category_asks_its_own_data_and_goes_to_its_own_group() {
    let mut story = registered();
    story.does(
        &mesa(),
        Command::ChangeCategory {
            category: "telefonia".into(),
            reason: None,
        },
    );
    waits_for(&story, &mesa(), &begin(), Need::MandatoryExtraData);
    let extra = |pairs: &[(&str, &str)]| Command::SetExtra {
        extra: pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let unknown = story.refuses(&mesa(), extra(&[("color", "rojo")]));
    assert!(matches!(unknown, Refusal::Invalid { errors } if errors[0].pointer == "/extra/color"));
    story.does(&mesa(), extra(&[("site", "Norte"), ("area", "Archivo")]));
    assert_eq!(
        story.refuses(&mesa(), extra(&[("site", " Norte ")])),
        Refusal::Conflict {
            what: Conflict::NothingToChange
        }
    );
    story.does(&mesa(), begin());
    let mut moved = registered();
    moved.does(
        &mesa(),
        Command::ChangeCategory {
            category: "sistema-falla".into(),
            reason: None,
        },
    );
    assert_eq!(
        (moved.ticket.level, moved.ticket.group.as_deref()),
        (Level::TWO, Some("sistemas_informacion"))
    );
}

///
#[test]
fn the_priority_comes_from_impact_urgency_and_a_vip() {
    let priority = |impact: Option<&str>, urgency: &str, vip: bool| {
        let mut new = urgent("software");
        (new.impact, new.urgency) = (impact.map(str::to_owned), some(urgency));
        new.requester.vip = vip;
        Story::open(&desk(), new, &mesa()).ticket.priority
    };
    let table = [
        ("high", ["p1", "p2", "p3"]),
        ("medium", ["p2", "p3", "p4"]),
        ("low", ["p3", "p4", "p4"]),
    ];
    for (impact, row) in table {
        for (urgency, expected) in ["high", "medium", "low"].into_iter().zip(row) {
            assert_eq!(priority(Some(impact), urgency, false), expected);
        }
    }
    assert_eq!(priority(Some("low"), "low", true), "p3");
    assert_eq!(priority(Some("high"), "high", true), "p1");
    assert_eq!(
        priority(None, "high", false),
        "p3",
        "without an impact it is the lowest"
    );
    assert_eq!(desk().priority.get("p4").unwrap().label.es, "BAJO");
}

///
#[test]
fn a_pre_case_is_completed_or_ended_with_a_reason() {
    let desk = desk();
    let mail = desk.intake.mail.as_ref().unwrap();
    assert!(!mail.keywords.is_empty() && mail.creates == Status::Precase);
    let bare = Command::Complete {
        category: None,
        priority: None,
        impact: None,
        urgency: None,
        group: some("mesa"),
    };
    let refused = precase().refuses(&mesa(), bare);
    assert_eq!(
        refused,
        Refusal::Unmet {
            needs: vec![Need::LeafCategory, Need::PrioritySet]
        }
    );
    let mut story = precase();
    story.does(&mesa(), complete());
    assert_eq!(
        (story.ticket.status, story.ticket.priority.as_str()),
        (Status::New, "p4")
    );
    let mut ended = precase();
    ended.does(&mesa(), end("out_of_scope"));
    assert_eq!(ended.ticket.status, Status::NotManaged);
}

/// who goes on site can escalate to level 3.
#[test]
fn on_site_support_begins_and_escalates_to_level_three() {
    let mut story = at_site();
    assert_eq!(
        (story.ticket.level, story.ticket.group.as_deref()),
        (Level::TWO, Some("soporte_hw_sw"))
    );
    story.does(&specialist(), begin());
    let up = Command::Escalate {
        level: Some(Level::THREE),
        group: some("seguridad"),
        assignee: None,
        reason: some("other_level"),
        justification: None,
        diagnosis: None,
    };
    story.does(&specialist(), up);
    assert_eq!(
        (story.ticket.status, story.ticket.level),
        (Status::Escalated, Level::THREE)
    );
}

///
#[test]
fn each_change_of_who_is_in_charge_is_kept_and_starts_the_time_of_the_new_specialist() {
    let mut story = escalated();
    story.does(&specialist(), Command::Take);
    story.passes(Duration::minutes(30));
    let assign = Command::Assign {
        group: some("infraestructura"),
        assignee: Some(assignee(13, "Eva León", &["infraestructura"])),
        reason: some("other_specialist"),
        note: reason("Conoce la red."),
    };
    story.does(&mesa(), assign);
    let assigned = story.history.iter().rev().find_map(|one| match &one.event {
        Event::Assigned {
            from,
            to,
            from_group,
            to_group,
            reason,
            note,
            ..
        } => Some((
            from.as_ref().map(|one| one.id),
            to.as_ref().map(|one| one.id),
            from_group.clone(),
            to_group.clone(),
            reason.clone(),
            note.clone(),
            one.at,
            one.actor.id,
        )),
        _ => None,
    });
    assert_eq!(
        assigned,
        Some((
            Some(11),
            Some(13),
            some("servicios_ti"),
            some("infraestructura"),
            some("other_specialist"),
            reason("Conoce la red."),
            story.now,
            Some(10)
        ))
    );
    // From here the clocks count for the new group at its level.
    let span = story.ticket.spans.last().unwrap();
    assert_eq!(
        (span.at, span.level, span.group.as_deref()),
        (story.now, 2, Some("infraestructura"))
    );
}

///
#[test]
fn the_roles_of_the_manual_are_groups_levels_and_privileges() {
    let desk = desk();
    let works_at = |group: &str, level| {
        let level = desk.level(level).unwrap();
        level
            .groups
            .iter()
            .chain(&level.onsite)
            .any(|key| key == group)
    };
    assert!(works_at("mesa", Level::ONE));
    assert!(works_at("servicios_ti", Level::TWO) && works_at("seguridad", Level::THREE));
    assert!(desk.level(Level::TWO).unwrap().onsite == ["soporte_hw_sw"]);
    let vendors: Vec<_> = desk.groups.iter().filter(|group| group.vendor).collect();
    assert_eq!(vendors.len(), 1);
    assert!(works_at(&vendors[0].key, Level::THREE));
    // The vendor's specialist solves what is with the vendor; a specialist of another group does not.
    with_vendor().does(&vendor(), solve());
    assert!(matches!(
        with_vendor().refuses(&specialist(), solve()),
        Refusal::NotPermitted { .. }
    ));
}

///
#[test]
fn the_times_of_a_project_are_stated_by_type_and_service() {
    let files = desks::shipped("victimas");
    let stated = "targets = [{ type = \"incident\", category = \"red\", attention = \"1h\", solution = \"4h\" }, { type = \"incident\", attention = \"2h\", solution = \"8h\" }, { solution = \"2d\" }]";
    let files: Vec<_> = files
        .into_iter()
        .map(|(path, text)| (path, text.replace("targets = [{}]", stated)))
        .collect();
    let (desk, _) = shared::desk::load::load(&files).unwrap();
    let minutes = |hours: i64| Some(Target::Minutes(BusinessMinutes(hours * 60)));
    for (category, attention, solution) in [
        ("red", minutes(1), minutes(4)),
        ("sistema-falla", minutes(2), minutes(8)),
        ("software", None, Some(Target::BusinessDays(2))),
    ] {
        let mut new = urgent(category);
        for key in ["site", "area"].into_iter().filter(|_| category == "red") {
            new.extra.insert(key.to_owned(), "Norte".to_owned());
        }
        let story = Story::open(&desk, new, &mesa());
        let input = ClockInput {
            created_at: story.ticket.created_at,
            spans: &story.ticket.spans,
            calendar: &desk.calendar,
            policy: &desk.sla,
            eras: &[],
        };
        assert_eq!(
            (
                clock::attention(&input, story.now).target,
                clock::solution(&input, story.now).target
            ),
            (attention, solution),
            "{category}"
        );
    }
}

///
#[test]
fn nothing_closes_a_parent_by_itself_while_a_child_is_open() {
    let with_children = Circumstances {
        open_children: true,
        ..Circumstances::default()
    };
    // Silence waits.
    let mut silent = solved();
    silent.now = closes_by_silence_at(&silent.ticket, &silent.desk).unwrap();
    let close = |story: &Story, command: &Command, given| {
        decide_given(
            &story.ticket,
            &story.desk,
            &Actor::System,
            command,
            given,
            story.now,
        )
    };
    assert_eq!(
        close(&silent, &Command::CloseBySilence, with_children),
        Err(Refusal::Conflict {
            what: Conflict::NotDueYet
        })
    );
    silent.does(&Actor::System, Command::CloseBySilence);
    // The requester's word is kept, and closes once the last child has ended.
    let mut story = solved();
    let survey = survey(true, true);
    let events = decide_given(
        &story.ticket,
        &story.desk,
        &requester(),
        &survey,
        with_children,
        story.now,
    )
    .unwrap();
    assert!(matches!(
        &events[..],
        [Event::Rated {
            closing: Some(true),
            ..
        }]
    ));
    assert!(
        tells(
            &story.ticket,
            &story.desk,
            &requester(),
            &survey,
            &events,
            story.now
        )
        .is_empty()
    );
    for one in shared::ticket::record(Some(&story.ticket), events, &requester(), story.now) {
        story.ticket = shared::ticket::evolve(Some(story.ticket.clone()), &story.desk, &one);
        story.history.push(one);
    }
    assert_eq!(story.ticket.status, Status::Solved);
    assert!(waits_for_children(&story.ticket, &story.desk));
    assert_eq!(closes_by_silence_at(&story.ticket, &story.desk), None);
    assert!(close(&story, &Command::Continue, with_children).is_err());
    assert_eq!(
        story.refuses(&mesa(), Command::Continue),
        Refusal::NotPermitted {
            why: Denial::SystemOnly
        }
    );
    story.does(&Actor::System, Command::Continue);
    assert_eq!(
        (story.ticket.status, story.ticket.reason.as_deref()),
        (Status::Closed, Some("authorised"))
    );
    assert!(!waits_for_children(&story.ticket, &story.desk));
    // A word against closing waits for nobody.
    let mut reopened = solved();
    reopened.does(&requester(), self::survey(false, true));
    assert_eq!(reopened.ticket.status, Status::Reopened);
}

///
#[test]
fn levels_groups_and_the_way_back_are_those_of_the_manual() {
    let desk = desk();
    let groups = |level: Level| {
        let level = desk.level(level).unwrap();
        level
            .groups
            .iter()
            .chain(&level.onsite)
            .map(String::as_str)
            .collect::<Vec<_>>()
    };
    assert_eq!(groups(Level::ONE), ["mesa"]);
    assert_eq!(
        groups(Level::TWO),
        [
            "infraestructura",
            "servicios_ti",
            "sistemas_informacion",
            "soporte_hw_sw"
        ]
    );
    assert_eq!(
        groups(Level::THREE),
        ["sistemas_informacion", "seguridad", "proveedor"]
    );
    let mut story = escalated();
    assert!(
        !story.ticket.attended,
        "the new specialist has an attention of their own"
    );
    story.does(&specialist(), Command::Take);
    assert_eq!(
        (story.ticket.status, story.ticket.attended),
        (Status::Escalated, false)
    );
    story.does(&specialist(), begin());
    assert!(story.ticket.attended);
    // Down again.
    let down = Command::Escalate {
        level: Level::parse(1).ok(),
        group: some("mesa"),
        assignee: None,
        reason: some("other_level"),
        justification: None,
        diagnosis: None,
    };
    story.does(&specialist(), down);
    assert_eq!(story.ticket.level, Level::ONE);
    // The vendor gives the case back to whoever sent it.
    let mut sent = with_vendor();
    assert_eq!(
        (sent.ticket.level, sent.ticket.assignee.as_ref().unwrap().id),
        (Level::THREE, 12)
    );
    sent.does(&vendor(), returned());
    assert_eq!(
        (sent.ticket.level, sent.ticket.group.as_deref()),
        (Level::ONE, Some("mesa"))
    );
}

///
#[test]
fn the_assignment_mail_has_its_subject_and_greeting() {
    let desk = desk();
    assert_eq!(desk.name.es, "Mesa de Servicios Tecnológicos");
    for notice in [Notice::Assigned, Notice::Escalated] {
        let mail = desk.notification(notice).unwrap();
        assert_eq!(mail.to, [Recipient::Assignee]);
        assert_eq!(
            mail.subject.as_ref().unwrap().es,
            "Le ha sido asignado el {type} No. {number} para su gestión"
        );
        assert!(
            mail.text
                .as_ref()
                .unwrap()
                .es
                .starts_with("Apreciado especialista:\nGracias")
        );
    }
}

///
#[test]
fn files_and_reports_are_as_the_manual_says() {
    let desk = desk();
    assert_eq!(desk.attachments.max_bytes, 30 * 1024 * 1024);
    assert_eq!(desk.reports.final_states, [Status::Solved, Status::Closed]);
    assert_eq!(desk.reports.apart, [Status::NotManaged]);
}
