//! What happens around every request: name it, check where it is addressed, charge its budget, answer errors in the
//! caller's language, add the security headers, and write one line to the log.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap,
    HeaderName, HeaderValue, REFERRER_POLICY, SET_COOKIE, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use shared::api::problem::ProblemType;

use super::ApiError;
use super::context::{REQUEST_ID, RequestContext};
use super::problem::{self, PROBLEM_JSON};
use super::rate::{RateClass, RateState};
use super::routes::RouteTable;
use super::{site, target};
use crate::app::AppState;
use crate::auth::cookie::PendingCookies;
use crate::auth::jwt::Holder;
use crate::auth::session::Audience;
use crate::clock;

/// What a page of ours may load: only from here, and no inline script or style.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
                               font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
                               form-action 'self'; frame-ancestors 'none'";

/// What the API's documentation page may load. Its script sets style attributes; there is no inline script.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PERMISSIONS: &str = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

/// The outermost layer; wrap the whole application in it with `from_fn`.
///
/// # Errors
/// Only what a layer below could not turn into an answer.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let started = clock::monotonic();
    let Some(state) = request.app_data::<web::Data<AppState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let context = RequestContext::read(request.head(), &state.settings.trusted_proxies);
    request.extensions_mut().insert(context.clone());
    let method = request.method().clone();
    let path = request.path().to_owned();
    let (rate, response) = match admit(&request, &state, &context) {
        Ok(rate) => (rate, answer(request, next, &context).await?),
        Err(error) => (None, refuse(request, &error, &context)),
    };
    let mut response = response;
    finish_headers(&mut response, &state, &context, rate, &path);
    log(&response, &context, &method, started.elapsed().as_micros());
    Ok(response)
}

/// The checks that need no handler. No budget is charged for files that browsers keep for ever.
fn admit(
    request: &ServiceRequest,
    state: &AppState,
    context: &RequestContext,
) -> Result<Option<RateState>, ApiError> {
    target::check_encoding(request.head())?;
    target::check_host(request.head(), &state.settings)?;
    let is_safe = request.method().is_safe();
    if !is_safe {
        target::check_origin(request.headers(), &state.settings)?;
    }
    check_accept(request)?;
    if is_safe && site::is_in_assets(request.path()) {
        return Ok(None);
    }
    let class = if is_safe {
        RateClass::Read
    } else {
        RateClass::Write
    };
    let rate = match holder(request, state) {
        Some(holder) => {
            // The extractors need not verify it again.
            request.extensions_mut().insert(holder);
            let caller = format!("{}:{}", holder.audience.as_str(), holder.subject_id);
            state.limits.check(class, caller)
        }
        None => state.limits.check(class, context.client_prefix()),
    };
    rate.map(Some)
}

/// Whose access token came along, for the budgets: behind one address there may be a whole office. Only a token that is
/// ours and valid now counts, or whoever makes tokens up would have a budget for each. Whether its session still lives is
/// the extractors' question. An API token cannot be told from an invented one without the database.
fn holder(request: &ServiceRequest, state: &AppState) -> Option<Holder> {
    let path = request.path();
    if !path.starts_with("/api/v1/") {
        return None;
    }
    let mut values = request.headers().get_all(AUTHORIZATION);
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let audience = if path.starts_with("/api/v1/portal/") {
        Audience::Portal
    } else {
        Audience::Console
    };
    let now = state.clock.now();
    state.tokens.verify(token.trim(), audience, now).ok()
}

/// 406 when an operation that speaks only JSON is asked for something else.
fn check_accept(request: &ServiceRequest) -> Result<(), ApiError> {
    let Some(accept) = request.headers().get(ACCEPT) else {
        return Ok(());
    };
    let accept = accept.to_str().unwrap_or_default().to_ascii_lowercase();
    let takes_json = accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused
            && matches!(
                media,
                "*/*" | "application/*" | "application/json" | "application/problem+json" | ""
            )
    });
    if takes_json {
        return Ok(());
    }
    match request.app_data::<web::Data<RouteTable>>() {
        Some(routes) if routes.is_json_only(request.method(), request.path()) => {
            Err(ApiError::new(ProblemType::NotAcceptable))
        }
        _ => Ok(()),
    }
}

