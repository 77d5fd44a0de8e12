//! The built web client, from a folder: portal under `/`, console under `/console`.
//!
//! Addresses of pages fall back to the app's `index.html`, which decides in the browser. Files in `assets/<hash>/` never
//! change and are cached for ever; everything else is asked for again. Compressed neighbours (`.br`, `.gz`) are used
//! when the browser takes them.

use std::path::{Path, PathBuf};

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{ApiError, etag};
use crate::app::AppState;
use crate::auth::token::{hex, sha256};

/// A file as it goes to the browser.
struct Found {
    body: Vec<u8>,
    media_type: &'static str,
    encoding: Option<&'static str>,
    immutable: bool,
}

/// Answers any address that no other route took.
///
/// # Errors
/// `not_found` when the client was not built, or a file is missing.
pub async fn serve(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let root = state
        .settings
        .web_dir
        .clone()
        .ok_or_else(ApiError::not_found)?;
    let path = request.path().to_owned();
    let encodings = accepted_encodings(request.headers());
    let found = tokio::task::spawn_blocking(move || find(&root, &path, encodings))
        .await
        .map_err(ApiError::internal)?;
    let found = found
        .map_err(ApiError::internal)?
        .ok_or_else(ApiError::not_found)?;
    Ok(answer(&request, found))
}

fn answer(request: &HttpRequest, found: Found) -> HttpResponse {
    let tag = format!("\"{}\"", hex(&sha256(&found.body)[..12]));
    let cache = if found.immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = if etag::is_known(request, &tag) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((CACHE_CONTROL, cache))
        .insert_header((VARY, "Accept-Encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.insert_header((ETAG, tag));
    }
    if etag::is_known(request, &tag) {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, found.media_type));
    if let Some(encoding) = found.encoding {
        response.insert_header((CONTENT_ENCODING, encoding));
    }
    response.body(found.body)
}

/// Suffixes of compressed neighbours that the browser takes, best first.
fn accepted_encodings(headers: &HeaderMap) -> Vec<(&'static str, &'static str)> {
    let header = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let takes = |name: &str| {
        header.split(',').any(|range| {
            let (coding, quality) = range.split_once(';').unwrap_or((range, ""));
            coding.trim().eq_ignore_ascii_case(name)
                && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
    };
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(name, _)| takes(name))
        .collect()
}

fn find(
    root: &Path,
    path: &str,
    encodings: Vec<(&'static str, &'static str)>,
) -> std::io::Result<Option<Found>> {
    let Some(relative) = relative_path(path) else {
        return Ok(None);
    };
    let mut file = root.join(&relative);
    if !file.is_file() {
        match page_of(path) {
            Some(page) => file = root.join(page),
            None => return Ok(None),
        }
    }
    if !file.is_file() {
        return Ok(None);
    }
    let media_type = media_type(&file);
    let immutable = relative.iter().any(|part| part == "assets") && root.join(&relative) == file;
    for (encoding, suffix) in encodings {
        let mut compressed = file.clone().into_os_string();
        compressed.push(format!(".{suffix}"));
        let compressed = PathBuf::from(compressed);
        if compressed.is_file() {
            return Ok(Some(Found {
                body: std::fs::read(compressed)?,
                media_type,
                encoding: Some(encoding),
                immutable,
            }));
        }
    }
    Ok(Some(Found {
        body: std::fs::read(file)?,
        media_type,
        encoding: None,
        immutable,
    }))
}

/// The file that an address means. Only plain names: nothing hidden, no way upwards.
fn relative_path(path: &str) -> Option<PathBuf> {
    let plain = |part: &str| {
        !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    let parts: Vec<&str> = path
        .trim_matches('/')
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    // Addresses of pages may hold other letters; they are no files.
    if !parts.iter().all(|part| plain(part)) {
        return Some(PathBuf::from("."));
    }
    let relative: PathBuf = parts.iter().collect();
    (!path.contains("..")).then_some(relative)
}

/// Whether an address is for the files that never change.
pub fn is_in_assets(path: &str) -> bool {
    path.starts_with("/assets/") || path.starts_with("/console/assets/")
}

/// The page that stands for an address of the client; none for a missing file.
fn page_of(path: &str) -> Option<&'static str> {
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_asset = is_in_assets(path) || last.contains('.');
    let is_ours = path.starts_with("/api/")
        || path == "/api"
        || path.starts_with("/health")
        || path.starts_with("/problems");
    if is_asset || is_ours {
        return None;
    }
    let is_console = path == "/console" || path.starts_with("/console/");
    Some(if is_console {
        "console/index.html"
    } else {
        "index.html"
    })
}

fn media_type(file: &Path) -> &'static str {
    match file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
    {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fall_back_and_files_do_not() {
        let root = std::env::temp_dir().join(format!("atiende-site-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(root.join("assets/abc")).unwrap();
        std::fs::create_dir_all(root.join("console")).unwrap();
        std::fs::write(root.join("index.html"), "portal").unwrap();
        std::fs::write(root.join("console/index.html"), "console").unwrap();
        std::fs::write(root.join("assets/abc/portal.js"), "plain").unwrap();
        std::fs::write(root.join("assets/abc/portal.js.br"), "small").unwrap();
        std::fs::write(root.join("sw.js"), "worker").unwrap();
        let get = |path: &str, encodings: &[(&'static str, &'static str)]| {
            let found = find(&root, path, encodings.to_vec()).unwrap();
            found.map(|found| {
                (
                    String::from_utf8(found.body).unwrap(),
                    found.immutable,
                    found.encoding,
                )
            })
        };
        let plain = |path: &str| get(path, &[]).map(|(body, _, _)| body);
        assert_eq!(plain("/"), Some("portal".to_owned()));
        assert_eq!(plain("/soporte/tickets/INF-1"), Some("portal".to_owned()));
        assert_eq!(plain("/console"), Some("console".to_owned()));
        assert_eq!(plain("/console/tickets/INF-1"), Some("console".to_owned()));
        assert_eq!(plain("/consoles"), Some("portal".to_owned()));
        assert_eq!(plain("/assets/abc/missing.js"), None);
        assert_eq!(plain("/api/v1/nothing"), None);
        assert_eq!(plain("/favicon.ico"), None);
        assert_eq!(get("/sw.js", &[]), Some(("worker".to_owned(), false, None)));
        assert_eq!(
            get("/assets/abc/portal.js", &[]),
            Some(("plain".to_owned(), true, None))
        );
        assert_eq!(
            get("/assets/abc/portal.js", &[("br", "br")]),
            Some(("small".to_owned(), true, Some("br")))
        );
        assert!(!get("/soporte/tickets", &[("br", "br")]).unwrap().1);
        std::fs::remove_dir_all(root).unwrap();
    }
}
