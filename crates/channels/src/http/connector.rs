//! How hyper's client gets a connection: [`crate::net`] and rustls.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tower_service::Service;

use super::Error;
use crate::net::{self, Reach};

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) tls: Arc<ClientConfig>,
    pub(super) reach: Reach,
    pub(super) limit: Duration,
}

/// Why there is none; found again in the chain of hyper's error.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error(transparent)]
    Net(net::Error),
    #[error("{0}")]
    Tls(String),
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Error {
        match error {
            ConnectError::Net(error) => Error::Net(error),
            ConnectError::Tls(detail) => Error::Tls(detail),
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection, encrypted or not.
pub(super) struct Io {
    stream: TokioIo<Box<dyn Stream>>,
    http2: bool,
}

impl Service<Uri> for Connector {
    type Response = Io;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Io, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(&uri).await })
    }
}

impl Connector {
    async fn connect(self, uri: &Uri) -> Result<Io, ConnectError> {
        let encrypted = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let tcp = net::connect(host, port, self.reach, self.limit).await;
        let tcp = tcp.map_err(ConnectError::Net)?;
        if !encrypted {
            return Ok(Io { stream: TokioIo::new(Box::new(tcp)), http2: false });
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare).map_err(|e| ConnectError::Tls(e.to_string()))?;
        let connecting = TlsConnector::from(self.tls).connect(name, tcp);
        let stream = match timeout(self.limit, connecting).await {
            Ok(stream) => stream.map_err(|e| ConnectError::Tls(e.to_string()))?,
            Err(_) => return Err(ConnectError::Tls("TLS was not agreed on in time".to_owned())),
        };
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Io { stream: TokioIo::new(Box::new(stream)), http2 })
    }
}

impl Connection for Io {
    fn connected(&self) -> Connected {
        if self.http2 { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl Read for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
