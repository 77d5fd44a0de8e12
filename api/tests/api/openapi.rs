//! The API description: checked in, complete, and the same as the running routes.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(api::app::api_document()).unwrap()
}

#[test]
fn the_checked_in_description_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/openapi.json");
    let generated = api::app::api_document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == generated,
        "openapi/openapi.json is not what the routes give; run `make openapi` and look at the difference"
    );
}

/// Every operation with its address and method.
pub(crate) fn operations() -> Vec<(String, String, Value)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                found.push((path.clone(), method.to_uppercase(), operation.clone()));
            }
        }
    }
    found
}

#[test]
fn the_description_is_openapi_3_1() {
    assert!(document()["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_described_answers() {
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations() {
        let place = format!("{method} {path}");
        let name = operation["operationId"]
            .as_str()
            .unwrap_or_else(|| panic!("{place} has no operationId"));
        assert!(names.insert(name.to_owned()), "{name} names two operations");
        assert!(
            operation["summary"]
                .as_str()
                .is_some_and(|summary| !summary.is_empty()),
            "{place} has no summary"
        );
        let answers = operation["responses"].as_object().unwrap();
        for (status, answer) in answers {
            assert!(
                answer["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{place} {status} is not described"
            );
            if status.starts_with('4') || status.starts_with('5') {
                assert!(
                    answer["content"]["application/problem+json"].is_object(),
                    "{place} {status} is no problem document"
                );
            }
        }
        assert!(
            answers.keys().any(|status| status.starts_with('2')),
            "{place} has no success"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(
                parameter["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{place}: {} is not described",
                parameter["name"]
            );
        }
    }
    assert!(names.len() > 40, "only {} operations", names.len());
}

#[test]
fn every_field_of_a_request_body_is_described_and_bodies_have_examples() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (path, method, operation) in operations() {
        let Some(reference) =
            operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
        else {
            continue;
        };
        let name = reference.rsplit('/').next().unwrap();
        let schema = &schemas[name];
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let described = property["description"].is_string()
                || property["$ref"].is_string()
                || property["oneOf"].is_array();
            assert!(
                described,
                "{method} {path}: {name}.{field} is not described"
            );
        }
    }
}

#[test]
fn what_needs_a_proof_says_so() {
    let open: BTreeSet<String> = operations()
        .into_iter()
        .filter(|(_, _, operation)| operation.get("security").is_none())
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    // The list of operations that anybody may call; a new one is added here on purpose.
    for name in &open {
        assert!(
            PUBLIC.contains(&name.as_str()),
            "{name} needs no proof; is that meant?"
        );
    }
}

/// Operations that need no bearer: guarded by the browser's cookie, by a proof in the body, or by nothing at all.
pub(crate) const PUBLIC: &[&str] = &[
    "create_access_request",
    "get_challenge",
    "resend_code",
    "verify_code",
    "list_portal_desks",
    "get_portal_desk",
    "create_lookup",
    "end_portal_session",
    "refresh_portal_session",
    "create_session",
    "delete_session",
    "refresh_session",
];

#[test]
fn what_changes_something_says_that_pages_of_other_sites_are_refused() {
    for (path, method, operation) in operations() {
        let described = operation["responses"]["403"].is_object();
        assert!(described || method == "GET", "{method} {path}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "nothing is described as {name}");
    }
}
