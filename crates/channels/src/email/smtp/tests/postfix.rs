//! A real Postfix between our client and a scripted server: what it accepts, forwards and bounces.
//!
//! Runs where Postfix is installed and the test is root (its master insists on that); says so where
//! not. The instance has its own configuration, queue and ports, and leaves the system's alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::server::{Act, Server};
use super::{message, outgoing, script, settings};
use crate::contract::{Address, Channel, Code, Outcome, Outgoing, Payload};
use crate::email::dkim::Signer;
use crate::email::dkim::tests::{keys, verified};
use crate::email::feedback::{Event, report};
use crate::email::smtp::{Encryption, Settings, Smtp};
use crate::tls::Trust;

/// How long Postfix may take for a message; it takes a second on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Postfix {
    folder: TempDir,
    port: u16,
    certificate: String,
}

impl Drop for Postfix {
    fn drop(&mut self) {
        postfix(self.folder.path(), "stop");
    }
}

fn postfix(folder: &Path, verb: &str) -> bool {
    let mut command = Command::new("postfix");
    command.args(["-c".as_ref(), folder.as_os_str(), verb.as_ref()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Postfix {
    /// An instance that forwards `dest.example` and `shop.example` to `next`, a port of this machine.
    fn start(next: u16) -> Option<Postfix> {
        let there = Command::new("postconf").arg("mail_version").output();
        let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
        if !there.is_ok_and(|o| o.status.success()) || !root {
            eprintln!("SKIPPED: no Postfix is installed, or the test does not run as root");
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["queue", "data"] {
            fs::create_dir(path.join(name)).unwrap();
        }
        Command::new("chown").arg("postfix").arg(path.join("data")).status().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let pem = format!("{}{}", made.signing_key.serialize_pem(), made.cert.pem());
        fs::write(path.join("tls.pem"), pem).unwrap();
        fs::write(path.join("main.cf"), main_cf(path, next)).unwrap();
        fs::write(path.join("master.cf"), master_cf(port)).unwrap();
        assert!(postfix(path, "start"), "Postfix did not start");
        Some(Postfix { port, certificate: made.cert.pem(), folder })
    }
}

fn main_cf(path: &Path, next: u16) -> String {
    let path = path.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {path}/queue
data_directory = {path}/data
maillog_file = {path}/queue/log
maillog_file_prefixes = {path}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = dest.example, shop.example
relay_recipient_maps = inline:{{ {{ ada@dest.example = x }}, {{ gone@dest.example = x }}, {{ bounces@shop.example = x }} }}
recipient_delimiter = +
smtpd_reject_unlisted_recipient = yes
transport_maps = inline:{{ {{ dest.example = smtp:[127.0.0.1]:{next} }}, {{ shop.example = smtp:[127.0.0.1]:{next} }} }}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {path}/tls.pem
message_size_limit = 200000
"
    )
}

fn master_cf(port: u16) -> String {
    let mut services = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
    for line in [
        "pickup unix n - n 60 1 pickup",
        "cleanup unix n - n - 0 cleanup",
        "qmgr unix n - n 300 1 qmgr",
        "tlsmgr unix - - n 1000? 1 tlsmgr",
        "rewrite unix - - n - - trivial-rewrite",
        "bounce unix - - n - 0 bounce",
        "defer unix - - n - 0 bounce",
        "trace unix - - n - 0 bounce",
        "verify unix - - n - 1 verify",
        "proxymap unix - - n - - proxymap",
        "smtp unix - - n - - smtp",
        "relay unix - - n - - smtp",
        "error unix - - n - - error",
        "retry unix - - n - - error",
        "discard unix - - n - - discard",
        "anvil unix - - n - 1 anvil",
        "scache unix - - n - 1 scache",
        "postlog unix-dgram n - n - 1 postlogd",
    ] {
        services.push_str(line);
        services.push('\n');
    }
    services
}

#[tokio::test]
async fn postfix_takes_forwards_refuses_and_bounces() {
    let refuses = |_: usize, command: &str| {
        let gone = command.to_ascii_lowercase().starts_with("rcpt to:<gone@");
        gone.then_some(Act::Say("550 5.1.1 no such user"))
    };
    // Postfix would send a message for nobody after a refusal among commands that it sent at once.
    let next = Server::slow(script(refuses)).await;
    let Some(postfix) = Postfix::start(next.port) else { return };
    let settings = Settings {
        host: "localhost".to_owned(),
        encryption: Encryption::StartTls,
        trust: Trust::with(&postfix.certificate).unwrap(),
        ..settings(postfix.port)
    };
    let signers: Vec<Signer> =
        keys().iter().take(1).map(|key| Signer::new("shop.example", "s1", key).unwrap()).collect();
    let record = signers.first().map(Signer::record);
    let smtp = Smtp::new(settings, signers).unwrap();

    let outcome = smtp.send(outgoing("d0", "ada@dest.example")).await;
    assert!(matches!(&outcome, Outcome::Accepted { provider_id: Some(_), .. }), "{outcome:?}");
    let forwarded = next.message(0, PATIENCE).await;
    for line in ["..two", "Subject: Hello", "Message-ID: <d1@shop.example>"] {
        assert!(forwarded.contains(&format!("\r\n{line}\r\n")), "{forwarded}");
    }
    // What Postfix adds and folds on the way leaves the signature whole.
    let signed = record.and_then(|record| verified(&[(record, forwarded.clone().into_bytes())]));
    assert!(signed.is_none_or(|verdicts| verdicts == [true]), "{forwarded}");

    let outcome = smtp.send(outgoing("d1", "nobody@dest.example")).await;
    let dead = Address::DEAD;
    assert!(
        matches!(&outcome, Outcome::Rejected { code: Code::AddressUnknown, address, .. } if *address == dead),
        "{outcome:?}"
    );

    let mut large = message();
    large.text = Some("x".repeat(300_000));
    let payload = Payload::Email(Box::new(large));
    let outcome = smtp.send(Outgoing { payload, ..outgoing("d2", "ada@dest.example") }).await;
    assert_eq!(outcome.code(), Some(Code::PayloadTooLarge));

    let outcome = smtp.send(outgoing("d3", "gone@dest.example")).await;
    assert!(matches!(&outcome, Outcome::Accepted { .. }), "{outcome:?}");
    let bounce = next.message(1, PATIENCE).await;
    let bounced_to = next.commands().into_iter().rfind(|c| c.starts_with("RCPT")).unwrap();
    let bounced_to = bounced_to.split(['<', '>']).nth(1).unwrap().to_owned();
    assert_eq!(bounced_to, "bounces+d1@shop.example");
    let feedback = report::read(bounce.as_bytes(), &bounced_to, "bounces").unwrap();
    assert_eq!(feedback.len(), 1);
    let (about, event) = (&feedback[0].about, &feedback[0].event);
    assert_eq!(about.delivery.as_deref(), Some("d1"));
    assert_eq!(about.message_id.as_deref(), Some("d1@shop.example"));
    assert_eq!(about.recipient.as_deref(), Some("gone@dest.example"));
    let unknown = matches!(event, Event::Bounced { code: Code::AddressUnknown, address, .. } if *address == dead);
    assert!(unknown, "{event:?}");
}
