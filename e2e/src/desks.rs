//! What requesters do at any desk of the portal, in the desk's own words.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};

use crate::browser::Browser;
use crate::mail::Post;
use crate::people::Person;
use crate::seek::Target::{Button, Field, Heading, Link};

/// How a desk speaks of a ticket.
#[derive(Clone, Copy, Debug)]
pub struct Desk {
    /// Address part.
    pub slug: &'static str,
    /// `una solicitud`, `un caso`.
    pub a: &'static str,
    /// `la solicitud`, `el caso`.
    pub the: &'static str,
    /// `solicitud`, `caso`.
    pub word: &'static str,
    /// `solicitudes`, `casos`.
    pub words: &'static str,
    /// `Solicitud creada`, `Caso creado`.
    pub created: &'static str,
}

/// The desk of ICETEX, which asks for approvals.
pub const ICETEX: Desk = Desk {
    slug: "icetex",
    a: "una solicitud",
    the: "la solicitud",
    word: "solicitud",
    words: "solicitudes",
    created: "Solicitud creada",
};

/// A morning of a week without holidays: the first Tuesday of a February that is still to come, at ten in Bogotá.
pub fn quiet_tuesday(now: DateTime<Utc>) -> DateTime<Utc> {
    let year = if now.month() == 1 {
        now.year()
    } else {
        now.year() + 1
    };
    let first = NaiveDate::from_ymd_opt(year, 2, 1).expect("every year has a February");
    let tuesday = first
        .iter_days()
        .find(|day| day.weekday() == Weekday::Tue)
        .expect("every week has a Tuesday");
    let midnight = tuesday
        .and_hms_opt(0, 0, 0)
        .expect("every day has a midnight");
    midnight.and_utc() + TimeDelta::hours(5 + 10)
}

impl Browser {
    /// Opens the form of a desk and answers who asks.
    pub async fn open_form_of(&self, desk: Desk, who: Person) {
        self.open(&format!("/{}/new", desk.slug)).await;
        self.find(Heading(&format!("Crear {}", desk.a))).await;
        self.fill("Correo", who.email).await;
    }

    /// Finds a category by words and chooses it.
    pub async fn search_category(&self, words: &str, leaf: &str) {
        self.fill("Categoría", words).await;
        self.click(Button(leaf)).await;
        self.find(Button("Cambiar")).await;
    }

    /// Says what it is about, sends the form, proves the address and gives the new code.
    pub async fn send_to(
        &self,
        desk: Desk,
        post: &Post,
        who: Person,
        (subject, message): (&str, &str),
    ) -> String {
        self.fill("Tema", subject).await;
        self.fill("Mensaje", message).await;
        self.click(Button(&format!("Crear {}", desk.word))).await;
        self.at_code_window().await;
        let code = post.code(who.email).await;
        self.fill("Código de verificación", &code).await;
        self.click(Button(&format!("Confirmar y crear {}", desk.the)))
            .await;
        self.find(Heading(desk.created)).await;
        self.line_after(&format!("El código de su {} es", desk.word))
            .await
    }

    /// Opens a page of a ticket as from a mail: the mailed code is asked for unless a session is open.
    pub async fn prove_for(&self, desk: Desk, post: &Post, who: Person, page: &str) {
        self.open(&format!("/{}/{page}", desk.slug)).await;
        self.find(Field("Correo")).await;
        self.fill("Correo", who.email).await;
        self.click(Button("Continuar")).await;
        self.at_code_window().await;
        let code = post.code(who.email).await;
        self.fill("Código de verificación", &code).await;
        self.click(Button(&format!("Confirmar y ver mis {}", desk.words)))
            .await;
    }

    /// Opens the survey of a ticket from its page.
    pub async fn open_survey(&self, desk: Desk, code: &str) {
        self.open(&format!("/{}/tickets/{code}", desk.slug)).await;
        self.click(Link("Responder la encuesta")).await;
        self.find(Heading("Encuesta de satisfacción")).await;
    }
}
