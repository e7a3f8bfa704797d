//! A server in this process, and the clients that measurements speak to it with: over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::bail;
use benchmark::live::Stream;
use model::{Text, What};
use serde_json::Value;
use server::Workspace;
use server::clock;
use server::http::Options;
use server::service::Service;

/// A server over a data directory, for as long as the process lives.
pub struct Server {
    pub service: Arc<Service>,
    pub address: SocketAddr,
}

impl Server {
    /// Starts it.
    pub fn start(folder: &std::path::Path) -> anyhow::Result<Server> {
        let (workspace, _) = Workspace::open(folder)?;
        let service = Arc::new(Service::new(Arc::new(workspace)));
        let (listener, address) = server::start::listen("127.0.0.1:0")?;
        let options = Options { open: true, ..Options::default() };
        server::start::serve_beside(listener, Arc::clone(&service), options)?;
        Ok(Server { service, address })
    }
}

impl Drop for Server {
    /// Nothing writes into its folder any more.
    fn drop(&mut self) {
        if let Err(error) = self.service.workspace().close() {
            eprintln!("the server was not closed: {error}");
        }
    }
}

/// A connection that stays open.
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream: BufReader::new(stream), address })
    }

    /// Sends a body; that of the answer.
    pub fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> anyhow::Result<Vec<u8>> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.get_mut().write_all(&bytes)?;
        let (mut status, mut length) = (String::new(), 0usize);
        self.stream.read_line(&mut status)?;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(n) = line.strip_prefix("content-length: ") {
                length = n.parse()?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        if !status.starts_with("HTTP/1.1 200") {
            bail!("{status}{}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }
}

/// One request on a connection of its own; the whole answer as it came.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Asks the API of a server that needs no key; what it answers, as JSON.
pub fn call(address: SocketAddr, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = request(address, method, path, &body)?;
    if !answer.starts_with("HTTP/1.1 2") {
        bail!("{method} {path}: {answer}");
    }
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok(serde_json::from_str(body).unwrap_or(Value::Null))
}

/// Others who do something while something is measured.
#[derive(Clone, Copy)]
pub struct Others {
    pub users: u32,
    /// Events in a second; nothing: as many as one connection sends.
    pub per_second: Option<u32>,
    /// What all of them are called, if not as they come.
    pub renamed: Option<&'static str>,
    /// Others have other events.
    pub seed: u64,
}

impl Others {
    /// Sends them in batches until it is told to stop, and counts them.
    pub fn send(
        self,
        address: SocketAddr,
        stop: Arc<AtomicBool>,
        sent: Arc<AtomicU64>,
    ) -> JoinHandle<anyhow::Result<()>> {
        /// Batches in a second.
        const BATCHES: u32 = 50;
        let batch = self.per_second.map_or(2_000, |events| events / BATCHES);
        thread::spawn(move || {
            let mut connection = Connection::open(address)?;
            let mut stream = Stream::new(self.users, self.seed);
            let (began, mut turns) = (Instant::now(), 0);
            while batch > 0 && !stop.load(Ordering::Relaxed) {
                turns += 1;
                if self.per_second.is_some() {
                    let due = Duration::from_secs(1) * turns / BATCHES;
                    thread::sleep(due.saturating_sub(began.elapsed()));
                }
                let mut encoder = wire::record::Encoder::new();
                let now = clock::now();
                for _ in 0..batch {
                    let mut record = stream.next(now);
                    if let (Some(name), What::Event(event)) = (self.renamed, &mut record.what) {
                        event.name = Text::const_new(name);
                    }
                    encoder.push(&record);
                }
                connection.post("/api/records", "application/octet-stream", &encoder.finish())?;
                sent.fetch_add(u64::from(batch), Ordering::Relaxed);
            }
            Ok(())
        })
    }
}
