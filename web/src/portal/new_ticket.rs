//! The new ticket form with its seven fields. What is typed is kept on the device until
//! the ticket exists, so a wrong code or a lost network costs nothing.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use shared::api::desks::{CategoryView, PriorityView};
use shared::api::portal::{NewDraft, PortalDesk};
use shared::api::uploads::Upload;
use shared::ticket::status::RequestType;
use shared::ticket::text::{BODY_MAX, Body, EmailAddress, Subject};

use super::kept::{OnceKey, keep, kept};
use super::nav::use_nav;
use super::shell::{phone, use_desk};
use super::words::Words as Common;
use crate::client::uploads::Uploads;
use crate::client::{ApiError, portal, use_client};
use crate::components::feedback::ErrorNote;
use crate::components::files::{FilePicker, FileState, Limits};
use crate::components::form::{
    Check, Choice, Entry, ErrorSummary, Faults, RadioCards, SelectField, SubmitButton, TextArea,
    TextField,
};
use crate::components::{Banner, Heading, Kind, icon};
use crate::i18n::{lang, t};

crate::messages! {
    enum Words {
        Title = "Crear un ticket", "Create a ticket";
        Lead = "Todos los datos son obligatorios, salvo los anexos.", "Everything is required, except the files.";
        PartWho = "1. Quién solicita", "1. Who asks";
        PartWhat = "2. Qué necesita", "2. What you need";
        PartDetails = "3. Detalles", "3. Details";
        EmailHint = "Desde este correo se gestiona el ticket. Allí le llegará un código para confirmar su identidad.",
            "The ticket is managed from this address. A code to confirm your identity will arrive there.";
        NoMail = "¿No tiene acceso a su correo? Llame a la línea de soporte: ", "No access to your e-mail? Call the support line: ";
        Type = "Tipo de solicitud", "Type of request";
        TypeEmpty = "Elija el tipo de solicitud.", "Choose the type of request.";
        CategoryHint = "El producto o servicio del que se trata.", "The product or service that it is about.";
        PriorityHint = "Elija según el impacto. De ella depende el tiempo de respuesta.", "Choose by impact. The response time depends on it.";
        ChooseOne = "Elija una opción en «{0}».", "Choose an option in “{0}”.";
        Subject = "Tema", "Subject";
        SubjectHint = "Una frase que resuma lo que pasa.", "One sentence that sums it up.";
        SubjectEmpty = "Escriba el tema.", "Write the subject.";
        Message = "Mensaje", "Message";
        MessageHint = "Qué pasa, desde cuándo, a quién afecta y qué ha intentado.", "What happens, since when, whom it affects and what you have tried.";
        MessageEmpty = "Escriba el mensaje.", "Write the message.";
        Files = "Anexos (opcional)", "Files (optional)";
        FilesBusy = "Espere a que los archivos terminen de subir.", "Wait until the files have arrived.";
        FilesFailed = "Hay archivos que no se adjuntaron: quítelos o intente de nuevo.", "Some files were not attached: remove them or try again.";
        Send = "Crear ticket", "Create ticket";
        NextStep = "Después le pediremos el código que llega a su correo.", "Next we will ask for the code that arrives by e-mail.";
        Restored = "Recuperamos lo que había escrito en este equipo.", "We brought back what you had typed on this device.";
        StartOver = "Empezar de nuevo", "Start over";
    }
}

/// What is kept of the form.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    email: String,
    request_type: String,
    category: String,
    priority: String,
    subject: String,
    message: String,
    files: Vec<Upload>,
}

/// Where the form of a desk is kept.
pub(super) fn kept_as(desk: &str) -> String {
    ["new.", desk].concat()
}

#[derive(Clone, Copy)]
struct Form {
    email: RwSignal<String>,
    request_type: RwSignal<String>,
    category: RwSignal<String>,
    priority: RwSignal<String>,
    subject: RwSignal<String>,
    message: RwSignal<String>,
    uploads: Uploads,
    faults: Faults,
}

impl Form {
    fn fill(self, kept: Kept) {
        self.email.set(kept.email);
        self.request_type.set(kept.request_type);
        self.category.set(kept.category);
        self.priority.set(kept.priority);
        self.subject.set(kept.subject);
        self.message.set(kept.message);
        self.uploads.restore(kept.files);
    }

