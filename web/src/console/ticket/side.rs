//! The panel beside the conversation: clocks, requester, assignment, facts, files, rating.

use crate::components::act;
use leptos::prelude::*;
use shared::api::desks::FieldInput;
use shared::api::tickets::{
    ClockStatus, ClockView, ExtraView, IdentityProof, OTHERS_MAX, RequesterPanel, SolutionEntry,
    SurveyAnswerView, TicketView,
};
use shared::api::uploads::Attachment;
use shared::ticket::command::CommandKind;
use shared::ticket::status::Channel;

use super::actions::Action;
use super::{Case, SideTab};
use crate::components::files::FileList;
use crate::components::icon;
use crate::components::stars::StarsGiven;
use crate::components::ticket::{paragraphs, time};
use crate::console::parts::{Window, parts};
use crate::console::sla::{ChipStyle, SlaChip, clock_name, read};
use crate::console::ticker::ticker;
use crate::console::words::Words;
use crate::i18n::dates::{Style, instant, short_day, span};
use crate::i18n::{t, t_with};

/// The panel of the open ticket.
#[component]
pub fn Side(case: Case) -> impl IntoView {
    let why = RwSignal::new(false);
    let close = Callback::new(move |()| why.set(false));
    let clocks = move || {
        part(
            case,
            |view| view.clocks.clone(),
            move |clocks: Vec<ClockView>| {
                clocks
                    .into_iter()
                    .map(|clock| clock_view(case, clock))
                    .collect_view()
                    .into_any()
            },
        )
    };
    let all = move || {
        view! {
            <section class="facts">
                <div class="row spread">
                    <h3>{t(Words::Deadlines)}</h3>
                    <button class="linkish small" type="button" on:click=act(move |_| why.set(true))>{t(Words::Why)}</button>
                </div>
                {clocks()}
            </section>
            {part(case, |view| (view.requester.clone(), view.desk.clone(), view.identity), move |shown| requester(case, shown))}
            {part(case, TicketView::clone, move |view| assignment(case, &view))}
            {part(case, TicketView::clone, move |view| facts(case, &view))}
            {part(case, |view| (view.extra.clone(), view.attachments.clone()), move |(extra, files)| extra_view(case, extra, files))}
            {part(case, |view| (view.solution_log.clone(), view.stars, view.comment.clone(), view.survey.clone(), view.survey_version), move |shown| outcome(case, shown))}
            {part(case, |view| view.attachments.clone(), move |files| file_list(case, files))}
        }
        .into_any()
    };
    let body = move || match case.side.get() {
        SideTab::Facts => all(),
        tab @ (SideTab::Process | SideTab::Ties) => parts().panel(tab, case),
    };
    view! {
        <aside class="ticket-side" id="ticket-side" aria-label=case.say(Words::Facts)>
            <PanelTabs case/>
            {move || body()}
        </aside>
        {move || why.get().then(|| parts().window(Window::SlaReasons(case), close))}
    }
}

/// What the panel shows: facts, process, relations; with how much waits or is there.
#[component]
fn PanelTabs(case: Case) -> impl IntoView {
    // A desk without any of it has no such tab.
    let waiting = Memo::new(move |_| {
        case.view.with(|view| {
            let view = view.as_ref()?;
            let can = |command| {
                view.allowed_commands
                    .iter()
                    .any(|row| row.command == command)
            };
            let any = view.approval.is_some()
                || !view.controls.is_empty()
                || view.contact.is_some()
                || can(CommandKind::RecordContactAttempt);
            let due = view.controls.iter().filter(|control| control.due).count();
            let mine = usize::from(can(CommandKind::DecideApproval));
            any.then_some(due + mine)
        })
    });
    let ties = Memo::new(move |_| {
        case.view
            .with(|view| view.as_ref().map_or(0, |view| view.relations.len()))
    });
    let tab = move |tab: SideTab, name: Words, count: usize, class: &'static str| {
        let badge = (count > 0).then(|| view! { <span class=class>{count}</span> }.into_any());
        view! {
            <button class="tab" type="button" aria-pressed=move || (case.side.get() == tab).to_string() on:click=act(move |_| case.side.set(tab))><span>{t(name)}</span>{badge}</button>
        }
        .into_any()
    };
    view! {
        <div class="tabs panel-tabs" role="group" aria-label=t(Words::PanelParts)>
            {tab(SideTab::Facts, Words::PanelFacts, 0, "")}
            {move || waiting.get().map(|count| tab(SideTab::Process, Words::PanelProcess, count, "badge accent num"))}
            {move || tab(SideTab::Ties, Words::PanelTies, ties.get(), "badge num")}
        </div>
    }
}

