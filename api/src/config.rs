//! Settings: what they are, where they come from, and why a wrong one stops the start.
//!
//! Later wins: defaults, the TOML file (`--config`, or `atiende.toml` in the working folder), `ATIENDE_*` variables
//! (nested keys with two underscores: `ATIENDE_SMTP__URL`), flags. Secrets are never settings: they live in
//! `secret_file` and in `smtp.password_file`.

use std::fmt;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use hmac::{Hmac, Mac};
use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::Sha256;
use uuid::Uuid;

/// A setting that cannot be used, in words for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or a variable could not be understood.
    #[error("the settings cannot be read: {0}")]
    Unreadable(Box<figment::Error>),
    /// A value makes no sense or is not safe.
    #[error("setting {name}: {reason}")]
    Invalid {
        /// The setting.
        name: &'static str,
        /// What is wrong and what to write instead.
        reason: String,
    },
    /// A file or folder could not be used.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn invalid(name: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid {
        name,
        reason: reason.into(),
    }
}

/// Everything that can be set, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where tickets are stored.
    pub database: DatabaseSettings,
    /// Folder for the SQLite file, attachments and secrets.
    pub data_dir: PathBuf,
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Threads that serve requests; as many as the machine has cores unless set.
    pub threads: usize,
    /// The address that people use; links in mails are built from it only.
    pub public_url: PublicUrl,
    /// Further host names that may be used to reach the server, such as a container's name for health checks.
    pub allowed_hosts: Vec<String>,
    /// Folder of the built web client.
    pub web_dir: Option<PathBuf>,
    /// File with the server's keys; made at first start.
    pub secret_file: PathBuf,
    /// How mail leaves; none keeps mail in the local mailbox page.
    pub smtp: Option<SmtpSettings>,
    /// Where attachments are kept.
    pub storage: StorageSettings,
    /// Whether `serve` also runs the workers.
    pub workers: bool,
    /// Peers whose `X-Forwarded-For` and `X-Request-Id` are believed.
    pub trusted_proxies: Vec<Network>,
    /// Budgets of requests and sizes.
    pub limits: Limits,
    /// What is logged and how.
    pub log: LogSettings,
}

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `postgres://…`, `sqlite:path` or a path.
    pub url: String,
    /// Connections to PostgreSQL.
    pub pool_size: u32,
    /// Read connections to SQLite.
    pub sqlite_readers: u32,
}

impl DatabaseSettings {
    /// The usual sizes for a database address.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            pool_size: 8,
            sqlite_readers: 4,
        }
    }
}

/// The public address: scheme, host and perhaps a port, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
}

impl PublicUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// When it has a path, a query or a user, or is plain `http` on anything but the loopback.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let url = Url::parse(text).map_err(|error| {
            invalid(
                "public_url",
                format!("{text:?} is not an address ({error})"),
            )
        })?;
        let host = url
            .host_str()
            .ok_or_else(|| invalid("public_url", "has no host"))?;
        if url.path() != "/"
            || url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
        {
            return Err(invalid(
                "public_url",
                "must be only scheme, host and perhaps a port, such as https://help.example.org",
            ));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback_host(host) => {}
            "http" => {
                return Err(invalid(
                    "public_url",
                    "plain http would let others read one-time codes and sessions; use https (behind a proxy that speaks TLS), or a loopback address for a trial",
                ));
            }
            _ => return Err(invalid("public_url", "must begin with https://")),
        }
        Ok(Self { url })
    }

    /// The address without a slash at the end.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// An absolute link to a path that begins with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.as_str())
    }

    /// The host name alone.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether the address can only mean this machine: a trial, not an installation for others.
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(self.host())
    }

    /// Whether browsers reach us through TLS.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }
}

/// Whether a host name or address can only mean this machine.
pub fn is_loopback_host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// How to hand over mail.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Host of the mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// User to sign in as.
    pub user: Option<String>,
    /// Password, read from `smtp.password_file`.
    pub password: Option<Secret>,
    /// `From` of all mail: `Name <address>` or an address.
    pub from: String,
    /// PEM file of a certificate authority to trust beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// How an SMTP connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Not at all; only for a relay on the same machine.
    None,
    /// STARTTLS, required.
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Implicit,
}

