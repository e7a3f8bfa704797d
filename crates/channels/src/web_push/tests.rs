use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

use super::*;
use crate::testing::{HttpServer, Reply};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
// RFC 8291, appendix A.
const BROWSER: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

#[test]
fn the_example_of_rfc_8291() {
    let get = |text| decode(text).unwrap();
    let own =
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
    let sealed = seal(
        b"When I grow up, I want to be a watermelon",
        &get("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"),
        &get(AUTH),
        &get(BROWSER),
        &get(own),
        &get("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap(),
    );
    let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(sealed.unwrap()), expected);
}

/// A browser's side: its keys, and how it opens one push.
struct Browser {
    private: agreement::EphemeralPrivateKey,
    public: Vec<u8>,
}

impl Browser {
    fn new() -> Browser {
        let random = SystemRandom::new();
        let private = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &random);
        let private = private.unwrap();
        let public = private.compute_public_key().unwrap().as_ref().to_vec();
        Browser { private, public }
    }

    fn subscription(&self, endpoint: String) -> Destination {
        let p256dh = BASE64_URL_SAFE_NO_PAD.encode(&self.public);
        Destination::Subscription { endpoint, p256dh, auth: AUTH.to_owned() }
    }

    fn open(self, body: &[u8]) -> Vec<u8> {
        let (salt, rest) = body.split_at(16);
        assert_eq!(&rest[..5], [0, 0, 16, 0, 65]);
        let (own, record) = rest[5..].split_at(65);
        let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, own);
        let auth = decode(AUTH).unwrap();
        agreement::agree_ephemeral(self.private, &peer, |shared| {
            let (mut secret, mut key, mut nonce) = ([0; 32], [0; 16], [0; 12]);
            let info = [b"WebPush: info\0".as_slice(), &self.public, own].concat();
            derive(&auth, shared, &info, &mut secret).unwrap();
            derive(salt, &secret, b"Content-Encoding: aes128gcm\0", &mut key).unwrap();
            derive(salt, &secret, b"Content-Encoding: nonce\0", &mut nonce).unwrap();
            let key =
                aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_128_GCM, &key).unwrap());
            let mut record = record.to_vec();
            let nonce = aead::Nonce::assume_unique_for_key(nonce);
            let plain = key.open_in_place(nonce, aead::Aad::empty(), &mut record).unwrap();
            assert_eq!(plain.last(), Some(&2));
            plain[..plain.len() - 1].to_vec()
        })
        .unwrap()
    }
}

fn channel(settings: crate::http::Settings, keys: &Keys) -> WebPush {
    WebPush::new(keys, "mailto:ops@shop.example", Client::new(settings).unwrap()).unwrap()
}

fn outgoing(to: Destination, message: Message) -> Outgoing {
    Outgoing { key: "k".into(), to, payload: Payload::WebPush(message), now: NOW }
}

fn hello() -> Message {
    Message { body: b"{\"title\":\"Hi\"}".to_vec(), ttl_s: 60, ..Message::default() }
}

async fn when(reply: Reply) -> Outcome {
    let answer = reply.clone();
    let server = HttpServer::start(move |_| answer.clone()).await;
    let channel = channel(server.settings_for(&reply), &Keys::generate().unwrap());
    let to = Browser::new().subscription(server.url("/push/secret-path"));
    channel.send(outgoing(to, hello())).await
}

