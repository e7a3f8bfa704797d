//! What tests of several channels share: a certificate that a test trusts, and an HTTPS server that
//! answers as the test says.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use crate::tls::Trust;

/// A fresh certificate for `localhost` and `127.0.0.1`: who trusts it, and the server's settings.
pub fn certificate(protocols: &[&[u8]]) -> (Trust, Arc<ServerConfig>) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    server.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
    (Trust::with(&made.cert.pem()).unwrap(), Arc::new(server))
}

/// An RSA key in PEM, made once by OpenSSL (ring makes none); `None`, and a word about it, where there
/// is no OpenSSL.
pub fn rsa_pem() -> Option<&'static str> {
    static PEM: OnceLock<Option<String>> = OnceLock::new();
    let made = PEM.get_or_init(|| {
        openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
    });
    if made.is_none() {
        eprintln!("SKIPPED: no OpenSSL to make an RSA key");
    }
    made.as_deref()
}

/// What OpenSSL writes, if there is one and it succeeds.
pub fn openssl(arguments: &[&str]) -> Option<String> {
    let made = Command::new("openssl").args(arguments).stderr(Stdio::null()).output().ok()?;
    made.status.success().then(|| String::from_utf8(made.stdout).unwrap())
}

/// What a test's HTTP server was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Host and port.
    pub authority: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub http2: bool,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers: status, headers, body.
    Say(u16, Vec<(&'static str, String)>, String),
    /// Reads everything and never answers.
    Hang,
    /// Reads everything and ends the connection.
    Cut,
    /// Writes these bytes in place of HTTP (over HTTP/1.1).
    Garbage(&'static str),
}

impl Reply {
    pub fn json(status: u16, body: serde_json::Value) -> Reply {
        Reply::Say(status, vec![("content-type", "application/json".to_owned())], body.to_string())
    }

    pub fn status(status: u16) -> Reply {
        Reply::Say(status, Vec::new(), String::new())
    }
}

/// An HTTPS server that speaks HTTP/1.1 and HTTP/2 and answers as the test says.
pub struct HttpServer {
    pub port: u16,
    pub trust: Trust,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl HttpServer {
    pub async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> HttpServer {
        HttpServer::speaking(&[b"h2", b"http/1.1"], answer).await
    }

    pub async fn speaking(
        protocols: &[&[u8]],
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> HttpServer {
        let (trust, config) = certificate(protocols);
        let acceptor = TlsAcceptor::from(config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { asked: asked.clone(), answer: Arc::new(answer) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), shared.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    shared.serve(stream).await;
                });
            }
        });
        HttpServer { port, trust, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Settings of a client that trusts this server.
    pub fn settings(&self) -> crate::http::Settings {
        crate::http::Settings { trust: self.trust.clone(), ..Default::default() }
    }

    /// The same, and if `reply` never comes it gives up soon.
    pub fn settings_for(&self, reply: &Reply) -> crate::http::Settings {
        if !matches!(reply, Reply::Hang) {
            return self.settings();
        }
        let connect = std::time::Duration::from_millis(300);
        let answer = std::time::Duration::from_millis(100);
        crate::http::Settings { connect, answer, ..self.settings() }
    }

    pub fn client(&self) -> crate::http::Client {
        crate::http::Client::new(self.settings()).unwrap()
    }
}

#[derive(Clone)]
struct Shared {
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<dyn Fn(&Asked) -> Reply + Send + Sync>,
}

impl Shared {
    async fn serve(self, stream: TlsStream<TcpStream>) {
        // Ending or abusing the connection means leaving hyper, which a service cannot do itself.
        let (leave, left) = tokio::sync::mpsc::channel::<Reply>(1);
        let service = hyper::service::service_fn(move |request| {
            let (shared, leave) = (self.clone(), leave.clone());
            async move { shared.respond(request, leave).await }
        });
        let (mut kept, given) = tokio::io::duplex(64 * 1024);
        let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
        let serving = tokio::spawn(async move {
            let _ = builder.serve_connection(TokioIo::new(given), service).await;
        });
        let mut stream = stream;
        let mut left = left;
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut stream, &mut kept) => {}
            Some(reply) = left.recv() => {
                if let Reply::Garbage(text) = reply {
                    let _ = stream.write_all(text.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            }
        }
        serving.abort();
    }

    async fn respond(
        self,
        request: http::Request<hyper::body::Incoming>,
        leave: tokio::sync::mpsc::Sender<Reply>,
    ) -> Result<http::Response<Full<Bytes>>, std::io::Error> {
        let (parts, body) = request.into_parts();
        let asked = Asked {
            method: parts.method.to_string(),
            authority: match parts.uri.authority() {
                Some(authority) => authority.to_string(),
                None => parts.headers["host"].to_str().unwrap().to_owned(),
            },
            path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: parts.headers,
            body: body.collect().await.map_err(std::io::Error::other)?.to_bytes().to_vec(),
            http2: parts.version == http::Version::HTTP_2,
        };
        let reply = (self.answer)(&asked);
        self.asked.lock().unwrap().push(asked);
        match reply {
            Reply::Say(status, headers, body) => {
                let mut response = http::Response::new(Full::new(Bytes::from(body)));
                *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
                for (name, value) in headers {
                    response.headers_mut().insert(name, value.parse().unwrap());
                }
                Ok(response)
            }
            Reply::Hang => std::future::pending().await,
            garbage_or_cut => {
                let _ = leave.send(garbage_or_cut).await;
                std::future::pending().await
            }
        }
    }
}
