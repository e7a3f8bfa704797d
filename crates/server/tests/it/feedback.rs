//! What providers tell, over real HTTP and SMPP: receipts, what recipients write, and who is not believed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::Uri;
use axum::routing::any;
use channels::sms::twilio;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::fixture::Answer;
use super::outreach::{act, send};
use super::watching::Watching;

/// Waiting longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Requests that a provider of the test got: path with query, and body.
#[derive(Clone, Default)]
pub struct Provider(Arc<Mutex<Vec<(String, String)>>>);

impl Provider {
    /// A provider that answers everything with the same JSON; `N` in it is the number of the request.
    pub fn start(answer: &'static str) -> (Provider, SocketAddr) {
        let provider = Provider::default();
        let own = provider.clone();
        let app = Router::new().fallback(any(move |uri: Uri, body: String| {
            let own = own.clone();
            async move {
                let mut all = own.0.lock().unwrap();
                all.push((uri.to_string(), body));
                answer.replace('N', &all.len().to_string())
            }
        }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        (provider, address)
    }

    /// Everything that came, once it is so much.
    pub fn wait_for(&self, n: usize) -> Vec<(String, String)> {
        let started = Instant::now();
        loop {
            let all = self.0.lock().unwrap().clone();
            if all.len() >= n {
                return all;
            }
            assert!(started.elapsed() < PATIENCE, "{} of {n} came: {all:?}", all.len());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A request without a key.
pub fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\n{more}content-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer(status, head.to_lowercase(), body.to_owned())
}

/// A server with people and one provider, and a policy that lets everything through. The provider's id and path.
pub fn start(settings: Value, people: &[(&str, Value)]) -> (Watching, String, String) {
    let watching = Watching::start("2026-03-02T12:00:00Z");
    for (user, traits) in people {
        watching.traits(user, "2026-03-01T12:00:00Z", traits.clone());
    }
    let policy = json!({"control": 0.0, "caps": [], "gaps": [], "quiet": [], "legal_hours": false,
        "public_url": format!("http://{}", watching.server.address)});
    send(&watching, "PUT", "/api/settings/contact-policy", &policy, 200);
    let input = json!({"name": "Provider", "settings": settings});
    let made = send(&watching, "POST", "/api/providers", &input, 201);
    let id = made["id"].as_str().unwrap().to_owned();
    let path = made["feedback_path"].as_str().unwrap_or_default().to_owned();
    (watching, id, path)
}

/// A campaign to everybody, started.
pub fn campaign(watching: &Watching, id: &str, channel: &str, content: &Value) {
    let input = json!({"id": id, "name": id, "channel": channel, "trigger": {"kind": "once"},
        "control": 0.0, "variants": [{"id": "a", "content": {"default": content}}]});
    send(watching, "POST", "/api/campaigns", &input, 201);
    act(watching, id, "start");
}

/// The events of a user of one name, newest first, once there are so many.
pub fn events(watching: &Watching, user: &str, name: &str, n: usize) -> Vec<Value> {
    let started = Instant::now();
    let path = format!("/api/users/{user}/events?name={}", name.replace(' ', "%20"));
    loop {
        let found = watching.server.get(&path)["events"].as_array().unwrap().clone();
        if found.len() >= n {
            assert_eq!(found.len(), n, "{found:?}");
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "{user}, {name}: {found:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn subscribed(watching: &Watching, user: &str, channel: &str) -> Value {
    let all = watching.server.get(&format!("/api/users/{user}/subscriptions"));
    let own = all["channels"].as_array().unwrap().iter().find(|own| own["channel"] == channel);
    own.unwrap()["subscribed"].clone()
}

fn number(watching: &Watching, number: &str, channel: &str) -> Value {
    let escaped = number.replace('+', "%2B");
    watching.server.get(&format!("/api/subscriptions/address?channel={channel}&address={escaped}"))
}

/// The pairs of a form.
fn form(text: &str) -> Vec<(String, String)> {
    let uri: Uri = format!("/?{text}").parse().unwrap();
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).unwrap().0
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A request that Twilio signed.
fn twilio(address: SocketAddr, url: &str, token: &str, fields: &[(&str, &str)]) -> Answer {
    let own: Vec<(String, String)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let signature = twilio::signature(&token.into(), url, &own);
    let body: Vec<String> =
        own.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    let path = url.strip_prefix(&format!("http://{address}")).unwrap();
    let headers = [
        ("x-twilio-signature", signature.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    ask(address, "POST", path, &headers, &body.join("&"))
}

#[test]
fn twilio_tells_what_became_of_messages_and_what_recipients_write() {
    let (provider, at) = Provider::start(r#"{"sid": "SMN"}"#);
    let people: Vec<(&str, Value)> = [("u1", "1"), ("u2", "2"), ("u3", "3")]
        .map(|(user, n)| (user, json!({"phone": format!("+49170123456{n}")})))
        .to_vec();
    let settings = json!({"kind": "twilio", "account_sid": "AC12345678901234567890123456789012",
        "auth_token": "hush", "from": "+12025550100", "base_url": format!("http://{at}"),
        "replies": {"stop": "You will get no more.", "help": "Shop, +49 30 1234.",
                    "stop_words": ["Genug"]}});
    let (watching, id, path) = start(settings, &people);
    let address = watching.server.address;
    let shown = watching.server.get(&format!("/api/providers/{id}"));
    assert_eq!(shown["secrets"], json!(["auth_token"]));
    let url = format!("http://{address}{path}");
    assert_eq!(shown["feedback_addresses"][0], json!({"purpose": "inbound", "url": url}));
    campaign(&watching, "hello", "sms", &json!({"kind": "sms", "body": "Hi"}));

    // Each message says where its receipts go; the address is ours and names the message.
    let callback = |n: &str| {
        let to = format!("+49170123456{n}");
        let all = provider.wait_for(3);
        let mut forms = all.iter().map(|(_, body)| form(body));
        let own = forms.find(|form| form.contains(&("To".to_owned(), to.clone()))).unwrap();
        let callback = own.iter().find(|(name, _)| name == "StatusCallback").unwrap().1.clone();
        assert!(callback.starts_with(&format!("{url}?message=")), "{callback}");
        callback
    };
    let told = |n: &str, status: &str, code: &str, token: &str| {
        let to = format!("+49170123456{n}");
        let fields = [
            ("MessageSid", "SM1"),
            ("MessageStatus", status),
            ("ErrorCode", code),
            ("To", to.as_str()),
        ];
        twilio(address, &callback(n), token, &fields)
    };
    let answer = told("1", "delivered", "", "hush");
    assert_eq!((answer.0, answer.2.as_str()), (200, "<Response/>"));
    let delivered = events(&watching, "u1", "Message Delivered", 1);
    assert_eq!(delivered[0]["properties"]["campaign"], "hello");
    // Told again, it counts once; signed by somebody else, not at all.
    assert_eq!(told("1", "delivered", "", "hush").0, 200);
    assert_eq!(told("3", "delivered", "", "loud").code(), (403, json!("feedback.refused")));
    events(&watching, "u1", "Message Delivered", 1);
    events(&watching, "u3", "Message Delivered", 0);

    // A number that is unknown is not used again.
    assert_eq!(told("2", "undelivered", "30005", "hush").0, 200);
    let bounced = &events(&watching, "u2", "Message Bounced", 1)[0]["properties"];
    assert_eq!((&bounced["code"], &bounced["bounce"]), (&json!("address.unknown"), &json!("hard")));
    let known = number(&watching, "+491701234562", "sms");
    assert_eq!((&known["subscribed"], &known["reason"]), (&json!(false), &json!("bounced")));

    // What a recipient writes is an event; a command does what it says, in any language, and is answered.
    let wrote = |sid: &str, body: &str| {
        let fields = [
            ("MessageSid", sid),
            ("SmsStatus", "received"),
            ("From", "+491701234563"),
            ("To", "+12025550100"),
            ("Body", body),
        ];
        assert_eq!(twilio(address, &url, "hush", &fields).0, 200);
    };
    wrote("SMa", "Hello there");
    let written = &events(&watching, "u3", "Inbound Message", 1)[0]["properties"];
    assert_eq!((&written["text"], &written["channel"]), (&json!("Hello there"), &json!("sms")));
    assert_eq!(subscribed(&watching, "u3", "sms"), Value::Null);
    wrote("SMb", "Arrêt");
    wrote("SMb", "Arrêt");
    assert_eq!(subscribed(&watching, "u3", "sms"), json!(false));
    assert_eq!(number(&watching, "+491701234563", "sms")["reason"], json!("stop"));
    let replies = provider.wait_for(4);
    assert!(form(&replies[3].1).contains(&("Body".into(), "You will get no more.".into())));
    let ended = events(&watching, "u3", "Channel Unsubscribed", 1);
    assert_eq!(ended[0]["properties"]["channel"], "sms");
    wrote("SMc", "start");
    assert_eq!(subscribed(&watching, "u3", "sms"), json!(true));
    assert_eq!(number(&watching, "+491701234563", "sms")["subscribed"], json!(true));
    wrote("SMd", "genug!");
    assert_eq!(subscribed(&watching, "u3", "sms"), json!(false));
    wrote("SMe", "HELP");
    let replies = provider.wait_for(6);
    assert_eq!(replies.len(), 6, "{replies:?}");
    assert!(form(&replies[5].1).contains(&("Body".into(), "Shop, +49 30 1234.".into())));
    // Whoever nobody knows is somebody from then on.
    let fields = [
        ("MessageSid", "SMf"),
        ("SmsStatus", "received"),
        ("From", "+12025550199"),
        ("Body", "Who is this?"),
    ];
    assert_eq!(twilio(address, &url, "hush", &fields).0, 200);
    events(&watching, "phone:%2B12025550199", "Inbound Message", 1);
    // An address that was guessed leads nowhere.
    let guessed = format!("http://{address}/feedback/{id}/0000");
    assert_eq!(twilio(address, &guessed, "hush", &fields).0, 404);
}

#[test]
fn a_provider_of_ones_own_tells_in_its_own_words() {
    let (provider, at) = Provider::start(r#"{"result": {"id": "pN"}}"#);
    let people =
        [("u1", json!({"phone": "+491701234561"})), ("u2", json!({"phone": "+491701234562"}))];
    let settings = json!({"kind": "http_sms", "url": format!("http://{at}/send"),
        "body": "{\"to\": \"{{to}}\", \"text\": \"{{body}}\", \"dlr\": \"{{callback}}\"}",
        "id_pointer": "/result/id", "feedback_secret": "hush",
        "feedback": {"id": "sid", "status": "state", "delivered": ["3"], "dead": ["9"],
                     "from": "msisdn", "text": "content"}});
    let (watching, _, path) = start(settings, &people);
    let address = watching.server.address;
    campaign(&watching, "hello", "sms", &json!({"kind": "sms", "body": "Hi"}));
    let sent = provider.wait_for(2);
    let of = |user: &str| {
        let n = sent.iter().position(|(_, body)| body.contains(user)).unwrap();
        (format!("p{}", n + 1), serde_json::from_str::<Value>(&sent[n].1).unwrap())
    };
    events(&watching, "u1", "Message Sent", 1);
    events(&watching, "u2", "Message Sent", 1);
    let secret = [("x-feedback-secret", "hush")];
    // By the provider's name for it, in a query.
    let (sid, _) = of("+491701234561");
    let told = format!("{path}?sid={sid}&state=3&to=491701234561");
    assert_eq!(ask(address, "GET", &told, &[], "").code().0, 403);
    assert_eq!(ask(address, "GET", &told, &secret, "").0, 204);
    events(&watching, "u1", "Message Delivered", 1);
    // By our name for it, in JSON.
    let (_, own) = of("+491701234562");
    let callback = own["dlr"].as_str().unwrap();
    let query = callback.split_once('?').unwrap().1;
    let told = json!({"sid": "x", "state": 9});
    let answer = ask(address, "POST", &format!("{path}?{query}"), &secret, &told.to_string());
    assert_eq!(answer.0, 204, "{}", answer.2);
    events(&watching, "u2", "Message Bounced", 1);
    assert_eq!(number(&watching, "+491701234562", "sms")["reason"], json!("bounced"));
    // Without the only address there is nothing to send to.
    let wrote = json!({"sid": "i1", "msisdn": "491701234561", "content": "BAJA"});
    assert_eq!(ask(address, "POST", &path, &secret, &wrote.to_string()).0, 204);
    assert_eq!(subscribed(&watching, "u1", "sms"), json!(false));
    let answer = ask(address, "POST", &path, &secret, "{\"what\": 1}");
    assert_eq!(answer.code(), (400, json!("feedback.body")));
    assert!(answer.2.contains("content") && answer.2.contains("state"), "{}", answer.2);
}

fn sealed(key: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn whatsapp_tells_and_opens_its_window() {
    let (provider, at) = Provider::start(r#"{"messages": [{"id": "wamid.N"}]}"#);
    let people = [("u1", json!({"phone": "+491701234561"}))];
    let settings = json!({"kind": "whatsapp_cloud", "phone_number_id": "1234567890", "token": "t",
        "app_secret": "hush", "verify_token": "agreed", "base_url": format!("http://{at}")});
    let (watching, _, path) = start(settings, &people);
    let address = watching.server.address;
    let challenge = |token: &str| {
        let query = format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge=4711");
        ask(address, "GET", &format!("{path}?{query}"), &[], "")
    };
    let answer = challenge("agreed");
    assert_eq!((answer.0, answer.2.as_str()), (200, "4711"));
    assert_eq!(challenge("guessed").0, 403);
    let tell = |value: Value, key: &str| {
        let body = json!({"object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
        let body = body.to_string();
        let signature = format!("sha256={}", sealed(key, &body));
        ask(address, "POST", &path, &[("x-hub-signature-256", &signature)], &body).0
    };

    // A template goes at any time, text of one's own only after the recipient wrote.
    let text = json!({"kind": "whatsapp", "body": "How are you?"});
    let template = json!({"kind": "whatsapp", "template": "hello", "language": "en_US"});
    campaign(&watching, "closed", "whatsapp", &text);
    let withheld = events(&watching, "u1", "Message Withheld", 1);
    assert_eq!(withheld[0]["properties"]["reason"], "window_closed");
    campaign(&watching, "template", "whatsapp", &template);
    let sent: Value = serde_json::from_str(&provider.wait_for(1)[0].1).unwrap();
    let key = sent["biz_opaque_callback_data"].as_str().unwrap().to_owned();
    events(&watching, "u1", "Message Sent", 1);
    let status = |status: &str| {
        json!({"statuses": [{"id": "wamid.1", "status": status, "timestamp": "1772452800",
            "recipient_id": "491701234561", "biz_opaque_callback_data": key}]})
    };
    assert_eq!(tell(status("delivered"), "loud"), 403);
    assert_eq!(tell(status("delivered"), "hush"), 204);
    assert_eq!(tell(status("read"), "hush"), 204);
    events(&watching, "u1", "Message Delivered", 1);
    events(&watching, "u1", "Message Opened", 1);

    // A quick reply is a click, something written, and opens the window.
    let chosen = json!({"messages": [{"from": "491701234561", "id": "wamid.in1",
        "timestamp": "1772452800", "type": "button", "context": {"id": "wamid.1"},
        "button": {"text": "Tell me more", "payload": "more"}}]});
    assert_eq!(tell(chosen.clone(), "hush"), 204);
    assert_eq!(tell(chosen, "hush"), 204);
    let clicked = &events(&watching, "u1", "Message Clicked", 1)[0]["properties"];
    assert_eq!((&clicked["button"], &clicked["campaign"]), (&json!("more"), &json!("template")));
    let wrote = &events(&watching, "u1", "Inbound Message", 1)[0]["properties"];
    assert_eq!(wrote["text"], "Tell me more");
    campaign(&watching, "open", "whatsapp", &text);
    assert!(provider.wait_for(2)[1].1.contains("How are you?"));
    // A day later it is closed again.
    watching.until("2026-03-03T12:00:01Z");
    campaign(&watching, "later", "whatsapp", &text);
    let withheld = events(&watching, "u1", "Message Withheld", 2);
    assert_eq!(withheld[0]["properties"]["reason"], "window_closed");
    let stop = json!({"messages": [{"from": "491701234561", "id": "wamid.in2",
        "timestamp": "1772539100", "type": "text", "text": {"body": "Stop"}}]});
    assert_eq!(tell(stop, "hush"), 204);
    assert_eq!(subscribed(&watching, "u1", "whatsapp"), json!(false));
}

/// A unit of SMPP.
fn unit(command: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let words = [length, command, status, sequence].map(u32::to_be_bytes).concat();
    [&words, body].concat()
}

fn read_unit(stream: &mut TcpStream) -> Option<(u32, u32, Vec<u8>)> {
    let mut head = [0; 16];
    stream.read_exact(&mut head).ok()?;
    let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
    let mut body = vec![0; word(0) as usize - 16];
    stream.read_exact(&mut body).ok()?;
    Some((word(4), word(12), body))
}

/// A message that comes in from a number.
fn deliver(sequence: u32, from: &str, class: u8, text: &str) -> Vec<u8> {
    let head = [b"\0\x01\x01", from.as_bytes(), b"\0\x05\0SHOP\0"].concat();
    let fields = [class, 0, 0, 0, 0, 0, 0, 0, 0, u8::try_from(text.len()).unwrap()];
    unit(0x05, 0, sequence, &[&head, &fields[..], text.as_bytes()].concat())
}

#[test]
fn an_smpp_gateway_takes_messages_and_tells_on_the_same_session() {
    const SUBMIT: u32 = 0x04;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let texts: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let own = Arc::clone(&texts);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, own) = (stream.unwrap(), Arc::clone(&own));
            std::thread::spawn(move || {
                let mut told = 100;
                while let Some((command, sequence, body)) = read_unit(&mut stream) {
                    match command {
                        SUBMIT => {
                            own.lock().unwrap().push(body);
                            let taken = unit(SUBMIT | 1 << 31, 0, sequence, b"ff\0");
                            // The receipt is there before anybody could write down that it was taken,
                            // and has the name in other digits.
                            let receipt = "id:255 sub:001 stat:DELIVRD err:000 text:";
                            let receipt = deliver(told, "491701234561", 0x04, receipt);
                            let stop = deliver(told + 1, "491701234561", 0, "STOP");
                            told += 2;
                            stream.write_all(&[taken, receipt, stop].concat()).unwrap();
                        }
                        // Answers to what was told.
                        _ if command & 1 << 31 != 0 => {}
                        _ => stream
                            .write_all(&unit(command | 1 << 31, 0, sequence, b"gateway\0"))
                            .unwrap(),
                    }
                }
            });
        }
    });
    let settings = json!({"kind": "smpp", "host": "127.0.0.1", "port": port, "system_id": "shop",
        "password": "hush", "from": "SHOP", "replies": {"stop": "Bye."}});
    let (watching, id, path) = start(settings, &[("u1", json!({"phone": "+491701234561"}))]);
    assert_eq!(path, "");
    campaign(&watching, "hello", "sms", &json!({"kind": "sms", "body": "Grüße"}));
    events(&watching, "u1", "Message Sent", 1);
    let delivered = events(&watching, "u1", "Message Delivered", 1);
    assert_eq!(delivered[0]["properties"]["campaign"], "hello");
    let started = Instant::now();
    while subscribed(&watching, "u1", "sms") != json!(false) {
        assert!(started.elapsed() < PATIENCE, "the stop was not taken in");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!events(&watching, "u1", "Channel Unsubscribed", 1).is_empty());
    while !texts.lock().unwrap().iter().any(|body| body.ends_with(b"\x04Bye.")) {
        assert!(started.elapsed() < PATIENCE, "the stop was not answered");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Settings that no gateway would take are refused where they are wrong.
    for (field, value) in [("source_ton", json!(7)), ("window", json!(0)), ("host", json!(" "))] {
        let mut settings = json!({"kind": "smpp", "host": "h", "system_id": "s", "from": "S"});
        settings[field] = value;
        let body = json!({"name": "Provider", "settings": settings}).to_string();
        let answer = watching.server.send("PUT", &format!("/api/providers/{id}"), &body);
        assert_eq!(answer.code(), (422, json!("provider.invalid")));
        assert!(answer.2.contains(&format!("settings.{field}")), "{}", answer.2);
    }
}

#[test]
fn huawei_takes_pushes_and_tells_that_an_app_is_gone() {
    let (provider, at) = Provider::start(
        r#"{"access_token": "a", "expires_in": 3600, "code": "80000000", "msg": "Success", "requestId": "rN"}"#,
    );
    let settings = json!({"kind": "huawei", "app_id": "100", "app_secret": "s",
        "receipts_user": "shop", "receipts_key": "hush",
        "base_url": format!("http://{at}"), "token_url": format!("http://{at}/token")});
    let (watching, _, path) = start(settings, &[]);
    let address = watching.server.address;
    let token = "hms-token-0123456789abcdef";
    let batch = json!({"batch": [{"type": "track", "messageId": "m1", "userId": "u1",
        "anonymousId": "device-1", "event": "Open", "timestamp": "2026-03-01T12:00:00Z",
        "context": {"device": {"id": "device-1", "type": "hms", "token": token,
                               "manufacturer": "HUAWEI"}}}]});
    assert_eq!(watching.server.send("POST", "/v1/batch", &batch.to_string()).0, 200);
    let devices = watching.server.get("/api/users/u1/devices");
    assert_eq!(devices["devices"][0]["tokens"][0]["kind"], "hms", "{devices}");
    campaign(&watching, "hello", "push", &json!({"kind": "push", "title": "Hi", "body": "There"}));
    let sent = provider.wait_for(2);
    let pushed: Value = serde_json::from_str(&sent[1].1).unwrap();
    assert_eq!(sent[1].0, "/v1/100/messages:send");
    assert_eq!(pushed["message"]["token"], json!([token]));
    assert_eq!(pushed["message"]["notification"]["title"], "Hi");
    let tag = pushed["message"]["android"]["bi_tag"].as_str().unwrap();
    events(&watching, "u1", "Message Sent", 1);
    let tell = |result: i64, key: &str| {
        let ms = watching.now().0;
        let body = json!({"statuses": [{"biTag": tag, "appid": "100", "token": token,
            "status": result, "timestamp": ms, "requestId": "r2"}]});
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(format!("{ms}n1shop").as_bytes());
        use base64::Engine;
        let value = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let header = format!("timestamp={ms}; nonce=n1; value={value}");
        ask(address, "POST", &path, &[("x-huawei-callback-id", &header)], &body.to_string())
    };
    assert_eq!(tell(0, "loud").0, 403);
    let answer = tell(0, "hush");
    assert_eq!((answer.0, answer.2.as_str()), (200, r#"{"code":"0","message":"success"}"#));
    events(&watching, "u1", "Message Delivered", 1);
    // The app was removed: its token is not used again.
    assert_eq!(tell(2, "hush").0, 200);
    events(&watching, "u1", "Message Bounced", 1);
    events(&watching, "u1", "App Uninstalled", 1);
    let devices = watching.server.get("/api/users/u1/devices");
    assert_eq!(devices["devices"][0]["tokens"], json!([]), "{devices}");
}
