//! The words of the history: what each event says to agents, and what of it requesters read.

use shared::desk::Desk;
use shared::i18n::{Lang, is_feminine};
use shared::sla::policy::ClockKind;
use shared::ticket::actor::{ActorKind, AgentRef};
use shared::ticket::command::Mark;
use shared::ticket::event::Event;
use shared::ticket::status::{Status, Visibility};

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What happened.
    pub text: String,
    /// What somebody wrote with it.
    pub note: Option<String>,
}

fn told(text: impl Into<String>, note: Option<String>) -> Told {
    Told {
        text: text.into(),
        note,
    }
}

fn by_lang(lang: Lang, es: &str, en: &str) -> String {
    match lang {
        Lang::Es => es.to_owned(),
        Lang::En => en.to_owned(),
    }
}

fn name(agent: Option<&AgentRef>, lang: Lang) -> String {
    agent.map_or_else(
        || by_lang(lang, "nadie", "nobody"),
        |agent| agent.name.clone(),
    )
}

fn group(desk: &Desk, key: Option<&str>, lang: Lang) -> String {
    key.map_or_else(
        || by_lang(lang, "ningún grupo", "no group"),
        |key| {
            desk.group(key)
                .map_or_else(|| key.to_owned(), |group| group.name.get(lang).to_owned())
        },
    )
}

fn priority(desk: &Desk, key: &str, lang: Lang) -> String {
    desk.priority.get(key).map_or_else(
        || key.to_owned(),
        |priority| priority.label.get(lang).to_owned(),
    )
}

fn category(desk: &Desk, key: Option<&str>, lang: Lang) -> String {
    key.and_then(|key| desk.catalog.get(key)).map_or_else(
        || by_lang(lang, "sin categoría", "no category"),
        |entry| entry.path_label(lang),
    )
}

fn reason_label(desk: &Desk, status: Status, id: &str, lang: Lang) -> String {
    desk.reason(status, id)
        .map_or_else(|| id.to_owned(), |reason| reason.label.get(lang).to_owned())
}

fn clock(clock: ClockKind, lang: Lang) -> &'static str {
    match (clock, lang) {
        (ClockKind::Attention, Lang::Es) => "atención",
        (ClockKind::Attention, Lang::En) => "attention",
        (ClockKind::Solution, Lang::Es) => "solución",
        (ClockKind::Solution, Lang::En) => "solution",
    }
}

