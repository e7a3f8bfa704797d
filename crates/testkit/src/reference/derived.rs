//! Events that nobody sends, naively: each is a statement about all of a user's events.

use model::{EventId, Text, Timestamp, Value};
use segment::Rules;
use segment::derived::{
    ALL, APP_INSTALLED, APP_VERSION_CHANGED, CAMPAIGN, CAMPAIGN_COLUMNS, Campaign, DEVICE,
    DEVICE_COLUMNS, EVENTS, FROM, LENGTH, PAGE_COLUMNS, SESSION_CONCLUDED, SESSION_STARTED,
    STARTED_AT, SessionSettings, TO, UTM_VISITED, VERSION, VERSION_COLUMNS, WEB_COLUMNS, written,
};
use segment::evaluate::{UserEvent, UserHistory};

use super::{World, property};

/// The user's history with derived events, as known at `now`.
pub fn with_derived(
    user: &UserHistory,
    settings: &SessionSettings,
    rules: &Rules,
    now: Timestamp,
) -> UserHistory {
    let (population, at) = (std::slice::from_ref(user), Timestamp::MAX);
    let world = World { user, population, rules, at };
    let of = settings.activity();
    let mut active: Vec<&UserEvent> = user.events.iter().collect();
    active.retain(|event| {
        world.matches(&of, event, None) && !settings.excluded().any(|name| name == event.name)
    });
    active.sort_by_key(|event| (event.time, event.arrival));
    let mut whole = user.clone();
    for kind in &ALL {
        let sent = |event: &UserEvent| {
            event.name == kind.name || kind.instead.iter().any(|name| event.name == *name)
        };
        if user.events.iter().any(sent) {
            continue;
        }
        let mut found = match kind.name {
            SESSION_STARTED => started(&active, settings),
            SESSION_CONCLUDED => concluded(&active, settings, now),
            APP_INSTALLED => installed(&active),
            APP_VERSION_CHANGED => changed(&active),
            UTM_VISITED => visited(&active, settings),
            _ => Vec::new(),
        };
        found.sort_by_key(|(time, _)| *time);
        found.dedup_by_key(|(time, _)| *time);
        let last = kind.name == SESSION_CONCLUDED;
        let place = ALL.iter().position(|own| own.name == kind.name).unwrap_or(0) as u64;
        whole.events.extend(found.into_iter().map(|(time, mut properties)| {
            properties.sort_by(|a, b| a.0.cmp(&b.0));
            UserEvent {
                name: Text::new(kind.name),
                time,
                arrival: if last { u64::MAX } else { place },
                id: EventId(0),
                properties,
                derived: true,
            }
        }));
    }
    whole.events.sort_by_key(|event| (event.time, event.arrival));
    whole
}

type Found = Vec<(Timestamp, Vec<(Text, Value)>)>;

/// Whether a session begins at a time: nothing lies within the timeout before it.
fn begins(active: &[&UserEvent], settings: &SessionSettings, at: Timestamp) -> bool {
    !active.iter().any(|e| e.time < at && at - e.time <= settings.timeout)
}

/// When the session of an event began.
fn beginning(active: &[&UserEvent], settings: &SessionSettings, at: Timestamp) -> Timestamp {
    let times = active.iter().map(|event| event.time).filter(|time| *time <= at);
    times.filter(|time| begins(active, settings, *time)).max().unwrap_or(at)
}

fn started(active: &[&UserEvent], settings: &SessionSettings) -> Found {
    let begin = active.iter().map(|event| event.time);
    begin.filter(|at| begins(active, settings, *at)).map(|at| (at, Vec::new())).collect()
}

