//! Mails about who somebody is: one-time codes, access, and identity validated by phone. They go to addresses that are
//! not proved yet or not by the reader, so a code mail holds no text that the asker chose.

use chrono::{DateTime, Utc};

use super::super::layout::{Block, Letter, one_line};
use super::super::payload::CodePurpose;
use super::Voice;

/// A one-time code.
pub(super) fn code(
    voice: Voice,
    code: &str,
    purpose: CodePurpose,
    expires_at: DateTime<Utc>,
    valid_minutes: u32,
) -> Letter {
    let (word, until) = (voice.word(), voice.hour(expires_at));
    let (subject, what) = match purpose {
        CodePurpose::NewTicket => (
            voice.say(
                format!("Código de verificación para crear su {word}"),
                format!("Código de verificación para crear tu {word}"),
                format!("Verification code to create your {word}"),
            ),
            voice.say(
                format!("Escriba este código en la ventana donde está creando su {word}:"),
                format!("Escribe este código en la ventana donde estás creando tu {word}:"),
                format!("Type this code into the window where you are creating your {word}:"),
            ),
        ),
        CodePurpose::Lookup => (
            voice
                .say(
                    "Código de verificación para consultar sus solicitudes",
                    "Código de verificación para consultar tus solicitudes",
                    "Verification code to see your requests",
                )
                .to_owned(),
            voice
                .say(
                    "Escriba este código en la ventana donde está consultando sus solicitudes:",
                    "Escribe este código en la ventana donde estás consultando tus solicitudes:",
                    "Type this code into the window where you are looking up your requests:",
                )
                .to_owned(),
        ),
    };
    let validity = voice.both(
        format!("Vence a {until}, {valid_minutes} minutos después de pedirlo, y sirve una sola vez."),
        format!("It expires at {until}, {valid_minutes} minutes after it was asked for, and works only once."),
    );
    let caution = voice.say(
        "Si usted no lo pidió, no tiene que hacer nada: sin este código nadie avanza. No lo comparta; la mesa nunca se lo pedirá.",
        "Si no lo pediste, no tienes que hacer nada: sin este código nadie avanza. No lo compartas; la mesa nunca te lo pedirá.",
        "If you did not ask for it, you need not do anything: nobody gets further without this code. Do not share it; the desk will never ask you for it.",
    );
    Letter {
        preview: validity.clone(),
        subject,
        eyebrow: None,
        title: voice
            .say(
                "Su código de verificación",
                "Tu código de verificación",
                "Your verification code",
            )
            .to_owned(),
        blocks: vec![
            Block::Paragraph(what),
            Block::Code(one_line(code)),
            Block::Paragraph(validity),
            Block::Note(caution.to_owned()),
        ],
    }
}

/// An access request was granted.
pub(super) fn access_approved(voice: Voice, name: &str, organization: Option<&str>) -> Letter {
    let (name, desk, word) = (one_line(name), voice.desk_name(), voice.word());
    let greeting = voice.both(format!("Hola, {name}:"), format!("Hello {name},"));
    let news = voice.say(
        format!("Aprobamos su solicitud de acceso a {desk}. Desde ahora puede pedir ayuda con este correo; no necesita contraseña."),
        format!("Aprobamos tu solicitud de acceso a {desk}. Desde ahora puedes pedir ayuda con este correo; no necesitas contraseña."),
        format!("We approved your request for access to {desk}. From now on you can ask for help with this address; you need no password."),
    );
    let how = voice.say(
        format!("Cada vez que cree o consulte su {word}, le enviaremos a este correo un código de verificación."),
        format!("Cada vez que crees o consultes tu {word}, te enviaremos a este correo un código de verificación."),
        format!("Each time you create or look up a {word}, we will mail a verification code to this address."),
    );
    let mut blocks = vec![Block::Paragraph(greeting), Block::Paragraph(news.clone())];
    if let Some(organization) = organization {
        let label = voice.both("Entidad", "Organization").to_owned();
        blocks.push(Block::Facts(vec![(label, one_line(organization))]));
    }
    blocks.push(Block::Paragraph(how));
    blocks.push(Block::Button {
        label: voice.both("Ir al portal", "Go to the portal").to_owned(),
        url: voice.portal_home(),
    });
    Letter {
        subject: voice.say(
            format!("Ya tiene acceso a {desk}"),
            format!("Ya tienes acceso a {desk}"),
            format!("You now have access to {desk}"),
        ),
        preview: news,
        eyebrow: None,
        title: voice
            .say(
                "Su acceso está listo",
                "Tu acceso está listo",
                "Your access is ready",
            )
            .to_owned(),
        blocks,
    }
}