/// One part of the panel, drawn again only when its own data change, so that news elsewhere leaves the focus alone.
pub fn part<T: PartialEq + Clone + Send + Sync + 'static>(
    case: Case,
    pick: fn(&TicketView) -> T,
    draw: impl Fn(T) -> AnyView + Send + 'static,
) -> impl IntoView {
    let picked = Memo::new(move |_| case.view.with(|view| view.as_ref().map(|view| pick(view))));
    view! { {move || picked.get().map(&draw)} }
}

fn clock_view(case: Case, clock: ClockView) -> AnyView {
    let ticker = ticker();
    let (status, due_at) = (clock.status, clock.due_at);
    let class = move || {
        let desk = case.desk();
        [
            "clock ",
            read(status, due_at, desk.as_deref(), ticker.slow()).class,
        ]
        .concat()
    };
    let bar = clock.remaining_minutes.map(|remaining| {
        let all = (clock.used_minutes + remaining).max(1);
        let label = t_with(Words::UsedOf, &[clock_name(clock.clock)]);
        view! { <progress class="bar" max=all.to_string() value=clock.used_minutes.clamp(0, all).to_string() aria-label=label></progress> }
    });
    let used = span(clock.used_minutes);
    let figures = match (clock.status, clock.remaining_minutes) {
        (ClockStatus::Running | ClockStatus::Paused, Some(left)) if left >= 0 => {
            t_with(Words::UsedAndLeft, &[&used, &span(left)])
        }
        (_, _) => t_with(Words::Used, &[&used]),
    };
    let zone = untrack(move || case.zone());
    let note = match (clock.status, clock.due_at, clock.met_at, clock.paused_by) {
        (ClockStatus::Paused, _, _, Some(reason)) => t_with(Words::PausedBy, &[&reason]),
        (ClockStatus::Met, _, Some(met), _) => {
            t_with(Words::MetAt, &[&instant(met, &zone, Style::Short)])
        }
        (ClockStatus::Running, Some(due), _, _) => {
            t_with(Words::DueAt, &[&instant(due, &zone, Style::Short)])
        }
        (ClockStatus::Breached, _, Some(met), _) => {
            t_with(Words::MetLate, &[&instant(met, &zone, Style::Short)])
        }
        (ClockStatus::Breached, _, None, _) => clock.breached_at.map_or_else(String::new, |at| {
            t_with(Words::BreachedAt, &[&instant(at, &zone, Style::Short)])
        }),
        (ClockStatus::None, ..) => t(Words::NoTargetLong).to_owned(),
        (ClockStatus::Paused | ClockStatus::Met | ClockStatus::Running, ..) => String::new(),
    };
    let target = clock
        .target
        .map(|target| t_with(Words::TargetIs, &[&target]));
    view! {
        <div class=move || class()>
            <div class="clock-head">
                <span>{clock_name(clock.clock)}</span>
                <SlaChip clock=clock.clock status due_at desk=Signal::derive(move || case.desk()) style=ChipStyle::Bare/>
            </div>
            {bar}
            <p class="clock-note num">{note}</p>
            <p class="clock-note num">{figures}</p>
            {target.map(|target| view! { <p class="clock-note">{target}</p> }.into_any())}
        </div>
    }
    .into_any()
}

fn fact(name: Words, value: impl IntoView) -> AnyView {
    named_fact(t(name).to_owned(), value)
}

/// A fact that the desk has a word of its own for.
fn named_fact(name: String, value: impl IntoView) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{value.into_view()}</dd></div> }.into_any()
}

