//! Files on their way to the server: several at once, each with progress, removable and repeatable.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::uploads::{Attachment, Upload};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use super::http::{self, ApiError, BASE, Client, Request};
use crate::browser;
use crate::components::files::{FileItem, FileState, Limits};
use crate::i18n::{dates, locale, t, t_with};
use crate::task::watch;

crate::messages! {
    enum Words {
        TooLarge = "Este archivo pesa {0} y el máximo es {1}. Comprímalo o divídalo e intente de nuevo.",
            "This file is {0} and the limit is {1}. Compress or split it and try again.";
        Empty = "Este archivo está vacío.", "This file is empty.";
        TooMany = "Puede adjuntar {0} archivos como máximo.", "You can attach at most {0} files.";
        OneOnly = "Aquí va un solo archivo.", "Only one file goes here.";
        TooMuch = "Con este archivo se pasaría de {0} en total. Quite otro o comprímalo e intente de nuevo.",
            "With this file the total would exceed {0}. Remove another or compress it and try again.";
    }
}

/// A running upload that can be stopped.
#[derive(Clone, Default)]
struct Running(Rc<RefCell<Option<XmlHttpRequest>>>);

impl Running {
    fn abort(&self) {
        if let Some(request) = self.0.borrow_mut().take() {
            let _ = request.abort();
        }
    }
}

struct Held {
    key: u32,
    file: File,
    running: Running,
    /// Whether it takes the place of the others once it has arrived.
    replaces: bool,
}

/// Why a form cannot be sent with its files as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// Some still travel.
    Sending,
    /// Some were refused or did not arrive; the person removes them or tries again.
    Failed,
}

/// The files of one form. Copy it into closures; give [`Uploads::items`] to the
/// [`FilePicker`](crate::components::files::FilePicker).
#[derive(Clone, Copy)]
pub struct Uploads {
    /// What the picker shows.
    pub items: RwSignal<Vec<FileItem>>,
    client: Client,
    path: &'static str,
    held: StoredValue<Vec<Held>, LocalStorage>,
    next: StoredValue<u32>,
    /// Keys of files that a ticket has already: taking them off the list leaves them where they are.
    bound: StoredValue<Vec<String>>,
}

impl Uploads {
    /// An empty list that sends to `path` (`/uploads` or `/portal/uploads`).
    pub fn new(client: Client, path: &'static str) -> Self {
        let uploads = Self {
            items: RwSignal::new(Vec::new()),
            client,
            path,
            held: StoredValue::new_local(Vec::new()),
            next: StoredValue::new(1),
            bound: StoredValue::new(Vec::new()),
        };
        on_cleanup(move || {
            // The form is gone: nothing would bind what still travels.
            let _ = uploads
                .held
                .try_with_value(|held| held.iter().for_each(|one| one.running.abort()));
        });
        uploads
    }

    /// Takes files that were sent before, e.g. those of a kept draft.
    pub fn restore(self, uploads: Vec<Upload>) {
        let items = uploads.into_iter().map(|upload| FileItem {
            key: self.next_key(),
            name: upload.name.clone(),
            size: upload.size,
            state: FileState::Done(upload),
        });
        self.items.set(items.collect());
    }

    /// Takes the files that were kept under a name in this browser, and keeps what has arrived there from now on.
    pub fn kept_as(self, name: String) {
        let before = browser::stored(&name).and_then(|kept| serde_json::from_str(&kept).ok());
        self.restore(before.unwrap_or_default());
        watch(move || {
            self.items.track();
            let done = self.done();
            let text = serde_json::to_string(&done).ok();
            browser::store(&name, text.as_deref().filter(|_| !done.is_empty()));
        });
    }

    /// Takes files off the list that were bound to a message.
    pub fn sent(self, ids: &[String]) {
        self.items.update(|items| {
            items.retain(
                |item| !matches!(&item.state, FileState::Done(done) if ids.contains(&done.id)),
            );
        });
    }

    /// Begins with a file that the ticket has already.
    pub fn begin_with(self, file: &Attachment) {
        self.bound.update_value(|bound| bound.push(file.id.clone()));
        self.restore(vec![Upload {
            id: file.id.clone(),
            name: file.name.clone(),
            size: file.size,
            sha256: file.sha256.clone(),
        }]);
    }

