//! What the API description says about an address, for 404, 405 and 406.

use std::collections::BTreeMap;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;

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
    /// Reads the table from the text of a description.
    ///
    /// # Errors
    /// When the text is no description.
    pub fn read(description: &str) -> Result<Self, serde_json::Error> {
        let Described { paths } = serde_json::from_str(description)?;
        let routes = paths
            .into_iter()
            .map(|(path, item)| Route {
                pattern: ResourceDef::new(path),
                methods: item.methods(),
            })
            .collect();
        Ok(Self { routes })
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

#[derive(Deserialize)]
struct Described {
    paths: BTreeMap<String, Item>,
}

#[derive(Deserialize)]
struct Item {
    get: Option<Operation>,
    post: Option<Operation>,
    put: Option<Operation>,
    patch: Option<Operation>,
    delete: Option<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    responses: BTreeMap<String, Answer>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    content: BTreeMap<String, IgnoredAny>,
}

impl Item {
    fn methods(self) -> Vec<(Method, bool)> {
        let operations = [
            (Method::GET, self.get),
            (Method::POST, self.post),
            (Method::PUT, self.put),
            (Method::PATCH, self.patch),
            (Method::DELETE, self.delete),
        ];
        operations
            .into_iter()
            .filter_map(|(method, operation)| {
                let other = operation?
                    .responses
                    .values()
                    .flat_map(|answer| answer.content.keys())
                    .any(|media| !media.contains("json"));
                Some((method, other))
            })
            .collect()
    }
}
