//! What agents do in the console.

use std::ops::Deref;
use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::people::{PASSWORD, Person};
use crate::seek::Target::{Answer, Button, Field, Heading, Link, LinkWith, Tick};
use crate::stage::Stage;
use crate::until;

impl Browser {
    /// Signs in from the sign-in page.
    pub async fn sign_in(&self, agent: Person) {
        self.open("/console/").await;
        self.find(Heading("Iniciar sesión")).await;
        self.fill("Correo", agent.email).await;
        self.fill("Contraseña", PASSWORD).await;
        self.click(Button("Iniciar sesión")).await;
        self.at("/console/queue").await;
        self.find(Button(agent.name)).await;
    }

    /// Signs out by the menu under one's name.
    pub async fn sign_out(&self, agent: Person) {
        self.click(Button(agent.name)).await;
        self.click(Button("Cerrar sesión")).await;
        self.at("/console/login").await;
        self.find(Heading("Iniciar sesión")).await;
    }

    /// Opens a view of the rail.
    pub async fn open_view(&self, view: &str) {
        self.click(Link(view)).await;
        self.find(Heading(view)).await;
    }

    /// Opens a ticket from the list.
    pub async fn open_row(&self, code: &str, subject: &str) {
        self.click(LinkWith(code)).await;
        self.at(&format!("/console/tickets/{code}")).await;
        self.find(Heading(subject)).await;
    }

    /// Opens a ticket by its address.
    pub async fn open_ticket(&self, code: &str, subject: &str) {
        self.open(&format!("/console/tickets/{code}")).await;
        self.find(Heading(subject)).await;
    }

    /// Writes to the requester.
    pub async fn reply(&self, text: &str) {
        self.tick(Tick("Respuesta pública")).await;
        self.fill("Respuesta pública", text).await;
        self.click(Button("Enviar respuesta")).await;
        self.see("Respuesta enviada").await;
    }

    /// Writes to the team.
    pub async fn note(&self, text: &str) {
        self.tick(Tick("Nota interna")).await;
        self.fill("Nota interna", text).await;
        self.click(Button("Guardar nota")).await;
        self.see("Nota guardada").await;
    }

    /// Delivers a solution.
    pub async fn solve(&self, solution: &str) {
        self.click(Button("Solucionar")).await;
        self.fill("Solución", solution).await;
        self.click(Button("Solucionar")).await;
        self.see("Solución enviada").await;
    }
}

/// An agent at a computer of their own, signed in.
pub struct Seat {
    /// Who sits there.
    pub who: Person,
    page: Browser,
}

impl Deref for Seat {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.page
    }
}

/// A ticket that an agent writes down for somebody.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Who asks.
    pub who: Person,
    /// How they reached the desk.
    pub channel: &'a str,
    /// Which type it is; empty where the category says so.
    pub kind: &'a str,
    /// Words of the category, and its path.
    pub category: (&'a str, &'a str),
    /// What is answered besides.
    pub choices: &'a [Pick<'a>],
    /// What it is about.
    pub subject: &'a str,
    /// What the desk calls a ticket.
    pub word: &'a str,
}

/// An answer on the form of a new ticket.
#[derive(Clone, Copy, Debug)]
pub enum Pick<'a> {
    /// From a list, by its label.
    List(&'a str, &'a str),
    /// From cards, by their question.
    Card(&'a str, &'a str),
    /// Typed, by the label of the field.
    Text(&'a str, &'a str),
    /// A file, by the label of its field.
    File(&'a str, &'a Path),
}

impl Seat {
    /// Signs an agent in on a computer of their own.
    pub async fn of(stage: &Stage, who: Person) -> Self {
        let page = stage.browser(who.name).await;
        page.sign_in(who).await;
        Self { who, page }
    }

    /// Opens a ticket as it stands now; signs in again where the session ended meanwhile.
    pub async fn at_ticket(&self, code: &str) {
        let shown = "const one = document.querySelector('article[aria-label=\"' + arguments[0] + '\"] h2'); return one !== null && one.innerText !== '';";
        self.go(&format!("/console/tickets/{code}"), async || {
            self.script(shown, vec![json!(code)]).await == json!(true)
        })
        .await;
    }

    /// Opens a page of the console until it shows what it should; signs in again where the session ended meanwhile.
    async fn go(&self, page: &str, shows: impl AsyncFn() -> bool) {
        self.open(page).await;
        let what = format!("{}: the page {page}", self.page.who);
        until(&what, async || {
            self.back_in().await;
            if shows().await {
                Ok(())
            } else {
                Err(self.text().await)
            }
        })
        .await;
    }

    /// Signs in again where the session ended meanwhile; the page that was asked for comes by itself.
    async fn back_in(&self) {
        if self.path().await.starts_with("/console/login") {
            self.fill("Correo", self.who.email).await;
            self.fill("Contraseña", PASSWORD).await;
            self.click(Button("Iniciar sesión")).await;
            self.gone(Heading("Iniciar sesión")).await;
        }
    }

    /// Opens a ticket from a list as it stands now.
    pub async fn from_list(&self, view: &str, code: &str, subject: &str) {
        self.go("/console/queue", async || self.has(Link(view)).await)
            .await;
        self.open_view(view).await;
        self.open_row(code, subject).await;
    }

    /// Waits until the head of the ticket names this state.
    pub async fn stands(&self, state: &str) {
        let what = format!("{}: the state {state:?}", self.page.who);
        until(&what, async || match self.state().await {
            now if now.eq_ignore_ascii_case(state) => Ok(()),
            now => Err(format!("it is {now:?}")),
        })
        .await;
    }