/// Where attachments are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageSettings {
    /// A folder of this machine.
    Local(PathBuf),
    /// A bucket of an S3-compatible store.
    S3 {
        /// Address of the service; none means AWS.
        endpoint: Option<String>,
        /// Bucket name.
        bucket: String,
        /// Region name.
        region: String,
        /// Access key.
        access_key: String,
        /// Secret key, read from `storage.s3_secret_key_file`.
        secret_key: Secret,
    },
}

/// A text that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// So many in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// How many.
    pub count: u32,
    /// In how many seconds.
    pub seconds: u32,
}

/// Budgets of requests and sizes. Multiply the counts for load tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Failed sign-ins to one agent account from one client network.
    pub login_per_account: Budget,
    /// Failed sign-ins per client network (/24 of IPv4, /56 of IPv6).
    pub login_per_prefix: Budget,
    /// Failed sign-ins to one agent account from anywhere; beyond it they are slowed down, and refused where the wait would be long.
    pub login_ceiling: Budget,
    /// One-time codes asked for per client network.
    pub code_ask_per_prefix: Budget,
    /// One-time codes mailed to one address; more asks are answered alike but send nothing. Those that are asked for with a
    /// session of the address count apart.
    pub code_ask_per_address: Budget,
    /// One-time codes tried per client network.
    pub code_try_per_prefix: Budget,
    /// Access requests per client network.
    pub access_request_per_prefix: Budget,
    /// Uploads per agent or requester with a session.
    pub upload: Budget,
    /// Uploads without a session per client network.
    pub upload_per_prefix: Budget,
    /// Ticket forms sent for one requester from one client network.
    pub create_per_requester: Budget,
    /// Tickets recorded by one agent or API token.
    pub create_per_agent: Budget,
    /// Calls with one API token.
    pub token: Budget,
    /// Searches per caller.
    pub search: Budget,
    /// Reads per caller with an access token, and of all others together per client network.
    pub read: Budget,
    /// Writes per caller with an access token, and of all others together per client network.
    pub write: Budget,
    /// Bytes of a JSON body.
    pub json_bytes: usize,
    /// Bytes of one attachment.
    pub file_bytes: u64,
    /// Attachments of one message.
    pub files_per_message: usize,
    /// Bytes of all attachments of one ticket.
    pub ticket_bytes: u64,
    /// Bytes of uploads that wait for their message, of one agent, requester or client network.
    pub waiting_bytes_per_client: u64,
    /// Bytes of all uploads of browsers without a session that wait for their message.
    pub waiting_bytes: u64,
    /// Bytes of pages and counts of the queue that are kept until something is written; 0 keeps none.
    pub kept_bytes: usize,
    /// Bytes of rows of the queue that are kept until their tickets change; 0 keeps none, and less than a page takes (some
    /// 100 000) is of no use.
    pub kept_row_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let budget = |count, seconds| Budget { count, seconds };
        Self {
            login_per_account: budget(10, 900),
            login_per_prefix: budget(60, 900),
            login_ceiling: budget(100, 900),
            code_ask_per_prefix: budget(60, 3600),
            code_ask_per_address: budget(5, 3600),
            code_try_per_prefix: budget(120, 900),
            access_request_per_prefix: budget(20, 3600),
            upload: budget(120, 3600),
            upload_per_prefix: budget(240, 3600),
            create_per_requester: budget(30, 3600),
            create_per_agent: budget(300, 3600),
            token: budget(600, 60),
            search: budget(60, 60),
            read: budget(1200, 60),
            write: budget(300, 60),
            json_bytes: 1024 * 1024,
            file_bytes: 30 * 1024 * 1024,
            files_per_message: 20,
            ticket_bytes: 200 * 1024 * 1024,
            waiting_bytes_per_client: 2 * 1024 * 1024 * 1024,
            waiting_bytes: 20 * 1024 * 1024 * 1024,
            kept_bytes: 4 * 1024 * 1024,
            kept_row_bytes: 8 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// Budgets so large that they are never met, for tests and load runs.
    pub fn unlimited() -> Self {
        let budget = Budget {
            count: 1_000_000,
            seconds: 1,
        };
        Self {
            login_per_account: budget,
            login_per_prefix: budget,
            login_ceiling: budget,
            code_ask_per_prefix: budget,
            code_try_per_prefix: budget,
            access_request_per_prefix: budget,
            upload: budget,
            upload_per_prefix: budget,
            create_per_requester: budget,
            create_per_agent: budget,
            token: budget,
            search: budget,
            read: budget,
            write: budget,
            ..Self::default()
        }
    }
}