/// An access request was refused by an agent.
pub(super) fn access_refused(voice: Voice, name: &str, reason: &str) -> Letter {
    let (name, desk) = (one_line(name), voice.desk_name());
    let greeting = voice.both(format!("Hola, {name}:"), format!("Hello {name},"));
    let news = voice.say(
        format!("Revisamos su solicitud de acceso a {desk} y por ahora no la aprobamos."),
        format!("Revisamos tu solicitud de acceso a {desk} y por ahora no la aprobamos."),
        format!("We looked at your request for access to {desk} and did not approve it for now."),
    );
    let next = voice.say(
        "Si cree que es un error o algo cambió, puede enviar una solicitud nueva.",
        "Si crees que es un error o algo cambió, puedes enviar una solicitud nueva.",
        "If you think this is a mistake, or if something has changed, you can send a new request.",
    );
    Letter {
        subject: voice.say(
            format!("Respuesta a su solicitud de acceso a {desk}"),
            format!("Respuesta a tu solicitud de acceso a {desk}"),
            format!("Answer to your request for access to {desk}"),
        ),
        preview: news.clone(),
        eyebrow: None,
        title: voice
            .say(
                "No aprobamos su acceso",
                "No aprobamos tu acceso",
                "We did not approve your access",
            )
            .to_owned(),
        blocks: vec![
            Block::Paragraph(greeting),
            Block::Paragraph(news),
            Block::Quote {
                label: voice.both("Motivo", "Reason").to_owned(),
                text: reason.to_owned(),
            },
            Block::Paragraph(next.to_owned()),
        ],
    }
}

/// To the address on file: a code was read out by phone.
pub(super) fn vouched(voice: Voice, at: DateTime<Utc>) -> Letter {
    let (desk, word, at) = (voice.desk_name(), voice.word(), voice.day_and_time(at));
    let what = voice.say(
        format!("El {at}, la línea de soporte de {desk} validó su identidad y entregó por teléfono un código para crear su {word} con este correo."),
        format!("El {at}, la línea de soporte de {desk} validó tu identidad y entregó por teléfono un código para crear tu {word} con este correo."),
        format!("On {at}, the support line of {desk} validated your identity and gave out by phone a code to create your {word} with this address."),
    );
    let was_you = voice.say(
        "Si fue usted, no tiene que hacer nada.",
        "Si fuiste tú, no tienes que hacer nada.",
        "If it was you, you need not do anything.",
    );
    let was_not_you = match &voice.desk.support_line {
        Some(line) => {
            let line = one_line(line);
            voice.say(
                format!("Si no fue usted, avise de inmediato a la línea de soporte: {line}."),
                format!("Si no fuiste tú, avisa de inmediato a la línea de soporte: {line}."),
                format!("If it was not you, tell the support line at once: {line}."),
            )
        }
        None => voice
            .say(
                "Si no fue usted, avise de inmediato a la mesa.",
                "Si no fuiste tú, avisa de inmediato a la mesa.",
                "If it was not you, tell the desk at once.",
            )
            .to_owned(),
    };
    let scope = voice.both(
        "Ese código sirve solo para esa solicitud; no da acceso a ninguna otra.",
        "That code works for that request only; it gives no access to any other.",
    );
    Letter {
        subject: voice
            .say(
                "Validamos su identidad por teléfono",
                "Validamos tu identidad por teléfono",
                "We validated your identity by phone",
            )
            .to_owned(),
        preview: was_not_you.clone(),
        eyebrow: None,
        title: voice
            .say(
                "Validamos su identidad por teléfono",
                "Validamos tu identidad por teléfono",
                "We validated your identity by phone",
            )
            .to_owned(),
        blocks: vec![
            Block::Paragraph(what),
            Block::Choices(vec![
                (
                    voice
                        .say("¿Fue usted?", "¿Fuiste tú?", "Was it you?")
                        .to_owned(),
                    was_you.to_owned(),
                ),
                (
                    voice
                        .say("¿No fue usted?", "¿No fuiste tú?", "Was it not you?")
                        .to_owned(),
                    was_not_you,
                ),
            ]),
            Block::Note(scope.to_owned()),
        ],
    }
}
