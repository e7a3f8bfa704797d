use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::email::{Mailbox, Message, Unsubscribe, mime};
use crate::testing::{openssl, rsa_pem};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A key of each kind and form, as far as OpenSSL makes them: RSA in both forms, and Ed25519.
pub fn keys() -> Vec<Secret> {
    let ed25519 = openssl(&["genpkey", "-algorithm", "ed25519"]);
    let old_form = rsa_pem().and_then(|pem| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        std::fs::write(&path, pem).unwrap();
        openssl(&["rsa", "-traditional", "-in", path.to_str().unwrap()])
    });
    let all = [rsa_pem().map(str::to_owned), old_form, ed25519];
    let made: Vec<Secret> = all.into_iter().flatten().map(Secret::new).collect();
    if made.len() < 3 {
        eprintln!("SKIPPED in part: OpenSSL made {} of 3 keys", made.len());
    }
    made
}

fn email(body: &str) -> Vec<u8> {
    let message = Message {
        from: Mailbox::named("shop@shop.example", "Käse & Söhne, \"Bern\""),
        reply_to: Some(Mailbox::named("help@shop.example", "Hilfe")),
        return_path: "b+1@shop.example".into(),
        subject: "Ein sehr langer Betreff über Käse, Schokolade und Ähnliches 🧀 ".repeat(4),
        text: Some(body.into()),
        amp: Some(format!("<!doctype html><html ⚡4email>{body}</html>")),
        html: Some(format!("<p>{body}</p>")),
        message_id: "1@shop.example".into(),
        unsubscribe: Some(Unsubscribe {
            url: format!("https://shop.example/u/{}", "x".repeat(300)),
            mailto: Some("off@shop.example?subject=off".into()),
        }),
        headers: vec![("Feedback-ID".into(), "c1:w1:email:shop".into())],
    };
    let to = Mailbox::named("ada@example.org", "Ayşe  Öz");
    mime::build(&message, &to, "k1", NOW).unwrap().bytes
}

const BODIES: [&str; 5] = [
    "plain",
    "trailing blanks   \n\n\ttabs\t and  runs \n\n\n",
    "Grüße\nund mehr",
    ".\n..\nFrom here\n",
    "",
];

/// Whether PyPI's dkimpy, an implementation that shares nothing with ours, verifies each message with
/// its key's record. `None` where Python or the package cannot be had.
pub fn verified(messages: &[(String, Vec<u8>)]) -> Option<Vec<bool>> {
    const SCRIPT: &str = "
import sys, base64
try:
    import dkim
except ImportError:
    sys.exit(3)
for line in sys.stdin:
    record, message = [base64.b64decode(field) for field in line.split()]
    print(1 if dkim.verify(message, dnsfunc=lambda name, timeout=5: record) else 0)
";
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let line = |(record, message): &(String, Vec<u8>)| {
        format!("{} {}\n", BASE64_STANDARD.encode(record), BASE64_STANDARD.encode(message))
    };
    let input: String = messages.iter().map(line).collect();
    // Without the package the child ends at once and cannot be written to.
    let written = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    if written.is_err() || !output.status.success() {
        return None;
    }
    Some(
        output.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| l == b"1").collect(),
    )
}

#[test]
fn a_foreign_implementation_verifies_every_kind_of_key_and_body_and_no_forgery() {
    let forgeries = [
        ("Subject: ", "Subject: Not "),
        ("text/plain", "text/html"),
        ("List-Unsubscribe-Post: ", "List-Unsubscribe-Post: x"),
        ("\r\nFrom: ", "\r\nFrom: a@evil.example\r\nFrom: "),
        ("\r\nTo: ", "\r\nSubject: second\r\nTo: "),
    ];
    let (mut messages, mut expected) = (Vec::new(), Vec::new());
    for pem in keys() {
        let signer = Signer::new("shop.example", "s1", &pem).unwrap();
        for body in BODIES {
            let message = email(body);
            let signed = [signer.sign(&message, NOW).unwrap(), message].concat();
            let text = String::from_utf8(signed).unwrap();
            for (from, to) in forgeries {
                let forged = text.replacen(from, to, 1);
                assert_ne!(forged, text);
                messages.push((signer.record(), forged.into_bytes()));
                expected.push(false);
            }
            messages.push((signer.record(), text.into_bytes()));
            expected.push(true);
        }
    }
    match verified(&messages) {
        Some(found) => assert_eq!(found, expected),
        None => eprintln!("SKIPPED: no Python with dkimpy (`PYTHON` names another interpreter)"),
    }
}

#[test]
fn lines_of_the_signature_are_short_and_the_time_is_the_given_one() {
    for pem in keys() {
        let header =
            Signer::new("shop.example", "s1", &pem).unwrap().sign(&email("x"), NOW).unwrap();
        let header = String::from_utf8(header).unwrap();
        assert!(header.lines().all(|line| line.len() <= 100), "{header}");
        assert!(header.contains(" s=s1; t=1790000000;") && header.ends_with("\r\n"), "{header}");
    }
}

#[test]
fn bodies_in_their_canonical_form() {
    // The example of RFC 6376, 3.4.5, and the cases of 3.4.4.
    let cases = [
        (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
        ("", ""),
        ("\r\n\r\n", ""),
        ("  \r\n", ""),
        ("a\r\n \r\n\r\nb", "a\r\n\r\n\r\nb\r\n"),
        ("a\rb\n", "a\rb\n\r\n"),
    ];
    for (body, canonical) in cases {
        assert_eq!(
            String::from_utf8(relaxed_body(body.as_bytes())).unwrap(),
            canonical,
            "{body:?}"
        );
    }
}

#[test]
fn headers_in_their_canonical_form() {
    assert_eq!(relaxed_header(b"A: X\r\n"), b"a:X\r\n");
    assert_eq!(relaxed_header(b"B : Y\t\r\n\tZ  \r\n"), b"b:Y Z\r\n");
    assert_eq!(relaxed_header(b"no colon"), b"no colon:\r\n");
}

#[test]
fn what_is_no_key_or_name_is_refused_without_showing_it() {
    let pem: Secret = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n".into();
    for key in ["", "secret", pem.reveal()] {
        let error = Signer::new("a.example", "s", &key.into()).unwrap_err();
        assert!(matches!(error, Error::Key(_)));
        assert!(!error.to_string().contains("c2Vjc"), "{error}");
    }
    for domain in ["", "a b", "a..b", "käse.example", "a;d=b", "a\r\n"] {
        assert!(matches!(Signer::new(domain, "s", &pem), Err(Error::Name { .. })), "{domain:?}");
    }
}
