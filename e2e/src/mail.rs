//! A mail server that keeps what it takes, and mails as a person reads them.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::until;

/// A mail that arrived.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Who receives it.
    pub to: String,
    /// Its subject, decoded.
    pub subject: String,
    /// Its plain text, decoded.
    pub text: String,
}

impl Mail {
    fn read(to: &str, raw: &str) -> Self {
        let (head, _) = split(raw);
        Self {
            to: to.to_ascii_lowercase(),
            subject: decode_words(&header(head, "subject")),
            text: plain_text(raw).unwrap_or_default(),
        }
    }

    /// The one-time code in it.
    ///
    /// # Panics
    /// When there is none.
    pub fn code(&self) -> String {
        let is_code = |word: &&str| {
            let letters = |part: &str| {
                part.len() == 4
                    && part
                        .chars()
                        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            };
            word.split_once('-')
                .is_some_and(|(first, second)| letters(first) && letters(second))
        };
        let found = self.text.split_whitespace().find(is_code);
        found
            .map(str::to_owned)
            .unwrap_or_else(|| panic!("there is no code in {self:?}"))
    }

    /// The first link in it that contains `part`.
    ///
    /// # Panics
    /// When there is none.
    pub fn link(&self, part: &str) -> String {
        let words = self
            .text
            .split(|c: char| c.is_whitespace() || c == '<' || c == '>');
        let mut links = words.filter(|word| word.starts_with("http"));
        links
            .find(|link| link.contains(part))
            .map(str::to_owned)
            .unwrap_or_else(|| panic!("there is no link with {part:?} in {self:?}"))
    }

    /// Fails unless the text, with blanks and line breaks made alike, contains all of these.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) {
        let text = [&self.subject, " ", &self.text].concat();
        let text: Vec<&str> = text.split_whitespace().collect();
        let text = text.join(" ");
        for part in parts {
            assert!(
                text.contains(part),
                "the mail does not say {part:?}: {text}"
            );
        }
    }
}

/// A running mail server; it ends when it is dropped.
pub struct Post {
    /// Its port on the loopback.
    pub port: u16,
    arrived: Rc<RefCell<Vec<Mail>>>,
    task: JoinHandle<()>,
}

impl Post {
    /// Starts on a free port; needs a [`LocalSet`](tokio::task::LocalSet) around it.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("the loopback has a free port");
        let port = listener
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        let arrived = Rc::new(RefCell::new(Vec::new()));
        let task = tokio::task::spawn_local(accept(listener, Rc::clone(&arrived)));
        Self {
            port,
            arrived,
            task,
        }
    }

    /// Waits for a mail to this address whose subject or text contains `part`, and takes it: the next call does not find
    /// it again.
    pub async fn take(&self, to: &str, part: &str) -> Mail {
        let what = format!("a mail to {to} about {part:?}");
        until(&what, async || {
            let mut arrived = self.arrived.borrow_mut();
            let fits = |mail: &Mail| {
                mail.to == to && (mail.subject.contains(part) || mail.text.contains(part))
            };
            match arrived.iter().position(fits) {
                Some(place) => Ok(arrived.remove(place)),
                None => {
                    let others: Vec<String> = arrived
                        .iter()
                        .map(|mail| format!("{}: {}", mail.to, mail.subject))
                        .collect();
                    Err(format!("there are only {others:?}"))
                }
            }
        })
        .await
    }

    /// The one-time code of the next mail with one to this address.
    pub async fn code(&self, to: &str) -> String {
        self.take(to, "Código de verificación").await.code()
    }

    /// Mails to this address that arrived and were not taken.
    pub fn waiting(&self, to: &str) -> Vec<Mail> {
        self.arrived
            .borrow()
            .iter()
            .filter(|mail| mail.to == to)
            .cloned()
            .collect()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, arrived: Rc<RefCell<Vec<Mail>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let arrived = Rc::clone(&arrived);
        // A connection that breaks is the client's business.
        tokio::task::spawn_local(async move { converse(stream, &arrived).await.ok() });
    }
}

