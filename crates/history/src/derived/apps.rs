//! Installations of applications, and their versions.
//!
//! An event is of an application if its library says a version of it and no web page. Devices are
//! told apart where the library names them: two devices with two versions change nothing.

use model::Text;
use segment::derived::{
    APP_INSTALLED, APP_VERSION_CHANGED, DEVICE_COLUMNS, VERSION_COLUMNS, WEB_COLUMNS, named,
    written,
};

use super::Reading;
use super::rows::{Cell, Made, Row};
use crate::evaluate::{Hit, QueryError, Wanted};

/// An event of an application: sorted by user, device and order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Used {
    user: u32,
    device: Option<Text>,
    time: i64,
    arrival: u64,
    version: Text,
}

const N_VERSIONS: usize = VERSION_COLUMNS.len();
const N_DEVICES: usize = DEVICE_COLUMNS.len();

pub(super) fn derive(reading: &Reading) -> Result<Vec<Made>, QueryError> {
    let properties = [&VERSION_COLUMNS[..], &DEVICE_COLUMNS, &WEB_COLUMNS].concat();
    let wanted = Wanted { times: true, order: true, properties: &properties };
    let source = reading.source(&wanted, &VERSION_COLUMNS)?;
    let (installs, changes) =
        (reading.wanted(APP_INSTALLED)?, reading.wanted(APP_VERSION_CHANGED)?);
    let (Some(install), Some(change)) = (named(APP_INSTALLED), named(APP_VERSION_CHANGED)) else {
        return Ok(Vec::new());
    };
    Ok(reading.rows(|users, made| {
        let mut used = Vec::new();
        source.each(users, |hit| used.extend(Used::of(hit)));
        used.sort_unstable();
        let (mut installed, mut changed) = (Vec::new(), Vec::new());
        for own in used.chunk_by(|a, b| (a.user, &a.device) == (b.user, &b.device)) {
            installed.push(&own[0]);
            changed.extend(own.windows(2).filter(|pair| pair[0].version != pair[1].version));
        }
        installed.sort_by_key(|first| (first.user, first.time));
        installed.dedup_by_key(|first| (first.user, first.time));
        for Used { user, device, time, version, .. } in installed.into_iter() {
            if installs(*user) {
                let cells = [Cell::Text(Some(version.clone())), Cell::Text(device.clone())];
                made.push(install, Row { user: *user, time: *time, received: *time, cells });
            }
        }
        changed.sort_by_key(|pair| (pair[1].user, pair[1].time));
        changed.dedup_by_key(|pair| (pair[1].user, pair[1].time));
        for pair in changed {
            let Used { user, device, time, version, .. } = &pair[1];
            if changes(*user) {
                let (from, to) = (pair[0].version.clone(), version.clone());
                let cells = [Some(from), Some(to), device.clone()].map(Cell::Text);
                made.push(change, Row { user: *user, time: *time, received: *time, cells });
            }
        }
    }))
}

impl Used {
    /// Nothing if it is of no application.
    fn of(hit: &Hit) -> Option<Used> {
        let first = |mut columns: std::ops::Range<usize>| {
            columns.find_map(|column| hit.value(column).and_then(|value| written(&value)))
        };
        let version = first(0..N_VERSIONS)?;
        let devices = N_VERSIONS..N_VERSIONS + N_DEVICES;
        let web = devices.end..devices.end + WEB_COLUMNS.len();
        if web.into_iter().any(|column| hit.value(column).is_some()) {
            return None;
        }
        let (user, time, arrival) = (hit.user, hit.time, hit.arrival());
        Some(Used { user, device: first(devices), time, arrival, version })
    }
}
