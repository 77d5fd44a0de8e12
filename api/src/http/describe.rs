//! What every operation of the API can answer besides its own answers: written into the description in one place, because
//! the layers around the handlers answer so, whatever the handler.

use shared::api::problem::ProblemType;
use shared::i18n::Lang;
use utoipa::Modify;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterIn};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::problem::PROBLEM_JSON;

/// Adds the problems of the layers around the handlers to every operation that does not name them itself.
pub struct CommonProblems;

impl Modify for CommonProblems {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let with_parameter = path.contains('{');
            let operations: [(HttpMethod, &mut Option<Operation>); 5] = [
                (HttpMethod::Get, &mut item.get),
                (HttpMethod::Post, &mut item.post),
                (HttpMethod::Put, &mut item.put),
                (HttpMethod::Patch, &mut item.patch),
                (HttpMethod::Delete, &mut item.delete),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    complete(operation, method, with_parameter);
                }
            }
        }
    }
}

fn complete(operation: &mut Operation, method: HttpMethod, with_parameter: bool) {
    let mut kinds = vec![
        ProblemType::Malformed,
        ProblemType::NotAcceptable,
        ProblemType::Misdirected,
        ProblemType::RateLimited,
        ProblemType::Internal,
        ProblemType::Unavailable,
    ];
    let has_query = operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
            RefOr::Ref(_) => false,
        });
    if has_query || operation.request_body.is_some() {
        kinds.push(ProblemType::Validation);
    }
    if operation.request_body.is_some() {
        kinds.extend([
            ProblemType::Timeout,
            ProblemType::TooLarge,
            ProblemType::UnsupportedMediaType,
        ]);
    }
    if operation.security.is_some() {
        kinds.extend([ProblemType::Unauthorized, ProblemType::Forbidden]);
    }
    if with_parameter {
        kinds.push(ProblemType::NotFound);
    }
    if method != HttpMethod::Get {
        // Forbidden also without any proof: what comes from a page of another site is refused (`target::check_origin`).
        kinds.extend([
            ProblemType::Forbidden,
            ProblemType::Conflict,
            ProblemType::StorageFull,
        ]);
    }
    for kind in kinds {
        let status = kind.status().to_string();
        operation
            .responses
            .responses
            .entry(status)
            .or_insert_with(|| RefOr::T(response(kind)));
    }
}

fn response(kind: ProblemType) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(kind.title(Lang::En))
        .content(PROBLEM_JSON, content)
        .build()
}