fn concluded(active: &[&UserEvent], settings: &SessionSettings, now: Timestamp) -> Found {
    let goes_on = |at| active.iter().any(|e| e.time > at && e.time - at <= settings.timeout);
    let ends = active.iter().map(|event| event.time);
    let ends = ends.filter(|at| !goes_on(*at) && now.0 - at.0 > settings.timeout.0);
    let told = ends.map(|end| {
        let from = beginning(active, settings, end);
        let n = active.iter().filter(|e| from <= e.time && e.time <= end).count();
        let properties = vec![
            (Text::new(LENGTH), Value::Float((end.0 - from.0) as f64 / 1_000.0)),
            (Text::new(EVENTS), Value::Int(n as i64)),
            (Text::new(STARTED_AT), Value::Time(from)),
        ];
        (end, properties)
    });
    told.collect()
}

fn first_written(event: &UserEvent, columns: &[&str]) -> Option<Text> {
    columns.iter().find_map(|column| property(event, column).and_then(written))
}

/// Device and version of the events of applications.
fn used<'a>(active: &[&'a UserEvent]) -> Vec<(&'a UserEvent, Option<Text>, Text)> {
    let of = |event: &&'a UserEvent| {
        let version = first_written(event, &VERSION_COLUMNS)?;
        let web = WEB_COLUMNS.iter().any(|column| property(event, column).is_some());
        (!web).then(|| (*event, first_written(event, &DEVICE_COLUMNS), version))
    };
    active.iter().filter_map(of).collect()
}

fn of_device(device: &Option<Text>) -> Option<(Text, Value)> {
    device.as_ref().map(|device| (Text::new(DEVICE), Value::Text(device.clone())))
}

/// Of devices with the first event at one millisecond the first by id counts.
fn installed(active: &[&UserEvent]) -> Found {
    let mut used = used(active);
    used.sort_by_key(|(event, device, _)| (device.clone(), event.time, event.arrival));
    used.dedup_by_key(|(_, device, _)| device.clone());
    let told = used.into_iter().map(|(event, device, version)| {
        let version = (Text::new(VERSION), Value::Text(version));
        (event.time, [version].into_iter().chain(of_device(&device)).collect())
    });
    told.collect()
}

fn changed(active: &[&UserEvent]) -> Found {
    let mut used = used(active);
    used.sort_by_key(|(event, device, _)| (device.clone(), event.time, event.arrival));
    let pairs = used.windows(2).filter(|pair| pair[0].1 == pair[1].1 && pair[0].2 != pair[1].2);
    let told = pairs.map(|pair| {
        let from = (Text::new(FROM), Value::Text(pair[0].2.clone()));
        let to = (Text::new(TO), Value::Text(pair[1].2.clone()));
        (pair[1].0.time, [from, to].into_iter().chain(of_device(&pair[1].1)).collect())
    });
    told.collect()
}

fn campaign(event: &UserEvent) -> Campaign {
    let mut campaign = Campaign::default();
    for (part, columns) in CAMPAIGN_COLUMNS.iter().enumerate() {
        for column in columns {
            if let Some(Value::Text(text)) = property(event, column) {
                campaign.take(part, text);
            }
        }
    }
    for column in PAGE_COLUMNS {
        if let Some(Value::Text(text)) = property(event, column) {
            campaign.take_url(text);
        }
    }
    campaign
}

/// Of events at one millisecond only the first with a campaign counts.
fn visited(active: &[&UserEvent], settings: &SessionSettings) -> Found {
    let mut came: Vec<(Timestamp, Campaign)> =
        active.iter().map(|event| (event.time, campaign(event))).collect();
    came.retain(|(_, campaign)| !campaign.is_empty());
    came.dedup_by_key(|(time, _)| *time);
    let mut told = Found::new();
    for (n, (time, by)) in came.iter().enumerate() {
        let same = n > 0 && {
            let (earlier, before) = &came[n - 1];
            let session = |at| beginning(active, settings, at);
            before == by && session(*earlier) == session(*time)
        };
        if !same {
            let parts = CAMPAIGN.iter().zip(&by.0);
            let parts = parts
                .filter_map(|(name, part)| Some((Text::new(name), Value::Text(part.clone()?))));
            told.push((*time, parts.collect()));
        }
    }
    told
}
