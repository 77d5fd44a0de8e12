//! Choosing files and listing them. Sending is the business of
//! [`Uploads`](crate::client::uploads::Uploads).

use leptos::prelude::*;
use shared::api::uploads::{Attachment, Upload};
use wasm_bindgen::JsCast;

use super::form::{Faults, error_view};
use super::{act, icon};
use crate::i18n::{dates, t, t_with};

crate::messages! {
    enum Words {
        Choose = "Seleccione archivos", "Choose files";
        ChooseOne = "Seleccione un archivo", "Choose a file";
        DropOne = " o arrástrelo aquí", " or drop it here";
        HintOne = "Un solo archivo, de hasta {0}.", "One file, up to {0}.";
        Drop = " o arrástrelos aquí", " or drop them here";
        Hint = "Puede adjuntar varios, de hasta {0} cada uno y {1} en total.", "You can attach several, up to {0} each and {1} in total.";
        Sending = "Subiendo {0}", "Uploading {0}";
        Arrived = "Adjuntado", "Attached";
        ArrivedLong = "{0} se adjuntó correctamente.", "{0} was attached.";
        NotArrived = "{0} no se adjuntó.", "{0} was not attached.";
        Remove = "Quitar {0}", "Remove {0}";
        Retry = "Reintentar", "Try again";
        Download = "Descargar {0} ({1})", "Download {0} ({1})";
    }
}

/// What a picker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file in bytes.
    pub bytes: i64,
    /// Most files of one message.
    pub count: u32,
    /// Most bytes of all files of a ticket together. Of these the picker knows only its own.
    pub total: i64,
}

/// Where a file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// On its way, 0 to 100.
    Sending(u8),
    /// The server has it.
    Done(Upload),
    /// Sending failed and may be repeated; why.
    Failed(String),
    /// Not sent at all; why.
    Refused(String),
}

/// A file in a picker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileItem {
    /// Key within the picker.
    pub key: u32,
    /// File name.
    pub name: String,
    /// Size in bytes.
    pub size: i64,
    /// Where it stands.
    pub state: FileState,
}

impl FileItem {
    /// Whether it takes one of the places that a message has.
    pub fn counts(&self) -> bool {
        !matches!(self.state, FileState::Refused(_))
    }
}

/// A zone to choose or drop files, and the list of them with progress.
#[component]
pub fn FilePicker(
    /// Id of the control.
    id: &'static str,
    /// Label.
    #[prop(into)]
    label: String,
    /// The files.
    items: RwSignal<Vec<FileItem>>,
    /// What is taken.
    limits: Limits,
    /// The form's faults, where files can be at fault.
    #[prop(optional, into)]
    faults: Option<Faults>,
    /// Files were chosen.
    add: Callback<Vec<web_sys::File>>,
    /// A file is to go.
    remove: Callback<u32>,
    /// A file is to be sent again.
    retry: Callback<u32>,
) -> impl IntoView {
    let over = RwSignal::new(false);
    let chosen = move |event: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        add.run(files_of(input.files()));
        // Choosing the same file again must be noticed.
        input.set_value("");
    };
    let dropped = move |event: web_sys::DragEvent| {
        event.prevent_default();
        over.set(false);
        add.run(files_of(
            event.data_transfer().and_then(|data| data.files()),
        ));
    };
    let dragged = move |event: web_sys::DragEvent| {
        event.prevent_default();
        over.set(true);
    };
    let error = faults.map_or_else(|| Signal::stored(None), |faults| faults.of(id));
    let hint_id = [id, "-hint"].concat();
    let described = move || {
        let error = if error.with(Option::is_some) {
            "-error"
        } else {
            ""
        };
        if error.is_empty() {
            [id, "-hint"].concat()
        } else {
            [id, "-hint ", id, error].concat()
        }
    };
    let label_id = [id, "-label"].concat();
    let one = limits.count == 1;
    let (choose, drop, hint) = if one {
        (Words::ChooseOne, Words::DropOne, Words::HintOne)
    } else {
        (Words::Choose, Words::Drop, Words::Hint)
    };
    view! {
        <div class=move || if error.with(Option::is_some) { "field invalid" } else { "field" }>
            <p class="label" id=label_id>{label}</p>
            {error_view(id, error)}
            <div class="drop" data-over=move || over.get().then_some("true")
                on:dragover=act(dragged) on:dragleave=act(move |_| over.set(false)) on:drop=act(dropped)>
                <input class="drop-input" type="file" id=id multiple=!one
                    aria-labelledby=[id, "-label ", id, "-choose"].concat()
                    aria-describedby=described on:change=act(chosen)/>
                <label class="drop-label" for=id id=[id, "-choose"].concat()>
                    {super::icon_sized("upload", "icon lg")}
                    <span><strong>{t(choose)}</strong><span class="drop-or">{t(drop)}</span></span>
                </label>
                <p class="hint" id=hint_id>{t_with(hint, &[&dates::size(limits.bytes), &dates::size(limits.total)])}</p>
            </div>
            <PickedFiles items remove retry/>
        </div>
    }
}

