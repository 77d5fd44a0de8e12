//! The part of the panel with the ticket's process: attempts to reach the requester, control questions, approvals.

use leptos::prelude::*;
use shared::api::process::{
    ApprovalStepView, ApprovalView, ApproverView, ContactAttemptView, ContactView, ControlView,
    NewControlAnswer,
};
use shared::ticket::command::{CommandKind, ContactChannel, ContactResult, Decision};

use super::actions::Action;
use super::side::part;
use super::ties::Ties;
use super::{Case, Place, SideTab};
use crate::client::console::TicketAction;
use crate::components::files::FileList;
use crate::components::ticket::{paragraphs, time};
use crate::components::{act, icon};
use crate::console::words::PanelWords;
use crate::i18n::dates::{Style, short_day};
use crate::i18n::{t, t_with};

/// Draws what the panel shows beside the facts.
pub fn draw_panel(tab: SideTab, case: Case) -> AnyView {
    match tab {
        SideTab::Facts => ().into_any(),
        SideTab::Process => view! { <Process case/> }.into_any(),
        SideTab::Ties => view! { <Ties case/> }.into_any(),
    }
}

#[component]
fn Process(case: Case) -> impl IntoView {
    view! {
        {part(case, |view| (view.approval.clone(), can(view, CommandKind::RequestApproval), can(view, CommandKind::DecideApproval)), move |shown| approvals(case, shown))}
        {part(case, |view| (view.controls.clone(), can(view, CommandKind::RecordControl)), move |shown| controls(case, shown))}
        {part(case, |view| (view.contact.clone(), can(view, CommandKind::RecordContactAttempt), can(view, CommandKind::SendFollowUp)), move |shown| contact(case, shown))}
    }
}

/// Whether a command can be given now.
fn can(view: &shared::api::tickets::TicketView, command: CommandKind) -> bool {
    view.allowed_commands
        .iter()
        .any(|row| row.command == command && row.blocked_by.is_empty())
}

/// How an attempt was made.
pub fn channel_name(channel: ContactChannel) -> PanelWords {
    match channel {
        ContactChannel::Chat => PanelWords::Chat,
        ContactChannel::Phone => PanelWords::Phone,
        ContactChannel::Mail => PanelWords::Mail,
        ContactChannel::InPerson => PanelWords::InPerson,
    }
}

fn channel_icon(channel: ContactChannel) -> &'static str {
    match channel {
        ContactChannel::Chat => "message",
        ContactChannel::Phone => "phone",
        ContactChannel::Mail => "mail",
        ContactChannel::InPerson => "user",
    }
}

/// What came of an attempt.
pub fn result_name(result: ContactResult) -> PanelWords {
    match result {
        ContactResult::Reached => PanelWords::Reached,
        ContactResult::NoAnswer => PanelWords::NoAnswer,
        ContactResult::WrongContact => PanelWords::WrongContact,
    }
}

fn heading(place: Place, words: PanelWords) -> AnyView {
    view! { <h3 id=place.id() tabindex="-1">{t(words)}</h3> }.into_any()
}

fn window_button(case: Case, action: Action, symbol: &'static str, name: PanelWords) -> AnyView {
    view! {
        <button class="btn sm" type="button" on:click=act(move |_| case.window.set(Some(action)))>{icon(symbol)}{t(name)}</button>
    }
    .into_any()
}