fn requester(
    case: Case,
    (person, desk, identity): (RequesterPanel, String, IdentityProof),
) -> AnyView {
    let others = (person.other_open_tickets > 0).then(|| {
        let href = [
            "/console/queue?desk=",
            &desk,
            "&view=all&requester=",
            &person.id.to_string(),
        ]
        .concat();
        let text = match person.other_open_tickets {
            1 => case.say(Words::OneOtherTicket),
            count if count < OTHERS_MAX => {
                case.say_with(Words::OtherTickets, &[&count.to_string()])
            }
            count => case.say_with(Words::ManyOtherTickets, &[&count.to_string()]),
        };
        view! { <a class="link small" href=href>{text}</a> }
    });
    let (symbol, words) = match identity {
        IdentityProof::MailCode => ("mail", Words::ProvedByMail),
        IdentityProof::Phone => ("phone", Words::ProvedByPhone),
        IdentityProof::Agent => ("user", Words::RecordedByAgent),
    };
    let proof = view! { <span class="proof">{icon(symbol)}<span>{t(words)}</span></span> };
    let call = [
        "tel:",
        &person
            .phone
            .chars()
            .filter(|sign| sign.is_ascii_digit() || *sign == '+')
            .collect::<String>(),
    ]
    .concat();
    let write = ["mailto:", &person.email].concat();
    // A long address breaks before its host.
    let (local, host) = person
        .email
        .rsplit_once('@')
        .map_or((person.email.clone(), String::new()), |(local, host)| {
            (local.to_owned(), ["@", host].concat())
        });
    view! {
        <section class="facts">
            <h3>{t(Words::Requester)}</h3>
            <dl class="facts-list">
                {fact(Words::Name, view! { {person.name.clone()}" "{person.vip.then(|| view! { <span class="tag sm active">{icon("star")}{t(Words::Vip)}</span> }.into_any())} })}
                {person.entity.clone().map(|entity| fact(Words::Entity, entity))}
                {person.site.clone().map(|site| fact(Words::Site, site))}
                {person.department.clone().map(|department| fact(Words::Department, department))}
                {fact(Words::Phone, view! { <a class="link num" href=call>{person.phone.clone()}</a> })}
                {person.extension.clone().map(|extension| fact(Words::Extension, extension))}
                {fact(Words::Email, view! { <a class="link" href=write>{local}<wbr/>{host}</a> })}
                {fact(Words::Identity, proof)}
            </dl>
            {others}
        </section>
    }
    .into_any()
}

fn assignment(case: Case, view: &TicketView) -> AnyView {
    let assignee = match &view.assignee {
        Some(person) => person.name.clone(),
        None => t(Words::Unassigned).to_owned(),
    };
    let group = view
        .group
        .clone()
        .map(|group| fact(Words::Group, group.label));
    let level = untrack(move || case.desk())
        .and_then(|desk| {
            let level = desk.levels.iter().find(|one| one.level == view.level)?;
            Some(level.label.clone())
        })
        .unwrap_or_else(|| view.level.to_string());
    view! {
        <section class="facts">
            <h3>{t(Words::Assignment)}</h3>
            <dl class="facts-list">
                {fact(Words::Agent, assignee)}
                {group}
                {fact(Words::Level, level)}
                {view.vendor.clone().map(|vendor| fact(Words::Vendor, vendor))}
            </dl>
        </section>
    }
    .into_any()
}

fn channel_name(channel: Channel) -> Words {
    match channel {
        Channel::Portal => Words::ChannelPortal,
        Channel::Phone => Words::ChannelPhone,
        Channel::Mail => Words::ChannelMail,
        Channel::Chat => Words::ChannelChat,
        Channel::InPerson => Words::ChannelInPerson,
        Channel::Api => Words::ChannelApi,
    }
}

fn facts(case: Case, view: &TicketView) -> AnyView {
    let zone = untrack(move || case.zone());
    let reopened = (view.reopen_count > 0).then(|| {
        fact(
            Words::Reopened,
            match view.reopen_count {
                1 => t(Words::Once).to_owned(),
                count => t_with(Words::Times, &[&count.to_string()]),
            },
        )
    });
    view! {
        <section class="facts">
            <h3>{t(Words::Data)}</h3>
            <dl class="facts-list">
                {fact(Words::Type, view.request_type_label.clone())}
                {named_fact(case.say_category(Words::Category), view.category.join(" › "))}
                {view.restricted.then(|| fact(Words::Restricted, view! { <span class="proof">{icon("lock")}<span>{t(Words::Yes)}</span></span> }))}
                {view.impact.clone().map(|one| fact(Words::Impact, one.label))}
                {view.urgency.clone().map(|one| fact(Words::Urgency, one.label))}
                {fact(Words::Channel, t(channel_name(view.channel)))}
                {fact(Words::Created, time(view.created_at, &zone, Style::Full))}
                {fact(Words::Updated, time(view.updated_at, &zone, Style::Full))}
                {reopened}
                {view.cause.clone().map(|cause| fact(Words::Cause, cause))}
                {view.next_contact.map(|day| fact(Words::NextContact, view! { <span class="num">{short_day(day)}</span> }))}
                {(view.suspended_minutes > 0).then(|| fact(Words::SuspendedTime, span(view.suspended_minutes)))}
            </dl>
        </section>
    }
    .into_any()
}

