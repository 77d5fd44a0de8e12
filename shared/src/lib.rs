pub mod api;
pub mod desk;
pub mod fold;
pub mod i18n;
pub mod sla;
pub mod ticket;
