//! Batches of the Segment form over HTTP, acknowledged when they are durable: a server in this process
//! over a temporary directory, clients on threads beside it, over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;
use benchmark::ingest::{Bodies, segment_bodies};
use benchmark::machine::{milliseconds, quantile};
use serde::Serialize;
use server::clock;
use server::config::keys::Scope;

use super::super::Temporary;
use super::super::client::{Connection, Server};
use crate::print::number;

/// What was sent.
#[derive(Debug, Serialize)]
pub struct Sent {
    clients: usize,
    /// Events that were acknowledged in one second.
    events_per_second: f64,
    bytes_per_event: f64,
    /// Milliseconds from sending a batch to its acknowledgement.
    p50_ms: f64,
    p99_ms: f64,
    /// Synchronisations of the log for all of it.
    syncs: u64,
}

/// Sends for so long, after a second that warms up.
pub fn measure(during: Duration, clients: usize) -> anyhow::Result<Sent> {
    let folder = Temporary::make();
    let server = Server::start(&folder.0)?;
    server.service.watch()?;
    let workspace = server.service.workspace();
    let key = workspace.config().create_key(Scope::Ingest, "bench", clock::now().0)?;
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let address = server.address;
    let senders: Vec<_> = (0..clients)
        .map(|client| {
            let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
            let mut bodies = segment_bodies(client, &key);
            thread::spawn(move || -> anyhow::Result<Vec<f64>> {
                let mut connection = Connection::open(address)?;
                let mut waited = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let body = bodies.next();
                    let began = Instant::now();
                    connection.post("/v1/batch", "application/json", body)?;
                    waited.push(milliseconds(began));
                    acknowledged.fetch_add(Bodies::EVENTS as u64, Ordering::Relaxed);
                }
                Ok(waited)
            })
        })
        .collect();
    thread::sleep(Duration::from_secs(1));
    let (began, first) = (Instant::now(), acknowledged.load(Ordering::Relaxed));
    let syncs = workspace.syncs();
    thread::sleep(during);
    let n = acknowledged.load(Ordering::Relaxed) - first;
    let events_per_second = n as f64 / began.elapsed().as_secs_f64();
    let syncs = workspace.syncs() - syncs;
    stop.store(true, Ordering::Relaxed);
    let mut waited = Vec::new();
    for sender in senders {
        waited.extend(sender.join().map_err(|_| anyhow::anyhow!("a client failed"))??);
    }
    let (all, counted) = (acknowledged.load(Ordering::Relaxed), workspace.accepted());
    if all != counted {
        bail!("{all} events were acknowledged and {counted} counted: that says nothing of a rate");
    }
    workspace.close()?;
    let (p50_ms, p99_ms) = (quantile(&mut waited, 0.5), quantile(&mut waited, 0.99));
    let bytes_per_event = segment_bodies(0, &key).bytes_per_event();
    Ok(Sent { clients, events_per_second, bytes_per_event, p50_ms, p99_ms, syncs })
}

impl Sent {
    /// A line.
    pub fn text(&self) -> String {
        let Sent { clients, events_per_second, bytes_per_event, p50_ms, p99_ms, syncs } = self;
        format!(
            "HTTP, {} events of {bytes_per_event:.0} bytes a batch, {clients} connections, durable: {} events/s; \
             a batch p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms; {} syncs\n",
            Bodies::EVENTS,
            number(*events_per_second as u64),
            number(*syncs),
        )
    }
}
