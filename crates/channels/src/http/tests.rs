use super::*;
use crate::testing::{Asked, HttpServer, Reply};

async fn ask(server: &HttpServer, settings: Settings) -> Result<Response, Error> {
    let client = Client::new(settings).unwrap();
    client.send(Request::post(server.url("/a?b=c"), "text/plain", "hello").with("x-one", "1")).await
}

#[tokio::test]
async fn a_request_arrives_as_it_was_made_over_both_versions() {
    for protocol in [b"h2".as_slice(), b"http/1.1"] {
        let answer = |_: &Asked| Reply::Say(201, vec![("x-two", "2".into())], "ok".into());
        let server = HttpServer::speaking(&[protocol], answer).await;
        let response = ask(&server, server.settings()).await.unwrap();
        assert_eq!((response.status, response.header("x-two")), (201, Some("2")));
        assert_eq!((&response.body[..], response.complete), (&b"ok"[..], true));
        let asked = &server.asked()[0];
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/a?b=c"));
        assert_eq!((asked.text().as_str(), asked.header("x-one")), ("hello", "1"));
        assert_eq!(asked.http2, protocol == b"h2");
    }
}

#[tokio::test]
async fn nothing_but_http2_where_that_is_demanded() {
    let server = HttpServer::speaking(&[b"http/1.1"], |_| Reply::status(200)).await;
    let error = ask(&server, Settings { http2_only: true, ..server.settings() }).await.unwrap_err();
    assert!(matches!(error, Error::Tls(_)), "{error}");
}

#[tokio::test]
async fn after_the_connection_everything_is_in_doubt() {
    let garbage = Reply::Garbage("SSH-2.0-hello\r\n");
    let cases = [b"h2".as_slice(), b"http/1.1"]
        .map(|protocol| [Reply::Hang, Reply::Cut, garbage.clone()].map(|reply| (protocol, reply)));
    for (protocol, reply) in cases.into_iter().flatten() {
        let expected = match reply {
            Reply::Hang => Code::AnswerTimeout,
            _ => Code::AnswerLost,
        };
        let answer = reply.clone();
        let server = HttpServer::speaking(&[protocol], move |_| answer.clone()).await;
        let error = ask(&server, server.settings_for(&reply)).await.unwrap_err();
        let outcome = error.outcome();
        assert!(matches!(outcome, Outcome::Retry { certain: false, .. }), "{outcome:?}");
        assert_eq!(outcome.code(), Some(expected), "{error}");
        assert_eq!(server.asked().len(), 1, "it was read, and once only");
    }
}

#[tokio::test]
async fn without_a_connection_it_is_certain() {
    let server = HttpServer::start(|_| Reply::status(200)).await;
    let stranger = ask(&server, Settings::default()).await.unwrap_err();
    assert!(matches!(stranger, Error::Tls(_)), "{stranger}");
    let guarded = Settings { reach: Reach::Public, ..server.settings() };
    let forbidden = ask(&server, guarded).await.unwrap_err();
    assert!(matches!(
        forbidden.outcome(),
        Outcome::Rejected { code: Code::DestinationForbidden, .. }
    ));
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port())
    };
    let client = server.client();
    let absent = client.send(Request::post(closed, "text/plain", "")).await.unwrap_err();
    assert_eq!(
        absent.outcome(),
        Outcome::retry(Code::NetworkUnreachable, &absent.to_string(), None)
    );
    // A server that accepts connections and says nothing does not get as far as TLS.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    let impatient = Client::new(server.settings_for(&Reply::Hang)).unwrap();
    let hanging = impatient.send(Request::post(url, "text/plain", "")).await.unwrap_err();
    assert!(matches!(hanging, Error::Tls(_)), "{hanging}");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn answers_are_read_up_to_the_bound() {
    let server = HttpServer::start(|_| Reply::Say(200, Vec::new(), "x".repeat(100_000))).await;
    let response =
        ask(&server, Settings { answer_bytes: 1_000, ..server.settings() }).await.unwrap();
    assert_eq!((response.body.len(), response.complete), (1_000, false));
    assert_eq!(response.json(), None);
}

