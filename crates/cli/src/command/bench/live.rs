//! `perennial bench live`: live segments under load, through HTTP with synced acknowledgement, and
//! the engine alone.
//!
//! What it is: a server in this process over a temporary directory, clients on the same machine over
//! real sockets: one sends batches, one sends single events and listens to the stream. What it is
//! not: a comparison with others.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use benchmark::live::alone::{self, Settings};
use benchmark::live::stream::user_id;
use benchmark::live::{Stream, definitions, states};
use benchmark::machine::{memory, milliseconds, quantile};
use model::{Event, EventId, Record, Span, Text, Timestamp, What, Who};
use serde_json::{Value, json};
use server::Workspace;
use server::clock;
use server::service::Service;

use super::Temporary;
use super::client::{Connection, Server, request};
use crate::print::{self, Table, number};

/// Records of one batch over HTTP.
const BATCH: usize = 2_000;

/// The event that single-event probes send, the segment that it enters, and how long it stays.
const PROBE: (&str, &str, &str) = ("Probe", "probe", "did \"Probe\" in last 2s");

/// The event that everybody has, and the segment that everybody leaves at one instant.
const MASS: (&str, &str, &str) = ("Mass", "mass", "did \"Mass\" in last 90s");

/// What is measured.
pub struct Wanted {
    pub users: u32,
    pub segments: usize,
    pub seconds: u64,
    pub history: u64,
    pub json: Option<PathBuf>,
}

/// Runs it.
pub fn run(wanted: &Wanted) -> anyhow::Result<()> {
    let mut results: Vec<(String, String)> = Vec::new();
    let mut result = |name: &str, value: String| {
        eprintln!("{name}: {value}");
        results.push((name.into(), value));
    };
    for segments in [20, 50, 200] {
        let users = wanted.users.min(200_000);
        let measured = alone::measure(&Settings {
            users,
            segments,
            warm: u64::from(users) * 20,
            events: 500_000,
            frame: 1_000,
            per_second: 100_000,
        });
        let name = format!("engine alone, {segments} segments and a lifecycle");
        result(
            &name,
            format!(
                "{} events/s, {:.2} transitions an event, {:.0} bytes a user, {:.1} ms to work off a day of a thousand users",
                number(measured.events_per_second as u64),
                measured.transitions_per_event,
                measured.bytes_per_user,
                measured.expiry_ms_per_thousand,
            ),
        );
    }
    let folder = Temporary::make();
    let server = Server::start(&folder.0)?;
    server.preload(wanted, &mut result)?;
    server.join(wanted, &mut result)?;
    server.load(wanted, &mut result)?;
    server.mass(wanted, &mut result)?;
    server.restart(&folder.0, &mut result)?;
    let mut table = Table::new(["what", "measured"]);
    for (name, value) in &results {
        table.row(vec![name.clone(), value.clone()]);
    }
    if let Some(path) = &wanted.json {
        let of: serde_json::Map<String, Value> =
            results.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        std::fs::write(path, Value::Object(of).to_string() + "\n")
            .with_context(|| format!("write {}", path.display()))?;
    }
    print::out(&table.text())?;
    Ok(())
}

type Result_<'a> = &'a mut dyn FnMut(&str, String);

impl Server {
    /// A past of everybody, without HTTP and before anything is watched.
    fn preload(&self, wanted: &Wanted, result: Result_) -> anyhow::Result<()> {
        let workspace = self.service.workspace();
        let mut stream = Stream::new(wanted.users, 1);
        let (total, end) = (wanted.history, clock::now().minus(Span::MINUTE));
        let began = Instant::now();
        let step = Span::days(30).0 as f64 / total.max(1) as f64;
        let mut waiting = std::collections::VecDeque::new();
        let mut done = 0;
        while done < total {
            let n = (total - done).min(20_000);
            let record =
                |i: u64| stream.next(end.minus(Span(((total - done - i) as f64 * step) as i64)));
            waiting.push_back(workspace.enqueue((0..n).map(record).collect())?);
            done += n;
            if waiting.len() > 4
                && let Some(receipt) = waiting.pop_front()
            {
                receipt.wait()?;
            }
        }
        for receipt in waiting {
            receipt.wait()?;
        }
        let rate = total as f64 / began.elapsed().as_secs_f64();
        result(
            "history before",
            format!(
                "{} events of {} users, stored at {} events/s",
                number(total),
                number(u64::from(wanted.users)),
                number(rate as u64)
            ),
        );
        Ok(())
    }

