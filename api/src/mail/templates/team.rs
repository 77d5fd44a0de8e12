//! Mails to the people of the desk. Their links lead to the console.

use chrono::{DateTime, Utc};
use shared::i18n::is_feminine;
use shared::sla::policy::ClockKind;

use super::super::layout::{Block, Letter, one_line};
use super::super::payload::{TicketFacts, TicketRef};
use super::{Voice, files, shortened};

/// Longest note that a mail repeats; the whole of it is in the console.
const NOTE_MAX: usize = 2_000;

/// An escalation, apart from the case itself.
pub(super) struct Escalation<'a> {
    pub(super) level: u8,
    pub(super) group: Option<&'a str>,
    pub(super) by: &'a str,
    pub(super) justification: &'a str,
}

/// The requester wrote.
pub(super) fn message(
    voice: Voice,
    ticket: &TicketRef,
    author: &str,
    text: &str,
    attachments: &[String],
) -> Letter {
    let (author, code) = (one_line(author), one_line(&ticket.code));
    let title = voice.both(
        format!("{author} escribió en {code}"),
        format!("{author} wrote in {code}"),
    );
    let mut blocks = vec![Block::Quote {
        label: voice.both("Mensaje", "Message").to_owned(),
        text: text.to_owned(),
    }];
    blocks.extend(files(voice, attachments));
    blocks.push(open_in_console(voice, ticket));
    let news = voice.both(
        format!("Mensaje de {author}"),
        format!("Message from {author}"),
    );
    voice.ticket_letter(ticket, &news, title, blocks)
}

/// The ticket is now the reader's. Subject and greeting are those of.
pub(super) fn assigned(
    voice: Voice,
    ticket: &TicketRef,
    facts: &TicketFacts,
    assigned_by: Option<&str>,
) -> Letter {
    let (code, type_label) = (
        one_line(&ticket.code),
        one_line(&facts.type_label).to_lowercase(),
    );
    let sentence = voice.say(
        format!(
            "Le ha sido {} No. {code} para su gestión",
            assigned_to_gender(&type_label)
        ),
        format!(
            "Te ha sido {} No. {code} para tu gestión",
            assigned_to_gender(&type_label)
        ),
        format!("The {type_label} No. {code} has been assigned to you"),
    );
    let greeting = voice.say(
        "Apreciado especialista:",
        "Apreciado especialista:",
        "Dear specialist,",
    );
    let thanks = match assigned_by.map(one_line) {
        Some(who) => voice.say(
            format!(
                "{who} puso este caso en sus manos. Gracias por su gestión; estos son los datos:"
            ),
            format!(
                "{who} puso este caso en tus manos. Gracias por tu gestión; estos son los datos:"
            ),
            format!(
                "{who} put this case into your hands. Thank you for your work; these are the data:"
            ),
        ),
        None => voice.say(
            "Este caso queda en sus manos. Gracias por su gestión; estos son los datos:".to_owned(),
            "Este caso queda en tus manos. Gracias por tu gestión; estos son los datos:".to_owned(),
            "This case is now in your hands. Thank you for your work; these are the data:"
                .to_owned(),
        ),
    };
    let mut blocks = vec![
        Block::Paragraph(greeting.to_owned()),
        Block::Paragraph(thanks),
    ];
    blocks.extend(case(voice, facts));
    blocks.push(open_in_console(voice, ticket));
    let mut letter = voice.ticket_letter(ticket, &sentence, sentence.clone(), blocks);
    letter.preview = one_line(&ticket.subject);
    letter.subject = sentence;
    letter
}

