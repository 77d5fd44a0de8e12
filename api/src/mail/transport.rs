//! Handing a mail over: to an SMTP server, or to the local mailbox while none is configured.

use std::error::Error as StdError;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::render::OutgoingMail;
use super::{RenderError, store};
use crate::config::{Settings, SmtpSettings, SmtpTls, is_loopback_host};
use crate::db::{Db, DbError};

/// Longest wait for one answer of the server.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time for one whole mail; the worker's lease is longer.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(90);
/// Connections kept open, also the number of mails under way at once.
pub const CONNECTIONS: u32 = 4;
/// Most of a server's answer that is kept, in characters.
const ERROR_MAX: usize = 500;

/// The way out for mail; cheap to clone.
#[derive(Clone)]
pub enum Transport {
    /// To a mail server.
    Smtp {
        /// Pooled connections.
        smtp: AsyncSmtpTransport<Tokio1Executor>,
        /// Address that all mail comes from; the name beside it is the desk's.
        sender: Address,
    },
    /// To the table that the mailbox page shows.
    Local {
        /// Where the table is.
        db: Db,
        /// Address that the mails seem to come from.
        sender: String,
    },
}

/// Settings that no mail can be sent with.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// An unprotected connection to another machine.
    #[error(
        "smtp.tls = \"none\" is only for a mail server on this machine; use starttls or implicit"
    )]
    Unprotected,
    /// The sender's address is none.
    #[error("smtp.from is not a mail address")]
    Sender,
    /// The file of the certificate authority cannot be used.
    #[error("smtp.ca_file cannot be used: {0}")]
    CaFile(String),
    /// TLS could not be set up.
    #[error("TLS for mail could not be set up: {0}")]
    Tls(String),
}

/// Why a mail was not taken. The text is what the server said, shortened; it is kept in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// No server to talk to: not reachable, no TLS, no sign-in. Says nothing about this mail.
    #[error("{0}")]
    Unreachable(String),
    /// The server asks to try again, or the line was cut on the way: it may or may not have taken the mail.
    #[error("{0}")]
    Temporary(String),
    /// The server will never take this mail.
    #[error("{0}")]
    Permanent(String),
    /// The local mailbox could not be written.
    #[error("the local mailbox could not be written")]
    Database(#[source] DbError),
}

impl Transport {
    /// The transport that the settings ask for.
    ///
    /// # Errors
    /// [`TransportError`] in words for the person at the terminal. The server is not contacted yet.
    pub fn new(settings: &Settings, db: &Db) -> Result<Self, TransportError> {
        match &settings.smtp {
            Some(smtp) => Self::smtp(smtp, settings.public_url.host()),
            None => Ok(Self::Local {
                db: db.clone(),
                sender: format!("atiende@{}", settings.public_url.host()),
            }),
        }
    }

    fn smtp(settings: &SmtpSettings, hello_name: &str) -> Result<Self, TransportError> {
        let sender: Mailbox = settings.from.parse().map_err(|_| TransportError::Sender)?;
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
                .port(settings.port)
                .tls(tls(settings)?)
                .hello_name(ClientId::Domain(hello_name.to_owned()))
                .timeout(Some(COMMAND_TIMEOUT))
                .pool_config(PoolConfig::new().max_size(CONNECTIONS));
        if let (Some(user), Some(password)) = (&settings.user, &settings.password) {
            builder =
                builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self::Smtp {
            smtp: builder.build(),
            sender: sender.email,
        })
    }

    /// Hands over one mail. `now` is when the local mailbox says that it arrived.
    ///
    /// # Errors
    /// [`DeliveryError`] says whether trying again makes sense.
    pub async fn deliver(
        &self,
        mail: &OutgoingMail,
        now: DateTime<Utc>,
    ) -> Result<(), DeliveryError> {
        match self {
            Self::Smtp { smtp, sender } => send(smtp, sender, mail).await,
            Self::Local { db, sender } => {
                let row = store::NewLocalMail::new(mail, sender, now);
                db.write(move |conn| Ok(store::insert(conn, &row)?))
                    .await
                    .map_err(DeliveryError::Database)
            }
        }
    }
}

fn tls(settings: &SmtpSettings) -> Result<Tls, TransportError> {
    match settings.tls {
        SmtpTls::None if is_loopback_host(&settings.host) => Ok(Tls::None),
        SmtpTls::None => Err(TransportError::Unprotected),
        SmtpTls::Starttls => Ok(Tls::Required(tls_parameters(settings)?)),
        SmtpTls::Implicit => Ok(Tls::Wrapper(tls_parameters(settings)?)),
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, TransportError> {
    let Some(path) = &settings.ca_file else {
        return TlsParameters::new(settings.host.clone())
            .map_err(|error| TransportError::Tls(chain(&error)));
    };
    let pem = std::fs::read(path).map_err(|error| TransportError::CaFile(error.to_string()))?;
    let ca = Certificate::from_pem(&pem).map_err(|error| TransportError::CaFile(chain(&error)))?;
    let with_system = TlsParameters::builder(settings.host.clone())
        .add_root_certificate(ca.clone())
        .build();
    // A machine without any system certificates still has the file.
    let alone = || {
        TlsParameters::builder(settings.host.clone())
            .certificate_store(CertificateStore::None)
            .add_root_certificate(ca)
            .build()
    };
    with_system
        .or_else(|_| alone())
        .map_err(|error| TransportError::Tls(chain(&error)))
}

async fn send(
    smtp: &AsyncSmtpTransport<Tokio1Executor>,
    sender: &Address,
    mail: &OutgoingMail,
) -> Result<(), DeliveryError> {
    let message = mail
        .message(sender)
        .map_err(|error: RenderError| DeliveryError::Permanent(error.to_string()))?;
    let error = match tokio::time::timeout(SEND_TIMEOUT, smtp.send(message)).await {
        Ok(Ok(_)) => {
            // The connection goes back to the pool in a task of its own. Let that run before the next mail asks for one, or
            // it opens another, and there are more than the pool keeps.
            tokio::task::yield_now().await;
            return Ok(());
        }
        Ok(Err(error)) => error,
        Err(_) => {
            return Err(DeliveryError::Temporary(
                "the mail server did not take the mail in time".to_owned(),
            ));
        }
    };
    let words = chain(&error);
    // A refused sign-in or greeting looks like a refused mail; a second hello tells them apart, so that a wrong password
    // does not bury the mails.
    if !can_talk_to(smtp).await {
        Err(DeliveryError::Unreachable(words))
    } else if error.is_permanent() {
        Err(DeliveryError::Permanent(words))
    } else {
        Err(DeliveryError::Temporary(words))
    }
}

async fn can_talk_to(smtp: &AsyncSmtpTransport<Tokio1Executor>) -> bool {
    let test = tokio::time::timeout(COMMAND_TIMEOUT, smtp.test_connection()).await;
    matches!(test, Ok(Ok(true)))
}

/// An error and its causes in one line.
fn chain(error: &dyn StdError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some libraries repeat the cause in their own words.
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = error.source();
    }
    super::layout::shortened(&super::layout::one_line(&words), ERROR_MAX)
}
