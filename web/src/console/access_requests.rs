//! Requests for access: people without registration who ask for it. An assistant compares the four data,
//! corrects them if need be, and approves or refuses.

use crate::components::act;
use crate::task::{later, watch};
use leptos::ev;
use leptos::prelude::*;
use shared::api::people::{AccessApproval, AccessRefusal, AccessRequest, AccessRequestStatus};
use shared::ticket::text::{EntityName, PersonName, PhoneNumber, REASON_MAX, Reason};

use super::components::window::shown;
use super::session::session;
use super::shell::{Topbar, counts};
use super::words::{PageWords, Words};
use crate::browser;
use crate::client::{ApiError, console as api, use_client};
use crate::components::dialog::Dialog;
use crate::components::feedback::{Banner, Empty, ErrorNote, Failed, Kind, Loading};
use crate::components::form::{Check, ErrorSummary, Faults, TextArea, TextField};
use crate::components::ticket::time;
use crate::components::{icon, use_ui};
use crate::i18n::dates::{DEFAULT_ZONE, Style};
use crate::i18n::{t, t_with};

const TABS: [(AccessRequestStatus, PageWords); 3] = [
    (AccessRequestStatus::Pending, PageWords::Pending),
    (AccessRequestStatus::Approved, PageWords::Approved),
    (AccessRequestStatus::Refused, PageWords::Refused),
];

