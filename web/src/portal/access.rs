//! Asking for an account with the four data.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::people::NewAccessRequest;
use shared::ticket::text::{EmailAddress, EntityName, PersonName, PhoneNumber};

use super::KEPT;
use super::shell::use_desk;
use super::words::Words as Common;
use crate::browser;
use crate::client::{ApiError, portal, use_client};
use crate::components::feedback::ErrorNote;
use crate::components::form::{Check, ErrorSummary, Faults, SubmitButton, TextField};
use crate::components::{Heading, icon, icon_sized};
use crate::i18n::{t, t_with};

crate::messages! {
    enum Words {
        Title = "Solicitar acceso", "Request access";
        Lead = "Deje sus datos y la mesa le avisará por correo cuando su acceso esté listo. Los cuatro son obligatorios.",
            "Leave your details and the desk will tell you by email when your access is ready. All four are required.";
        Name = "Nombre completo", "Full name";
        NameEmpty = "Escriba su nombre completo.", "Enter your full name.";
        Phone = "Número de contacto", "Contact number";
        PhoneHint = "Fijo o celular, con indicativo si es fijo.", "Landline or mobile, with the area code for a landline.";
        PhoneEmpty = "Escriba su número de contacto.", "Enter your contact number.";
        EmailHint = "A este correo llegarán los avisos y los códigos.", "Notices and codes will be sent to this address.";
        EmailLabel = "Correo electrónico", "Email address";
        Entity = "Entidad a la que pertenece", "Entity you belong to";
        EntityEmpty = "Escriba la entidad a la que pertenece.", "Enter the entity you belong to.";
        Send = "Enviar solicitud", "Send request";
        DoneTitle = "Recibimos su solicitud", "We received your request";
        Reference = "Referencia de la solicitud", "Request reference";
        DoneHelp = "Revisaremos sus datos y le responderemos a {0}. Si llama a la mesa, mencione esta referencia.",
            "We will check your details and reply to {0}. If you call the desk, quote this reference.";
    }
}

/// The page.
#[component]
pub(super) fn Access() -> impl IntoView {
    let desk = use_desk();
    let client = use_client();
    let field = |name: &str| KEPT.text(["access.", name].concat());
    let (name, phone, email, entity) = (
        field("name"),
        field("phone"),
        field("email"),
        field("entity"),
    );
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let done = RwSignal::new(None::<(String, String)>);
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(None);
        let mut check = Check::default();
        let full_name = check.text(
            "full_name",
            t(Words::NameEmpty),
            PersonName::parse(&name.get_untracked()),
        );
        let number = check.text(
            "phone",
            t(Words::PhoneEmpty),
            PhoneNumber::parse(&phone.get_untracked()),
        );
        let address = check.text(
            "email",
            t(Common::EmailEmpty),
            EmailAddress::parse(&email.get_untracked()),
        );
        let place = check.text(
            "entity",
            t(Words::EntityEmpty),
            EntityName::parse(&entity.get_untracked()),
        );
        if faults.show(check.done()) {
            return;
        }
        let (Some(full_name), Some(number), Some(address), Some(place)) =
            (full_name, number, address, place)
        else {
            return;
        };
        let request = NewAccessRequest {
            desk: desk.slug(),
            full_name: full_name.into_string(),
            phone: number.into_string(),
            email: address.into_string(),
            entity: place.into_string(),
        };
        busy.set(true);
        spawn_local(async move {
            let answer = portal::request_access(client, &request).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(received) => {
                    for text in [name, phone, email, entity] {
                        text.set(String::new());
                    }
                    done.set(Some((received.reference, request.email)));
                    browser::focus_first("h1");
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
    let send = Callback::new(send);
    move || {
        match done.get() {
        Some((reference, address)) => received(reference, &address),
        None => view! {
            <a class="back" href=desk.link("")>{icon("arrow-left")}{t(Common::Back)}</a>
            <Heading text=t(Words::Title)/>
            <p class="lead">{t(Words::Lead)}</p>
            <ErrorSummary faults/>
            <ErrorNote error/>
            <form class="form stack loose" novalidate on:submit=move |event| send.run(event)>
                <TextField id="full_name" label=t(Words::Name) autocomplete="name" value=name faults/>
                <TextField id="phone" label=t(Words::Phone) hint=t(Words::PhoneHint) kind="tel" autocomplete="tel" width="w-md" value=phone faults/>
                <TextField id="email" label=t(Words::EmailLabel) hint=t(Words::EmailHint) kind="email" autocomplete="email" value=email faults/>
                <TextField id="entity" label=t(Words::Entity) autocomplete="organization" value=entity faults/>
                <div class="actions">
                    <SubmitButton label=t(Words::Send) busy_label=t(Common::Sending) busy/>
                    <a class="btn ghost" href=desk.link("")>{t(Common::Cancel)}</a>
                </div>
            </form>
        }
        .into_any(),
    }
    }
}

fn received(reference: String, address: &str) -> AnyView {
    let desk = use_desk();
    view! {
        <div class="done">
            {icon_sized("check-circle", "icon xl")}
            <Heading text=t(Words::DoneTitle)/>
            <p>{t(Words::Reference)}</p>
            <p class="done-code num">{reference}</p>
            <p>{t_with(Words::DoneHelp, &[address])}</p>
        </div>
        <div class="actions"><a class="btn primary" href=desk.link("")>{t(Common::Home)}</a></div>
    }
    .into_any()
}
