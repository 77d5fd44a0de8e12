//! The windows of relations: tickets under another one, and a duplicate joined to the ticket that stays.

use leptos::ev;
use leptos::prelude::*;
use shared::api::process::{NewMerge, NewRelation};
use shared::api::tickets::TicketRow;
use shared::ticket::text::REASON_MAX;

use super::{ActionForm, ActionWindow};
use crate::browser;
use crate::client::ApiError;
use crate::client::console::{self as api, TicketAction};
use crate::components::feedback::Kind;
use crate::components::form::{Check, Choice, Faults, RadioCards, TextArea};
use crate::components::ticket::StatusTag;
use crate::components::{act, icon};
use crate::console::words::{StepWords, Words};
use crate::i18n::{t, t_with};
use crate::task::later;

const TYPING_PAUSE: std::time::Duration = std::time::Duration::from_millis(350);
const SEARCH_FROM: usize = 2;
const CHILD: &str = "child";
const PARENT: &str = "parent";

/// Finds tickets of the desk and chooses one or several of them.
#[component]
fn TicketFinder(
    form: ActionForm,
    /// Codes of the chosen ones.
    chosen: RwSignal<Vec<String>>,
    /// Whether several can be chosen.
    #[prop(into)]
    several: Signal<bool>,
    /// The word of the only type that is looked for; every type when empty.
    #[prop(into)]
    request_type: Signal<String>,
    faults: Faults,
) -> impl IntoView {
    let case = form.case;
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Result<Vec<TicketRow>, ApiError>>);
    let asked = StoredValue::new(0u32);
    let pending = StoredValue::new(None::<TimeoutHandle>);
    let error = faults.of("tickets");
    let desk = form
        .view()
        .map(|view| view.desk.clone())
        .unwrap_or_default();
    let known: Vec<String> = form
        .view()
        .map(|view| view.relations.iter().map(|one| one.code.clone()).collect())
        .unwrap_or_default();
    let (desk, known) = (StoredValue::new(desk), StoredValue::new(known));
    let search = move |wanted: String| {
        // The window may be gone by now.
        let Some(number) = asked.try_get_value().map(|number| number + 1) else {
            return;
        };
        asked.set_value(number);
        later(async move {
            let kind = request_type.get_untracked();
            let answer = api::find_tickets(case.client, &desk.get_value(), &wanted, &kind).await;
            if asked.try_get_value() == Some(number) {
                let own = case.code();
                found.set(Some(answer.map(|rows| {
                    rows.into_iter()
                        .filter(|row| {
                            row.code != own && !known.with_value(|known| known.contains(&row.code))
                        })
                        .collect()
                })));
            }
        });
    };
    let look = move |value: &str| {
        if let Some(handle) = pending.get_value() {
            handle.clear();
        }
        let wanted: String = value.trim().chars().take(100).collect();
        if wanted.chars().count() < SEARCH_FROM {
            asked.update_value(|number| *number += 1);
            found.set(None);
            return;
        }
        pending.set_value(set_timeout_with_handle(move || search(wanted), TYPING_PAUSE).ok());
    };
    let typed = move |event: ev::Event| {
        let value = event_target_value(&event);
        text.set(value.clone());
        look(&value);
    };
    // Another type finds others.
    crate::task::watch(move || {
        request_type.track();
        look(&text.get_untracked());
    });
    let pick = move |code: String, wanted: bool| {
        chosen.update(|chosen| {
            if !several.get_untracked() {
                chosen.clear();
            }
            chosen.retain(|one| *one != code);
            if wanted {
                chosen.push(code);
            }
        });
    };
    let row = move |row: TicketRow| {
        let code = row.code.clone();
        let picked = {
            let code = code.clone();
            move || chosen.with(|chosen| chosen.contains(&code))
        };
        let kind = move || if several.get() { "checkbox" } else { "radio" };
        view! {
            <li>
                <label class="pick-row check">
                    <input type=kind() name="ticket" prop:checked=picked on:change=act(move |event| pick(code.clone(), event_target_checked(&event)))/>
                    <span class="grow">
                        <span class="code num">{row.code.clone()}</span>" "<strong>{row.subject.clone()}</strong><br/>
                        <span class="muted small">{row.requester.name.clone()}{row.requester_entity.clone().map(|entity| [" · ", &entity].concat())}</span>
                    </span>
                    <StatusTag status=row.status label=row.status_label.clone() small=true/>
                </label>
            </li>
        }
        .into_any()
    };
    let results = move || match found.get() {
        None => ().into_any(),
        Some(Err(error)) => {
            view! { <p class="error">{icon("alert-circle")}<span>{error.detail()}</span></p> }
                .into_any()
        }
        Some(Ok(rows)) if rows.is_empty() => {
            view! { <p class="muted">{form.case.say(Words::NothingFound)}</p> }.into_any()
        }
        Some(Ok(rows)) => {
            several.track();
            view! { <ul class="pick-list">{rows.into_iter().map(row).collect_view()}</ul> }
                .into_any()
        }
    };
    let picked = move || {
        let codes = chosen.get();
        (!codes.is_empty()).then(|| {
            let chips = codes.into_iter().map(|code| {
                let gone = code.clone();
                let name = t_with(StepWords::TakeOut, &[&code]);
                view! { <button class="chip" type="button" aria-pressed="true" aria-label=name on:click=act(move |_| pick(gone.clone(), false))><span class="num">{code}</span>{icon("x")}</button> }.into_any()
            });
            view! { <div class="row">{chips.collect_view()}</div> }.into_any()
        })
    };
    let count = move || match found.get() {
        Some(Ok(rows)) => form
            .case
            .say_with(StepWords::TicketsFound, &[&rows.len().to_string()]),
        Some(Err(_)) | None => String::new(),
    };
    view! {
        <div class=move || if error.with(Option::is_some) { "field invalid" } else { "field" }>
            <label class="label" for="tickets">{form.case.say(StepWords::FindTickets)}</label>
            <p class="hint" id="tickets-hint">{t(StepWords::FindTicketsHint)}</p>
            {move || error.get().map(|text| view! { <p class="error" id="tickets-error">{icon("alert-circle")}<span>{text}</span></p> }.into_any())}
            <div class="input-group">
                {icon("search")}
                <input class="input" id="tickets" type="search" autocomplete="off" maxlength="100"
                    aria-describedby="tickets-hint tickets-error"
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    prop:value=text on:input=act(typed)/>
            </div>
            <p class="sr" role="status">{move || count()}</p>
            {move || picked()}
            {move || results()}
        </div>
    }
}

