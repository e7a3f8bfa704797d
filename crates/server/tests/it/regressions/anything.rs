//! Everything that can happen to a workspace, in an order that nobody thought of: records early and
//! late, one by one and in bulk, people who turn out to be one, definitions that come, change and
//! go, checkpoints, clean ends and crashes. After every step the live numbers are the history's.

use serde_json::{Value, json};

use crate::watching::{End, Watching, alias, identify, track};

const DEFINITIONS: [&str; 14] = [
    "did \"Purchase\" at least 2 times in last 3d",
    "did \"Visit\" and not did \"Visit\" in last 5d",
    "sum(amount) of \"Purchase\" in last 7d > 6",
    "sum(amount) of \"Purchase\" > 20",
    "plan = \"pro\"",
    "plan = \"free\" for at least 2d",
    "did \"Visit\" then \"Purchase\" within 1d in last 10d",
    "did \"Visit\" and then not \"Purchase\" for 24h",
    "last(amount) of \"Purchase\" > 4",
    "days of \"Visit\" in last 7d >= 2",
    "not did any event in last 2d",
    "bucket 0 to 5000 and not did \"Purchase\"",
    "did \"Visit\" in last 2 calendar days or plan = \"pro\"",
    "distinct(amount) of \"Purchase\" in last 20d >= 3",
];

struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn record(&mut self, now: i64, users: u64) -> Value {
        let user = format!("u{}", self.roll(users));
        let back = match self.roll(4) {
            0 => self.roll(60),
            1 => self.roll(3 * 1_440),
            2 => self.roll(30 * 1_440),
            _ => self.roll(5),
        };
        let ahead = if self.roll(12) == 0 { self.roll(1_000) } else { 0 };
        let time = model::Timestamp(now + (ahead as i64 - back as i64) * 60_000).to_string();
        let n = self.roll(u64::MAX >> 40);
        match self.roll(7) {
            0 => {
                let plan = if n.is_multiple_of(2) { "free" } else { "pro" };
                identify(&user, &time, &json!({"plan": plan, "n": n}))
            }
            1..=3 => track(&user, "Purchase", &time, &json!({"amount": n % 9, "n": n})),
            _ => track(&user, "Visit", &time, &json!({"n": n})),
        }
    }
}

fn live_through(seed: u64, steps: usize) {
    let mut dice = Dice(seed);
    let mut w = Watching::start("2026-03-01T00:00:00Z");
    let mut users = 4;
    for step in 0..steps {
        let now = w.now().0;
        let what = dice.roll(20);
        match what {
            0..=7 => {
                let n = 1 + dice.roll(25);
                let mut records: Vec<Value> = (0..n).map(|_| dice.record(now, users)).collect();
                users += 1;
                if dice.roll(3) == 0 {
                    let (from, into) = (dice.roll(users), dice.roll(users));
                    let place = dice.roll(n) as usize;
                    let (from, into) = (format!("u{from}"), format!("u{into}"));
                    if from != into {
                        let time = w.now().to_string();
                        records.insert(place, alias(&from, &into, &time));
                    }
                }
                w.batch(&records);
            }
            8..=11 => {
                let id = format!("s{}", dice.roll(6));
                let definition = DEFINITIONS[dice.roll(DEFINITIONS.len() as u64) as usize];
                w.segment(&id, definition);
            }
            12 => drop(w.server.service.workspace().checkpoint().unwrap()),
            13 => drop(w.server.service.workspace().compact().unwrap()),
            14 => w = w.restart(End::Closed),
            15 => w = w.restart(End::Killed),
            16 => {
                let old = now - 40 * 86_400_000;
                let bulk: Vec<Value> = (0..600).map(|_| dice.record(old, users)).collect();
                w.batch(&bulk);
                if dice.roll(2) == 0 {
                    // Before the import counts as over.
                    let id = format!("s{}", dice.roll(6));
                    let definition = DEFINITIONS[dice.roll(DEFINITIONS.len() as u64) as usize];
                    w.saved(&id, &id, definition);
                    w.batch(&[dice.record(now, users)]);
                }
            }
            _ => {}
        }
        let ahead = [0, 60, 3_600, 86_400, 3 * 86_400][dice.roll(5) as usize];
        let later = model::Timestamp(w.now().0 + 1_000 * ahead + dice.roll(1_000) as i64);
        if dice.roll(3) == 0 {
            w.unnoticed(&later.to_string());
            w.batch(&[dice.record(later.0, users)]);
        }
        w.until(&later.to_string());
        eprintln!("seed {seed} step {step}: {what} until {later}");
        w.check();
    }
}

#[test]
fn whatever_happens_live_is_the_history() {
    (1..4).for_each(|seed| live_through(seed, 40));
}

/// For whoever looks for more, as in `SEEDS=100..200`.
#[test]
fn whatever_else_happens_live_is_the_history() {
    let Ok(seeds) = std::env::var("SEEDS") else { return };
    let (from, to) = seeds.split_once("..").unwrap();
    (from.parse().unwrap()..to.parse().unwrap()).for_each(|seed| live_through(seed, 40));
}
