//! How late timers of journeys are in a server under load.
//!
//! What it is: a server in this process over a temporary directory and clients over real sockets. Somebody comes in
//! every few milliseconds and waits for a second, while batches of others arrive, of whom some come in, too. How late
//! somebody went on is what the server wrote: when it took the record of it, against when it was due.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use benchmark::machine::{milliseconds, quantile};
use model::{Event, EventId, Record, Text, Timestamp, What, Who, journey};
use serde::Serialize;
use serde_json::{Value, json};
use server::clock;

use super::Temporary;
use super::client::{Connection, Others, Server, call};

/// The event that lets probes in, and one of the load that does so, too.
const START: &str = "Start";
const OF_LOAD: &str = "Purchase";

/// Users of the load.
const USERS: u32 = 200_000;

/// Between two probes.
const BETWEEN: Duration = Duration::from_millis(4);

/// What was measured under one load.
#[derive(Serialize)]
pub struct Lateness {
    /// Other events in a second that were wanted; nothing: as many as one connection sends.
    pub wanted: Option<u32>,
    /// Other events in a second.
    pub load: f64,
    /// Timers.
    pub timers: usize,
    /// Milliseconds between being due and being written down.
    pub median: f64,
    /// The same of 99 in a hundred.
    pub p99: f64,
    /// The same of the latest.
    pub max: f64,
    /// Milliseconds until an event of a probe was acknowledged, of 99 in a hundred.
    pub acknowledged_p99: f64,
    /// Others who came in meanwhile.
    pub others: u64,
}

/// Measures it for so many seconds under each load.
pub fn measure(seconds: u64, loads: &[Option<u32>]) -> anyhow::Result<Vec<Lateness>> {
    let folder = Temporary::make();
    let server = Server::start(&folder.0)?;
    for (id, event, wait) in [("probe", START, "1s"), ("load", OF_LOAD, "20s")] {
        let journey = json!({
            "id": id, "name": id, "entry": {"kind": "event", "event": event},
            "again": {"kind": "always"}, "control": 0,
            "steps": [{"id": "rests", "do": {"kind": "wait", "for": wait}}],
        });
        call(server.address, "POST", "/api/journeys", &journey)?;
        call(server.address, "POST", &format!("/api/journeys/{id}/publish"), &json!({}))?;
    }
    let under = |(seed, load): (u64, &Option<u32>)| under(&server, seconds, *load, seed);
    (2..).zip(loads).map(under).collect()
}

fn under(server: &Server, seconds: u64, load: Option<u32>, seed: u64) -> anyhow::Result<Lateness> {
    let word = load.map_or("most".to_owned(), |load| load.to_string());
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let others = Others { users: USERS, per_second: load, renamed: None, seed };
    let loading = others.send(server.address, Arc::clone(&stop), Arc::clone(&sent));
    thread::sleep(Duration::from_secs(2));
    let (began, first) = (Instant::now(), sent.load(Ordering::SeqCst));
    let mut connection = Connection::open(server.address)?;
    let (mut users, mut acknowledged) = (Vec::new(), Vec::new());
    while began.elapsed() < Duration::from_secs(seconds) {
        let user = format!("probe-{word}-{}", users.len());
        let at = Instant::now();
        connection.post("/api/records", "application/octet-stream", &start(&user))?;
        acknowledged.push(milliseconds(at));
        users.push(user);
        thread::sleep(BETWEEN);
    }
    // The last ones wait under load, too.
    thread::sleep(Duration::from_millis(1_500));
    let rate = (sent.load(Ordering::SeqCst) - first) as f64 / began.elapsed().as_secs_f64();
    stop.store(true, Ordering::SeqCst);
    loading.join().map_err(|_| anyhow::anyhow!("the client failed"))??;
    let late = users.iter().filter_map(|user| late(server, user).transpose());
    let late: anyhow::Result<Vec<f64>> = late.collect();
    let mut late = late?;
    let list = call(server.address, "GET", "/api/journeys", &Value::Null)?;
    let list = list["journeys"].as_array().context("no journeys")?;
    let others = list.iter().find(|of| of["id"] == "load").context("no journey of the load")?;
    Ok(Lateness {
        wanted: load,
        load: rate,
        timers: late.len(),
        median: quantile(&mut late, 0.5),
        p99: quantile(&mut late, 0.99),
        max: late.iter().copied().fold(0.0, f64::max),
        acknowledged_p99: quantile(&mut acknowledged, 0.99),
        others: others["entered"].as_u64().unwrap_or_default(),
    })
}

/// An event of a probe, as it is sent.
fn start(user: &str) -> Vec<u8> {
    let at = clock::now();
    let (name, id) = (Text::const_new(START), EventId::of(user));
    let event = Event { name, time: at, id, properties: Vec::new() };
    let mut encoder = wire::record::Encoder::new();
    encoder.push(&Record { received_at: at, who: Who::user(user), what: What::Event(event) });
    encoder.finish()
}

/// By how many milliseconds somebody went on too late; nothing: they are in the control group of the workspace.
fn late(server: &Server, user: &str) -> anyhow::Result<Option<f64>> {
    let events =
        call(server.address, "GET", &format!("/api/users/{user}/events?limit=10"), &Value::Null)?;
    let events = events["events"].as_array().context("no events")?;
    let named: HashMap<&str, &Value> =
        events.iter().filter_map(|event| Some((event["name"].as_str()?, event))).collect();
    if named.contains_key(journey::HELD_OUT) {
        return Ok(None);
    }
    let Some(out) = named.get(journey::EXITED) else { bail!("{user} never went on: {events:?}") };
    let instant = |name: &str| -> anyhow::Result<Timestamp> {
        let written = out[name].as_str().with_context(|| format!("no {name}"))?;
        Timestamp::parse(written).with_context(|| written.to_owned())
    };
    Ok(Some((instant("received_at")? - instant("time")?).0 as f64))
}