/// The lists and the window of one request.
#[component]
pub fn AccessRequestsPage() -> impl IntoView {
    let client = use_client();
    let session = session();
    let counts = counts();
    let title = Signal::derive(|| t(Words::AccessRequests).to_owned());
    let tab = RwSignal::new(AccessRequestStatus::Pending);
    let rows = RwSignal::new(None::<Vec<AccessRequest>>);
    let next = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<ApiError>);
    let open = RwSignal::new(None::<AccessRequest>);
    let asked = StoredValue::new(0u32);
    let load = move |cursor: Option<String>| {
        let number = asked.get_value() + 1;
        asked.set_value(number);
        // Nothing is to be added to a list that is read anew.
        if cursor.is_none() {
            next.set(None);
        }
        let (desk, status) = (session.desk.get_untracked(), tab.get_untracked());
        later(async move {
            let answer = api::access_requests(client, &desk, status, cursor.as_deref()).await;
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
    watch(move || {
        session.desk.track();
        tab.track();
        rows.set(None);
        load(None);
    });
    // The badge counts by itself; when it says something new, so does the list.
    let waiting = Memo::new(move |_| counts.now.get().map(|counts| counts.access_requests));
    Effect::new(move |before: Option<Option<i64>>| {
        let now = waiting.get();
        let news = before
            .flatten()
            .is_some_and(|before| now.is_some_and(|now| now != before));
        if news && tab.get_untracked() == AccessRequestStatus::Pending {
            load(None);
        }
        now
    });
    let decided = Callback::new(move |()| {
        open.set(None);
        load(None);
        counts.refresh();
    });
    let close = Callback::new(move |()| open.set(None));
    let tab_button = move |(status, name): (AccessRequestStatus, PageWords)| {
        let count = move || {
            let waiting = counts.now.get().map_or(0, |counts| counts.access_requests);
            (status == AccessRequestStatus::Pending && waiting > 0)
                .then(|| view! { <span class="badge accent num">{waiting}</span> }.into_any())
        };
        view! {
            <button class="tab" type="button" aria-pressed=move || (tab.get() == status).to_string() on:click=act(move |_| tab.set(status))>{t(name)}" "{move || count()}</button>
        }
    };
    let row = move |request: AccessRequest| {
        let one = request.clone();
        let at = request.decided_at.unwrap_or(request.created_at);
        view! {
            <tr>
                <td data-label=t(Words::Name)><button class="linkish" type="button" on:click=act(move |_| open.set(Some(one.clone())))>{request.full_name.clone()}</button></td>
                <td data-label=t(Words::Entity)>{request.entity.clone()}</td>
                <td data-label=t(Words::Email)>{request.email.clone()}
                    {request.already_registered.then(|| view! { " "<span class="tag sm waiting">{icon("alert")}{t(PageWords::AlreadyRegistered)}</span> }.into_any())}
                    {(request.others_waiting > 0).then(|| view! { " "<span class="tag sm waiting">{icon("alert")}{t(PageWords::OthersWaiting)}</span> }.into_any())}
                </td>
                <td data-label=t(Words::Phone) class="num">{request.phone.clone()}</td>
                <td data-label=t(PageWords::Reference) class="num">{request.reference.clone()}</td>
                <td data-label=t(PageWords::Received)>{time(at, DEFAULT_ZONE, Style::Short)}</td>
            </tr>
        }
    };
    let list = move || {
        if let Some(error) = error.get() {
            return view! { <Failed error retry=Callback::new(move |()| load(None))/> }.into_any();
        }
        match rows.get() {
            None => view! { <Loading lines=6/> }.into_any(),
            Some(rows) if rows.is_empty() => view! {
                <Empty symbol="key" title=t(PageWords::NoRequests)><p>{t(PageWords::NoRequestsHelp)}</p></Empty>
            }.into_any(),
            Some(rows) => view! {
                <div class="table-wrap" role="region" aria-label=t(Words::AccessRequests) tabindex="0">
                    <table class="table cards">
                        <thead><tr>
                            <th scope="col">{t(Words::Name)}</th>
                            <th scope="col">{t(Words::Entity)}</th>
                            <th scope="col">{t(Words::Email)}</th>
                            <th scope="col">{t(Words::Phone)}</th>
                            <th scope="col">{t(PageWords::Reference)}</th>
                            <th scope="col">{move || t(if tab.get() == AccessRequestStatus::Pending { PageWords::Received } else { PageWords::Decided })}</th>
                        </tr></thead>
                        <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            }.into_any(),
        }
    };
    let more = move || {
        next.get().map(|cursor| view! {
        <button class="btn" type="button" on:click=act(move |_| load(Some(cursor.clone())))>{t(PageWords::ShowMore)}</button>
    }.into_any())
    };
    view! {
        <Topbar title/>
        <main class="sheet" id="main" tabindex="-1">
            <div class="tabs" role="group" aria-label=t(Words::AccessRequests)>{TABS.map(tab_button).into_iter().collect_view()}</div>
            {move || list()}
            {move || more()}
            {move || open.get().map(|request| view! { <RequestWindow request on_done=decided on_close=close/> }.into_any())}
        </main>
    }
}

/// One request: its data, and the decision if it waits for one.
#[component]
fn RequestWindow(
    request: AccessRequest,
    on_done: Callback<()>,
    on_close: Callback<()>,
) -> impl IntoView {
    let open = shown(on_close);
    let title = t_with(PageWords::RequestOf, &[&request.reference]);
    let body = if request.status == AccessRequestStatus::Pending {
        view! { <Decision request open on_done/> }.into_any()
    } else {
        decided_view(&request, open)
    };
    view! { <Dialog id="access-request" title open>{body}</Dialog> }
}

fn decided_view(request: &AccessRequest, open: RwSignal<bool>) -> AnyView {
    let line =
        |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let decided = request.decided_at.map(|at| view! { <div><dt>{t(PageWords::Decided)}</dt><dd>{time(at, DEFAULT_ZONE, Style::Full)}</dd></div> }.into_any());
    view! {
        <div class="dialog-body stack">
            <dl class="facts-list">
                {line(t(PageWords::FullName), request.full_name.clone())}
                {line(t(Words::Email), request.email.clone())}
                {line(t(Words::Phone), request.phone.clone())}
                {line(t(Words::Entity), request.entity.clone())}
                {decided}
                {request.decided_by.clone().map(|name| line(t(PageWords::DecidedBy), name))}
                {request.reason.clone().map(|reason| line(t(Words::Reason), reason))}
            </dl>
        </div>
        <div class="dialog-foot"><button class="btn" type="button" on:click=act(move |_| open.set(false))>{t(PageWords::Close)}</button></div>
    }
    .into_any()
}

#[component]
fn Decision(request: AccessRequest, open: RwSignal<bool>, on_done: Callback<()>) -> impl IntoView {
    let client = use_client();
    let ui = use_ui();
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let refusing = RwSignal::new(false);
    let name = RwSignal::new(request.full_name.clone());
    let phone = RwSignal::new(request.phone.clone());
    let entity = RwSignal::new(request.entity.clone());
    let reason = RwSignal::new(String::new());
    let id = request.id;
    let given = StoredValue::new(request.clone());
    let finish = move |outcome: Result<(), ApiError>, done: &'static str| {
        if busy.try_set(false).is_some() {
            return;
        }
        match outcome {
            Ok(()) => {
                ui.toast(Kind::Success, done);
                open.set(false);
                on_done.run(());
            }
            Err(refused) => {
                if !faults.show_from(&refused) {
                    error.set(Some(refused));
                }
            }
        }
    };
    let begin = move || {
        error.set(None);
        busy.set(true);
    };
    let approve = move || {
        let mut check = Check::default();
        let full_name = check.text(
            "full_name",
            t(PageWords::WriteName),
            name.with_untracked(|text| PersonName::parse(text)),
        );
        let number = check.text(
            "phone",
            t(PageWords::WritePhone),
            phone.with_untracked(|text| PhoneNumber::parse(text)),
        );
        let place = check.text(
            "entity",
            t(PageWords::WriteEntity),
            entity.with_untracked(|text| EntityName::parse(text)),
        );
        if faults.show(check.done()) {
            return;
        }
        let (Some(full_name), Some(number), Some(place)) = (full_name, number, place) else {
            return;
        };
        let approval = given.with_value(|given| {
            let differs = |new: String, old: &str| (new != old).then_some(new);
            AccessApproval {
                full_name: differs(full_name.into_string(), &given.full_name),
                phone: differs(number.into_string(), &given.phone),
                entity: differs(place.into_string(), &given.entity),
            }
        });
        begin();
        later(async move {
            let outcome = api::approve_access(client, id, &approval, &browser::random_key()).await;
            finish(outcome, t(PageWords::AccessApproved));
        });
    };
    let refuse = move || {
        let mut check = Check::default();
        let text = check.text(
            "reason",
            t(PageWords::WriteReason),
            reason.with_untracked(|text| Reason::parse(text)),
        );
        if faults.show(check.done()) {
            return;
        }
        let Some(text) = text else { return };
        let refusal = AccessRefusal {
            reason: text.into_string(),
        };
        begin();
        later(async move {
            let outcome = api::refuse_access(client, id, &refusal, &browser::random_key()).await;
            finish(outcome, t(PageWords::AccessRefused));
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        if refusing.get_untracked() {
            refuse()
        } else {
            approve()
        }
    };
    let fields = move || {
        if refusing.get() {
            view! {
                <p>{t_with(PageWords::RefuseHelp, &[&given.with_value(|given| given.full_name.clone())])}</p>
                <TextArea id="reason" label=t(Words::Reason) hint=t(PageWords::RefusalHint) value=reason faults max=REASON_MAX rows=4/>
            }
            .into_any()
        } else {
            view! {
                <p>{t(PageWords::ApproveHelp)}</p>
                <TextField id="full_name" label=t(PageWords::FullName) value=name faults/>
                <TextField id="phone" label=t(Words::Phone) kind="tel" value=phone faults/>
                <TextField id="entity" label=t(Words::Entity) value=entity faults/>
            }
            .into_any()
        }
    };
    let state = move || busy.get().then_some("true");
    let foot = move || {
        if refusing.get() {
            view! {
                <button class="btn ghost" type="button" on:click=act(move |_| refusing.set(false))>{t(PageWords::Back)}</button>
                <button class="btn danger" type="submit" aria-busy=move || state() aria-disabled=move || state()>{t(PageWords::Refuse)}</button>
            }
            .into_any()
        } else {
            view! {
                <button class="btn" type="button" on:click=act(move |_| { refusing.set(true); browser::focus_id("reason"); })>{t(PageWords::RefuseDots)}</button>
                <button class="btn primary" type="submit" aria-busy=move || state() aria-disabled=move || state()>{t(PageWords::Approve)}</button>
            }
            .into_any()
        }
    };
    view! {
        <form novalidate on:submit=act(submit)>
            <div class="dialog-body stack">
                <ErrorSummary faults/>
                <ErrorNote error/>
                {request.already_registered.then(|| view! { <Banner kind=Kind::Warning title=t(PageWords::AlreadyRegistered)><p>{t(PageWords::AlreadyRegisteredHelp)}</p></Banner> }.into_any())}
                {(request.others_waiting > 0).then(|| view! { <Banner kind=Kind::Warning title=t(PageWords::OthersWaiting)><p>{t(PageWords::OthersWaitingHelp)}</p></Banner> }.into_any())}
                <dl class="facts-list">
                    <div><dt>{t(Words::Email)}</dt><dd>{request.email.clone()}</dd></div>
                    <div><dt>{t(PageWords::Received)}</dt><dd>{time(request.created_at, DEFAULT_ZONE, Style::Full)}</dd></div>
                </dl>
                {move || fields()}
            </div>
            <div class="dialog-foot">{move || foot()}</div>
        </form>
    }
}
