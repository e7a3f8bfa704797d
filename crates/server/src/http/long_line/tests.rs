use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, ReadBuf};

use super::*;

/// Gives so many bytes at a time.
struct Slow<'a>(&'a [u8], usize);

impl AsyncRead for Slow<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let n = self.1.min(self.0.len()).min(into.remaining());
        let (now, later) = self.0.split_at(n);
        into.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

fn through(bytes: &[u8], step: usize) -> Vec<u8> {
    let mut lines = LongLines::new(Slow(bytes, step), 256 * 1024);
    let mut all = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        let mut room = vec![0; 5_000];
        let mut buffer = ReadBuf::new(&mut room);
        match Pin::new(&mut lines).poll_read(&mut cx, &mut buffer) {
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => return all,
            Poll::Ready(Ok(())) => all.extend_from_slice(buffer.filled()),
            other => panic!("{other:?}"),
        }
    }
}

fn check(sent: &str, expected: &str) {
    for step in [1, 7, 1_000, 16 * 1024, 1 << 20] {
        let got = String::from_utf8(through(sent.as_bytes(), step)).unwrap();
        assert!(got == expected, "step {step}: {} bytes, {} expected", got.len(), expected.len());
    }
}

#[test]
fn what_is_short_passes_unchanged() {
    let get = "GET /a?x=1 HTTP/1.1\r\nhost: h\r\n\r\n";
    let body = "body with \r\n\r\n in it";
    let post = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let chunked = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let cut = "GET /a HTTP/1.1\r\nho";
    for sent in [get, &post, chunked, cut, "", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0"] {
        check(sent, sent);
        check(&format!("{get}{post}{get}{sent}"), &format!("{get}{post}{get}{sent}"));
    }
}

#[test]
fn a_long_query_moves_into_a_header_wherever_its_request_stands() {
    let long = "d=".to_owned() + &"x".repeat(150_000);
    let sent = format!("GET /a?{long} HTTP/1.1\r\nhost: h\r\n\r\n");
    let moved = format!("GET /a HTTP/1.1\r\n{HEADER}: {long}\r\nhost: h\r\n\r\n");
    check(&sent, &moved);
    let post = "POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody";
    check(&format!("{post}{sent}{post}{sent}"), &format!("{post}{moved}{post}{moved}"));
    // A long header, a long path and a head beyond the limit are the reader's business.
    let header = format!("GET /a?x HTTP/1.1\r\nh: {long}\r\n\r\n");
    check(&header, &header);
    let path = format!("GET /{long} HTTP/1.1\r\n\r\n");
    check(&path, &path);
    let endless = format!("GET /a?{} HTTP/1.1\r\n\r\n", "x".repeat(300_000));
    let got = through(endless.as_bytes(), 1_000);
    assert!(got == endless.as_bytes());
}

#[test]
fn a_query_is_found_where_it_stands() {
    let mut headers = HeaderMap::new();
    assert_eq!(query(&Uri::from_static("/a?b=1"), &headers), "b=1");
    assert_eq!(query(&Uri::from_static("/a"), &headers), "");
    headers.insert(HEADER, "c=2".parse().unwrap());
    assert_eq!(query(&Uri::from_static("/a"), &headers), "c=2");
    assert_eq!(query(&Uri::from_static("/a?b=1"), &headers), "b=1");
}