#[tokio::test]
async fn redirects_are_answers() {
    let to = "https://localhost/elsewhere".to_owned();
    let server =
        HttpServer::start(move |_| Reply::Say(302, vec![("location", to.clone())], String::new()));
    let server = server.await;
    let response = ask(&server, server.settings()).await.unwrap();
    assert_eq!((response.status, server.asked().len()), (302, 1));
    assert_eq!(response.otherwise(Timestamp(0)).code(), Some(Code::ProviderRedirected));
}

#[test]
fn addresses_that_no_request_goes_to() {
    for url in [
        "",
        "ftp://x/",
        "http://x.example/",
        "https://",
        "https://user:pw@x.example/",
        "/path",
        "https://x y/",
    ] {
        assert!(check_url(url, false).is_err(), "{url}");
    }
    assert!(check_url(&format!("https://x.example/{}", "a".repeat(8_000)), false).is_err());
    assert!(check_url("https://x.example:8443/a?b", false).is_ok());
    assert!(check_url("http://x.example/", true).is_ok());
}

#[tokio::test]
async fn headers_that_would_split_a_request_are_refused() {
    let server = HttpServer::start(|_| Reply::status(200)).await;
    let request = Request::post(server.url("/"), "text/plain", "").with("x", "a\r\nhost: b");
    let error = server.client().send(request).await.unwrap_err();
    assert_eq!(error, Error::Header("x".into()));
    assert!(server.asked().is_empty());
}

#[test]
fn the_wait_that_a_server_wants() {
    let with = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        let response = Response { status: 429, headers, body: Bytes::new(), complete: true };
        response.retry_after(Timestamp::parse("1994-11-06T08:49:30Z").unwrap())
    };
    assert_eq!(with("120"), Some(Duration::from_secs(120)));
    assert_eq!(with("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
    assert_eq!(with("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
    for nonsense in ["-1", "soon", "Sun, 06 Nov", "Sun, 99 Nov 1994 08:49:37 GMT", "1e9", ", , ,"] {
        assert_eq!(with(nonsense), None, "{nonsense}");
    }
}

#[test]
fn what_is_asked_is_not_shown() {
    let request = Request::post("https://x.example/token-1", "text/plain", "secret").with("a", "b");
    assert_eq!(format!("{request:?}"), "Request(POST …, 6 bytes)");
}

/// A server of HTTP/2 by hand that answers the first request with these frames and hangs up.
async fn frames(answer: Vec<u8>) -> (Trust, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (trust, config) = crate::testing::certificate(&[b"h2"]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        // A second connection would be a second attempt, which nobody asked for.
        let (stream, _) = listener.accept().await.unwrap();
        drop(listener);
        let mut stream = tokio_rustls::TlsAcceptor::from(config).accept(stream).await.unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.unwrap();
        stream.write_all(&frame(4, 0, &[])).await.unwrap();
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut body = vec![0; length.try_into().unwrap()];
            stream.read_exact(&mut body).await.unwrap();
            // HEADERS
            if head[3] == 1 {
                stream.write_all(&answer).await.unwrap();
                stream.shutdown().await.unwrap();
                return;
            }
        }
    });
    (trust, url)
}

fn frame(kind: u8, stream: u8, body: &[u8]) -> Vec<u8> {
    let head = [0, 0, u8::try_from(body.len()).unwrap(), kind, 0, 0, 0, 0, stream];
    [&head[..], body].concat()
}

#[tokio::test]
async fn what_a_server_says_it_has_not_looked_at_is_certain() {
    let go_away = |last: u8| frame(7, 0, &[0, 0, 0, last, 0, 0, 0, 0]);
    let reset = |reason: u8| frame(3, 1, &[0, 0, 0, reason]);
    for (answer, sure) in [
        (go_away(0), true),
        (reset(7), true),
        (go_away(1), false),
        (reset(2), false),
        (Vec::new(), false),
    ] {
        let (trust, url) = frames(answer.clone()).await;
        let client = Client::new(Settings { trust, ..Settings::default() }).unwrap();
        let error = client.send(Request::post(url, "text/plain", "hello")).await.unwrap_err();
        let outcome = error.outcome();
        let Outcome::Retry { certain, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(certain, sure, "{answer:?}: {error:?}");
    }
}
