//! Certificates of an ACME authority (RFC 8555) as Let's Encrypt, renewed long before they end.
//!
//! That a name is ours is shown with TLS-ALPN-01 (RFC 8737): the authority connects to port 443 of the
//! name, asks for the protocol `acme-tls/1`, and is shown a certificate that signs itself and holds the
//! answer to its question. So it takes no second port and no file that somebody must serve.
//!
//! Until there is a certificate, one that signs itself is served. What was issued is kept in the data
//! directory, so that a restart asks for nothing. A failure is tried again, later each time; the
//! certificate that there is goes on meanwhile.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{Request, Response};
use http_body_util::{BodyExt, Full};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType,
    HttpClient, Identifier, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, CertificateError, RootCertStore};
use ureq::tls::{RootCerts, TlsConfig};

use super::{Certificate, FOLDER, NAMES_MAX, TlsError, private};

/// The protocol under which an authority asks.
pub const ALPN: &[u8] = b"acme-tls/1";

/// Let's Encrypt.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// How often the certificate's end is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// The pause after a first failure; it doubles up to [`LOOK_EVERY`]. Authorities limit failures by the
/// hour.
const FIRST_PAUSE: Duration = Duration::from_secs(60);

/// How long one question to an authority may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a proof or a certificate may take the authority.
const POLL: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(120));

/// Bytes of an answer.
const ANSWER_BYTES: u64 = 1024 * 1024;

/// What is asked of which authority.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Host names; whoever asks for a certificate under one of them reaches this server on port 443.
    pub names: Vec<String>,
    /// An e-mail address for the authority's warnings.
    pub contact: Option<String>,
    /// The authority's directory, as in [`LETS_ENCRYPT`].
    pub directory: String,
    /// A certificate in PEM that signs the authority's own; nothing: the well-known roots.
    pub root: Option<PathBuf>,
}

/// A certificate that is asked for and renewed.
pub struct Acme {
    settings: Settings,
    folder: PathBuf,
    certificate: Arc<Certificate>,
}

/// An account, and with whom.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    directory: String,
    credentials: AccountCredentials,
}

impl Acme {
    /// What was issued before, or a certificate that signs itself until something is.
    pub fn open(dir: &Path, settings: Settings) -> Result<Acme, TlsError> {
        settings.check()?;
        let folder = dir.join(FOLDER).join("acme");
        let (cert, key) = paths(&folder);
        let issued = Certificate::open(&cert, &key).ok();
        let issued = issued.filter(|_| names_of(&folder) == settings.names);
        let certificate = match issued {
            Some(issued) => issued,
            None => {
                let served = Certificate::self_signed(dir, &settings.names)?.served();
                let served = RwLock::new(served);
                Arc::new(Certificate { cert, key, served, proofs: RwLock::default() })
            }
        };
        Ok(Acme { settings, folder, certificate })
    }

    /// What is served.
    pub fn certificate(&self) -> &Arc<Certificate> {
        &self.certificate
    }