/// First of which type the other tickets are and what they are to this one, then which they are.
#[component]
pub fn RelationWindow(form: ActionForm) -> impl IntoView {
    let case = form.case;
    let kind = RwSignal::new(CHILD.to_owned());
    let chosen = RwSignal::new(Vec::<String>::new());
    let several = Signal::derive(move || kind.with(|kind| kind == CHILD));
    // A ticket has one parent.
    let mut before = true;
    crate::task::watch(move || {
        let now = several.get();
        if before && !now {
            chosen.update(|chosen| chosen.truncate(1));
        }
        before = now;
    });
    let has_parent = form.view().is_some_and(|view| {
        view.relations
            .iter()
            .any(|one| one.kind == shared::api::process::RelationKind::Parent)
    });
    let mut choices = vec![Choice {
        value: CHILD.to_owned(),
        title: case.say(StepWords::AsChildren),
        help: t(StepWords::AsChildrenHelp).to_owned(),
        side: String::new(),
    }];
    if !has_parent {
        choices.push(Choice {
            value: PARENT.to_owned(),
            title: case.say(StepWords::AsParent),
            help: t(StepWords::AsParentHelp).to_owned(),
            side: String::new(),
        });
    }
    let kinds: Vec<Choice> = form
        .desk()
        .map(|desk| {
            let kinds = desk.types.iter();
            kinds
                .map(|kind| Choice {
                    value: kind.id.as_str().to_owned(),
                    title: kind.label.clone(),
                    help: String::new(),
                    side: String::new(),
                })
                .collect()
        })
        .unwrap_or_default();
    let only = (kinds.len() == 1).then(|| kinds[0].value.clone());
    let request_type = RwSignal::new(only.unwrap_or_default());
    // Another type keeps what is being looked for.
    let typed = Memo::new(move |_| !request_type.with(String::is_empty));
    let submit = move |()| {
        let mut check = Check::default();
        let codes = chosen.get_untracked();
        if request_type.with_untracked(String::is_empty) {
            check.fault("request_type", t(StepWords::ChooseType).to_owned());
        } else if codes.is_empty() {
            check.fault("tickets", case.say(StepWords::ChooseTickets));
        }
        if form.faults.show(check.done()) {
            return;
        }
        if several.get_untracked() {
            let body = NewRelation { children: codes };
            form.send(TicketAction::Relate(body), t(StepWords::Related));
        } else if let Some(parent) = codes.into_iter().next() {
            put_under(form, parent);
        }
    };
    view! {
        <ActionWindow form id="relate" title=t(Words::CreateRelation) button=t(StepWords::Relate) submit=Callback::new(submit) class="dialog wide">
            <RadioCards id="request_type" legend=t(StepWords::WhichType) value=request_type faults=form.faults choices=kinds columns=true/>
            <RadioCards id="kind" legend=case.say(StepWords::WhichRelation) value=kind faults=form.faults choices columns=true/>
            {move || typed.get().then(|| view! { <TicketFinder form chosen several request_type faults=form.faults/> })}
            <p class="muted small">{case.say_with(StepWords::RelationHelp, &[&case.code()])}</p>
        </ActionWindow>
    }
}

