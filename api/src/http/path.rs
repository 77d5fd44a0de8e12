//! Path parameters.

use std::future::ready;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::ApiError;
use super::order::{Extraction, after_caller};

/// The parameters of the path; 400 when one does not have its shape (a word where a number belongs).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T> Path<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Path<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parsed = web::Path::<T>::from_request(request, payload).into_inner();
        let parsed = parsed.map(|path| Self(path.into_inner())).map_err(|_| {
            ApiError::malformed(
                "Una parte de la dirección no tiene la forma esperada.",
                "A part of the address does not have the expected form.",
            )
        });
        after_caller(request, ready(parsed))
    }
}
