//! The demonstration: filled once, used again, open on this machine only.

use serde_json::json;

use crate::run::{Server, published, run};

#[test]
fn a_shop_is_filled_once_and_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let first = run(&["demo", "--users", "120", "--data-dir", dir, "--exit"]).ok();
    for words in ["users", "events", "lifecycle state", "Champions", "Abandoned cart"] {
        assert!(first.contains(words), "{words}: {first}");
    }
    let server = Server::start(&["demo", "--data-dir", dir, "--listen", "127.0.0.1:0"]);
    let session = server.get("/api/session", &[]).body;
    assert_eq!(
        (&session["open"], &session["demo"], &session["live"]),
        (&json!(true), &json!(true), &json!(true))
    );
    let overview = server.get("/api/overview", &[]).body;
    assert_eq!(overview["daily"].as_array().unwrap().len(), 90);
    assert!(overview["users"].as_u64().unwrap() > 60, "{overview}");
    let segments = server.get("/api/segments", &[]).body;
    assert!(segments["segments"].as_array().unwrap().len() >= 5);

    // Strangers: a name made to point here, and a page of another site.
    let stranger = server.get("/api/overview", &[("host", "evil.example")]);
    assert_eq!((stranger.status, &stranger.body["error"]["code"]), (403, &json!("auth.host")));
    let from_page = [("origin", "https://evil.example"), ("content-type", "text/plain")];
    let body = br#"{"name":"x","definition":"did any event"}"#;
    let answer = server.send("POST", "/api/segments", &from_page, body);
    assert_eq!((answer.status, &answer.body["error"]["code"]), (403, &json!("auth.origin")));
    // Records need a key all the same.
    assert_eq!(server.send("POST", "/v1/track", &[], b"{}").status, 401);

    let taken = run(&["demo", "--data-dir", dir, "--listen", &server.address]);
    assert_eq!(taken.code, 1);
    assert!(taken.err.contains(&server.address) && taken.err.contains("--listen"), "{}", taken.err);
    assert_eq!(server.terminate(), 0);
    let other = run(&["demo", "--data-set", "cdnow", "--source", "x", "--data-dir", dir, "--exit"]);
    assert_eq!(other.code, 2, "{}", other.err);
}