    /// Asks for a certificate when there is none or the one there is ends soon, for as long as it is
    /// polled.
    pub async fn follow(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            if !self.is_due(SystemTime::now()) {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            match self.issue().await {
                Ok(()) => {
                    tracing::info!(names = self.settings.names.join(","), "took a new certificate");
                    pause = FIRST_PAUSE;
                }
                Err(error) => {
                    tracing::error!(%error, "asking again in {} s", pause.as_secs());
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LOOK_EVERY);
                }
            }
        }
    }

    /// Whether a certificate is to be asked for: there is none, or two thirds of its time are over.
    fn is_due(&self, now: SystemTime) -> bool {
        let (cert, _) = paths(&self.folder);
        let written = std::fs::metadata(&cert).and_then(|facts| facts.modified()).ok();
        let end = self.certificate.served().cert.first().and_then(ends_at);
        match (written, end) {
            (Some(written), Some(end)) if names_of(&self.folder) == self.settings.names => {
                let lasts = end.duration_since(written).unwrap_or_default();
                now >= written + lasts * 2 / 3
            }
            _ => true,
        }
    }

    /// Asks for a certificate, shows that the names are ours, and serves what is issued.
    async fn issue(&self) -> Result<(), TlsError> {
        let said = |why: String| self.settings.refused(why);
        let failed = |error: instant_acme::Error| said(error.to_string());
        let account = self.account().await?;
        let names = self.settings.names.iter().cloned();
        let names: Vec<Identifier> = names.map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&names)).await.map_err(failed)?;
        let shown = self.show(&mut order).await;
        let ready = match shown {
            Ok(()) => order.poll_ready(&POLL).await.map_err(failed),
            Err(error) => Err(error),
        };
        self.certificate.forget_proofs();
        if !matches!(ready?, OrderStatus::Ready | OrderStatus::Valid) {
            let why = refusals(&mut order).await;
            return Err(said(format!(
                "it could not see that the names are ours ({why}); port 443 of each name must lead here"
            )));
        }
        let key = order.finalize().await.map_err(failed)?;
        let chain = order.poll_certificate(&POLL).await.map_err(failed)?;
        self.keep(&chain, &key)
    }

    /// Answers the authority's questions about all names.
    async fn show(&self, order: &mut Order) -> Result<(), TlsError> {
        let said = |why: String| self.settings.refused(why);
        let failed = |error: instant_acme::Error| said(error.to_string());
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(failed)?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                other => return Err(said(format!("the authorization is {other:?}"))),
            }
            let name = authorization.identifier().to_string();
            let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
            let mut challenge = challenge.ok_or_else(|| {
                said(format!(
                    "it offers no tls-alpn-01 for {name}; use --tls-cert and another tool"
                ))
            })?;
            let digest = challenge.key_authorization().digest();
            self.certificate.prove(&name, proof(&name, digest.as_ref())?);
            challenge.set_ready().await.map_err(failed)?;
        }
        Ok(())
    }

    /// Writes what was issued and serves it. The old pair goes on unless the new one is whole.
    fn keep(&self, chain: &str, key: &str) -> Result<(), TlsError> {
        let (cert_path, key_path) = paths(&self.folder);
        self.write(&key_path, key)?;
        self.write(&cert_path, chain)?;
        self.write(&self.folder.join("names"), &self.settings.names.join(","))?;
        self.certificate.reload()
    }

    async fn account(&self) -> Result<Account, TlsError> {
        let Settings { contact, directory, root, .. } = &self.settings;
        let failed = |error: instant_acme::Error| self.settings.refused(error.to_string());
        let client = Client::new(root.as_deref())?;
        let builder = Account::builder_with_http(Box::new(client));
        let path = self.folder.join("account.json");
        let kept = std::fs::read_to_string(&path).ok();
        let kept: Option<Kept> = kept.and_then(|text| serde_json::from_str(&text).ok());
        if let Some(kept) = kept.filter(|kept| kept.directory == *directory) {
            return builder.from_credentials(kept.credentials).await.map_err(failed);
        }
        let contact: Vec<String> = contact.iter().map(|mail| format!("mailto:{mail}")).collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let wanted = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let made = builder.create(&wanted, directory.clone(), None).await;
        let (account, credentials) = made.map_err(failed)?;
        let kept = serde_json::to_string(&Kept { directory: directory.clone(), credentials });
        let kept = kept.map_err(|error| self.settings.refused(error.to_string()))?;
        self.write(&path, &kept)?;
        Ok(account)
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), TlsError> {
        let written = std::fs::create_dir_all(&self.folder).and_then(|()| private(path, text));
        written.map_err(|source| TlsError::File {
            what: "the file",
            path: path.to_owned(),
            source: source.into(),
            hint: "the data directory must be writable",
        })
    }
}

impl Settings {
    fn check(&self) -> Result<(), TlsError> {
        let names = &self.names;
        if names.is_empty() || names.len() > NAMES_MAX {
            return Err(self.refused(format!("give between one name and {NAMES_MAX}")));
        }
        let host = |name: &String| {
            let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
            (1..=253).contains(&name.len()) && name.bytes().all(known)
        };
        let address = |name: &String| name.parse::<std::net::IpAddr>().is_ok();
        match names.iter().find(|name| !host(name) || address(name)) {
            Some(name) => Err(self.refused(format!(
                "{name:?} is no host name; give names as in app.example.com, without wildcards and addresses"
            ))),
            None => Ok(()),
        }
    }

    fn refused(&self, why: String) -> TlsError {
        TlsError::Acme { names: self.names.join(","), directory: self.directory.clone(), why }
    }
}

impl Certificate {
    fn prove(&self, name: &str, proof: CertifiedKey) {
        let mut proofs = self.proofs.write().unwrap_or_else(PoisonError::into_inner);
        proofs.insert(name.to_ascii_lowercase(), Arc::new(proof));
    }

    fn forget_proofs(&self) {
        self.proofs.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What an authority is shown that asks for a name.
    pub(super) fn proof(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let proofs = self.proofs.read().unwrap_or_else(PoisonError::into_inner);
        proofs.get(&name.to_ascii_lowercase()).cloned()
    }
}

/// Certificate and key of what was issued.
fn paths(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("cert.pem"), folder.join("cert.key"))
}

