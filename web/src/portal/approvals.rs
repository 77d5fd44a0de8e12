//! What waits for a person's approval, and the decision. An approver needs no account: the mailed code proves
//! the address, and the page shows of a request only what the decision needs.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::page::Page;
use shared::api::portal::{PortalApproval, PortalApprovalRow};
use shared::api::process::NewApprovalDecision;
use shared::api::tickets::Labelled;
use shared::api::uploads::Attachment;
use shared::ticket::command::Decision;
use shared::ticket::text::{REASON_MAX, Reason, TextError};

use super::KEPT;
use super::load::Loaded;
use super::lookup::LookupForm;
use super::nav::use_nav;
use super::shell::{Desk, is_unknown, use_desk};
use super::words::Words as Common;
use crate::browser;
use crate::client::{ApiError, Client, portal, use_client};
use crate::components::feedback::{Empty, ErrorNote, Failed, Loading};
use crate::components::files::FileList;
use crate::components::form::{
    Check, Choice, ErrorSummary, Faults, RadioCards, SubmitButton, TextArea,
};
use crate::components::ticket::{paragraphs, time};
use crate::components::{Heading, Kind, icon, use_ui};
use crate::i18n::dates::Style;
use crate::i18n::{t, t_with};

crate::messages! {
    enum Words {
        Title = "Por aprobar", "To approve";
        Lead = "Esperan su visto bueno, la más antigua primero.", "These are waiting for your approval, oldest first.";
        Empty = "Nada espera su aprobación", "Nothing is waiting for your approval";
        More = "Ver más", "See more";
        DecidedTitle = "Esta aprobación ya se decidió", "This approval was already decided";
        EmptyHelp = "Cuando alguien la pida, le llegará un correo con el enlace.", "When someone asks for it, you will get an email with the link.";
        Asked = "Pedida ", "Requested ";
        By = "Solicita {0}", "Requested by {0}";
        As = "Decide como {0}", "You decide as {0}";
        Back = "Por aprobar", "To approve";
        Request = "Qué se pide", "What is requested";
        Who = "Quién solicita", "Who is asking";
        Entity = "Entidad", "Entity";
        Category = "Categoría", "Category";
        Note = "Mensaje de la mesa", "Message from the desk";
        Files = "Soportes", "Evidence";
        NoFiles = "No hay archivos.", "There are no files.";
        Others = "Lo que han decidido otros", "What others have decided";
        Approved = "Aprobó", "Approved";
        RefusedWord = "Negó", "Refused";
        Decide = "Su decisión", "Your decision";
        Role = "Decide como", "You decide as";
        RoleEmpty = "Elija en qué papel decide.", "Choose the role in which you decide.";
        Choose = "¿Da su visto bueno?", "Do you approve?";
        Yes = "Apruebo", "I approve";
        YesHelp = "La atención puede continuar.", "The work can go ahead.";
        No = "No apruebo", "I do not approve";
        NoHelp = "{The} termina y la persona recibe su motivo.", "{The} ends and the person is told why.";
        ChooseEmpty = "Elija si aprueba o no.", "Choose whether you approve.";
        Comment = "Motivo o comentario", "Reason or comment";
        CommentHint = "Obligatorio si no aprueba.", "Required if you do not approve.";
        CommentEmpty = "Escriba por qué no aprueba.", "Enter why you do not approve.";
        Send = "Enviar decisión", "Send decision";
        Thanks = "Su decisión quedó registrada.", "Your decision has been recorded.";
        GoneTitle = "Esta aprobación ya no espera su decisión", "This approval is no longer waiting for your decision";
        GoneHelp = "Puede que ya se haya decidido o que se le pida a otra persona.", "It may have been decided already, or someone else may be asked.";
        OtherAddress = "Entrar con otro correo", "Use another address";
    }
}

