//! Killed at any moment of campaigns, the server loses no message, sends none twice and breaks no cap.
//!
//! `PERENNIAL_KILLS=300 cargo test -p cli --test it outreach_crash` kills it so many times.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::run::{Server, key};

/// How often the server is killed by default.
const KILLS: usize = 10;

/// Users for every kill: of each some messages arrive before it, and are with the receiver during it.
const USERS_PER_KILL: usize = 40;

/// Waiting longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(120);

/// What arrived: whom it was about, under which id.
type Arrived = Arc<Mutex<Vec<(String, String)>>>;

/// What a request was about, if it is a message, and what it is answered.
type Reads = fn(&str) -> (Option<(String, String)>, String);

/// A receiver of requests that takes its time.
fn receiver(reads: Reads) -> (SocketAddr, Arrived) {
    receiving(move |stream, arrived| serve(stream, arrived, reads))
}

fn receiving(
    serve: impl Fn(TcpStream, &Arrived) -> std::io::Result<()> + Clone + Send + 'static,
) -> (SocketAddr, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let arrived = Arrived::default();
    let own = Arc::clone(&arrived);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (own, serve) = (Arc::clone(&own), serve.clone());
            // A connection ends when the server is killed.
            std::thread::spawn(move || serve(stream, &own));
        }
    });
    (address, arrived)
}

/// Whom a request is about and under which id, as two places in its body say.
fn told(body: &str, to: &str, id: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(body).unwrap();
    let of = |place: &str| body.pointer(place).unwrap().as_str().unwrap().to_owned();
    Some((of(to), of(id)))
}

/// A webhook, or a gateway for text messages.
fn reads_plain(body: &str) -> (Option<(String, String)>, String) {
    (told(body, "/to", "/id"), "{}".to_owned())
}

fn reads_whatsapp(body: &str) -> (Option<(String, String)>, String) {
    let answer = json!({"messages": [{"id": "wamid.1"}]});
    (told(body, "/to", "/biz_opaque_callback_data"), answer.to_string())
}

/// Pushes, and the tokens that allow them.
fn reads_push(body: &str) -> (Option<(String, String)>, String) {
    let answer = json!({"access_token": "a", "expires_in": 3600, "code": "80000000",
                        "msg": "Success", "requestId": "r"});
    let pushed = body.starts_with('{');
    let of = pushed.then(|| told(body, "/message/token/0", "/message/android/bi_tag"));
    (of.flatten(), answer.to_string())
}

fn serve(stream: TcpStream, arrived: &Arrived, reads: Reads) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(written) = line.strip_prefix("content-length: ") {
                length = written.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let (of, answer) = reads(&String::from_utf8(body).unwrap());
        arrived.lock().unwrap().extend(of);
        std::thread::sleep(Duration::from_millis(10));
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.get_mut().write_all((head + &answer).as_bytes())?;
    }
}

/// A mail server that takes its time before it says that it took a message.
fn serve_mail(stream: TcpStream, arrived: &Arrived) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 mail.example ESMTP\r\n")?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-mail.example\r\n250 PIPELINING",
            "RCPT" => {
                let (_, rest) = line.split_once('<').unwrap();
                to = rest.split('>').next().unwrap_or_default().to_owned();
                "250 2.1.5 ok"
            }
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n")?;
                let mut id = String::new();
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line)? == 0 {
                        return Ok(());
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    if let Some(written) = line.strip_prefix("Message-ID: ") {
                        id = written.trim().to_owned();
                    }
                }
                arrived.lock().unwrap().push((std::mem::take(&mut to), id));
                std::thread::sleep(Duration::from_millis(10));
                "250 2.0.0 taken"
            }
            _ => "250 2.0.0 ok",
        };
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes())?;
    }
}

fn phone(n: usize) -> String {
    format!("+1202555{n:04}")
}

/// Where providers are.
struct Providers {
    hook: SocketAddr,
    text: SocketAddr,
    mail: SocketAddr,
    chat: SocketAddr,
    push: SocketAddr,
}

struct Api<'a>(&'a Server, &'a str);