    /// All definitions join at once.
    fn join(&self, wanted: &Wanted, result: Result_) -> anyhow::Result<()> {
        let workspace = self.service.workspace();
        let save = |id: &str, text: &str| -> anyhow::Result<()> {
            let body = json!({"id": id, "name": id, "definition": text}).to_string();
            let answer = request(self.address, "POST", "/api/segments", &body)?;
            if !answer.starts_with("HTTP/1.1 201") {
                bail!("{text}: {answer}");
            }
            Ok(())
        };
        for (n, text) in definitions(wanted.segments).iter().enumerate() {
            save(&format!("bench-{n}"), text)?;
        }
        save(PROBE.1, PROBE.2)?;
        save(MASS.1, MASS.2)?;
        let lifecycle: Vec<Value> = states()
            .iter()
            .map(|(key, text)| json!({"key": key, "name": key, "definition": text}))
            .collect();
        let answer = request(
            self.address,
            "PUT",
            "/api/lifecycle/definition",
            &json!({ "states": lifecycle }).to_string(),
        )?;
        if !answer.starts_with("HTTP/1.1 2") {
            bail!("the lifecycle: {answer}");
        }
        let began = Instant::now();
        self.service.watch()?;
        workspace.settle_live()?;
        let seconds = began.elapsed().as_secs_f64();
        result(
            &format!("{} segments and a lifecycle join", wanted.segments + 2),
            format!(
                "{seconds:.1} s, {} events/s read",
                number((wanted.history as f64 / seconds) as u64)
            ),
        );
        let anonymous = memory("RssAnon").unwrap_or(0) >> 20;
        result("memory of the process then", format!("{} MiB", number(anonymous)));
        Ok(())
    }

    /// Sustained load with probes.
    fn load(&self, wanted: &Wanted, result: Result_) -> anyhow::Result<()> {
        let stop = Arc::new(AtomicBool::new(false));
        let sent = Arc::new(AtomicU64::new(0));
        let load = self.loader((wanted.users, 2), Arc::clone(&stop), Arc::clone(&sent));
        let probes = self.probes(Arc::clone(&stop))?;
        // The first seconds warm up.
        thread::sleep(Duration::from_secs(3));
        let (began, first) = (Instant::now(), sent.load(Ordering::SeqCst));
        thread::sleep(Duration::from_secs(wanted.seconds));
        let rate = (sent.load(Ordering::SeqCst) - first) as f64 / began.elapsed().as_secs_f64();
        stop.store(true, Ordering::SeqCst);
        load.join().map_err(|_| anyhow::anyhow!("the client failed"))??;
        let measured = probes.join().map_err(|_| anyhow::anyhow!("the probes failed"))??;
        result(
            "HTTP batches of 2,000, durable and folded",
            format!("{} events/s", number(rate as u64)),
        );
        measured.tell("under this load", result);
        // And with half of it, as a rate that lasts leaves room.
        Ok(())
    }

    fn loader(
        &self,
        (users, seed): (u32, u64),
        stop: Arc<AtomicBool>,
        sent: Arc<AtomicU64>,
    ) -> thread::JoinHandle<anyhow::Result<()>> {
        let address = self.address;
        thread::spawn(move || {
            let mut connection = Connection::open(address)?;
            let mut stream = Stream::new(users, seed);
            while !stop.load(Ordering::Relaxed) {
                let mut encoder = wire::record::Encoder::new();
                let now = clock::now();
                (0..BATCH).for_each(|_| encoder.push(&stream.next(now)));
                let batch = encoder.finish();
                let answer = connection.post("/api/records", "application/octet-stream", &batch)?;
                let answer: Value = serde_json::from_slice(&answer)?;
                if answer["accepted"] != json!(BATCH) {
                    bail!("what had been counted before says nothing about a rate: {answer}");
                }
                sent.fetch_add(BATCH as u64, Ordering::Relaxed);
            }
            Ok(())
        })
    }

