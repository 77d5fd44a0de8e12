//! The approvals inbox: every ticket that waits for the reader's own decision, at any desk, with what is needed to decide
//! and the way to the ticket for the rest.

use leptos::ev;
use leptos::prelude::*;
use shared::api::process::{ApprovalRow, NewApprovalDecision};
use shared::ticket::text::REASON_MAX;

use super::KEPT;
use super::components::window::shown;
use super::router::{Step, nav};
use super::session::session;
use super::shell::{Topbar, counts};
use super::ticket::windows::{checked_decision, decision_choices};
use super::words::{PageWords, StepWords, Words};
use crate::browser;
use crate::client::console::{self as api, TicketAction};
use crate::client::{ApiError, Fetched, use_client};
use crate::components::dialog::Dialog;
use crate::components::feedback::{Banner, Empty, ErrorNote, Failed, Kind, Loading};
use crate::components::form::{Check, ErrorSummary, Faults, RadioCards, SubmitButton, TextArea};
use crate::components::ticket::time;
use crate::components::{act, use_ui};
use crate::i18n::dates::{DEFAULT_ZONE, Style};
use crate::i18n::{t, t_with};
use crate::task::{later, watch};

/// The list, and the window of one decision.
#[component]
pub fn ApprovalsPage() -> impl IntoView {
    let client = use_client();
    let counts = counts();
    let title = Signal::derive(|| t(Words::Approvals).to_owned());
    let rows = RwSignal::new(None::<Vec<ApprovalRow>>);
    let next = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<ApiError>);
    let open = RwSignal::new(None::<ApprovalRow>);
    // What is said of a mail's link that has nothing to decide any more.
    let late = RwSignal::new(None::<String>);
    let asked = StoredValue::new(0u32);
    let load = move |cursor: Option<String>| {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        later(async move {
            let answer = api::approvals_page(client, cursor.as_deref()).await;
            if asked.try_get_value() != Some(number) {
                return;
            }
            match answer {
                Ok(page) => {
                    error.set(None);
                    next.set(page.next);
                    rows.update(|rows| match rows.as_mut().filter(|_| cursor.is_some()) {
                        Some(rows) => rows.extend(page.items),
                        None => *rows = Some(page.items),
                    });
                }
                Err(refused) => error.set(Some(refused)),
            }
        });
    };
    load(None);
    let nav = nav();
    // Mails lead to one decision; the address forgets it once it was opened.
    watch(move || {
        let Some(code) = nav.param("code") else {
            return;
        };
        nav.go("/approvals", Step::Instead);
        later(async move {
            let answer = api::approval(client, &code).await;
            let said = match answer {
                Ok(waiting) => {
                    // Another one may have been opened meanwhile, and be written in.
                    if open.try_with_untracked(Option::is_none) == Some(true) {
                        open.set(waiting.into_iter().next());
                    }
                    return;
                }
                Err(refused) if refused.status() == 404 => t_with(PageWords::NotAsked, &[&code]),
                Err(refused) => refused.detail(),
            };
            let _ = late.try_set(Some(said));
        });
    });
    let decided = Callback::new(move |()| {
        open.set(None);
        late.set(None);
        load(None);
        counts.refresh();
        browser::focus_first("h1");
    });
    let close = Callback::new(move |()| open.set(None));
    let row = move |row: ApprovalRow| {
        let href = ["/console/tickets/", &row.code].concat();
        let one = row.clone();
        let name = t_with(PageWords::DecideFor, &[&row.code]);
        view! {
            <tr>
                <td data-label=t(Words::Code)><a class="link num" href=href>{row.code.clone()}</a></td>
                <td data-label=t(Words::Subject)><div><p>{row.subject.clone()}</p><p class="muted small">{row.category.join(" › ")}</p></div></td>
                <td data-label=t(Words::Requester)>{row.requester.name.clone()}</td>
                <td data-label=t(PageWords::AsRole)>{row.role.label.clone()}</td>
                <td data-label=t(PageWords::AskedAt)>{time(row.asked_at, DEFAULT_ZONE, Style::Short)}</td>
                <td class="end"><button class="btn sm" type="button" aria-label=name on:click=act(move |_| open.set(Some(one.clone())))>{t(PageWords::Decide)}</button></td>
            </tr>
        }
        .into_any()
    };
    let list = move || {
        if let Some(error) = error.get() {
            return view! { <Failed error retry=Callback::new(move |()| load(None))/> }.into_any();
        }
        match rows.get() {
            None => view! { <Loading lines=6/> }.into_any(),
            Some(rows) if rows.is_empty() => view! {
                <Empty symbol="shield" title=t(PageWords::NoApprovals)><p>{t(PageWords::NoApprovalsHelp)}</p></Empty>
            }
            .into_any(),
            Some(rows) => view! {
                <div class="table-wrap" role="region" aria-label=t(Words::Approvals) tabindex="0">
                    <table class="table cards">
                        <thead><tr>
                            <th scope="col">{t(Words::Code)}</th>
                            <th scope="col">{t(Words::Subject)}</th>
                            <th scope="col">{t(Words::Requester)}</th>
                            <th scope="col">{t(PageWords::AsRole)}</th>
                            <th scope="col">{t(PageWords::AskedAt)}</th>
                            <th scope="col"><span class="sr">{t(PageWords::Decide)}</span></th>
                        </tr></thead>
                        <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any(),
        }
    };
    let more = move || {
        next.get().map(|cursor| view! {
            <p><button class="btn" type="button" on:click=act(move |_| load(Some(cursor.clone())))>{t(PageWords::ShowMore)}</button></p>
        })
    };
    view! {
        <Topbar title/>
        <main class="sheet stack" id="main" tabindex="-1">
            {move || late.get().map(|said| view! { <Banner kind=Kind::Info><p>{said}</p></Banner> }.into_any())}
            {move || list()}
            {move || more()}
            {move || open.get().map(|row| view! { <DecideWindow row on_done=decided on_close=close/> }.into_any())}
        </main>
    }
}