/// There is a new ticket in the group's queue; mostly it waits for somebody.
pub(super) fn new_ticket(
    voice: Voice,
    ticket: &TicketRef,
    facts: &TicketFacts,
    group: &str,
    assignee: Option<&str>,
) -> Letter {
    let (group, requester) = (one_line(group), one_line(&facts.requester));
    let lead = match assignee.map(one_line) {
        Some(agent) => voice.both(
            format!("{requester} pidió ayuda; la solicitud está a cargo de {agent}."),
            format!("{requester} asked for help; {agent} is in charge of it."),
        ),
        None => voice.both(
            format!("{requester} pidió ayuda y todavía nadie atiende su solicitud."),
            format!("{requester} asked for help and nobody works on it yet."),
        ),
    };
    let mut blocks = vec![Block::Paragraph(lead)];
    blocks.extend(case(voice, facts));
    blocks.push(open_in_console(voice, ticket));
    let news = voice.both(
        format!("Nuevo en la cola de {group}"),
        format!("New in the queue of {group}"),
    );
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// A ticket was handed to the reader's level.
pub(super) fn escalated(
    voice: Voice,
    ticket: &TicketRef,
    facts: &TicketFacts,
    escalation: Escalation,
) -> Letter {
    let (level, by) = (escalation.level, one_line(escalation.by));
    let news = voice.both(
        format!("Escalamiento al nivel {level}"),
        format!("Escalation to level {level}"),
    );
    let title = match escalation.group.map(one_line) {
        Some(group) => format!("{news} · {group}"),
        None => news.clone(),
    };
    let label = voice.both(
        format!("Justificación de {by}"),
        format!("Justification by {by}"),
    );
    let mut blocks = vec![Block::Quote {
        label,
        text: escalation.justification.to_owned(),
    }];
    blocks.extend(case(voice, facts));
    blocks.push(open_in_console(voice, ticket));
    voice.ticket_letter(ticket, &news, title, blocks)
}

/// The requester rejected the solution.
pub(super) fn rejected(voice: Voice, ticket: &TicketRef, author: &str, reason: &str) -> Letter {
    let (author, code) = (one_line(author), one_line(&ticket.code));
    let title = voice.both(
        format!("{author} rechazó la solución de {code}"),
        format!("{author} rejected the solution of {code}"),
    );
    let blocks = vec![
        Block::Quote {
            label: voice.both("Motivo", "Reason").to_owned(),
            text: reason.to_owned(),
        },
        open_in_console(voice, ticket),
    ];
    voice.ticket_letter(
        ticket,
        voice.both("Solución rechazada", "Solution rejected"),
        title,
        blocks,
    )
}

/// A good part of the time of a target is used, and the target is not met (I-37).
pub(super) fn sla_warning(
    voice: Voice,
    ticket: &TicketRef,
    facts: &TicketFacts,
    clock: ClockKind,
    percent: u8,
    due_at: Option<DateTime<Utc>>,
) -> Letter {
    let code = one_line(&ticket.code);
    let (news, title) = match clock {
        ClockKind::Attention => (
            voice.both("La atención vence pronto", "Attention is due soon"),
            voice.both(
                format!("{code} lleva el {percent} % de su tiempo de atención"),
                format!("{code} has used {percent}% of its time for attention"),
            ),
        ),
        ClockKind::Solution => (
            voice.both("La solución vence pronto", "The solution is due soon"),
            voice.both(
                format!("{code} lleva el {percent} % de su tiempo de solución"),
                format!("{code} has used {percent}% of its time for the solution"),
            ),
        ),
    };
    let lead = due_at
        .map(|at| voice.day_and_time(at))
        .map(|at| match clock {
            ClockKind::Attention => voice.both(
                format!("Hay que atenderlo antes del {at}."),
                format!("It is to be attended by {at}."),
            ),
            ClockKind::Solution => voice.both(
                format!("Hay que resolverlo antes del {at}."),
                format!("It is to be solved by {at}."),
            ),
        });
    let mut blocks: Vec<Block> = lead.map(Block::Paragraph).into_iter().collect();
    blocks.extend(case(voice, facts));
    blocks.push(open_in_console(voice, ticket));
    voice.ticket_letter(ticket, news, title, blocks)
}

/// A target passed unmet.
pub(super) fn sla_breached(
    voice: Voice,
    ticket: &TicketRef,
    facts: &TicketFacts,
    clock: ClockKind,
    due_at: DateTime<Utc>,
) -> Letter {
    let (code, at) = (one_line(&ticket.code), voice.day_and_time(due_at));
    let (news, title, lead) = match clock {
        ClockKind::Attention => (
            voice.both("Venció la atención", "Attention is overdue"),
            voice.both(
                format!("{code} no se atendió a tiempo"),
                format!("{code} was not attended in time"),
            ),
            voice.both(
                format!("El tiempo de atención terminó el {at}."),
                format!("The time for attention ended on {at}."),
            ),
        ),
        ClockKind::Solution => (
            voice.both("Venció la solución", "The solution is overdue"),
            voice.both(
                format!("{code} no se resolvió a tiempo"),
                format!("{code} was not solved in time"),
            ),
            voice.both(
                format!("El tiempo de solución terminó el {at}."),
                format!("The time for the solution ended on {at}."),
            ),
        ),
    };
    let mut blocks = vec![Block::Paragraph(lead)];
    blocks.extend(case(voice, facts));
    blocks.push(open_in_console(voice, ticket));
    voice.ticket_letter(ticket, news, title, blocks)
}

/// Who asks for access. Nothing of it is proved.
pub(super) struct AccessAsked<'a> {
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: &'a str,
    pub(super) organization: &'a str,
    pub(super) reference: &'a str,
}

