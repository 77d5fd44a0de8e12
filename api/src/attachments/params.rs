//! Query parameters of uploads.

use serde::Deserialize;
use utoipa::IntoParams;

/// For which desk a file is meant.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct UploadParams {
    /// The desk's address part; its limit of size counts then.
    #[param(example = "soporte")]
    pub desk: Option<String>,
}