#[test]
fn a_campaign_lies_behind_it_and_plays_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let first = run(&["demo", "--users", "1500", "--data-dir", dir, "--exit"]).ok();
    assert!(first.contains("Win back: bought before"), "{first}");
    let server = Server::start(&["demo", "--data-dir", dir, "--listen", "127.0.0.1:0"]);
    let get = |path: &str| server.get(path, &[]).body;
    let campaigns = get("/api/campaigns");
    let campaigns = campaigns["campaigns"].as_array().unwrap();
    let drafts = campaigns.iter().filter(|one| one["status"] == "draft").count();
    assert_eq!((campaigns.len(), drafts), (10, 9), "{campaigns:?}");
    let past = campaigns.iter().find(|one| one["status"] == "ended").unwrap();
    let id = past["id"].as_str().unwrap();

    // Every number is counted of what happened, and they close.
    let report = get(&format!("/api/campaigns/{id}/report"));
    let count = |name: &str| report["funnel"][name].as_u64().unwrap();
    assert!(count("sent") > 20, "{report}");
    assert_eq!(count("decided"), count("held_out") + count("withheld") + count("queued"));
    assert_eq!((count("queued"), count("failed")), (count("sent"), 0), "{report}");
    assert!(count("withheld") > 0 && count("held_out") > 0, "{report}");
    let (opened, clicked) = (count("opened"), count("clicked"));
    assert!(clicked > 0 && clicked < opened && opened < count("sent"), "{report}");
    let arms = report["goals"][0]["arms"].as_array().unwrap();
    assert!(arms.iter().all(|arm| arm["complete"] == arm["users"]), "its window is over: {report}");

    // Whoever followed the link came back at that moment; what they did there, the shop decided.
    let clicks = get(&format!("/api/deliveries?campaign={id}&state=clicked&limit=1000"));
    let clicks = clicks["deliveries"].as_array().unwrap();
    let came_back = clicks.iter().filter(|delivery| {
        let step = |name: &str| {
            let steps = delivery["steps"].as_array().unwrap();
            steps.iter().find(|step| step["event"] == name).map(|step| step["at"].clone())
        };
        let at = step("Message Clicked").unwrap();
        let user = delivery["user"].as_str().unwrap();
        let events = get(&format!("/api/users/{user}/events?name=App%20Launched&limit=200"));
        events["events"].as_array().unwrap().iter().any(|event| event["time"] == at)
    });
    assert!(came_back.count() > 0, "{clicks:?}");
    let why = get(&format!("/api/deliveries/{}", clicks[0]["id"].as_str().unwrap()));
    assert!(why["reasons"].as_array().unwrap().len() > 3, "{why}");

    // Nothing leaves this machine: the only provider leads to this process.
    let providers = get("/api/providers");
    let providers = providers["providers"].as_array().unwrap();
    assert_eq!(providers.len(), 1);
    assert_eq!(providers[0]["settings"]["host"], "127.0.0.1");
    let input = serde_json::to_vec(&json!({"to": "ada.yilmaz.1@example.com"})).unwrap();
    let path = format!("/api/providers/{}/test", providers[0]["id"].as_str().unwrap());
    let tested = server.send("POST", &path, &[("content-type", "application/json")], &input);
    assert_eq!(tested.body["accepted"], true, "the mailbox is open again: {}", tested.body);
    assert_eq!(server.terminate(), 0);

    // Started again it is the same shop: what it sends again counts once, and nothing is sent again.
    let events =
        |out: &str| out.lines().find(|line| line.contains(" events, ")).unwrap().to_owned();
    let again = run(&["demo", "--data-dir", dir, "--exit"]).ok();
    let first_events = events(&first);
    let known = first_events.split(',').next().unwrap();
    assert!(events(&again).starts_with(known.split(' ').next().unwrap()), "{again}");
    let list = run(&["campaign", "list", "--data-dir", dir, "--format", "json"]).json();
    let same = list["campaigns"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap();
    assert_eq!(same["sent"], past["sent"]);
}

#[test]
fn pages_come_with_their_headers() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let server =
        Server::start(&["demo", "--users", "20", "--data-dir", dir, "--listen", "127.0.0.1:0"]);
    for path in ["/", "/people/ada"] {
        let page = server.get(path, &[]);
        assert_eq!(page.status, 200);
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with("text/html"));
        assert!(header("content-security-policy").contains("default-src 'self'"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        let again = server.get(path, &[("if-none-match", &header("etag"))]);
        assert_eq!(again.status, 304);
    }
    assert_eq!(server.get("/assets/none.js", &[]).status, 404);
}

#[test]
fn published_purchases_show_their_facts() {
    let Some(file) = published("cdnow_sample/transactions.csv.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let source = file.to_str().unwrap();
    let arguments =
        ["demo", "--data-set", "cdnow", "--source", source, "--data-dir", dir, "--exit"];
    let summary = run(&arguments).ok();
    assert!(summary.contains("2,357 users, 6,919 events"), "{summary}");
    // Again, without the file: the data are there.
    let again = ["demo", "--data-set", "cdnow", "--source", "gone", "--data-dir", dir, "--exit"];
    assert_eq!(run(&again).ok(), summary);
    // Its now is the last event, not the clock.
    let count =
        ["segment", "count", "--data-dir", dir, "--format", "json", "did \"Purchase\" in last 30d"];
    let count = run(&count).json();
    assert_eq!(count["as_of"], json!("1998-06-30T00:00:00.000Z"));
    assert!(count["count"].as_u64().unwrap() > 0);
}
