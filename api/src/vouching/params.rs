//! Query parameters of vouching.

use serde::Deserialize;
use utoipa::IntoParams;

/// Which draft is wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DraftParams {
    /// The desk's address part.
    #[param(example = "soporte")]
    pub desk: String,
    /// The reference that the caller reads out; case and dashes do not matter.
    #[param(example = "R4TD", min_length = 1, max_length = 32)]
    pub reference: String,
}
