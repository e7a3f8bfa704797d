//! One session: who waits for which answer, and a task that reads.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::pdu::{self, Delivery, HEADER_BYTES, Submit, Unit, command, status};
use super::{Acknowledgement, Alphabet, Heard, Settings, Told, text};
use crate::net::{self, Reach};
use crate::sms::Keyword;

/// Most messages that wait for an answer, whatever the window: each holds a few hundred bytes.
const WAITING_MAX: usize = 10_000;
/// Sequence numbers go to 0x7fffffff and begin again.
const SEQUENCE_MAX: u32 = 0x7fff_ffff;
/// How long the gateway may take to read a few hundred bytes.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    Net(net::Error),
    Tls(String),
    Bind(u32),
    BindTimeout,
    BindCut(String),
    Busy,
    Timeout,
    Cut,
    Refused(u32),
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Which way messages go on a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Out,
    In,
    Both,
}

impl Way {
    fn login(self) -> u32 {
        match self {
            Way::Out => command::BIND_TRANSMITTER,
            Way::In => command::BIND_RECEIVER,
            Way::Both => command::BIND_TRANSCEIVER,
        }
    }
}

/// A session. Dropping it ends it.
pub(super) struct Session {
    shared: Arc<Shared>,
    reading: AbortHandle,
}

struct Shared {
    writer: tokio::sync::Mutex<WriteHalf<Box<dyn Stream>>>,
    waiting: Mutex<HashMap<u32, oneshot::Sender<Unit>>>,
    sequence: AtomicU32,
    open: AtomicBool,
    inbox: mpsc::Sender<Heard>,
    alphabet: Alphabet,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn begin(
        settings: &Settings,
        way: Way,
        connector: Option<&TlsConnector>,
        inbox: &mpsc::Sender<Heard>,
    ) -> Result<Session, Failure> {
        let (host, limit) = (settings.host.as_str(), settings.connect);
        let tcp = net::connect(host, settings.port, Reach::Anywhere, limit).await;
        let tcp = tcp.map_err(Failure::Net)?;
        let stream: Box<dyn Stream> = match connector {
            None => Box::new(tcp),
            Some(connector) => {
                let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(bare).map_err(|e| Failure::Tls(e.to_string()))?;
                match timeout(limit, connector.connect(name, tcp)).await {
                    Ok(Ok(stream)) => Box::new(stream),
                    Ok(Err(error)) => return Err(Failure::Tls(error.to_string())),
                    Err(_) => return Err(Failure::Tls("TLS was not agreed on in time".into())),
                }
            }
        };
        let (reader, mut writer) = split(stream);
        let mut inbound = Inbound { reader, ahead: Vec::new() };
        let login =
            pdu::bind(&settings.system_id, settings.password.reveal(), &settings.system_type);
        let login = pdu::unit(way.login(), 0, 1, &login);
        let answer = timeout(limit, async {
            writer.write_all(&login).await?;
            writer.flush().await?;
            inbound.next().await
        });
        let answer = answer.await.map_err(|_| Failure::BindTimeout)?;
        let answer = answer.map_err(|e| Failure::BindCut(e.to_string()))?;
        if answer.status != status::OK {
            return Err(Failure::Bind(answer.status));
        }
        if answer.command != way.login() | command::ANSWER {
            return Err(Failure::BindCut("the answer to the login is none".to_owned()));
        }
        let shared = Arc::new(Shared {
            writer: tokio::sync::Mutex::new(writer),
            waiting: Mutex::new(HashMap::new()),
            sequence: AtomicU32::new(1),
            open: AtomicBool::new(true),
            inbox: inbox.clone(),
            alphabet: settings.alphabet,
        });
        let listening = shared.clone().listen(inbound, settings.silence);
        let reading = tokio::spawn(listening).abort_handle();
        Ok(Session { shared, reading })
    }

    /// Whether another message may go out on it.
    pub(super) fn open(&self) -> bool {
        self.shared.open.load(Ordering::Acquire)
    }

    /// Sends one message; the answer is what the gateway calls it.
    pub(super) async fn submit(
        &self,
        submit: &Submit<'_>,
        limit: Duration,
    ) -> Result<String, Failure> {
        let (sequence, answer) = self.shared.expect().ok_or(Failure::Busy)?;
        let bytes = pdu::unit(command::SUBMIT, 0, sequence, &submit.body());
        let asked = timeout(limit, async {
            self.shared.write(&bytes).await.map_err(|_| Failure::Cut)?;
            // The sender goes away with the session.
            answer.await.map_err(|_| Failure::Cut)
        });
        let asked = asked.await;
        // An answer that comes after this is nobody's.
        self.shared.waiting().remove(&sequence);
        let unit = asked.map_err(|_| Failure::Timeout)??;
        if unit.status != status::OK {
            return Err(Failure::Refused(unit.status));
        }
        Ok(pdu::take_text(&mut unit.body.as_slice()).unwrap_or_default())
    }
}

impl Shared {
    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<u32, oneshot::Sender<Unit>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> u32 {
        // 0 is never used and 1 was the login.
        self.sequence.fetch_add(1, Ordering::Relaxed) % (SEQUENCE_MAX - 1) + 2
    }

    /// A fresh number and its answer to come.
    fn expect(&self) -> Option<(u32, oneshot::Receiver<Unit>)> {
        let mut waiting = self.waiting();
        if waiting.len() >= WAITING_MAX {
            return None;
        }
        let sequence = self.next();
        let (tell, answer) = oneshot::channel();
        waiting.insert(sequence, tell);
        Some((sequence, answer))
    }

