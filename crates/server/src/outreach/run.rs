//! Runs of campaigns on a schedule: when one is due, its audience is read as of that instant and qualified, a
//! few hundred users at a time.
//!
//! What it is: a task that sleeps until the next run. What it is not: it decides about nobody; the writer does,
//! and by the ids of messages nobody is decided twice, however often a run is begun again after a crash.
//!
//! Invariant: a run remembers durably how far it came only after all users before that place were decided.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::outreach::{Candidate, Standing};
use model::{Span, Text, Timestamp, UserIndex, Value, Zone};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{EntryRun, Outfit, Ready};
use crate::config::campaigns::SavedRun;
use crate::failure::Failure;
use crate::service::{Service, campaigns};

/// Users that are qualified at once.
const AT_ONCE: usize = 500;

/// Messages that may wait in the outbox before a run waits, too: memory is bounded by it.
const WAITING_MAX: usize = 20_000;

/// How long a run waits before it looks again whether there is room.
const ROOM_WAIT: Duration = Duration::from_millis(20);

/// How long the task sleeps at most.
const IDLE: Duration = Duration::from_secs(5);

/// A run of a campaign that repeats is left out if it is later than this: the server did not run.
const LATE_MAX: Span = Span(6 * 60 * 60 * 1_000);

/// Attributes that say a zone, the most telling first.
const ZONES: [&str; 3] = ["timezone", "device.timezone", "geo.timezone"];

