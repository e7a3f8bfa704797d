//! Certificates of an authority that speaks ACME: Pebble, which its makers test clients with
//! (`apt-get install pebble`). Without it these tests say that they are skipped.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use server::http::listen::Socket;
use server::http::tls::Certificate;
use server::http::tls::acme::{Acme, Settings};
use server::http::{App, Options, serve_on};
use server::{Service, Workspace};
use ureq::tls::{Certificate as Root, RootCerts, TlsConfig};

/// An authority that looks for proofs at one port of this machine.
struct Pebble {
    process: Child,
    directory: String,
    roots: String,
    folder: tempfile::TempDir,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn pebble(tls_port: u16) -> Option<Pebble> {
    let folder = tempfile::tempdir().unwrap();
    let (listen, manage) = (free_port(), free_port());
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = rcgen::generate_simple_self_signed(names).unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("cert.pem"), own.cert.pem()).unwrap();
    std::fs::write(at("key.pem"), own.signing_key.serialize_pem()).unwrap();
    let config = serde_json::json!({"pebble": {
        "listenAddress": format!("127.0.0.1:{listen}"),
        "managementListenAddress": format!("127.0.0.1:{manage}"),
        "certificate": at("cert.pem"), "privateKey": at("key.pem"),
        "httpPort": 1, "tlsPort": tls_port, "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
    }});
    std::fs::write(at("config.json"), config.to_string()).unwrap();
    let log = std::fs::File::create(at("log")).unwrap();
    let spawned = Command::new("pebble")
        .args(["-config", &at("config.json")])
        .env("PEBBLE_VA_NOSLEEP", "1")
        .stdout(log.try_clone().unwrap())
        .stderr(Stdio::from(log))
        .spawn();
    let Ok(process) = spawned else {
        eprintln!("skipped: there is no pebble; install it with apt-get install pebble");
        return None;
    };
    let directory = format!("https://localhost:{listen}/dir");
    let roots = format!("https://localhost:{manage}/roots/0");
    let pebble = Pebble { process, directory, roots, folder };
    let agent = trusting(&std::fs::read(pebble.root()).unwrap());
    let begun = Instant::now();
    while agent.get(&pebble.directory).call().is_err() {
        let log = std::fs::read_to_string(pebble.folder.path().join("log")).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(60), "pebble does not start: {log}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(pebble)
}

impl Pebble {
    /// What its own address is checked against.
    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// What signs the certificates that it issues.
    fn issuer(&self) -> Vec<u8> {
        let agent = trusting(&std::fs::read(self.root()).unwrap());
        agent.get(&self.roots).call().unwrap().body_mut().read_to_vec().unwrap()
    }

    fn settings(&self, names: &[&str]) -> Settings {
        Settings {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            contact: Some("admin@example.com".into()),
            directory: self.directory.clone(),
            root: Some(self.root()),
        }
    }
}

fn trusting(pem: &[u8]) -> ureq::Agent {
    let root = Root::from_pem(pem).unwrap();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root])).build();
    ureq::Agent::config_builder().tls_config(tls).build().new_agent()
}

/// Serves a data directory with what an authority gives.
fn serve(dir: &Path, listener: TcpListener, acme: Acme) -> Arc<Certificate> {
    let workspace = Arc::new(Workspace::open(dir).unwrap().0);
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let app = App::new(Arc::new(Service::new(workspace)), address, Options::default());
    let certificate = Arc::clone(acme.certificate());
    let tls = Some(certificate.acceptor().unwrap());
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            tokio::spawn(acme.follow());
            let sockets = vec![Socket { listener, tls }];
            serve_on(sockets, app, std::future::pending()).await.unwrap();
        });
    });
    certificate
}

#[test]
fn a_certificate_is_asked_for_served_and_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let Some(pebble) = pebble(port) else { return };
    let dir = tempfile::tempdir().unwrap();
    let acme = Acme::open(dir.path(), pebble.settings(&["localhost"])).unwrap();
    let placeholder = acme.certificate().fingerprint();
    let certificate = serve(dir.path(), listener, acme);
    let begun = Instant::now();
    while certificate.fingerprint() == placeholder {
        let log = std::fs::read_to_string(pebble.folder.path().join("log")).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(90), "nothing was issued: {log}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let agent = trusting(&pebble.issuer());
    let url = format!("https://localhost:{port}/people");
    assert_eq!(agent.get(&url).call().unwrap().status(), 200);

    let again = Acme::open(dir.path(), pebble.settings(&["localhost"])).unwrap();
    assert_eq!(again.certificate().fingerprint(), certificate.fingerprint(), "it is kept");
    let other = Acme::open(dir.path(), pebble.settings(&["other.example"])).unwrap();
    assert_ne!(other.certificate().fingerprint(), certificate.fingerprint(), "for its names only");
    #[cfg(unix)]
    for file in ["cert.key", "account.json"] {
        use std::os::unix::fs::PermissionsExt;
        let facts = std::fs::metadata(dir.path().join("tls/acme").join(file)).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, 0o600, "{file}");
    }
}
