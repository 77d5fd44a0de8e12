//! The pages of the local mailbox, `/mailbox`: plain HTML without script, so that they work before the web client is built.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFRESH, X_FRAME_OPTIONS,
};
use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use shared::api::mailbox::{LocalMail, LocalMailRow};
use shared::i18n::Lang;

use super::html::Html;
use super::mailbox::{self, MailboxReader};
use super::{dates, store};
use crate::app::AppState;
use crate::config::PublicUrl;
use crate::http::{ApiError, Language, Path};

/// Mails on the page; older ones are in the API.
const SHOWN: i64 = 100;
/// How often the list asks again, in seconds.
const REFRESH_SECONDS: &str = "5";
/// The mailbox belongs to no desk: the product's own zone.
const ZONE: &str = "America/Bogota";

/// What a shown mail may do: its inline styles, nothing else; framed only by our own page.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Mounts the pages, outside the versioned API.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/mailbox", web::get().to(list))
        .route("/mailbox/{id}", web::get().to(message))
        .route("/mailbox/{id}/html", web::get().to(rendition));
}

/// The list; asks again by itself.
async fn list(
    state: web::Data<AppState>,
    _reader: MailboxReader,
    Language(lang): Language,
) -> Result<HttpResponse, ApiError> {
    let rows = state
        .db
        .read(|conn| Ok::<_, ApiError>(store::list(conn, None, SHOWN)?))
        .await?;
    let title = say(lang, "Buzón local", "Local mailbox");
    let lead = say(
        lang,
        "Todavía no hay un servidor de correo configurado, así que los correos llegan aquí. Solo se ve desde este equipo.",
        "No mail server is configured yet, so mail arrives here. It can be seen from this machine only.",
    );
    let head = Html::raw(format!(
        "<header><h1>{title}</h1><p class=\"muted\">{lead}</p></header>\n"
    ));
    let body = if rows.is_empty() {
        empty(lang)
    } else {
        table(&rows, lang)
    };
    let page = page(lang, title, &[head, body].into_iter().collect());
    Ok(answer(page, Some(REFRESH_SECONDS)))
}

fn empty(lang: Lang) -> Html {
    let (title, text) = (
        say(lang, "Aún no hay correos", "No mail yet"),
        say(
            lang,
            "Cuando pida un código o cree un ticket, el correo aparecerá aquí en unos segundos.",
            "When you ask for a code or create a ticket, the mail will show up here within seconds.",
        ),
    );
    Html::raw(format!(
        "<div class=\"empty\"><p><strong>{title}</strong></p><p class=\"muted\">{text}</p></div>\n"
    ))
}

fn table(rows: &[LocalMailRow], lang: Lang) -> Html {
    let items: Html = rows
        .iter()
        .map(|row| {
            let (id, to, subject) = (row.id, Html::text(&row.to), Html::text(&row.subject));
            let (day, machine) = (Html::text(&dates::day_and_time(row.sent_at, ZONE, lang)), row.sent_at.to_rfc3339());
            Html::raw(format!(
                "<li><a href=\"/mailbox/{id}\"><span class=\"subject\">{subject}</span>\
                 <span class=\"muted\">{to}</span><time class=\"muted\" datetime=\"{machine}\">{day}</time></a></li>\n"
            ))
        })
        .collect();
    Html::raw(format!("<ul class=\"list\">\n{items}</ul>\n"))
}

/// One mail: its header, how it looks, and its plain part.
async fn message(
    state: web::Data<AppState>,
    _reader: MailboxReader,
    Language(lang): Language,
    Path(id): Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let mail = mailbox::load(&state, id).await?;
    let page = page(
        lang,
        &mail.row.subject,
        &message_body(&mail, lang, &state.settings.public_url),
    );
    Ok(answer(page, None))
}

fn message_body(mail: &LocalMail, lang: Lang, public_url: &PublicUrl) -> Html {
    let id = mail.row.id;
    let (subject, from, to) = (
        Html::text(&mail.row.subject),
        Html::text(&mail.from),
        Html::text(&mail.row.to),
    );
    let day = Html::text(&dates::day_and_time(mail.row.sent_at, ZONE, lang));
    let text = linked(&mail.text, public_url);
    let (back, from_label, to_label, day_label) = (
        say(lang, "Buzón local", "Local mailbox"),
        say(lang, "De", "From"),
        say(lang, "Para", "To"),
        say(lang, "Fecha", "Date"),
    );
    let (frame, alone, plain) = (
        say(lang, "El correo como se ve", "The mail as it looks"),
        say(
            lang,
            "Abrir en una página aparte",
            "Open on a page of its own",
        ),
        say(lang, "Parte de texto", "Plain text part"),
    );
    Html::raw(format!(
        "<p><a href=\"/mailbox\">← {back}</a></p>\n\
         <header><h1>{subject}</h1>\n\
         <dl><dt>{from_label}</dt><dd>{from}</dd><dt>{to_label}</dt><dd>{to}</dd><dt>{day_label}</dt><dd>{day}</dd></dl></header>\n\
         <iframe src=\"/mailbox/{id}/html\" title=\"{frame}\" \
         sandbox=\"allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation\"></iframe>\n\
         <p><a href=\"/mailbox/{id}/html\">{alone}</a></p>\n\
         <details open><summary>{plain}</summary><pre>{text}</pre></details>\n"
    ))
}