/// An event in an agent's words; `None` for those that the timeline shows as messages.
pub fn for_agents(event: &Event, desk: &Desk, lang: Lang) -> Option<Told> {
    let es = lang == Lang::Es;
    let told = match event {
        Event::MessageAdded { .. } => return None,
        Event::Opened(opened) => {
            let label = desk.status_label(opened.status, lang);
            told(
                if es {
                    format!("Creación en estado {label}")
                } else {
                    format!("Created as {label}")
                },
                None,
            )
        }
        Event::StatusChanged {
            from,
            to,
            reason,
            note,
            ..
        } => {
            let (from, label) = (desk.status_label(*from, lang), desk.status_label(*to, lang));
            let why = reason
                .as_deref()
                .map(|id| format!(" ({})", reason_label(desk, *to, id, lang)))
                .unwrap_or_default();
            let text = if es {
                format!("Estado: de {from} a {label}{why}")
            } else {
                format!("State: {from} to {label}{why}")
            };
            told(text, note.as_ref().map(ToString::to_string))
        }
        Event::Assigned {
            to,
            from_group,
            to_group,
            note,
            ..
        } => {
            let who = name(to.as_ref(), lang);
            let mut text = if es {
                format!("Asignado a {who}")
            } else {
                format!("Assigned to {who}")
            };
            if to_group.is_some() && from_group != to_group {
                let group = group(desk, to_group.as_deref(), lang);
                text.push_str(&if es {
                    format!(", grupo {group}")
                } else {
                    format!(", group {group}")
                });
            }
            told(text, note.as_ref().map(ToString::to_string))
        }
        Event::Escalated {
            from_level,
            to_level,
            to_group,
            to_assignee,
            justification,
            diagnosis,
            ..
        } => {
            let (from, to) = (from_level.number(), to_level.number());
            let group = group(desk, to_group.as_deref(), lang);
            let mut text = match (to.cmp(&from), es) {
                (std::cmp::Ordering::Greater, true) => {
                    format!("Escalado del nivel {from} al nivel {to}, {group}")
                }
                (std::cmp::Ordering::Less, true) => {
                    format!("Devuelto del nivel {from} al nivel {to}, {group}")
                }
                (std::cmp::Ordering::Equal, true) => {
                    format!("Trasladado en el nivel {to} a {group}")
                }
                (std::cmp::Ordering::Greater, false) => {
                    format!("Escalated from level {from} to level {to}, {group}")
                }
                (std::cmp::Ordering::Less, false) => {
                    format!("Returned from level {from} to level {to}, {group}")
                }
                (std::cmp::Ordering::Equal, false) => format!("Moved within level {to} to {group}"),
            };
            if let Some(agent) = to_assignee {
                text.push_str(&format!(", {}", agent.name));
            }
            let mut words: Vec<String> = [
                justification.as_ref().map(ToString::to_string),
                diagnosis.as_ref().map(ToString::to_string),
            ]
            .into_iter()
            .flatten()
            .collect();
            words.dedup();
            told(text, (!words.is_empty()).then(|| words.join("\n\n")))
        }
        Event::Attended { level } => {
            let level = level.number();
            told(
                if es {
                    format!("Atención iniciada en el nivel {level}")
                } else {
                    format!("Work began at level {level}")
                },
                None,
            )
        }
        Event::PriorityChanged {
            from, to, reason, ..
        } => {
            let (word, from, to) = (
                desk.words.priority.get(lang),
                priority(desk, from, lang),
                priority(desk, to, lang),
            );
            let text = match (from == to, es) {
                (true, true) => format!("{word}: se mantiene en {to}"),
                (true, false) => format!("{word}: stays {to}"),
                (false, true) => format!("{word}: de {from} a {to}"),
                (false, false) => format!("{word}: {from} to {to}"),
            };
            told(text, reason.as_ref().map(ToString::to_string))
        }
        Event::CategoryChanged {
            from, to, reason, ..
        } => {
            let (from, to) = (
                category(desk, from.as_deref(), lang),
                category(desk, Some(to), lang),
            );
            let word = desk.words.category.get(lang);
            let text = if es {
                format!("{word}: de {from} a {to}")
            } else {
                format!("{word}: {from} to {to}")
            };
            told(text, reason.as_ref().map(ToString::to_string))
        }
        Event::Solved { solution, .. } => told(
            by_lang(lang, "Solución entregada", "Solution delivered"),
            Some(solution.to_string()),
        ),
        Event::DeclaredUnsolvable { description, .. } => told(
            by_lang(lang, "Declarado sin solución", "Marked as unsolvable"),
            description.as_ref().map(ToString::to_string),
        ),
        Event::SolutionAccepted { .. } => told(
            by_lang(lang, "Solución aceptada", "Solution accepted"),
            None,
        ),
        Event::SolutionRejected { reason, .. } => told(
            by_lang(lang, "Solución rechazada", "Solution rejected"),
            reason.as_ref().map(ToString::to_string),
        ),
        Event::Rated { stars, comment, .. } => {
            let text = match (stars, es) {
                (Some(stars), true) => format!("Calificación: {} de 5", stars.number()),
                (Some(stars), false) => format!("Rating: {} of 5", stars.number()),
                (None, true) => "Encuesta respondida".to_owned(),
                (None, false) => "Survey answered".to_owned(),
            };
            told(text, comment.as_ref().map(ToString::to_string))
        }
        Event::SlaWarning {
            clock: which,
            percent,
            ..
        } => {
            let which = clock(*which, lang);
            told(
                if es {
                    format!("Se ha usado el {percent} % del tiempo de {which}")
                } else {
                    format!("{percent} % of the {which} time is used")
                },
                None,
            )
        }
        Event::SlaBreached { clock: which, .. } => {
            let which = clock(*which, lang);
            told(
                if es {
                    format!("Venció el tiempo de {which}")
                } else {
                    format!("The {which} time has passed")
                },
                None,
            )
        }
        Event::IdentityVouched {
            by,
            note,
            superseded,
            ..
        } => {
            let who = &by.name;
            let text = match (superseded, es) {
                (false, true) => format!("Identidad validada por teléfono por {who}"),
                (false, false) => format!("Identity verified by phone by {who}"),
                (true, true) => {
                    format!("Identidad validada por teléfono por {who}; después se dio otro código")
                }
                (true, false) => {
                    format!("Identity verified by phone by {who}; another code was given later")
                }
            };
            told(text, note.as_ref().map(ToString::to_string))
        }
        Event::ContactAttempted { note, .. } => told(
            by_lang(
                lang,
                "Intento de contacto con el solicitante",
                "Attempt to contact the requester",
            ),
            note.as_ref().map(ToString::to_string),
        ),
        Event::NextContactSet { date } => {
            let date = date.format("%d/%m/%y");
            told(
                if es {
                    format!("Próximo contacto: {date}")
                } else {
                    format!("Next contact: {date}")
                },
                None,
            )
        }
        Event::VendorAsked { vendor } => told(
            if es {
                format!("Escalado al proveedor {vendor}")
            } else {
                format!("Sent to vendor {vendor}")
            },
            None,
        ),
        Event::ControlRecorded {
            control,
            answer,
            note,
        } => {
            let question = desk
                .controls
                .iter()
                .find(|known| known.id == *control)
                .map_or(control.as_str(), |known| known.question.get(lang));
            let answer = match (answer, es) {
                (true, true) => "Sí",
                (false, _) => "No",
                (true, false) => "Yes",
            };
            told(
                format!("{question} {answer}"),
                note.as_ref().map(ToString::to_string),
            )
        }
        Event::ApprovalRequested { .. } => told(
            by_lang(lang, "Aprobación solicitada", "Approval requested"),
            None,
        ),
        Event::ApprovalDecided {
            decision, comment, ..
        } => {
            let text = match (decision, es) {
                (shared::ticket::command::Decision::Approved, true) => "Aprobación concedida",
                (shared::ticket::command::Decision::Refused, true) => "Aprobación negada",
                (shared::ticket::command::Decision::Approved, false) => "Approval granted",
                (shared::ticket::command::Decision::Refused, false) => "Approval refused",
            };
            told(text, comment.as_ref().map(ToString::to_string))
        }
        Event::ParentLinked { .. } => told(
            by_lang(lang, "Se relacionó como hijo", "Became a child"),
            None,
        ),
        Event::ParentUnlinked { .. } => {
            told(by_lang(lang, "Dejó de ser hijo", "No longer a child"), None)
        }
        Event::ExtraChanged { .. } => told(
            by_lang(lang, "Datos adicionales actualizados", "Extra data updated"),
            None,
        ),
        Event::Marked { mark, on } => {
            let text = match (mark, on, es) {
                (Mark::Problem, true, true) => "Marcado como problema",
                (Mark::Problem, true, false) => "Marked as a problem",
                (Mark::Problem, false, true) => "Ya no está marcado como problema",
                (Mark::Problem, false, false) => "No longer marked as a problem",
                (Mark::Security, true, true) => "Marcado como incidente de seguridad",
                (Mark::Security, true, false) => "Marked as a security incident",
                (Mark::Security, false, true) => "Ya no está marcado como incidente de seguridad",
                (Mark::Security, false, false) => "No longer marked as a security incident",
            };
            told(text, None)
        }
        Event::CauseRecorded { cause } => told(
            by_lang(lang, "Causa identificada", "Cause found"),
            Some(cause.to_string()),
        ),
        Event::FollowUpSent { step, note } => {
            let text = match (step, es) {
                (1, true) => "Primer correo de seguimiento: se pide la información",
                (1, false) => "First follow-up mail: the information is asked for",
                (2, true) => "Segundo correo de seguimiento: recordatorio",
                (2, false) => "Second follow-up mail: reminder",
                (_, true) => "Tercer correo de seguimiento: aviso de cierre por falta de respuesta",
                (_, false) => "Third follow-up mail: closing notice for lack of an answer",
            };
            told(text, note.as_ref().map(ToString::to_string))
        }
        Event::ApproversReminded { .. } => told(
            by_lang(
                lang,
                "Recordatorio de aprobación enviado",
                "Reminder of the approval sent",
            ),
            None,
        ),
        Event::ApprovalWithdrawn { .. } => told(
            by_lang(
                lang,
                "Solicitud de aprobación retirada",
                "Request for approval withdrawn",
            ),
            None,
        ),
        Event::MergedInto { .. } => told(
            by_lang(lang, "Se unió como duplicado", "Merged as a duplicate"),
            None,
        ),
        Event::Unmerged { .. } => told(
            by_lang(lang, "Dejó de ser un duplicado", "No longer a duplicate"),
            None,
        ),
        Event::Absorbed { .. } => told(
            by_lang(lang, "Se unió un duplicado", "A duplicate was merged"),
            None,
        ),
        Event::Released { .. } => told(
            by_lang(
                lang,
                "Se separó un duplicado",
                "A duplicate was taken out again",
            ),
            None,
        ),
        Event::ProfileChanged { to, .. } => told(
            match lang {
                Lang::Es => format!("Sigue con la versión {to} de la configuración de la mesa"),
                Lang::En => format!("Goes on by version {to} of the desk's configuration"),
            },
            None,
        ),
    };
    Some(told)
}

