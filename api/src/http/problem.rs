//! Turning an [`ApiError`](super::ApiError) into the answer that the client reads, and the pages behind the `type` addresses.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, web};
use shared::api::problem::{FieldError, Problem, ProblemType};
use shared::i18n::Lang;

use super::error::ApiError;
use super::lang::Language;

/// Media type of problem documents (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The HTTP status of a problem type.
pub fn status_of(kind: ProblemType) -> StatusCode {
    StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The problem type for a status that some layer below produced without telling more.
pub fn kind_of_status(status: StatusCode) -> ProblemType {
    ProblemType::ALL
        .iter()
        .copied()
        .find(|kind| kind.status() == status.as_u16())
        .unwrap_or(if status.is_client_error() {
            ProblemType::Malformed
        } else {
            ProblemType::Internal
        })
}

/// Writes the problem document of an error in a language.
pub fn document(error: &ApiError, lang: Lang, request_id: &str) -> Problem {
    let kind = error.kind();
    Problem {
        problem_type: format!("/problems/{}", kind.slug()),
        title: kind.title(lang).to_owned(),
        status: kind.status(),
        detail: error.detail_in(lang),
        code: kind.slug().to_owned(),
        request_id: request_id.to_owned(),
        errors: error
            .faults()
            .iter()
            .map(|fault| FieldError {
                pointer: fault.pointer.clone(),
                code: fault.code.to_string(),
                detail: fault.detail.in_lang(lang),
            })
            .collect(),
        allowed_commands: error.allowed_commands().to_vec(),
        tries_left: error.tries_left(),
        unmet: error.unmet().to_vec(),
        open_children: error.open_children().to_vec(),
    }
}

/// The whole answer.
pub fn response(error: &ApiError, lang: Lang, request_id: &str) -> HttpResponse {
    let kind = error.kind();
    let mut response = HttpResponse::build(status_of(kind));
    response
        .insert_header((CONTENT_TYPE, PROBLEM_JSON))
        .insert_header((CACHE_CONTROL, "no-store"));
    if let Some(seconds) = error.retry_after() {
        response.insert_header((RETRY_AFTER, seconds));
    }
    if let Some(allow) = error
        .allow()
        .and_then(|allow| HeaderValue::from_str(allow).ok())
    {
        response.insert_header((ALLOW, allow));
    }
    if kind == ProblemType::Unauthorized {
        response.insert_header((WWW_AUTHENTICATE, "Bearer"));
    }
    match serde_json::to_vec(&document(error, lang, request_id)) {
        Ok(body) => response.body(body),
        Err(_) => response.finish(),
    }
}

/// The default words of a problem type, for errors that say nothing more special.
pub fn usual_detail(kind: ProblemType, lang: Lang) -> &'static str {
    let (es, en) = match kind {
        ProblemType::Malformed => (
            "No se pudo leer la solicitud. Revise su forma.",
            "The request could not be read. Check its form.",
        ),
        ProblemType::IdempotencyKeyRequired => (
            "Envíe la cabecera Idempotency-Key con 1 a 255 caracteres ASCII visibles.",
            "Send the Idempotency-Key header with 1 to 255 visible ASCII characters.",
        ),
        ProblemType::BadCursor => (
            "Pida la lista otra vez desde el comienzo.",
            "Ask for the list again from the start.",
        ),
        ProblemType::Unauthorized => (
            "Identifíquese y vuelva a intentarlo.",
            "Sign in and try again.",
        ),
        ProblemType::LoginFailed => (
            "Revise el correo y la contraseña.",
            "Check the address and the password.",
        ),
        ProblemType::CodeWrong => (
            "El código no coincide. Revíselo e inténtelo de nuevo.",
            "The code does not match. Check it and try again.",
        ),
        ProblemType::CodeDead => ("Pida un código nuevo.", "Ask for a new code."),
        ProblemType::Forbidden => (
            "Su cuenta no tiene permiso para esto.",
            "Your account may not do this.",
        ),
        ProblemType::NotFound => (
            "No existe, o no está a su alcance.",
            "It does not exist, or is not yours to see.",
        ),
        ProblemType::MethodNotAllowed => (
            "Use uno de los métodos de la cabecera Allow.",
            "Use one of the methods of the Allow header.",
        ),
        ProblemType::NotAcceptable => (
            "Esta dirección responde en JSON.",
            "This address answers in JSON.",
        ),
        ProblemType::Timeout => (
            "La solicitud no llegó completa a tiempo.",
            "The request did not arrive whole in time.",
        ),
        ProblemType::StateConflict => (
            "El estado actual no lo permite.",
            "The current state does not allow it.",
        ),
        ProblemType::Conflict => (
            "Ya existe, o ya se hizo.",
            "It already exists, or was already done.",
        ),
        ProblemType::OpenChildren => (
            "Quedan casos hijos sin resolver. Confirme que desea resolver este de todos modos.",
            "Children are not solved yet. Confirm that you want to solve this one all the same.",
        ),
        ProblemType::IdempotencyInProgress => (
            "La misma solicitud se está atendiendo. Espere un momento y repítala.",
            "The same request is being worked on. Wait a moment and repeat it.",
        ),
        ProblemType::VersionMismatch => (
            "Cárguelo de nuevo y repita el cambio.",
            "Load it again and repeat the change.",
        ),
        ProblemType::TooLarge => ("Envíe menos datos.", "Send less data."),
        ProblemType::UriTooLong => ("Use una dirección más corta.", "Use a shorter address."),
        ProblemType::UnsupportedMediaType => (
            "Envíe el contenido como application/json.",
            "Send the content as application/json.",
        ),
        ProblemType::Misdirected => (
            "Use la dirección pública del servicio.",
            "Use the public address of the service.",
        ),
        ProblemType::Validation => (
            "Corrija los datos señalados.",
            "Correct the data pointed out.",
        ),
        ProblemType::IdempotencyMismatch => (
            "Use una clave nueva para una solicitud distinta.",
            "Use a new key for a different request.",
        ),
        ProblemType::PreconditionRequired => (
            "Envíe en If-Match el valor de ETag que leyó.",
            "Send in If-Match the ETag value that you read.",
        ),
        ProblemType::RateLimited => (
            "Espere antes de volver a intentarlo.",
            "Wait before you try again.",
        ),
        ProblemType::Internal => (
            "Algo falló de nuestro lado. Si se repite, comuníquenos el número de la solicitud.",
            "Something failed on our side. If it happens again, tell us the request id.",
        ),
        ProblemType::Unavailable => (
            "Inténtelo de nuevo en unos segundos.",
            "Try again in a few seconds.",
        ),
        ProblemType::StorageFull => (
            "No queda espacio para guardar esto.",
            "No room is left to store this.",
        ),
    };
    match lang {
        Lang::Es => es,
        Lang::En => en,
    }
}

/// `GET /problems/{slug}`: what a problem type means, for whoever follows its address.
pub async fn page(slug: web::Path<String>, language: Language) -> Result<HttpResponse, ApiError> {
    let kind = ProblemType::from_slug(&slug).ok_or_else(ApiError::not_found)?;
    let Language(lang) = language;
    let body = format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><h1>{title}</h1><p><code>{slug}</code> · {status}</p><p>{detail}</p></html>",
        lang = lang.as_str(),
        title = kind.title(lang),
        slug = kind.slug(),
        status = kind.status(),
        detail = usual_detail(kind, lang),
    );
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(body))
}
