//! What a command on a ticket can be refused for.

use shared::api::problem::ProblemType;
use shared::desk::profile::Need;
use shared::i18n::Lang;
use shared::ticket::Refusal;
use shared::ticket::refusal::{Conflict, Denial};

use crate::db::DbError;
use crate::desks::registry::InstalledDesk;
use crate::desks::view::approver_role;
use crate::http::{ApiError, Fault};

/// Why a command on a ticket did nothing.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// Absent, or not the caller's to know.
    #[error("there is no such ticket for this caller")]
    NotFound,
    /// The rules say no.
    #[error("the rules refuse it")]
    Refused(#[source] Refusal),
    /// Somebody changed the ticket meanwhile.
    #[error("the ticket was changed meanwhile; it is at version {current} now")]
    VersionMismatch {
        /// The version that it has now.
        current: i32,
    },
    /// The data of the command are not acceptable.
    #[error("{} fields are not acceptable", .0.len())]
    Invalid(Vec<Fault>),
    /// Children are open, and the caller did not say that this is known.
    #[error("{} children are open", .0.len())]
    OpenChildren(Vec<String>),
    /// An approval would be asked of nobody; the labels of the roles.
    #[error("nobody could decide as {en}")]
    NobodyDecides {
        /// In Spanish.
        es: String,
        /// In English.
        en: String,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for TicketError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

impl TicketError {
    /// A refusal at a desk, in the desk's own labels where it names something of it.
    pub fn of(refusal: Refusal, desk: &InstalledDesk) -> Self {
        match refusal {
            Refusal::NobodyDecides { roles } => {
                let labels = |lang: Lang| {
                    let each = roles.iter().map(|role| {
                        format!("«{}»", approver_role(&desk.profile, role, lang).label)
                    });
                    each.collect::<Vec<_>>().join(", ")
                };
                Self::NobodyDecides {
                    es: labels(Lang::Es),
                    en: labels(Lang::En),
                }
            }
            other => Self::Refused(other),
        }
    }
}

impl From<Refusal> for TicketError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A fault at a pointer, with the words that its code has.
pub fn fault(pointer: &str, code: &'static str) -> Fault {
    let (es, en) = field_words(code);
    Fault::new(pointer.to_owned(), code, es, en)
}

/// The sentences for a field that was refused, by its stable code.
pub fn field_words(code: &str) -> (&'static str, &'static str) {
    match code {
        "required" => ("Complete este dato.", "Fill this in."),
        "too_long" => ("Es demasiado largo.", "This is too long."),
        "control_characters" => (
            "Contiene caracteres no permitidos.",
            "It holds characters that are not allowed.",
        ),
        "not_an_address" => (
            "Escriba un correo como nombre@ejemplo.org.",
            "Write an address such as name@example.org.",
        ),
        "non_ascii_domain" => (
            "El dominio del correo tiene letras no admitidas.",
            "The domain holds letters that are not accepted.",
        ),
        "not_a_phone_number" => (
            "Escriba un número de teléfono.",
            "Write a telephone number.",
        ),
        "out_of_range" => (
            "El valor está fuera del rango permitido.",
            "The value is out of range.",
        ),
        "unknown" => (
            "Elija una de las opciones disponibles.",
            "Choose one of the available options.",
        ),
        "not_a_leaf" => (
            "Elija una opción del último nivel.",
            "Choose an option of the last level.",
        ),
        "retired" => (
            "Esta opción ya no se usa. Elija otra.",
            "This option is no longer used. Choose another.",
        ),
        "not_in_level" => (
            "Ese grupo no atiende en ese nivel.",
            "That group does not work at that level.",
        ),
        "not_in_group" => (
            "La persona no pertenece a ese grupo.",
            "This person is not a member of that group.",
        ),
        "not_onsite" => (
            "Ese grupo no atiende en sitio.",
            "That group does not go on site.",
        ),
        "not_a_vendor" => (
            "Ese grupo no es de un proveedor.",
            "That group is not a vendor's.",
        ),
        "in_the_past" => ("Elija una fecha futura.", "Choose a date in the future."),
        "wrong_kind" => (
            "La respuesta no corresponde a la pregunta.",
            "The answer does not fit the question.",
        ),
        "duplicate" => ("Está repetido.", "It is given twice."),
        "not_taken" => (
            "La mesa no recibe este dato aquí.",
            "The desk does not take this here.",
        ),
        "unknown_upload" => (
            "Ese archivo no está disponible. Adjúntelo de nuevo.",
            "That file is not available. Attach it again.",
        ),
        "used_upload" => (
            "Ese archivo ya se usó en otro mensaje.",
            "That file was used in another message already.",
        ),
        "too_large_file" => (
            "Ese archivo pesa más de lo que recibe la mesa.",
            "That file is larger than the desk takes.",
        ),
        "too_many_files" => (
            "Son demasiados archivos para un mensaje.",
            "These are too many files for one message.",
        ),
        "quota" => (
            "Entre todos, los archivos superan el total permitido.",
            "Together, the files exceed the allowed total.",
        ),
        "unknown_requester" => (
            "Ese correo no pertenece a una persona registrada en la mesa.",
            "That address does not belong to a person registered at the desk.",
        ),
        _ => ("El valor no es válido.", "The value is not acceptable."),
    }
}

impl From<TicketError> for ApiError {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::NotFound => Self::not_found(),
            TicketError::VersionMismatch { current } => Self::new(ProblemType::VersionMismatch).detail(
                format!("Hubo un cambio mientras tanto: la versión actual es la {current}. Cargue los datos de nuevo y repita el cambio."),
                format!("There was a change in the meantime: the current version is {current}. Load the data again and repeat the change."),
            ),
            TicketError::Invalid(faults) => Self::validation(faults),
            TicketError::OpenChildren(codes) => {
                Self::new(ProblemType::OpenChildren).with_open_children(codes)
            }
            TicketError::Db(error) => error.into(),
            TicketError::NobodyDecides { es, en } => nobody_decides(&es, &en),
            TicketError::Refused(refusal) => refused(refusal),
        }
    }
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::NotAllowedInState { allowed, .. } => {
            ApiError::new(ProblemType::StateConflict).allowing(allowed)
        }
        Refusal::NotPermitted { why } => {
            let (es, en) = denial_words(why);
            ApiError::forbidden().detail(es, en)
        }
        Refusal::Unmet { needs } => {
            let (es, en) = needs.first().map_or(
                (
                    "Aún no está todo listo para esto.",
                    "Not everything is ready for this yet.",
                ),
                |need| need_words(*need),
            );
            ApiError::new(ProblemType::StateConflict)
                .detail(es, en)
                .lacking(needs)
        }
        Refusal::Conflict { what } => {
            let (es, en) = conflict_words(what);
            ApiError::conflict(es, en)
        }
        // Named with its labels where the desk is known (see `NobodyDecides`).
        Refusal::NobodyDecides { roles } => nobody_decides(&roles.join(", "), &roles.join(", ")),
        Refusal::Invalid { errors } => ApiError::validation(
            errors
                .into_iter()
                .map(|error| fault(&error.pointer, error.code.as_str()))
                .collect(),
        ),
    }
}

