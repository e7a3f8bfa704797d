//! Sockets as clients find them: long addresses, TLS, ends of connections, the end of a server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use server::http::listen::Socket;
use server::http::tls::Certificate;
use server::http::{App, Options, serve_on};
use server::{Service, Workspace};
use tokio::sync::oneshot;
use ureq::tls::{Certificate as Root, RootCerts, TlsConfig};

use super::fixture::fixture;

fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn an_address_may_have_as_many_bytes_as_libraries_put_there() {
    let server = fixture();
    for (bytes, status) in [(1_000, "200"), (70_000, "200"), (200_000, "200"), (600_000, "431")] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let query = "x".repeat(bytes);
        let head =
            format!("GET /people?q={query} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
        // A server that refuses may close before it has read everything.
        let _ = stream.write_all(head.as_bytes());
        let said = answer(&mut stream);
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status}")) || (said.is_empty() && bytes > 500_000),
            "{bytes}: {said:.200}"
        );
    }
}

#[test]
fn half_a_request_does_not_hold_the_end_and_a_whole_one_is_answered() {
    let mut server = fixture();
    let connect = |text: &str| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let mut silent = connect("");
    let mut half = connect("GET /api/overview HTTP/1.1\r\nhost:");
    let body = r#"{"event":"E","userId":"u"}"#;
    let (first, second) = body.split_at(9);
    let key = &server.key;
    let mut slow = connect(&format!(
        "POST /v1/track HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{first}",
        body.len()
    ));
    std::thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    drop(server.stop.take());
    assert_eq!(answer(&mut silent), "");
    assert_eq!(answer(&mut half), "");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    slow.write_all(second.as_bytes()).unwrap();
    let said = answer(&mut slow);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

/// A server with a certificate, and what ends it.
struct Secure {
    port: u16,
    certificate: Arc<Certificate>,
    _stop: oneshot::Sender<()>,
    folder: tempfile::TempDir,
}

fn secure() -> Secure {
    let folder = tempfile::tempdir().unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = Certificate::self_signed(folder.path(), &names).unwrap();
    let workspace = Arc::new(Workspace::open(folder.path()).unwrap().0);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let app = App::new(Arc::new(Service::new(workspace)), address, Options::default());
    let (stop, stopped) = oneshot::channel::<()>();
    let tls = Some(certificate.acceptor().unwrap());
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let stopped = async {
                let _: Result<(), _> = stopped.await;
            };
            serve_on(vec![Socket { listener, tls }], app, stopped).await.unwrap();
        });
    });
    Secure { port: address.port(), certificate, _stop: stop, folder }
}

/// An agent that trusts the certificate of a data directory and nothing else.
fn trusting(dir: &Path) -> ureq::Agent {
    let pem = std::fs::read(dir.join("tls/self-signed.pem")).unwrap();
    let root = Root::from_pem(&pem).unwrap();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root])).build();
    ureq::Agent::config_builder().tls_config(tls).build().new_agent()
}

#[test]
fn a_self_signed_certificate_is_served_kept_and_private() {
    let server = secure();
    let agent = trusting(server.folder.path());
    for host in ["localhost", "127.0.0.1"] {
        let status =
            agent.get(format!("https://{host}:{}/people", server.port)).call().unwrap().status();
        assert_eq!(status, 200);
    }
    let stranger = trusting(secure().folder.path());
    assert!(stranger.get(format!("https://localhost:{}/", server.port)).call().is_err());
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let again = Certificate::self_signed(server.folder.path(), &names).unwrap();
    assert_eq!(again.fingerprint(), server.certificate.fingerprint());
    assert_eq!(again.fingerprint().len(), 32 * 3 - 1);
    #[cfg(unix)]
    for file in ["tls/self-signed.pem", "tls/self-signed.key"] {
        use std::os::unix::fs::PermissionsExt;
        let facts = std::fs::metadata(server.folder.path().join(file)).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, 0o600, "{file}");
    }
    let other = Certificate::self_signed(server.folder.path(), &names[..1]).unwrap();
    assert_ne!(other.fingerprint(), again.fingerprint(), "other names, another certificate");
}

#[test]
fn new_files_are_taken_and_broken_ones_are_not() {
    let server = secure();
    let at = |name: &str| server.folder.path().join("tls").join(name);
    let before = server.certificate.fingerprint();
    let (old_pem, old_key) = (
        std::fs::read(at("self-signed.pem")).unwrap(),
        std::fs::read(at("self-signed.key")).unwrap(),
    );
    std::fs::write(at("self-signed.pem"), "nothing").unwrap();
    let error = server.certificate.reload().unwrap_err().to_string();
    assert!(error.contains("holds no certificate"), "{error}");
    let other = tempfile::tempdir().unwrap();
    Certificate::self_signed(other.path(), &["localhost".to_owned()]).unwrap();
    let new_pem = std::fs::read(other.path().join("tls/self-signed.pem")).unwrap();
    std::fs::write(at("self-signed.pem"), &new_pem).unwrap();
    let error = server.certificate.reload().unwrap_err().to_string();
    assert!(error.contains("give the key that the certificate was made for"), "{error}");
    assert_eq!(server.certificate.fingerprint(), before);
    std::fs::copy(other.path().join("tls/self-signed.key"), at("self-signed.key")).unwrap();
    server.certificate.reload().unwrap();
    assert_ne!(server.certificate.fingerprint(), before);
    let agent = trusting(other.path());
    let url = format!("https://localhost:{}/people", server.port);
    assert_eq!(agent.get(&url).call().unwrap().status(), 200);
    std::fs::write(at("self-signed.pem"), old_pem).unwrap();
    std::fs::write(at("self-signed.key"), old_key).unwrap();
}
