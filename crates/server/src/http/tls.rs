//! Certificates: files that are read again when they change, one that signs itself, and those of an
//! ACME authority ([`acme`]).
//!
//! Invariant: what cannot be read never replaces what is served. A new pair of files is taken only
//! when it is whole and belongs together; until then the old one goes on and the log says why.

pub mod acme;

use std::collections::HashMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};

/// How often files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Names in a certificate that signs itself.
const NAMES_MAX: usize = 50;

/// The folder of a certificate that signs itself, in a data directory.
const FOLDER: &str = "tls";

/// What is wrong with a certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{what} {}: {source}; {hint}", path.display())]
    File {
        /// Certificate or key.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system or the reader said.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// How to mend it.
        hint: &'static str,
    },
    /// Certificate and key do not belong together, or are of a kind that is not known.
    #[error("certificate {} with key {}: {source}; give the key that the certificate was made for", cert.display(), key.display())]
    Pair {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
    /// A certificate cannot be made.
    #[error(
        "a certificate for {names} cannot be made: {source}; give host names or IP addresses, separated by commas"
    )]
    Make {
        /// For which names.
        names: String,
        /// What rcgen said.
        source: rcgen::Error,
    },
    /// An ACME authority gave no certificate.
    #[error("no certificate for {names} from {directory}: {why}")]
    Acme {
        /// For which names.
        names: String,
        /// Address of the authority.
        directory: String,
        /// What was said.
        why: String,
    },
    /// rustls refused its own defaults.
    #[error("TLS: {0}")]
    Setup(rustls::Error),
}

/// A certificate with its key, as it is in its files.
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    served: RwLock<Arc<CertifiedKey>>,
    /// What an authority is shown that asks whether a name is ours.
    proofs: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl Certificate {
    /// Reads a chain of certificates, the server's own first, and its key, both PEM.
    pub fn open(cert: &Path, key: &Path) -> Result<Arc<Certificate>, TlsError> {
        let served = RwLock::new(Arc::new(read(cert, key)?));
        let (cert, key) = (cert.to_owned(), key.to_owned());
        Ok(Arc::new(Certificate { cert, key, served, proofs: RwLock::default() }))
    }

    /// A certificate for these names that signs itself, for development: made once, kept in the data
    /// directory, readable by its owner only, and made again when other names are asked for.
    pub fn self_signed(dir: &Path, names: &[String]) -> Result<Arc<Certificate>, TlsError> {
        let folder = dir.join(FOLDER);
        let at = |name: &str| folder.join(name);
        let (cert, key, list) = (at("self-signed.pem"), at("self-signed.key"), at("names"));
        let wanted = names.join(",");
        let kept = std::fs::read_to_string(&list).is_ok_and(|kept| kept == wanted);
        if kept && let Ok(certificate) = Certificate::open(&cert, &key) {
            return Ok(certificate);
        }
        let failed = |source| TlsError::Make { names: wanted.clone(), source };
        let names = names.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>();
        let made = rcgen::generate_simple_self_signed(names).map_err(failed)?;
        let write = |path: &Path, text: &str| {
            private(path, text).map_err(|source| TlsError::File {
                what: "the file",
                path: path.to_owned(),
                source: source.into(),
                hint: "the data directory must be writable",
            })
        };
        // If it cannot be made, the first file says so.
        std::fs::create_dir_all(&folder).ok();
        write(&key, &made.signing_key.serialize_pem())?;
        write(&cert, &made.cert.pem())?;
        write(&list, &wanted)?;
        Certificate::open(&cert, &key)
    }

    /// SHA-256 of the certificate, as browsers and `openssl x509 -fingerprint -sha256` show it.
    pub fn fingerprint(&self) -> String {
        let served = self.served();
        let der = served.cert.first().map(AsRef::as_ref).unwrap_or_default();
        let bytes: Vec<String> = Sha256::digest(der).iter().map(|b| format!("{b:02X}")).collect();
        bytes.join(":")
    }

    /// Reads the files again. What cannot be read does not replace what is served.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = Arc::new(read(&self.cert, &self.key)?);
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// How connections begin with it.
    pub fn acceptor(self: &Arc<Certificate>) -> Result<TlsAcceptor, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?;
        let resolver = Arc::clone(self);
        let mut config = versions.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), acme::ALPN.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Takes new files when they change, and on SIGHUP, for as long as it is polled.
    pub async fn follow(self: Arc<Certificate>) {
        let mut hangup = hangups();
        let mut seen = self.changed_at();
        loop {
            let asked = tokio::select! {
                () = next(&mut hangup) => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
            let now = self.changed_at();
            if !asked && now == seen {
                continue;
            }
            seen = now;
            match self.reload() {
                Ok(()) => tracing::info!("took the certificate {}", self.cert.display()),
                Err(error) => tracing::error!(%error, "the old certificate goes on"),
            }
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let at = |path: &Path| std::fs::metadata(path).and_then(|facts| facts.modified()).ok();
        [at(&self.cert), at(&self.key)]
    }

    fn served(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut protocols = hello.alpn().into_iter().flatten();
        if protocols.any(|protocol| protocol == acme::ALPN) {
            return self.proof(hello.server_name()?);
        }
        Some(self.served())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.cert.display())
    }
}

fn read(cert: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let file = |what, path: &Path, source, hint| {
        Err(TlsError::File { what, path: path.to_owned(), source, hint })
    };
    let chain =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = match chain {
        Ok(chain) if !chain.is_empty() => chain,
        Ok(_) => {
            let hint = "it must be PEM, with BEGIN CERTIFICATE";
            return file("certificate", cert, "holds no certificate".into(), hint);
        }
        Err(error) => {
            let hint = "it must be a readable PEM file, the server's own certificate first";
            return file("certificate", cert, error.into(), hint);
        }
    };
    let der = match PrivateKeyDer::from_pem_file(key) {
        Ok(der) => der,
        Err(error) => {
            let hint = "it must be a readable PEM file, with BEGIN PRIVATE KEY and no password";
            return file("key", key, error.into(), hint);
        }
    };
    CertifiedKey::from_der(chain, der, &ring::default_provider()).map_err(|source| TlsError::Pair {
        cert: cert.to_owned(),
        key: key.to_owned(),
        source,
    })
}

/// Writes a file that nobody else may read, in one step.
fn private(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)
}

#[cfg(unix)]
type Hangups = Option<tokio::signal::unix::Signal>;
#[cfg(not(unix))]
type Hangups = ();

#[cfg(unix)]
fn hangups() -> Hangups {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok()
}

#[cfg(not(unix))]
fn hangups() -> Hangups {}

#[cfg(unix)]
async fn next(hangups: &mut Hangups) {
    match hangups {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn next(_: &mut Hangups) {
    std::future::pending().await
}