fn nobody_decides(es: &str, en: &str) -> ApiError {
    ApiError::conflict(
        format!(
            "Nadie podría decidir como {es}: no hay quien tenga el rol, o solo quien solicita. Pida a quien administra la mesa que nombre a otra persona en Aprobadores e inténtelo de nuevo."
        ),
        format!(
            "Nobody could decide as {en}: nobody holds the role, or only the requester does. Ask the desk's administration to appoint somebody else under Approvers, then try again."
        ),
    )
}

fn denial_words(why: Denial) -> (&'static str, &'static str) {
    match why {
        Denial::NotTheRequester => (
            "Solo quien hizo la solicitud puede hacer esto.",
            "Only the requester may do this.",
        ),
        Denial::MissingPrivilege => (
            "Su perfil no incluye esta acción.",
            "Your role does not include this.",
        ),
        Denial::NotInCharge => (
            "Solo quien está a cargo puede hacer esto. Use primero «Tomar».",
            "Only whoever is in charge may do this. Use “Take” first.",
        ),
        Denial::NotAMember => (
            "Usted no pertenece a un grupo del nivel a cargo.",
            "You belong to no group of the level in charge.",
        ),
        Denial::OwnRequest => (
            "Nadie decide sobre su propia solicitud.",
            "Nobody decides their own request.",
        ),
        Denial::SystemOnly => (
            "Esto lo hace el sistema por sí mismo.",
            "The product does this by itself.",
        ),
        Denial::InternalNote => (
            "Los solicitantes no escriben notas internas.",
            "Requesters do not write internal notes.",
        ),
        Denial::Restricted => (
            "Solo tiene acceso el grupo responsable.",
            "Only the group in charge has access.",
        ),
    }
}

