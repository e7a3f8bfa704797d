//! Starting and stopping: the address, the signals, the live traffic of the demonstration.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use audience::shop::{Live, Shop};
use model::Timestamp;

use crate::clock;
use crate::http::listen::Socket;
use crate::http::tls::acme::Acme;
use crate::http::tls::{Certificate, TlsError};
use crate::http::{self, App, Options};
use crate::service::Service;
use crate::workspace::WorkspaceError;

/// How long requests under way may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// How often the simulated shop sends what has happened since.
const LIVE_EVERY: Duration = Duration::from_millis(250);

/// Records of the simulated shop in one step: after a long pause they come in several.
const LIVE_BATCH: usize = 2_000;

/// Why a server cannot start, or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; choose another one with --listen HOST:PORT")]
    Listen {
        /// What was asked for.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The sockets failed.
    #[error("serve: {0}")]
    Serve(std::io::Error),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The data could not be closed.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
}

/// What a server listens on.
pub struct Sockets {
    /// Pages, API and ingestion.
    pub listener: TcpListener,
    /// The certificate of that address; nothing: it is plain HTTP.
    pub certificate: Option<Certified>,
    /// One more address, plain HTTP.
    pub plain: Option<TcpListener>,
}

/// Where a certificate comes from.
pub enum Certified {
    /// Files, which are read again when they change.
    Files(Arc<Certificate>),
    /// An authority, which is asked for new ones.
    Authority(Acme),
}

impl Certified {
    /// What is served now.
    pub fn certificate(&self) -> &Arc<Certificate> {
        match self {
            Certified::Files(certificate) => certificate,
            Certified::Authority(acme) => acme.certificate(),
        }
    }

    async fn follow(self) {
        match self {
            Certified::Files(certificate) => certificate.follow().await,
            Certified::Authority(acme) => acme.follow().await,
        }
    }
}

impl From<TcpListener> for Sockets {
    fn from(listener: TcpListener) -> Sockets {
        Sockets { listener, certificate: None, plain: None }
    }
}

/// Takes an address, before anything that lasts: a port that is taken shows at once.
pub fn listen(address: &str) -> Result<(TcpListener, SocketAddr), StartError> {
    let wrong = |source| StartError::Listen { address: address.into(), source };
    let listener = TcpListener::bind(address).map_err(wrong)?;
    listener.set_nonblocking(true).map_err(wrong)?;
    let local = listener.local_addr().map_err(wrong)?;
    Ok((listener, local))
}

/// Serves until SIGTERM or ctrl-c, finishes what is under way, writes a checkpoint and returns.
/// `shop` goes on living meanwhile, from the end of its history.
pub fn serve(
    sockets: Sockets,
    service: Arc<Service>,
    options: Options,
    shop: Option<(Shop, Timestamp)>,
) -> Result<(), StartError> {
    let Sockets { listener, certificate, plain } = sockets;
    let address = listener.local_addr().map_err(StartError::Serve)?;
    let tls =
        certificate.as_ref().map(|certified| certified.certificate().acceptor()).transpose()?;
    let workspace = service.workspace();
    workspace.prepare();
    if let Err(failure) = service.watch() {
        tracing::error!(%failure, "nothing is watched live");
    }
    // What an earlier run did not come to the end of.
    service.finish_erasures_beside();
    let app = App::new(service, address, options);
    let (stop, stopped) = channel::<()>();
    let live = shop.map(|(shop, end)| {
        let workspace = Arc::clone(&workspace);
        std::thread::spawn(move || {
            // What was sent since the end of the history in an earlier run is sent again and
            // counts once.
            let mut live = Live::after(shop, end);
            while stopped.recv_timeout(LIVE_EVERY) == Err(RecvTimeoutError::Timeout) {
                let mut records = live.records_until(clock::now());
                while !records.is_empty() {
                    let rest = records.split_off(records.len().min(LIVE_BATCH));
                    if workspace.enqueue(records).and_then(|receipt| receipt.wait()).is_err() {
                        return;
                    }
                    records = rest;
                }
            }
        })
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(StartError::Serve)?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut sockets = vec![Socket { listener, tls }];
        if let Some(plain) = plain {
            let listener = tokio::net::TcpListener::from_std(plain)?;
            sockets.push(Socket { listener, tls: None });
        }
        if let Some(certificate) = certificate {
            tokio::spawn(certificate.follow());
        }
        let (signal, signalled) = tokio::sync::oneshot::channel();
        let stop = async {
            interrupted().await;
            tracing::info!("stopping: finishing what is under way");
            let _ = signal.send(());
        };
        let serving = http::serve_on(sockets, app, stop);
        let late = async {
            if signalled.await.is_ok() {
                tokio::time::sleep(DRAIN).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            result = serving => result,
            () = late => Ok(()),
        }
    });
    drop(stop);
    if let Some(live) = live {
        let _ = live.join();
    }
    runtime.shutdown_timeout(DRAIN);
    served.map_err(StartError::Serve)?;
    Ok(workspace.close()?)
}

/// Serves on a thread of its own for as long as the process lives: for measurements of a server in
/// one's own process.
pub fn serve_beside(
    listener: TcpListener,
    service: Arc<Service>,
    options: Options,
) -> Result<(), StartError> {
    let address = listener.local_addr().map_err(StartError::Serve)?;
    let app = App::new(service, address, options);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(StartError::Serve)?;
    std::thread::spawn(move || {
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            http::serve(listener, app, std::future::pending()).await
        });
        if let Err(error) = served {
            tracing::error!(%error, "the server ended");
        }
    });
    Ok(())
}

/// Serves while `work` is done on this thread, and stops well then; streams of its workspace are over.
pub fn serve_during<T>(
    listener: TcpListener,
    service: &Arc<Service>,
    options: Options,
    work: impl FnOnce(SocketAddr) -> T,
) -> Result<T, StartError> {
    let address = listener.local_addr().map_err(StartError::Serve)?;
    if let Err(failure) = service.watch() {
        tracing::error!(%failure, "nothing is watched live");
    }
    let app = App::new(Arc::clone(service), address, options);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(StartError::Serve)?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let stopped = async {
            let _ = stopped.await;
        };
        http::serve(listener, app, stopped).await
    });
    let done = work(address);
    drop(stop);
    let served = runtime.block_on(serving);
    runtime.shutdown_timeout(DRAIN);
    match served {
        Ok(served) => served.map_err(StartError::Serve)?,
        Err(error) => return Err(StartError::Serve(std::io::Error::other(error))),
    }
    Ok(done)
}

async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
