//! What requesters do in the portal.

use std::path::Path;

use crate::browser::Browser;
use crate::mail::Post;
use crate::people::{DESK, Person};
use crate::seek::Target::{Button, Field, Heading, Link};

/// The answers to the new ticket form.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// Who asks.
    pub email: &'a str,
    /// Label of the type.
    pub kind: &'a str,
    /// Label of the category.
    pub category: &'a str,
    /// Label of the severity.
    pub severity: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// Message.
    pub message: &'a str,
}

impl<'a> Form<'a> {
    /// An incident of medium severity.
    pub fn of(email: &'a str, subject: &'a str) -> Self {
        Self {
            email,
            kind: "Incidencia",
            category: "Eset",
            severity: "P3-Medio",
            subject,
            message: "Desde las 7:40 a. m. nadie del área puede trabajar.\n\nYa reiniciamos el equipo y sigue igual.",
        }
    }
}

impl Browser {
    /// Opens the new ticket form.
    pub async fn open_form(&self) {
        self.open(&format!("/{DESK}/new")).await;
        self.find(Heading("Crear un ticket")).await;
    }

    /// Answers every question of the form but the files.
    pub async fn answer(&self, form: &Form<'_>) {
        self.fill("Correo", form.email).await;
        self.choose("Tipo de solicitud", form.kind).await;
        self.select("Grupo de ticket", form.category).await;
        self.choose("Gravedad", form.severity).await;
        self.fill("Tema", form.subject).await;
        self.fill("Mensaje", form.message).await;
    }

    /// Fails unless the form holds these answers.
    pub async fn form_holds(&self, form: &Form<'_>) {
        use crate::seek::Target::Choice;
        self.holds("Correo", form.email).await;
        self.holds("Tema", form.subject).await;
        self.holds("Mensaje", form.message).await;
        assert_eq!(self.selected("Grupo de ticket").await, form.category);
        assert!(
            self.is_ticked(Choice("Tipo de solicitud", form.kind)).await,
            "the type is lost"
        );
        assert!(
            self.is_ticked(Choice("Gravedad", form.severity)).await,
            "the severity is lost"
        );
    }

    /// Attaches files and waits until the server has them.
    pub async fn attach_and_wait(&self, files: &[&Path]) {
        self.attach_to("Anexos (opcional)", files).await;
    }

    /// Attaches files to this field and waits until the server has them.
    pub async fn attach_to(&self, field: &str, files: &[&Path]) {
        self.attach(field, files).await;
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            self.find(Button(&format!("Quitar {name}"))).await;
        }
        self.see_times("Adjuntado ·", files.len()).await;
    }

    /// Sends the form and waits for the window that asks for the code.
    pub async fn send_form(&self) {
        self.click(Button("Crear ticket")).await;
        self.at_code_window().await;
    }

    /// Waits for the window that asks for a code.
    pub async fn at_code_window(&self) {
        self.find(Heading("Escriba el código que le enviamos"))
            .await;
        self.find(Field("Código de verificación")).await;
    }

    /// Confirms a code that makes a ticket, and gives the ticket's code.
    pub async fn confirm(&self, code: &str) -> String {
        self.fill("Código de verificación", code).await;
        self.click(Button("Confirmar y crear el ticket")).await;
        self.created().await
    }

    /// Waits for the page of a created ticket, and gives its code.
    pub async fn created(&self) -> String {
        self.find(Heading("Ticket creado")).await;
        self.line_after("El código de su ticket es").await
    }

    /// From the form to the created ticket; gives its code.
    pub async fn create_ticket(&self, post: &Post, form: &Form<'_>) -> String {
        self.open_form().await;
        self.answer(form).await;
        self.send_form().await;
        let code = post.code(form.email).await;
        self.confirm(&code).await
    }

    /// Opens one of the requester's tickets from the list.
    pub async fn open_from_list(&self, code: &str) {
        self.open(&format!("/{DESK}/tickets")).await;
        self.find(Heading("Mis tickets")).await;
        self.click(crate::seek::Target::LinkWith(code)).await;
        self.at(&format!("/{DESK}/tickets/{code}")).await;
    }

    /// Proves an address again with ticket code and mailed code, from the start page.
    pub async fn look_up(&self, post: &Post, ticket: &str, person: Person) {
        self.open(&format!("/{DESK}")).await;
        self.click(Link("Ver mi lista de tickets")).await;
        self.fill("Código del ticket", ticket).await;
        self.fill("Correo", person.email).await;
        self.click(Button("Continuar")).await;
        self.at_code_window().await;
        let code = post.code(person.email).await;
        self.fill("Código de verificación", &code).await;
        self.click(Button("Confirmar y ver mis tickets")).await;
        self.find(Heading("Mis tickets")).await;
    }

    /// Fills in and sends the request for access, and gives its reference.
    pub async fn ask_for_access(&self, name: &str, email: &str) -> String {
        self.fill("Nombre completo", name).await;
        self.fill("Número de contacto", "601 555 0142").await;
        self.fill("Correo electrónico", email).await;
        self.fill("Entidad a la que pertenece", "Alcaldía de San Roque")
            .await;
        self.click(Button("Enviar solicitud")).await;
        self.find(Heading("Recibimos su solicitud")).await;
        self.line_after("Referencia de la solicitud").await
    }
}