fn conflict_words(what: Conflict) -> (&'static str, &'static str) {
    match what {
        Conflict::AlreadyAccepted => (
            "La solución ya fue aceptada.",
            "The solution was accepted already.",
        ),
        Conflict::AlreadyRated => (
            "Esta solución ya fue calificada.",
            "This solution was rated already.",
        ),
        Conflict::AlreadyYours => ("Ya está a su cargo.", "You are in charge already."),
        Conflict::AlreadyRecorded => ("Ya quedó registrado.", "It was recorded already."),
        Conflict::AlreadyToday => (
            "Ya se registró un intento hoy.",
            "An attempt was recorded today already.",
        ),
        Conflict::NothingToChange => ("No hay nada que cambiar.", "There is nothing to change."),
        Conflict::NotDueYet => (
            "El plazo aún no ha terminado.",
            "The term has not ended yet.",
        ),
        Conflict::NoApprovalNeeded => (
            "La categoría no requiere aprobación.",
            "The category demands no approval.",
        ),
        Conflict::NotAsked => (
            "Esa aprobación no está pendiente.",
            "That approval is not pending.",
        ),
        Conflict::SeriesEnded => (
            "Ya se envió el último correo de seguimiento.",
            "The last follow-up mail was sent already.",
        ),
        Conflict::Merged => (
            "Aquí hay duplicados unidos; sepárelos primero.",
            "Duplicates were merged here; take them out first.",
        ),
        Conflict::OtherEnded => (
            "El otro ya terminó y este no puede continuar allí. Una este a uno que siga abierto.",
            "The other one has ended, and this one cannot go on there. Merge it into one that is open.",
        ),
    }
}

fn need_words(need: Need) -> (&'static str, &'static str) {
    match need {
        Need::ThreeContactAttempts => (
            "Faltan intentos de contacto con el solicitante.",
            "Attempts to reach the requester are missing.",
        ),
        Need::NoPendingApproval => ("Hay una aprobación pendiente.", "An approval is pending."),
        Need::LeafCategory => (
            "Elija una categoría del último nivel.",
            "Choose a category of the last level.",
        ),
        Need::PrioritySet => ("Defina la prioridad.", "Set the priority."),
        Need::ResponsiblePerson => ("Asigne una persona responsable.", "Put a person in charge."),
        Need::MandatoryExtraData => (
            "Complete los datos adicionales.",
            "Complete the extra data.",
        ),
        Need::SurveyAnswered => (
            "El solicitante no ha respondido la encuesta.",
            "The requester has not answered the survey.",
        ),
        Need::SolutionAccepted => ("Acepte primero la solución.", "Accept the solution first."),
        Need::Controls => (
            "Responda los puntos de control.",
            "Answer the control questions.",
        ),
        Need::NotOwnRating => (
            "Nadie califica su propio trabajo.",
            "Nobody rates their own work.",
        ),
        Need::ContactAttempted => (
            "Registre un intento de contacto con el solicitante.",
            "Record an attempt to reach the requester.",
        ),
        Need::Cause => ("Registre la causa.", "Record the cause."),
        _ => (
            "Aún no está todo listo para esto.",
            "Not everything is ready for this yet.",
        ),
    }
}
