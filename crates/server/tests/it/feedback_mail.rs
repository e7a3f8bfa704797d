//! What providers of e-mail tell, and what domains say: SNS with a certificate of the test's own, signatures, and a
//! name server in this process.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use channels::email::dns::lookup::Resolver;
use channels::email::feedback::ses;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::feedback::{ask, campaign, events, start};
use super::outreach::send;
use super::watching::Watching;

/// A mail server that is not there: messages are decided, and wait.
fn mail() -> Value {
    json!({"kind": "smtp", "host": "127.0.0.1", "port": 1, "security": "none",
        "from": "news@shop.example"})
}

/// Messages to these people, by user.
fn messages(watching: &Watching, users: &[&str]) -> BTreeMap<String, String> {
    let content = json!({"kind": "email", "subject": "Hi", "body": "Hello {{ unsubscribe_url }}",
        "form": "text"});
    campaign(watching, "hello", "email", &content);
    let one = |user: &&str| {
        let queued = events(watching, user, "Message Queued", 1);
        ((*user).to_owned(), queued[0]["properties"]["message"].as_str().unwrap().to_owned())
    };
    users.iter().map(one).collect()
}

fn people(users: &[&'static str]) -> Vec<(&'static str, Value)> {
    users.iter().map(|user| (*user, json!({"email": format!("{user}@people.example")}))).collect()
}

fn reason(watching: &Watching, user: &str) -> Value {
    let path = format!("/api/subscriptions/address?channel=email&address={user}@people.example");
    watching.server.get(&path)["reason"].clone()
}

#[test]
fn sns_is_believed_by_its_certificate_alone() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let made = Command::new("openssl").args(arguments).current_dir(folder.path()).output();
        made.is_ok_and(|output| output.status.success())
    };
    if !openssl("req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=sns -days 9")
    {
        eprintln!("SKIPPED: no OpenSSL to make a certificate");
        return;
    }
    let mut settings = mail();
    settings["sns_topic"] = json!("arn:aws:sns:eu-west-1:1:mail");
    let (watching, _, path) = start(settings, &people(&["u1", "u2"]));
    let address = watching.server.address;
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let (own, pem) = (Arc::clone(&asked), std::fs::read(folder.path().join("c.pem")).unwrap());
    watching.server.service.fetch_amazon_with(Arc::new(move |url| {
        own.lock().unwrap().push(url);
        let pem = pem.clone();
        Box::pin(async move { Ok(pem) })
    }));
    let sent = messages(&watching, &["u1", "u2"]);

    let certificate = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem";
    let envelope = |kind: &str, message: &str, certificate: &str| {
        let mut envelope = json!({"Type": kind, "MessageId": "m1", "Message": message,
            "TopicArn": "arn:aws:sns:eu-west-1:1:mail", "Timestamp": "2026-03-02T12:00:00.000Z",
            "SignatureVersion": "2", "SigningCertURL": certificate});
        if kind == "SubscriptionConfirmation" {
            envelope["Token"] = json!("t");
            envelope["SubscribeURL"] = json!("https://sns.eu-west-1.amazonaws.com/?Action=Confirm");
        }
        std::fs::write(folder.path().join("t"), ses::signed_text(&envelope).unwrap()).unwrap();
        assert!(openssl("dgst -sha256 -sign k.pem -out s t"));
        let tag = std::fs::read(folder.path().join("s")).unwrap();
        envelope["Signature"] = json!(STANDARD.encode(tag));
        envelope
    };
    let tell = |envelope: &Value| {
        ask(address, "POST", &format!("{path}?form=ses"), &[], &envelope.to_string())
    };
    // The question whether we want it is answered at Amazon.
    assert_eq!(tell(&envelope("SubscriptionConfirmation", "You have chosen…", certificate)).0, 204);
    let confirmed = "https://sns.eu-west-1.amazonaws.com/?Action=Confirm".to_owned();
    assert_eq!(*asked.lock().unwrap(), [certificate.to_owned(), confirmed]);
    let bounce = |user: &str, kind: &str, subkind: &str| {
        let key = &sent[user];
        json!({"notificationType": "Bounce",
            "mail": {"messageId": "0100", "headers": [
                {"name": "Message-ID", "value": format!("<{key}@shop.example>")}]},
            "bounce": {"bounceType": kind, "bounceSubType": subkind, "timestamp": "2026-03-02T11:59:59Z",
                "bouncedRecipients": [{"emailAddress": format!("{user}@people.example"),
                    "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}})
        .to_string()
    };
    let hard = envelope("Notification", &bounce("u1", "Permanent", "General"), certificate);
    assert_eq!(tell(&hard).0, 204);
    assert_eq!(tell(&hard).0, 204);
    let told = &events(&watching, "u1", "Message Bounced", 1)[0]["properties"];
    assert_eq!((&told["bounce"], &told["campaign"]), (&json!("hard"), &json!("hello")));
    assert_eq!(reason(&watching, "u1"), "bounced");
    let soft = envelope("Notification", &bounce("u2", "Transient", "MailboxFull"), certificate);
    assert_eq!(tell(&soft).0, 204);
    assert_eq!(events(&watching, "u2", "Message Bounced", 1)[0]["properties"]["bounce"], "soft");
    assert_eq!(reason(&watching, "u2"), Value::Null);
    // The certificate is fetched once; nothing is fetched from elsewhere; what is changed is refused.
    assert_eq!(asked.lock().unwrap().len(), 2);
    let elsewhere = envelope("Notification", "{}", "https://sns.evil.example/c.pem");
    assert_eq!(tell(&elsewhere).code(), (403, json!("feedback.refused")));
    let mut forged = hard.clone();
    forged["Message"] = json!(bounce("u2", "Permanent", "General"));
    assert_eq!(tell(&forged).code().0, 403);
    let mut other = hard.clone();
    other["TopicArn"] = json!("arn:aws:sns:eu-west-1:2:mail");
    assert_eq!(tell(&other).code().0, 403);
    assert_eq!(tell(&json!({"notificationType": "Bounce", "mail": {}})).code().0, 403);
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn mailgun_sendgrid_and_postmark_are_believed_as_their_settings_say() {
    let mut settings = mail();
    settings["mailgun_signing_key"] = json!("key-1");
    settings["postmark_login"] = json!("shop:hush");
    let (watching, id, path) = start(settings, &people(&["u1", "u2", "u3", "u4"]));
    let address = watching.server.address;
    let sent = messages(&watching, &["u1", "u2", "u3", "u4"]);
    let tell = |form: &str, headers: &[(&str, &str)], body: &Value| {
        ask(address, "POST", &format!("{path}?form={form}"), headers, &body.to_string())
    };
    let seconds = watching.now().0 / 1_000;
    let mailgun = |user: &str, event: &str, more: Value, key: &str, seconds: i64| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(format!("{seconds}token").as_bytes());
        let tag = mac.finalize().into_bytes();
        let tag: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut own = json!({"event": event, "timestamp": seconds, "recipient": format!("{user}@people.example"),
            "id": event, "message": {"headers": {"message-id": format!("{}@shop.example", sent[user])}}});
        super::outreach::merge(&mut own, &more);
        json!({"signature": {"timestamp": seconds.to_string(), "token": "token", "signature": tag},
            "event-data": own})
    };
    let none = || json!({});
    assert_eq!(tell("mailgun", &[], &mailgun("u1", "delivered", none(), "key-1", seconds)).0, 204);
    assert_eq!(tell("mailgun", &[], &mailgun("u1", "opened", none(), "key-1", seconds)).0, 204);
    let link = json!({"url": "https://shop.example/a"});
    assert_eq!(tell("mailgun", &[], &mailgun("u1", "clicked", link, "key-1", seconds)).0, 204);
    events(&watching, "u1", "Message Delivered", 1);
    events(&watching, "u1", "Message Opened", 1);
    let clicked = &events(&watching, "u1", "Message Clicked", 1)[0]["properties"];
    assert_eq!(clicked["url"], "https://shop.example/a");
    // Another key, or an hour old.
    let complained = |key: &str, at: i64| mailgun("u1", "complained", json!({}), key, at);
    assert_eq!(tell("mailgun", &[], &complained("key-2", seconds)).code().0, 403);
    assert_eq!(tell("mailgun", &[], &complained("key-1", seconds - 3_600)).code().0, 403);
    events(&watching, "u1", "Message Complained", 0);
    assert_eq!(tell("mailgun", &[], &complained("key-1", seconds)).0, 204);
    assert_eq!(reason(&watching, "u1"), "complained");
    // Who leaves at the provider has not complained.
    assert_eq!(
        tell("mailgun", &[], &mailgun("u2", "unsubscribed", none(), "key-1", seconds)).0,
        204
    );
    events(&watching, "u2", "Channel Unsubscribed", 1);
    events(&watching, "u2", "Message Complained", 0);
    assert_eq!(reason(&watching, "u2"), "unsubscribed");

    let postmark = json!({"RecordType": "Bounce", "Type": "HardBounce", "ID": 7,
        "Email": "u3@people.example", "BouncedAt": "2026-03-02T11:59:00Z", "MessageID": "x",
        "Description": "gone", "Metadata": {"delivery": sent["u3"]}});
    assert_eq!(tell("postmark", &[], &postmark).code().0, 403);
    let login = format!("Basic {}", STANDARD.encode("shop:hush"));
    assert_eq!(tell("postmark", &[("authorization", &login)], &postmark).0, 204);
    events(&watching, "u3", "Message Bounced", 1);

    // Without a key SendGrid is believed by the address alone; with one, nothing unsigned is.
    let sendgrid =
        json!([{"event": "delivered", "email": "u4@people.example", "delivery": sent["u4"]}]);
    assert_eq!(tell("sendgrid", &[], &sendgrid).0, 204);
    events(&watching, "u4", "Message Delivered", 1);
    let mut settings = mail();
    settings["sendgrid_verification_key"] = json!("bm90IGEga2V5");
    let input = json!({"name": "Mail", "settings": settings});
    let provider = format!("/api/providers/{id}");
    let answer = watching.server.send("PUT", &provider, &input.to_string());
    assert_eq!(answer.code(), (422, json!("provider.invalid")));
    settings["sendgrid_verification_key"] = json!(
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
    );
    send(&watching, "PUT", &provider, &json!({"name": "Mail", "settings": settings}), 200);
    let complaint =
        json!([{"event": "spamreport", "email": "u4@people.example", "delivery": sent["u4"]}]);
    assert_eq!(tell("sendgrid", &[], &complaint).code(), (403, json!("feedback.refused")));
    events(&watching, "u4", "Message Complained", 0);
}

/// A name server over UDP: answers by type and name; a text is one piece.
fn name_server(records: Vec<(u16, &'static str, Vec<u8>)>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 2_000];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let asked = &buffer[..length];
            let (mut at, mut labels) = (12, Vec::new());
            while asked[at] != 0 {
                let end = at + 1 + usize::from(asked[at]);
                labels.push(String::from_utf8_lossy(&asked[at + 1..end]).into_owned());
                at = end;
            }
            let name = labels.join(".");
            let kind = u16::from_be_bytes([asked[at + 1], asked[at + 2]]);
            let question = &asked[12..at + 5];
            let found: Vec<&Vec<u8>> = records
                .iter()
                .filter(|(own, of, _)| *own == kind && of.eq_ignore_ascii_case(&name))
                .map(|(_, _, data)| data)
                .collect();
            let n = u16::try_from(found.len()).unwrap().to_be_bytes();
            let mut answer = [&asked[..2], &[0x81, 0x80, 0, 1], &n, &[0; 4], question].concat();
            for data in found {
                answer.extend([0xc0, 12]);
                answer.extend(kind.to_be_bytes());
                answer.extend([0, 1, 0, 0, 0, 60]);
                answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
                answer.extend(data);
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
    address
}

fn txt(text: &str) -> Vec<u8> {
    let pieces = text.as_bytes().chunks(255);
    pieces.flat_map(|piece| [&[u8::try_from(piece.len()).unwrap()], piece].concat()).collect()
}

fn name(name: &str) -> Vec<u8> {
    let labels = name.split('.');
    let mut bytes: Vec<u8> = labels
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat())
        .collect();
    bytes.push(0);
    bytes
}

#[test]
fn a_domain_is_asked_and_told_what_it_lacks() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
    let mut settings = mail();
    settings["host"] = json!("mail.shop.example");
    settings["bounce_domain"] = json!("bounce.shop.example");
    settings["dkim_selector"] = json!("s1");
    settings["dkim_key"] = json!(key);
    let (watching, id, _) = start(settings, &[]);
    let check = |records: Vec<(u16, &'static str, Vec<u8>)>| {
        let server = name_server(records);
        watching.server.service.resolve_with(Resolver::new(&[server], Duration::from_secs(10)));
        watching.server.get(&format!("/api/providers/{id}/dns"))
    };
    let of = |all: &Value, purpose: &str| {
        let records = all["records"].as_array().unwrap();
        records.iter().find(|own| own["purpose"] == purpose).unwrap().clone()
    };
    let (a, mx, ptr, text) = (1, 15, 12, 16);

    // Nothing is there: every record that is needed is named, with what it has to say.
    let nothing = check(vec![(a, "mail.shop.example", vec![192, 0, 2, 7])]);
    assert_eq!(nothing["right"], json!(false));
    assert_eq!(nothing["domain"], "shop.example");
    for purpose in ["dkim", "spf", "dmarc", "return_path", "reverse"] {
        assert_eq!(of(&nothing, purpose)["state"], "missing", "{nothing}");
    }
    let dkim = of(&nothing, "dkim");
    assert_eq!(dkim["name"], "s1._domainkey.shop.example");
    let ours = dkim["value"].as_str().unwrap().to_owned();
    assert!(ours.starts_with("v=DKIM1; k=ed25519; p="), "{ours}");
    let spf = of(&nothing, "spf");
    assert_eq!(spf["name"], "bounce.shop.example");
    assert_eq!(spf["value"], "v=spf1 a:mail.shop.example ~all");
    assert_eq!(of(&nothing, "return_path")["value"], "10 mail.shop.example");
    assert_eq!(of(&nothing, "reverse")["name"], "7.2.0.192.in-addr.arpa");

    let exchanger = [&[0, 10][..], &name("mail.shop.example")].concat();
    let good = |dkim: &str, spf: &str| {
        vec![
            (a, "mail.shop.example", vec![192, 0, 2, 7]),
            (text, "s1._domainkey.shop.example", txt(dkim)),
            (text, "bounce.shop.example", txt("some other text")),
            (text, "bounce.shop.example", txt(spf)),
            (text, "_spf.shop.example", txt("v=spf1 ip4:192.0.2.0/28 -all")),
            (text, "_dmarc.shop.example", txt("v=DMARC1; p=reject")),
            (mx, "bounce.shop.example", exchanger.clone()),
            (ptr, "7.2.0.192.in-addr.arpa", name("mail.shop.example")),
        ]
    };
    let all = check(good(&ours, "v=spf1 a:mail.shop.example ~all"));
    assert_eq!(all["right"], json!(true), "{all}");
    assert_eq!(of(&all, "spf")["found"], json!(["v=spf1 a:mail.shop.example ~all"]));
    // Written otherwise, the address of the mail server is among those that may send; or it is not.
    let other = check(good(&ours, "v=spf1 include:_spf.shop.example -all"));
    assert_eq!(of(&other, "spf")["state"], "good", "{other}");
    let none = check(good(&ours, "v=spf1 ip4:198.51.100.1 -all"));
    assert_eq!(of(&none, "spf")["state"], "wrong", "{none}");
    assert_eq!(none["right"], json!(false));
    // Another key under our selector.
    let wrong = check(good("v=DKIM1; k=ed25519; p=AAAA", "v=spf1 a:mail.shop.example ~all"));
    assert_eq!(of(&wrong, "dkim")["state"], "wrong", "{wrong}");
    assert!(of(&wrong, "dkim")["advice"].is_string());

    // A name server that is not there is no verdict; and only mail has a domain.
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = Resolver::new(&[nobody], Duration::from_millis(200));
    watching.server.service.resolve_with(silent);
    let unknown = watching.server.get(&format!("/api/providers/{id}/dns"));
    assert_eq!(of(&unknown, "dkim")["state"], "unknown", "{unknown}");
    let hook = json!({"name": "Hook", "settings": {"kind": "webhook"}});
    let made = send(&watching, "POST", "/api/providers", &hook, 201);
    let path = format!("/api/providers/{}/dns", made["id"].as_str().unwrap());
    assert_eq!(watching.server.send("GET", &path, "").code(), (422, json!("provider.dns")));
}

/// A page of the preferences, or a form that was filled in there.
fn page(address: SocketAddr, url: &str, form: Option<&str>) -> String {
    let path = url.strip_prefix(&format!("http://{address}")).unwrap();
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("accept-language", "tr")];
    let answer = match form {
        Some(form) => ask(address, "POST", path, &headers, form),
        None => ask(address, "GET", path, &headers, ""),
    };
    assert_eq!(answer.0, 200, "{}", answer.2);
    answer.2
}

#[test]
fn who_asks_for_a_topic_confirms_it_from_a_message_that_reached_them() {
    let (receiver, at) = super::feedback::Provider::start("{}");
    let (watching, ..) = start(mail(), &people(&["u1", "u2"]));
    let address = watching.server.address;
    // Mail of the test goes over HTTP: a webhook carries the link that a mail would.
    let hook = json!({"name": "Hook", "settings": {"kind": "webhook", "private_networks": true}});
    send(&watching, "POST", "/api/providers", &hook, 201);
    let topic = |by_default: bool| {
        json!({"topics": [{"id": "news", "name": "News", "channel": "email",
            "subscribed_by_default": by_default, "double_opt_in": true}]})
    };
    let topics = "/api/subscriptions/topics";
    let answer = watching.server.send("PUT", topics, &topic(true).to_string());
    assert_eq!(answer.code(), (422, json!("subscriptions.topic")));
    send(&watching, "PUT", topics, &topic(false), 200);

    let ask_for = |user: &str| {
        let changes = json!({"topics": {"news": true}});
        send(&watching, "PUT", &format!("/api/users/{user}/subscriptions"), &changes, 200)
    };
    let pending = ask_for("u1");
    let own = &pending["topics"][0];
    assert_eq!((&own["pending"], &own["subscribed"]), (&json!(true), &json!(false)), "{pending}");
    let requested = events(&watching, "u1", "Subscription Requested", 1);
    assert_eq!(requested[0]["properties"]["topic"], "news");
    events(&watching, "u1", "Channel Unsubscribed", 0);
    ask_for("u2");

    // No marketing until then, with a reason of its own.
    let marketing = |id: &str| {
        let content = json!({"kind": "email", "subject": "Hi", "body": "Hello {{ unsubscribe_url }}", "form": "text"});
        let input = json!({"id": id, "name": id, "channel": "email", "trigger": {"kind": "once"},
            "control": 0.0, "topic": "news", "goals": [],
            "variants": [{"id": "a", "content": {"default": content}}]});
        send(&watching, "POST", "/api/campaigns", &input, 201);
        super::outreach::act(&watching, id, "start");
    };
    marketing("early");
    let withheld = events(&watching, "u1", "Message Withheld", 1);
    assert_eq!(withheld[0]["properties"]["reason"], "subscription_pending");

    // A link that came by another channel proves nothing about the mailbox.
    let link = format!("http://{at}/hook");
    let content =
        json!({"kind": "webhook", "url": link, "body": "{\"link\": \"{{ preferences_url }}\"}"});
    campaign(&watching, "link", "webhook", &content);
    let came: Value = serde_json::from_str(&receiver.wait_for(2)[0].1).unwrap();
    let url = came["link"].as_str().unwrap();
    page(address, url, Some("there=topic.news&topic.news=on"));
    let still = ["u1", "u2"].map(|user| {
        watching.server.get(&format!("/api/users/{user}/subscriptions"))["topics"][0]["subscribed"].clone()
    });
    assert_eq!(still, [json!(false), json!(false)]);
    watching.until("2026-03-02T12:00:01Z");
    // The one that came by mail does. It is asked of the server, as no mail server is there to deliver it.
    campaign(
        &watching,
        "hello",
        "email",
        &json!({"kind": "email", "subject": "Hi", "body": "Hello {{ unsubscribe_url }}", "form": "text"}),
    );
    let queued = events(&watching, "u1", "Message Queued", 2);
    assert_eq!(queued[0]["properties"]["campaign"], "hello");
    let links = watching.server.service.links().unwrap().unwrap();
    let message = model::EventId::of(queued[0]["properties"]["message"].as_str().unwrap()).0;
    let expires_at = watching.now().plus(model::Span::days(1));
    let kind = message::links::Kind::Preferences;
    let url = links.signer.url(&message::links::Claim { kind, message, expires_at }).unwrap();
    let shown = page(address, &url, None);
    assert!(shown.contains("onaylamak"), "{shown}");
    assert!(shown.contains("value=\"on\" checked>News"), "{shown}");
    page(address, &url, Some("there=topic.news&topic.news=on"));
    let confirmed = watching.server.get("/api/users/u1/subscriptions");
    let own = &confirmed["topics"][0];
    assert_eq!((&own["pending"], &own["subscribed"]), (&json!(false), &json!(true)), "{confirmed}");
    marketing("late");
    let queued = events(&watching, "u1", "Message Queued", 3);
    assert_eq!(queued[0]["properties"]["campaign"], "late");
    watching.until("2026-03-02T12:00:02Z");
    // Asked again by whoever has confirmed, nothing waits.
    let again = ask_for("u1");
    assert_eq!(again["topics"][0]["pending"], json!(false));
    let waits = watching.server.get("/api/users/u2/subscriptions");
    assert_eq!(waits["topics"][0]["pending"], json!(true));
}
