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
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let example = example
            .as_object()
            .unwrap_or_else(|| panic!("{method} {path} has no example"));
        for field in schema["required"].as_array().into_iter().flatten() {
            let field = field.as_str().unwrap();
            assert!(
                example.get(field).is_some_and(|value| !value.is_null()),
                "{method} {path}: the example has no {field}"
            );
        }
        for field in example.keys() {
            assert!(
                schema["properties"][field].is_object(),
                "{method} {path}: the example has {field}, which the body does not take"
            );
        }
    }
}

#[test]
fn what_can_be_not_modified_takes_a_tag_and_names_one() {
    let mut conditional = BTreeSet::new();
    for (path, method, operation) in operations() {
        if operation["responses"]["304"].is_null() {
            continue;
        }
        assert_eq!(method, "GET", "{path}");
        conditional.insert(operation["operationId"].as_str().unwrap().to_owned());
        let takes = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|parameter| parameter["name"] == "If-None-Match" && parameter["in"] == "header");
        assert!(takes, "{path} does not take If-None-Match");
        for status in ["200", "304"] {
            let tag = &operation["responses"][status]["headers"]["ETag"]["description"];
            assert!(tag.is_string(), "{path} {status} names no ETag");
        }
    }
    for name in [
        "count_tickets",
        "download_attachment",
        "download_my_attachment",
        "get_my_ticket",
        "get_person",
        "list_my_tickets",
        "list_tickets",
        "read_desk",
        "read_ticket",
    ] {
        assert!(conditional.contains(name), "{name} is always sent whole");
    }
}

#[test]
fn examples_of_bodies_are_read_as_those_bodies() {
    fn reads<T: serde::de::DeserializeOwned>(example: &Value) -> Result<(), String> {
        serde_json::from_value::<T>(example.clone())
            .map(drop)
            .map_err(|error| error.to_string())
    }
    use shared::api::{agents, people, portal, session, tickets, tokens, vouching};
    for (path, method, operation) in operations() {
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let read = match operation["operationId"].as_str().unwrap() {
            "approve_access_request" => reads::<people::AccessApproval>(example),
            "refuse_access_request" => reads::<people::AccessRefusal>(example),
            "create_agent" => reads::<agents::NewAgent>(example),
            "update_agent" => reads::<agents::AgentPatch>(example),
            "create_organization" => reads::<people::NewOrganization>(example),
            "create_person" => reads::<people::NewPerson>(example),
            "update_person" => reads::<people::PersonPatch>(example),
            "create_access_request" => reads::<people::NewAccessRequest>(example),
            "verify_code" => reads::<portal::CodeProof>(example),
            "create_draft" => reads::<portal::NewDraft>(example),
            "create_lookup" => reads::<portal::NewLookup>(example),
            "rate_my_ticket" => reads::<portal::NewSurvey>(example),
            "create_session" => reads::<session::Login>(example),
            "create_ticket" => reads::<tickets::NewTicket>(example),
            "assign_ticket" => reads::<tickets::NewAssignment>(example),
            "escalate_ticket" => reads::<tickets::NewEscalation>(example),
            "create_message" => reads::<tickets::NewMessage>(example),
            "change_priority" => reads::<tickets::NewPriorityChange>(example),
            "solve_ticket" => reads::<tickets::NewSolution>(example),
            "create_token" => reads::<tokens::NewToken>(example),
            "create_vouched_code" => reads::<vouching::NewVouchedCode>(example),
            _ => Ok(()),
        };
        assert_eq!(read, Ok(()), "{method} {path}: {example}");
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