    /// Shows the file that a ticket has now instead of the one that it had, unless another one is on its way.
    pub fn begin_again(self, file: Option<&Attachment>) -> bool {
        let rests = |items: &Vec<FileItem>| {
            let mut items = items.iter();
            items.all(|item| matches!(item.state, FileState::Done(_)))
        };
        if !self.items.with_untracked(rests) {
            return false;
        }
        match file {
            Some(file) => self.begin_with(file),
            None => self.items.set(Vec::new()),
        }
        true
    }

    /// Checks and sends files that the person chose or dropped. Where one file goes, another one takes its place, but not
    /// before it has arrived.
    pub fn add(self, files: Vec<File>, limits: Limits) {
        let replaces = limits.count == 1 && files.len() == 1;
        if replaces {
            self.remove_all(|item| !matches!(item.state, FileState::Done(_)));
        }
        for file in files {
            let key = self.next_key();
            let size = file.size() as i64;
            let state = match self.refusal(size, limits, replaces) {
                Some(reason) => FileState::Refused(reason),
                None => FileState::Sending(0),
            };
            let goes = state == FileState::Sending(0);
            self.items.update(|items| {
                items.push(FileItem {
                    key,
                    name: file.name(),
                    size,
                    state,
                })
            });
            if goes {
                let running = Running::default();
                self.held.update_value(|held| {
                    held.push(Held {
                        key,
                        file,
                        running,
                        replaces,
                    })
                });
                self.start(key);
            }
        }
    }

    fn refusal(self, size: i64, limits: Limits, replaces: bool) -> Option<String> {
        let (mut taken, mut total) = (0, size);
        self.items.with_untracked(|items| {
            for item in items.iter().filter(|item| item.counts() && !replaces) {
                taken += 1;
                total += item.size;
            }
        });
        if size > limits.bytes {
            Some(t_with(
                Words::TooLarge,
                &[&dates::size(size), &dates::size(limits.bytes)],
            ))
        } else if size == 0 {
            Some(t(Words::Empty).to_owned())
        } else if taken >= limits.count && limits.count == 1 {
            Some(t(Words::OneOnly).to_owned())
        } else if taken >= limits.count {
            Some(t_with(Words::TooMany, &[&limits.count.to_string()]))
        } else if total > limits.total {
            Some(t_with(Words::TooMuch, &[&dates::size(limits.total)]))
        } else {
            None
        }
    }

    /// Sends a failed file again.
    pub fn retry(self, key: u32) {
        self.set_state(key, FileState::Sending(0));
        self.start(key);
    }

    /// Removes a file, here and on the server.
    pub fn remove(self, key: u32) {
        self.held.update_value(|held| {
            held.retain(|one| {
                if one.key == key {
                    one.running.abort();
                }
                one.key != key
            });
        });
        let gone = self.items.try_update(|items| {
            let at = items.iter().position(|item| item.key == key)?;
            Some(items.remove(at))
        });
        if let Some(Some(FileItem {
            state: FileState::Done(upload),
            ..
        })) = gone
            && !self.bound.with_value(|bound| bound.contains(&upload.id))
        {
            let request = Request::delete([self.path, "/", &http::encode(&upload.id)].concat());
            spawn_local(async move {
                // The server removes unbound files by itself after a day.
                let _ = self.client.run(request).await;
            });
        }
    }

    fn remove_all(self, which: impl Fn(&FileItem) -> bool) {
        let keys = self.items.try_with_untracked(|items| {
            let chosen = items.iter().filter(|item| which(item));
            chosen.map(|item| item.key).collect::<Vec<_>>()
        });
        keys.into_iter().flatten().for_each(|key| self.remove(key));
    }

    /// Keys of the files that arrived, for the `attachments` of a message.
    pub fn ids(self) -> Vec<String> {
        self.done().into_iter().map(|upload| upload.id).collect()
    }

    /// Keeps the key of the one file that arrived in a field's value; empty while there is none.
    pub fn follow(self, value: RwSignal<String>) {
        watch(move || {
            self.items.track();
            let key = self.ids().into_iter().next().unwrap_or_default();
            if value.with_untracked(|known| *known != key) {
                value.set(key);
            }
        });
    }

    /// The files that arrived.
    pub fn done(self) -> Vec<Upload> {
        let done = |item: &FileItem| match &item.state {
            FileState::Done(upload) => Some(upload.clone()),
            FileState::Sending(_) | FileState::Failed(_) | FileState::Refused(_) => None,
        };
        self.items
            .with_untracked(|items| items.iter().filter_map(done).collect())
    }