fn contact(case: Case, (contact, record, follow): (Option<ContactView>, bool, bool)) -> AnyView {
    let tried = contact
        .as_ref()
        .is_some_and(|contact| !contact.attempts.is_empty() || contact.next_contact.is_some());
    // Of a ticket that is over only what was done is told.
    if !tried && !record && !follow {
        return ().into_any();
    }
    let zone = untrack(move || case.zone());
    let attempt = move |one: ContactAttemptView| {
        let aside = (!one.counts && one.result != ContactResult::Reached).then(|| {
            view! { <span class="muted small">{t(PanelWords::NotCounted)}</span> }.into_any()
        });
        view! {
            <li class="step-row">
                {icon(channel_icon(one.channel))}
                <div>
                    <p>{t(channel_name(one.channel))}" · "{t(result_name(one.result))}</p>
                    <p class="muted small row meta"><span>{one.by.clone()}</span>{time(one.at, &zone, Style::Short)}{aside}</p>
                </div>
            </li>
        }
        .into_any()
    };
    let series = contact.map(|contact| {
        let (counted, needed) = (contact.counted, contact.needed);
        let progress = (needed > 0).then(|| {
            let text = t_with(PanelWords::AttemptsOf, &[&counted.to_string(), &needed.to_string()]);
            let days = (contact.business_days > 1).then(|| {
                t_with(PanelWords::OnDays, &[&contact.business_days.to_string()])
            });
            let done = contact.complete.then(|| {
                view! { <span class="tag sm solved">{icon("check")}{t(PanelWords::SeriesComplete)}</span> }.into_any()
            });
            view! {
                <div class="clock">
                    <div class="clock-head"><span class="num">{text.clone()}</span>{done}</div>
                    <progress class="bar" max=needed.to_string() value=counted.min(needed).to_string() aria-label=text></progress>
                    {days.map(|days| view! { <p class="clock-note">{days}</p> }.into_any())}
                </div>
            }
            .into_any()
        });
        let next = contact.next_contact.map(|day| {
            view! { <p class="held small">{icon("calendar")}<span>{t_with(PanelWords::NextOn, &[&short_day(day)])}</span></p> }.into_any()
        });
        let none = contact
            .attempts
            .is_empty()
            .then(|| view! { <p class="muted small">{t(PanelWords::NoAttempts)}</p> }.into_any());
        view! {
            {progress}
            {none}
            <ol class="steps-list">{contact.attempts.into_iter().map(attempt).collect_view()}</ol>
            {next}
        }
        .into_any()
    });
    let buttons = view! {
        {record.then(|| window_button(case, Action::Command(CommandKind::RecordContactAttempt), "phone", PanelWords::RecordAttempt))}
        {follow.then(|| window_button(case, Action::Command(CommandKind::SendFollowUp), "mail", PanelWords::FollowUp))}
    };
    view! {
        <section class="facts">
            {heading(Place::Contact, PanelWords::Contact)}
            {series}
            <div class="row">{buttons}</div>
        </section>
    }
    .into_any()
}

/// A control question with its answers; `place` tells one on the page from the same in a window.
pub fn control_question(
    case: Case,
    one: ControlView,
    place: &str,
    may_answer: bool,
    busy: RwSignal<bool>,
) -> AnyView {
    let zone = untrack(move || case.zone());
    let button = |yes: bool, words: PanelWords| {
        let given = one.answer == Some(yes) && !one.stale;
        let body = NewControlAnswer {
            control: one.id.clone(),
            answer: yes,
            note: None,
        };
        let answer = move || {
            case.send_now(
                TicketAction::AnswerControl(body.clone()),
                t(PanelWords::AnswerKept),
                busy,
            );
        };
        view! {
            <button class="chip" type="button" aria-pressed=given.to_string() aria-disabled=move || (busy.get() || !may_answer).then_some("true")
                on:click=act(move |_| if may_answer && !given { answer() })>{t(words)}</button>
        }
        .into_any()
    };
    let state = match (one.at.filter(|_| !one.stale), one.due) {
        (Some(at), _) => {
            view! { <span class="muted small">{time(at, &zone, Style::Short)}</span> }.into_any()
        }
        (None, true) => {
            view! { <span class="tag sm waiting">{icon("alert")}{t(PanelWords::Due)}</span> }
                .into_any()
        }
        (None, false) => ().into_any(),
    };
    let id = [place, "-control-", &one.id].concat();
    view! {
        <div class="control">
            <p id=id.clone()>{one.question.clone()}</p>
            <div class="row" role="group" aria-labelledby=id>
                {button(true, PanelWords::Yes)}
                {button(false, PanelWords::No)}
                {state}
            </div>
        </div>
    }
    .into_any()
}

