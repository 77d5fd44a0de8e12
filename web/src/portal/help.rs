//! The accessibility statement.

use leptos::prelude::*;

use super::words::Words as Common;
use crate::components::{Heading, icon};
use crate::i18n::t;

crate::messages! {
    enum Words {
        Title = "Declaración de accesibilidad", "Accessibility statement";
        Lead = "Queremos que cualquier persona pueda pedir ayuda aquí, con el equipo y las ayudas técnicas que use.",
            "We want anyone to be able to ask for help here, with whatever device and assistive technology they use.";
        StatusTitle = "Estado", "Status";
        Status = "Este portal busca cumplir las Pautas de Accesibilidad para el Contenido Web (WCAG) 2.2, nivel AA. Las páginas se revisan con pruebas automáticas y con el teclado antes de cada publicación.",
            "This portal aims to meet the Web Content Accessibility Guidelines (WCAG) 2.2, level AA. Its pages are checked by automatic tests and by keyboard before each release.";
        CanTitle = "Qué puede hacer", "What you can do";
        CanKeyboard = "Usar todo con el teclado: con Tab se avanza y el foco siempre se ve.", "Use everything by keyboard: Tab moves on and the focus is always visible.";
        CanReader = "Usarlo con lector de pantalla: cada campo tiene nombre, los errores se anuncian y enlazan a su campo.", "Use it with a screen reader: every field has a name, errors are announced and link to their field.";
        CanZoom = "Ampliar hasta el 400 % y usarlo en pantallas de 360 píxeles sin desplazarse de lado.", "Zoom to 400 % and use screens of 360 pixels without scrolling sideways.";
        CanTheme = "Elegir fondo claro u oscuro, y reducir las animaciones desde su equipo.", "Choose a light or dark background, and reduce motion from your device.";
        CanTime = "Pedir otro código si se le acaba el tiempo: lo que escribió se conserva.", "Ask for another code if time runs out: what you typed is kept.";
        LimitsTitle = "Qué no podemos asegurar", "What we cannot promise";
        Limits = "Los archivos que adjuntan otras personas pueden no ser accesibles. Pida a la mesa que le describa su contenido.",
            "Files attached by other people may not be accessible. Ask the desk to describe them to you.";
        ContactTitle = "Si algo no le funciona", "If something does not work for you";
        Contact = "Llame a la línea de soporte de su mesa o dígalo en un mensaje: la mesa puede crear la solicitud por usted.",
            "Call your desk's support line or say so in a message: the desk can create the request for you.";
    }
}

/// The page.
#[component]
pub(super) fn Accessibility() -> impl IntoView {
    let can = [
        Words::CanKeyboard,
        Words::CanReader,
        Words::CanZoom,
        Words::CanTheme,
        Words::CanTime,
    ];
    view! {
        <a class="back" href="/">{icon("arrow-left")}{t(Common::Home)}</a>
        <Heading text=t(Words::Title)/>
        <p class="lead">{t(Words::Lead)}</p>
        <section class="stack tight"><h2>{t(Words::StatusTitle)}</h2><p>{t(Words::Status)}</p></section>
        <section class="stack tight">
            <h2>{t(Words::CanTitle)}</h2>
            <ul class="bullets">{can.map(|words| view! { <li>{t(words)}</li> }).collect_view()}</ul>
        </section>
        <section class="stack tight"><h2>{t(Words::LimitsTitle)}</h2><p>{t(Words::Limits)}</p></section>
        <section class="stack tight"><h2>{t(Words::ContactTitle)}</h2><p>{t(Words::Contact)}</p></section>
    }
}
