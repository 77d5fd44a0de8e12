//! The window for the mailed code (R-044…R-051). It says the same for every address: a code comes
//! to registered ones only. A wrong code leaves the form as it was.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::portal::{Admission, Challenge, Purpose};

use super::KEPT;
use super::load::Loaded;
use super::nav::{Nav, use_nav};
use super::new_ticket::{AGAIN, DRAFT, kept_as};
use super::shell::{Desk, is_unknown, phone, use_desk};
use super::words::Words as Common;
use crate::browser;
use crate::client::{ApiError, portal, use_client};
use crate::components::code::{CodeField, Countdown, spell_code};
use crate::components::feedback::{ErrorNote, Failed, Loading};
use crate::components::form::{Fault, Faults, SubmitButton};
use crate::components::{Banner, Heading, Kind, icon, use_ui};
use crate::i18n::{dates, t, t_with};

crate::messages! {
    enum Words {
        Title = "Escriba el código que le enviamos", "Enter the code we sent you";
        SentTo = "Enviamos un código de verificación a ", "We sent a verification code to ";
        SentDraft = "Con él confirma su identidad y se crea {the}.", "It confirms your identity and creates {the}.";
        SentLookup = "Con él confirma su identidad y ve sus {words}.", "It confirms your identity and shows your {words}.";
        Code = "Código de verificación", "Verification code";
        CodeHint = "Ocho letras y números. Puede copiarlo del correo y pegarlo aquí.", "Eight letters and digits. You can copy it from the email and paste it here.";
        CodeEmpty = "Escriba los ocho caracteres del código.", "Enter the eight characters of the code.";
        Expires = "El código vence en", "The code expires in";
        Expired = "El código venció. Pida otro.", "The code has expired. Ask for another one.";
        Wrong = "El código no es correcto. Revíselo e intente de nuevo; le quedan {0} intentos.", "The code is not correct. Check it and try again; you have {0} tries left.";
        WrongOne = "El código no es correcto. Le queda un intento.", "The code is not correct. You have one try left.";
        DeadTitle = "Este código ya no sirve", "This code is no longer valid";
        Dead = "Venció o se usaron todos los intentos. Pida otro código: lo que escribió se conserva.",
            "It expired or all tries were used. Ask for another one: what you typed is kept.";
        ConfirmDraft = "Confirmar y crear {the}", "Confirm and create {the}";
        ConfirmLookup = "Confirmar y ver mis {words}", "Confirm and see my {words}";
        Checking = "Verificando…", "Checking…";
        ResendIn = "Podrá pedir otro código en {0}", "You can ask for another code in {0}";
        Resend = "Enviar otro código", "Send another code";
        Resent = "Enviamos un código nuevo. El anterior ya no sirve.", "We sent a new code. The previous one is no longer valid.";
        Correct = "Corregir los datos", "Correct the details";
        NotArrived = "¿No recibió el código?", "Didn't get the code?";
        LookSpam = "Puede tardar un par de minutos. Revise también la carpeta de correo no deseado.", "It may take a couple of minutes. Check your spam folder too.";
        OnlyRegistered = "El código llega únicamente a correos registrados. Si aún no tiene acceso, solicítelo.", "Codes are sent only to registered addresses. If you do not have access yet, request it.";
        CheckAddress = "Compruebe que escribió bien su correo.", "Check that you typed your address correctly.";
        Several = "Cada correo recibe unos pocos códigos por hora. Si ya pidió varios, espere un rato antes de pedir otro.",
            "Each address gets a few codes an hour. If you have asked for several, wait a while before asking for another one.";
        NoMailTitle = "¿No tiene acceso a su correo?", "No access to your email?";
        NoMail = "Llame a la línea de soporte: validarán su identidad y le darán un código. Tenga a la mano esta referencia.",
            "Call the support line: they will verify your identity and give you a code. Have this reference at hand.";
        Reference = "Referencia de su solicitud", "Your request reference";
        GoneKept = "Pasó demasiado tiempo. Lo que escribió se conserva: podemos enviar otro código al mismo correo.",
            "Too much time has passed. What you typed is kept: we can send another code to the same address.";
        GoneTitle = "Esta verificación ya no está disponible", "This verification is no longer available";
        Gone = "Se usó, venció o se pidió en otro navegador. Si estaba creando {a}, el formulario conserva lo que escribió.",
            "It was used, it expired or it was started in another browser. If you were creating {a}, the form keeps what you typed.";
        BackToForm = "Volver al formulario", "Back to the form";
    }
}

/// Where the tab notes a try of a code until it is answered: challenge, purpose, the try's name, code.
const TRY: &str = "atiende.try";

/// A try whose answer got lost with the page, e.g. by a reload: whether it creates a ticket, its name, and the code.
fn lost_try(id: &str) -> Option<(bool, String, String)> {
    let noted = browser::noted(TRY)?;
    let mut parts = noted.split(' ');
    let same = parts.next() == Some(id);
    let creates = parts.next() == Some("new");
    let (key, code) = (parts.next()?, parts.next()?);
    same.then(|| (creates, key.to_owned(), code.to_owned()))
}

