//! Errors as RFC 9457 problem documents (`application/problem+json`) and the catalogue of their types.

use serde::{Deserialize, Serialize};

use crate::desk::profile::Need;
use crate::i18n::Lang;
use crate::ticket::command::CommandKind;

/// An error answer. `code` and `type` are stable; `title` and `detail` are for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Stable address of the problem type, relative to the public address.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "schema", schema(example = "/problems/validation"))]
    pub problem_type: String,
    /// Name of the problem type in the caller's language; the same for every occurrence.
    pub title: String,
    /// HTTP status code.
    #[cfg_attr(feature = "schema", schema(example = 422))]
    pub status: u16,
    /// What happened this time and what to do next, in the caller's language.
    pub detail: String,
    /// Stable short code of the problem type, for programs.
    #[cfg_attr(feature = "schema", schema(example = "validation"))]
    pub code: String,
    /// Identifies the request in the server's log; quote it to support.
    pub request_id: String,
    /// Every wrong field at once; empty unless the request's content is at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What the ticket allows the caller now; given with `state_conflict`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_commands: Vec<CommandKind>,
    /// How many tries of a one-time code are left; given with `code_wrong`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
    /// Conditions that the ticket does not meet yet; given with `state_conflict`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<Need>,
    /// Codes of the children that are not settled; given with `open_children`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_children: Vec<String>,
}

/// One wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// JSON pointer into the request body, or the name of a query parameter behind `?`.
    #[cfg_attr(feature = "schema", schema(example = "/subject"))]
    pub pointer: String,
    /// Stable code of the fault.
    #[cfg_attr(feature = "schema", schema(example = "empty"))]
    pub code: String,
    /// What is wrong and how to mend it, in the caller's language.
    pub detail: String,
}

macro_rules! problem_types {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $status:literal, $es:literal, $en:literal;)+) => {
        /// Every kind of error that a client can meet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemType { $($(#[$doc])* $name,)+ }

        impl ProblemType {
            /// All types, for the documentation pages.
            pub const ALL: &'static [ProblemType] = &[$(ProblemType::$name,)+];

            /// Stable short code; the `type` address is `/problems/<slug>`.
            pub fn slug(self) -> &'static str { match self { $(Self::$name => $slug,)+ } }

            /// HTTP status code.
            pub fn status(self) -> u16 { match self { $(Self::$name => $status,)+ } }

            /// Name of the type in a language.
            pub fn title(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Self::$name, Lang::Es) => $es, (Self::$name, Lang::En) => $en,)+ }
            }

            /// The type with this slug.
            pub fn from_slug(slug: &str) -> Option<Self> { match slug { $($slug => Some(Self::$name),)+ _ => None } }
        }
    };
}

problem_types! {
    /// The request cannot be read: broken JSON, path, query or header.
    Malformed = "malformed", 400, "Solicitud ilegible", "Unreadable request";
    /// A required `Idempotency-Key` is missing or has a bad form.
    IdempotencyKeyRequired = "idempotency_key_required", 400, "Falta la clave de idempotencia", "Idempotency key missing";
    /// A page cursor is forged or belongs to another query.
    BadCursor = "bad_cursor", 400, "Cursor no válido", "Invalid cursor";
    /// Sign in first: no proof, a wrong one or an expired one.
    Unauthorized = "unauthorized", 401, "Debe identificarse", "Sign in first";
    /// The address or the password is wrong.
    LoginFailed = "login_failed", 401, "Correo o contraseña incorrectos", "Wrong address or password";
    /// The one-time code is wrong; tries are left.
    CodeWrong = "code_wrong", 401, "Código incorrecto", "Wrong code";
    /// The one-time code can no longer be used; ask for a new one.
    CodeDead = "code_dead", 401, "El código ya no sirve", "The code is no longer valid";
    /// The caller may know that this exists but may not do it.
    Forbidden = "forbidden", 403, "No tiene permiso", "Not permitted";
    /// Absent, or not the caller's.
    NotFound = "not_found", 404, "No encontrado", "Not found";
    /// The address exists but not for this method.
    MethodNotAllowed = "method_not_allowed", 405, "Método no permitido", "Method not allowed";
    /// None of the accepted formats can be produced.
    NotAcceptable = "not_acceptable", 406, "Formato no disponible", "Format not available";
    /// The body took too long to arrive.
    Timeout = "timeout", 408, "La solicitud tardó demasiado", "The request took too long";
    /// The ticket's state does not allow this; `allowed_commands` tells what it does allow.
    StateConflict = "state_conflict", 409, "El estado no lo permite", "The state does not allow it";
    /// It already exists, or was already done.
    Conflict = "conflict", 409, "Ya existe o ya se hizo", "Already exists or already done";
    /// Children of the ticket are open; `open_children` names them. Send `confirm_open_children` to go on.
    OpenChildren = "open_children", 409, "Hay casos hijos sin resolver", "Children are still open";
    /// The same idempotency key is being worked on; try again.
    IdempotencyInProgress = "idempotency_in_progress", 409, "La misma solicitud está en curso", "The same request is in progress";
    /// Somebody changed it meanwhile; load it again.
    VersionMismatch = "version_mismatch", 412, "Alguien lo cambió mientras tanto", "Changed by somebody else meanwhile";
    /// The body or the file is too large.
    TooLarge = "too_large", 413, "Demasiado grande", "Too large";
    /// The address is too long.
    UriTooLong = "uri_too_long", 414, "Dirección demasiado larga", "Address too long";
    /// The body's content type is not supported.
    UnsupportedMediaType = "unsupported_media_type", 415, "Tipo de contenido no admitido", "Unsupported content type";
    /// The request was sent to another host name.
    Misdirected = "misdirected", 421, "Nombre de servidor equivocado", "Wrong host name";
    /// Understood but not acceptable; `errors` names every wrong field.
    Validation = "validation", 422, "Hay datos por corregir", "Some data must be corrected";
    /// The idempotency key was used with another body.
    IdempotencyMismatch = "idempotency_mismatch", 422, "La clave de idempotencia se usó con otros datos", "Idempotency key used with other data";
    /// `If-Match` is required here.
    PreconditionRequired = "precondition_required", 428, "Falta la versión (If-Match)", "Version missing (If-Match)";
    /// Too many requests; `Retry-After` tells when to try again.
    RateLimited = "rate_limited", 429, "Demasiadas solicitudes", "Too many requests";
    /// Our fault; the request id finds it in the log.
    Internal = "internal", 500, "Error interno", "Internal error";
    /// The service or a part of it is not available now.
    Unavailable = "unavailable", 503, "Servicio no disponible por ahora", "Service unavailable for now";
    /// No room is left to store this.
    StorageFull = "storage_full", 507, "Almacenamiento lleno", "Storage full";
}