/// What is logged and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// One JSON object per line, or text for a terminal.
    pub format: LogFormat,
    /// Filter such as `info` or `info,api::mail=debug`.
    pub filter: String,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For a log collector.
    Json,
}

/// A block of addresses such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `address/bits`, or a single address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().ok()?;
        let widest = if base.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match bits {
            Some(bits) => bits.parse().ok()?,
            None => widest,
        };
        (prefix <= widest).then_some(Self { base, prefix })
    }

    /// Whether the address lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => same_prefix(
                u32::from(base).into(),
                u32::from(address).into(),
                32,
                self.prefix,
            ),
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                same_prefix(base.into(), address.into(), 128, self.prefix)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn same_prefix(a: u128, b: u128, width: u8, prefix: u8) -> bool {
    let shift = u32::from(width - prefix);
    (a ^ b).checked_shr(shift).unwrap_or(0) == 0
}

/// The settings as written in the file and the environment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSettings {
    database_url: Option<String>,
    database_pool_size: Option<u32>,
    data_dir: Option<PathBuf>,
    listen: Option<String>,
    threads: Option<usize>,
    public_url: Option<String>,
    #[serde(deserialize_with = "list")]
    allowed_hosts: Vec<String>,
    web_dir: Option<PathBuf>,
    secret_file: Option<PathBuf>,
    smtp: Option<RawSmtp>,
    storage: RawStorage,
    workers: Option<bool>,
    #[serde(deserialize_with = "list")]
    trusted_proxies: Vec<String>,
    limits: Limits,
    log_format: LogFormat,
    log: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSmtp {
    url: String,
    #[serde(default)]
    tls: SmtpTls,
    user: Option<String>,
    password_file: Option<PathBuf>,
    from: String,
    ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawStorage {
    folder: Option<PathBuf>,
    s3_endpoint: Option<String>,
    s3_bucket: Option<String>,
    s3_region: Option<String>,
    s3_access_key: Option<String>,
    s3_secret_key_file: Option<PathBuf>,
}

/// What the command line may override.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Overrides {
    /// Settings file (TOML); `atiende.toml` is read when it is there.
    #[arg(long, global = true, value_name = "FILE", env = "ATIENDE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Database: postgres://… or the path of an SQLite file.
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Folder for the database file, attachments and secrets.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Form of log lines.
    #[arg(long, global = true, value_enum)]
    pub log_format: Option<LogFormat>,
    /// Address and port to listen on.
    #[arg(skip)]
    pub listen: Option<String>,
    /// Address that people use.
    #[arg(skip)]
    pub public_url: Option<String>,
}

impl Settings {
    /// Reads and checks all sources.
    ///
    /// # Errors
    /// In words that name the setting and say what to write instead.
    pub fn load(overrides: &Overrides) -> Result<Self, ConfigError> {
        let file = overrides
            .config
            .clone()
            .unwrap_or_else(|| PathBuf::from("atiende.toml"));
        let mut figment = Figment::from(Serialized::defaults(RawSettings::default()));
        if overrides.config.is_some() && !file.exists() {
            return Err(ConfigError::File {
                path: file,
                source: std::io::ErrorKind::NotFound.into(),
            });
        }
        if file.exists() {
            figment = figment.merge(Toml::file_exact(&file));
        }
        let environment = Env::prefixed("ATIENDE_")
            .filter(|key| is_setting(key.as_str()))
            .split("__");
        let raw: RawSettings = figment
            .merge(environment)
            .extract()
            .map_err(|error| ConfigError::Unreadable(Box::new(error)))?;
        Self::check(raw, overrides)
    }

    /// Settings for a server of a test: SQLite or the given database, everything under `data_dir`, no limits.
    pub fn for_tests(
        data_dir: &Path,
        database_url: Option<&str>,
        public_url: &str,
    ) -> Result<Self, ConfigError> {
        let raw = RawSettings {
            data_dir: Some(data_dir.to_owned()),
            database_url: database_url.map(str::to_owned),
            public_url: Some(public_url.to_owned()),
            limits: Limits::unlimited(),
            listen: Some("127.0.0.1:0".to_owned()),
            threads: Some(1),
            workers: Some(false),
            ..RawSettings::default()
        };
        Self::check(raw, &Overrides::default())
    }

