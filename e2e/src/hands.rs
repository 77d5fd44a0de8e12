//! An agent at the API, for what a story needs before it begins, and for figures that a page rounds. Whatever a story is
//! about is done in a browser.

use std::cell::RefCell;

use reqwest::multipart::{Form, Part};
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

    /// Sends a file, and gives the key to name it by.
    pub async fn upload(&self, name: &str, bytes: &'static [u8]) -> Value {
        let part = Part::bytes(bytes).file_name(name.to_owned());
        let request = self
            .client
            .post(format!("{}/uploads", self.base))
            .bearer_auth(self.token.borrow())
            .multipart(Form::new().part("file", part));
        let answer = request.send().await.expect("the server answers");
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        assert!(status.is_success(), "{name}: {status} {body}");
        body["id"].clone()
    }

    /// A ticket as the agent sees it.
    pub async fn ticket(&self, code: &str) -> Value {
        self.get(&format!("/tickets/{code}")).await
    }

    /// Does something to what has a version.
    pub async fn post(&self, path: &str, version: &Value, body: Value) {
        self.change(Method::POST, path, version, &body).await;
    }

    /// Puts something in its place.
    pub async fn put(&self, path: &str, version: &Value, body: Value) {
        self.change(Method::PUT, path, version, &body).await;
    }

    /// Changes some of what something has.
    pub async fn patch(&self, path: &str, version: &Value, body: Value) {
        self.change(Method::PATCH, path, version, &body).await;
    }

    async fn change(&self, method: Method, path: &str, version: &Value, body: &Value) {
        let what = format!("{method} {path}");
        let answer = self.send(method, path, Some(version), Some(body)).await;
        let status = answer.status();
        assert!(
            status.is_success(),
            "{what}: {status} {}",
            answer.text().await.unwrap_or_default()
        );
    }
}