/// A session of this desk; at another desk its requests would stand under a wrong name.
async fn session(client: Client, desk: Desk) -> Result<(), ApiError> {
    if client.resume().await {
        match portal::get_session(client).await {
            Ok(session) if session.desk == desk.slug() => Ok(()),
            Ok(_) => Err(ApiError::Status(401)),
            Err(error) => Err(error),
        }
    } else if client.may_have_session() {
        Err(ApiError::Offline)
    } else {
        Err(ApiError::Status(401))
    }
}

/// The list.
#[component]
pub(super) fn Approvals() -> impl IntoView {
    let client = use_client();
    let desk = use_desk();
    let rows = Loaded::start(move || async move {
        session(client, desk).await?;
        portal::list_approvals(client, None).await
    });
    move || match rows.value() {
        None => view! { <Loading/> }.into_any(),
        Some(Err(error)) if error.status() == 401 => {
            view! { <LookupForm ticket=String::new() then="approvals".to_owned()/> }.into_any()
        }
        Some(Err(error)) => {
            view! { <Failed error retry=Callback::new(move |()| rows.reload())/> }.into_any()
        }
        Some(Ok(page)) => list(desk, client, page),
    }
}

fn list(desk: Desk, client: Client, page: Page<PortalApprovalRow>) -> AnyView {
    let zone = StoredValue::new(desk.zone());
    let none = page.items.is_empty();
    let items = RwSignal::new(page.items);
    let next = RwSignal::new(page.next);
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let card = move |row: PortalApprovalRow| {
        let address = desk.link(&["approvals/", &row.code].concat());
        view! {
            <li>
                <a class="card-link" href=address>
                    <span class="card-head"><span class="num code">{row.code}</span></span>
                    <span class="card-title">{row.subject}</span>
                    <span class="card-meta">
                        <span>{t_with(Words::By, &[&row.requester])}</span>
                        <span>{t_with(Words::As, &[&roles(&row.roles)])}</span>
                        <span>{t(Words::Asked)}{zone.with_value(|zone| time(row.asked_at, zone, Style::Short))}</span>
                    </span>
                </a>
            </li>
        }
    };
    let cards = move || items.get().into_iter().map(card).collect_view();
    let more = move || {
        next.get().map(|cursor| {
            let load = move |_| {
                if busy.get_untracked() {
                    return;
                }
                let cursor = cursor.clone();
                error.set(None);
                busy.set(true);
                spawn_local(async move {
                    let answer = portal::list_approvals(client, Some(cursor)).await;
                    let _ = busy.try_set(false);
                    match answer {
                        Ok(page) => {
                            let _ = items.try_update(|items| items.extend(page.items));
                            let _ = next.try_set(page.next);
                        }
                        Err(refused) => {
                            let _ = error.try_set(Some(refused));
                        }
                    }
                });
            };
            view! { <p><button class="btn" type="button" on:click=load>{t(Words::More)}</button></p> }
        })
    };
    let body = if none {
        view! { <Empty symbol="check-circle" title=t(Words::Empty)><p>{t(Words::EmptyHelp)}</p></Empty> }.into_any()
    } else {
        view! {
            <p class="lead">{t(Words::Lead)}</p>
            <ul class="cards">{cards}</ul>
            <ErrorNote error/>
            {more}
        }
        .into_any()
    };
    view! {
        <a class="back" href=desk.link("")>{icon("arrow-left")}{t(Common::Home)}</a>
        <Heading text=t(Words::Title)/>
        {body}
    }
    .into_any()
}

fn roles(roles: &[Labelled]) -> String {
    let labels: Vec<&str> = roles.iter().map(|role| role.label.as_str()).collect();
    labels.join(", ")
}