/// The page. It survives a reload: it asks for the challenge again, and first for the answer to a try that was under way.
#[component]
pub(super) fn Verify(id: String) -> impl IntoView {
    let client = use_client();
    let desk = use_desk();
    let nav = use_nav();
    let asked = id.clone();
    let challenge = Loaded::start(move || {
        let id = id.clone();
        async move {
            if let Some((creates, key, code)) = lost_try(&id) {
                let answer = portal::verify_code(client, &id, code, key).await;
                browser::note(TRY, None);
                if let Ok(ticket) = answer {
                    go_on(desk, nav, creates, ticket);
                    // Another page is shown by now.
                    return std::future::pending().await;
                }
            }
            portal::get_challenge(client, id).await
        }
    });
    move || match challenge.value() {
        None => view! { <Loading/> }.into_any(),
        Some(Err(error)) if is_unknown(&error) => gone(&asked),
        Some(Err(error)) => {
            view! { <Failed error retry=Callback::new(move |()| challenge.reload())/> }.into_any()
        }
        Some(Ok(challenge)) => view! { <Window challenge/> }.into_any(),
    }
}

/// A right code leads to the new ticket, to the page that a mail link asked for, or to the list.
fn go_on(desk: Desk, nav: Nav, creates: bool, ticket: Option<String>) {
    let page = match (creates, ticket, asked_for()) {
        (true, Some(ticket), _) => ["created/", &ticket].concat(),
        (false, _, Some(page)) => page,
        (_, None, _) | (false, _, None) => "tickets".to_owned(),
    };
    if creates {
        KEPT.put(&kept_as(&desk.slug()), None);
    }
    nav.replace(&desk.link(&page));
}

fn gone(id: &str) -> AnyView {
    let desk = use_desk();
    // The form is emptied when it became a ticket: as long as it is there, it can be sent again.
    let sendable =
        browser::noted(DRAFT).as_deref() == Some(id) && KEPT.get(&kept_as(&desk.slug())).is_some();
    if sendable {
        return view! {
            <Heading text=t(Words::GoneTitle)/>
            <p class="lead">{t(Words::GoneKept)}</p>
            <div class="actions">
                <a class="btn primary" href=desk.link(&["new", AGAIN].concat())>{t(Words::Resend)}</a>
                <a class="btn" href=desk.link("new")>{t(Words::BackToForm)}</a>
            </div>
        }
        .into_any();
    }
    view! {
        <Heading text=t(Words::GoneTitle)/>
        <p>{desk.say(Words::Gone)}</p>
        <div class="actions">
            <a class="btn primary" href=desk.link("new")>{t(Words::BackToForm)}</a>
            <a class="btn" href=desk.link("my")>{desk.say(Common::MyTickets)}</a>
        </div>
    }
    .into_any()
}

/// The page of the desk that a mail link led to, and that is shown after the code.
fn asked_for() -> Option<String> {
    let search = window().location().search().ok()?;
    let page = search.strip_prefix("?to=")?;
    js_sys::decode_uri_component(page).ok().map(Into::into)
}

