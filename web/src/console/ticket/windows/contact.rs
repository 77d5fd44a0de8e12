//! The windows of reaching the requester: recording an attempt, and sending the next mail of the follow-up series.

use chrono::NaiveDate;
use leptos::prelude::*;
use shared::api::process::{FollowUpDraft, FollowUpStep, NewContactAttempt, NewFollowUp};
use shared::ticket::command::{ContactChannel, ContactResult};
use shared::ticket::text::{REASON_MAX, Reason};

use super::{ActionForm, ActionWindow};
use crate::client::ApiError;
use crate::client::console::{self as api, TicketAction};
use crate::components::feedback::{Banner, Failed, Kind, Loading};
use crate::components::form::{Check, Choice, Entry, RadioCards, SelectField, TextArea, TextField};
use crate::console::KEPT;
use crate::console::ticket::panel::{channel_name, result_name};
use crate::console::words::{StepWords, Words};
use crate::i18n::dates::short_day;
use crate::i18n::{t, t_with};
use crate::task::{later, watch};

/// Records an attempt to reach the requester.
#[component]
pub fn AttemptWindow(form: ActionForm) -> impl IntoView {
    let result = RwSignal::new(String::new());
    let note = form.kept_text("note");
    let next = form.kept_text("next_contact");
    let counting = form
        .view()
        .and_then(|view| view.contact.clone())
        .map(|contact| contact.channels)
        .unwrap_or_default();
    // One that counts comes first to hand.
    let usual = match counting.first() {
        Some(first) if !counting.contains(&ContactChannel::Phone) => *first,
        Some(_) | None => ContactChannel::Phone,
    };
    let channel = RwSignal::new(usual.as_str().to_owned());
    let channels = ContactChannel::ALL
        .iter()
        .map(|one| Entry {
            value: one.as_str().to_owned(),
            label: if counting.is_empty() || counting.contains(one) {
                t(channel_name(*one)).to_owned()
            } else {
                t_with(StepWords::DoesNotCount, &[t(channel_name(*one))])
            },
            group: String::new(),
        })
        .collect::<Vec<_>>();
    let results = ContactResult::ALL
        .iter()
        .map(|one| Choice {
            value: one.as_str().to_owned(),
            title: t(result_name(*one)).to_owned(),
            help: t(match one {
                ContactResult::Reached => StepWords::ReachedHelp,
                ContactResult::NoAnswer => StepWords::NoAnswerHelp,
                ContactResult::WrongContact => StepWords::WrongContactHelp,
            })
            .to_owned(),
            side: String::new(),
        })
        .collect::<Vec<_>>();
    let phone = form.view().map(|view| {
        let person = &view.requester;
        view! { <p class="step-target"><span class="muted">{person.name.clone()}</span><span class="num">{person.phone.clone()}</span><span>{person.email.clone()}</span></p> }.into_any()
    });
    let submit = move |()| {
        let mut check = Check::default();
        let channel: Option<ContactChannel> = channel.with_untracked(|word| word.parse().ok());
        let result: Option<ContactResult> = check
            .choice("result", t(StepWords::ChooseResult), result.get_untracked())
            .and_then(|word| word.parse().ok());
        let note = note.with_untracked(|text| check.optional_reason("note", text));
        if form.faults.show(check.done()) {
            return;
        }
        let Some((channel, result)) = channel.zip(result) else {
            return;
        };
        let body = NewContactAttempt {
            channel,
            result,
            note,
            next_contact: next.with_untracked(|day| day.parse().ok()),
        };
        form.send(TicketAction::RecordAttempt(body), t(StepWords::AttemptKept));
    };
    view! {
        <ActionWindow form id="attempt" title=t(Words::RecordAttempt) button=t(StepWords::Save) submit=Callback::new(submit)>
            {phone}
            <SelectField id="channel" label=t(StepWords::ByWhichWay) value=channel faults=form.faults entries=channels/>
            <RadioCards id="result" legend=t(StepWords::WhatCameOfIt) value=result faults=form.faults choices=results/>
            <TextArea id="note" label=t(StepWords::Note) hint=t(StepWords::StaysInHistory) value=note faults=form.faults max=REASON_MAX rows=2 optional=true/>
            <TextField id="next_contact" kind="date" width="w-md" label=t(Words::NextContact) hint=form.case.say(StepWords::NextContactHint) value=next faults=form.faults optional=true/>
        </ActionWindow>
    }
}