    /// Single events, each of another user, and what the stream tells of them.
    fn probes(
        &self,
        stop: Arc<AtomicBool>,
    ) -> anyhow::Result<thread::JoinHandle<anyhow::Result<Probed>>> {
        let address = self.address;
        let listening = listen(address, &format!("segment/{}", PROBE.1))?;
        let heard: Arc<std::sync::Mutex<Vec<Heard>>> = Arc::default();
        let ears = Arc::clone(&heard);
        thread::spawn(move || hear(listening, &ears));
        Ok(thread::spawn(move || {
            let mut connection = Connection::open(address)?;
            let mut acknowledged: Vec<(String, Timestamp, f64, Instant)> = Vec::new();
            let mut n = 0u64;
            while !stop.load(Ordering::Relaxed) {
                let user = format!("probe-{n}");
                n += 1;
                let at = clock::now();
                let event = Event {
                    name: Text::new(PROBE.0),
                    time: at,
                    id: EventId::of(&user),
                    properties: Vec::new(),
                };
                let who = Who::user(&user);
                let mut encoder = wire::record::Encoder::new();
                encoder.push(&Record { received_at: at, who, what: What::Event(event) });
                let began = Instant::now();
                connection.post("/api/records", "application/octet-stream", &encoder.finish())?;
                acknowledged.push((user, at, milliseconds(began), Instant::now()));
                thread::sleep(Duration::from_millis(20));
            }
            // The last ones expire.
            thread::sleep(Duration::from_secs(3));
            let heard = heard.lock().map_err(|_| anyhow::anyhow!("the listener failed"))?;
            let mut probed = Probed::default();
            for (user, at, acknowledged_ms, moment) in &acknowledged {
                probed.acknowledged.push(*acknowledged_ms);
                for told in heard.iter().filter(|told| told.user == *user) {
                    if told.entered {
                        let after = told.moment.saturating_duration_since(*moment);
                        probed.told.push(after.as_secs_f64() * 1e3);
                    } else {
                        let due = at.plus(Span(2_000));
                        probed.late.push((told.clock - due).0 as f64);
                        probed.wrong += u64::from(told.at != due.to_string());
                    }
                }
            }
            probed.probes = acknowledged.len();
            Ok(probed)
        }))
    }

    /// Everybody leaves at one instant while events flow.
    fn mass(&self, wanted: &Wanted, result: Result_) -> anyhow::Result<()> {
        let workspace = self.service.workspace();
        let at = clock::now();
        for from in (0..wanted.users).step_by(20_000) {
            let record = |user: u32| Record {
                received_at: clock::now(),
                who: Who::user(&user_id(u64::from(user))),
                what: What::Event(Event {
                    name: Text::new(MASS.0),
                    time: at,
                    id: EventId::of(&format!("mass-{user}")),
                    properties: Vec::new(),
                }),
            };
            let records = (from..wanted.users.min(from + 20_000)).map(record).collect();
            workspace.enqueue(records)?.wait()?;
        }
        let due = at.plus(Span(90_000));
        let count = || -> u64 {
            let (_, rows) = workspace.hub().counts(clock::now());
            let mass = rows.iter().find(|(key, _)| **key == "segment/mass");
            mass.and_then(|(_, row)| row.users.get(1).copied()).unwrap_or(0)
        };
        let before = count();
        let wait = (due - clock::now()).0;
        if wait > 0 {
            thread::sleep(
                Duration::from_millis(wait as u64).saturating_sub(Duration::from_secs(2)),
            );
        }
        let stop = Arc::new(AtomicBool::new(false));
        let sent = Arc::new(AtomicU64::new(0));
        let load = self.loader((wanted.users, 3), Arc::clone(&stop), Arc::clone(&sent));
        let probes = self.probes(Arc::clone(&stop))?;
        while clock::now() < due {
            thread::sleep(Duration::from_millis(1));
        }
        let began = Instant::now();
        while count() > 0 && began.elapsed() < Duration::from_secs(120) {
            thread::sleep(Duration::from_millis(20));
        }
        let seconds = began.elapsed().as_secs_f64();
        let left = count();
        stop.store(true, Ordering::SeqCst);
        load.join().map_err(|_| anyhow::anyhow!("the client failed"))??;
        let measured = probes.join().map_err(|_| anyhow::anyhow!("the probes failed"))??;
        result(
            "everybody leaves at one instant, under load",
            format!("{} users in {seconds:.1} s, {left} left over", number(before)),
        );
        measured.tell("meanwhile", result);
        Ok(())
    }