/// The task, to be stopped.
pub struct Running {
    stop: watch::Sender<bool>,
    stopping: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Ends the run under way at a place from which it goes on.
    pub async fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// Begins to run what is due.
pub fn start(service: &Arc<Service>) -> Running {
    let (stop, mut stopped) = watch::channel(false);
    let stopping = Arc::new(AtomicBool::new(false));
    let (service, told) = (Arc::clone(service), Arc::clone(&stopping));
    let task = tokio::spawn(async move {
        loop {
            let (service, told) = (Arc::clone(&service), Arc::clone(&told));
            let changed = service.schedule_changed();
            let wait = spawn_blocking(move || work(&service, &told)).await;
            let wait = match wait {
                Ok(Ok(wait)) => wait,
                Ok(Err(failure)) => {
                    tracing::error!(message = %failure.detail.message, "campaigns cannot be run");
                    IDLE
                }
                Err(_) => IDLE,
            };
            tokio::select! {
                _ = stopped.changed() => return,
                () = changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    });
    Running { stop, stopping, task }
}

/// Does everything that is due; how long to sleep then. Blocks its thread.
pub fn work(service: &Service, stopping: &AtomicBool) -> Result<Duration, Failure> {
    let workspace = service.workspace();
    let Some(equipment) = service.outbox().equipment() else { return Ok(IDLE) };
    let outfit = Arc::clone(&equipment.outfit);
    drop(equipment);
    let mut next = None;
    for (id, ready) in &outfit.campaigns {
        if ready.wants_winner() && service.settle_winner(id, ready)? {
            // The outfit is another one now.
            return Ok(Duration::ZERO);
        }
        let Some(schedule) = &ready.schedule else { continue };
        if ready.campaign.standing != Standing::Running || stopping.load(Ordering::Acquire) {
            continue;
        }
        let runs = workspace.config().campaign_runs(id)?;
        if let Some(open) = runs.iter().find(|run| run.ended_at.is_none()) {
            go_on(service, &outfit, ready, open.clone(), stopping)?;
            return Ok(Duration::ZERO);
        }
        let after = runs.last().map_or(ready.campaign.since.minus(Span(1)), |run| run.due_at);
        let Some((due, run)) = schedule.next_after(after) else {
            end(service, id)?;
            continue;
        };
        let now = workspace.now();
        if due <= now {
            begin(service, ready, (due, run), now)?;
            return Ok(Duration::ZERO);
        }
        next = Some(next.map_or(due, |next: Timestamp| next.min(due)));
    }
    for entry in &outfit.entries {
        let running = entry.standing == engine::journey::Standing::Running;
        if !running || stopping.load(Ordering::Acquire) {
            continue;
        }
        if let Some(due) = entries(service, &outfit, entry, stopping)? {
            next = Some(next.map_or(due, |next: Timestamp| next.min(due)));
        }
    }
    let wait = next.map_or(IDLE.as_millis() as i64, |next| (next - workspace.now()).0);
    let wait = u64::try_from(wait).unwrap_or(0);
    Ok(Duration::from_millis(wait).clamp(Duration::from_millis(1), IDLE))
}

/// Lets in who is due to come into a journey; when the next are. Nothing: there are none any more.
fn entries(
    service: &Service,
    outfit: &Arc<Outfit>,
    entry: &EntryRun,
    stopping: &AtomicBool,
) -> Result<Option<Timestamp>, Failure> {
    let workspace = service.workspace();
    // Runs of campaigns and of journeys are told apart by the slash, which no campaign has.
    let id = format!("{}/entry", entry.journey);
    let runs = workspace.config().campaign_runs(&id)?;
    let now = workspace.now();
    let run = match runs.iter().find(|run| run.ended_at.is_none()) {
        Some(open) => open.clone(),
        None => {
            let after = runs.last().map_or(entry.since.minus(Span(1)), |run| run.due_at);
            let Some((due_at, run)) = entry.schedule.next_after(after) else { return Ok(None) };
            if due_at > now {
                return Ok(Some(due_at));
            }
            let late = entry.schedule.repeats() && now - due_at > LATE_MAX;
            let n_users = match late {
                true => 0,
                false => service.members_at(entry.audience.as_ref(), due_at)?.len(),
            };
            let note =
                late.then(|| "left out: the server was not running when it was due".to_owned());
            let ended_at = note.as_ref().map(|_| now);
            let (campaign, next_user) = (id, 0);
            let run = SavedRun {
                campaign,
                run,
                due_at,
                begun_at: now,
                ended_at,
                n_users,
                next_user,
                note,
            };
            workspace.config().put_run(&run)?;
            run
        }
    };
    if run.ended_at.is_none() {
        let_in(service, outfit, entry, run, stopping)?;
    }
    Ok(Some(now))
}

/// Lets the audience of a run into a journey, from where it stopped.
fn let_in(
    service: &Service,
    outfit: &Arc<Outfit>,
    entry: &EntryRun,
    mut run: SavedRun,
    stopping: &AtomicBool,
) -> Result<(), Failure> {
    let workspace = service.workspace();
    let audience = service.members_at(entry.audience.as_ref(), run.due_at)?;
    let left: Vec<UserIndex> = audience.iter().filter(|user| user.0 >= run.next_user).collect();
    for some in left.chunks(AT_ONCE) {
        while service.outbox().waiting() > WAITING_MAX && !stopping.load(Ordering::Acquire) {
            std::thread::sleep(ROOM_WAIT);
        }
        let same = service.outbox().equipment().is_some_and(|of| Arc::ptr_eq(&of.outfit, outfit));
        if stopping.load(Ordering::Acquire) || !same {
            return Ok(());
        }
        let cause = format!("run/{}", run.run);
        workspace.enter(entry.journey.clone(), cause, some.to_vec())?;
        run.next_user = some.last().map_or(run.next_user, |user| user.0 + 1);
        workspace.config().put_run(&run)?;
    }
    run.ended_at = Some(workspace.now());
    workspace.config().put_run(&run)?;
    Ok(())
}

/// A campaign has no run left.
fn end(service: &Service, id: &str) -> Result<(), Failure> {
    let changing = service.changing_campaigns();
    let config = service.workspace();
    let config = config.config();
    if let Some(mut saved) = config.campaign(id)?
        && matches!(saved.status.as_str(), "running" | "scheduled")
    {
        saved.status = "ended".into();
        saved.ended_at = Some(service.workspace().now());
        config.put_campaign(&saved)?;
        drop(changing);
        service.outreach_changed()?;
    }
    Ok(())
}

/// Writes down that a run begins, with the size of its audience.
fn begin(
    service: &Service,
    ready: &Ready,
    (due_at, run): (Timestamp, String),
    now: Timestamp,
) -> Result<(), Failure> {
    let workspace = service.workspace();
    let campaign = ready.campaign.id.to_string();
    let late = ready.schedule.as_ref().is_some_and(|of| of.repeats()) && now - due_at > LATE_MAX;
    let n_users = if late { 0 } else { service.audience_of(ready, due_at)?.len() };
    let large = ready.safety_stop.filter(|most| n_users > *most);
    let note = match (late, large) {
        (true, _) => Some("left out: the server was not running when it was due".to_owned()),
        (_, Some(most)) => {
            Some(format!("not begun: its audience of {n_users} is larger than {most}"))
        }
        _ => None,
    };
    let ended_at = note.as_ref().map(|_| now);
    let saved =
        SavedRun { campaign, run, due_at, begun_at: now, ended_at, n_users, next_user: 0, note };
    workspace.config().put_run(&saved)?;
    let _changing = service.changing_campaigns();
    if let Some(mut campaign) = workspace.config().campaign(&ready.campaign.id)?
        && campaign.status == campaigns::word(wire::api::CampaignStatus::Scheduled)
    {
        campaign.status = campaigns::word(wire::api::CampaignStatus::Running).to_owned();
        workspace.config().put_campaign(&campaign)?;
    }
    Ok(())
}

/// Qualifies the audience of a run from where it stopped.
fn go_on(
    service: &Service,
    outfit: &Arc<Outfit>,
    ready: &Ready,
    mut run: SavedRun,
    stopping: &AtomicBool,
) -> Result<(), Failure> {
    let workspace = service.workspace();
    let audience = service.audience_of(ready, run.due_at)?;
    let zones = zones(service, ready)?;
    let left: Vec<UserIndex> = audience.iter().filter(|user| user.0 >= run.next_user).collect();
    for some in left.chunks(AT_ONCE) {
        while service.outbox().waiting() > WAITING_MAX && !stopping.load(Ordering::Acquire) {
            std::thread::sleep(ROOM_WAIT);
        }
        // Paused or stopped: a run that goes on later goes on from here.
        let same = service.outbox().equipment().is_some_and(|of| Arc::ptr_eq(&of.outfit, outfit));
        if stopping.load(Ordering::Acquire) || !same {
            return Ok(());
        }
        let now = workspace.now();
        let candidate = |user: &UserIndex| {
            let zone = zones.as_ref().and_then(|zones| zones.of(*user));
            let schedule = ready.schedule.as_ref();
            let due =
                schedule.map_or(Some(now), |of| of.due(&run.run, zone.as_ref(), run.begun_at));
            Candidate {
                campaign: ready.campaign.id.clone(),
                user: *user,
                message: Candidate::message(&ready.campaign, *user, &run.run),
                run: Text::new(&run.run),
                at: run.due_at,
                due: due.unwrap_or(run.due_at),
                missed: due.is_none(),
                event: None,
            }
        };
        workspace.qualify(some.iter().map(candidate).collect())?;
        run.next_user = some.last().map_or(run.next_user, |user| user.0 + 1);
        workspace.config().put_run(&run)?;
    }
    run.ended_at = Some(workspace.now());
    workspace.config().put_run(&run)?;
    Ok(())
}

/// The zones of users, where times are theirs.
struct Zones(Vec<history::Values>);

impl Zones {
    fn of(&self, user: UserIndex) -> Option<Zone> {
        self.0.iter().find_map(|values| match values.get(&user) {
            Some(Value::Text(name)) => Zone::named(name),
            _ => None,
        })
    }
}

fn zones(service: &Service, ready: &Ready) -> Result<Option<Zones>, Failure> {
    if !ready.schedule.as_ref().is_some_and(|schedule| schedule.by_user()) {
        return Ok(None);
    }
    let snapshot = service.workspace().snapshot()?;
    let of = |name: &str| snapshot.attribute_at(name, Timestamp::MAX);
    Ok(Some(Zones(ZONES.into_iter().map(of).collect::<Result<_, _>>()?)))
}
