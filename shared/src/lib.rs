
pub mod api;
pub mod i18n;
