//! An SMTP server that does what a test says, at any phase.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// What the server does instead of the usual.
#[derive(Clone, Debug)]
pub enum Act {
    /// Answers with these lines.
    Say(&'static str),
    /// Says nothing and keeps the connection.
    Hang,
    /// Ends the connection.
    Cut,
}

/// Given the number of the connection (from 0) and the command (`CONNECT` and `END` stand for the
/// greeting and the end of a message): what to do, or `None` for the usual.
pub type Script = Arc<dyn Fn(usize, &str) -> Option<Act> + Send + Sync>;

#[derive(Default)]
pub struct Seen {
    pub commands: Vec<String>,
    pub messages: Vec<String>,
    pub connections: usize,
}

pub struct Server {
    pub port: u16,
    pub seen: Arc<Mutex<Seen>>,
    /// Told after each message.
    news: Arc<Notify>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Security {
    Plain,
    StartTls,
    Implicit,
}

impl Server {
    pub async fn start(script: Script) -> Server {
        Server::secure(script, Security::Plain, None).await
    }

    /// One that wants each command answered before the next.
    pub async fn slow(script: Script) -> Server {
        Server::of(script, Security::Plain, None, false).await
    }

    pub async fn secure(
        script: Script,
        security: Security,
        config: Option<Arc<ServerConfig>>,
    ) -> Server {
        Server::of(script, security, config, true).await
    }

    async fn of(
        script: Script,
        security: Security,
        config: Option<Arc<ServerConfig>>,
        pipelining: bool,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        let news = Arc::new(Notify::new());
        let told = news.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = {
                    let mut seen = shared.lock().unwrap();
                    seen.connections += 1;
                    seen.connections - 1
                };
                let session = Session {
                    script: script.clone(),
                    seen: shared.clone(),
                    number,
                    security,
                    config: config.clone(),
                    news: told.clone(),
                    pipelining,
                };
                tokio::spawn(session.run(Box::new(stream)));
            }
        });
        Server { port, seen, news }
    }

    /// The message of that number (from 0), waited for.
    pub async fn message(&self, number: usize, patience: Duration) -> String {
        let arrived = tokio::time::timeout(patience, async {
            loop {
                let news = self.news.notified();
                if let Some(message) = self.messages().get(number) {
                    return message.clone();
                }
                news.await;
            }
        });
        arrived.await.expect("no message arrived in time")
    }

    pub fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }

    pub fn messages(&self) -> Vec<String> {
        self.seen.lock().unwrap().messages.clone()
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

struct Session {
    script: Script,
    seen: Arc<Mutex<Seen>>,
    number: usize,
    security: Security,
    config: Option<Arc<ServerConfig>>,
    news: Arc<Notify>,
    /// Commands may come before the ones before them are answered.
    pipelining: bool,
}

impl Session {
    async fn run(self, mut stream: Box<dyn Stream>) {
        if self.security == Security::Implicit {
            let acceptor = TlsAcceptor::from(self.config.clone().unwrap());
            let Ok(encrypted) = acceptor.accept(stream).await else { return };
            stream = Box::new(encrypted);
        }
        let mut stream = BufReader::new(stream);
        let mut encrypted = self.security != Security::StartTls;
        if !self.answer(&mut stream, "CONNECT", "220 test.example ready").await {
            return;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end().to_owned();
            self.seen.lock().unwrap().commands.push(line.clone());
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let usual = match verb.as_str() {
                "EHLO" if encrypted && self.pipelining => {
                    "250-test.example\r\n250-PIPELINING\r\n250-SIZE 100000\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES"
                }
                "EHLO" if encrypted => {
                    "250-test.example\r\n250-SIZE 100000\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES"
                }
                "EHLO" => "250-test.example\r\n250 STARTTLS",
                "STARTTLS" => "220 go ahead",
                "AUTH" if line.contains("LOGIN") => "334 VXNlcm5hbWU6",
                "AUTH" => "235 2.7.0 welcome",
                "MAIL" | "RCPT" | "RSET" => "250 2.1.0 Ok",
                "DATA" => "354 go on",
                "QUIT" => return,
                _ => "334 UGFzc3dvcmQ6",
            };
            if !self.answer(&mut stream, &line, usual).await {
                return;
            }
            if verb == "STARTTLS" && !encrypted {
                let acceptor = TlsAcceptor::from(self.config.clone().unwrap());
                let Ok(tls) = acceptor.accept(stream.into_inner()).await else { return };
                stream = BufReader::new(Box::new(tls));
                encrypted = true;
            }
            if !self.pipelining && !stream.buffer().is_empty() {
                self.seen.lock().unwrap().commands.push("TOO EARLY".to_owned());
            }
            let refused = (self.script)(self.number, &line).is_some();
            if verb == "DATA" && !refused && !self.message(&mut stream).await {
                return;
            }
        }
    }

    async fn message(&self, stream: &mut BufReader<Box<dyn Stream>>) -> bool {
        let mut message = String::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return false;
            }
            if line == ".\r\n" {
                break;
            }
            message.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        self.seen.lock().unwrap().messages.push(message);
        self.news.notify_one();
        self.answer(stream, "END", "250 2.0.0 Ok: queued as ABC123").await
    }

    async fn answer(
        &self,
        stream: &mut BufReader<Box<dyn Stream>>,
        command: &str,
        usual: &str,
    ) -> bool {
        let text = match (self.script)(self.number, command) {
            None => usual,
            Some(Act::Say(text)) => text,
            Some(Act::Cut) => return false,
            // Until the client gives up.
            Some(Act::Hang) => {
                let mut ignored = Vec::new();
                let _ = stream.read_to_end(&mut ignored).await;
                return false;
            }
        };
        stream.write_all(format!("{text}\r\n").as_bytes()).await.is_ok()
    }
}