/// One request and the decision.
#[component]
pub(super) fn Approval(code: String) -> impl IntoView {
    let client = use_client();
    let desk = use_desk();
    let code = StoredValue::new(code);
    let asked = Loaded::start(move || async move {
        session(client, desk).await?;
        portal::get_approval(client, code.get_value()).await
    });
    move || match asked.value() {
        None => view! { <Loading lines=6/> }.into_any(),
        Some(Err(error)) if error.status() == 401 => {
            let then = ["approvals/", &code.get_value()].concat();
            view! { <LookupForm ticket=code.get_value() then/> }.into_any()
        }
        Some(Err(error)) if is_unknown(&error) => {
            gone(asked, t(Words::GoneTitle), t(Words::GoneHelp).to_owned())
        }
        Some(Err(error)) if error.status() == 409 => {
            gone(asked, t(Words::DecidedTitle), error.detail())
        }
        Some(Err(error)) => {
            view! { <Failed error retry=Callback::new(move |()| asked.reload())/> }.into_any()
        }
        Some(Ok(approval)) => page(approval, asked),
    }
}

fn gone(asked: Loaded<PortalApproval>, title: &'static str, help: String) -> AnyView {
    let desk = use_desk();
    let client = use_client();
    let other = move |_| {
        spawn_local(async move {
            client.sign_out().await;
            KEPT.forget_all();
            asked.reload();
        });
    };
    view! {
        <Heading text=title/>
        <p>{help}</p>
        <div class="actions">
            <a class="btn primary" href=desk.link("approvals")>{t(Words::Title)}</a>
            <button class="btn" type="button" on:click=other>{t(Words::OtherAddress)}</button>
        </div>
    }
    .into_any()
}

fn page(approval: PortalApproval, asked: Loaded<PortalApproval>) -> AnyView {
    let desk = use_desk();
    let client = use_client();
    let ui = use_ui();
    let zone = desk.zone();
    let code = StoredValue::new(approval.code.clone());
    let download = Callback::new(move |file: Attachment| {
        spawn_local(async move {
            let fetched =
                portal::download_evidence(client, &code.get_value(), &file.id, file.name).await;
            if let Err(error) = fetched {
                ui.toast(Kind::Error, error.detail());
            }
        });
    });
    let row = |name: String, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let extra = approval
        .extra
        .into_iter()
        .map(|extra| row(extra.label, extra.value.into_any()))
        .collect_view();
    let entity = approval
        .entity
        .map(|entity| row(t(Words::Entity).to_owned(), entity.into_any()));
    let note = approval.note.as_deref().map(|note| {
        view! { <section class="stack tight"><h2>{t(Words::Note)}</h2>{paragraphs(note)}</section> }
    });
    let files = if approval.attachments.is_empty() {
        view! { <p class="muted">{t(Words::NoFiles)}</p> }.into_any()
    } else {
        view! { <FileList attachments=approval.attachments download/> }.into_any()
    };
    let others = approval.decided.iter().map(|decided| {
        let word = match decided.decision {
            Decision::Approved => Words::Approved,
            Decision::Refused => Words::RefusedWord,
        };
        view! { <li><strong>{decided.role.label.clone()}</strong>": "{t(word)}" · "{time(decided.at, &zone, Style::Short)}</li> }
    });
    let others = others.collect_view();
    let others = (!others.is_empty()).then(|| {
        view! { <section class="stack tight"><h2>{t(Words::Others)}</h2><ul class="bullets">{others}</ul></section> }
    });
    view! {
        <a class="back" href=desk.link("approvals")>{icon("arrow-left")}{t(Words::Back)}</a>
        <div class="stack tight">
            <p class="code num muted">{approval.code}</p>
            <Heading text=approval.subject/>
        </div>
        <section class="stack tight">
            <h2>{t(Words::Request)}</h2>
            <div class="msg-body">{paragraphs(&approval.description)}</div>
            <dl class="summary">
                {row(t(Words::Who).to_owned(), approval.requester.into_any())}
                {entity}
                {row(t(Words::Category).to_owned(), approval.category.join(" › ").into_any())}
                {extra}
            </dl>
        </section>
        {note}
        <section class="stack tight"><h2>{t(Words::Files)}</h2>{files}</section>
        {others}
        <DecisionForm code asked_at=approval.asked_at.to_rfc3339() version=approval.version roles=approval.roles asked/>
    }
    .into_any()
}

