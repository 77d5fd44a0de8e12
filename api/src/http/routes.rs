//! What the API description says about an address, for 404, 405 and 406.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::{OpenApi, RefOr};

/// The addresses and methods of the API, read from its own description.
pub struct RouteTable {
    routes: Vec<Route>,
}

struct Route {
    pattern: ResourceDef,
    /// Methods with whether each can answer something else than JSON.
    methods: Vec<(Method, bool)>,
}

impl RouteTable {
    /// Reads the table from a description.
    pub fn new(api: &OpenApi) -> Self {
        let routes = api
            .paths
            .paths
            .iter()
            .map(|(path, item)| Route {
                pattern: ResourceDef::new(path.as_str()),
                methods: methods(item),
            })
            .collect();
        Self { routes }
    }

    /// The methods that an address knows, as an `Allow` header; none when there is no such address.
    pub fn allowed(&self, path: &str) -> Option<String> {
        let mut names: Vec<&str> = Vec::new();
        for route in self
            .routes
            .iter()
            .filter(|route| route.pattern.is_match(path))
        {
            names.extend(route.methods.iter().map(|(method, _)| method.as_str()));
        }
        names.sort_unstable();
        names.dedup();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Whether this operation answers only JSON.
    pub fn is_json_only(&self, method: &Method, path: &str) -> bool {
        let mut matching = self
            .routes
            .iter()
            .filter(|route| route.pattern.is_match(path));
        matching.any(|route| {
            route
                .methods
                .iter()
                .any(|(known, other)| known == method && !other)
        })
    }
}

fn methods(item: &PathItem) -> Vec<(Method, bool)> {
    let operations = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    let known = operations
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_ref()?)));
    known
        .map(|(method, operation)| {
            let other = operation
                .responses
                .responses
                .values()
                .any(|response| match response {
                    RefOr::T(response) => {
                        response.content.keys().any(|media| !media.contains("json"))
                    }
                    RefOr::Ref(_) => false,
                });
            (method, other)
        })
        .collect()
}