/// An event in a requester's words. What concerns only the team (assignment, clocks, controls) is not told.
pub fn for_requesters(event: &Event, desk: &Desk, lang: Lang) -> Option<String> {
    let es = lang == Lang::Es;
    let word = desk.words.ticket.get(lang);
    let text = match event {
        Event::Opened(_) => {
            if es {
                let article = if is_feminine(word) { "la" } else { "el" };
                format!("Se creó {article} {word}")
            } else {
                format!("The {word} was created")
            }
        }
        Event::StatusChanged {
            to,
            note,
            note_visibility,
            ..
        } => {
            let label = desk.status_label(*to, lang);
            let mut text = if es {
                format!("Pasó a {label}")
            } else {
                format!("Moved to {label}")
            };
            if let (Some(note), Visibility::Public) = (note, note_visibility) {
                text.push_str(&format!(": {note}"));
            }
            text
        }
        Event::Escalated {
            from_level,
            to_level,
            ..
        } if from_level != to_level => {
            let level = to_level.number();
            if es {
                let it = if is_feminine(word) { "La" } else { "Lo" };
                format!("{it} atiende el nivel {level} de soporte")
            } else {
                format!("Support level {level} is in charge")
            }
        }
        Event::PriorityChanged { to, .. } => {
            let (word, to) = (desk.words.priority.get(lang), priority(desk, to, lang));
            format!("{word}: {to}")
        }
        Event::MessageAdded {
            visibility: Visibility::Public,
            author,
            ..
        } => match author {
            ActorKind::Requester => {
                by_lang(lang, "Mensaje enviado a soporte", "Message sent to support")
            }
            ActorKind::Agent | ActorKind::ApiClient | ActorKind::Approver | ActorKind::System => {
                by_lang(
                    lang,
                    "Mensaje de soporte recibido",
                    "Message from support received",
                )
            }
        },
        Event::Solved { .. } => by_lang(
            lang,
            "Soporte entregó una solución",
            "Support delivered a solution",
        ),
        Event::DeclaredUnsolvable { .. } => by_lang(
            lang,
            "Soporte informó que no hay solución",
            "Support said that there is no solution",
        ),
        Event::SolutionAccepted { .. } => by_lang(lang, "Solución aceptada", "Solution accepted"),
        Event::SolutionRejected { reason, .. } => {
            let mut text = by_lang(lang, "Solución rechazada", "Solution rejected");
            if let Some(reason) = reason {
                text.push_str(&format!(": {reason}"));
            }
            text
        }
        Event::Rated {
            stars: Some(stars), ..
        } => {
            let stars = stars.number();
            if es {
                format!("Calificación del servicio: {stars} de 5")
            } else {
                format!("Rating of the service: {stars} of 5")
            }
        }
        Event::Rated { stars: None, .. } => by_lang(lang, "Encuesta respondida", "Survey answered"),
        Event::IdentityVouched {
            superseded: false, ..
        } => by_lang(
            lang,
            "Su identidad se validó por teléfono",
            "Your identity was validated by telephone",
        ),
        Event::IdentityVouched {
            superseded: true, ..
        } => by_lang(
            lang,
            "Su identidad se validó por teléfono; después se usó otro código",
            "Your identity was validated by telephone; another code was used later",
        ),
        Event::CategoryChanged { to, .. } => {
            let (word, to) = (
                desk.words.category.get(lang),
                category(desk, Some(to), lang),
            );
            if es {
                format!("{word} corregido a {to}")
            } else {
                format!("{word}: {to}")
            }
        }
        Event::MessageAdded {
            visibility: Visibility::Internal,
            ..
        }
        | Event::Escalated { .. }
        | Event::Assigned { .. }
        | Event::Attended { .. }
        | Event::SlaWarning { .. }
        | Event::SlaBreached { .. }
        | Event::ContactAttempted { .. }
        | Event::NextContactSet { .. }
        | Event::VendorAsked { .. }
        | Event::ControlRecorded { .. }
        | Event::ApprovalRequested { .. }
        | Event::ApprovalDecided { .. }
        | Event::ParentLinked { .. }
        | Event::ParentUnlinked { .. }
        | Event::ExtraChanged { .. }
        | Event::Marked { .. }
        | Event::CauseRecorded { .. }
        | Event::FollowUpSent { .. }
        | Event::ApproversReminded { .. }
        | Event::ApprovalWithdrawn { .. }
        | Event::Absorbed { .. }
        | Event::Released { .. }
        | Event::ProfileChanged { .. } => return None,
        Event::MergedInto { .. } => by_lang(
            lang,
            "Su solicitud continúa con otro código",
            "Your request goes on under another code",
        ),
        Event::Unmerged { .. } => by_lang(
            lang,
            "Su solicitud continúa de nuevo con este código",
            "Your request goes on under this code again",
        ),
    };
    Some(text)
}

