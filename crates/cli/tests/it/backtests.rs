//! `perennial campaign backtest` and `perennial journey backtest` over a directory, without a server.

use serde_json::{Value, json};

use super::run::{Outcome, run};

/// A directory with purchases of forty people, of whom every second one comes back, and two definitions.
struct Shop(tempfile::TempDir);

impl Shop {
    fn open() -> Shop {
        let shop = Shop(tempfile::tempdir().unwrap());
        let mut rows = String::new();
        for user in 0..40 {
            for (day, amount) in [(2, 10), (20, 20)].into_iter().take(1 + (user + 1) % 2) {
                let row = json!({
                    "userId": format!("u{user}"), "event": "Purchase", "messageId": format!("{user}-{day}"),
                    "timestamp": format!("2026-01-{day:02}T10:00:00Z"), "properties": {"amount": amount},
                });
                rows += &format!("{row}\n");
            }
        }
        shop.write("rows.ndjson", &rows);
        let body = "Thank you. <a href=\"{{ unsubscribe_url }}\">Unsubscribe</a>";
        let content = json!({"default": {"kind": "email", "subject": "Thanks", "body": body}});
        let thanks = json!({
            "id": "thanks", "name": "Thanks", "channel": "email", "again": {"kind": "always"},
            "trigger": {"kind": "event", "event": "Purchase"},
            "variants": [{"id": "a", "content": content}],
        });
        shop.write("thanks.json", &thanks.to_string());
        let rests = json!({
            "name": "Rests", "entry": {"kind": "event", "event": "Purchase"}, "again": {"kind": "always"},
            "steps": [{"id": "rest", "do": {"kind": "wait", "for": "1d"}}],
        });
        shop.write("rests.json", &rests.to_string());
        shop.run(&["import", "--format", "ndjson", &shop.path("rows.ndjson")]).ok();
        shop
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let data = self.path("data");
        let mut all = arguments.to_vec();
        all.extend(["--data-dir", &data]);
        run(&all)
    }

    fn backtest(&self, kind: &str, what: &str, more: &[&str]) -> Outcome {
        let period = ["--from", "2026-01-01", "--to", "2026-02-01"];
        let mut all = vec![kind, "backtest", what];
        all.extend(period.iter().chain(more));
        self.run(&all)
    }
}

fn n(result: &Value, name: &str) -> u64 {
    result[name].as_u64().unwrap()
}

#[test]
fn a_campaign_says_whom_it_would_have_reached() {
    let shop = Shop::open();
    let thanks = shop.path("thanks.json");
    let known = shop.backtest("campaign", &thanks, &["--format", "json"]).json();
    // Nobody has an address; who cannot be reached is in no control group.
    assert_eq!((n(&known, "entered"), n(&known, "people")), (60, 40), "{known}");
    assert_eq!((n(&known, "sent"), n(&known, "held_out")), (0, 0), "{known}");
    assert_eq!(n(&known["withheld"], "no_address"), 60);
    let more = ["--assume-reachable", "--format", "json"];
    let assumed = shop.backtest("campaign", &thanks, &more).json();
    assert_eq!(n(&assumed, "sent") + n(&assumed, "held_out"), 60, "{assumed}");
    assert_eq!(assumed["days"].as_array().unwrap().len(), 2);
    let text = shop.backtest("campaign", &thanks, &["--assume-reachable"]).ok();
    let (times, people) = (n(&assumed, "entered"), n(&assumed, "people"));
    let first = format!("{times} times of {people} people, {} held out", n(&assumed, "held_out"));
    for part in [first.as_str(), "ASSUMED", "times on 2 days, most on 2026-01-02", "variant"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn a_journey_says_who_would_have_come_in_and_where_they_went() {
    let shop = Shop::open();
    let rests = shop.path("rests.json");
    let result = shop.backtest("journey", &rests, &["--format", "json"]).json();
    assert_eq!(n(&result, "entered") + n(&result, "held_out"), 60, "{result}");
    assert_eq!(n(&result["exits"], "completed"), n(&result, "entered"));
    let text = shop.backtest("journey", &rests, &[]).ok();
    assert!(text.contains("entries on 2 days") && text.contains("rest "), "{text}");
}

#[test]
fn what_cannot_be_tried_says_why() {
    let shop = Shop::open();
    shop.write("other.json", "{\"x\": 1}");
    let other = shop.path("other.json");
    for kind in ["campaign", "journey"] {
        let failed = shop.backtest(kind, &other, &[]);
        assert_eq!(failed.code, 1);
        assert!(failed.err.contains("other.json is no definition of a"), "{}", failed.err);
        let failed = shop.backtest(kind, "nothing", &[]);
        assert_eq!(failed.code, 1);
        assert!(failed.err.contains(&format!("there is no {kind} \"nothing\"")), "{}", failed.err);
    }
}
