//! The ticket exists: its code, large, and what happens next.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::shell::use_desk;
use super::words::Words as Common;
use crate::browser;
use crate::client::use_client;
use crate::components::{Heading, Kind, icon, icon_sized, use_ui};
use crate::i18n::t;

crate::messages! {
    enum Words {
        Title = "{Word} cread{o}", "{Word} created";
        Number = "El código de su {word} es", "Your {word} code is";
        Copy = "Copiar el código", "Copy the code";
        Copied = "Código copiado.", "Code copied.";
        NotCopied = "El navegador no permitió copiar. Seleccione el código y cópielo.", "The browser did not allow copying. Select the code and copy it.";
        Next = "Qué sigue", "What happens next";
        NextMail = "Le enviamos un correo de confirmación con este código.", "We sent you a confirmation email with this code.";
        NextTeam = "El equipo de soporte revisará su {word} y le escribirá al mismo correo.", "The support team will review your {word} and write to the same address.";
        NextFollow = "Con este código y su correo puede consultar cómo va y agregar mensajes.", "With this code and your address you can follow its progress and add messages.";
        NextProof = "Para consultarl{o}, antes le enviaremos un código a su correo: el que le dieron por teléfono solo sirvió para crearl{o}.",
            "To follow it, you will first get a code by email: the one given over the phone was only for creating it.";
        See = "Ver mi {word}", "See my {word}";
        Prove = "Verificar mi correo y ver {the}", "Verify my address and see {the}";
    }
}

/// The page.
#[component]
pub(super) fn Created(code: String) -> impl IntoView {
    let desk = use_desk();
    // Without a session the page of the ticket asks for address and code first.
    let signed_in = use_client().may_have_session();
    let copied = code.clone();
    let ui = use_ui();
    let copy = move |_| {
        let text = copied.clone();
        spawn_local(async move {
            match browser::copy_text(text).await {
                true => ui.toast(Kind::Success, t(Words::Copied)),
                false => ui.toast(Kind::Warning, t(Words::NotCopied)),
            }
        });
    };
    view! {
        <div class="done">
            {icon_sized("check-circle", "icon xl")}
            <Heading text=desk.say(Words::Title)/>
            <p>{desk.say(Words::Number)}</p>
            <p class="done-code num">{code.clone()}</p>
            <button class="btn" type="button" on:click=copy>{icon("copy")}{t(Words::Copy)}</button>
        </div>
        <section class="stack tight">
            <h2>{t(Words::Next)}</h2>
            <ul class="bullets">
                <li>{t(Words::NextMail)}</li>
                <li>{desk.say(Words::NextTeam)}</li>
                <li>{desk.say(if signed_in { Words::NextFollow } else { Words::NextProof })}</li>
            </ul>
        </section>
        <div class="actions">
            <a class="btn primary" href=desk.link(&["tickets/", &code].concat())>{desk.say(if signed_in { Words::See } else { Words::Prove })}</a>
            {signed_in.then(|| view! { <a class="btn" href=desk.link("tickets")>{desk.say(Common::MyTickets)}</a> })}
            <a class="btn ghost" href=desk.link("")>{t(Common::Home)}</a>
        </div>
    }
}
