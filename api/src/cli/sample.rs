//! Invented people and stories for the first run.

/// What an invented agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Works at a support level.
    Level(u8),
    /// Keeps requesters and access requests, answers the support line.
    Assistant,
    /// Coordinates the desk.
    Coordinator,
    /// Administers the installation.
    Administrator,
}

/// An invented agent.
pub(super) struct SampleAgent {
    pub(super) email: &'static str,
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) what: &'static str,
}

/// The desks whose process the sample's stories know.
pub(super) const DESKS: &[&str] = &["infortec"];

pub(super) const AGENTS: &[SampleAgent] = &[
    SampleAgent {
        email: "laura.nino@example.org",
        name: "Laura Niño",
        role: Role::Level(1),
        what: "level 1, support line",
    },
    SampleAgent {
        email: "andres.paez@example.org",
        name: "Andrés Páez",
        role: Role::Level(2),
        what: "level 2 specialist",
    },
    SampleAgent {
        email: "camila.rozo@example.org",
        name: "Camila Rozo",
        role: Role::Level(3),
        what: "level 3 expert",
    },
    SampleAgent {
        email: "marta.gil@example.org",
        name: "Marta Gil",
        role: Role::Assistant,
        what: "operations assistant",
    },
    SampleAgent {
        email: "julian.soto@example.org",
        name: "Julián Soto",
        role: Role::Coordinator,
        what: "coordinator",
    },
    SampleAgent {
        email: "admin@example.org",
        name: "Administración",
        role: Role::Administrator,
        what: "administrator",
    },
];

/// An invented requester.
pub(super) struct SamplePerson {
    pub(super) email: &'static str,
    pub(super) name: &'static str,
    pub(super) phone: &'static str,
    pub(super) entity: &'static str,
}

pub(super) const PEOPLE: &[SamplePerson] = &[
    SamplePerson {
        email: "ana.rojas@example.org",
        name: "Ana María Rojas",
        phone: "601 555 0134",
        entity: "Alcaldía de San Roque",
    },
    SamplePerson {
        email: "diego.luna@example.org",
        name: "Diego Luna",
        phone: "601 555 0177",
        entity: "Alcaldía de San Roque",
    },
    SamplePerson {
        email: "paula.mejia@example.org",
        name: "Paula Mejía",
        phone: "604 555 0121",
        entity: "Hospital El Encino",
    },
    SamplePerson {
        email: "oscar.tovar@example.org",
        name: "Óscar Tovar",
        phone: "604 555 0188",
        entity: "Hospital El Encino",
    },
    SamplePerson {
        email: "silvia.pardo@example.org",
        name: "Silvia Pardo",
        phone: "602 555 0102",
        entity: "Universidad del Valle Alto",
    },
    SamplePerson {
        email: "tomas.vera@example.org",
        name: "Tomás Vera",
        phone: "602 555 0166",
        entity: "Universidad del Valle Alto",
    },
    SamplePerson {
        email: "irene.caro@example.org",
        name: "Irene Caro",
        phone: "605 555 0119",
        entity: "Cooperativa La Colina",
    },
];

/// What became of a sample ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Nobody has attended it.
    Untouched,
    /// Level 1 took it and wrote.
    InProgress,
    /// The requester answered.
    Answered,
    /// Level 2 has it.
    Escalated,
    /// A solution waits for the requester.
    Solved,
    /// Accepted and rated.
    Closed(u8),
}

/// A sample ticket.
pub(super) struct Story {
    pub(super) subject: &'static str,
    pub(super) message: &'static str,
    pub(super) incident: bool,
    /// 0 is the desk's most urgent priority.
    pub(super) urgency: u8,
    pub(super) hours_ago: i64,
    pub(super) plan: Plan,
    pub(super) answer: &'static str,
    pub(super) reply: &'static str,
}