/// Puts this ticket under another one, which is a change of that one.
fn put_under(form: ActionForm, parent: String) {
    if form.busy.get_untracked() {
        return;
    }
    let case = form.case;
    form.busy.set(true);
    form.error.set(None);
    form.notice.set(None);
    let (code, key) = (case.code(), form.key.get_value());
    later(async move {
        let action = TicketAction::Relate(NewRelation {
            children: vec![code.clone()],
        });
        let outcome = match api::ticket(case.client, &parent, None).await {
            Ok(crate::client::Fetched::New(view, _)) => action
                .send(case.client, &parent, view.version, &key)
                .await
                .map(|_| ()),
            Ok(crate::client::Fetched::Same) => Ok(()),
            Err(error) => Err(error),
        };
        if form.busy.try_set(false).is_some() {
            if let Err(error) = outcome {
                case.ui.toast(Kind::Error, error.about(&code));
            }
            return;
        }
        match outcome {
            Ok(()) => {
                form.open.set(false);
                case.ui.toast(Kind::Success, t(StepWords::Related));
                case.changed();
                browser::focus_first(".ticket-title");
            }
            Err(error) => form.refused(error),
        }
    });
}

/// Joins this ticket to the one that stays.
#[component]
pub fn MergeWindow(form: ActionForm) -> impl IntoView {
    let chosen = RwSignal::new(Vec::<String>::new());
    let reason = form.kept_text("reason");
    let submit = move |()| {
        let mut check = Check::default();
        let into = chosen.with_untracked(|chosen| chosen.first().cloned());
        if into.is_none() {
            check.fault("tickets", form.case.say(StepWords::ChooseStaying));
        }
        let reason = reason.with_untracked(|text| check.optional_reason("reason", text));
        if form.faults.show(check.done()) {
            return;
        }
        let Some(into) = into else { return };
        form.send(
            TicketAction::Merge(NewMerge { into, reason }),
            form.case.say(StepWords::Merged),
        );
    };
    view! {
        <ActionWindow form id="merge" title=t(Words::MergeDuplicate) button=t(StepWords::Merge) submit=Callback::new(submit) class="dialog wide">
            <p>{form.case.say_with(StepWords::MergeHelp, &[&form.case.code()])}</p>
            <TicketFinder form chosen several=Signal::stored(false) request_type=Signal::stored(String::new()) faults=form.faults/>
            <TextArea id="reason" label=t(Words::Reason) hint=t(StepWords::StaysInHistory) value=reason faults=form.faults max=REASON_MAX rows=2 optional=true/>
        </ActionWindow>
    }
}
