//! Signing in. The page asked for is opened afterwards, if it is one of the console's own.

use crate::components::act;
use crate::task::later;
use leptos::prelude::*;
use shared::api::session::Login as Proof;

use super::router::{Step, nav};
use super::words::Words;
use crate::browser;
use crate::client::{console as api, use_client};
use crate::components::page::title;
use crate::components::{LangSwitch, ThemeSwitch, icon};
use crate::i18n::t;

/// The sign-in page. It remembers nothing of what is typed.
#[component]
pub fn Login() -> impl IntoView {
    let client = use_client();
    let nav = nav();
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let shown = RwSignal::new(false);
    title(t(Words::SignInTitle));
    browser::focus_id("email");
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let proof = Proof {
            email: email.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
        };
        if proof.email.is_empty() || proof.password.is_empty() {
            error.set(Some(t(Words::SignInBlank).to_owned()));
            browser::focus_id(if proof.email.is_empty() {
                "email"
            } else {
                "password"
            });
            return;
        }
        busy.set(true);
        error.set(None);
        let next = in_app(&untrack(move || nav.param("next")).unwrap_or_default());
        later(async move {
            let outcome = api::log_in(client, &proof).await;
            busy.set(false);
            match outcome {
                Ok(()) => nav.go(&next, Step::Instead),
                Err(refused) => {
                    error.set(Some(refused.detail()));
                    browser::focus_id("password");
                }
            }
        });
    };
    let described = move || error.get().map(|_| "login-error");
    view! {
        <main class="signin" id="main">
            <div class="signin-card stack loose">
                <div class="row spread">
                    <span class="brand">
                        <svg class="brand-mark" aria-hidden="true"><use_ href=browser::icon_url("mark")></use_></svg>
                        <span class="brand-text"><span class="brand-desk">"Atiende"</span><span class="brand-name">{t(Words::Console)}</span></span>
                    </span>
                </div>
                <h1 tabindex="-1">{t(Words::SignInTitle)}</h1>
                <form class="form stack" novalidate on:submit=act(submit)>
                    <div aria-live="assertive">
                        {move || error.get().map(|text| view! {
                            <div class="banner error" id="login-error">
                                {icon("alert-circle")}
                                <div class="banner-body"><p>{text}</p></div>
                            </div>
                        }.into_any())}
                    </div>
                    <div class="field">
                        <label class="label" for="email">{t(Words::Email)}</label>
                        <input
                            class="input" id="email" type="email" autocomplete="username" spellcheck="false" required
                            aria-describedby=move || described()
                            bind:value=email
                        />
                    </div>
                    <div class="field">
                        <label class="label" for="password">{t(Words::Password)}</label>
                        <div class="input-group">
                            <input
                                class="input" id="password" autocomplete="current-password" required
                                type=move || if shown.get() { "text" } else { "password" }
                                aria-describedby=move || described()
                                bind:value=password
                            />
                            <button
                                class="btn ghost icon-only" type="button"
                                aria-label=t(Words::ShowPassword) title=t(Words::ShowPassword)
                                aria-pressed=move || shown.get().to_string()
                                on:click=act(move |_| shown.update(|shown| *shown = !*shown))
                            >
                                {move || icon(if shown.get() { "eye-off" } else { "eye" })}
                            </button>
                        </div>
                    </div>
                    <button class="btn primary wide" type="submit" aria-busy=move || busy.get().to_string() aria-disabled=move || busy.get().to_string()>
                        {move || t(if busy.get() { Words::SigningIn } else { Words::SignIn })}
                    </button>
                </form>
                <div class="row spread"><LangSwitch/><ThemeSwitch/></div>
            </div>
        </main>
    }
}

/// A page inside the console; anything else leads to the queue, so that the address cannot send people elsewhere.
fn in_app(next: &str) -> String {
    let is_page = next.starts_with('/')
        && !next.starts_with("//")
        && !next.starts_with("/login")
        && !next.contains(['\\', '\n', '\r', '\t']);
    if is_page {
        next.to_owned()
    } else {
        "/queue".to_owned()
    }
}
