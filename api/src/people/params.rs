//! Query parameters of lists of people, organizations and requests for access.

use serde::Deserialize;
use shared::api::people::AccessRequestStatus;
use utoipa::IntoParams;

use crate::http::page::Limit;

/// Which people are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PeopleParams {
    /// Only people of this desk.
    #[param(example = "soporte")]
    pub desk: Option<String>,
    /// Part of the name or address, at least 3 characters; case and accents do not matter.
    #[param(example = "rojas", min_length = 3)]
    pub q: Option<String>,
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
    /// Rows of a page, 1 to 100; 25 unless given.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    pub limit: Limit,
}

/// Which organizations are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OrganizationParams {
    /// Only organizations of this desk.
    #[param(example = "soporte")]
    pub desk: Option<String>,
    /// Part of the name; case and accents do not matter.
    #[param(example = "alcaldia")]
    pub q: Option<String>,
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
    /// Rows of a page, 1 to 100; 25 unless given.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    pub limit: Limit,
}

/// Which requests are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AccessRequestParams {
    /// Only requests at this desk.
    #[param(example = "soporte")]
    pub desk: Option<String>,
    /// Only requests that stand here.
    #[param(inline)]
    pub status: Option<AccessRequestStatus>,
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
    /// Rows of a page, 1 to 100; 25 unless given.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    pub limit: Limit,
}
