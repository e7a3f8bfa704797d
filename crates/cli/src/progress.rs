//! Progress on standard error, where a person looks; silence elsewhere.

use std::io::{IsTerminal, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over a number of bytes or records.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar over so many bytes; without a number, only what was done.
    pub fn bytes(total: Option<u64>) -> Progress {
        Progress::styled(
            total,
            "{elapsed:>4} {bar:32} {percent:>3} %  {msg}",
            "{elapsed:>4} {spinner} {msg}",
        )
    }

    /// A bar over so many parts.
    pub fn parts(total: u64) -> Progress {
        Progress::bytes(Some(total))
    }

    fn styled(total: Option<u64>, with_total: &str, without: &str) -> Progress {
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::no_length(),
        };
        let hidden = !std::io::stderr().is_terminal();
        let target =
            if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        bar.set_draw_target(target);
        let style =
            ProgressStyle::with_template(if total.is_some() { with_total } else { without });
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Progress(bar)
    }

    /// Shows how far it is, and a word.
    pub fn set(&self, done: u64, message: String) {
        self.0.set_position(done);
        self.0.set_message(message);
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}

/// A reader that counts what passes.
pub struct Counted<R> {
    inner: R,
    seen: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    /// A reader and its counter.
    pub fn new(inner: R) -> (Counted<R>, Arc<AtomicU64>) {
        let seen = Arc::new(AtomicU64::new(0));
        (Counted { inner, seen: Arc::clone(&seen) }, seen)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.seen.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
