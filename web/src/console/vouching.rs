//! Helping a caller who cannot read their mail: find the draft by the reference that the caller reads out,
//! validate who it is by the desk's checklist, and read out a fresh code, which is shown this once.

use crate::components::act;
use crate::task::later;
use leptos::ev;
use leptos::prelude::*;
use shared::api::vouching::{NewVouchedCode, PendingDraft, VouchedCode};
use shared::ticket::text::{REASON_MAX, Reason};

use super::session::session;
use super::shell::Topbar;
use super::words::{PageWords, Words};
use crate::browser;
use crate::client::{ApiError, console as api, use_client};
use crate::components::code::{Countdown, spell_code};
use crate::components::feedback::{Banner, ErrorNote, Kind};
use crate::components::form::{Check, ErrorSummary, Faults, SubmitButton, TextArea, TextField};
use crate::components::icon;
use crate::components::ticket::time;
use crate::i18n::dates::{DEFAULT_ZONE, Style, ms};
use crate::i18n::t;

/// The three steps: reference, validation, code.
#[component]
pub fn VouchingPage() -> impl IntoView {
    let client = use_client();
    let session = session();
    let title = Signal::derive(|| t(Words::Vouching).to_owned());
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let reference = RwSignal::new(String::new());
    let draft = RwSignal::new(None::<PendingDraft>);
    let missing = RwSignal::new(false);
    let find = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let wanted = spell_code(&reference.get_untracked());
        let mut check = Check::default();
        if wanted.is_empty() {
            check.fault("reference", t(PageWords::WriteReference).to_owned());
        }
        if faults.show(check.done()) {
            return;
        }
        busy.set(true);
        error.set(None);
        missing.set(false);
        draft.set(None);
        let desk = session.desk.get_untracked();
        later(async move {
            let outcome = api::pending_draft(client, &desk, &wanted).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(found) => {
                    draft.set(Some(found));
                    browser::focus_id("draft-title");
                }
                Err(refused) if refused.status() == 404 => missing.set(true),
                Err(refused) => {
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                    }
                }
            }
        });
    };
    let again = Callback::new(move |()| {
        draft.set(None);
        reference.set(String::new());
        browser::focus_id("reference");
    });
    view! {
        <Topbar title/>
        <main class="sheet" id="main" tabindex="-1">
            <p class="muted">{t(PageWords::VouchingLead)}</p>
            <form class="form stack" novalidate on:submit=act(find)>
                <ErrorSummary faults/>
                <ErrorNote error/>
                <TextField id="reference" label=t(PageWords::DraftReference) hint=t(PageWords::DraftReferenceHint) value=reference faults width="w-sm num" placeholder="R4TD"/>
                <div class="row"><SubmitButton label=t(PageWords::FindDraft) busy_label=t(PageWords::Searching) busy/></div>
                <div role="status">
                    {move || missing.get().then(|| view! { <Banner kind=Kind::Warning title=t(PageWords::DraftNotFound)><p>{t(PageWords::DraftNotFoundHelp)}</p></Banner> }.into_any())}
                </div>
            </form>
            {move || draft.get().map(|draft| view! { <DraftCard draft on_again=again/> }.into_any())}
        </main>
    }
}