/// Nobody else may hold the request while it is routed, so it is not cloned here; an error that is no answer yet (no
/// layer of ours makes one) goes up as it is.
async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    context: &RequestContext,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let response = next.call(request).await?;
    let rendered = response
        .response()
        .error()
        .map(|error| render(error, response.status(), context));
    Ok(match rendered {
        Some(rendered) => response.into_response(rendered.map_into_right_body()),
        None => response.map_into_left_body(),
    })
}

/// Writes an error as a problem document; those of layers below us by their status alone.
fn render(
    error: &Error,
    status: StatusCode,
    context: &RequestContext,
) -> actix_web::HttpResponse<BoxBody> {
    if let Some(error) = error.as_error::<ApiError>() {
        log_failure(error, context);
        return problem::response(error, context.lang, &context.request_id);
    }
    let error = ApiError::new(problem::kind_of_status(status)).caused_by(error.to_string());
    log_failure(&error, context);
    problem::response(&error, context.lang, &context.request_id)
}

fn refuse<B>(
    request: ServiceRequest,
    error: &ApiError,
    context: &RequestContext,
) -> ServiceResponse<EitherBody<B>> {
    log_failure(error, context);
    request
        .into_response(problem::response(error, context.lang, &context.request_id))
        .map_into_right_body()
}

/// The chain of causes is logged here and nowhere else.
fn log_failure(error: &ApiError, context: &RequestContext) {
    if problem::status_of(error.kind()).is_server_error() {
        tracing::error!(request.id = %context.request_id, problem = error.kind().slug(), cause = %error.chain(), "a request failed");
    }
}

fn finish_headers<B>(
    response: &mut ServiceResponse<B>,
    state: &AppState,
    context: &RequestContext,
    rate: Option<RateState>,
    path: &str,
) {
    let cookies = response
        .request()
        .extensions_mut()
        .remove::<PendingCookies>();
    let https = state.settings.public_url.is_https();
    let headers = response.headers_mut();
    for cookie in cookies.into_iter().flat_map(|pending| pending.0) {
        headers.append(SET_COOKIE, cookie);
    }
    if let Ok(id) = HeaderValue::from_str(&context.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(rate) = rate {
        rate.write_headers(headers);
    }
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, REFERRER_POLICY, "no-referrer");
    set_default(headers, X_FRAME_OPTIONS, "DENY");
    set(
        headers,
        HeaderName::from_static("permissions-policy"),
        PERMISSIONS,
    );
    set(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        headers,
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    let policy = if path.starts_with("/api/docs/") {
        DOCS_POLICY
    } else {
        PAGE_POLICY
    };
    set_default(headers, CONTENT_SECURITY_POLICY, policy);
    if https {
        set(
            headers,
            STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
    if path.starts_with("/api/") {
        set_default(headers, CACHE_CONTROL, "no-store");
        set_default(
            headers,
            HeaderName::from_static("vary"),
            "Accept-Language, Authorization",
        );
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        set(headers, name, value);
    }
}

fn log<B>(response: &ServiceResponse<B>, context: &RequestContext, method: &Method, micros: u128) {
    let status = response.status();
    let request = response.request();
    // The pattern, not the address: addresses may hold what does not belong in a log.
    let route = request.match_pattern().unwrap_or_else(|| "-".to_owned());
    let problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|media| media == PROBLEM_JSON);
    tracing::info!(
        request.id = %context.request_id,
        http.method = %method,
        http.route = %route,
        http.status = status.as_u16(),
        http.problem = problem,
        client.address = %context.client,
        duration_ms = micros as f64 / 1000.0,
        "request"
    );
}

/// What answers where no route does: 405 with the methods of a known address, else 404.
///
/// # Errors
/// Always.
pub async fn no_route(
    request: actix_web::HttpRequest,
) -> Result<actix_web::HttpResponse, ApiError> {
    let allowed = request
        .app_data::<web::Data<RouteTable>>()
        .and_then(|routes| routes.allowed(request.path()));
    match allowed {
        Some(methods) => Err(ApiError::new(ProblemType::MethodNotAllowed).with_allow(methods)),
        None if request.method().is_safe() && request.method() != Method::TRACE => {
            Err(ApiError::not_found())
        }
        None if request.path().starts_with("/api/") && is_usual(request.method()) => {
            Err(ApiError::not_found())
        }
        None => Err(ApiError::new(ProblemType::MethodNotAllowed).with_allow("GET, HEAD")),
    }
}

fn is_usual(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method)
}
