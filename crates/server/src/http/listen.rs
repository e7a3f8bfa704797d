//! Sockets: taking connections, plain or TLS, HTTP/1 and HTTP/2, and letting go of them.
//!
//! What it is: limits on what a connection may cost before it has said anything, and the end of a
//! server: requests under way are finished, connections that have none are closed. What it is not: it
//! knows no path and no key.
//!
//! Limits: a request line and its headers may have [`HEAD_BYTES_MAX`] (some client libraries put whole
//! events into the address); a head that is not complete in time, or a TLS handshake, ends the
//! connection. Over HTTP/2 the address itself ends at 64 KiB, which is where the type that holds it ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::long_line::LongLines;
use super::tls::acme;

/// Bytes of a request line with its headers.
pub const HEAD_BYTES_MAX: usize = 256 * 1024;

/// What is read ahead of one connection: a head and what came with it.
const BUFFER_BYTES_MAX: usize = 2 * HEAD_BYTES_MAX;

/// How long a head may take, and how long a connection may be silent between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a connection may take until its first request has begun, TLS handshake included.
const FIRST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// After the signal to stop, a connection on which no request is under way for so long is closed.
const HALF_OPEN: Duration = Duration::from_secs(1);

/// Connections at once; more wait to be taken. Each costs some kilobytes and a file descriptor.
const CONNECTIONS_MAX: usize = 8_192;

/// How long nothing is taken after the system refused a connection, mostly for want of descriptors.
const REFUSED: Duration = Duration::from_millis(500);

/// Through which a request learns that it came by TLS.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A socket that is listened on.
pub struct Socket {
    /// What takes connections.
    pub listener: TcpListener,
    /// How their TLS begins; nothing: they are plain.
    pub tls: Option<TlsAcceptor>,
}

/// What a handler may know of the connection that a request came through.
#[derive(Clone, Copy, Debug)]
struct Peer {
    /// Who is at the other end; a proxy, if there is one.
    address: SocketAddr,
    /// Whether it is TLS that ends here.
    tls: bool,
}

/// Serves on all sockets until `stop` is done and what is under way is finished.
pub async fn serve(
    sockets: Vec<Socket>,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let (stopping, stopped) = watch::channel(false);
    tokio::spawn(async move {
        stop.await;
        stopping.send_replace(true);
        stopping.closed().await;
    });
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let takers: Vec<_> = sockets
        .into_iter()
        .map(|socket| {
            tokio::spawn(take(socket, router.clone(), stopped.clone(), Arc::clone(&room)))
        })
        .collect();
    drop(router);
    for taker in takers {
        let _ = taker.await;
    }
    // Every connection holds one of them.
    let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    let _ = room.acquire_many(all).await;
}

async fn take(
    socket: Socket,
    router: Router,
    mut stopped: watch::Receiver<bool>,
    room: Arc<Semaphore>,
) {
    let Socket { listener, tls } = socket;
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let peer = Peer { address, tls: tls.is_some() };
                let connection = Connection { peer, router: router.clone(), permit };
                tokio::spawn(connection.run(stream, tls.clone(), stopped.clone()));
            }
            // The other end gave up before it was taken.
            Err(error) if gone(&error) => {}
            Err(error) => {
                tracing::error!(%error, "the system refused a connection");
                sleep(REFUSED).await;
            }
        }
    }
}

fn gone(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

struct Connection {
    peer: Peer,
    router: Router,
    /// Room for it, until it ends.
    permit: OwnedSemaphorePermit,
}

impl Connection {
    async fn run(
        self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else { return self.serve(stream, stopped).await };
        let handshake = tokio::select! {
            handshake = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        // A handshake that fails is the business of whoever tried: scanners do so all day.
        if let Ok(Ok(stream)) = handshake {
            // An authority that asked whether a name is ours has its answer.
            if stream.get_ref().1.alpn_protocol() != Some(acme::ALPN) {
                self.serve(stream, stopped).await;
            }
        }
    }

    async fn serve<S>(self, stream: S, mut stopped: watch::Receiver<bool>)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let Connection { peer, router, permit } = self;
        // One more reference for each request that is under way.
        let under_way = Arc::new(());
        let (begun, first) = watch::channel(false);
        let inner = TowerToHyperService::new(router);
        let service = {
            let under_way = Arc::clone(&under_way);
            service_fn(move |mut request: Request<Incoming>| {
                begun.send_replace(true);
                let guard = Arc::clone(&under_way);
                request.extensions_mut().insert(ConnectInfo(peer.address));
                if peer.tls {
                    // What a proxy in front would say.
                    request
                        .headers_mut()
                        .insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
                }
                let answer = inner.call(request.map(Body::new));
                async move {
                    // The body lives for as long as it is sent, and the guard as long as the body.
                    answer.await.map(|response| {
                        response.map(|body| {
                            Body::new(body.map_frame(move |frame| {
                                let _ = &guard;
                                frame
                            }))
                        })
                    })
                }
            })
        };
        let builder = builder();
        let stream = LongLines::new(stream, HEAD_BYTES_MAX);
        let blocked = stream.blocked();
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => return,
            () = silent(first) => return,
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
        connection.as_mut().graceful_shutdown();
        loop {
            tokio::select! {
                _ = connection.as_mut() => break,
                () = sleep(HALF_OPEN) => {
                    // The service itself holds one of the two.
                    let none = Arc::strong_count(&under_way) <= 2;
                    if none && !blocked.load(Ordering::Relaxed) {
                        break;
                    }
                }
            }
        }
        drop(permit);
    }
}

/// Returns when the first request did not begin in time, and never otherwise.
async fn silent(mut first: watch::Receiver<bool>) {
    let late = timeout(FIRST_TIMEOUT, first.wait_for(|begun| *begun)).await.is_err();
    if !late {
        std::future::pending().await
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(HEAD_TIMEOUT)
        .keep_alive_timeout(FIRST_TIMEOUT);
    builder
}