/// For which names it was issued.
fn names_of(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("names")).unwrap_or_default();
    text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// When a certificate ends: what the verifier would say of it in a thousand years.
fn ends_at(der: &CertificateDer<'_>) -> Option<SystemTime> {
    let parsed = ParsedCertificate::try_from(der).ok()?;
    let then = UnixTime::since_unix_epoch(Duration::from_secs(365 * 24 * 60 * 60 * 1_000));
    let algorithms = ring::default_provider().signature_verification_algorithms;
    let nobody = RootCertStore::empty();
    let verified =
        verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], then, algorithms.all);
    match verified {
        Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext {
            not_after,
            ..
        })) => Some(UNIX_EPOCH + Duration::from_secs(not_after.as_secs())),
        _ => None,
    }
}

/// A certificate that answers an authority's question about a name.
fn proof(name: &str, digest: &[u8]) -> Result<CertifiedKey, TlsError> {
    let failed = |source| TlsError::Make { names: name.to_owned(), source };
    let mut params = CertificateParams::new([name.to_owned()]).map_err(failed)?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate().map_err(failed)?;
    let cert = params.self_signed(&key).map_err(failed)?;
    let der = PrivateKeyDer::try_from(key.serialize_der()).map_err(|_| {
        TlsError::Setup(rustls::Error::General("a key that was just made cannot be read".into()))
    })?;
    // The extension is critical and no verifier knows it, so certificate and key are not compared.
    let signing = ring::default_provider().key_provider.load_private_key(der);
    Ok(CertifiedKey::new(vec![cert.der().clone()], signing.map_err(TlsError::Setup)?))
}

/// What an authority says of names that it could not see.
async fn refusals(order: &mut Order) -> String {
    let mut said = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        for challenge in &authorization.challenges {
            said.extend(challenge.error.as_ref().map(ToString::to_string));
        }
    }
    if said.is_empty() { "it does not say why".into() } else { said.join("; ") }
}

/// The questions to an authority, over the HTTP client that webhooks use.
struct Client(ureq::Agent);

impl Client {
    fn new(root: Option<&Path>) -> Result<Client, TlsError> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = root {
            let file = |source: Box<dyn std::error::Error + Send + Sync>| TlsError::File {
                what: "root certificate",
                path: path.to_owned(),
                source,
                hint: "it must be a readable PEM file",
            };
            let pem = std::fs::read(path).map_err(|error| file(error.into()))?;
            let root =
                ureq::tls::Certificate::from_pem(&pem).map_err(|error| file(error.into()))?;
            tls = tls.root_certs(RootCerts::new_with_certs(&[root]));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("Perennial/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build();
        Ok(Client(config.into()))
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>>;

impl HttpClient for Client {
    fn request(&self, request: Request<BodyWrapper<hyper::body::Bytes>>) -> Answer {
        let agent = self.0.clone();
        let other =
            |error: Box<dyn std::error::Error + Send + Sync>| instant_acme::Error::Other(error);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let Ok(body) = body.collect().await;
            let body = body.to_bytes().to_vec();
            let asked = tokio::task::spawn_blocking(move || {
                let (parts, mut body) = agent.run(Request::from_parts(parts, body))?.into_parts();
                let bytes = body.with_config().limit(ANSWER_BYTES).read_to_vec()?;
                let body: Full<hyper::body::Bytes> = bytes.into();
                Ok::<_, ureq::Error>(Response::from_parts(parts, body))
            });
            let answer = asked.await.map_err(|error| other(error.into()))?;
            Ok(BytesResponse::from(answer.map_err(|error| other(error.into()))?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_known() {
        let mut params = CertificateParams::new(["shop.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 5, 7);
        let key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&key).unwrap();
        let end = ends_at(cert.der()).unwrap().duration_since(UNIX_EPOCH).unwrap();
        assert_eq!(end.as_secs(), 1_935_878_400);
    }

    #[test]
    fn what_is_no_host_name_is_refused_before_anything_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["127.0.0.1", "*.example.com", "", "a b", "::1"] {
            let names = vec![name.to_owned()];
            let directory = LETS_ENCRYPT.into();
            let settings = Settings { names, contact: None, directory, root: None };
            let opened = Acme::open(dir.path(), settings);
            assert!(matches!(opened, Err(TlsError::Acme { .. })), "{name}");
        }
    }
}
