//! A server in this process, and the clients that measurements speak to it with: over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use anyhow::bail;
use server::Workspace;
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