#[component]
fn DecisionForm(
    code: StoredValue<String>,
    asked_at: String,
    version: i32,
    roles: Vec<Labelled>,
    asked: Loaded<PortalApproval>,
) -> impl IntoView {
    let desk = use_desk();
    let client = use_client();
    let ui = use_ui();
    let nav = use_nav();
    let several = roles.len() > 1;
    let first = roles
        .first()
        .map(|role| role.id.clone())
        .unwrap_or_default();
    let role = RwSignal::new(if several { String::new() } else { first });
    let decision = RwSignal::new(String::new());
    // The form is drawn anew after a change by somebody else, and after signing in again. Another request has another time.
    let key = StoredValue::new(["approval.", &code.get_value(), ".", &asked_at].concat());
    let comment = KEPT.text(key.get_value());
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(None);
        let mut check = Check::default();
        let role = check.choice("role", t(Words::RoleEmpty), role.get_untracked());
        let word = check.choice("decision", t(Words::ChooseEmpty), decision.get_untracked());
        let refuses = word.as_deref() == Some("refused");
        let why = match Reason::parse(&comment.get_untracked()) {
            Ok(why) => Some(why.into_string()),
            Err(TextError::Empty) if !refuses => None,
            Err(fault) => {
                check.text::<Reason>("comment", t(Words::CommentEmpty), Err(fault));
                None
            }
        };
        if faults.show(check.done()) {
            return;
        }
        let Some(role) = role else { return };
        let decided = NewApprovalDecision {
            role,
            decision: if refuses {
                Decision::Refused
            } else {
                Decision::Approved
            },
            comment: why,
        };
        busy.set(true);
        let key = key.get_value();
        spawn_local(async move {
            let answer =
                portal::decide_approval(client, &code.get_value(), &decided, version).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    KEPT.put(&key, None);
                    ui.toast(Kind::Success, t(Words::Thanks));
                    nav.go(&desk.link("approvals"));
                }
                Err(refused) if refused.status() == 401 => asked.reload(),
                Err(refused) if refused.status() == 412 => {
                    ui.toast(Kind::Warning, desk.say(Common::Changed));
                    asked.reload();
                }
                Err(refused) => {
                    if !faults.show_from(&refused) {
                        error.set(Some(refused));
                        browser::focus_first(".banner.error");
                    }
                }
            }
        });
    };
    let card = |value: &str, title: String, help: String| Choice {
        value: value.to_owned(),
        title,
        help,
        side: String::new(),
    };
    let role_view = if several {
        let choices = roles
            .into_iter()
            .map(|role| card(&role.id, role.label, String::new()))
            .collect();
        view! { <RadioCards id="role" legend=t(Words::Role) value=role faults choices/> }.into_any()
    } else {
        let label = roles
            .into_iter()
            .next()
            .map(|role| role.label)
            .unwrap_or_default();
        view! { <p>{t_with(Words::As, &[&label])}"."</p> }.into_any()
    };
    let choices = vec![
        card(
            "approved",
            t(Words::Yes).to_owned(),
            t(Words::YesHelp).to_owned(),
        ),
        card("refused", t(Words::No).to_owned(), desk.say(Words::NoHelp)),
    ];
    view! {
        <section class="next-step stack" aria-labelledby="decide-title">
            <h2 id="decide-title">{t(Words::Decide)}</h2>
            <ErrorSummary faults/>
            <ErrorNote error/>
            <form class="form stack" novalidate on:submit=send>
                {role_view}
                <RadioCards id="decision" legend=t(Words::Choose) value=decision faults choices columns=true/>
                <TextArea id="comment" label=t(Words::Comment) hint=t(Words::CommentHint) value=comment faults max=REASON_MAX sometimes=true rows=4/>
                <div class="actions"><SubmitButton label=t(Words::Send) busy_label=t(Common::Sending) busy/></div>
            </form>
        </section>
    }
}
