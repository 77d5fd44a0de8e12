//! A mail server for tests: it speaks real SMTP over a real socket, with STARTTLS, TLS from the first byte and sign-in,
//! keeps what it takes, and misbehaves as told. It delivers nothing.
//!
//! Faults are played in the order of [`SmtpSink::script`], one per mail; after the script it behaves. Two things last
//! until they are taken back: [`SmtpSink::shut`] (greets with 421) and [`Fault::Hold`] (waits for [`SmtpSink::release`]).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Longest wait for mail that a test expects; only ever spent by a test that fails.
const PATIENCE: Duration = Duration::from_secs(20);
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkTls {
    /// Not at all.
    None,
    /// STARTTLS; nothing else is possible before it.
    Starttls,
    /// From the first byte.
    Implicit,
}

/// What goes wrong with one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The recipient is answered with this code.
    Recipient(u16),
    /// The content is answered with this code and not kept.
    Content(u16),
    /// The connection is cut before the content arrived; nothing is kept.
    CutBeforeData,
    /// The content is kept, and the connection cut instead of an answer.
    CutAfterData,
    /// The content is kept, and the answer waits for [`SmtpSink::release`].
    Hold,
}

/// A mail as it came over the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMail {
    /// Address of `MAIL FROM`.
    pub from: String,
    /// Addresses of `RCPT TO`.
    pub to: Vec<String>,
    /// Header and body, without the dot that SMTP adds to lines beginning with one.
    pub data: Vec<u8>,
    /// Whether it came through TLS.
    pub protected: bool,
    /// Who had signed in.
    pub user: Option<String>,
}

impl ReceivedMail {
    /// The mail as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    /// A header field, unfolded and otherwise as it was written; empty when it is not there.
    pub fn header(&self, name: &str) -> String {
        let text = self.text();
        let head = text
            .split("\r\n\r\n")
            .next()
            .unwrap_or_default()
            .replace("\r\n ", " ")
            .replace("\r\n\t", " ");
        let prefix = format!("{}:", name.to_ascii_lowercase());
        let line = head
            .split("\r\n")
            .find(|line| line.to_ascii_lowercase().starts_with(&prefix));
        line.map(|line| line[prefix.len()..].trim().to_owned())
            .unwrap_or_default()
    }
}

#[derive(Default)]
struct State {
    mails: Vec<ReceivedMail>,
    script: VecDeque<Fault>,
    credentials: Option<(String, String)>,
    shut: bool,
    connections: usize,
}

struct Shared {
    state: Mutex<State>,
    arrived: Notify,
    released: Notify,
    tls: Option<TlsAcceptor>,
    kind: SinkTls,
}

/// A running mail server; it ends when it is dropped.
pub struct SmtpSink {
    address: SocketAddr,
    ca_pem: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl SmtpSink {
    /// Starts on a free port of the loopback.
    pub async fn start(kind: SinkTls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (ca_pem, acceptor) = certificates();
        let tls = (kind != SinkTls::None).then_some(acceptor);
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            arrived: Notify::new(),
            released: Notify::new(),
            tls,
            kind,
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self {
            address,
            ca_pem,
            shared,
            task,
        }
    }

    /// Its port on the loopback; the certificate is for `localhost`.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The certificate authority to trust, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Demands a sign-in with these words.
    pub fn require(&self, user: &str, password: &str) {
        self.state().credentials = Some((user.to_owned(), password.to_owned()));
    }

    /// Adds faults for the next mails.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().script.extend(faults);
    }

    /// Takes back the faults that were not played yet.
    pub fn forget_script(&self) {
        self.state().script.clear();
    }

    /// Refuses new connections with 421 (`true`), or takes them again.
    pub fn shut(&self, shut: bool) {
        self.state().shut = shut;
    }

    /// Lets one answer go that [`Fault::Hold`] keeps back.
    pub fn release(&self) {
        self.shared.released.notify_one();
    }

