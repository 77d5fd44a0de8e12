//! The new ticket form. The desk says what is asked: a type unless the category fixes it, a priority or impact and
//! urgency where requesters choose them, and the extra data of the category. What is typed is kept on the device until the
//! ticket exists, so a wrong code or a lost network costs nothing.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use shared::api::desks::{CategoryView, FormView, MatrixView};
use shared::api::portal::{NewDraft, PortalDesk};
use shared::api::tickets::Labelled;
use shared::api::uploads::Upload;
use shared::ticket::status::RequestType;
use shared::ticket::text::{BODY_MAX, Body, EmailAddress, Subject};

use super::KEPT;
use super::extra::{Extra, ExtraFields};
use super::nav::use_nav;
use super::once::OnceKey;
use super::shell::{phone, use_desk};
use super::words::Words as Common;
use crate::browser;
use crate::client::uploads::{Unfinished, Uploads};
use crate::client::{ApiError, portal, use_client};
use crate::components::feedback::ErrorNote;
use crate::components::files::{FilePicker, Limits};
use crate::components::form::{
    Check, Choice, Entry, ErrorSummary, Faults, RadioCards, SelectField, SubmitButton, TextArea,
    TextField,
};
use crate::components::leaves::{Leaf, LeafField};
use crate::components::{Banner, Heading, Kind, icon};
use crate::i18n::{Lang, lang, t, t_with};
use crate::task::watch;

crate::messages! {
    enum Words {
        Title = "Crear {a}", "Create {a}";
        Lead = "Todos los datos son obligatorios, salvo los que dicen «opcional».", "Everything is required, except what is marked “optional”.";
        PartWho = "1. Quién solicita", "1. Who is asking";
        PartWhat = "2. Qué necesita", "2. What you need";
        PartDetails = "3. Detalles", "3. Details";
        EmailHint = "Desde este correo se gestiona {the}. Allí le llegará un código para confirmar su identidad.",
            "{The} is managed from this address. A code to confirm your identity will arrive there.";
        NoMail = "¿No tiene acceso a su correo? Llame a la línea de soporte: ", "No access to your email? Call the support line: ";
        Type = "Tipo de solicitud", "Type of request";
        TypeEmpty = "Elija el tipo de solicitud.", "Choose the type of request.";
        CategoryHint = "El producto o servicio del que se trata.", "The product or service it is about.";
        PriorityHint = "Elija según lo que se ve afectado. De esto depende el tiempo de respuesta.", "Choose according to what is affected. The response time depends on it.";
        FixedType = "Se registra como: {0}.", "It will be recorded as: {0}.";
        Evidence = "Necesita la autorización de su jefe", "Your manager must authorise it";
        EvidenceHelp = "Adjunte abajo el correo en que la aprueba.", "Attach the email that approves it below.";
        EvidenceMissing = "Adjunte el correo en que su jefe la aprueba.", "Attach the email in which your manager approves it.";
        FilesNeeded = "Anexos", "Files";
        Approval = "Requiere aprobación de: {0}.", "Approval required: {0}.";
        Cutoff = "Lo que llega después de las {0} cuenta desde el siguiente día hábil.", "Anything that arrives after {0} counts from the next business day.";
        Restricted = "Solo podrá ver esta información el equipo que atiende el tema.", "Only the team that handles this matter can see it.";
        Impact = "Impacto", "Impact";
        ImpactHint = "A cuántas personas o servicios afecta.", "How many people or services it affects.";
        Urgency = "Urgencia", "Urgency";
        UrgencyHint = "Qué tan pronto se necesita.", "How soon it is needed.";
        ExtraData = "Datos adicionales", "Additional data";
        ChooseOne = "Elija una opción en «{0}».", "Choose an option in “{0}”.";
        Subject = "Tema", "Subject";
        SubjectHint = "Una frase que resuma lo que pasa.", "One sentence that sums up what is happening.";
        SubjectEmpty = "Escriba el tema.", "Enter the subject.";
        Message = "Mensaje", "Message";
        MessageHint = "Qué pasa, desde cuándo, a quién afecta y qué ha intentado.", "What is happening, since when, who is affected and what you have tried.";
        MessageEmpty = "Escriba el mensaje.", "Enter the message.";
        Files = "Anexos (opcional)", "Files (optional)";
        FilesBusy = "Espere a que los archivos terminen de subir.", "Wait until the files have finished uploading.";
        FilesFailed = "Hay archivos que no se adjuntaron: quítelos o intente de nuevo.", "Some files were not attached: remove them or try again.";
        Send = "Crear {word}", "Create {word}";
        NextStep = "Después le pediremos el código que llega a su correo.", "Next, we will ask for the code that we send to your email.";
        Restored = "Recuperamos lo que había escrito en este equipo.", "We restored what you had typed on this device.";
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
    impact: String,
    urgency: String,
    subject: String,
    message: String,
    files: Vec<Upload>,
    extra: BTreeMap<String, String>,
    extra_files: BTreeMap<String, Upload>,
}

/// Where the tab notes the challenge that its form led to.
pub(super) const DRAFT: &str = "atiende.draft";
/// Behind the form's address: send what was kept right away.
pub(super) const AGAIN: &str = "?again";

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
    impact: RwSignal<String>,
    urgency: RwSignal<String>,
    subject: RwSignal<String>,
    message: RwSignal<String>,
    uploads: Uploads,
    extra: Extra,
    faults: Faults,
}