    async fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        // Half a unit garbles all that follows: whoever gives up in the middle ends the session.
        let mut writer = self.writer.lock().await;
        if !self.open.load(Ordering::Acquire) {
            return Err(ErrorKind::NotConnected.into());
        }
        let guard = Half { open: &self.open, done: false };
        let written = timeout(WRITE_LIMIT, async {
            writer.write_all(bytes).await?;
            writer.flush().await
        });
        match written.await {
            Ok(Ok(())) => {
                guard.done();
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ErrorKind::TimedOut.into()),
        }
    }

    /// Reads until the session ends, then lets everybody who waits know.
    async fn listen(self: Arc<Shared>, mut inbound: Inbound, silence: Duration) {
        let mut asked = false;
        loop {
            // A unit that stops half way through counts as silence as well.
            match timeout(silence, inbound.next()).await {
                Ok(Ok(unit)) => {
                    asked = false;
                    if !self.take(unit).await {
                        break;
                    }
                }
                Ok(Err(_)) => break,
                Err(_) if asked => break,
                Err(_) => {
                    asked = true;
                    let question = pdu::unit(command::ENQUIRE_LINK, 0, self.next(), &[]);
                    if self.write(&question).await.is_err() {
                        break;
                    }
                }
            }
        }
        self.open.store(false, Ordering::Release);
        self.waiting().clear();
        let _ = timeout(WRITE_LIMIT, async { self.writer.lock().await.shutdown().await }).await;
    }

    /// Deals with what came; `false` ends the session.
    async fn take(self: &Arc<Shared>, unit: Unit) -> bool {
        let Unit { command: kind, sequence, .. } = unit;
        let answer =
            |status, body: &[u8]| pdu::unit(kind | command::ANSWER, status, sequence, body);
        if kind & command::ANSWER != 0 {
            let waits = self.waiting().remove(&sequence);
            if let Some(tell) = waits {
                let _ = tell.send(unit);
            }
            return true;
        }
        match kind {
            command::ENQUIRE_LINK => self.write(&answer(status::OK, &[])).await.is_ok(),
            command::DELIVER => match self.deliver(&unit.body) {
                Ok(taken) => {
                    let (own, kind) = (Arc::clone(self), kind | command::ANSWER);
                    tokio::spawn(async move {
                        let status = taken.await.map_or(status::LATER, |()| status::OK);
                        let _ = own.write(&pdu::unit(kind, status, sequence, &[0])).await;
                    });
                    true
                }
                Err(status) => self.write(&answer(status, &[0])).await.is_ok(),
            },
            command::UNBIND => {
                let _ = self.write(&answer(status::OK, &[])).await;
                false
            }
            _ => {
                let refusal = pdu::unit(command::GENERIC_NACK, status::COMMAND, sequence, &[]);
                self.write(&refusal).await.is_ok()
            }
        }
    }

    /// Hands a receipt or an answer on, and says when it is safe; or what is answered at once. What nobody takes
    /// now, the gateway keeps and tries again.
    fn deliver(&self, body: &[u8]) -> Result<oneshot::Receiver<()>, u32> {
        let delivery = Delivery::read(body).ok_or(status::MESSAGE_LENGTH)?;
        let told = told(delivery, self.alphabet).ok_or(status::OK)?;
        let (taken, safe) = oneshot::channel();
        let heard = Heard { told, acknowledgement: Acknowledgement(taken) };
        self.inbox.try_send(heard).map_err(|_| status::LATER)?;
        Ok(safe)
    }
}

/// Ends the session if a unit was begun and not ended, also when its sender is dropped meanwhile.
struct Half<'a> {
    open: &'a AtomicBool,
    done: bool,
}

impl Half<'_> {
    fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Half<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.open.store(false, Ordering::Release);
        }
    }
}

fn told(delivery: Delivery, alphabet: Alphabet) -> Option<Told> {
    let Delivery { from, to, receipt, coding, text: bytes, receipted_id, state } = delivery;
    if !receipt {
        let body = text::decode(coding, &bytes, alphabet);
        let keyword = Keyword::read(&body);
        return Some(Told::Answer { from, to, body, keyword });
    }
    let words = String::from_utf8_lossy(&bytes);
    let field = |name| pdu::receipt_field(&words, name);
    let provider_id = receipted_id.or_else(|| field("id").map(str::to_owned))?;
    let name = state.map(pdu::state_name).or(field("stat")).unwrap_or("UNKNOWN");
    let error = field("err").unwrap_or_default();
    Some(Told::Receipt { provider_id, from, state: super::state(name, error) })
}

/// What comes in. Giving up on [`Inbound::next`] loses nothing: what was read stays here.
struct Inbound {
    reader: ReadHalf<Box<dyn Stream>>,
    ahead: Vec<u8>,
}

impl Inbound {
    async fn next(&mut self) -> std::io::Result<Unit> {
        loop {
            if let Some(header) = self.ahead.first_chunk::<HEADER_BYTES>() {
                let (length, unit) = Unit::header(header).ok_or(ErrorKind::InvalidData)?;
                if self.ahead.len() >= length {
                    let body = self.ahead.drain(..length).skip(HEADER_BYTES).collect();
                    return Ok(Unit { body, ..unit });
                }
            }
            let mut chunk = [0; 4_096];
            match self.reader.read(&mut chunk).await? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => self.ahead.extend_from_slice(chunk.get(..n).unwrap_or_default()),
            }
        }
    }
}