/// The answers to the form of the category.
fn extra_view(case: Case, extra: Vec<ExtraView>, files: Vec<Attachment>) -> AnyView {
    let can = Memo::new(move |_| case.can(CommandKind::SetExtra));
    if extra.is_empty() && !can.get_untracked() {
        return ().into_any();
    }
    let rows = extra.into_iter().map(|one| {
        let file = files.iter().find(|file| file.id == one.given).cloned();
        let answer = match file.filter(|_| one.kind == FieldInput::File) {
            Some(file) => view! {
                <button class="linkish" type="button" on:click=act(move |_| case.download().run(file.clone()))>{one.value}</button>
            }
            .into_any(),
            None => one.value.into_any(),
        };
        view! { <div><dt>{one.label}</dt><dd>{answer}</dd></div> }.into_any()
    });
    let edit = move || {
        can.get().then(|| view! {
            <button class="linkish small" type="button" on:click=act(move |_| case.window.set(Some(Action::Command(CommandKind::SetExtra))))>{t(Words::Change)}</button>
        }.into_any())
    };
    view! {
        <section class="facts">
            <div class="row spread"><h3>{t(Words::FormData)}</h3>{edit}</div>
            <dl class="facts-list tall">{rows.collect_view()}</dl>
        </section>
    }
    .into_any()
}

type Outcome = (
    Vec<SolutionEntry>,
    Option<u8>,
    Option<String>,
    Vec<SurveyAnswerView>,
    Option<u32>,
);

fn outcome(case: Case, (log, stars, comment, survey, version): Outcome) -> AnyView {
    let rated = stars.is_some() || comment.is_some() || !survey.is_empty();
    let zone = untrack(move || case.zone());
    // The newest on top: it is what counts now.
    let entries = log.iter().rev().map(|one| {
        let what = [Some(one.status_label.as_str()), one.reason.as_deref()];
        let what = what.into_iter().flatten().collect::<Vec<_>>().join(": ");
        let who = [one.author.as_str(), &instant(one.at, &zone, Style::Short)].join(" · ");
        view! {
            <li>
                <p class="tie-head">{what}</p>
                <div class="small">{paragraphs(&one.text)}</div>
                <p class="clock-note">{who}</p>
            </li>
        }
        .into_any()
    });
    let solution = (!log.is_empty()).then(|| {
        view! {
            <section class="facts">
                <h3 id="solution-log">{t(Words::Solution)}</h3>
                <ol class="answers" aria-labelledby="solution-log">{entries.collect_view()}</ol>
            </section>
        }
        .into_any()
    });
    let rating = rated.then(|| {
        let stars = stars.map(|stars| view! { <StarsGiven stars/> }.into_any());
        let answers = survey
            .into_iter()
            .map(|one| view! { <div><dt>{one.question}</dt><dd>{one.text}</dd></div> }.into_any());
        let comment = comment.map(|text| {
            view! { <blockquote class="small quote">{paragraphs(&text)}</blockquote> }.into_any()
        });
        view! {
            <section class="facts">
                <div class="row spread"><h3>{t(Words::Survey)}</h3>{stars}</div>
                <dl class="answers">{answers.collect_view()}</dl>
                {comment}
                {version.map(|version| view! { <p class="clock-note">{t_with(Words::SurveyVersion, &[&version.to_string()])}</p> })}
            </section>
        }
        .into_any()
    });
    view! { {solution}{rating} }.into_any()
}

fn file_list(case: Case, attachments: Vec<Attachment>) -> AnyView {
    if attachments.is_empty() {
        return ().into_any();
    }
    view! { <section class="facts"><h3>{t(Words::Files)}</h3><FileList attachments download=case.download()/></section> }.into_any()
}
