//! The cast: invented people that `atiende demo` registers.

/// Password of every sample agent.
pub const PASSWORD: &str = "mesa-abierta-2026";

/// The desk that the stories play at.
pub const DESK: &str = "infortec";

/// A sample person.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Mail address.
    pub email: &'static str,
    /// Full name.
    pub name: &'static str,
}

/// Level 1 and support line.
pub const LAURA: Person = Person {
    email: "laura.nino@example.org",
    name: "Laura Niño",
};
/// Specialist of level 2.
pub const ANDRES: Person = Person {
    email: "andres.paez@example.org",
    name: "Andrés Páez",
};
/// Operations assistant: people and access requests.
pub const MARTA: Person = Person {
    email: "marta.gil@example.org",
    name: "Marta Gil",
};
/// Coordinator, who may do everything at the desk.
pub const JULIAN: Person = Person {
    email: "julian.soto@example.org",
    name: "Julián Soto",
};

/// A registered requester.
pub const ANA: Person = Person {
    email: "ana.rojas@example.org",
    name: "Ana María Rojas",
};
/// Another registered requester.
pub const DIEGO: Person = Person {
    email: "diego.luna@example.org",
    name: "Diego Luna",
};
/// A registered requester with a solution to answer.
pub const SILVIA: Person = Person {
    email: "silvia.pardo@example.org",
    name: "Silvia Pardo",
};

/// Another registered requester, who approves where a desk asks for it.
pub const OSCAR: Person = Person {
    email: "oscar.tovar@example.org",
    name: "Óscar Tovar",
};
/// Another registered requester, who approves where a desk asks for it.
pub const TOMAS: Person = Person {
    email: "tomas.vera@example.org",
    name: "Tomás Vera",
};

/// Administrator of all desks.
pub const ADMIN: Person = Person {
    email: "admin@example.org",
    name: "Administración",
};
/// ICETEX, level 1.
pub const NORA: Person = Person {
    email: "nora.salas@example.org",
    name: "Nora Salas",
};
/// ICETEX, level 2.
pub const FELIPE: Person = Person {
    email: "felipe.arce@example.org",
    name: "Felipe Arce",
};
/// ICETEX, coordinator.
pub const GLORIA: Person = Person {
    email: "gloria.paz@example.org",
    name: "Gloria Paz",
};
/// USPEC, help desk.
pub const HUGO: Person = Person {
    email: "hugo.rey@example.org",
    name: "Hugo Rey",
};
/// USPEC, Oficina de Tecnología.
pub const ELENA: Person = Person {
    email: "elena.ruiz@example.org",
    name: "Elena Ruiz",
};
/// Víctimas, service desk.
pub const PILAR: Person = Person {
    email: "pilar.gomez@example.org",
    name: "Pilar Gómez",
};
/// Víctimas, specialist who also goes on site.
pub const IVAN: Person = Person {
    email: "ivan.moya@example.org",
    name: "Iván Moya",
};
/// Víctimas, specialist of the vendor.
pub const ROSA: Person = Person {
    email: "rosa.leal@example.org",
    name: "Rosa Leal",
};