async fn converse(stream: TcpStream, arrived: &RefCell<Vec<Mail>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let mut to = Vec::new();
    write.write_all(b"220 post.example.org ESMTP\r\n").await?;
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        let verb = line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-post.example.org\r\n250-8BITMIME\r\n250 SMTPUTF8",
            "MAIL" | "RSET" => {
                to.clear();
                "250 ok"
            }
            "RCPT" => {
                let address = line
                    .split_once('<')
                    .and_then(|(_, rest)| rest.split_once('>'))
                    .map(|(address, _)| address.to_owned());
                to.extend(address);
                "250 ok"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let raw = content(&mut lines).await?;
                arrived
                    .borrow_mut()
                    .extend(to.iter().map(|to| Mail::read(to, &raw)));
                "250 kept"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "HELO" | "NOOP" => "250 ok",
            _ => "502 unknown",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// The lines up to a single dot.
async fn content(lines: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<String> {
    let mut content = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(String::from_utf8_lossy(&content).into_owned());
        }
        content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

/// Head and body of a mail or of a part of one.
fn split(raw: &str) -> (&str, &str) {
    raw.split_once("\r\n\r\n").unwrap_or((raw, ""))
}

/// A header field, unfolded; empty when it is not there.
fn header(head: &str, name: &str) -> String {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let value = |line: &str| {
        let (field, value) = line.split_once(':')?;
        field
            .trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    };
    unfolded.split("\r\n").find_map(value).unwrap_or_default()
}

/// The first plain text of a mail, looking into its parts.
fn plain_text(raw: &str) -> Option<String> {
    let (head, body) = split(raw);
    let kind = header(head, "content-type");
    if let Some((_, rest)) = kind.split_once("boundary=") {
        let boundary = rest
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .trim_matches('"');
        let delimiter = ["--", boundary].concat();
        return body
            .split(delimiter.as_str())
            .skip(1)
            .find_map(|part| plain_text(part.trim_start_matches("\r\n")));
    }
    if !kind.is_empty() && !kind.to_ascii_lowercase().starts_with("text/plain") {
        return None;
    }
    let bytes = match header(head, "content-transfer-encoding")
        .to_ascii_lowercase()
        .as_str()
    {
        "quoted-printable" => from_quoted(&body.replace("=\r\n", "")),
        "base64" => from_base64(body),
        _ => body.as_bytes().to_vec(),
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Encoded words of a header (RFC 2047) in UTF-8.
fn decode_words(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    let mut after_word = false;
    while let Some((before, word)) = rest.split_once("=?") {
        // Blanks between two encoded words do not count.
        if !(after_word && before.trim().is_empty()) {
            decoded.push_str(before);
        }
        let mut parts = word.splitn(3, '?');
        let (_, way, tail) = (
            parts.next(),
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let (inner, after) = tail.split_once("?=").unwrap_or((tail, ""));
        let bytes = if way.eq_ignore_ascii_case("b") {
            from_base64(inner)
        } else {
            from_quoted(&inner.replace('_', " "))
        };
        decoded.push_str(&String::from_utf8_lossy(&bytes));
        rest = after;
        after_word = true;
    }
    decoded + rest
}

fn from_quoted(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let coded = (bytes[at] == b'=')
            .then(|| {
                text.get(at + 1..at + 3)
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            })
            .flatten();
        match coded {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    plain
}

pub(crate) fn from_base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for six in text.bytes().filter_map(value) {
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("eight bits fit"));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_in_parts_is_read_like_a_person_reads_it() {
        let raw = "Subject: =?utf-8?B?Q8OzZGlnbw==?= =?utf-8?Q?_de_verificaci=C3=B3n?=\r\n\
            Content-Type: multipart/alternative;\r\n boundary=\"x1\"\r\n\r\n\
            --x1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            Su c=C3=B3digo:\r\n\r\nAB2C-=\r\nDEF3\r\nhttp://127.0.0.1:1/infortec?a=3Db\r\n\
            --x1\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n--x1--\r\n";
        let mail = Mail::read("Ana@example.org", raw);
        assert_eq!(mail.to, "ana@example.org");
        assert_eq!(mail.subject, "Código de verificación");
        assert_eq!(mail.code(), "AB2C-DEF3");
        assert_eq!(mail.link("infortec"), "http://127.0.0.1:1/infortec?a=b");
        mail.says(&["Su código: AB2C-DEF3"]);
    }
}