#[component]
fn DecideWindow(row: ApprovalRow, on_done: Callback<()>, on_close: Callback<()>) -> impl IntoView {
    let client = use_client();
    let ui = use_ui();
    let open = shown(on_close);
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let stale = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let decision = RwSignal::new(String::new());
    let kept = {
        let me = session().me.with_untracked(|me| me.id).to_string();
        ["window.", &me, ".", &row.code, ".approve.", &row.role.id].concat()
    };
    let comment = KEPT.text(kept.clone());
    let key = StoredValue::new(browser::random_key());
    let version = StoredValue::new(row.version);
    let title = [t(Words::DecideApproval), " · ", &row.code].concat();
    let (code, role) = (row.code.clone(), row.role.id.clone());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let mut check = Check::default();
        let given = decision.with_untracked(|decision| {
            comment.with_untracked(|comment| checked_decision(&mut check, decision, comment))
        });
        if faults.show(check.done()) {
            return;
        }
        let Some((decision, comment)) = given else {
            return;
        };
        let action = TicketAction::Decide(NewApprovalDecision {
            role: role.clone(),
            decision,
            comment,
        });
        let (code, kept) = (code.clone(), kept.clone());
        busy.set(true);
        error.set(None);
        stale.set(false);
        later(async move {
            let outcome = action
                .send(client, &code, version.get_value(), &key.get_value())
                .await;
            if outcome.is_ok() {
                KEPT.put(&kept, None);
            }
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(_) => {
                    ui.toast(Kind::Success, t(StepWords::DecisionKept));
                    open.set(false);
                    on_done.run(());
                }
                Err(refused) => {
                    key.set_value(browser::random_key());
                    if refused.status() == 412 {
                        stale.set(true);
                        if let Ok(Fetched::New(view, _)) = api::ticket(client, &code, None).await {
                            let _ = version.try_set_value(view.version);
                        }
                    } else if !faults.show_from(&refused) {
                        error.set(Some(refused));
                    }
                }
            }
        });
    };
    let href = ["/console/tickets/", &row.code].concat();
    let speech = untrack(|| session().speech_of(&row.desk));
    let category = speech.category.say(Words::Category);
    view! {
        <Dialog id="approval" title open>
            <form novalidate on:submit=act(submit)>
                <div class="dialog-body stack">
                    {move || stale.get().then(|| view! { <Banner kind=Kind::Warning><p>{t(Words::ChangedMeanwhile)}</p></Banner> }.into_any())}
                    <ErrorSummary faults/>
                    <ErrorNote error/>
                    <dl class="facts-list">
                        <div><dt>{t(Words::Subject)}</dt><dd><a class="link" href=href>{row.subject.clone()}</a></dd></div>
                        <div><dt>{t(Words::Requester)}</dt><dd>{row.requester.name.clone()}</dd></div>
                        <div><dt>{category}</dt><dd>{row.category.join(" › ")}</dd></div>
                        <div><dt>{t(PageWords::AsRole)}</dt><dd>{row.role.label.clone()}</dd></div>
                    </dl>
                    <RadioCards id="decision" legend=t(StepWords::YourDecision) value=decision faults choices=decision_choices() columns=true/>
                    <TextArea id="comment" label=t(StepWords::Comment) hint=t(StepWords::CommentHint) value=comment faults max=REASON_MAX sometimes=true rows=3/>
                </div>
                <div class="dialog-foot">
                    <button class="btn ghost" type="button" on:click=act(move |_| open.set(false))>{t(Words::Cancel)}</button>
                    <SubmitButton label=t(StepWords::SendDecision) busy_label=t(Words::Sending) busy/>
                </div>
            </form>
        </Dialog>
    }
}