#[tokio::test]
async fn a_browser_opens_what_was_sent_and_the_service_knows_the_server() {
    let location = "https://push.example/m/1".to_owned();
    let server = HttpServer::start(move |_| {
        Reply::Say(201, vec![("location", location.clone())], String::new())
    });
    let server = server.await;
    let keys = Keys::generate().unwrap();
    let channel = channel(server.settings(), &keys);
    for body in [Vec::new(), b"{}".to_vec(), vec![b'x'; PAYLOAD_BYTES_MAX]] {
        let browser = Browser::new();
        let message = Message {
            body: body.clone(),
            ttl_s: 60,
            urgency: Urgency::High,
            topic: Some("offers_1".into()),
        };
        let to = browser.subscription(server.url("/push/1"));
        let outcome = channel.send(outgoing(to, message)).await;
        assert_eq!(outcome, Outcome::accepted("https://push.example/m/1".to_owned()));
        let asked = server.asked().pop().unwrap();
        assert!(asked.body.len() <= RECORD_BYTES, "{}", asked.body.len());
        assert_eq!(browser.open(&asked.body), body);
        for (name, value) in [
            ("ttl", "60"),
            ("urgency", "high"),
            ("topic", "offers_1"),
            ("content-encoding", "aes128gcm"),
        ] {
            assert_eq!(asked.header(name), value);
        }
        let (token, key) = asked
            .header("authorization")
            .strip_prefix("vapid t=")
            .and_then(|rest| rest.split_once(", k="))
            .unwrap();
        assert_eq!(key, keys.public);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(key).unwrap());
        public.verify(signed.as_bytes(), &decode(signature).unwrap()).unwrap();
        let claims: Value =
            serde_json::from_slice(&decode(signed.split_once('.').unwrap().1).unwrap()).unwrap();
        assert_eq!(claims["aud"], server.url(""));
        assert_eq!(claims["sub"], "mailto:ops@shop.example");
        assert_eq!(claims["exp"], 1_790_000_000 + 43_200);
    }
}

#[tokio::test]
async fn answers_and_what_they_mean() {
    for status in [200, 201, 202] {
        assert_eq!(when(Reply::status(status)).await, Outcome::accepted(None), "{status}");
    }
    for status in [404, 410] {
        let outcome = when(Reply::status(status)).await;
        let Outcome::Rejected { code, address, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((code, address), (Code::SubscriptionGone, Address::DEAD));
    }
    for (status, expected) in [
        (400, Code::PayloadRefused),
        (403, Code::SubscriptionForeign),
        (413, Code::PayloadTooLarge),
    ] {
        let outcome = when(Reply::status(status)).await;
        assert!(matches!(outcome, Outcome::Rejected { address: Address::Unknown, .. }));
        assert_eq!(outcome.code(), Some(expected));
    }
    let throttled = when(Reply::Say(429, vec![("retry-after", "30".into())], String::new())).await;
    let after = Some(std::time::Duration::from_secs(30));
    assert_eq!(throttled, Outcome::retry(Code::ProviderThrottled, "429: ", after));
    for reply in [Reply::status(500), Reply::Hang, Reply::Cut] {
        let outcome = when(reply).await;
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let server = HttpServer::start(|_| Reply::status(201)).await;
    let channel = channel(server.settings(), &Keys::generate().unwrap());
    let to = || Browser::new().subscription(server.url("/"));
    let large = Message { body: vec![b'x'; PAYLOAD_BYTES_MAX + 1], ..hello() };
    let topic = Message { topic: Some("no blanks".into()), ..hello() };
    for (message, expected) in [(large, Code::PayloadTooLarge), (topic, Code::PayloadRefused)] {
        assert_eq!(channel.send(outgoing(to(), message)).await.code(), Some(expected));
    }
    let off_the_curve = BASE64_URL_SAFE_NO_PAD.encode([4; 65]);
    for (endpoint, p256dh, auth) in [
        ("http://push.example/1", BROWSER, AUTH),
        ("nonsense", BROWSER, AUTH),
        (&server.url("/"), "", AUTH),
        (&server.url("/"), "!", AUTH),
        (&server.url("/"), &off_the_curve, AUTH),
        (&server.url("/"), BROWSER, "short"),
    ] {
        let to = Destination::Subscription {
            endpoint: endpoint.into(),
            p256dh: p256dh.into(),
            auth: auth.into(),
        };
        let outcome = channel.send(outgoing(to, hello())).await;
        assert_eq!(outcome.code(), Some(Code::TokenMalformed), "{endpoint} {p256dh} {auth}");
    }
    assert!(server.asked().is_empty());
}

#[test]
fn keys_are_a_pair_or_refused() {
    let (one, two) = (Keys::generate().unwrap(), Keys::generate().unwrap());
    let client = || Client::new(Default::default()).unwrap();
    let mixed = Keys { public: two.public, private: one.private.clone() };
    assert_eq!(WebPush::new(&mixed, "mailto:a@b", client()).unwrap_err(), Error::Keys);
    assert!(matches!(WebPush::new(&one, "a@b", client()), Err(Error::Contact(_))));
    assert!(WebPush::new(&one, "mailto:a@b", client()).is_ok());
    assert!(!format!("{one:?}").contains(one.private.reveal()));
}