/// The name of a mail in words, by its template's key.
pub fn mail_name(template: &str, lang: Lang) -> String {
    let (es, en) = match template {
        "code" => ("Código de verificación", "Verification code"),
        "ticket_created" => ("Confirmación de creación", "Creation confirmation"),
        "message_to_requester" => ("Mensaje nuevo de soporte", "New message from support"),
        "message_to_team" => (
            "Mensaje nuevo del solicitante",
            "New message from the requester",
        ),
        "message_received" => ("Acuse de recibo del mensaje", "Message received"),
        "assigned" => ("Aviso de asignación", "Assignment notice"),
        "new_ticket_to_group" => (
            "Aviso de llegada a la cola",
            "Notice of arrival in the queue",
        ),
        "escalated" => ("Aviso de escalamiento", "Escalation notice"),
        "solved" => ("Solución entregada", "Solution delivered"),
        "rejected_to_team" => ("Solución rechazada", "Solution rejected"),
        "reopened" => ("Aviso de reapertura", "Reopening notice"),
        "closed" => ("Aviso de cierre", "Closing notice"),
        "sla_warning" => ("Aviso de vencimiento próximo", "Notice of a near target"),
        "sla_breached" => ("Aviso de vencimiento", "Notice of a missed target"),
        "identity_vouched" => (
            "Aviso de validación por teléfono",
            "Telephone validation notice",
        ),
        "suspended" => ("Aviso de suspensión", "Suspension notice"),
        "missing_information" => (
            "Solicitud de información faltante",
            "Request for missing information",
        ),
        "resumed" | "resumed_to_team" => ("Aviso de continuación", "Continuation notice"),
        "unsolvable" => ("Aviso de que no hay solución", "No solution notice"),
        "survey" => ("Encuesta de satisfacción", "Satisfaction survey"),
        "survey_answered" => ("Encuesta respondida", "Survey answered"),
        "follow_up_first" => ("Primer correo de seguimiento", "First follow-up mail"),
        "follow_up_second" => ("Segundo correo de seguimiento", "Second follow-up mail"),
        "follow_up_closing" => (
            "Aviso de cierre por falta de respuesta",
            "Closing notice for lack of an answer",
        ),
        "not_managed" => (
            "Aviso de cierre sin gestión",
            "Notice of closing unattended",
        ),
        "merged" | "merged_to_team" => ("Aviso de unión como duplicado", "Notice of a merge"),
        "unmerged" | "unmerged_to_team" => (
            "Aviso de que ya no es un duplicado",
            "Notice that it is no longer a duplicate",
        ),
        "precase_received" => ("Acuse de recibo del precaso", "Pre-case received"),
        "approval_requested" => ("Solicitud de aprobación", "Approval request"),
        "approval_reminder" => ("Recordatorio de aprobación", "Approval reminder"),
        "approval_decided" => ("Aviso de aprobación decidida", "Approval decision notice"),
        "vendor_asked" => ("Solicitud al proveedor", "Request to the vendor"),
        "vendor_answered" => ("Respuesta del proveedor", "Answer of the vendor"),
        "cost_implication" => ("Aviso de costos", "Cost notice"),
        "instruction_requested" => ("Solicitud de instrucción", "Request for instruction"),
        other => return other.to_owned(),
    };
    by_lang(lang, es, en)
}