#[component]
fn Window(challenge: Challenge) -> impl IntoView {
    let desk = use_desk();
    let client = use_client();
    let ui = use_ui();
    let code = RwSignal::new(String::new());
    let faults = Faults::none();
    let error = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let dead = RwSignal::new(challenge.tries_left == 0);
    let resent = RwSignal::new(false);

    // The server's instants by the browser's clock, which may be wrong.
    let local = move |challenge: &Challenge, at| {
        dates::ms(at) + browser::now_ms() - dates::ms(challenge.now)
    };
    let expires = RwSignal::new(local(&challenge, challenge.expires_at));
    let resend_at = RwSignal::new(local(&challenge, challenge.resend_at));
    let over = Memo::new(move |_| dead.get() || expires.get() <= ui.now.get());

    let Challenge {
        id,
        purpose,
        email,
        reference,
        ..
    } = challenge;
    let id = StoredValue::new(id);
    // One name for every try: whoever presses again because the answer got lost gets it, not a used code. A wrong code
    // leaves no trace of its name.
    let key = StoredValue::new(browser::random_key());
    let creates = purpose == Purpose::Draft;
    let fault = move |text: String| {
        faults.set_quietly(vec![Fault {
            field: "code".to_owned(),
            text,
        }]);
        browser::focus_id("code");
    };

    // Whoever calls the support line is given a new code for this window, which lasts from then on.
    browser::poll(15, move || {
        let Some(asked) = id.try_get_value() else {
            return;
        };
        let before = (expires.get_untracked(), dead.get_untracked());
        spawn_local(async move {
            let answer = portal::get_challenge(client, asked).await;
            // What was asked before a press may be older than what the press brought.
            let pressed = busy.try_with_untracked(|busy| *busy) != Some(false)
                || (expires.get_untracked(), dead.get_untracked()) != before;
            if let Ok(new) = answer
                && !pressed
            {
                expires.set(local(&new, new.expires_at));
                resend_at.set(local(&new, new.resend_at));
                dead.set(new.tries_left == 0);
            }
        });
    });

    let nav = use_nav();
    let confirm = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(None);
        resent.set(false);
        let typed = spell_code(&code.get_untracked());
        if typed.len() < 9 {
            return fault(t(Words::CodeEmpty).to_owned());
        }
        busy.set(true);
        let (id, key) = (id.get_value(), key.get_value());
        let purpose = if creates { " new " } else { " list " };
        browser::note(TRY, Some(&[&id, purpose, &key, " ", &typed].concat()));
        spawn_local(async move {
            let answer = portal::verify_code(client, &id, typed, key).await;
            // Without an answer the server may still have taken the code.
            if !answer.as_ref().is_err_and(|error| error.status() == 0) {
                browser::note(TRY, None);
            }
            let _ = busy.try_set(false);
            match answer {
                Ok(ticket) => go_on(desk, nav, creates, ticket),
                Err(refused) => match (
                    refused.code(),
                    refused.problem().and_then(|problem| problem.tries_left),
                ) {
                    ("code_wrong", Some(1)) => fault(t(Words::WrongOne).to_owned()),
                    ("code_wrong", Some(left)) if left > 1 => {
                        fault(t_with(Words::Wrong, &[&left.to_string()]))
                    }
                    ("code_wrong" | "code_dead", _) => {
                        faults.set_quietly(Vec::new());
                        dead.set(true);
                        browser::focus_first(".banner.warning");
                    }
                    _ => error.set(Some(refused)),
                },
            }
        });
    };

    let resend = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        faults.set_quietly(Vec::new());
        spawn_local(async move {
            let answer = portal::resend_code(client, &id.get_value()).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(new) => {
                    expires.set(local(&new, new.expires_at));
                    resend_at.set(local(&new, new.resend_at));
                    id.set_value(new.id);
                    dead.set(false);
                    resent.set(true);
                    code.set(String::new());
                    browser::focus_id("code");
                }
                Err(refused) => error.set(Some(refused)),
            }
        });
    };

    let wait =
        Memo::new(move |_| ((resend_at.get() - ui.now.get()) / 1000.0).ceil().max(0.0) as u32);
    let resend_view = move || match wait.get() {
        0 => {
            let class = if over.get() { "btn primary" } else { "linkish" };
            view! { <p><button class=class type="button" id="resend" on:click=resend>{t(Words::Resend)}</button></p> }.into_any()
        }
        seconds => {
            let left = dates::countdown(f64::from(seconds) * 1000.0);
            view! { <p class="hint num">{t_with(Words::ResendIn, &[&left])}</p> }.into_any()
        }
    };
    let (label, page, purpose_text) = if creates {
        (Words::ConfirmDraft, "new", Words::SentDraft)
    } else {
        (Words::ConfirmLookup, "my", Words::SentLookup)
    };
    view! {
        <a class="back" href=desk.link(page)>{icon("arrow-left")}{t(Words::Correct)}</a>
        <Heading text=t(Words::Title)/>
        <p class="lead">{t(Words::SentTo)}<strong>{email}</strong>". "{desk.say(purpose_text)}</p>
        <ErrorNote error/>
        <Show when=move || resent.get()>
            <Banner kind=Kind::Success><p>{t(Words::Resent)}</p></Banner>
        </Show>
        <Show when=move || dead.get()>
            <Banner kind=Kind::Warning title=t(Words::DeadTitle)><p>{t(Words::Dead)}</p></Banner>
        </Show>
        <form class="form stack" novalidate on:submit=confirm>
            <CodeField label=t(Words::Code) hint=t(Words::CodeHint) value=code faults/>
            <Show when=move || !dead.get()>
                <Countdown until=expires text=t(Words::Expires) over=t(Words::Expired)/>
            </Show>
            <div class="actions">
                <SubmitButton label=desk.say(label) busy_label=t(Words::Checking) busy/>
            </div>
            {resend_view}
        </form>
        {help(reference)}
    }
}

/// What to do when no code comes.
fn help(reference: Option<String>) -> AnyView {
    let desk = use_desk();
    let data = desk.get();
    let registered = (data.admission == Admission::Registered).then(|| {
        view! {
            <li>{t(Words::OnlyRegistered)}" "<a class="link" href=desk.link("access")>{t(Common::RequestAccess)}</a></li>
        }
    });
    let call = data.support_line.map(|line| {
        let reference = reference.map(|reference| {
            view! {
                <p class="small muted">{t(Words::Reference)}</p>
                <div class="row"><p class="code-show num">{reference}</p></div>
            }
        });
        view! {
            <h3>{t(Words::NoMailTitle)}</h3>
            <p>{t(Words::NoMail)}</p>
            <p><strong>{t(Common::SupportLine)}" "{phone(&line)}</strong>" "<span class="muted">{data.hours.clone()}</span></p>
            {reference}
        }
    });
    view! {
        <section class="card stack">
            <h2>{t(Words::NotArrived)}</h2>
            <ul class="bullets">
                <li>{t(Words::LookSpam)}</li>
                <li>{t(Words::CheckAddress)}</li>
                <li>{t(Words::Several)}</li>
                {registered}
            </ul>
            {call}
        </section>
    }
    .into_any()
}
