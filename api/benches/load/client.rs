//! Clients over kept-alive HTTP/1.1 connections, as light as they can be: they share the machine with what they measure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// What one run of many clients measured.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Answers.
    pub requests: u64,
    /// How long it took.
    pub time: Duration,
    /// Half of the answers came within this.
    pub p50: Duration,
    /// 99 of 100 answers came within this.
    pub p99: Duration,
}

impl Load {
    /// Answers per second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.time.as_secs_f64()
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Content.
    pub body: Vec<u8>,
}

/// One connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends a request as written and reads its answer; gives the status and leaves the content in the buffer.
    async fn exchange(&mut self, request: &[u8]) -> Outcome<(u16, usize, usize)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.buffer[..end])?;
                let status = head.get(9..12).ok_or("no status line")?.parse()?;
                let length = content_length(head)?;
                let (begin, end) = (end + 4, end + 4 + length);
                while self.buffer.len() < end {
                    if self.stream.read_buf(&mut self.buffer).await? == 0 {
                        return Err("the server closed the connection".into());
                    }
                }
                return Ok((status, begin, end));
            }
        }
    }

    /// Sends a request as written and gives its answer.
    pub async fn ask(&mut self, request: &[u8]) -> Outcome<Answer> {
        let (status, begin, end) = self.exchange(request).await?;
        Ok(Answer {
            status,
            body: self.buffer[begin..end].to_vec(),
        })
    }
}

fn content_length(head: &str) -> Outcome<usize> {
    for line in head.lines().skip(1) {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok(value.trim().parse()?);
        }
    }
    Err("an answer without Content-Length".into())
}

/// A request with a JSON body, or without one.
pub fn request(
    method: &str,
    path: &str,
    address: SocketAddr,
    token: Option<&str>,
    key: Option<&str>,
    body: Option<&str>,
) -> Vec<u8> {
    let mut text =
        format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/json\r\n");
    if let Some(token) = token {
        text.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if let Some(key) = key {
        text.push_str(&format!("idempotency-key: {key}\r\n"));
    }
    match body {
        Some(body) => text.push_str(&format!(
            "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )),
        None => text.push_str("\r\n"),
    }
    text.into_bytes()
}

/// Lets so many clients ask again and again for some time; each request is made from its number.
///
/// # Errors
/// When a connection breaks or an answer is not of the 200s.
pub async fn drive(
    address: SocketAddr,
    clients: usize,
    time: Duration,
    make: impl Fn(u64) -> Vec<u8> + Send + Sync + 'static,
) -> Outcome<Load> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Connection::open(address).await?);
    }
    let make = Arc::new(make);
    let numbers = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let tasks = connections.into_iter().map(|connection| {
        let (make, numbers) = (Arc::clone(&make), Arc::clone(&numbers));
        tokio::spawn(one_client(connection, started + time, make, numbers))
    });
    let tasks: Vec<_> = tasks.collect();
    let mut times: Vec<Duration> = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    let time = started.elapsed();
    times.sort_unstable();
    let at = |part: f64| {
        times
            .get(((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    };
    Ok(Load {
        requests: times.len() as u64,
        time,
        p50: at(0.5),
        p99: at(0.99),
    })
}

async fn one_client(
    mut connection: Connection,
    end: Instant,
    make: Arc<impl Fn(u64) -> Vec<u8> + Send + Sync + 'static>,
    numbers: Arc<AtomicU64>,
) -> Outcome<Vec<Duration>> {
    let mut times = Vec::with_capacity(4096);
    while Instant::now() < end {
        let request = make(numbers.fetch_add(1, Ordering::Relaxed));
        let asked = Instant::now();
        let (status, begin, end) = connection.exchange(&request).await?;
        times.push(asked.elapsed());
        if !(200..300).contains(&status) {
            return Err(format!(
                "status {status}: {}",
                String::from_utf8_lossy(&connection.buffer[begin..end])
            )
            .into());
        }
    }
    Ok(times)
}
