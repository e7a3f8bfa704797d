//! Encrypted connections to providers: who is trusted.
//!
//! rustls with ring. The trusted authorities are the public ones that are built in, and those that
//! an installation adds (a private authority of a company, the certificate of a test).

use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Most certificates that may be added: a company has a handful.
pub const ROOTS_MAX: usize = 64;

/// Why certificates could not be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no certificate.
    #[error("the added certificates cannot be read ({0}); they are PEM texts of authorities")]
    Certificate(String),
    /// There are too many.
    #[error("{0} certificates are added and {ROOTS_MAX} are allowed")]
    TooMany(usize),
    /// The TLS library refused its settings.
    #[error("TLS could not be set up: {0}")]
    Setup(String),
}

/// The authorities that are trusted.
#[derive(Clone, Debug)]
pub struct Trust {
    roots: Arc<RootCertStore>,
}

impl Default for Trust {
    fn default() -> Trust {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Trust { roots: Arc::new(roots) }
    }
}

impl Trust {
    /// The built-in authorities and those of a PEM text, which may hold several.
    pub fn with(pem: &str) -> Result<Trust, Error> {
        let mut roots = RootCertStore::clone(&Trust::default().roots);
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .take(ROOTS_MAX + 1)
            .collect::<Result<_, _>>()
            .map_err(|e| Error::Certificate(format!("{e:?}")))?;
        if certificates.is_empty() {
            return Err(Error::Certificate("there is none".to_owned()));
        }
        if certificates.len() > ROOTS_MAX {
            return Err(Error::TooMany(certificates.len()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|e| Error::Certificate(e.to_string()))?;
        }
        Ok(Trust { roots: Arc::new(roots) })
    }

    /// The settings of a client that speaks one of `protocols` (ALPN), best first.
    pub fn client(&self, protocols: &[&[u8]]) -> Result<Arc<ClientConfig>, Error> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::Setup(e.to_string()))?
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
        Ok(Arc::new(config))
    }
}
