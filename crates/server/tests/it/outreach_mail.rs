//! A win-back campaign as real e-mail: through Postfix into mailboxes, opened, clicked, bought, left, and the
//! report of what it caused. Runs where Postfix is installed and the test is root; says so where not.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mail_parser::{Address, HeaderValue, MessageParser};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::outreach::{act, report_of, send};
use super::watching::{Watching, identify, track};

/// Waiting longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a person's browser calls itself.
const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";

/// A Postfix of our own, which puts everything for one domain into one mailbox.
struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Drop for Postfix {
    fn drop(&mut self) {
        run(self.folder.path(), "stop");
    }
}

fn run(folder: &Path, verb: &str) -> bool {
    let mut command = Command::new("postfix");
    command.args(["-c".as_ref(), folder.as_os_str(), verb.as_ref()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Postfix {
    fn start() -> Option<Postfix> {
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
        for name in ["queue", "data", "mail"] {
            fs::create_dir(path.join(name)).unwrap();
        }
        for (owner, name) in [("postfix", "data"), ("nobody", "mail")] {
            Command::new("chown").arg(owner).arg(path.join(name)).status().unwrap();
        }
        let shown = path.display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {shown}/queue\n\
             data_directory = {shown}/data\nmaillog_file = {shown}/queue/log\n\
             maillog_file_prefixes = {shown}\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             myhostname = mail.example\nmydestination =\nmynetworks = 127.0.0.0/8\n\
             virtual_mailbox_domains = people.example\nvirtual_mailbox_base = {shown}/mail\n\
             virtual_mailbox_maps = static:inbox/\nvirtual_uid_maps = static:65534\n\
             virtual_gid_maps = static:65534\nsmtpd_peername_lookup = no\n"
        );
        fs::write(path.join("main.cf"), main).unwrap();
        let mut master = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
        for line in [
            "pickup unix n - n 60 1 pickup",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "proxymap unix - - n - - proxymap",
            "smtp unix - - n - - smtp",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "virtual unix - n n - - virtual",
            "anvil unix - - n - 1 anvil",
            "postlog unix-dgram n - n - 1 postlogd",
        ] {
            master.push_str(line);
            master.push('\n');
        }
        fs::write(path.join("master.cf"), master).unwrap();
        assert!(run(path, "start"), "Postfix did not start");
        Some(Postfix { folder, port })
    }

    /// All mail that arrived so far.
    fn mail(&self) -> Vec<Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.folder.path().join("mail/inbox/new")) else {
            return Vec::new();
        };
        entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
    }

    fn wait_for(&self, n: usize) -> Vec<Vec<u8>> {
        let started = Instant::now();
        loop {
            let mail = self.mail();
            if mail.len() >= n {
                return mail;
            }
            let log = fs::read_to_string(self.folder.path().join("queue/log")).unwrap_or_default();
            let end: String = log.lines().rev().take(5).collect::<Vec<_>>().join("\n");
            assert!(started.elapsed() < PATIENCE, "{} of {n} arrived\n{end}", mail.len());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// One request of a browser: status, where it is sent on to, body.
fn browse(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: {BROWSER}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let location = head.lines().find_map(|line| {
        line.to_lowercase().starts_with("location: ").then(|| line["location: ".len()..].to_owned())
    });
    (status, location.unwrap_or_default(), bytes[end + 4..].to_vec())
}

/// Everything between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from} in {text}")) + from.len();
    &text[start..start + text[start..].find(to).unwrap()]
}

fn campaign(id: &str) -> Value {
    let body = "<html><body><h1>{{ profile.name | default: 'Hello' }}, we miss you</h1>\
                <p><a href=\"https://shop.example/sale?x=1&y=2\">See what is new</a></p>\
                <p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></p></body></html>";
    json!({
        "id": id, "name": "Win back", "channel": "email", "trigger": {"kind": "once"},
        "audience": "did \"Order\" and not (did \"Order\" in last 60d)",
        "control": 0.3, "goals": [{"event": "Order", "within": "7d", "revenue": "total"}],
        "variants": [{"id": "a", "content": {
            "default": {"kind": "email", "subject": "{{ profile.name }}, 20 % for you",
                        "preheader": "Only this week", "body": body},
            "ar": {"kind": "email", "subject": "اشتقنا إليك يا {{ profile.name }}", "body": body},
        }}],
    })
}

#[test]
fn a_win_back_campaign_arrives_is_opened_clicked_and_measured() {
    let Some(postfix) = Postfix::start() else { return };
    let watching = Watching::start("2026-03-02T10:00:00Z");
    let provider = json!({"name": "Postfix", "concurrency": 8, "settings": {
        "kind": "smtp", "host": "127.0.0.1", "port": postfix.port, "security": "none",
        "from": "news@shop.example", "from_name": "Shöp", "bounce_domain": "shop.example"}});
    send(&watching, "POST", "/api/providers", &provider, 201);
    let policy = json!({"control": 0.0, "quiet": [], "legal_hours": false, "track": true,
                        "public_url": "https://links.shop.example",
                        "caps": [{"most": 1, "within": "7d"}]});
    send(&watching, "PUT", "/api/settings/contact-policy", &policy, 200);
    // Three hundred who bought long ago, and some who did last week.
    let mut batch = Vec::new();
    for n in 0..320_usize {
        let user = format!("u{n}");
        let language = if n % 10 == 0 { "ar" } else { "en" };
        let traits = json!({"name": format!("N{n}"), "language": language,
                            "email": format!("u{n}@people.example")});
        batch.push(identify(&user, "2025-12-01T10:00:00Z", &traits));
        let bought = if n < 300 { "2025-12-01T10:00:00Z" } else { "2026-02-26T10:00:00Z" };
        batch.push(track(&user, "Order", bought, &json!({"total": 20})));
    }
    watching.batch(&batch);
    watching.settle();
    let reach = send(&watching, "POST", "/api/campaigns/reach", &campaign("win-back"), 200);
    assert_eq!((&reach["audience"], &reach["reachable"]), (&json!(300), &json!(300)));
    assert!(reach["control"].as_u64().unwrap() > 50, "{reach}");
    send(&watching, "POST", "/api/campaigns", &campaign("win-back"), 201);
    act(&watching, "win-back", "start");
    let report = report_of(&watching, "win-back", 300);
    let sent = report["funnel"]["sent"].as_u64().unwrap() as usize;
    assert_eq!(report["funnel"]["failed"], json!(0), "{report}");
    let mail = postfix.wait_for(sent);
    assert_eq!(mail.len(), sent);

    // Each is read as its reader would.
    let address = watching.server.address;
    let base = "https://links.shop.example";
    let mut readers: BTreeMap<usize, (String, String, String)> = BTreeMap::new();
    for raw in &mail {
        let message = MessageParser::default().parse(&raw[..]).unwrap();
        let to = match message.to().unwrap() {
            Address::List(list) => list[0].address.clone().unwrap().into_owned(),
            Address::Group(_) => panic!("a group"),
        };
        let n: usize = between(&to, "u", "@").parse().unwrap();
        let html = message.body_html(0).unwrap().into_owned();
        let subject = message.subject().unwrap();
        let expected = if n.is_multiple_of(10) { "اشتقنا" } else { "20 % for you" };
        assert!(subject.contains(expected) && subject.contains(&format!("N{n}")), "{subject}");
        assert!(html.contains(&format!("N{n}, we miss you")), "{html}");
        assert_eq!(html.contains("dir=\"rtl\""), n.is_multiple_of(10), "{html}");
        assert!(message.body_text(0).is_some());
        let return_path = message.header("Return-Path").and_then(HeaderValue::as_text).unwrap();
        assert!(return_path.starts_with("bounces+") && return_path.ends_with("@shop.example"));
        let whole = String::from_utf8_lossy(raw);
        assert!(whole.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{whole}");
        let own = html.replace("&amp;", "&");
        let click = between(&own, "<p><a href=\"", "\"").strip_prefix(base).unwrap().to_owned();
        let leave = between(&own, "</p><p><a href=\"", "\"").strip_prefix(base).unwrap().to_owned();
        let pixel = own.rsplit_once("<img").unwrap().1;
        let open = between(pixel, "src=\"", "\"").strip_prefix(base).unwrap().to_owned();
        assert!(readers.insert(n, (open, click, leave)).is_none(), "{to} has two");
    }

    // Two of three open, one of three clicks, and buys; few of the others do.
    watching.until("2026-03-03T10:00:00Z");
    let (mut opened, mut clicked, mut bought) = (0, 0, 0);
    for (n, (open, click, _)) in &readers {
        if n % 3 != 0 {
            let (status, _, body) = browse(address, "GET", open, "");
            assert_eq!((status, &body[..6]), (200, &b"GIF89a"[..]));
            opened += 1;
        }
        if n % 3 == 1 {
            let (status, to, _) = browse(address, "GET", click, "");
            assert_eq!(status, 302);
            assert!(to.starts_with("https://shop.example/sale?x=1&y=2&"), "{to}");
            assert!(to.contains("utm_campaign=win-back"), "{to}");
            clicked += 1;
            bought += 1;
            let user = format!("u{n}");
            watching.event_with(
                &user,
                "Order",
                "2026-03-03T09:00:00Z",
                json!({"total": 30 + n % 5}),
            );
        }
    }
    for n in (0..300).filter(|n| !readers.contains_key(n)).step_by(7) {
        let user = format!("u{n}");
        watching.event_with(&user, "Order", "2026-03-03T09:00:00Z", json!({"total": 25}));
    }
    // A changed token leads nowhere, a scanner is no reader.
    let forged = format!("{}x", readers.values().next().unwrap().1);
    assert_eq!(browse(address, "GET", &forged, "").0, 404);
    let report = report_of(&watching, "win-back", 300);
    let funnel = &report["funnel"];
    assert_eq!((&funnel["opened"], &funnel["clicked"]), (&json!(opened), &json!(clicked)));
    let goal = &report["goals"][0];
    assert_eq!(goal["arms"][1]["converted"], json!(bought), "{goal}");
    assert_eq!(goal["effect"]["significant"], json!(true), "{goal}");
    assert!(goal["effect"]["difference"]["low"].as_f64().unwrap() > 0.0, "{goal}");
    assert!(goal["effect"]["extra_revenue"]["low"].as_f64().is_some_and(|low| low > 0.0), "{goal}");

    // Leaving takes one request of a mail program; a visit alone asks first.
    let (who, (_, _, leave)) = readers.iter().find(|(n, _)| **n % 3 == 2).unwrap();
    let page = String::from_utf8(browse(address, "GET", leave, "").2).unwrap();
    assert!(page.contains("<form method=\"post\""), "{page}");
    let subscribed = |user: usize| {
        let all = watching.server.get(&format!("/api/users/u{user}/subscriptions"));
        all["channels"][0]["subscribed"].clone()
    };
    assert_eq!(subscribed(*who), Value::Null);
    assert_eq!(browse(address, "POST", leave, "List-Unsubscribe=One-Click").0, 200);
    assert_eq!(subscribed(*who), json!(false));

    // The next one is capped for a week, and after it left out for who left.
    let next = json!({"id": "next", "control": 0.0, "goals": []});
    let mut again = campaign("next");
    super::outreach::merge(&mut again, &next);
    send(&watching, "POST", "/api/campaigns", &again, 201);
    act(&watching, "next", "start");
    let capped = report_of(&watching, "next", 1);
    let reasons = capped["funnel"]["withheld_by_reason"].as_array().unwrap();
    let of = |reason: &str| {
        let found = reasons.iter().find(|own| own["reason"] == reason);
        found.map_or(0, |own| own["count"].as_u64().unwrap() as usize)
    };
    assert_eq!(of("channel_unsubscribed"), 1, "{capped}");
    let still = readers.keys().filter(|n| **n % 3 != 1).count();
    assert_eq!(of("frequency_cap"), still - 1, "{capped}");
    // A bounce that names the mailbox as gone ends the use of the address.
    let providers = watching.server.get("/api/providers");
    let path = providers["providers"][0]["feedback_path"].as_str().unwrap();
    let told = json!({"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "ID": 7,
        "Email": format!("u{who}@people.example"), "BouncedAt": "2026-03-03T09:30:00Z",
        "MessageID": "x", "Description": "gone", "Details": "550 5.1.1 unknown",
        "Metadata": {}});
    let answer = watching.server.send("POST", &format!("{path}?form=postmark"), &told.to_string());
    assert!(answer.0 == 204 || answer.0 == 400, "{}", answer.2);
    let wrong = path.replace("/feedback/", "/feedback/x");
    assert_eq!(watching.server.send("POST", &format!("{wrong}?form=postmark"), "{}").0, 404);
}