    fn kept(self) -> Kept {
        // Read so that every change of a file is followed, too.
        self.uploads.items.track();
        Kept {
            email: self.email.get(),
            request_type: self.request_type.get(),
            category: self.category.get(),
            priority: self.priority.get(),
            subject: self.subject.get(),
            message: self.message.get(),
            files: self.uploads.done(),
        }
    }

    /// The draft to send, or every fault at once.
    fn parse(self, desk: &PortalDesk) -> Option<NewDraft> {
        let mut check = Check::default();
        let email = check.text(
            "email",
            t(Common::EmailEmpty),
            EmailAddress::parse(&self.email.get_untracked()),
        );
        let request_type = check.choice(
            "request_type",
            t(Words::TypeEmpty),
            self.request_type.get_untracked(),
        );
        let choose = |word: &str| crate::i18n::t_with(Words::ChooseOne, &[word]);
        let category = check.choice(
            "category",
            &choose(&desk.category_word),
            self.category.get_untracked(),
        );
        let priority = check.choice(
            "priority",
            &choose(&desk.priority_word),
            self.priority.get_untracked(),
        );
        let subject = check.text(
            "subject",
            t(Words::SubjectEmpty),
            Subject::parse(&self.subject.get_untracked()),
        );
        let message = check.text(
            "message",
            t(Words::MessageEmpty),
            Body::parse(&self.message.get_untracked()),
        );
        check_files(&mut check, self.uploads);
        if self.faults.show(check.done()) {
            return None;
        }
        Some(NewDraft {
            desk: desk.slug.clone(),
            email: email?.into_string(),
            request_type: request_type?.parse::<RequestType>().ok()?,
            category: category?,
            priority: Some(priority?),
            impact: None,
            urgency: None,
            extra: Default::default(),
            subject: subject?.into_string(),
            message: message?.into_string(),
            attachments: self.uploads.ids(),
            language: lang(),
        })
    }
}

/// Notes files that are still travelling or did not arrive; the field is `attachments`.
pub(super) fn check_files(check: &mut Check, uploads: Uploads) {
    let (mut busy, mut failed) = (false, false);
    uploads.items.with_untracked(|items| {
        for item in items {
            match item.state {
                FileState::Sending(_) => busy = true,
                FileState::Failed(_) | FileState::Refused(_) => failed = true,
                FileState::Done(_) => {}
            }
        }
    });
    if failed {
        check.fault("attachments", t(Words::FilesFailed).to_owned());
    } else if busy {
        check.fault("attachments", t(Words::FilesBusy).to_owned());
    }
}

