//! Servers that take messages: one for requests over HTTP, one for e-mail over SMTP, which may show each to
//! somebody. Nothing leaves this machine.
//!
//! What they are: one thread a connection, the protocol as far as our own clients speak it. What
//! they are not: a limit on purpose; each takes several times what one server of ours sends.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// The header that says whom a request is about, for [`Sink::arrived`].
const WHOM: &str = "x-user: ";

/// What a server of messages has taken.
#[derive(Default)]
pub struct Taken {
    /// Messages.
    pub messages: AtomicU64,
    /// Their bytes, without those of the protocol.
    pub bytes: AtomicU64,
    /// When messages arrived, by whom they are about; only of requests that say it.
    arrived: Mutex<HashMap<String, Instant>>,
}

/// Who is shown an e-mail: to whom it is, and the e-mail.
pub type Reader = Box<dyn Fn(&str, &[u8]) + Send + Sync>;

/// A server that takes messages, for as long as the process lives.
pub struct Sink {
    pub address: SocketAddr,
    pub taken: Arc<Taken>,
}

impl Sink {
    /// One that takes requests over HTTP/1.1.
    pub fn http() -> anyhow::Result<Sink> {
        Sink::start(http)
    }

    /// One that takes e-mail over SMTP and drops it.
    pub fn smtp() -> anyhow::Result<Sink> {
        Sink::start(|stream, taken| smtp(stream, taken, None))
    }

    /// One that takes e-mail over SMTP and shows it to `reader` before it says that it has it.
    pub fn smtp_read_by(reader: Reader) -> anyhow::Result<Sink> {
        Sink::start(move |stream, taken| smtp(stream, taken, Some(&reader)))
    }

    fn start(
        serve: impl Fn(TcpStream, &Taken) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> anyhow::Result<Sink> {
        let serve = Arc::new(serve);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let taken: Arc<Taken> = Arc::default();
        let own = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (own, serve) = (Arc::clone(&own), Arc::clone(&serve));
                // A connection that breaks shows as messages that do not arrive.
                thread::spawn(move || serve(stream, &own));
            }
        });
        Ok(Sink { address, taken })
    }

    /// Messages taken so far.
    pub fn messages(&self) -> u64 {
        self.taken.messages.load(Ordering::SeqCst)
    }

    /// When the message about somebody arrived.
    pub fn arrived(&self, whom: &str) -> Option<Instant> {
        self.taken.arrived.lock().ok()?.get(whom).copied()
    }
}

fn http(stream: TcpStream, taken: &Taken) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let (mut length, mut whom) = (0, None);
        loop {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(written) = lower.strip_prefix("content-length: ") {
                length = written.parse().unwrap_or(0);
            }
            if let Some(written) = lower.strip_prefix(WHOM) {
                whom = Some(written.to_owned());
            }
        }
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
        took(taken, length, whom);
        stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}

fn smtp(stream: TcpStream, taken: &Taken, reader: Option<&Reader>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 sink.example ESMTP\r\n")?;
    let (mut line, mut answers) = (Vec::new(), Vec::new());
    let (mut to, mut mail) = (String::new(), Vec::new());
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match &verb[..] {
            b"EHLO" => b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            b"QUIT" => b"221 bye\r\n",
            b"RCPT" => {
                let written = String::from_utf8_lossy(&line);
                let address = written.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
                to = address.map_or_else(String::new, |(address, _)| address.to_owned());
                b"250 2.1.5 ok\r\n"
            }
            b"DATA" => {
                answers.extend_from_slice(b"354 go on\r\n");
                stream.get_mut().write_all(&answers)?;
                answers.clear();
                let mut length = 0;
                mail.clear();
                loop {
                    line.clear();
                    let read = stream.read_until(b'\n', &mut line)?;
                    if read == 0 || line == b".\r\n" {
                        break;
                    }
                    length += read;
                    if reader.is_some() {
                        // A dot before a line that begins with one is the protocol's.
                        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                    }
                }
                if let Some(reader) = reader {
                    reader(&to, &mail);
                }
                took(taken, length, None);
                b"250 2.0.0 taken\r\n"
            }
            _ => b"250 2.0.0 ok\r\n",
        };
        answers.extend_from_slice(answer);
        // Commands that came at once are answered at once.
        if stream.buffer().is_empty() {
            stream.get_mut().write_all(&answers)?;
            answers.clear();
        }
    }
}

fn took(taken: &Taken, length: usize, whom: Option<String>) {
    if let Some(whom) = whom
        && let Ok(mut arrived) = taken.arrived.lock()
    {
        arrived.insert(whom, Instant::now());
    }
    taken.bytes.fetch_add(length as u64, Ordering::Relaxed);
    taken.messages.fetch_add(1, Ordering::SeqCst);
}