    /// What is allowed but hardly meant, in words for the person at the terminal.
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if self.smtp.is_none() && !self.public_url.is_loopback() {
            warnings.push(
                "no mail leaves this server: smtp.url is not set although public_url is for others. One-time codes stay in the local mailbox, which only administrators can read",
            );
        }
        if self.public_url.is_https() && self.trusted_proxies.is_empty() {
            warnings.push(
                "public_url is https, which a reverse proxy speaks, but trusted_proxies is empty: everybody seems to come from the proxy's address and shares its budgets. Name the proxy's address there",
            );
        }
        warnings
    }

    fn check(raw: RawSettings, overrides: &Overrides) -> Result<Self, ConfigError> {
        let data_dir = overrides
            .data_dir
            .clone()
            .or(raw.data_dir)
            .unwrap_or_else(|| PathBuf::from("data"));
        let listen = overrides
            .listen
            .clone()
            .or(raw.listen)
            .unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let listen: SocketAddr = listen.parse().map_err(|_| {
            invalid(
                "listen",
                format!("{listen:?} is not an address with a port, such as 127.0.0.1:8080"),
            )
        })?;
        let public_url = overrides
            .public_url
            .clone()
            .or(raw.public_url)
            .unwrap_or_else(|| format!("http://localhost:{}", listen.port()));
        let database_url = overrides
            .database_url
            .clone()
            .or(raw.database_url)
            .unwrap_or_else(|| data_dir.join("atiende.db").to_string_lossy().into_owned());
        let pool_size = raw.database_pool_size.unwrap_or(8);
        if !(1..=200).contains(&pool_size) {
            return Err(invalid("database_pool_size", "must lie between 1 and 200"));
        }
        let mut trusted_proxies = Vec::new();
        for text in &raw.trusted_proxies {
            let network = Network::parse(text).ok_or_else(|| {
                invalid(
                    "trusted_proxies",
                    format!("{text:?} is neither an address nor a block such as 10.0.0.0/8"),
                )
            })?;
            trusted_proxies.push(network);
        }
        check_limits(&raw.limits)?;
        Ok(Self {
            database: DatabaseSettings {
                pool_size,
                ..DatabaseSettings::new(database_url)
            },
            listen,
            threads: raw
                .threads
                .unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from))
                .max(1),
            public_url: PublicUrl::parse(&public_url)?,
            allowed_hosts: raw.allowed_hosts,
            web_dir: raw.web_dir.or_else(default_web_dir),
            secret_file: raw
                .secret_file
                .unwrap_or_else(|| data_dir.join("secrets.toml")),
            smtp: raw.smtp.map(check_smtp).transpose()?,
            storage: check_storage(raw.storage, &data_dir)?,
            workers: raw.workers.unwrap_or(true),
            trusted_proxies,
            limits: raw.limits,
            log: LogSettings {
                format: overrides.log_format.unwrap_or(raw.log_format),
                filter: raw.log.unwrap_or_else(|| USUAL_LOG.to_owned()),
            },
            data_dir,
        })
    }
}

/// What is logged unless told otherwise: our own events, and the server's only when something is wrong.
const USUAL_LOG: &str = "info,actix_server=warn";

/// Variables with our prefix that are no settings: the settings file itself, and those of builds and tests.
fn is_setting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !matches!(name.as_str(), "config" | "cache" | "target")
        && !name.starts_with("test_")
        && !name.starts_with("e2e_")
}

/// A list, or one text with commas, which is easier to write in a variable.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::List(items) => items,
        Written::Text(text) => {
            let items = text.split(',').map(str::trim);
            items
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        }
    })
}

fn default_web_dir() -> Option<PathBuf> {
    ["web/dist", "/usr/share/atiende/web"]
        .into_iter()
        .map(PathBuf::from)
        .find(|folder| folder.is_dir())
}