/// Somebody asks for access.
pub(super) fn access_requested(voice: Voice, asked: AccessAsked) -> Letter {
    let (name, desk) = (one_line(asked.name), voice.desk_name());
    let title = voice.both(
        format!("{name} pide acceso"),
        format!("{name} asks for access"),
    );
    let lead = voice.both(
        format!("{name} pide acceso a {desk}. Nadie ha comprobado todavía estos datos."),
        format!("{name} asks for access to {desk}. Nobody has checked these data yet."),
    );
    let row = |es: &str, en: &str, value: &str| (voice.both(es, en).to_owned(), one_line(value));
    let rows = vec![
        row("Nombre", "Name", asked.name),
        row("Correo", "Mail", asked.email),
        row("Teléfono", "Phone", asked.phone),
        row("Entidad", "Organization", asked.organization),
        row("Referencia", "Reference", asked.reference),
    ];
    let decide = Block::Button {
        label: voice
            .both("Decidir en la consola", "Decide in the console")
            .to_owned(),
        url: voice.console_access_requests(),
    };
    Letter {
        subject: voice.both(
            format!("Solicitud de acceso: {name}"),
            format!("Access request: {name}"),
        ),
        preview: shortened(&lead, 120),
        eyebrow: None,
        title,
        blocks: vec![Block::Paragraph(lead), Block::Facts(rows), decide],
    }
}

/// The data of the case, as far as they are known, and its description.
pub(super) fn case(voice: Voice, facts: &TicketFacts) -> Vec<Block> {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |es: &str, en: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            rows.push((voice.both(es, en).to_owned(), value));
        }
    };
    let line = |text: &Option<String>| text.as_deref().map(one_line);
    // The desk's own words are in the mail's language already.
    let (category, priority) = (voice.category_word(), voice.priority_word());
    row("Usuario", "Requester", Some(one_line(&facts.requester)));
    row("Entidad", "Organization", line(&facts.organization));
    row("Sede", "Site", line(&facts.site));
    row("Dependencia", "Department", line(&facts.department));
    row("Teléfono", "Phone", line(&facts.requester_phone));
    row("Correo", "Mail", line(&facts.requester_email));
    row("Extensión", "Extension", line(&facts.extension));
    row(&category, &category, Some(one_line(&facts.category)));
    row("Estado", "State", Some(one_line(&facts.status)));
    row(&priority, &priority, Some(one_line(&facts.priority)));
    row(
        "Fecha de registro",
        "Opened",
        Some(voice.day_and_time(facts.opened_at)),
    );
    row(
        "Atender antes de",
        "Attend by",
        facts.attention_due_at.map(|at| voice.day_and_time(at)),
    );
    row(
        "Resolver antes de",
        "Solve by",
        facts.solution_due_at.map(|at| voice.day_and_time(at)),
    );
    row(
        "Última nota",
        "Last note",
        facts
            .last_note
            .as_deref()
            .map(|note| shortened(note.trim(), NOTE_MAX)),
    );
    let label = voice
        .both("Detalle del caso", "Detail of the case")
        .to_owned();
    vec![
        Block::Facts(rows),
        Block::Quote {
            label,
            text: facts.detail.clone(),
        },
    ]
}

pub(super) fn open_in_console(voice: Voice, ticket: &TicketRef) -> Block {
    Block::Button {
        label: voice
            .both("Abrir en la consola", "Open in the console")
            .to_owned(),
        url: voice.console_ticket(ticket),
    }
}

/// `asignado el incidente` or `asignada la solicitud`: the desk chooses the word, so its gender is read from its ending.
fn assigned_to_gender(type_label: &str) -> String {
    if is_feminine(type_label) {
        format!("asignada la {type_label}")
    } else {
        format!("asignado el {type_label}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_article_follows_the_desks_word() {
        let check = |label: &str, text: &str| assert_eq!(assigned_to_gender(label), text);
        check("incidente", "asignado el incidente");
        check("requerimiento", "asignado el requerimiento");
        check("solicitud de servicio", "asignada la solicitud de servicio");
        check("petición", "asignada la petición");
        check("problema", "asignado el problema");
    }
}