impl Api<'_> {
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = [("authorization", self.1), ("content-type", "application/json")];
        let answer = self.0.send(method, path, &headers, body.to_string().as_bytes());
        assert!(answer.status < 300, "{method} {path}: {}", answer.text);
        answer.body
    }

    /// People, providers, and campaigns that begin.
    fn begin(&self, users: usize, at: &Providers) {
        let Providers { hook, text, mail, chat, push } = at;
        let policy = json!({"control": 0.0, "gaps": [], "quiet": [], "legal_hours": false,
                   "caps": [{"most": 1, "within": "1d", "channels": ["email"]}]});
        self.call("PUT", "/api/settings/contact-policy", &policy);
        for settings in [
            json!({"kind": "webhook", "private_networks": true}),
            json!({"kind": "http_sms", "url": format!("http://{text}/"),
                   "body": r#"{"to": "{{to}}", "text": "{{body}}", "id": "{{id}}"}"#}),
            json!({"kind": "smtp", "host": "127.0.0.1", "port": mail.port(), "security": "none",
                   "from": "news@shop.example"}),
            json!({"kind": "whatsapp_cloud", "phone_number_id": "1234567890", "token": "t",
                   "app_secret": "hush", "verify_token": "agreed",
                   "base_url": format!("http://{chat}")}),
            json!({"kind": "huawei", "app_id": "100", "app_secret": "s",
                   "base_url": format!("http://{push}"),
                   "token_url": format!("http://{push}/token")}),
        ] {
            let provider =
                json!({"name": settings["kind"], "concurrency": 8, "settings": settings});
            self.call("POST", "/api/providers", &provider);
        }
        let people: Vec<Value> = (0..users)
            .map(|n| {
                json!({"type": "identify", "userId": format!("u{n}"), "messageId": format!("i{n}"),
                       "anonymousId": format!("device-{n}"),
                       "traits": {"phone": phone(n), "email": format!("u{n}@people.example")},
                       "context": {"device": {"id": format!("device-{n}"), "type": "hms",
                           "manufacturer": "HUAWEI", "token": format!("hms-token-{n:016}")}}})
            })
            .collect();
        for some in people.chunks(5_000) {
            self.call("POST", "/v1/batch", &json!({ "batch": some }));
        }
        let hook = json!({"kind": "webhook", "url": format!("http://{hook}/"),
                          "body": r#"{"to": "{{ profile.phone }}", "id": "{{ message.id }}"}"#});
        let text = json!({"kind": "sms", "body": "Hello {{ profile.id }}"});
        let mail = json!({"kind": "email", "subject": "Hello", "body": "<p>{{ profile.id }} <a href=\"{{ unsubscribe_url }}\">No more</a></p>"});
        let chat = json!({"kind": "whatsapp", "template": "hello", "language": "en_US"});
        let push = json!({"kind": "push", "title": "Hello", "body": "{{ profile.id }}"});
        let all = [
            ("whatsapp", "whatsapp", &chat),
            ("push", "push", &push),
            ("webhook", "webhook", &hook),
            ("sms", "sms", &text),
            ("email", "email", &mail),
            ("another", "email", &mail),
        ];
        for (id, channel, content) in all {
            let campaign = json!({
                "id": id, "name": id, "channel": channel, "trigger": {"kind": "once"}, "control": 0.0,
                "variants": [{"id": "a", "content": {"default": content}}]});
            self.call("POST", "/api/campaigns", &campaign);
            self.call("POST", &format!("/api/campaigns/{id}/status"), &json!({"action": "start"}));
        }
    }

    /// The funnel of a campaign once everything has an outcome.
    fn funnel(&self, campaign: &str, users: usize) -> Value {
        let started = Instant::now();
        loop {
            let path = format!("/api/campaigns/{campaign}/report");
            let funnel = self.call("GET", &path, &Value::Null)["funnel"].clone();
            if funnel["decided"] == json!(users) && funnel["waiting"] == json!(0) {
                return funnel;
            }
            assert!(started.elapsed() < PATIENCE, "{funnel}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn a_server_that_is_killed_during_campaigns_reaches_everybody_once() {
    let kills = std::env::var("PERENNIAL_KILLS").map_or(KILLS, |n| n.parse().unwrap());
    let users = kills * USERS_PER_KILL;
    let folder = tempfile::tempdir().unwrap();
    let admin = format!("Bearer {}", key(folder.path(), "admin"));
    let ((hook, hooked), (text, texted)) = (receiver(reads_plain), receiver(reads_plain));
    let ((chat, chatted), (push, pushed)) = (receiver(reads_whatsapp), receiver(reads_push));
    let (mail, mailed) = receiving(serve_mail);
    let all = [&hooked, &texted, &mailed, &chatted, &pushed];
    let everything = users * all.len();
    let at = Providers { hook, text, mail, chat, push };
    let n_arrived = || all.iter().map(|of| of.lock().unwrap().len()).sum::<usize>();
    for kill in 0..kills {
        let server = Server::serve(folder.path());
        if kill == 0 {
            Api(&server, &admin).begin(users, &at);
        }
        // Each at another moment: before the first message, or after some.
        let (started, wanted) = (Instant::now(), n_arrived() + kill * 7 % 23);
        while n_arrived() < wanted && n_arrived() < everything {
            assert!(started.elapsed() < PATIENCE, "{} of {wanted} arrived", n_arrived());
            std::thread::sleep(Duration::from_millis(1));
        }
        server.kill();
    }
    assert!(n_arrived() < everything, "it was killed after the end only");
    let server = Server::serve(folder.path());
    let api = Api(&server, &admin);

    // A webhook's receiver knows a message by its id, so that it may be told again.
    let funnel = api.funnel("webhook", users);
    assert_eq!((&funnel["sent"], &funnel["failed"]), (&json!(users), &json!(0)), "{funnel}");
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (to, id) in hooked.lock().unwrap().iter() {
        let own = ids.entry(to.clone()).or_default();
        if !own.contains(id) {
            own.push(id.clone());
        }
    }
    assert_eq!(ids.len(), users);
    assert!(ids.values().all(|own| own.len() == 1), "{ids:?}");

    // Text messages, chats and pushes are never sent twice; of whom it is not known, it is said.
    for (campaign, arrived) in [("sms", &texted), ("whatsapp", &chatted), ("push", &pushed)] {
        let funnel = api.funnel(campaign, users);
        let of = |name: &str| funnel[name].as_u64().unwrap() as usize;
        let mut messages: BTreeMap<String, usize> = BTreeMap::new();
        for (to, _) in arrived.lock().unwrap().iter() {
            *messages.entry(to.clone()).or_default() += 1;
        }
        assert!(messages.values().all(|n| *n == 1), "{campaign}: {messages:?}");
        assert_eq!(of("sent") + of("failed"), users, "{campaign}: {funnel}");
        assert!(messages.len() >= of("sent"), "{campaign}: {funnel}");
        assert!(of("failed") <= kills * 8, "{campaign}: {funnel}");
        let codes = funnel["failed_by_code"].as_array().unwrap();
        assert!(codes.iter().all(|code| code["reason"] == "in_doubt"), "{campaign}: {funnel}");
    }

    // Of two e-mails a day one goes, whichever was decided first, and it goes once.
    let (first, second) = (api.funnel("email", users), api.funnel("another", users));
    let of = |name: &str| [&first, &second].map(|own| own[name].as_u64().unwrap() as usize);
    assert_eq!(of("queued").iter().sum::<usize>(), users, "{first} {second}");
    let capped = |own: &Value| {
        let mut all = own["withheld_by_reason"].as_array().unwrap().iter();
        assert!(all.all(|of| of["reason"] == "frequency_cap"), "{own}");
    };
    [&first, &second].into_iter().for_each(capped);
    let mut mails: BTreeMap<String, usize> = BTreeMap::new();
    for (to, _) in mailed.lock().unwrap().iter() {
        *mails.entry(to.clone()).or_default() += 1;
    }
    assert!(mails.values().all(|n| *n == 1), "{mails:?}");
    let (sent, failed) = (of("sent").iter().sum::<usize>(), of("failed").iter().sum::<usize>());
    assert_eq!(sent + failed, users, "{first} {second}");
    assert!(mails.len() >= sent && failed <= kills * 8, "{first} {second}");
    assert_eq!(server.terminate(), 0);
}