/// Which of the three mails.
pub fn step_name(step: FollowUpStep) -> StepWords {
    match step {
        FollowUpStep::First => StepWords::FollowUpFirst,
        FollowUpStep::Second => StepWords::FollowUpSecond,
        FollowUpStep::Closing => StepWords::FollowUpClosing,
    }
}

/// The next mail of the series, as it will leave.
#[component]
pub fn FollowUpWindow(form: ActionForm) -> impl IntoView {
    let case = form.case;
    let draft = RwSignal::new(None::<Result<FollowUpDraft, ApiError>>);
    let text = RwSignal::new(String::new());
    // What was typed for one mail is not for the next one.
    let name = move |step: FollowUpStep| form.key_of(&["text", &(step as u8).to_string()].concat());
    let load = move || {
        draft.set(None);
        later(async move {
            let answer = api::follow_up(case.client, &case.code()).await;
            if let Ok(found) = &answer
                && text.try_with_untracked(String::is_empty) == Some(true)
            {
                let kept = found.step.and_then(|step| KEPT.get(&name(step)));
                text.set(kept.unwrap_or_else(|| found.text.clone()));
            }
            let _ = draft.try_set(Some(answer));
        });
    };
    load();
    watch(move || {
        draft.with(|draft| {
            if let Some(Ok(draft)) = draft
                && let Some(step) = draft.step
            {
                text.with(|text| {
                    KEPT.put(&name(step), (*text != draft.text).then_some(text.as_str()));
                });
            }
        });
    });
    let ready = move || {
        draft.with(|draft| matches!(draft, Some(Ok(draft)) if draft.ready && draft.step.is_some()))
    };
    let submit = move |()| {
        let step = draft.with_untracked(|draft| match draft {
            Some(Ok(draft)) => draft.step,
            Some(Err(_)) | None => None,
        });
        let mut check = Check::default();
        let typed = check.text(
            "text",
            t(StepWords::WriteText),
            text.with_untracked(|text| Reason::parse(text)),
        );
        if form.faults.show(check.done()) {
            return;
        }
        let Some((step, typed)) = step.zip(typed) else {
            return;
        };
        let body = NewFollowUp {
            step,
            text: typed.into_string(),
        };
        form.send(TicketAction::FollowUp(body), t(StepWords::FollowUpSent));
    };
    let email = form
        .view()
        .map(|view| view.requester.email.clone())
        .unwrap_or_default();
    let when = |from: Option<NaiveDate>| match from {
        Some(day) => t_with(StepWords::FollowUpFrom, &[&short_day(day)]),
        None => t(StepWords::FollowUpNotNow).to_owned(),
    };
    let body = move || match draft.get() {
        None => view! { <Loading lines=5/> }.into_any(),
        Some(Err(error)) => {
            view! { <Failed error retry=Callback::new(move |()| load())/> }.into_any()
        }
        Some(Ok(FollowUpDraft { step: None, .. })) => {
            view! { <Banner kind=Kind::Info><p>{t(StepWords::AllFollowUpsSent)}</p></Banner> }
                .into_any()
        }
        Some(Ok(FollowUpDraft {
            step: Some(step),
            ready,
            from,
            ..
        })) => {
            let later = (!ready).then(|| {
                view! { <Banner kind=Kind::Warning><p>{when(from)}</p></Banner> }.into_any()
            });
            view! {
                {later}
                <p class="step-target"><span class="muted">{t(step_name(step))}</span><span>{t_with(Words::WillBeMailed, &[&email])}</span></p>
                <TextArea id="text" label=t(StepWords::MailText) hint=t(StepWords::RequesterReads) value=text faults=form.faults max=REASON_MAX rows=10/>
            }
            .into_any()
        }
    };
    view! {
        <ActionWindow form id="follow-up" title=t(StepWords::FollowUp) button=t(StepWords::SendMail) submit=Callback::new(submit) explains=Signal::derive(move || !ready()) class="dialog wide">
            {move || body()}
        </ActionWindow>
    }
}