pub(super) const STORIES: &[Story] = &[
    Story {
        subject: "La consola de antivirus no abre desde esta mañana",
        message: "Al entrar a la consola aparece \"servicio no disponible\". Afecta a todo el equipo de soporte de la entidad.\n\nYa reiniciamos el servidor y sigue igual.",
        incident: true,
        urgency: 0,
        hours_ago: 3,
        plan: Plan::Answered,
        answer: "Estamos revisando el servicio. ¿Nos confirma la versión del servidor y la hora aproximada en que dejó de responder?",
        reply: "Es la versión 14.2 y dejó de responder hacia las 7:40 a. m.",
    },
    Story {
        subject: "Tres equipos no reciben firmas nuevas",
        message: "Los equipos CT-114, CT-120 y CT-131 muestran firmas de hace seis días. El resto de la red está al día.",
        incident: true,
        urgency: 2,
        hours_ago: 5,
        plan: Plan::InProgress,
        answer: "Tomamos su caso. Vamos a forzar la actualización de forma remota en los tres equipos y le contamos.",
        reply: "",
    },
    Story {
        subject: "Habilitar el sitio de contratación en el filtro web",
        message: "El área jurídica necesita entrar al portal de contratación pública y el perímetro lo bloquea por categoría.",
        incident: false,
        urgency: 2,
        hours_ago: 7,
        plan: Plan::Escalated,
        answer: "La regla está en el perímetro central; se requiere un cambio en la política del nivel 2.",
        reply: "",
    },
    Story {
        subject: "Instalar el agente en 12 portátiles nuevos",
        message: "Llegaron 12 portátiles para el área financiera. Necesitamos el agente de protección antes de entregarlos el viernes.",
        incident: false,
        urgency: 3,
        hours_ago: 20,
        plan: Plan::Untouched,
        answer: "",
        reply: "",
    },
    Story {
        subject: "Alerta repetida de archivo sospechoso en el servidor de archivos",
        message: "Cada quince minutos llega una alerta del mismo archivo en la carpeta compartida de almacén. ¿Es un falso positivo?",
        incident: true,
        urgency: 1,
        hours_ago: 2,
        plan: Plan::Untouched,
        answer: "",
        reply: "",
    },
    Story {
        subject: "Lentitud en los equipos de radiología después de la actualización",
        message: "Desde la actualización de anoche los equipos de radiología tardan varios minutos en abrir estudios.",
        incident: true,
        urgency: 1,
        hours_ago: 26,
        plan: Plan::Escalated,
        answer: "El análisis en tiempo real revisa los estudios completos; hay que definir exclusiones con el fabricante.",
        reply: "",
    },
    Story {
        subject: "Renovación de licencias del segundo semestre",
        message: "Necesitamos confirmar cuántas licencias vencen en diciembre y cómo se renuevan.",
        incident: false,
        urgency: 3,
        hours_ago: 50,
        plan: Plan::Solved,
        answer: "Vencen 85 licencias el 15 de diciembre. Adjuntamos a su contrato la renovación por doce meses; no requiere cambios en los equipos.",
        reply: "",
    },
    Story {
        subject: "Un usuario quedó sin acceso a la VPN",
        message: "La usuaria Irene Caro no puede conectarse a la VPN; el cliente dice \"certificado vencido\".",
        incident: true,
        urgency: 2,
        hours_ago: 75,
        plan: Plan::Closed(5),
        answer: "Se renovó el certificado de usuario y se verificó la conexión con ella por teléfono.",
        reply: "Rápido y muy claro, gracias.",
    },
    Story {
        subject: "Desinstalar la versión anterior en la sede norte",
        message: "Quedaron ocho equipos con las dos versiones instaladas en la sede norte.",
        incident: false,
        urgency: 3,
        hours_ago: 98,
        plan: Plan::Closed(4),
        answer: "Se retiró la versión anterior en los ocho equipos mediante una tarea programada y se reiniciaron fuera de horario.",
        reply: "",
    },
    Story {
        subject: "El correo con archivos comprimidos llega sin adjuntos",
        message: "Los correos de un proveedor con archivos .zip llegan sin el adjunto. Lo necesitamos para los inventarios.",
        incident: true,
        urgency: 2,
        hours_ago: 30,
        plan: Plan::InProgress,
        answer: "Revisamos la regla de adjuntos. ¿Nos indica el dominio del remitente para ubicar los mensajes en el registro?",
        reply: "",
    },
    Story {
        subject: "Informe mensual de amenazas detectadas",
        message: "El comité pide el informe de octubre con las amenazas detectadas por sede.",
        incident: false,
        urgency: 3,
        hours_ago: 120,
        plan: Plan::Closed(5),
        answer: "El informe de octubre quedó publicado en la carpeta compartida del comité, con el detalle por sede.",
        reply: "",
    },
    Story {
        subject: "Bloqueo del puerto de la impresora fiscal",
        message: "El cortafuegos de los equipos de caja bloquea el puerto de la impresora fiscal desde el lunes.",
        incident: true,
        urgency: 1,
        hours_ago: 28,
        plan: Plan::Solved,
        answer: "Se agregó la excepción del puerto en la política de cajas y se probó una impresión en cada equipo.",
        reply: "",
    },
    Story {
        subject: "Cambio de responsable de la consola",
        message: "La ingeniera encargada cambió de área. Necesitamos pasar su acceso a la consola al nuevo responsable.",
        incident: false,
        urgency: 3,
        hours_ago: 6,
        plan: Plan::Untouched,
        answer: "",
        reply: "",
    },
    Story {
        subject: "Página de inicio modificada en dos navegadores",
        message: "En dos equipos de atención al ciudadano la página de inicio cambió sola y muestra publicidad.",
        incident: true,
        urgency: 1,
        hours_ago: 4,
        plan: Plan::Answered,
        answer: "Aislamos los dos equipos de la red mientras los revisamos. ¿Se instaló algún programa ayer?",
        reply: "Sí, una persona instaló un lector de archivos PDF que descargó de internet.",
    },
];