impl Form {
    fn fill(self, kept: Kept) {
        self.email.set(kept.email);
        self.request_type.set(kept.request_type);
        self.category.set(kept.category);
        self.priority.set(kept.priority);
        self.impact.set(kept.impact);
        self.urgency.set(kept.urgency);
        self.extra.fill(&kept.extra, &kept.extra_files);
        self.subject.set(kept.subject);
        self.message.set(kept.message);
        self.uploads.restore(kept.files);
    }

    fn kept(self) -> Kept {
        // Read so that every change of a file is followed, too.
        self.uploads.items.track();
        let (extra, extra_files) = self.extra.kept();
        Kept {
            email: self.email.get(),
            request_type: self.request_type.get(),
            category: self.category.get(),
            priority: self.priority.get(),
            impact: self.impact.get(),
            urgency: self.urgency.get(),
            extra,
            extra_files,
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
        let category = check.choice(
            "category",
            &t_with(Words::ChooseOne, &[&desk.category_word]),
            self.category.get_untracked(),
        );
        let leaf = desk
            .categories
            .iter()
            .find(|leaf| Some(&leaf.id) == category.as_ref());
        let request_type = match leaf.and_then(|leaf| leaf.request_type) {
            Some(fixed) => Some(fixed),
            // Without a category its fault comes first; the type may follow from it.
            None if category.is_none() && fixes_types(&desk.categories) => None,
            None => check
                .choice(
                    "request_type",
                    t(Words::TypeEmpty),
                    self.request_type.get_untracked(),
                )
                .and_then(|chosen| chosen.parse::<RequestType>().ok()),
        };
        let mut choose = |field: &str, word: &str, value: RwSignal<String>| {
            check.choice(
                field,
                &t_with(Words::ChooseOne, &[word]),
                value.get_untracked(),
            )
        };
        let (mut priority, mut impact, mut urgency) = (None, None, None);
        match Asked::of(desk) {
            Asked::Priority => priority = choose("priority", &desk.priority_word, self.priority),
            Asked::Matrix => {
                impact = choose("impact", t(Words::Impact), self.impact);
                urgency = choose("urgency", t(Words::Urgency), self.urgency);
            }
            Asked::Nothing => {}
        }
        let extra = leaf
            .and_then(|leaf| form_of(desk, leaf))
            .map(|form| self.extra.parse(form, &mut check))
            .unwrap_or_default();
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
        let none = self.uploads.items.with_untracked(Vec::is_empty);
        if none && leaf.is_some_and(|leaf| leaf.evidence) {
            check.fault("attachments", t(Words::EvidenceMissing).to_owned());
        }
        if self.faults.show(check.done()) {
            return None;
        }
        Some(NewDraft {
            desk: desk.slug.clone(),
            email: email?.into_string(),
            request_type: request_type?,
            category: category?,
            priority,
            impact,
            urgency,
            extra,
            subject: subject?.into_string(),
            message: message?.into_string(),
            attachments: self.uploads.ids(),
            language: lang(),
        })
    }
}

/// What a requester says about how pressing it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Priority,
    Matrix,
    Nothing,
}

