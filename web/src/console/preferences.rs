//! The windows of what an agent sets for this browser, and of the shortcuts.

use leptos::prelude::*;

use super::components::window::shown;
use super::keys::keys;
use super::session::session;
use super::words::{WindowWords, Words};
use crate::browser;
use crate::components::dialog::Dialog;
use crate::components::{LangSwitch, ThemeSwitch, act};
use crate::i18n::t;

const DENSITY: &str = "atiende.density";

/// Appearance, language, density and whether shortcuts act.
#[component]
pub fn Preferences(on_close: Callback<()>) -> impl IntoView {
    let keys = keys();
    let density = RwSignal::new(browser::stored(DENSITY).unwrap_or_else(|| "compact".to_owned()));
    let choose = move |value: &'static str| {
        browser::store(DENSITY, Some(value));
        browser::mark_root("data-density", Some(value));
        density.set(value.to_owned());
    };
    let density_button = move |value: &'static str, name: &'static str| {
        view! {
            <button type="button" aria-pressed=move || density.with(|density| density == value).to_string() on:click=act(move |_| choose(value))>{name}</button>
        }
    };
    view! {
        <Dialog id="preferences" title=t(Words::Preferences) open=shown(on_close)>
            <div class="dialog-body stack">
                <div class="row spread"><span>{t(WindowWords::Theme)}</span><ThemeSwitch/></div>
                <div class="row spread"><span>{t(WindowWords::Language)}</span><LangSwitch/></div>
                <div class="row spread">
                    <span>{t(WindowWords::Density)}</span>
                    <div class="segmented" role="group" aria-label=t(WindowWords::Density)>
                        {density_button("compact", t(WindowWords::Compact))}
                        {density_button("comfortable", t(WindowWords::Comfortable))}
                    </div>
                </div>
                <label class="check">
                    <input type="checkbox" prop:checked=move || keys.enabled.get() on:change=act(move |event| keys.switch(event_target_checked(&event)))/>
                    <span>{t(WindowWords::ShortcutsOn)}</span>
                </label>
            </div>
        </Dialog>
    }
}

/// Every shortcut.
#[component]
pub fn Shortcuts(on_close: Callback<()>) -> impl IntoView {
    let keys = keys();
    let noun = session().speech().ticket;
    let entry = |combination: &'static [&'static str], name: String| {
        view! {
            <div>
                <dt>{combination.iter().map(|key| view! { <kbd>{*key}</kbd>" " }.into_any()).collect::<Vec<_>>()}</dt>
                <dd>{name}</dd>
            </div>
        }
    };
    view! {
        <Dialog id="shortcuts" title=t(Words::Shortcuts) open=shown(on_close)>
            <div class="dialog-body stack">
                {move || (!keys.enabled.get()).then(|| view! { <p class="muted">{t(WindowWords::ShortcutsAreOff)}</p> }.into_any())}
                <dl class="keys">
                    {entry(&["J"], noun.say(WindowWords::KeyNext))}
                    {entry(&["K"], noun.say(WindowWords::KeyPrevious))}
                    {entry(&["Enter"], noun.say(WindowWords::KeyOpen))}
                    {entry(&["U"], noun.say(WindowWords::KeyBack))}
                    {entry(&["/"], noun.say(WindowWords::KeySearch))}
                    {entry(&["C"], noun.say(Words::NewTicket))}
                    {entry(&["E"], noun.say(WindowWords::KeyTake))}
                    {entry(&["R"], noun.say(WindowWords::KeyReply))}
                    {entry(&["N"], noun.say(WindowWords::KeyNote))}
                    {entry(&["Ctrl", "Enter"], noun.say(WindowWords::KeySend))}
                    {entry(&["G", "M"], noun.say(Words::ViewMine))}
                    {entry(&["G", "G"], noun.say(Words::ViewGroup))}
                    {entry(&["G", "A"], noun.say(Words::ViewAll))}
                    {entry(&["G", "U"], noun.say(Words::ViewUnassigned))}
                    {entry(&["G", "D"], noun.say(Words::ViewDueSoon))}
                    {entry(&["?"], noun.say(WindowWords::KeyHelp))}
                </dl>
                <label class="check">
                    <input type="checkbox" prop:checked=move || keys.enabled.get() on:change=act(move |event| keys.switch(event_target_checked(&event)))/>
                    <span>{t(WindowWords::ShortcutsOn)}</span>
                </label>
            </div>
        </Dialog>
    }
}
