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