    /// All mails so far, in the order in which they arrived.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.state().mails.clone()
    }

    /// How many connections were opened so far.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Waits until that many mails are there, and gives them all.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedMail> {
        self.wait_until(|mails| mails.len() >= count).await
    }

    /// Waits until the mails satisfy a condition, and gives them all.
    pub async fn wait_until(&self, enough: impl Fn(&[ReceivedMail]) -> bool) -> Vec<ReceivedMail> {
        let wait = async {
            loop {
                let arrived = self.shared.arrived.notified();
                let mails = self.mails();
                if enough(&mails) {
                    return mails;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .unwrap_or_else(|_| panic!("the mail did not come; there are {}", self.mails().len()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A certificate authority and a server certificate for `localhost` that it signed.
fn certificates() -> (String, TlsAcceptor) {
    let mut ca_params = CertificateParams::new(Vec::new()).unwrap();
    ca_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().unwrap();
    let ca = ca_params.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(ca_params, ca_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let private_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private_key)
        .unwrap();
    (ca.pem(), TlsAcceptor::from(Arc::new(config)))
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let shared = Arc::clone(&shared);
        // A connection that breaks is the client's business.
        tokio::spawn(async move {
            let _ = converse(stream, &shared).await;
        });
    }
}

async fn converse(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let is_shut = {
        let mut state = shared.state.lock().unwrap();
        state.connections += 1;
        state.shut
    };
    match (&shared.tls, shared.kind) {
        (Some(tls), SinkTls::Implicit) => {
            let mut session = Session::new(tls.accept(stream).await?, shared, true);
            session.greet(is_shut).await?;
            session.run().await.map(drop)
        }
        (Some(tls), _) => {
            let mut session = Session::new(stream, shared, false);
            session.greet(is_shut).await?;
            let Next::StartTls = session.run().await? else {
                return Ok(());
            };
            let stream = tls.accept(session.stream.into_inner()).await?;
            Session::new(stream, shared, true).run().await.map(drop)
        }
        (None, _) => {
            let mut session = Session::new(stream, shared, false);
            session.greet(is_shut).await?;
            session.run().await.map(drop)
        }
    }
}

/// How one protected or unprotected part of a conversation ended.
enum Next {
    Closed,
    StartTls,
}

/// A mail being handed over.
struct Envelope {
    from: String,
    to: Vec<String>,
    fault: Option<Fault>,
}

struct Session<'a, S> {
    stream: BufReader<S>,
    shared: &'a Shared,
    protected: bool,
    user: Option<String>,
    envelope: Option<Envelope>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    fn new(stream: S, shared: &'a Shared, protected: bool) -> Self {
        Self {
            stream: BufReader::new(stream),
            shared,
            protected,
            user: None,
            envelope: None,
        }
    }

    async fn greet(&mut self, is_shut: bool) -> std::io::Result<()> {
        if is_shut {
            self.say("421 sink.example.org is shut").await?;
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        self.say("220 sink.example.org ESMTP").await
    }

    async fn run(&mut self) -> std::io::Result<Next> {
        loop {
            let Some(line) = self.line().await? else {
                return Ok(Next::Closed);
            };
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let before_tls = self.shared.kind == SinkTls::Starttls && !self.protected;
            match verb.as_str() {
                "EHLO" | "HELO" => self.hello().await?,
                "STARTTLS" if before_tls => {
                    // Commands sent along in clear must not count after the handshake.
                    if !self.stream.buffer().is_empty() {
                        return Ok(Next::Closed);
                    }
                    self.say("220 ready").await?;
                    return Ok(Next::StartTls);
                }
                "NOOP" => self.say("250 ok").await?,
                "RSET" => {
                    self.envelope = None;
                    self.say("250 ok").await?;
                }
                "QUIT" => {
                    self.say("221 bye").await?;
                    return Ok(Next::Closed);
                }
                _ if before_tls => self.say("530 5.7.0 use STARTTLS first").await?,
                "AUTH" => self.sign_in(&line).await?,
                "MAIL" => self.begin(&line).await?,
                "RCPT" => self.recipient(&line).await?,
                "DATA" => {
                    if !self.data().await? {
                        return Ok(Next::Closed);
                    }
                }
                _ => self.say("502 5.5.2 unknown command").await?,
            }
        }
    }

    async fn hello(&mut self) -> std::io::Result<()> {
        self.envelope = None;
        let mut lines = vec!["sink.example.org", "8BITMIME", "SMTPUTF8", "PIPELINING"];
        if self.shared.kind == SinkTls::Starttls && !self.protected {
            lines.push("STARTTLS");
        } else {
            lines.push("AUTH PLAIN");
        }
        let last = lines.len() - 1;
        let answer: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' }))
            .collect();
        self.say(&answer.join("\r\n")).await
    }

    async fn sign_in(&mut self, line: &str) -> std::io::Result<()> {
        let given = line
            .split_whitespace()
            .nth(2)
            .and_then(decode_base64)
            .unwrap_or_default();
        let mut words = given.split('\0').skip(1);
        let (user, password) = (
            words.next().unwrap_or_default().to_owned(),
            words.next().unwrap_or_default().to_owned(),
        );
        let expected = self.shared.state.lock().unwrap().credentials.clone();
        if expected.is_some_and(|expected| expected != (user.clone(), password)) {
            return self.say("535 5.7.8 wrong user or password").await;
        }
        self.user = Some(user);
        self.say("235 2.7.0 welcome").await
    }

    async fn begin(&mut self, line: &str) -> std::io::Result<()> {
        let must_sign_in =
            self.user.is_none() && self.shared.state.lock().unwrap().credentials.is_some();
        if must_sign_in {
            return self.say("530 5.7.0 sign in first").await;
        }
        let fault = self.shared.state.lock().unwrap().script.pop_front();
        self.envelope = Some(Envelope {
            from: address(line),
            to: Vec::new(),
            fault,
        });
        self.say("250 2.1.0 ok").await
    }

    async fn recipient(&mut self, line: &str) -> std::io::Result<()> {
        let Some(envelope) = &mut self.envelope else {
            return self.say("503 5.5.1 MAIL first").await;
        };
        if let Some(Fault::Recipient(code)) = envelope.fault {
            return self.say(&refusal(code)).await;
        }
        envelope.to.push(address(line));
        self.say("250 2.1.5 ok").await
    }

    /// Takes the content; `false` when the connection is over.
    async fn data(&mut self) -> std::io::Result<bool> {
        let Some(envelope) = self
            .envelope
            .take()
            .filter(|envelope| !envelope.to.is_empty())
        else {
            self.say("503 5.5.1 RCPT first").await?;
            return Ok(true);
        };
        if envelope.fault == Some(Fault::CutBeforeData) {
            return Ok(false);
        }
        self.say("354 go on").await?;
        let Some(data) = self.content().await? else {
            return Ok(false);
        };
        if let Some(Fault::Content(code)) = envelope.fault {
            self.say(&refusal(code)).await?;
            return Ok(true);
        }
        self.keep(ReceivedMail {
            from: envelope.from,
            to: envelope.to,
            data,
            protected: self.protected,
            user: self.user.clone(),
        });
        match envelope.fault {
            Some(Fault::CutAfterData) => return Ok(false),
            Some(Fault::Hold) => self.shared.released.notified().await,
            _ => {}
        }
        self.say("250 2.0.0 kept").await?;
        Ok(true)
    }

    fn keep(&self, mail: ReceivedMail) {
        self.shared.state.lock().unwrap().mails.push(mail);
        self.shared.arrived.notify_waiters();
    }

    /// The lines up to a single dot; `None` when the line broke before.
    async fn content(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut content = Vec::new();
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut self.stream).take(MOST_BYTES);
            if limited.read_until(b'\n', &mut line).await? == 0 {
                return Ok(None);
            }
            if line == b".\r\n" {
                return Ok(Some(content));
            }
            let unstuffed = line.strip_prefix(b".").unwrap_or(&line);
            content.extend_from_slice(unstuffed);
        }
    }

    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stream).take(4096);
        let read = limited.read_until(b'\n', &mut line).await?;
        Ok((read > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned()))
    }

    async fn say(&mut self, answer: &str) -> std::io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        stream.flush().await
    }
}

fn refusal(code: u16) -> String {
    let class = code / 100;
    format!("{code} {class}.0.0 refused by the script")
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let inner = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner
        .map(|(address, _)| address.to_owned())
        .unwrap_or_default()
}

/// Base64 of the standard alphabet, as far as a sign-in needs it.
fn decode_base64(text: &str) -> Option<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = ALPHABET.iter().position(|known| *known == byte)?;
        bits = (bits << 6 | value as u32) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}