    /// Closing and opening again.
    fn restart(self, folder: &std::path::Path, result: Result_) -> anyhow::Result<()> {
        let workspace = self.service.workspace();
        let began = Instant::now();
        workspace.close()?;
        result("last checkpoint and close", format!("{:.1} s", began.elapsed().as_secs_f64()));
        drop(workspace);
        let copy = folder.with_extension("again");
        std::fs::rename(folder, &copy)?;
        std::fs::create_dir_all(folder)?;
        let began = Instant::now();
        let (workspace, opened) = Workspace::open(&copy)?;
        let service = Service::new(Arc::new(workspace));
        service.watch()?;
        service.workspace().settle_live()?;
        result(
            "opened again, everything live",
            format!(
                "{:.1} s ({} records replayed)",
                began.elapsed().as_secs_f64(),
                opened.replayed
            ),
        );
        service.workspace().close()?;
        drop(service);
        std::fs::remove_dir_all(&copy)?;
        Ok(())
    }
}

/// What was heard of a probe.
struct Heard {
    user: String,
    at: String,
    entered: bool,
    moment: Instant,
    clock: Timestamp,
}

#[derive(Default)]
struct Probed {
    probes: usize,
    acknowledged: Vec<f64>,
    told: Vec<f64>,
    late: Vec<f64>,
    wrong: u64,
}

impl Probed {
    fn tell(mut self, when: &str, result: Result_) {
        let mut ms = |name: &str, values: &mut Vec<f64>| {
            let of = |values: &mut Vec<f64>, q| quantile(values, q);
            let text = match values.is_empty() {
                true => "nothing heard".into(),
                false => format!(
                    "p50 {:.2} ms, p99 {:.2} ms ({} probes)",
                    of(values, 0.5),
                    of(values, 0.99),
                    values.len()
                ),
            };
            result(&format!("{name}, {when}"), text);
        };
        ms("single event sent to acknowledged", &mut self.acknowledged);
        ms("acknowledged to its entry heard on the stream", &mut self.told);
        ms("instant of an expiry to heard on the stream", &mut self.late);
        let (probes, wrong) = (self.probes, self.wrong);
        result(&format!("probes, {when}"), format!("{probes}, {wrong} told with a wrong instant"));
    }
}

fn listen(address: SocketAddr, watch: &str) -> anyhow::Result<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /api/live/stream?kind=transitions&watch={watch} HTTP/1.1\r\nhost: {address}\r\n\r\n"
    )?;
    let mut stream = BufReader::new(stream);
    let mut status = String::new();
    stream.read_line(&mut status)?;
    if !status.starts_with("HTTP/1.1 200") {
        bail!("the stream: {status}");
    }
    Ok(stream)
}

/// Notes every transition of the stream until it ends.
fn hear(mut stream: BufReader<TcpStream>, heard: &std::sync::Mutex<Vec<Heard>>) {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).is_ok_and(|n| n == 0) {
            return;
        }
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let (moment, clock) = (Instant::now(), clock::now());
        let Ok(told) = serde_json::from_str::<Value>(data.trim_end()) else { continue };
        let told = told.get("transition").unwrap_or(&told);
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        if told["kind"].is_string() && told["user"].is_string() {
            let (user, at, entered) = (text("user"), text("at"), told["kind"] == "entered");
            if let Ok(mut heard) = heard.lock() {
                heard.push(Heard { user, at, entered, moment, clock });
            }
        }
    }
}
