//! Query parameters of lists of approvals.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::page::Limit;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageParams {
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
    /// Rows of a page, 1 to 100; 25 unless given.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    pub limit: Limit,
}