fn check_limits(limits: &Limits) -> Result<(), ConfigError> {
    let budgets = [
        limits.login_per_account,
        limits.login_per_prefix,
        limits.login_ceiling,
        limits.code_ask_per_prefix,
        limits.code_ask_per_address,
        limits.code_try_per_prefix,
        limits.access_request_per_prefix,
        limits.upload,
        limits.upload_per_prefix,
        limits.create_per_requester,
        limits.create_per_agent,
        limits.token,
        limits.search,
        limits.read,
        limits.write,
    ];
    if budgets
        .iter()
        .any(|budget| budget.count == 0 || budget.seconds == 0)
    {
        return Err(invalid("limits", "count and seconds must be at least 1"));
    }
    if limits.json_bytes < 1024 || limits.file_bytes == 0 {
        return Err(invalid(
            "limits",
            "json_bytes must be at least 1024 and file_bytes at least 1",
        ));
    }
    Ok(())
}

fn check_smtp(raw: RawSmtp) -> Result<SmtpSettings, ConfigError> {
    let url = Url::parse(&raw.url).map_err(|error| {
        invalid(
            "smtp.url",
            format!("{:?} is not an address ({error})", raw.url),
        )
    })?;
    if url.scheme() != "smtp" || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "smtp.url",
            "write it as smtp://host:port, and the sign-in as smtp.user and smtp.password_file",
        ));
    }
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or_else(|| invalid("smtp.url", "has no host"))?
        .to_owned();
    let usual_port = match raw.tls {
        SmtpTls::None => 25,
        SmtpTls::Starttls => 587,
        SmtpTls::Implicit => 465,
    };
    if raw.tls == SmtpTls::None && raw.user.is_some() && !is_loopback_host(&host) {
        return Err(invalid(
            "smtp.tls",
            "a password must not travel unprotected; use starttls or implicit",
        ));
    }
    let password = raw.password_file.as_deref().map(read_secret).transpose()?;
    if raw.user.is_some() != password.is_some() {
        return Err(invalid(
            "smtp.user",
            "smtp.user and smtp.password_file belong together",
        ));
    }
    if !raw.from.contains('@') || raw.from.contains(['\r', '\n']) {
        return Err(invalid(
            "smtp.from",
            "must be a mail address, or a name with the address in angle brackets",
        ));
    }
    Ok(SmtpSettings {
        host,
        port: url.port().unwrap_or(usual_port),
        tls: raw.tls,
        user: raw.user,
        password,
        from: raw.from,
        ca_file: raw.ca_file,
    })
}

fn check_storage(raw: RawStorage, data_dir: &Path) -> Result<StorageSettings, ConfigError> {
    let Some(bucket) = raw.s3_bucket else {
        return Ok(StorageSettings::Local(
            raw.folder.unwrap_or_else(|| data_dir.join("files")),
        ));
    };
    let access_key = raw
        .s3_access_key
        .ok_or_else(|| invalid("storage.s3_access_key", "is needed with storage.s3_bucket"))?;
    let file = raw.s3_secret_key_file.ok_or_else(|| {
        invalid(
            "storage.s3_secret_key_file",
            "is needed with storage.s3_bucket",
        )
    })?;
    Ok(StorageSettings::S3 {
        endpoint: raw.s3_endpoint,
        bucket,
        region: raw.s3_region.unwrap_or_else(|| "us-east-1".to_owned()),
        access_key,
        secret_key: read_secret(&file)?,
    })
}

fn read_secret(path: &Path) -> Result<Secret, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// Makes a folder that only its owner can open (0700).
pub fn create_private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// The server's keys. All of them hang on `secret_file`; losing it ends all sessions, nothing more.
#[derive(Clone)]
pub struct SecretKeys {
    master: Vec<u8>,
    jwt: Vec<JwtKey>,
}

/// A key that signs access tokens; the first signs, all verify.
#[derive(Clone)]
pub struct JwtKey {
    /// Names the key in a token's header.
    pub kid: String,
    /// 256 random bits.
    pub key: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSecrets {
    master: String,
    jwt: Vec<RawJwtKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawJwtKey {
    kid: String,
    key: String,
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKeys(***)")
    }
}

impl SecretKeys {
    /// Reads the file, making it with random keys (mode 0600) when it is not there.
    ///
    /// # Errors
    /// When the file cannot be read, made or understood.
    pub fn load_or_create(path: &Path) -> Result<Self, ConfigError> {
        if !path.exists() {
            create_secrets(path).map_err(|source| ConfigError::File {
                path: path.to_owned(),
                source,
            })?;
        }
        let raw: RawSecrets = Figment::from(Toml::file_exact(path))
            .extract()
            .map_err(|_| {
                invalid(
                    "secret_file",
                    format!("{} is not a file of keys", path.display()),
                )
            })?;
        let decode = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
            if bytes.len() < 32 {
                Err(invalid("secret_file", "a key is shorter than 256 bits"))
            } else {
                Ok(bytes)
            }
        };
        let mut jwt = Vec::new();
        for key in raw.jwt {
            jwt.push(JwtKey {
                key: decode(&key.key)?,
                kid: key.kid,
            });
        }
        if jwt.is_empty() {
            return Err(invalid("secret_file", "has no jwt key"));
        }
        Ok(Self {
            master: decode(&raw.master)?,
            jwt,
        })
    }