/// The files of a picker; also alone, where another button opens the picker.
#[component]
pub fn PickedFiles(
    /// The files.
    items: RwSignal<Vec<FileItem>>,
    /// A file is to go.
    remove: Callback<u32>,
    /// A file is to be sent again.
    retry: Callback<u32>,
) -> impl IntoView {
    let row = move |(key, name): (u32, String)| picked_row(items, key, name, remove, retry);
    let names = move || {
        items.with(|items| {
            items
                .iter()
                .map(|item| (item.key, item.name.clone()))
                .collect::<Vec<_>>()
        })
    };
    let news = move || {
        items.with(|items| {
            let last = items
                .iter()
                .rev()
                .find(|item| !matches!(item.state, FileState::Sending(_)))?;
            let words = if matches!(last.state, FileState::Done(_)) {
                Words::ArrivedLong
            } else {
                Words::NotArrived
            };
            Some(t_with(words, &[&last.name]))
        })
    };
    view! {
        <Show when=move || items.with(|items| !items.is_empty())>
            <ul class="files"><For each=names key=|(key, _)| *key children=row/></ul>
        </Show>
        <p class="sr" aria-live="polite">{news}</p>
    }
}

fn picked_row(
    items: RwSignal<Vec<FileItem>>,
    key: u32,
    name: String,
    remove: Callback<u32>,
    retry: Callback<u32>,
) -> impl IntoView {
    let item =
        Memo::new(move |_| items.with(|items| items.iter().find(|item| item.key == key).cloned()));
    let state = move || {
        item.with(|item| match item.as_ref().map(|item| &item.state) {
            Some(FileState::Sending(_)) => "uploading",
            Some(FileState::Done(_)) => "done",
            Some(FileState::Failed(_) | FileState::Refused(_)) | None => "failed",
        })
    };
    let sending = t_with(Words::Sending, &[&name]);
    let remove_label = t_with(Words::Remove, &[&name]);
    let rest = move || {
        item.get().map(|item| {
            let size = dates::size(item.size);
            let size = if matches!(item.state, FileState::Done(_)) {
                [t(Words::Arrived), " · ", &size].concat()
            } else {
                size
            };
            let below = match item.state {
                FileState::Sending(percent) => view! {
                    <progress class="bar" max="100" value=percent.to_string() aria-label=sending.clone()></progress>
                }
                .into_any(),
                FileState::Done(_) => ().into_any(),
                FileState::Refused(reason) => view! { <p class="file-error">{reason}</p> }.into_any(),
                FileState::Failed(reason) => view! {
                    <p class="file-error">
                        {reason}" "
                        <button class="linkish" type="button" on:click=act(move |_| retry.run(key))>{t(Words::Retry)}</button>
                    </p>
                }
                .into_any(),
            };
            view! { <span class="file-size num">{size}</span>{below} }
        })
    };
    let symbol = move || {
        icon(match state() {
            "done" => "check-circle",
            "failed" => "alert-circle",
            _ => "file",
        })
    };
    view! {
        <li class="file" data-state=state>
            {symbol}
            <span class="file-name">{name}</span>
            {rest}
            <button class="btn ghost icon-only sm" type="button" aria-label=remove_label.clone() title=remove_label
                on:click=act(move |_| remove.run(key))>{icon("trash")}</button>
        </li>
    }
}

/// The files of a control or of a drop.
pub fn files_of(list: Option<web_sys::FileList>) -> Vec<web_sys::File> {
    let Some(list) = list else { return Vec::new() };
    (0..list.length())
        .filter_map(|place| list.get(place))
        .collect()
}

/// Files of a message; choosing one downloads it.
#[component]
pub fn FileList(
    /// The files.
    attachments: Vec<Attachment>,
    /// Downloads one.
    download: Callback<Attachment>,
) -> impl IntoView {
    (!attachments.is_empty()).then(|| {
        let rows = attachments.into_iter().map(|attachment| {
            let size = dates::size(attachment.size);
            let label = t_with(Words::Download, &[&attachment.name, &size]);
            let name = attachment.name.clone();
            view! {
                <li class="file" data-state="done">
                    {icon("paperclip")}
                    <button class="linkish file-name" type="button" aria-label=label
                        on:click=act(move |_| download.run(attachment.clone()))>{name}</button>
                    <span class="file-size num">{size}</span>
                </li>
            }
        });
        view! { <ul class="files">{rows.collect_view()}</ul> }
    })
}

/// Opens the file dialog of the picker with this id, for a button elsewhere.
pub fn open_picker(id: &str) {
    if let Some(input) = document().get_element_by_id(id) {
        input.unchecked_into::<web_sys::HtmlElement>().click();
    }
}
