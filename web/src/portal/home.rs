//! The first page: which desk, and the three choices of a desk.

use leptos::prelude::*;
use shared::api::portal::{Admission, PortalDeskRow};

use super::load::Loaded;
use super::nav::use_nav;
use super::shell::{phone, use_desk};
use super::words::Words as Common;
use crate::client::{portal, use_client};
use crate::components::{Heading, icon, icon_sized};
use crate::i18n::t;

crate::messages! {
    enum Words {
        WhichDesk = "¿Con qué mesa necesita hablar?", "Which desk do you need?";
        Welcome = "¿En qué le podemos ayudar?", "How can we help you?";
        Create = "Crear {a}", "Create {a}";
        CreateHelp = "Cuéntenos qué falla o qué necesita. Le toma unos tres minutos.", "Tell us what is failing or what you need. It takes about three minutes.";
        Mine = "Ver mi lista de {words}", "See my {words}";
        MineHelp = "Consulte cómo van, responda al equipo y califique la solución.", "See how they are going, reply to the team and rate the solution.";
        TeamHelp = "Entrada para quienes atienden la mesa.", "Sign-in for the people who work at the desk.";
        NoAccess = "¿Aún no tiene acceso?", "No access yet?";
        NoAccessHelp = "Solo las personas registradas pueden crear {words}. Solicite su acceso con sus datos y la mesa le avisará por correo.",
            "Only registered people can create {words}. Request access with your details and the desk will tell you by email.";
        OrCall = "También puede llamar: ", "You can also call: ";
    }
}

/// Which desk? With only one there is nothing to ask.
#[component]
pub(super) fn DeskChooser() -> impl IntoView {
    let client = use_client();
    let nav = use_nav();
    let desks = Loaded::start(move || portal::list_desks(client));
    desks.show(move |desks| match desks.as_slice() {
        [only] => {
            nav.replace(&["/", &only.slug].concat());
            ().into_any()
        }
        _ => {
            let door = |desk: PortalDeskRow| {
                door(
                    "door",
                    ["/", &desk.slug].concat(),
                    "message",
                    desk.name,
                    String::new(),
                    false,
                )
            };
            view! {
                <Heading text=t(Words::WhichDesk)/>
                <ul class="doors">{desks.into_iter().map(door).collect_view()}</ul>
            }
            .into_any()
        }
    })
}

/// The three choices of a desk, and how to get access.
#[component]
pub(super) fn Home() -> impl IntoView {
    let desk = use_desk();
    let data = desk.get();
    let asks_for_access = data.admission == Admission::Registered;
    let access = asks_for_access.then(|| {
        let line = data
            .support_line
            .as_deref()
            .map(|line| view! { <p>{t(Words::OrCall)}{phone(line)}</p> });
        let help = data
            .access_help
            .clone()
            .unwrap_or_else(|| desk.say(Words::NoAccessHelp));
        view! {
            <section class="stack tight">
                <h2>{t(Words::NoAccess)}</h2>
                <p>{help}</p>
                {line}
                <p><a class="link" href=desk.link("access")>{t(Common::RequestAccess)}</a></p>
            </section>
        }
    });
    view! {
        <Heading text=t(Words::Welcome)/>
        <ul class="doors">
            {door("door main", desk.link("new"), "plus", desk.say(Words::Create), t(Words::CreateHelp).to_owned(), false)}
            {door("door", desk.link("my"), "list", desk.say(Words::Mine), t(Words::MineHelp).to_owned(), false)}
            {door("door", "/console/".to_owned(), "users", data.team_label.clone(), t(Words::TeamHelp).to_owned(), true)}
        </ul>
        {access}
    }
}

fn door(
    class: &'static str,
    href: String,
    symbol: &str,
    title: String,
    help: String,
    leaves: bool,
) -> AnyView {
    let help = (!help.is_empty()).then(|| view! { <span class="door-help">{help}</span> });
    view! {
        <li>
            <a class=class href=href rel=leaves.then_some("external")>
                {icon_sized(symbol, "icon lg")}
                <span class="door-body"><span class="door-title">{title}</span>{help}</span>
                {icon("chevron-right")}
            </a>
        </li>
    }
    .into_any()
}
