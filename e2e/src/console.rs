//! What agents do in the console.

use crate::browser::Browser;
use crate::people::{PASSWORD, Person};
use crate::seek::Target::{Button, Heading, Link, LinkWith, Tick};

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
