//! What agents do without a page, over the API: steps whose page is still to come, or that a story needs as its past.
//! Whatever a story is about is done in a browser.

use std::cell::RefCell;

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::people::{PASSWORD, Person};
use crate::stage::Stage;

/// An agent at the API.
pub struct Hand {
    who: Person,
    base: String,
    client: Client,
    token: RefCell<String>,
}

impl Hand {
    /// Signs an agent in.
    pub async fn of(stage: &Stage, who: Person) -> Self {
        let hand = Self {
            who,
            base: format!("{}/api/v1", stage.server.base),
            client: Client::new(),
            token: RefCell::default(),
        };
        hand.sign_in().await;
        hand
    }

    async fn sign_in(&self) {
        let answer = self
            .client
            .post(format!("{}/session", self.base))
            .json(&json!({ "email": self.who.email, "password": PASSWORD }))
            .send()
            .await
            .expect("the server answers");
        let answer: Value = answer.json().await.expect("signing in gives JSON");
        let token = answer["access_token"].as_str();
        *self.token.borrow_mut() = token
            .unwrap_or_else(|| panic!("{} is not signed in: {answer}", self.who.name))
            .to_owned();
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        version: Option<&Value>,
        body: Option<&Value>,
    ) -> Response {
        let mut again = false;
        loop {
            let token = self.token.borrow().clone();
            let mut request = self
                .client
                .request(method.clone(), format!("{}{path}", self.base))
                .bearer_auth(token);
            if let Some(version) = version {
                request = request.header("If-Match", format!("\"{version}\""));
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await.expect("the server answers");
            // Days may have passed since the last step.
            if answer.status() != StatusCode::UNAUTHORIZED || again {
                return answer;
            }
            again = true;
            self.sign_in().await;
        }
    }

    /// Reads something.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, None, None).await;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        assert!(status.is_success(), "GET {path}: {status} {body}");
        body
    }

    /// The status code of reading something.
    pub async fn status_of(&self, path: &str) -> u16 {
        self.send(Method::GET, path, None, None)
            .await
            .status()
            .as_u16()
    }

    /// A ticket as the agent sees it.
    pub async fn ticket(&self, code: &str) -> Value {
        self.get(&format!("/tickets/{code}")).await
    }

    /// The canonical state of a ticket.
    pub async fn state(&self, code: &str) -> String {
        let ticket = self.ticket(code).await;
        ticket["status"].as_str().unwrap_or_default().to_owned()
    }

    /// Does something to a ticket: `what` is the last part of the address.
    pub async fn give(&self, code: &str, what: &str, body: Value) -> Value {
        let (status, answer) = self.attempt(code, what, &body).await;
        assert!(
            status.is_success(),
            "{} may not do {what} with {body} to {code}: {status} {answer}",
            self.who.name
        );
        answer
    }

    /// Tries something that must be refused, and gives the problem.
    pub async fn refused(&self, code: &str, what: &str, body: Value) -> Value {
        let (status, answer) = self.attempt(code, what, &body).await;
        assert!(
            status.is_client_error(),
            "{} may do {what} with {body} to {code}: {status} {answer}",
            self.who.name
        );
        answer
    }

    async fn attempt(&self, code: &str, what: &str, body: &Value) -> (StatusCode, Value) {
        let version = self.ticket(code).await["version"].clone();
        let path = format!("/tickets/{code}/{what}");
        let answer = self
            .send(Method::POST, &path, Some(&version), Some(body))
            .await;
        let status = answer.status();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Gives a command that moves the ticket.
    pub async fn transition(&self, code: &str, command: &str, mut data: Value) {
        data["command"] = json!(command);
        self.give(code, "transitions", data).await;
    }

    /// Answers a control question.
    pub async fn control(&self, code: &str, control: &str, answer: bool) {
        let body = json!({ "control": control, "answer": answer });
        self.give(code, "control-answers", body).await;
    }

    /// Takes the ticket.
    pub async fn take(&self, code: &str) {
        let me = self.get("/me").await["id"].clone();
        self.give(code, "assignments", json!({ "assignee": me }))
            .await;
    }

    /// Key of an agent of a desk.
    pub async fn key_of(&self, desk: &str, who: Person) -> Value {
        let agents = self.get(&format!("/desks/{desk}/agents")).await;
        let rows = agents.as_array().or_else(|| agents["items"].as_array());
        let row = rows
            .into_iter()
            .flatten()
            .find(|row| row["full_name"] == json!(who.name));
        row.map_or_else(
            || panic!("{} is not at {desk}", who.name),
            |row| row["id"].clone(),
        )
    }

    /// Records a ticket for somebody who called, and gives its code.
    pub async fn record(&self, desk: &str, who: Person, data: Value) -> String {
        let mut body = json!({
            "desk": desk,
            "requester_email": who.email,
            "channel": "phone",
            "request_type": "incident",
            "message": "Lo cuenta por teléfono.",
        });
        for (name, value) in data.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let answer = self.send(Method::POST, "/tickets", None, Some(&body)).await;
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap_or_default();
        assert!(status.is_success(), "recording {body}: {status} {answer}");
        answer["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Puts something in its place.
    pub async fn put(&self, path: &str, version: &Value, body: Value) {
        let answer = self
            .send(Method::PUT, path, Some(version), Some(&body))
            .await;
        let status = answer.status();
        assert!(
            status.is_success(),
            "PUT {path}: {status} {}",
            answer.text().await.unwrap_or_default()
        );
    }
}