fn controls(case: Case, (controls, may_answer): (Vec<ControlView>, bool)) -> AnyView {
    if controls.is_empty() {
        return ().into_any();
    }
    let busy = RwSignal::new(false);
    let control = move |one: ControlView| {
        view! { <li>{control_question(case, one, "panel", may_answer, busy)}</li> }.into_any()
    };
    view! {
        <section class="facts">
            {heading(Place::Controls, PanelWords::Controls)}
            <ol class="steps-list">{controls.into_iter().map(control).collect_view()}</ol>
        </section>
    }
    .into_any()
}

fn approvals(case: Case, (approval, ask, decide): (Option<ApprovalView>, bool, bool)) -> AnyView {
    let Some(approval) = approval else {
        return ().into_any();
    };
    let zone = untrack(move || case.zone());
    // A role with the key of a group is held by its agents, too.
    let groups: Vec<String> = untrack(move || case.desk())
        .iter()
        .flat_map(|desk| desk.levels.iter())
        .flat_map(|level| level.groups.iter().map(|group| group.id.clone()))
        .collect();
    let approver = move |one: ApproverView| {
        let (symbol, class, words) = match one.decision {
            Some(Decision::Approved) => ("check", "tag sm solved", PanelWords::Approved),
            Some(Decision::Refused) => ("x", "tag sm breached", PanelWords::Refused),
            None => ("clock", "tag sm waiting", PanelWords::Pending),
        };
        let who = match (&one.decided_by, one.people.is_empty()) {
            (Some(name), _) => name.clone(),
            (None, false) => one.people.join(", "),
            (None, true) if groups.contains(&one.role.id) => t(PanelWords::GroupHolds).to_owned(),
            (None, true) => t(PanelWords::NobodyHolds).to_owned(),
        };
        let at = one.at.map(|at| time(at, &zone, Style::Short));
        let comment = one
            .comment
            .as_deref()
            .map(|text| view! { <div class="small">{paragraphs(text)}</div> }.into_any());
        view! {
            <li class="step-row">
                {icon("shield")}
                <div>
                    <p class="row"><strong>{one.role.label.clone()}</strong><span class=class>{icon(symbol)}{t(words)}</span></p>
                    <p class="muted small row meta"><span>{who}</span>{at}</p>
                    {comment}
                </div>
            </li>
        }
        .into_any()
    };
    let several = approval.steps.len() > 1;
    let requested = approval.requested;
    let step = move |(place, step): (usize, ApprovalStepView)| {
        let number = several.then(|| {
            let now = (step.current && requested).then(|| t(PanelWords::AskedNow));
            view! { <p class="muted small">{t_with(PanelWords::StepNumber, &[&(place + 1).to_string()])}" "{now}</p> }.into_any()
        });
        let approvers = step.approvers.into_iter().map(&approver).collect_view();
        view! { <li>{number}<ul class="steps-list">{approvers}</ul></li> }.into_any()
    };
    let state = (!requested).then(|| {
        let words = if approval.needs_evidence {
            PanelWords::NotAskedEvidence
        } else {
            PanelWords::NotAsked
        };
        view! { <p class="small">{t(words)}</p> }.into_any()
    });
    let evidence = (!approval.evidence.is_empty()).then(|| {
        view! {
            <p class="muted small">{t(PanelWords::EvidenceGiven)}</p>
            <FileList attachments=approval.evidence.clone() download=case.download()/>
        }
        .into_any()
    });
    let steps = approval
        .steps
        .into_iter()
        .enumerate()
        .map(step)
        .collect_view();
    view! {
        <section class="facts">
            {heading(Place::Approvals, PanelWords::Approvals)}
            <p class="small">{approval.policy.label.clone()}</p>
            {state}
            <ol class="steps-list loose">{steps}</ol>
            {evidence}
            <div class="row">
                {ask.then(|| window_button(case, Action::Command(CommandKind::RequestApproval), "shield", PanelWords::Ask))}
                {decide.then(|| window_button(case, Action::Command(CommandKind::DecideApproval), "shield", PanelWords::Decide))}
            </div>
        </section>
    }
    .into_any()
}