/// Plain text with our own addresses as links.
fn linked(text: &str, public_url: &PublicUrl) -> Html {
    let pieces = text.split_inclusive(char::is_whitespace).map(|piece| {
        let word = piece.trim_end();
        if !word.starts_with(&public_url.link("/")) {
            return Html::text(piece);
        }
        let (link, rest) = (Html::text(word), Html::text(&piece[word.len()..]));
        Html::raw(format!("<a href=\"{link}\">{link}</a>{rest}"))
    });
    pieces.collect()
}

/// The HTML part alone. Links leave the frame; the mail itself can run nothing and load nothing.
async fn rendition(
    state: web::Data<AppState>,
    _reader: MailboxReader,
    Path(id): Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let mail = mailbox::load(&state, id).await?;
    let body = mail
        .html
        .replacen("<head>", "<head>\n<base target=\"_top\">", 1);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, MAIL_POLICY))
        .insert_header((X_FRAME_OPTIONS, "SAMEORIGIN"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body))
}

fn say(lang: Lang, es: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Es => es,
        Lang::En => en,
    }
}

fn page(lang: Lang, title: &str, body: &Html) -> Html {
    let title = Html::text(title);
    let lang = lang.as_str();
    Html::raw(format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Atiende</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    ))
}

fn answer(page: Html, refresh: Option<&'static str>) -> HttpResponse {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CACHE_CONTROL, "no-store"));
    if let Some(seconds) = refresh {
        response.insert_header((REFRESH, seconds));
    }
    response.body(page.to_string())
}

/// The few rules of these pages, in the colours of the web client: old browsers see the light ones. The policy names the
/// rules by their hash.
const STYLE: &str = "\
:root{color-scheme:light;--ground:#f5f6f8;--surface:#fff;--hover:#f0f2f5;--ink:#14181d;--muted:#4d5661;--line:#dde1e6;--accent:#0b6275;--focus:#1550d6}\
@supports (color:light-dark(#000,#fff)){\
:root{color-scheme:light dark;--ground:light-dark(#f5f6f8,#0f1114);--surface:light-dark(#fff,#16191d);--hover:light-dark(#f0f2f5,#1f242a);\
--ink:light-dark(#14181d,#e9ecef);--muted:light-dark(#4d5661,#a7b0bb);--line:light-dark(#dde1e6,#2a3037);--accent:light-dark(#0b6275,#6cc5d9);--focus:light-dark(#1550d6,#a9c9ff)}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif}\
main{max-width:48rem;margin:0 auto;padding:2.5rem 1rem 4rem}\
h1{font-size:1.75rem;line-height:1.25;font-weight:600;margin:0 0 .5rem;overflow-wrap:anywhere}\
p{margin:0 0 1rem}header{margin-bottom:1.5rem}\
a{color:var(--accent)}a:focus-visible,summary:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}\
.muted{color:var(--muted)}\
.list{list-style:none;margin:0;padding:0;background:var(--surface);border:1px solid var(--line);border-radius:10px;overflow:hidden}\
.list li+li{border-top:1px solid var(--line)}\
.list a{display:grid;grid-template-columns:1fr auto;gap:.125rem 1rem;padding:.875rem 1.125rem;color:inherit;text-decoration:none;font-size:.875rem}\
.list a:hover{background:var(--hover)}.list a:focus-visible{outline-offset:-3px}\
.list .subject{grid-column:1/-1;font-size:1rem;font-weight:500;overflow-wrap:anywhere}\
.list time{white-space:nowrap}\
.empty{background:var(--surface);border:1px dashed var(--line);border-radius:10px;padding:3rem 1.5rem;text-align:center}.empty p:last-child{margin:0}\
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0;font-size:.9375rem}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}\
iframe{display:block;width:100%;height:min(46rem,80vh);border:1px solid var(--line);border-radius:10px;background:var(--ground);margin-bottom:.75rem}\
details{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:.875rem 1.125rem}summary{cursor:pointer;font-weight:500}\
pre{margin:.875rem 0 0;font:14px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;white-space:pre-wrap;overflow-wrap:anywhere}\
@media(max-width:30rem){main{padding-top:1.5rem}.list a{grid-template-columns:1fr}.list time{white-space:normal}}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_addresses_become_links() {
        let public_url = PublicUrl::parse("https://help.example.org").unwrap();
        let check =
            |text: &str, html: &str| assert_eq!(linked(text, &public_url).to_string(), html);
        check(
            "a https://help.example.org/x\nb",
            "a <a href=\"https://help.example.org/x\">https://help.example.org/x</a>\nb",
        );
        check(
            "https://help.example.org.evil.example",
            "https://help.example.org.evil.example",
        );
        check(
            "https://help.example.org/\"><b>",
            "<a href=\"https://help.example.org/&quot;&gt;&lt;b&gt;\">https://help.example.org/&quot;&gt;&lt;b&gt;</a>",
        );
    }
}