/// The draft, the checklist, and in the end the code.
#[component]
fn DraftCard(draft: PendingDraft, on_again: Callback<()>) -> impl IntoView {
    let client = use_client();
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let verified = RwSignal::new(Vec::<String>::new());
    let note = RwSignal::new(String::new());
    let code = RwSignal::new(None::<VouchedCode>);
    let id = StoredValue::new(draft.id.clone());
    let required: Vec<String> = draft
        .checklist
        .iter()
        .filter(|item| item.required)
        .map(|item| item.id.clone())
        .collect();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let mut check = Check::default();
        let lacks = |verified: &Vec<String>| required.iter().any(|item| !verified.contains(item));
        if verified.with_untracked(lacks) {
            check.fault("verified", t(PageWords::VerifyAll).to_owned());
        }
        let text = check.text(
            "note",
            t(PageWords::WriteVouchNote),
            note.with_untracked(|text| Reason::parse(text)),
        );
        if faults.show(check.done()) {
            return;
        }
        let Some(text) = text else { return };
        let statement = NewVouchedCode {
            verified: verified.get_untracked(),
            note: text.into_string(),
        };
        busy.set(true);
        error.set(None);
        later(async move {
            let outcome =
                api::vouch(client, &id.get_value(), &statement, &browser::random_key()).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(fresh) => {
                    code.set(Some(fresh));
                    browser::focus_id("code-title");
                }
                Err(refused) => {
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                    }
                }
            }
        });
    };
    let checks = draft.checklist.iter().map(|item| {
        let (key, sent) = (item.id.clone(), item.id.clone());
        let tick = move |event: ev::Event| {
            let on = event_target_checked(&event);
            verified.update(|verified| {
                verified.retain(|one| *one != sent);
                if on {
                    verified.push(sent.clone());
                }
            });
        };
        let (weight, class) = if item.required {
            (PageWords::RequiredPoint, "tag sm plain")
        } else {
            (PageWords::OptionalPoint, "muted small")
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=move || verified.with(|verified| verified.contains(&key)) on:change=act(tick)/>
                <span><span>{item.label.clone()}</span>" "<span class=class>{t(weight)}</span></span>
            </label>
        }
    }).collect_view();
    let checklist_error = faults.of("verified");
    let checks = view! {
        <fieldset class="field" class:invalid=move || checklist_error.with(Option::is_some) id="verified" tabindex="-1">
            <legend class="label">{t(PageWords::Checklist)}</legend>
            {move || checklist_error.get().map(|text| view! { <p class="error">{icon("alert-circle")}<span>{text}</span></p> }.into_any())}
            <div class="stack tight">{checks}</div>
        </fieldset>
    };
    let line =
        |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! {
        <section class="card stack" aria-labelledby="draft-title">
            <h2 id="draft-title" tabindex="-1">{draft.subject.clone()}</h2>
            <dl class="facts-list">
                {line(t(PageWords::Reference), draft.reference.clone())}
                {line(t(Words::Name), draft.person_name.clone())}
                {draft.person_entity.clone().map(|entity| line(t(Words::Entity), entity))}
                {line(t(Words::Phone), draft.person_phone.clone())}
                {line(t(Words::Email), draft.email_masked.clone())}
                <div><dt>{t(PageWords::SentAt)}</dt><dd>{time(draft.created_at, DEFAULT_ZONE, Style::Full)}</dd></div>
            </dl>
            <Countdown until=Signal::stored(ms(draft.expires_at)) text=t(PageWords::DraftExpires) over=t(PageWords::DraftExpired)/>
            <form class="form stack" novalidate on:submit=act(submit) hidden=move || code.with(Option::is_some)>
                <ErrorSummary faults/>
                <ErrorNote error/>
                {checks}
                <TextArea id="note" label=t(PageWords::VouchNote) hint=t(PageWords::VouchNoteHint) value=note faults max=REASON_MAX rows=3/>
                <Banner kind=Kind::Warning title=t(PageWords::VouchWarning)><p>{t(PageWords::VouchWarningHelp)}</p></Banner>
                <div class="actions">
                    <SubmitButton label=t(PageWords::ValidateIdentity) busy_label=t(Words::Sending) busy/>
                    <button class="btn ghost" type="button" on:click=act(move |_| on_again.run(()))>{t(Words::Cancel)}</button>
                </div>
            </form>
            {move || code.get().map(|fresh| view! {
                <div class="stack" role="status">
                    <h3 id="code-title" tabindex="-1">{t(PageWords::ReadThisCode)}</h3>
                    <p class="code-show num">{fresh.code}</p>
                    <Countdown until=Signal::stored(ms(fresh.expires_at)) text=t(PageWords::CodeExpires) over=t(PageWords::CodeExpired)/>
                    <Banner kind=Kind::Warning title=t(PageWords::CodeShownOnce)><p>{t(PageWords::VouchWarningHelp)}</p></Banner>
                    <div class="row"><button class="btn" type="button" on:click=act(move |_| on_again.run(()))>{t(PageWords::AnotherCall)}</button></div>
                </div>
            }.into_any())}
        </section>
    }
}
