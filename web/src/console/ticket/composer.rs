//! Writing to the requester or to the team. Which of the two is never in doubt: it begins as an internal note, differs
//! in border, ground, icon and words, and names the recipient before anything is sent. A text that comes back is what
//! it was, with its files.

use crate::components::act;
use crate::console::KEPT;
use crate::task::{later, watch};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use shared::api::tickets::NewMessage;
use shared::ticket::command::CommandKind;
use shared::ticket::status::Visibility;
use shared::ticket::text::Body;

use super::Case;
use crate::browser;
use crate::client::console::{self as api, UPLOADS};
use crate::client::uploads::Uploads;
use crate::client::{ApiError, use_client};
use crate::components::feedback::{ErrorNote, Kind};
use crate::components::files::{PickedFiles, files_of};
use crate::components::form::explain;
use crate::components::icon;
use crate::console::keys::keys;
use crate::console::words::{Words, files_fault};
use crate::i18n::{t, t_with};

const FILES: &str = "composer-files";

/// The composer below the timeline; what is typed stays in this browser until it is sent.
#[component]
pub fn Composer(case: Case) -> impl IntoView {
    let client = use_client();
    let store_key = {
        let agent = case.session.me.with_untracked(|me| me.id);
        StoredValue::new(["reply.", &agent.to_string(), ".", &case.code()].concat())
    };
    let beside = move |end: &str| store_key.with_value(|key| [key.as_str(), end].concat());
    let text = KEPT.text(store_key.get_value());
    let kind = {
        let name = beside(".kind");
        // Where nothing is written there is nothing for the requester either.
        let public = text.with_untracked(|text| !text.is_empty()) && KEPT.get(&name).is_some();
        let kind = RwSignal::new(if public {
            Visibility::Public
        } else {
            Visibility::Internal
        });
        watch(move || {
            let public = kind.get() == Visibility::Public;
            KEPT.put(&name, public.then_some("1"));
        });
        kind
    };
    let fault = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let key = StoredValue::new(browser::random_key());
    let uploads = Uploads::new(client, UPLOADS);
    uploads.kept_as(KEPT.name(&beside(".files")));
    let area = NodeRef::<html::Textarea>::new();
    let typed = move |event: ev::Event| {
        fault.set(None);
        text.set(event_target_value(&event));
    };
    let send = move || {
        if busy.get_untracked() {
            return;
        }
        let raw = text.get_untracked();
        let body = match Body::parse(&raw) {
            Ok(body) => body.into_string(),
            Err(wrong) => return fault.set(Some(explain(wrong))),
        };
        if let Some(why) = uploads.unfinished() {
            return fault.set(Some(t(files_fault(why)).to_owned()));
        }
        let visibility = kind.get_untracked();
        let message = NewMessage {
            visibility,
            body,
            attachments: uploads.ids(),
        };
        let (name, kind_name, files_name) =
            (store_key.get_value(), beside(".kind"), beside(".files"));
        let code = case.code();
        busy.set(true);
        error.set(None);
        later(async move {
            let outcome = api::create_message(client, &code, &message, &key.get_value()).await;
            if busy.try_set(false).is_some() {
                // The ticket was left meanwhile: what was sent must not come back, what was typed since must, and what was not
                // sent is told.
                match outcome {
                    Ok(()) => {
                        KEPT.put(&files_name, None);
                        if KEPT.get(&name).as_ref() == Some(&raw) {
                            KEPT.put(&name, None);
                            KEPT.put(&kind_name, None);
                        }
                    }
                    Err(refused) => case.ui.toast(Kind::Error, refused.about(&code)),
                }
                return;
            }
            match outcome {
                Ok(()) => {
                    key.set_value(browser::random_key());
                    uploads.sent(&message.attachments);
                    if text.with_untracked(|text| *text == raw) {
                        text.set(String::new());
                        kind.set(Visibility::Internal);
                    }
                    case.ui.toast(
                        Kind::Success,
                        t(match visibility {
                            Visibility::Public => Words::ReplySent,
                            Visibility::Internal => Words::NoteSaved,
                        }),
                    );
                    case.changed();
                }
                Err(refused) => {
                    if refused.status() > 0 && refused.status() < 500 {
                        key.set_value(browser::random_key());
                    }
                    if refused.status() == 409 {
                        case.load();
                    }
                    // Such as a file that waited so long that it is gone.
                    fault.set(refused.fields().first().map(|field| field.detail.clone()));
                    error.set(Some(refused));
                }
            }
        });
    };
    let start = move |visibility: Visibility| {
        move || {
            kind.set(visibility);
            if let Some(area) = area.get_untracked() {
                let _ = area.focus();
            }
        }
    };
    keys().bind("r", start(Visibility::Public));
    keys().bind("n", start(Visibility::Internal));
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            send();
        }
    };
    let add = move |files: Vec<web_sys::File>| uploads.add(files, case.limits());
    let chosen = move |event: ev::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        add(files_of(input.files()));
        // Choosing the same file again must be noticed.
        input.set_value("");
    };
    let dropped = move |event: ev::DragEvent| {
        event.prevent_default();
        add(files_of(
            event.data_transfer().and_then(|data| data.files()),
        ));
    };
    let is_public = move || kind.get() == Visibility::Public;
    let recipient = move || {
        case.view.with(|view| {
            view.as_ref()
                .map(|view| view.requester.email.clone())
                .unwrap_or_default()
        })
    };
    let to = move || {
        if is_public() {
            view! { {icon("eye")}<span>{t_with(Words::WillBeMailed, &[&recipient()])}</span> }
                .into_any()
        } else {
            view! { {icon("eye-off")}<span>{t(Words::TeamOnly)}</span> }.into_any()
        }
    };
    let radio = move |visibility: Visibility,
                      class: &'static str,
                      symbol: &'static str,
                      name: Words| {
        view! {
            <label class=class>
                <input type="radio" name="composer-kind" prop:checked=move || kind.get() == visibility on:change=act(move |_| kind.set(visibility))/>
                {icon(symbol)}{t(name)}
            </label>
        }
    };
    // A final ticket takes no messages; the server would refuse them.
    let closed = Memo::new(move |_| {
        case.view
            .with(|view| view.as_ref().is_some_and(|view| view.status.is_final()))
            && !case.can(CommandKind::AddMessage)
    });
    let kind_word = move || if is_public() { "public" } else { "note" };
    let button_class = move || {
        if is_public() {
            "btn primary"
        } else {
            "btn note"
        }
    };
    let button_text = move || {
        t(match (busy.get(), is_public()) {
            (true, _) => Words::Sending,
            (false, true) => Words::SendReply,
            (false, false) => Words::SaveNote,
        })
    };
    view! {
        <p class="muted" hidden=move || !closed.get()>{case.say(Words::ClosedForMessages)}</p>
        <form
            class="composer" data-kind=move || kind_word() hidden=move || closed.get()
            on:submit=act(move |event: ev::SubmitEvent| { event.prevent_default(); send(); })
            on:dragover=act(|event: ev::DragEvent| event.prevent_default()) on:drop=act(dropped)
        >
            <fieldset class="composer-kind">
                <legend class="sr">{t(Words::KindOfMessage)}</legend>
                {radio(Visibility::Public, "kind public", "send", Words::PublicReply)}
                {radio(Visibility::Internal, "kind note", "lock", Words::InternalNote)}
            </fieldset>
            <p class="composer-to" role="status">{move || to()}</p>
            <textarea
                class="composer-text" id="composer-text" rows="3" node_ref=area
                aria-label=move || t(if is_public() { Words::PublicReply } else { Words::InternalNote })
                placeholder=move || t(if is_public() { Words::ReplyPlaceholder } else { Words::NotePlaceholder })
                aria-invalid=move || fault.with(Option::is_some).then_some("true")
                aria-describedby="composer-fault"
                prop:value=text on:input=act(typed) on:keydown=act(on_key)
            ></textarea>
            <div id="composer-fault" role="alert">
                {move || fault.get().map(|text| view! { <p class="error">{icon("alert-circle")}<span>{text}</span></p> }.into_any())}
            </div>
            <PickedFiles items=uploads.items remove=Callback::new(move |key| uploads.remove(key)) retry=Callback::new(move |key| uploads.retry(key))/>
            <ErrorNote error/>
            <div class="composer-foot">
                <input class="sr composer-files" type="file" id=FILES multiple on:change=act(chosen)/>
                <label class="btn ghost" for=FILES>{icon("paperclip")}{t(Words::Attach)}</label>
                <span class="muted small hide-phone"><kbd>"Ctrl"</kbd>" "<kbd>"Enter"</kbd></span>
                <span class="grow"></span>
                <button class=move || button_class() type="submit" aria-busy=move || busy.get().to_string() aria-disabled=move || busy.get().to_string()>{move || button_text()}</button>
            </div>
        </form>
    }
}