/// The page.
#[component]
pub(super) fn NewTicket() -> impl IntoView {
    let desk = use_desk();
    let data = StoredValue::new(desk.get());
    let client = use_client();
    let text = || RwSignal::new(String::new());
    let form = Form {
        email: text(),
        request_type: text(),
        category: text(),
        priority: text(),
        subject: text(),
        message: text(),
        uploads: Uploads::new(client, portal::UPLOADS),
        faults: Faults::none(),
    };
    let place = kept_as(&desk.slug());
    let before = kept(&place).and_then(|text| serde_json::from_str::<Kept>(&text).ok());
    let restored = RwSignal::new(before.is_some());
    if let Some(before) = before {
        form.fill(before);
    }
    Effect::new(move || {
        let kept = form.kept();
        let text = if kept == Kept::default() {
            None
        } else {
            serde_json::to_string(&kept).ok()
        };
        keep(&place, text.as_deref().unwrap_or_default());
    });
    let start_over = move |_| {
        form.fill(Kept::default());
        form.faults.show(Vec::new());
        restored.set(false);
        crate::browser::focus_first("h1");
    };

    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<ApiError>);
    let once = OnceKey::new();
    let nav = use_nav();
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(None);
        let Some(draft) = data.with_value(|desk| form.parse(desk)) else {
            return;
        };
        busy.set(true);
        let key = once.of(serde_json::to_string(&draft).unwrap_or_default());
        spawn_local(async move {
            match portal::create_draft(client, &draft, key).await {
                Ok(challenge) => {
                    nav.go(&desk.link(&["verify/", &challenge.id].concat()));
                }
                Err(refused) => {
                    let _ = busy.try_set(false);
                    if !form.faults.show_from(&refused) {
                        error.set(Some(refused));
                        crate::browser::focus_first(".banner.error");
                    }
                }
            }
        });
    };

    let PortalDesk {
        types,
        priorities,
        categories,
        category_word,
        priority_word,
        support_line,
        ..
    } = data.get_value();
    let limits = data.with_value(|desk| Limits {
        bytes: desk.max_attachment_bytes,
        count: desk.max_attachments,
    });
    let types = types.into_iter().map(|one| Choice {
        value: one.id.as_str().to_owned(),
        title: one.label,
        help: one.help,
        side: String::new(),
    });
    let no_mail =
        support_line.map(|line| view! { <p class="hint">{t(Words::NoMail)}{phone(&line)}</p> });
    view! {
        <a class="back" href=desk.link("")>{icon("arrow-left")}{t(Common::Back)}</a>
        <Heading text=t(Words::Title)/>
        <p class="lead">{t(Words::Lead)}</p>
        <Show when=move || restored.get()>
            <Banner kind=Kind::Info>
                <p>{t(Words::Restored)}" "<button class="linkish" type="button" on:click=start_over>{t(Words::StartOver)}</button></p>
            </Banner>
        </Show>
        <ErrorSummary faults=form.faults/>
        <ErrorNote error/>
        <form class="form stack loose" novalidate on:submit=send>
            <section class="part">
                <h2>{t(Words::PartWho)}</h2>
                <TextField id="email" label=t(Common::Email) hint=t(Words::EmailHint) kind="email" autocomplete="email"
                    value=form.email faults=form.faults/>
                {no_mail}
            </section>
            <section class="part">
                <h2>{t(Words::PartWhat)}</h2>
                <RadioCards id="request_type" legend=t(Words::Type) value=form.request_type faults=form.faults
                    choices=types.collect() columns=true/>
                <CategoryField form categories label=category_word/>
                <RadioCards id="priority" legend=priority_word hint=t(Words::PriorityHint) value=form.priority faults=form.faults
                    choices=priorities.into_iter().map(priority_card).collect()/>
            </section>
            <section class="part">
                <h2>{t(Words::PartDetails)}</h2>
                <TextField id="subject" label=t(Words::Subject) hint=t(Words::SubjectHint) value=form.subject faults=form.faults/>
                <TextArea id="message" label=t(Words::Message) hint=t(Words::MessageHint) value=form.message faults=form.faults
                    max=BODY_MAX rows=8/>
                <Attachments uploads=form.uploads faults=form.faults limits/>
            </section>
            <div class="stack tight">
                <div class="actions">
                    <SubmitButton label=t(Words::Send) busy_label=t(Common::Sending) busy class="btn primary lg"/>
                    <a class="btn ghost" href=desk.link("")>{t(Common::Cancel)}</a>
                </div>
                <p class="hint">{t(Words::NextStep)}</p>
            </div>
        </form>
    }
}

/// The picker of a form, tied to its uploads.
#[component]
pub(super) fn Attachments(uploads: Uploads, faults: Faults, limits: Limits) -> impl IntoView {
    view! {
        <FilePicker id="attachments" label=t(Words::Files) items=uploads.items limits faults
            add=Callback::new(move |files: Vec<web_sys::File>| uploads.add(files, limits))
            remove=Callback::new(move |key| uploads.remove(key))
            retry=Callback::new(move |key| uploads.retry(key))/>
    }
}

fn priority_card(priority: PriorityView) -> Choice {
    Choice {
        value: priority.id,
        title: priority.label,
        help: priority.help,
        side: priority.promise.unwrap_or_default(),
    }
}

/// The categories, narrowed to the chosen type where leaves fix one.
#[component]
fn CategoryField(form: Form, categories: Vec<CategoryView>, label: String) -> impl IntoView {
    let narrows = categories
        .iter()
        .any(|category| category.request_type.is_some());
    move || {
        let chosen = if narrows {
            form.request_type.get()
        } else {
            String::new()
        };
        let fits = |category: &&CategoryView| match category.request_type {
            Some(fixed) => chosen.is_empty() || fixed.as_str() == chosen,
            None => true,
        };
        let entry = |category: &CategoryView| {
            let (last, before) = category.path.split_last()?;
            Some(Entry {
                value: category.id.clone(),
                label: last.clone(),
                group: before.join(" › "),
            })
        };
        let entries: Vec<Entry> = categories.iter().filter(fits).filter_map(entry).collect();
        let current = form.category.get_untracked();
        if !current.is_empty() && !entries.iter().any(|entry| entry.value == current) {
            form.category.set(String::new());
        }
        let label = label.clone();
        view! {
            <SelectField id="category" label hint=t(Words::CategoryHint) value=form.category faults=form.faults entries/>
        }
    }
}