    /// What keeps the form from being sent.
    pub fn unfinished(self) -> Option<Unfinished> {
        self.items.with_untracked(|items| {
            let states = items.iter().filter_map(|item| match item.state {
                FileState::Sending(_) => Some(Unfinished::Sending),
                FileState::Failed(_) | FileState::Refused(_) => Some(Unfinished::Failed),
                FileState::Done(_) => None,
            });
            // What the person has to do comes before what passes by itself.
            states.max_by_key(|state| *state == Unfinished::Failed)
        })
    }

    /// Forgets the list after its files were bound to a message.
    pub fn clear(self) {
        self.held.set_value(Vec::new());
        self.items.set(Vec::new());
    }

    fn next_key(self) -> u32 {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        key
    }

    /// Whether the file was still there: it, or the form, may be gone by the time an answer comes.
    fn set_state(self, key: u32, state: FileState) -> bool {
        let set = self.items.try_update(|items| {
            let item = items.iter_mut().find(|item| item.key == key);
            item.map(|item| item.state = state).is_some()
        });
        set == Some(true)
    }

    fn start(self, key: u32) {
        let held = self.held.with_value(|held| {
            held.iter()
                .find(|one| one.key == key)
                .map(|one| (one.file.clone(), one.running.clone(), one.replaces))
        });
        let Some((file, running, replaces)) = held else {
            return;
        };
        spawn_local(async move {
            let progress = move |percent| {
                self.set_state(key, FileState::Sending(percent));
            };
            let state = match send(self.client, self.path, &file, &running, progress).await {
                Ok(upload) => FileState::Done(upload),
                Err(error) => FileState::Failed(error.detail()),
            };
            let arrived = matches!(state, FileState::Done(_));
            if self.set_state(key, state) && arrived && replaces {
                self.remove_all(|item| item.key != key);
            }
        });
    }
}

/// Sends one file; `progress` receives 0 to 100.
async fn send(
    client: Client,
    path: &str,
    file: &File,
    running: &Running,
    progress: impl Fn(u8) + Clone + 'static,
) -> Result<Upload, ApiError> {
    let key = browser::random_key();
    let mut renewed = false;
    loop {
        let bearer = client.bearer().await;
        let request = XmlHttpRequest::new().map_err(|_| ApiError::Offline)?;
        *running.0.borrow_mut() = Some(request.clone());
        let text = post(
            &request,
            path,
            file,
            &key,
            bearer.as_deref(),
            progress.clone(),
        )
        .await?;
        let status = request.status().unwrap_or(0);
        if status == 201 || status == 200 {
            return http::decode(&text);
        }
        let wait = request.get_response_header("Retry-After").ok().flatten();
        let error = http::problem(status, &text, wait.as_deref());
        if !(error.is_signed_out() && bearer.is_some() && !renewed && client.renew().await) {
            return Err(error);
        }
        renewed = true;
    }
}

/// One try; fetch cannot tell the progress of a request, XMLHttpRequest can.
async fn post(
    request: &XmlHttpRequest,
    path: &str,
    file: &File,
    key: &str,
    bearer: Option<&str>,
    progress: impl Fn(u8) + 'static,
) -> Result<String, ApiError> {
    let offline = |_| ApiError::Offline;
    request
        .open("POST", &[BASE, path].concat())
        .map_err(offline)?;
    let set = |name: &str, value: &str| request.set_request_header(name, value).map_err(offline);
    set("Accept", "application/json")?;
    set("Accept-Language", locale())?;
    set("Idempotency-Key", key)?;
    if let Some(bearer) = bearer {
        set("Authorization", &["Bearer ", bearer].concat())?;
    }
    let on_progress = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.length_computable() && event.total() > 0.0 {
            progress((event.loaded() / event.total() * 100.0) as u8);
        }
    });
    if let Ok(upload) = request.upload() {
        upload.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
    }
    let finished = Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
    let form = http::form_with_file(file).ok_or(ApiError::Offline)?;
    request
        .send_with_opt_form_data(Some(&form))
        .map_err(offline)?;
    JsFuture::from(finished).await.map_err(offline)?;
    match request.status() {
        Ok(0) | Err(_) => Err(ApiError::Offline),
        Ok(_) => Ok(request.response_text().ok().flatten().unwrap_or_default()),
    }
}
