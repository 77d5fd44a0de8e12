//! Where slices put their endpoints, so that they can be mounted in two ways: with their description, to write the API
//! document once, and without it, in every thread that serves. Collecting descriptions takes megabytes each time.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa_actix_web::{OpenApiFactory, service_config};

/// The endpoints of a slice, in the order in which they are matched.
#[derive(Default)]
pub struct ServiceConfig {
    endpoints: Vec<Box<dyn Endpoint>>,
}

impl ServiceConfig {
    /// Adds an endpoint or a scope.
    pub fn service(&mut self, endpoint: impl Endpoint + 'static) -> &mut Self {
        self.endpoints.push(Box::new(endpoint));
        self
    }

    /// Adds what a slice's `routes` add.
    pub fn configure(&mut self, routes: impl FnOnce(&mut Self)) -> &mut Self {
        routes(self);
        self
    }

    fn of(routes: impl FnOnce(&mut Self)) -> Self {
        let mut config = Self::default();
        routes(&mut config);
        config
    }

    fn describe_all(self, config: &mut service_config::ServiceConfig<'_>) {
        for endpoint in self.endpoints {
            endpoint.describe(config);
        }
    }

    fn serve_all(self, config: &mut web::ServiceConfig) {
        for endpoint in self.endpoints {
            endpoint.serve(config);
        }
    }
}

/// What can be mounted in both ways.
pub trait Endpoint {
    /// Mounts it with its description.
    fn describe(self: Box<Self>, config: &mut service_config::ServiceConfig<'_>);
    /// Mounts it to be served.
    fn serve(self: Box<Self>, config: &mut web::ServiceConfig);
}

impl<F: HttpServiceFactory + OpenApiFactory + 'static> Endpoint for F {
    fn describe(self: Box<Self>, config: &mut service_config::ServiceConfig<'_>) {
        config.service(*self);
    }

    fn serve(self: Box<Self>, config: &mut web::ServiceConfig) {
        config.service(*self);
    }
}

/// Endpoints below one path.
pub struct Scope {
    path: &'static str,
    inner: ServiceConfig,
}

/// An empty scope below a path such as `/tickets`.
pub fn scope(path: &'static str) -> Scope {
    Scope {
        path,
        inner: ServiceConfig::default(),
    }
}

impl Scope {
    /// Adds an endpoint or a scope.
    #[must_use]
    pub fn service(mut self, endpoint: impl Endpoint + 'static) -> Self {
        self.inner.service(endpoint);
        self
    }

    /// Adds what a slice's `routes` add.
    #[must_use]
    pub fn configure(mut self, routes: impl FnOnce(&mut ServiceConfig)) -> Self {
        self.inner.configure(routes);
        self
    }
}

impl Endpoint for Scope {
    fn describe(self: Box<Self>, config: &mut service_config::ServiceConfig<'_>) {
        let scope = utoipa_actix_web::scope::scope(self.path);
        config.service(scope.configure(|config| self.inner.describe_all(config)));
    }

    fn serve(self: Box<Self>, config: &mut web::ServiceConfig) {
        config.service(web::scope(self.path).configure(|config| self.inner.serve_all(config)));
    }
}

/// Mounts routes with their description.
pub fn describe(
    routes: impl FnOnce(&mut ServiceConfig),
) -> impl FnOnce(&mut service_config::ServiceConfig<'_>) {
    move |config| ServiceConfig::of(routes).describe_all(config)
}

/// Mounts routes to be served.
pub fn serve(routes: impl FnOnce(&mut ServiceConfig)) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| ServiceConfig::of(routes).serve_all(config)
}