impl Asked {
    fn of(desk: &PortalDesk) -> Self {
        let scheme = &desk.prioritisation;
        match &scheme.matrix {
            Some(_) if scheme.by_requester => Self::Matrix,
            None if scheme.by_requester && !desk.priorities.is_empty() => Self::Priority,
            Some(_) | None => Self::Nothing,
        }
    }
}

/// Whether some category fixes the type, which then comes after it.
fn fixes_types(categories: &[CategoryView]) -> bool {
    categories.iter().any(|leaf| leaf.request_type.is_some())
}

fn form_of<'a>(desk: &'a PortalDesk, leaf: &CategoryView) -> Option<&'a FormView> {
    let key = leaf.form.as_ref()?;
    desk.forms.iter().find(|form| form.id == *key)
}

/// Notes files that are still travelling or did not arrive; the field is `attachments`.
pub(super) fn check_files(check: &mut Check, uploads: Uploads) {
    if let Some(why) = uploads.unfinished() {
        let words = match why {
            Unfinished::Failed => Words::FilesFailed,
            Unfinished::Sending => Words::FilesBusy,
        };
        check.fault("attachments", t(words).to_owned());
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
        impact: text(),
        urgency: text(),
        extra: data.with_value(|desk| Extra::new(desk, client)),
        subject: text(),
        message: text(),
        uploads: Uploads::new(client, portal::UPLOADS),
        faults: Faults::none(),
    };
    let place = kept_as(&desk.slug());
    let before = KEPT
        .get(&place)
        .and_then(|text| serde_json::from_str::<Kept>(&text).ok());
    let restored = RwSignal::new(before.is_some());
    if let Some(before) = before {
        form.fill(before);
    }
    watch(move || {
        let kept = form.kept();
        let text = if kept == Kept::default() {
            None
        } else {
            serde_json::to_string(&kept).ok()
        };
        KEPT.put(&place, text.as_deref());
    });
    let start_over = move |_| {
        form.fill(Kept::default());
        form.faults.show(Vec::new());
        restored.set(false);
        browser::focus_first("h1");
    };

    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<ApiError>);
    let once = OnceKey::new();
    let nav = use_nav();
    let send = move || {
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
                    browser::note(DRAFT, Some(&challenge.id));
                    nav.go(&desk.link(&["verify/", &challenge.id].concat()));
                }
                Err(refused) => {
                    let _ = busy.try_set(false);
                    if !form.faults.show_from(&refused) {
                        error.set(Some(refused));
                        browser::focus_first(".banner.error");
                    }
                }
            }
        });
    };
    // From the window whose time was over: send the same again, without another look at the form.
    if window()
        .location()
        .search()
        .is_ok_and(|search| search == AGAIN)
    {
        nav.replace(&desk.link("new"));
        if restored.get_untracked() {
            request_animation_frame(send);
        }
    }
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        send();
    };

    let PortalDesk {
        types,
        priorities,
        categories,
        prioritisation,
        category_word,
        priority_word,
        support_line,
        ..
    } = data.get_value();
    let limits = data.with_value(|desk| Limits {
        bytes: desk.max_attachment_bytes,
        count: desk.max_attachments,
        total: desk.max_ticket_attachment_bytes,
    });
    let type_cards = types.into_iter().map(|one| Choice {
        value: one.id.as_str().to_owned(),
        title: one.label,
        help: one.help,
        side: String::new(),
    });
    let type_cards = StoredValue::new(type_cards.collect::<Vec<_>>());
    let type_field = move || {
        view! {
            <RadioCards id="request_type" legend=t(Words::Type) value=form.request_type faults=form.faults
                choices=type_cards.get_value() columns=true/>
        }
    };
    let fixes = fixes_types(&categories);
    let leaf = Memo::new(move |_| {
        let chosen = form.category.get();
        data.with_value(|desk| {
            desk.categories
                .iter()
                .find(|leaf| leaf.id == chosen)
                .cloned()
        })
    });
    let type_after = move || match leaf.get()?.request_type {
        None => Some(type_field().into_any()),
        Some(fixed) => {
            let card = type_cards.with_value(|cards| {
                cards
                    .iter()
                    .find(|card| card.value == fixed.as_str())
                    .cloned()
            })?;
            let said = t_with(Words::FixedType, &[&card.title]);
            Some(view! { <p id="fixed-type">{icon("tag")}" "<strong>{said}</strong>" "<span class="muted">{card.help}</span></p> }.into_any())
        }
    };
    let needs_file =
        Memo::new(move |_| leaf.with(|leaf| leaf.as_ref().is_some_and(|leaf| leaf.evidence)));
    let extra_part = move || {
        let wanted = leaf.get()?;
        let asked = data.with_value(|desk| form_of(desk, &wanted).cloned())?;
        Some(view! {
            <section class="part">
                <h2>{t(Words::ExtraData)}</h2>
                <ExtraFields form=asked extra=form.extra faults=form.faults/>
            </section>
        })
    };
    let pressing = match data.with_value(Asked::of) {
        Asked::Priority => view! {
            <RadioCards id="priority" legend=priority_word hint=t(Words::PriorityHint) value=form.priority faults=form.faults
                choices=priorities.into_iter().map(Choice::from).collect()/>
        }
        .into_any(),
        Asked::Matrix => matrix_fields(form, prioritisation.matrix).into_any(),
        Asked::Nothing => ().into_any(),
    };
    let no_mail =
        support_line.map(|line| view! { <p class="hint">{t(Words::NoMail)}{phone(&line)}</p> });
    view! {
        <a class="back" href=desk.link("")>{icon("arrow-left")}{t(Common::Back)}</a>
        <Heading text=desk.say(Words::Title)/>
        <p class="lead">{t(Words::Lead)}</p>
        <Show when=move || restored.get()>
            <Banner kind=Kind::Info>
                <p>{t(Words::Restored)}" "<button class="linkish" type="button" on:click=start_over>{t(Words::StartOver)}</button></p>
            </Banner>
        </Show>
        <ErrorSummary faults=form.faults/>
        <ErrorNote error/>
        <form class="form stack loose" novalidate on:submit=submit>
            <section class="part">
                <h2>{t(Words::PartWho)}</h2>
                <TextField id="email" label=t(Common::Email) hint=desk.say(Words::EmailHint) kind="email" autocomplete="email"
                    value=form.email faults=form.faults/>
                {no_mail}
            </section>
            <section class="part">
                <h2>{t(Words::PartWhat)}</h2>
                {(!fixes).then(type_field)}
                <CategoryField form categories label=category_word/>
                {fixes.then_some(type_after)}
                {move || leaf.get().map(|leaf| leaf_notes(&leaf))}
                {pressing}
            </section>
            {extra_part}
            <section class="part">
                <h2>{t(Words::PartDetails)}</h2>
                <TextField id="subject" label=t(Words::Subject) hint=t(Words::SubjectHint) value=form.subject faults=form.faults/>
                <TextArea id="message" label=t(Words::Message) hint=t(Words::MessageHint) value=form.message faults=form.faults
                    max=BODY_MAX rows=8/>
                {move || view! { <Attachments uploads=form.uploads faults=form.faults limits needed=needs_file.get()/> }}
            </section>
            <div class="stack tight">
                <div class="actions">
                    <SubmitButton label=desk.say(Words::Send) busy_label=t(Common::Sending) busy class="btn primary lg"/>
                    <a class="btn ghost" href=desk.link("")>{t(Common::Cancel)}</a>
                </div>
                <p class="hint">{t(Words::NextStep)}</p>
            </div>
        </form>
    }
}

