//! Mails to the person who asked for help. Nothing internal is in their types.

use chrono::{DateTime, Utc};

use super::super::layout::{Block, Letter, one_line};
use super::super::payload::TicketRef;
use super::{Voice, files};

/// What the confirmation of a new ticket repeats.
pub(super) struct Created<'a> {
    pub(super) type_label: &'a str,
    pub(super) category: &'a str,
    pub(super) priority: &'a str,
    pub(super) promise: Option<&'a str>,
    pub(super) summary: &'a str,
    pub(super) attachments: &'a [String],
}

/// The ticket was created.
pub(super) fn ticket_created(voice: Voice, ticket: &TicketRef, created: Created) -> Letter {
    let (word, code) = (voice.word(), one_line(&ticket.code));
    let lead = voice.say(
        format!("Le asignamos el código {code}. Guárdelo: con él y con este correo puede consultar el avance cuando quiera."),
        format!("Le asignamos el código {code}. Guárdalo: con él y con este correo puedes consultar el avance cuando quieras."),
        format!("Its code is {code}. Keep it: with the code and this address you can see the progress at any time."),
    );
    let mut facts = vec![
        (voice.both("Código", "Code").to_owned(), code),
        (
            voice.both("Asunto", "Subject").to_owned(),
            one_line(&ticket.subject),
        ),
        (
            voice.both("Tipo", "Type").to_owned(),
            one_line(created.type_label),
        ),
        (voice.category_word(), one_line(created.category)),
        (voice.priority_word(), one_line(created.priority)),
    ];
    if let Some(promise) = created.promise {
        facts.push((
            voice.both("Nuestro compromiso", "Our promise").to_owned(),
            one_line(promise),
        ));
    }
    let label = voice
        .say(
            "Lo que nos contó",
            "Lo que nos contaste",
            "What you told us",
        )
        .to_owned();
    let mut blocks = vec![
        Block::Paragraph(lead),
        Block::Facts(facts),
        Block::Quote {
            label,
            text: created.summary.to_owned(),
        },
    ];
    blocks.extend(files(voice, created.attachments));
    blocks.push(see_ticket(voice, ticket));
    let news = voice.say(
        format!("Recibimos su {word}"),
        format!("Recibimos tu {word}"),
        format!("We received your {word}"),
    );
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// An agent wrote.
pub(super) fn message(
    voice: Voice,
    ticket: &TicketRef,
    author: &str,
    text: &str,
    attachments: &[String],
) -> Letter {
    let (author, word) = (one_line(author), voice.word());
    let title = voice.say(
        format!("{author} le escribió"),
        format!("{author} te escribió"),
        format!("{author} wrote to you"),
    );
    let mut blocks = vec![Block::Quote {
        label: voice.both("Mensaje", "Message").to_owned(),
        text: text.to_owned(),
    }];
    blocks.extend(files(voice, attachments));
    let label = voice
        .both(
            "Leer y responder en el portal",
            "Read and answer in the portal",
        )
        .to_owned();
    blocks.push(Block::Button {
        label,
        url: voice.portal_ticket(ticket),
    });
    let news = voice.say(
        format!("Hay un mensaje sobre su {word}"),
        format!("Hay un mensaje sobre tu {word}"),
        format!("There is a message about your {word}"),
    );
    voice.ticket_letter(ticket, &news, title, blocks)
}

/// The requester's own message arrived (C-10).
pub(super) fn message_received(
    voice: Voice,
    ticket: &TicketRef,
    text: &str,
    attachments: &[String],
) -> Letter {
    let lead = voice.say(
        "El equipo de la mesa ya lo tiene. Le avisaremos a este correo cuando haya respuesta.",
        "El equipo de la mesa ya lo tiene. Te avisaremos a este correo cuando haya respuesta.",
        "The support team has it now. We will write to this address when there is an answer.",
    );
    let label = voice
        .say("Su mensaje", "Tu mensaje", "Your message")
        .to_owned();
    let mut blocks = vec![
        Block::Paragraph(lead.to_owned()),
        Block::Quote {
            label,
            text: text.to_owned(),
        },
    ];
    blocks.extend(files(voice, attachments));
    blocks.push(see_ticket(voice, ticket));
    let news = voice.say(
        "Recibimos su mensaje",
        "Recibimos tu mensaje",
        "We received your message",
    );
    voice.ticket_letter(ticket, news, news.to_owned(), blocks)
}

/// A solution was delivered; the link opens that ticket.
pub(super) fn solved(
    voice: Voice,
    ticket: &TicketRef,
    solution: &str,
    attachments: &[String],
    closes_at: Option<DateTime<Utc>>,
    by_survey: bool,
) -> Letter {
    let word = voice.word();
    let mut blocks = vec![Block::Quote {
        label: voice.both("Solución", "Solution").to_owned(),
        text: solution.to_owned(),
    }];
    blocks.extend(files(voice, attachments));
    if !by_survey {
        blocks.push(Block::Choices(vec![
            (
                voice.say("¿Quedó resuelto? Acéptela", "¿Quedó resuelto? Acéptala", "Is it solved? Accept it").to_owned(),
                voice
                    .say(
                        "Acepte la solución y califique la atención de 1 a 5 estrellas.",
                        "Acepta la solución y califica la atención de 1 a 5 estrellas.",
                        "Accept the solution and rate the service with 1 to 5 stars.",
                    )
                    .to_owned(),
            ),
            (
                voice.say("¿Algo no quedó bien? Rechácela", "¿Algo no quedó bien? Recházala", "Is something still wrong? Reject it").to_owned(),
                voice.say(
                    format!("Rechace la solución y cuéntenos qué falta; quien atendió su {word} seguirá trabajando."),
                    format!("Rechaza la solución y cuéntanos qué falta; quien atendió tu {word} seguirá trabajando."),
                    "Reject the solution and tell us what is missing; whoever worked on it will take it up again.".to_owned(),
                ),
            ),
        ]));
    }
    let label = voice
        .both("Ver la solución y responder", "See the solution and answer")
        .to_owned();
    blocks.push(Block::Button {
        label,
        url: voice.portal_ticket(ticket),
    });
    if let Some(at) = closes_at {
        let at = voice.day_and_time(at);
        blocks.push(Block::Note(voice.say(
            format!("Si no recibimos su respuesta antes del {at}, cerraremos su {word}."),
            format!("Si no recibimos tu respuesta antes del {at}, cerraremos tu {word}."),
            format!("If we do not hear from you by {at}, we will close your {word}."),
        )));
    }
    let news = voice.say(
        format!("Resolvimos su {word}"),
        format!("Resolvimos tu {word}"),
        format!("We solved your {word}"),
    );
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// The ticket is open again.
pub(super) fn reopened(voice: Voice, ticket: &TicketRef, reason: &str) -> Letter {
    let word = voice.word();
    let lead = voice.say(
        "Seguimos trabajando en una solución. Le avisaremos a este correo cuando haya novedades.",
        "Seguimos trabajando en una solución. Te avisaremos a este correo cuando haya novedades.",
        "We go on working on a solution. We will write to this address when there is news.",
    );
    let label = voice.both("Motivo", "Reason").to_owned();
    let blocks = vec![
        Block::Paragraph(lead.to_owned()),
        Block::Quote {
            label,
            text: reason.to_owned(),
        },
        see_ticket(voice, ticket),
    ];
    let news = voice.say(
        format!("Abrimos de nuevo su {word}"),
        format!("Abrimos de nuevo tu {word}"),
        format!("We opened your {word} again"),
    );
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

/// The ticket is closed.
pub(super) fn closed(
    voice: Voice,
    ticket: &TicketRef,
    status: &str,
    rating: Option<u8>,
    by_silence: bool,
) -> Letter {
    let word = voice.word();
    let lead = if by_silence {
        voice
            .say(
                "No recibimos respuesta a la solución que le enviamos.",
                "No recibimos respuesta a la solución que te enviamos.",
                "We received no answer to the solution that we sent you.",
            )
            .to_owned()
    } else {
        voice.say(
            format!("Gracias por confirmar la solución de su {word}."),
            format!("Gracias por confirmar la solución de tu {word}."),
            format!("Thank you for confirming the solution of your {word}."),
        )
    };
    let mut facts = vec![(voice.both("Estado", "State").to_owned(), one_line(status))];
    if let Some(stars) = rating.map(|stars| stars.min(5)) {
        facts.push((
            voice
                .say("Su calificación", "Tu calificación", "Your rating")
                .to_owned(),
            voice.both(
                format!("{} {stars} de 5", drawn(stars)),
                format!("{} {stars} of 5", drawn(stars)),
            ),
        ));
    }
    let again = voice.say(
        format!(
            "Si el problema vuelve, repórtelo de nuevo en el portal y mencione el código {}.",
            one_line(&ticket.code)
        ),
        format!(
            "Si el problema vuelve, repórtalo de nuevo en el portal y menciona el código {}.",
            one_line(&ticket.code)
        ),
        format!(
            "If the problem comes back, report it again in the portal and mention the code {}.",
            one_line(&ticket.code)
        ),
    );
    let blocks = vec![
        Block::Paragraph(lead),
        Block::Facts(facts),
        see_ticket(voice, ticket),
        Block::Note(again),
    ];
    let news = voice.say(
        format!("Cerramos su {word}"),
        format!("Cerramos tu {word}"),
        format!("We closed your {word}"),
    );
    voice.ticket_letter(ticket, &news.clone(), news, blocks)
}

fn see_ticket(voice: Voice, ticket: &TicketRef) -> Block {
    let word = voice.word();
    let label = voice.say(
        format!("Ver mi {word}"),
        format!("Ver mi {word}"),
        format!("See my {word}"),
    );
    Block::Button {
        label,
        url: voice.portal_ticket(ticket),
    }
}

/// Stars as characters; the number beside them says the same.
fn drawn(stars: u8) -> String {
    (1..=5)
        .map(|star| if star <= stars { '★' } else { '☆' })
        .collect()
}