    /// Random keys that are stored nowhere, for tests and for printing the API description.
    pub fn random() -> Self {
        Self {
            master: random_bytes::<32>().to_vec(),
            jwt: vec![JwtKey {
                kid: "test".to_owned(),
                key: random_bytes::<32>().to_vec(),
            }],
        }
    }

    /// A key for one purpose, the same at every start; two purposes never share one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac_sha256(&self.master, &[purpose.as_bytes()])
    }

    /// The keys of access tokens.
    pub fn jwt(&self) -> &[JwtKey] {
        &self.jwt
    }
}

fn create_secrets(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        create_private_folder(folder)?;
    }
    let random = || URL_SAFE_NO_PAD.encode(random_bytes::<32>());
    let kid = Uuid::new_v4().simple().to_string();
    let text = format!(
        "master = \"{}\"\n\n# The first key signs; all verify. To change keys put a new one first.\n[[jwt]]\nkid = \"{kid}\"\nkey = \"{}\"\n",
        random(),
        random()
    );
    let draft = path.with_extension(format!("{kid}.tmp"));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A link fails when another process was faster: its keys then count.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Bytes that nobody can guess.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// HMAC-SHA256 over the parts, each preceded by its length so that parts cannot be shifted.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_over_plain_http_is_refused_except_on_the_loopback() {
        for good in [
            "https://help.example.org",
            "http://localhost:8080",
            "http://127.0.0.1:80",
            "http://[::1]:8080",
        ] {
            assert!(PublicUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://help.example.org",
            "https://help.example.org/portal",
            "https://a:b@example.org",
            "ftp://localhost",
            "nonsense",
            "https://example.org?x=1",
        ] {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_contain_their_addresses_and_no_others() {
        let check = |network: &str, address: &str| {
            Network::parse(network)
                .unwrap()
                .contains(address.parse().unwrap())
        };
        assert!(check("10.0.0.0/8", "10.255.0.1"));
        assert!(check("10.0.0.0/8", "::ffff:10.1.1.1"));
        assert!(!check("10.0.0.0/8", "11.0.0.1"));
        assert!(check("0.0.0.0/0", "203.0.113.9"));
        assert!(!check("0.0.0.0/0", "2001:db8::1"));
        assert!(check("2001:db8::/32", "2001:db8:1::1"));
        assert!(check("192.0.2.7", "192.0.2.7"));
        assert!(Network::parse("10.0.0.0/33").is_none());
        assert!(Network::parse("proxy").is_none());
    }

    /// Settings as a file gives them.
    fn from_file(text: &str) -> Result<Settings, ConfigError> {
        let path = std::env::temp_dir().join(format!("atiende-settings-{}.toml", Uuid::new_v4()));
        std::fs::write(&path, text).unwrap();
        let overrides = Overrides {
            config: Some(path.clone()),
            ..Overrides::default()
        };
        let settings = Settings::load(&overrides);
        std::fs::remove_file(path).unwrap();
        settings
    }

    #[test]
    fn a_settings_file_is_read_whole_and_the_usual_fills_the_rest() {
        let settings = from_file(
            "public_url = \"https://help.example.org\"\ntrusted_proxies = \"10.0.0.0/8, 192.0.2.7\"\n\
             allowed_hosts = [\"atiende\"]\nlog_format = \"json\"\n[limits.read]\ncount = 9\nseconds = 3\n\
             [smtp]\nurl = \"smtp://mail.example.org\"\nfrom = \"Mesa <mesa@example.org>\"\n",
        )
        .unwrap();
        assert_eq!(
            settings.public_url.link("/soporte"),
            "https://help.example.org/soporte"
        );
        assert_eq!(settings.trusted_proxies.len(), 2);
        assert_eq!(settings.allowed_hosts, ["atiende"]);
        assert_eq!(settings.log.format, LogFormat::Json);
        assert_eq!(
            settings.limits.read,
            Budget {
                count: 9,
                seconds: 3
            }
        );
        assert_eq!(settings.limits.write, Limits::default().write);
        assert_eq!(settings.smtp.map(|smtp| smtp.port), Some(587));
        assert_eq!(
            settings.storage,
            StorageSettings::Local(PathBuf::from("data/files"))
        );
        assert_eq!(settings.database.url, "data/atiende.db");
    }

    #[test]
    fn a_wrong_setting_stops_the_start_and_is_named() {
        let cases = [
            ("databse_url = \"x\"", "databse_url"),
            ("listen = \"here\"", "listen"),
            ("public_url = \"http://help.example.org\"", "public_url"),
            ("trusted_proxies = [\"proxy\"]", "trusted_proxies"),
            ("database_pool_size = 0", "database_pool_size"),
            ("[limits.read]\ncount = 0\nseconds = 1", "limits"),
            (
                "[smtp]\nurl = \"mail\"\nfrom = \"a@example.org\"",
                "smtp.url",
            ),
            (
                "[smtp]\nurl = \"smtp://localhost\"\nfrom = \"nobody\"",
                "smtp.from",
            ),
            ("[storage]\ns3_bucket = \"files\"", "storage.s3_access_key"),
        ];
        for (text, name) in cases {
            let error = from_file(text).unwrap_err().to_string();
            assert!(error.contains(name), "{text}: {error}");
        }
        let missing = Overrides {
            config: Some(PathBuf::from("/nowhere/atiende.toml")),
            ..Overrides::default()
        };
        assert!(matches!(
            Settings::load(&missing),
            Err(ConfigError::File { .. })
        ));
    }

    #[test]
    fn variables_of_builds_and_tests_are_no_settings() {
        for name in ["DATABASE_URL", "SMTP__URL", "LISTEN"] {
            assert!(is_setting(name), "{name}");
        }
        for name in [
            "CONFIG",
            "TEST_POSTGRES_URL",
            "E2E_BROWSER",
            "CACHE",
            "TARGET",
        ] {
            assert!(!is_setting(name), "{name}");
        }
    }

    #[test]
    fn the_key_file_is_private_and_gives_the_same_keys_again() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("atiende-{}", Uuid::new_v4()));
        let path = folder.join("secrets.toml");
        let first = SecretKeys::load_or_create(&path).unwrap();
        let second = SecretKeys::load_or_create(&path).unwrap();
        assert_eq!(first.derive("cursor"), second.derive("cursor"));
        assert_ne!(first.derive("cursor"), first.derive("code"));
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_address_for_others_without_a_mail_server_or_a_known_proxy_is_warned_about() {
        let warnings = |text: &str| from_file(text).unwrap().warnings().join("\n");
        let (smtp, proxy, https) = (
            "[smtp]\nurl = \"smtp://mail.example.org\"\nfrom = \"mesa@example.org\"\n",
            "trusted_proxies = [\"127.0.0.1\"]\n",
            "public_url = \"https://help.example.org\"\n",
        );
        let no_mail = warnings(&format!("{https}{proxy}"));
        assert!(no_mail.contains("smtp.url") && !no_mail.contains("trusted_proxies"));
        let no_proxy = warnings(&format!("{https}{smtp}"));
        assert!(no_proxy.contains("trusted_proxies") && !no_proxy.contains("smtp.url"));
        assert_eq!(warnings(&format!("{https}{proxy}{smtp}")), "");
        assert_eq!(warnings("public_url = \"http://localhost:8080\"\n"), "");
    }

    #[test]
    fn a_mail_password_never_travels_or_prints_in_clear() {
        let raw = RawSmtp {
            url: "smtp://mail.example.org".to_owned(),
            tls: SmtpTls::None,
            user: Some("desk".to_owned()),
            password_file: None,
            from: "desk@example.org".to_owned(),
            ca_file: None,
        };
        assert!(check_smtp(raw).is_err());
        assert_eq!(format!("{:?}", Secret::new("hidden")), "***");
    }
}
