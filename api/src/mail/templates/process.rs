//! Mails of a desk's process: what waits for the requester, what the team is told of, and what approvers are asked.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::layout::{Block, Letter, one_line};
use super::super::payload::{TeamNews, TicketFacts, TicketRef};
use super::team::{case, open_in_console};
use super::{Voice, files};

/// The ticket is suspended, with why and until when.
pub(super) fn suspended(
    voice: Voice,
    ticket: &TicketRef,
    reason: Option<&str>,
    note: &str,
    next_contact: Option<NaiveDate>,
) -> Letter {
    let word = voice.word();
    let mut facts = Vec::new();
    if let Some(reason) = reason {
        facts.push((voice.both("Motivo", "Reason").to_owned(), one_line(reason)));
    }
    if let Some(day) = next_contact {
        facts.push((
            voice
                .say(
                    "Lo contactaremos de nuevo el",
                    "Te contactaremos de nuevo el",
                    "We contact you again on",
                )
                .to_owned(),
            day.format("%d/%m/%y").to_string(),
        ));
    }
    let lead = voice.say(
        format!("Por ahora no podemos avanzar en su {word}. El tiempo de atención queda en pausa."),
        format!("Por ahora no podemos avanzar en tu {word}. El tiempo de atención queda en pausa."),
        format!("We cannot go on with your {word} for now. The time of attention is paused."),
    );
    let mut blocks = vec![Block::Paragraph(lead)];
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    blocks.extend(quote(voice.both("Explicación", "Explanation"), note));
    blocks.push(answer_in_portal(voice, ticket));
    let news = voice.say(
        format!("Su {word} está en pausa"),
        format!("Tu {word} está en pausa"),
        format!("Your {word} is on hold"),
    );
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// Something is missing; an answer in the portal brings the ticket back.
pub(super) fn missing_information(voice: Voice, ticket: &TicketRef, note: &str) -> Letter {
    let word = voice.word();
    let lead = voice.say(
        format!("Para atender su {word} nos falta información. Responda en el portal, con los archivos que hagan falta, y continuamos."),
        format!("Para atender tu {word} nos falta información. Responde en el portal, con los archivos que hagan falta, y continuamos."),
        format!("To attend your {word} we need more information. Answer in the portal, with the files that are needed, and we go on."),
    );
    let mut blocks = vec![Block::Paragraph(lead)];
    blocks.extend(quote(voice.both("Lo que falta", "What is missing"), note));
    blocks.push(answer_in_portal(voice, ticket));
    let news = voice.say(
        format!("Falta información en su {word}"),
        format!("Falta información en tu {word}"),
        format!("Information is missing in your {word}"),
    );
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// The ticket goes on.
pub(super) fn resumed(voice: Voice, ticket: &TicketRef, note: &str) -> Letter {
    let word = voice.word();
    let news = voice.say(
        format!("Continuamos con su {word}"),
        format!("Continuamos con tu {word}"),
        format!("We go on with your {word}"),
    );
    let lead = voice.say(
        "Retomamos la atención. Le avisaremos a este correo cuando haya novedades.",
        "Retomamos la atención. Te avisaremos a este correo cuando haya novedades.",
        "We work on it again. We will write to this address when there is news.",
    );
    let mut blocks = vec![Block::Paragraph(lead.to_owned())];
    blocks.extend(quote(voice.both("Nota", "Note"), note));
    blocks.push(see(voice, ticket));
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// There is no solution, and why.
pub(super) fn unsolvable(
    voice: Voice,
    ticket: &TicketRef,
    description: &str,
    closes_at: Option<DateTime<Utc>>,
) -> Letter {
    let word = voice.word();
    let news = voice.say(
        format!("No podemos resolver su {word}"),
        format!("No podemos resolver tu {word}"),
        format!("We cannot solve your {word}"),
    );
    let mut blocks: Vec<Block> = quote(voice.both("Por qué", "Why"), description)
        .into_iter()
        .collect();
    blocks.push(see(voice, ticket));
    blocks.extend(term(voice, closes_at));
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// The survey waits; the link leads to its page.
pub(super) fn survey(
    voice: Voice,
    ticket: &TicketRef,
    questions: u32,
    closes_at: Option<DateTime<Utc>>,
) -> Letter {
    let word = voice.word();
    let count = match questions {
        1 => voice.both("una pregunta".to_owned(), "one question".to_owned()),
        many => voice.both(format!("{many} preguntas"), format!("{many} questions")),
    };
    let lead = voice.say(
        format!("Cuéntenos cómo lo atendimos: son {count}. De su respuesta depende si cerramos su {word} o seguimos."),
        format!("Cuéntanos cómo te atendimos: son {count}. De tu respuesta depende si cerramos tu {word} o seguimos."),
        format!("Tell us how we did: there is {count}. Your answer decides whether we close your {word} or go on."),
    );
    let button = Block::Button {
        label: voice
            .both("Responder la encuesta", "Answer the survey")
            .to_owned(),
        url: format!("{}/rate", voice.portal_ticket(ticket)),
    };
    let mut blocks = vec![Block::Paragraph(lead), button];
    blocks.extend(term(voice, closes_at));
    let news = voice.say(
        "Su opinión sobre la atención",
        "Tu opinión sobre la atención",
        "Your opinion of the service",
    );
    voice.ticket_letter(ticket, news, news.to_owned(), blocks)
}

/// A mail of the follow-up series.
pub(super) fn follow_up(voice: Voice, ticket: &TicketRef, step: u8, text: &str) -> Letter {
    let word = voice.word();
    let news = match step {
        0 | 1 => voice.say(
            format!("Esperamos su respuesta sobre su {word}"),
            format!("Esperamos tu respuesta sobre tu {word}"),
            format!("We wait for your answer about your {word}"),
        ),
        2 => voice.say(
            format!("Segundo aviso: esperamos su respuesta sobre su {word}"),
            format!("Segundo aviso: esperamos tu respuesta sobre tu {word}"),
            format!("Second notice: we wait for your answer about your {word}"),
        ),
        _ => voice.say(
            format!("Cierre de su {word} por falta de respuesta"),
            format!("Cierre de tu {word} por falta de respuesta"),
            format!("Closing of your {word} for lack of an answer"),
        ),
    };
    let mut blocks: Vec<Block> = quote(voice.both("Mensaje", "Message"), text)
        .into_iter()
        .collect();
    blocks.push(answer_in_portal(voice, ticket));
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// The ticket ended without attention.
pub(super) fn not_managed(voice: Voice, ticket: &TicketRef, description: &str) -> Letter {
    let word = voice.word();
    let news = voice.say(
        format!("No gestionamos su {word}"),
        format!("No gestionamos tu {word}"),
        format!("Your {word} was not handled"),
    );
    let mut blocks: Vec<Block> = quote(voice.both("Por qué", "Why"), description)
        .into_iter()
        .collect();
    blocks.push(see(voice, ticket));
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// The ticket goes on under the code of another one of the same requester; the link leads there.
pub(super) fn merged(voice: Voice, ticket: &TicketRef, into: &TicketRef) -> Letter {
    let (word, code, new) = (voice.word(), one_line(&ticket.code), one_line(&into.code));
    let news = voice.say(
        format!("Su {word} continúa con el código {new}"),
        format!("Tu {word} continúa con el código {new}"),
        format!("Your {word} goes on under the code {new}"),
    );
    let lead = voice.say(
        format!("En {code} usted pide lo mismo que en {new}: los atendemos juntos con el código {new}. Allí le responderemos y le entregaremos la solución; no tiene que hacer nada."),
        format!("En {code} pides lo mismo que en {new}: los atendemos juntos con el código {new}. Allí te responderemos y te entregaremos la solución; no tienes que hacer nada."),
        format!("In {code} you ask for the same thing as in {new}: we are handling them together under the code {new}. You will find our answers and the solution there; you do not have to do anything."),
    );
    let facts = vec![
        (voice.both("Continúa", "Goes on").to_owned(), new.clone()),
        (
            voice.both("Asunto", "Subject").to_owned(),
            one_line(&into.subject),
        ),
    ];
    let button = Block::Button {
        label: voice.both(format!("Ver {new}"), format!("See {new}")),
        url: voice.portal_ticket(into),
    };
    let blocks = vec![Block::Paragraph(lead), Block::Facts(facts), button];
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// The ticket goes its own way again.
pub(super) fn unmerged(voice: Voice, ticket: &TicketRef) -> Letter {
    let (word, code) = (voice.word(), one_line(&ticket.code));
    let news = voice.say(
        format!("Volvemos a atender su {word} por separado"),
        format!("Volvemos a atender tu {word} por separado"),
        format!("We are handling your {word} on its own again"),
    );
    let lead = voice.say(
        format!("No piden lo mismo, y {code} continúa con su propio código, desde donde iba. Le avisaremos a este correo cuando haya novedades."),
        format!("No piden lo mismo, y {code} continúa con su propio código, desde donde iba. Te avisaremos a este correo cuando haya novedades."),
        format!("They do not ask for the same thing, so {code} goes on under its own code, from where it stood. We will write to this address when there is news."),
    );
    let blocks = vec![Block::Paragraph(lead), see(voice, ticket)];
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// A mail became a pre-case; here is its code.
pub(super) fn precase(voice: Voice, ticket: &TicketRef, summary: &str) -> Letter {
    let code = one_line(&ticket.code);
    let lead = voice.say(
        format!("Registramos su correo con el código {code}. Un agente lo revisa y completa los datos que falten."),
        format!("Registramos tu correo con el código {code}. Un agente lo revisa y completa los datos que falten."),
        format!("We recorded your mail under the code {code}. An agent looks at it and completes what is missing."),
    );
    let mut blocks = vec![Block::Paragraph(lead)];
    blocks.extend(quote(
        voice.say(
            "Lo que nos escribió",
            "Lo que nos escribiste",
            "What you wrote",
        ),
        summary,
    ));
    blocks.push(see(voice, ticket));
    let news = voice.say(
        "Recibimos su correo",
        "Recibimos tu correo",
        "We received your mail",
    );
    voice.ticket_letter(ticket, news, news.to_owned(), blocks)
}

/// What an approver is asked.
pub(super) struct Asked<'a> {
    pub(super) requester: &'a str,
    pub(super) organization: Option<&'a str>,
    pub(super) category: &'a str,
    pub(super) detail: &'a str,
    pub(super) policy: &'a str,
    pub(super) note: Option<&'a str>,
    pub(super) reminder: bool,
    pub(super) in_console: bool,
}

/// An approval is asked, or still missing.
pub(super) fn approval(voice: Voice, ticket: &TicketRef, asked: Asked) -> Letter {
    let requester = one_line(asked.requester);
    let news = if asked.reminder {
        voice.say(
            "Aún esperamos su aprobación",
            "Aún esperamos tu aprobación",
            "We still wait for your approval",
        )
    } else {
        voice.say(
            "Se pide su aprobación",
            "Se pide tu aprobación",
            "Your approval is asked",
        )
    };
    let lead = voice.say(
        format!("{requester} pide un servicio que no se ejecuta sin su visto bueno. Apruébelo, o niéguelo y diga por qué."),
        format!("{requester} pide un servicio que no se ejecuta sin tu visto bueno. Apruébalo, o niégalo y di por qué."),
        format!("{requester} asks for a service that is not carried out without your word. Approve it, or refuse it and say why."),
    );
    let mut facts = vec![(voice.both("Solicitante", "Requester").to_owned(), requester)];
    if let Some(organization) = asked.organization {
        facts.push((
            voice.both("Entidad", "Organization").to_owned(),
            one_line(organization),
        ));
    }
    facts.push((voice.category_word(), one_line(asked.category)));
    facts.push((
        voice.both("Aprobación", "Approval").to_owned(),
        one_line(asked.policy),
    ));
    let mut blocks = vec![Block::Paragraph(lead), Block::Facts(facts)];
    blocks.extend(quote(
        voice.both("Lo que se pide", "What is asked"),
        asked.detail,
    ));
    blocks.extend(
        asked
            .note
            .and_then(|note| quote(voice.both("Nota de la mesa", "Note of the desk"), note)),
    );
    blocks.push(Block::Button {
        label: voice.both("Ver y decidir", "See and decide").to_owned(),
        url: if asked.in_console {
            // Who is asked finds it there, whether the ticket is theirs to see or not.
            voice.console_approvals(ticket)
        } else {
            voice.portal_approval(ticket)
        },
    });
    voice.ticket_letter(ticket, news, news.to_owned(), blocks)
}

/// A step of the process: what happened, who did it and what came with it.
pub(super) struct Step<'a> {
    pub(super) news: TeamNews,
    pub(super) author: &'a str,
    pub(super) note: &'a str,
    pub(super) attachments: &'a [String],
    pub(super) vendor: Option<&'a str>,
}

/// A step of the process, for the support side.
pub(super) fn team_notice(
    voice: Voice,
    ticket: &TicketRef,
    facts: &TicketFacts,
    step: Step,
) -> Letter {
    let author = one_line(step.author);
    let vendor = step.vendor.map(one_line);
    let title = match (step.news, &vendor) {
        (TeamNews::Resumed, _) => voice
            .both("Continúa después de la pausa", "It goes on after the pause")
            .to_owned(),
        (TeamNews::VendorAsked, Some(vendor)) => voice.both(
            format!("Solicitud a {vendor}"),
            format!("Request to {vendor}"),
        ),
        (TeamNews::VendorAsked, None) => voice
            .both("Solicitud al proveedor", "Request to the vendor")
            .to_owned(),
        (TeamNews::VendorAnswered, Some(vendor)) => voice.both(
            format!("{vendor} respondió"),
            format!("{vendor} has answered"),
        ),
        (TeamNews::VendorAnswered, None) => voice
            .both(
                "Confirmación de la solución",
                "Confirmation of the solution",
            )
            .to_owned(),
        (TeamNews::CostImplication, _) => voice
            .both("La solución implica costos", "The solution implies costs")
            .to_owned(),
        (TeamNews::InstructionRequested, _) => voice
            .both("Se pide una instrucción", "An instruction is asked")
            .to_owned(),
        (TeamNews::ApprovalGranted, _) => voice
            .both("Aprobación concedida", "Approval granted")
            .to_owned(),
        (TeamNews::ApprovalRefused, _) => voice
            .both("Aprobación negada", "Approval refused")
            .to_owned(),
        (TeamNews::Merged, _) => voice
            .both("Unido a otro como duplicado", "Merged as a duplicate")
            .to_owned(),
        (TeamNews::Unmerged, _) => voice
            .both("Deja de ser un duplicado", "No longer a duplicate")
            .to_owned(),
    };
    let label = if author.is_empty() {
        voice.both("Nota", "Note").to_owned()
    } else {
        voice.both(format!("Nota de {author}"), format!("Note of {author}"))
    };
    let mut blocks: Vec<Block> = quote(&label, step.note).into_iter().collect();
    blocks.extend(files(voice, step.attachments));
    blocks.extend(case(voice, facts));
    blocks.push(open_in_console(voice, ticket));
    voice.ticket_letter(ticket, &title.clone(), title, blocks)
}

/// The survey was answered.
pub(super) fn survey_answered(
    voice: Voice,
    ticket: &TicketRef,
    author: &str,
    answers: &[(String, String)],
    comment: Option<&str>,
    closing: Option<bool>,
) -> Letter {
    let author = one_line(author);
    let news = voice.both(
        format!("{author} respondió la encuesta"),
        format!("{author} answered the survey"),
    );
    let mut blocks = Vec::new();
    if let Some(closing) = closing {
        let lead = if closing {
            voice.both(
                "Está de acuerdo con la solución.",
                "They agree with the solution.",
            )
        } else {
            voice.both(
                "No está de acuerdo con la solución.",
                "They do not agree with the solution.",
            )
        };
        blocks.push(Block::Paragraph(lead.to_owned()));
    }
    if !answers.is_empty() {
        let facts = answers
            .iter()
            .map(|(question, answer)| (one_line(question), answer.clone()));
        blocks.push(Block::Facts(facts.collect()));
    }
    blocks.extend(comment.and_then(|comment| quote(voice.both("Comentario", "Comment"), comment)));
    blocks.push(open_in_console(voice, ticket));
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

fn quote(label: &str, text: &str) -> Option<Block> {
    (!text.trim().is_empty()).then(|| Block::Quote {
        label: label.to_owned(),
        text: text.to_owned(),
    })
}

fn term(voice: Voice, closes_at: Option<DateTime<Utc>>) -> Option<Block> {
    let at = voice.day_and_time(closes_at?);
    let word = voice.word();
    Some(Block::Note(voice.say(
        format!("Si no recibimos su respuesta antes del {at}, cerraremos su {word}."),
        format!("Si no recibimos tu respuesta antes del {at}, cerraremos tu {word}."),
        format!("If we do not hear from you by {at}, we will close your {word}."),
    )))
}

fn see(voice: Voice, ticket: &TicketRef) -> Block {
    let word = voice.word();
    Block::Button {
        label: voice.both(format!("Ver mi {word}"), format!("See my {word}")),
        url: voice.portal_ticket(ticket),
    }
}

fn answer_in_portal(voice: Voice, ticket: &TicketRef) -> Block {
    Block::Button {
        label: voice
            .both("Responder en el portal", "Answer in the portal")
            .to_owned(),
        url: voice.portal_ticket(ticket),
    }
}