    /// Opens a ticket again and again until it is in this state, which the product brings about by itself.
    pub async fn comes_to(&self, code: &str, state: &str) {
        let what = format!("{}: {code} to come to {state:?}", self.page.who);
        until(&what, async || {
            self.at_ticket(code).await;
            match self.state().await {
                now if now.eq_ignore_ascii_case(state) => Ok(()),
                now => Err(format!("it is {now:?}")),
            }
        })
        .await;
    }

    /// The state that the head of the ticket names.
    async fn state(&self) -> String {
        let tag = "const one = document.querySelector('article header .tag-text'); return one ? one.innerText : '';";
        let now = self.script(tag, vec![]).await;
        now.as_str().unwrap_or_default().to_owned()
    }

    /// Chooses what to do with the ticket, a button or a line of the menu behind "more", and waits for its window.
    pub async fn begin(&self, step: &str) {
        let what = format!("{}: the window of {step:?}", self.page.who);
        let title = "const one = document.querySelector('dialog[open] h2'); return one ? one.innerText : '';";
        let looks = std::cell::Cell::new(0);
        until(&what, async || {
            let title = self.script(title, vec![]).await;
            let title = title.as_str().unwrap_or_default();
            if title.starts_with(step) {
                return Ok(());
            }
            if !title.is_empty() {
                // News moved the buttons under the hand.
                self.leave().await;
            } else if looks.get() % 40 == 0 {
                self.choose_step(step).await;
            }
            looks.set(looks.get() + 1);
            Err(format!("there is {title:?}"))
        })
        .await;
    }

    /// Chooses something that needs no window.
    pub async fn choose_step(&self, step: &str) {
        self.click_first(&[Button(step), Button("Más acciones")])
            .await;
    }

    /// Whether something can be chosen, as a button or in the menu behind "more".
    pub async fn offers(&self, step: &str) -> bool {
        if self.has(Button(step)).await {
            return true;
        }
        if !self.has(Button("Más acciones")).await {
            return false;
        }
        self.click(Button("Más acciones")).await;
        let offered = self.has(Button(step)).await;
        self.press("\u{E00C}").await;
        offered
    }

    /// Sends the window that is open, and waits until it closes, which it does once the server has it.
    pub async fn finish(&self, button: &str) {
        self.click(Button(button)).await;
        self.no_window().await;
    }

    /// Sends a window whose ticket has changed a moment ago: either that has come already, or it is told and sent again.
    pub async fn finish_at_last(&self, button: &str) {
        let what = format!("{}: the window of {button:?} to be sent", self.page.who);
        let open = "return document.querySelector('dialog[open]') !== null;";
        until(&what, async || {
            if self.script(open, vec![]).await == json!(false) {
                return Ok(());
            }
            if self.has(Button(button)).await {
                self.click(Button(button)).await;
            }
            Err("it is still open".to_owned())
        })
        .await;
    }

    /// Closes a window without sending it.
    pub async fn leave(&self) {
        self.press("\u{E00C}").await;
        self.no_window().await;
    }

    /// Answers a control question, in a window or in the panel, and waits until the answer is kept.
    pub async fn answer(&self, question: &str, answer: &str) {
        self.click(Answer(question, answer)).await;
        let what = format!("{}: {question:?} answered", self.page.who);
        let pressed = "const given = (root, words) => [...root.querySelectorAll('[role=group] button')].find(one => one.innerText === words && one.closest('[role=group]').previousElementSibling?.innerText === arguments[0]); const root = [...document.querySelectorAll('dialog[open]')].pop() || document; const one = given(root, arguments[1]); return one === undefined || one.getAttribute('aria-pressed') === 'true';";
        until(&what, async || {
            let kept = self
                .script(pressed, vec![json!(question), json!(answer)])
                .await;
            if kept == json!(true) {
                Ok(())
            } else {
                Err("it is not".to_owned())
            }
        })
        .await;
    }

    /// Shows a part of the panel beside the ticket.
    pub async fn panel(&self, part: &str) {
        self.click(Button(part)).await;
    }

    /// Takes the ticket on the screen, which asks nothing first.
    pub async fn take(&self) {
        self.choose_step("Tomar").await;
        self.see("está a su cargo").await;
        self.gone(Button("Tomar")).await;
    }

    /// Keeps an attempt to reach the requester.
    pub async fn attempt(&self, channel: &str, result: &str) {
        self.select("Medio", channel).await;
        self.tick(Tick(result)).await;
        self.finish("Guardar").await;
    }

    /// Writes a ticket down for somebody, and gives its code.
    pub async fn write_down(&self, told: Told<'_>) -> String {
        self.go("/console/tickets/new", async || {
            self.has(Field("Solicitante")).await
        })
        .await;
        let name: String = told.who.name.chars().take(5).collect();
        self.fill("Solicitante", &name).await;
        self.click(Button(told.who.name)).await;
        self.select("Canal", told.channel).await;
        if !told.kind.is_empty() {
            self.choose("Tipo", told.kind).await;
        }
        let (words, path) = told.category;
        self.fill("Categoría", words).await;
        self.press("\u{E007}").await;
        self.see(path).await;
        for pick in told.choices {
            match *pick {
                Pick::List(label, option) => self.select(label, option).await,
                Pick::Card(question, answer) => self.choose(question, answer).await,
                Pick::Text(label, text) => self.fill(label, text).await,
                Pick::File(label, file) => self.attach_to(label, &[file]).await,
            }
        }
        self.fill("Asunto", told.subject).await;
        self.fill("Descripción", "Lo cuenta quien llama.").await;
        self.click(Button(&format!("Crear {}", told.word))).await;
        self.find(Heading(told.subject)).await;
        let path = self.at("/console/tickets/").await;
        path.rsplit('/').next().unwrap_or_default().to_owned()
    }
}
