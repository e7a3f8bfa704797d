//! `perennial bench outreach`: campaigns to many users, and messages that single events trigger while
//! others flow, all durable, through providers over real sockets.
//!
//! What it is: a server in this process over a temporary directory, and receivers in this process
//! too, which take part of the machine. What it is not: how fast a mail server or a push service is.

use std::future::Future;
use std::hint::black_box;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{self, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use benchmark::live::stream::user_id;
use benchmark::machine::{memory, milliseconds, quantile};
use model::{AttributeChange, Event, EventId, Record, Text, What, Who};
use serde_json::{Value, json};
use server::clock;
use server::outbox::{Queued, render};

use super::Temporary;
use super::client::{Connection, Others, Server, call};
use crate::command::sink::Sink;
use crate::print::{self, Table, number};

/// The event that triggers messages.
const TRIGGER: &str = "Probe";

/// Between two events that trigger one.
const BETWEEN: Duration = Duration::from_millis(20);

/// No message is waited for longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is measured.
pub struct Wanted {
    pub users: u32,
    pub concurrency: u32,
    pub load: u32,
    pub seconds: u64,
    pub json: Option<PathBuf>,
}

/// What flows beside the events that are timed.
#[derive(Clone, Copy, PartialEq)]
enum Load {
    /// Events that trigger nothing.
    Others,
    /// Events that trigger a message each.
    Triggers,
}

type Results<'a> = &'a mut dyn FnMut(&str, String);

/// Runs it.
pub fn run(wanted: &Wanted) -> anyhow::Result<()> {
    let mut results: Vec<(String, String)> = Vec::new();
    let mut result = |name: &str, value: String| {
        eprintln!("{name}: {value}");
        results.push((name.into(), value));
    };
    let folder = Temporary::make();
    let server = Server::start(&folder.0)?;
    people(&server, wanted.users)?;
    let (http, smtp) = (Sink::http()?, Sink::smtp()?);
    providers(&server, wanted, &smtp)?;
    for (name, channel, sink) in [("webhook", "webhook", &http), ("e-mail", "email", &smtp)] {
        once(&server, (name, channel, sink), wanted.users, &mut result)?;
    }
    let campaign = json!({"channel": "webhook", "again": {"kind": "always"},
                          "trigger": {"kind": "event", "event": TRIGGER},
                          "variants": [{"id": "a", "content": {"default": content("webhook", &http)}}]});
    start(&server, "triggered", &campaign)?;
    for load in [Load::Others, Load::Triggers] {
        triggered(&server, wanted, &http, load, &mut result)?;
    }
    let writing = [("webhook", 200_000), ("e-mail", 20_000)];
    for ((name, n), channel) in writing.into_iter().zip(["webhook", "email"]) {
        rendering(&server, (name, channel), n, &mut result)?;
    }
    let resident = memory("RssAnon").unwrap_or(0) >> 20;
    result("memory of the process then", format!("{} MiB", number(resident)));
    if let Some(path) = &wanted.json {
        let of: serde_json::Map<String, Value> =
            results.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        std::fs::write(path, Value::Object(of).to_string() + "\n")
            .with_context(|| format!("write {}", path.display()))?;
    }
    let mut table = Table::new(["what", "measured"]);
    for (name, value) in results {
        table.row(vec![name, value]);
    }
    print::out(&table.text())?;
    Ok(())
}

/// Users with what is written into messages.
fn people(server: &Server, users: u32) -> anyhow::Result<()> {
    let workspace = server.service.workspace();
    let now = clock::now();
    let person = |n: u32| {
        let user = user_id(u64::from(n));
        let attribute =
            |name: &'static str, value: String| (Text::const_new(name), model::Value::text(&value));
        let mut attributes = vec![
            attribute("email", format!("{user}@people.example")),
            attribute("name", format!("Name {n}")),
            attribute("city", format!("City {}", n % 81)),
        ];
        attributes.sort_by(|a, b| a.0.cmp(&b.0));
        let id = EventId::of(&user);
        let change =
            AttributeChange { time: now, id, attributes, operations: Vec::new(), clear: false };
        Record { received_at: now, who: Who::user(&user), what: What::Identify(change) }
    };
    for first in (0..users).step_by(10_000) {
        let batch = (first..users.min(first + 10_000)).map(person).collect();
        workspace.enqueue(batch)?.wait()?;
    }
    Ok(())
}

fn providers(server: &Server, wanted: &Wanted, smtp: &Sink) -> anyhow::Result<()> {
    let settings = [
        json!({"kind": "webhook", "private_networks": true}),
        json!({"kind": "smtp", "host": "127.0.0.1", "port": smtp.address.port(), "security": "none",
               "from": "news@shop.example", "bounce_domain": "shop.example"}),
    ];
    for settings in settings {
        let provider = json!({"name": settings["kind"], "concurrency": wanted.concurrency,
                              "settings": settings});
        call(server.address, "POST", "/api/providers", &provider)?;
    }
    let policy = json!({"control": 0.0, "caps": [], "gaps": [], "quiet": [], "legal_hours": false,
                        "public_url": "https://links.shop.example", "track": true});
    call(server.address, "PUT", "/api/settings/contact-policy", &policy)?;
    Ok(())
}

/// What a message says: for e-mail about ten kilobytes, personal in six places.
fn content(channel: &str, sink: &Sink) -> Value {
    let hook = json!({
        "kind": "webhook", "url": format!("http://{}/hook", sink.address),
        "headers": {"X-User": "{{ profile.id }}"},
        "body": "{\"user\": \"{{ profile.id }}\", \"name\": \"{{ profile.name | default: 'you' }}\", \
                 \"city\": \"{{ profile.city }}\", \"campaign\": \"{{ campaign.id }}\"}",
    });
    if channel == "webhook" {
        return hook;
    }
    let row = |n: usize| {
        format!(
            "<tr><td style=\"padding:8px 12px;font-family:sans-serif\"><a \
             href=\"https://shop.example/p/{n}?from=mail\">Product {n}</a></td><td \
             style=\"padding:8px 12px;text-align:right;color:#333333\">{n}.90 EUR, in stock in \
             {{{{ profile.city }}}}</td></tr>\n"
        )
    };
    let rows: String = (0..12).map(row).collect();
    let filling =
        "<!-- layout that every message of a shop carries along in its head -->\n".repeat(70);
    let body = format!(
        "<html><head>{filling}</head><body><h1>{{{{ profile.name | default: 'Hello' }}}}, this is \
         new</h1><table>{rows}</table><p><a href=\"{{{{ unsubscribe_url }}}}\">Unsubscribe</a></p>\
         </body></html>"
    );
    json!({"kind": "email", "subject": "{{ profile.name }}, this is new", "body": body})
}

fn start(server: &Server, id: &str, more: &Value) -> anyhow::Result<()> {
    let mut campaign = json!({"id": id, "name": id, "control": 0.0, "delivery": {"expires": "1d"}});
    if let (Some(all), Some(more)) = (campaign.as_object_mut(), more.as_object()) {
        all.extend(more.clone());
    }
    call(server.address, "POST", "/api/campaigns", &campaign)?;
    call(
        server.address,
        "POST",
        &format!("/api/campaigns/{id}/status"),
        &json!({"action": "start"}),
    )?;
    Ok(())
}

/// A campaign to everybody.
fn once(
    server: &Server,
    (name, channel, sink): (&str, &str, &Sink),
    users: u32,
    result: Results,
) -> anyhow::Result<()> {
    let users = u64::from(users);
    let id = format!("once-{channel}");
    let campaign = json!({"channel": channel, "trigger": {"kind": "once"},
                          "variants": [{"id": "a", "content": {"default": content(channel, sink)}}]});
    let began = Instant::now();
    start(server, &id, &campaign)?;
    while sink.messages() < users {
        if began.elapsed() > PATIENCE {
            bail!("{} of {users} messages arrived", sink.messages());
        }
        thread::sleep(Duration::from_millis(10));
    }
    let arrived = began.elapsed().as_secs_f64();
    let mut told = None;
    while told != Some(users) && began.elapsed() < PATIENCE {
        let report =
            call(server.address, "GET", &format!("/api/campaigns/{id}/report"), &Value::Null)?;
        told = report["funnel"]["sent"].as_u64();
    }
    let known = began.elapsed().as_secs_f64();
    if (sink.messages(), told) != (users, Some(users)) {
        bail!("{} messages arrived, and {told:?} are told as sent", sink.messages());
    }
    let bytes = sink.taken.bytes.load(Ordering::Relaxed) / users;
    result(
        &format!("campaign to everybody, {name}"),
        format!(
            "{} messages of {} bytes at {} a second ({arrived:.1} s), in the report after {known:.1} s",
            number(users),
            number(bytes),
            number((users as f64 / arrived) as u64),
        ),
    );
    Ok(())
}

/// How fast one core writes messages: the template, links signed and wrapped, as the outbox does it.
fn rendering(
    server: &Server,
    (name, channel): (&str, &str),
    n: u32,
    result: Results,
) -> anyhow::Result<()> {
    let equipment = server.service.outbox().equipment().context("nothing is sent")?;
    let id = format!("once-{channel}");
    let ready = equipment.outfit.campaigns.get(id.as_str()).context("the campaign is gone")?;
    let channel = ready.campaign.channel;
    let provider = equipment.providers.iter().find(|of| of.channel_of == channel);
    let provider = provider.context("the provider is gone")?;
    let now = clock::now();
    let text = |value: String| model::Value::text(&value);
    let began = Instant::now();
    for n in 0..n {
        let user = user_id(u64::from(n));
        let queued = Queued {
            message: EventId::of(&user),
            campaign: Text::new(&id),
            variant: Text::const_new("a"),
            channel,
            priority: 50,
            user: Text::new(&user),
            who: Who::user(&user),
            at: now,
            retried: 0,
            places: Vec::new(),
            attributes: vec![
                (Text::const_new("city"), text(format!("City {}", n % 81))),
                (Text::const_new("name"), text(format!("Name {n}"))),
            ],
            memberships: Vec::new(),
            event: None,
            run: Text::default(),
            answers: Vec::new(),
            locale: None,
            zone: None,
            labels: Text::default(),
        };
        let written = pin!(render::message(&equipment, provider, &queued, now));
        // Nothing is asked of other servers, so it is there at once.
        let Poll::Ready(written) = written.poll(&mut task::Context::from_waker(Waker::noop()))
        else {
            bail!("a message waits for something");
        };
        let written = written.map_err(|why| anyhow::anyhow!("{}: {}", why.code, why.detail))?;
        black_box(written.rendered());
    }
    let rate = f64::from(n) / began.elapsed().as_secs_f64();
    result(
        &format!("writing messages on one core, {name}"),
        format!("{} a second", number(rate as u64)),
    );
    Ok(())
}

/// Single events that trigger a message each, while others flow.
fn triggered(
    server: &Server,
    wanted: &Wanted,
    sink: &Sink,
    load: Load,
    result: Results,
) -> anyhow::Result<()> {
    let (word, kind, seed) = match load {
        Load::Others => ("other", "other events", 2),
        Load::Triggers => ("trigger", "events that trigger a message each", 3),
    };
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let renamed = matches!(load, Load::Triggers).then_some(TRIGGER);
    let others = Others { users: wanted.users, per_second: Some(wanted.load), renamed, seed };
    let loading = others.send(server.address, Arc::clone(&stop), Arc::clone(&sent));
    thread::sleep(Duration::from_secs(2));
    let (began, first) = (Instant::now(), sent.load(Ordering::SeqCst));
    let mut connection = Connection::open(server.address)?;
    let (mut probes, mut acknowledged) = (Vec::new(), Vec::new());
    while began.elapsed() < Duration::from_secs(wanted.seconds) {
        let user = format!("probe-{word}-{}", probes.len());
        let at = clock::now();
        let (name, id) = (Text::const_new(TRIGGER), EventId::of(&user));
        let event = Event { name, time: at, id, properties: Vec::new() };
        let record = Record { received_at: at, who: Who::user(&user), what: What::Event(event) };
        let mut encoder = wire::record::Encoder::new();
        encoder.push(&record);
        let sent = Instant::now();
        connection.post("/api/records", "application/octet-stream", &encoder.finish())?;
        acknowledged.push(milliseconds(sent));
        probes.push((user, sent));
        thread::sleep(BETWEEN);
    }
    let rate = (sent.load(Ordering::SeqCst) - first) as f64 / began.elapsed().as_secs_f64();
    stop.store(true, Ordering::SeqCst);
    loading.join().map_err(|_| anyhow::anyhow!("the client failed"))??;
    thread::sleep(Duration::from_secs(2));
    let taken = |(user, sent): &(String, Instant)| {
        Some(sink.arrived(user)?.saturating_duration_since(*sent).as_secs_f64() * 1e3)
    };
    let mut delays: Vec<f64> = probes.iter().filter_map(taken).collect();
    if delays.len() != probes.len() {
        bail!("{} of {} triggered messages arrived", delays.len(), probes.len());
    }
    let quantiles = |values: &mut [f64]| {
        let [half, most] = [0.5, 0.99].map(|share| quantile(values, share));
        format!("p50 {half:.1} ms, p99 {most:.1} ms")
    };
    let acknowledged = quantiles(&mut acknowledged);
    result(
        &format!("from sending an event to its message at the receiver, among {kind}"),
        format!(
            "{} of {} events, with {} a second beside them; the events were acknowledged with {acknowledged}",
            quantiles(&mut delays),
            number(probes.len() as u64),
            number(rate as u64),
        ),
    );
    Ok(())
}