/// The picker of a form, tied to its uploads.
#[component]
pub(super) fn Attachments(
    uploads: Uploads,
    faults: Faults,
    limits: Limits,
    /// Whether a file must come along.
    #[prop(optional)]
    needed: bool,
) -> impl IntoView {
    let label = if needed {
        Words::FilesNeeded
    } else {
        Words::Files
    };
    view! {
        <FilePicker id="attachments" label=t(label) items=uploads.items limits faults
            add=Callback::new(move |files: Vec<web_sys::File>| uploads.add(files, limits))
            remove=Callback::new(move |key| uploads.remove(key))
            retry=Callback::new(move |key| uploads.retry(key))/>
    }
}

fn matrix_fields(form: Form, matrix: Option<MatrixView>) -> impl IntoView {
    let cards = |choices: Vec<Labelled>| -> Vec<Choice> {
        choices
            .into_iter()
            .map(|choice| Choice {
                value: choice.id,
                title: choice.label,
                help: String::new(),
                side: String::new(),
            })
            .collect()
    };
    matrix.map(|matrix| {
        view! {
            <RadioCards id="impact" legend=t(Words::Impact) hint=t(Words::ImpactHint) value=form.impact faults=form.faults
                choices=cards(matrix.impact)/>
            <RadioCards id="urgency" legend=t(Words::Urgency) hint=t(Words::UrgencyHint) value=form.urgency faults=form.faults
                choices=cards(matrix.urgency)/>
        }
    })
}

