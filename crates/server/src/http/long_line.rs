//! Request lines that are longer than the type that holds an address: what stands after the `?` is
//! moved into a header.
//!
//! Some client libraries put whole events into the address, and 64 KiB is where `http::Uri` ends. So
//! this stands between an HTTP/1 connection and its reader, holds each head until it is whole, and
//! rewrites the rare one whose address is too long. What it is not: a parser of HTTP. Where it is in
//! doubt about where a body ends, it lets everything pass from there on; the reader says what is wrong.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::http::{HeaderMap, Uri};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Where the query of an address is that was too long.
pub const HEADER: &str = "x-perennial-query";

/// Bytes of an address beyond which its query moves. `http::Uri` takes 65,534.
const TARGET_BYTES_MAX: usize = 65_000;

/// Bytes read at once while a head is not whole.
const CHUNK_BYTES: usize = 16 * 1024;

/// Bytes read at once otherwise: room for them is cleared first.
const BODY_CHUNK_BYTES: usize = 64 * 1024;

/// The query of a request, wherever it stands.
pub fn query<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let moved = || headers.get(HEADER).and_then(|value| value.to_str().ok());
    uri.query().or_else(moved).unwrap_or_default()
}

/// A stream of requests, of which no address is too long.
pub struct LongLines<S> {
    inner: S,
    /// Bytes of a whole head.
    head_bytes_max: usize,
    /// Read and not yet looked at.
    held: Vec<u8>,
    /// Bytes of `held` in which no head ends.
    scanned: usize,
    /// A head that is handed on, and how much of it is.
    ready: (Vec<u8>, usize),
    next: Next,
    blocked: Arc<AtomicBool>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Head,
    Body(u64),
    /// Whatever comes is not looked at any more.
    Anything,
}

impl<S> LongLines<S> {
    /// Over a stream; a head of more bytes is handed on as it is.
    pub fn new(inner: S, head_bytes_max: usize) -> LongLines<S> {
        LongLines {
            inner,
            head_bytes_max,
            held: Vec::new(),
            scanned: 0,
            ready: (Vec::new(), 0),
            next: Next::Head,
            blocked: Arc::default(),
        }
    }

    /// Whether bytes wait to be written that the other end does not take.
    pub fn blocked(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.blocked)
    }

    /// Makes a head ready, if a whole one is held.
    fn cut(&mut self) {
        let from = self.scanned.saturating_sub(3);
        let end = self.held[from..].windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let Some(end) = end.map(|at| from + at + 4) else {
            self.scanned = self.held.len();
            if self.held.len() > self.head_bytes_max {
                self.next = Next::Anything;
            }
            return;
        };
        let rest = self.held.split_off(end);
        let head = std::mem::replace(&mut self.held, rest);
        self.scanned = 0;
        self.next = after(&head);
        self.ready = (rewritten(head), 0);
    }
}

/// What follows a head.
fn after(head: &[u8]) -> Next {
    let mut length = None;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if name.eq_ignore_ascii_case(b"content-length") {
            let value = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse().ok());
            if length.is_some() || value.is_none() {
                return Next::Anything;
            }
            length = value;
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") || name.eq_ignore_ascii_case(b"upgrade")
        {
            return Next::Anything;
        }
    }
    match length {
        _ if head.starts_with(b"PRI ") => Next::Anything,
        None | Some(0) => Next::Head,
        Some(n) => Next::Body(n),
    }
}

/// The head, with the query of a long address in a header.
fn rewritten(head: Vec<u8>) -> Vec<u8> {
    if head.len() <= TARGET_BYTES_MAX {
        return head;
    }
    let line_end = head.iter().position(|byte| *byte == b'\r').unwrap_or(head.len());
    let line = &head[..line_end];
    let space = |byte: &u8| *byte == b' ';
    let (Some(first), Some(last)) = (line.iter().position(space), line.iter().rposition(space))
    else {
        return head;
    };
    let target = line.get(first + 1..last).unwrap_or_default();
    let Some(mark) = target.iter().position(|byte| *byte == b'?') else { return head };
    if target.len() <= TARGET_BYTES_MAX {
        return head;
    }
    let mut short = Vec::with_capacity(head.len() + HEADER.len() + 4);
    short.extend_from_slice(&line[..first + 1]);
    short.extend_from_slice(&target[..mark]);
    short.extend_from_slice(&line[last..]);
    short.extend_from_slice(b"\r\n");
    short.extend_from_slice(HEADER.as_bytes());
    short.extend_from_slice(b": ");
    short.extend_from_slice(&target[mark + 1..]);
    short.extend_from_slice(&head[line_end..]);
    short
}

impl<S: AsyncRead + Unpin> AsyncRead for LongLines<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            let (bytes, given) = &mut this.ready;
            if *given < bytes.len() {
                let n = (bytes.len() - *given).min(into.remaining());
                into.put_slice(&bytes[*given..*given + n]);
                *given += n;
                if *given == bytes.len() {
                    this.ready = (Vec::new(), 0);
                }
                return Poll::Ready(Ok(()));
            }
            let limit = match this.next {
                Next::Anything => usize::MAX,
                Next::Body(n) => usize::try_from(n).unwrap_or(usize::MAX),
                Next::Head => {
                    if this.held.len() > this.scanned {
                        this.cut();
                        continue;
                    }
                    let before = this.held.len();
                    this.held.resize(before + CHUNK_BYTES, 0);
                    let mut chunk = ReadBuf::new(&mut this.held[before..]);
                    let read = Pin::new(&mut this.inner).poll_read(cx, &mut chunk);
                    let n = chunk.filled().len();
                    this.held.truncate(before + n);
                    ready!(read)?;
                    if n == 0 {
                        // The end: what is held goes on as it is.
                        this.next = Next::Anything;
                        if this.held.is_empty() {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    continue;
                }
            };
            let limit = limit.min(into.remaining()).min(BODY_CHUNK_BYTES);
            let n = if this.held.is_empty() {
                let mut part = ReadBuf::new(into.initialize_unfilled_to(limit));
                ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
                let n = part.filled().len();
                into.advance(n);
                n
            } else {
                let n = limit.min(this.held.len());
                into.put_slice(&this.held[..n]);
                this.held.drain(..n);
                this.scanned = 0;
                n
            };
            if let Next::Body(left) = this.next {
                let left = left - n as u64;
                this.next = if left == 0 { Next::Head } else { Next::Body(left) };
            }
            return Poll::Ready(Ok(()));
        }
    }
}

impl<S: AsyncWrite + Unpin> LongLines<S> {
    fn wrote<T>(&self, written: Poll<T>) -> Poll<T> {
        self.blocked.store(written.is_pending(), Ordering::Relaxed);
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LongLines<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.wrote(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
