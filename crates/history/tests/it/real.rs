//! A published data set, loaded through the fold into a store.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use audience::data_set::DataSet;
use engine::Fold;
use history::{Snapshot, Store};
use model::{Timestamp, Zone};
use segment::tree::EventMatch;
use segment::{Lifecycle, RfmSettings, Rules};

/// A loaded set.
pub struct Loaded {
    pub snapshot: Arc<Snapshot>,
    pub fold: Fold,
    pub rules: Rules,
}

/// Loads a set from the folder beside the project; says so and gives nothing where it is absent.
pub fn load(set: DataSet, folder: &str) -> Option<Loaded> {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(folder);
    if !data.exists() {
        eprintln!("skipped: {} is not there", data.display());
        return None;
    }
    let open = |name: &&str| {
        Box::new(File::open(data.join(format!("{name}.gz"))).expect("the file is there"))
            as Box<dyn Read>
    };
    let (mut fold, mut store) = (Fold::new(), Store::in_memory());
    let mut arrival = 0;
    for record in set.records(set.files().iter().map(open).collect()).expect("its header is known")
    {
        let Ok(record) = record else { continue };
        let step = fold.step(&record);
        store.apply(&step, record, &fold.person(step.user).public_id.clone(), arrival);
        arrival += 1;
    }
    let rules = Rules {
        zone: Zone::utc(),
        seed: 0,
        segments: Default::default(),
        composites: Default::default(),
        lifecycle: Lifecycle { states: Vec::new() },
        rfm: set.rfm_defaults(),
    };
    Some(Loaded { snapshot: store.snapshot().expect("it is in memory"), fold, rules })
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

pub fn named(name: &str) -> EventMatch {
    EventMatch::named(name)
}

/// RFM settings as the published tables were made.
pub fn published(rules: &Rules) -> RfmSettings {
    RfmSettings {
        scoring: segment::Scoring::Cuts,
        groups: audience::data_set::published_rfm_groups(),
        ..rules.rfm.clone()
    }
}

/// A table of group name, users, orders and revenue, with those in no group as "Others".
pub fn table(rfm: &history::rfm::RfmAt, settings: &RfmSettings) -> Vec<(String, u64, f64, f64)> {
    let (groups, others) = rfm.groups();
    let names = settings.groups.iter().map(|group| group.name.to_string()).chain(["Others".into()]);
    let rounded = |revenue: f64| (revenue * 10_000.0).round() / 10_000.0;
    let figures = groups.into_iter().chain([others]).zip(names);
    figures.map(|(f, name)| (name, f.users, f.orders, rounded(f.revenue))).collect()
}