/// What a person must know of a category before sending.
fn leaf_notes(leaf: &CategoryView) -> AnyView {
    let approval = leaf
        .approval
        .as_ref()
        .map(|policy| view! { <p>{t_with(Words::Approval, &[policy])}</p> });
    let first = if leaf.evidence {
        view! {
            <Banner kind=Kind::Info title=t(Words::Evidence)><p>{t(Words::EvidenceHelp)}</p>{approval}</Banner>
        }
        .into_any()
    } else {
        approval
            .map(|approval| view! { <Banner kind=Kind::Info>{approval}</Banner> })
            .into_any()
    };
    let cutoff = leaf.cutoff.as_deref().map(|time| {
        let said = t_with(Words::Cutoff, &[&clock_time(time)]);
        view! { <Banner kind=Kind::Info><p>{said}</p></Banner> }
    });
    let restricted = leaf
        .restricted
        .then(|| view! { <p class="hint">{icon("lock")}" "{t(Words::Restricted)}</p> });
    view! { {first}{cutoff}{restricted} }.into_any()
}

/// `16:00` as people say it: `4:00 p. m.`, `4:00 p.m.`.
fn clock_time(time: &str) -> String {
    let parsed = time
        .split_once(':')
        .and_then(|(hour, minute)| Some((hour.parse::<u8>().ok()?, minute)));
    let Some((hour, minute)) = parsed else {
        return time.to_owned();
    };
    let half = match (hour < 12, lang()) {
        (true, Lang::Es) => "\u{a0}a.\u{a0}m.",
        (false, Lang::Es) => "\u{a0}p.\u{a0}m.",
        (true, Lang::En) => "\u{a0}a.m.",
        (false, Lang::En) => "\u{a0}p.m.",
    };
    let hour = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    [&hour.to_string(), ":", minute, half].concat()
}

/// Above so many a list is searched, not read.
const READABLE: usize = 12;

/// The categories: a short list of different names, or a tree to search. Where categories fix the type, the tree says which.
#[component]
fn CategoryField(form: Form, categories: Vec<CategoryView>, label: String) -> impl IntoView {
    let desk = use_desk().get();
    let last = |category: &CategoryView| category.path.last().cloned();
    let repeats = categories.iter().enumerate().any(|(place, one)| {
        categories[..place]
            .iter()
            .any(|other| last(other) == last(one))
    });
    if categories.len() > READABLE || repeats {
        let note = |fixed: RequestType| {
            let label = desk.types.iter().find(|one| one.id == fixed);
            label.map(|one| one.label.clone())
        };
        let leaf = |category: CategoryView| Leaf {
            value: category.id,
            note: category.request_type.and_then(note).unwrap_or_default(),
            path: category.path,
        };
        let leaves = categories.into_iter().map(leaf).collect();
        return view! {
            <LeafField id="category" label hint=t(Words::CategoryHint) value=form.category faults=form.faults leaves/>
        }
        .into_any();
    }
    let entry = |category: CategoryView| {
        let (last, before) = category.path.split_last()?;
        Some(Entry {
            value: category.id.clone(),
            label: last.clone(),
            group: before.join(" › "),
        })
    };
    let entries = categories.into_iter().filter_map(entry).collect();
    view! {
        <SelectField id="category" label hint=t(Words::CategoryHint) value=form.category faults=form.faults entries/>
    }
    .into_any()
}
