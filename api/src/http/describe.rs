//! What every operation of the API can answer besides its own answers: written into the description in one place, because
//! the layers around the handlers answer so, whatever the handler. Conditional reads and the examples of bodies are written
//! here too: the first follow from the 304 that an operation names, the second from the fields of the body.

use serde_json::{Map, Value, json};
use shared::api::problem::ProblemType;
use shared::i18n::Lang;
use utoipa::Modify;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::{
    ContentBuilder, Object, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, Type,
};

use super::problem::PROBLEM_JSON;

/// Adds the problems of the layers around the handlers to every operation that does not name them itself, what belongs to
/// a conditional read, and an example of each body.
pub struct CommonProblems;

impl Modify for CommonProblems {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = document
            .components
            .as_ref()
            .and_then(|components| serde_json::to_value(&components.schemas).ok())
            .unwrap_or_default();
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
                    describe_tags(operation);
                    add_example(operation, &schemas);
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

/// An operation that can say "not modified" takes `If-None-Match` and names what it answers with in `ETag`.
fn describe_tags(operation: &mut Operation) {
    if operation.responses.responses.contains_key("304") {
        let parameter = ParameterBuilder::new()
            .name("If-None-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "`ETag` of an answer that the caller has; 304 without a body when it would be the same",
            ))
            .schema(Some(Object::with_type(Type::String)))
            .build();
        operation
            .parameters
            .get_or_insert_default()
            .push(RefOr::T(parameter));
    }
    for status in ["200", "304"] {
        let conditional = operation.responses.responses.contains_key("304");
        if let (true, Some(RefOr::T(response))) =
            (conditional, operation.responses.responses.get_mut(status))
        {
            response
                .headers
                .entry("ETag".to_owned())
                .or_insert_with(|| {
                    let mut header = Header::default();
                    header.description = Some(
                    "Names this answer; to be sent in `If-None-Match` when it is asked for again"
                        .to_owned(),
                );
                    RefOr::T(header)
                });
        }
    }
}

/// Gives a JSON body an example, made of those of its fields, unless it has one.
fn add_example(operation: &mut Operation, schemas: &Value) {
    let Some(RefOr::T(body)) = &mut operation.request_body else {
        return;
    };
    if let Some(RefOr::T(content)) = body.content.get_mut("application/json")
        && content.example.is_none()
    {
        let schema = serde_json::to_value(&content.schema).unwrap_or_default();
        content.example = Some(example("", &schema, schemas));
    }
}

/// An example of a value: the schema's own where it has one, otherwise what its type and the field's name say.
fn example(field: &str, schema: &Value, schemas: &Value) -> Value {
    if let Some(given) = schema
        .get("example")
        .or_else(|| schema.pointer("/examples/0"))
    {
        return given.clone();
    }
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|target| target.rsplit('/').next())
    {
        return example(field, &schemas[name], schemas);
    }
    if let Some(first) = schema.pointer("/enum/0") {
        return first.clone();
    }
    let is_null = |choice: &&Value| choice["type"] == "null";
    for several in ["oneOf", "anyOf", "allOf"] {
        let choices = schema[several].as_array();
        if let Some(first) =
            choices.and_then(|choices| choices.iter().find(|choice| !is_null(choice)))
        {
            return example(field, first, schemas);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| **kind != "null"),
        one => Some(one),
    };
    match kind.and_then(Value::as_str) {
        Some("object") => object(schema, schemas),
        // A file must have been sent first, so none is named.
        Some("array") if field == "attachments" => json!([]),
        Some("array") => json!([example(field, &schema["items"], schemas)]),
        Some("integer") if field == "stars" => json!(5),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        _ => json!(word(field, schema["format"].as_str())),
    }
}

/// The fields that a body must have; where it need have none, all that it can have.
fn object(schema: &Value, schemas: &Value) -> Value {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let fields = schema["properties"].as_object().into_iter().flatten();
    let wanted =
        fields.filter(|(name, _)| required.is_empty() || required.contains(&name.as_str()));
    let filled: Map<String, Value> = wanted
        .map(|(name, property)| (name.clone(), example(name, property, schemas)))
        .collect();
    Value::Object(filled)
}

/// What stands in a text field of this name.
fn word(field: &str, format: Option<&str>) -> &'static str {
    match (field, format) {
        (_, Some("uuid")) => "3f8e1a52-6d0c-4b7e-9a41-c2d5f7b80e16",
        (_, Some("date")) => "2026-11-20",
        (_, Some("date-time")) => "2026-11-20T14:30:00Z",
        ("email" | "requester_email", _) => "ana.rojas@example.org",
        ("full_name", _) => "Ana María Rojas",
        ("phone", _) => "601 555 0134",
        ("entity", _) => "Alcaldía de San Roque",
        ("password", _) => "una frase larga y secreta",
        ("code", _) => "48201937",
        ("ticket_code", _) => "INF-1042",
        ("desk", _) => "soporte",
        ("category", _) => "correo",
        ("group", _) => "mesa",
        ("priority", _) => "p3",
        ("impact" | "urgency", _) => "medio",
        ("question", _) => "oportunidad",
        ("subject", _) => "La consola no actualiza las firmas",
        ("message" | "body", _) => "Desde ayer tres equipos no reciben firmas nuevas.",
        ("solution", _) => "Se renovó el certificado y las firmas se actualizan de nuevo.",
        ("comment", _) => "Atención rápida y clara.",
        ("verified", _) => "full_name",
        ("reason" | "justification" | "note" | "diagnosis", _) => "Afecta a un grupo de usuarios.",
        _ => "ejemplo",
    }
}
