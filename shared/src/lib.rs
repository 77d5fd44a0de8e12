
pub mod api;
pub mod fold;
pub mod i18n;
pub mod ticket;
pub mod desk;
pub mod sla;
