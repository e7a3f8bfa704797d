//! Who is who, as a table of cases: what people do with accounts and devices, and what becomes of
//! them. `docs/identity.md` says the same in words.

use serde_json::{Value, json};

use super::fixture::{Fixture, fixture};

/// A person on a device with an account, in the words of the cases.
struct Story {
    server: Fixture,
    n: u32,
}

fn story() -> Story {
    Story { server: fixture(), n: 0 }
}

impl Story {
    fn send(&mut self, mut message: Value) {
        self.n += 1;
        message["messageId"] = json!(format!("m{}", self.n));
        let answer =
            self.server.send("POST", "/v1/batch", &json!({"batch": [message]}).to_string());
        assert_eq!((answer.0, answer.json()), (200, json!({"success": true})));
    }

    /// Something happens on a device on which nobody is logged in.
    fn anonymous(&mut self, device: &str, event: &str) {
        self.send(json!({"type": "track", "anonymousId": device, "event": event}));
    }

    /// Somebody logs in on a device.
    fn login(&mut self, user: &str, device: &str) {
        self.send(json!({"type": "identify", "userId": user, "anonymousId": device}));
    }

    /// Something happens on a device on which somebody is logged in.
    fn known(&mut self, user: &str, device: &str, event: &str) {
        let message =
            json!({"type": "track", "userId": user, "anonymousId": device, "event": event});
        self.send(message);
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.server.send("POST", path, &body.to_string());
        assert_eq!(answer.0, 200, "{path}: {}", answer.2);
        answer.json()
    }

    /// Public id and names of the events that were sent, the oldest first.
    fn of(&self, id: &str) -> (String, Vec<String>) {
        let user = self.server.get(&format!("/api/users/{id}"));
        let events = self.server.get(&format!("/api/users/{id}/events"));
        let sent = |event: &&Value| event["derived"] == false;
        let names = events["events"].as_array().unwrap().iter().rev().filter(sent);
        let names = names.map(|event| event["name"].as_str().unwrap().to_owned());
        (user["id"].as_str().unwrap().to_owned(), names.collect())
    }

    fn n_users(&self) -> u64 {
        self.server.get("/api/users")["total"].as_u64().unwrap()
    }
}

fn is(public_id: &str, events: &[&str]) -> (String, Vec<String>) {
    (public_id.to_owned(), events.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn first_login_takes_along_what_the_device_did() {
    let mut story = story();
    story.anonymous("phone", "open");
    story.login("ada", "phone");
    story.known("ada", "phone", "buy");
    assert_eq!(story.of("ada"), is("ada", &["open", "buy"]));
    assert_eq!(story.of("phone"), is("ada", &["open", "buy"]));
    assert_eq!(story.n_users(), 1);
}

#[test]
fn a_second_device_joins_the_account_with_its_past() {
    let mut story = story();
    story.login("ada", "phone");
    story.known("ada", "phone", "buy");
    story.anonymous("tablet", "open");
    story.login("ada", "tablet");
    assert_eq!(story.of("ada"), is("ada", &["buy", "open"]));
    assert_eq!(story.n_users(), 1);
    let graph = story.server.get("/api/users/ada/identity");
    assert_eq!(graph["persons"][0]["user_ids"], json!(["ada"]));
    assert_eq!(graph["persons"][1]["id"], json!("tablet"));
    assert_eq!(graph["persons"][1]["merged_into"], json!(0));
}

#[test]
fn people_who_share_a_device_never_become_one() {
    let mut story = story();
    for (user, event) in [("ada", "a1"), ("bob", "b1"), ("ada", "a2")] {
        story.login(user, "kiosk");
        story.known(user, "kiosk", event);
    }
    assert_eq!(story.of("ada"), is("ada", &["a1", "a2"]));
    assert_eq!(story.of("bob"), is("bob", &["b1"]));
    assert_eq!(story.n_users(), 2);
}

#[test]
fn after_a_logout_a_device_that_keeps_its_id_belongs_to_whom_used_it_last() {
    let mut story = story();
    story.login("ada", "phone");
    story.anonymous("phone", "browse");
    assert_eq!(story.of("ada"), is("ada", &["browse"]));
    // A library that resets takes a new id: somebody new until they say who they are.
    story.anonymous("phone-2", "browse");
    assert_eq!(story.of("phone-2"), is("phone-2", &["browse"]));
}

#[test]
fn a_reinstalled_app_joins_at_the_next_login() {
    let mut story = story();
    story.login("ada", "install-1");
    story.known("ada", "install-1", "buy");
    story.anonymous("install-2", "open");
    assert_eq!(story.n_users(), 2);
    story.login("ada", "install-2");
    assert_eq!(story.of("ada"), is("ada", &["buy", "open"]));
    assert_eq!(story.n_users(), 1);
}

#[test]
fn a_login_that_arrives_before_what_happened_before_it_changes_nothing() {
    let mut story = story();
    story.login("ada", "phone");
    story.anonymous("phone", "open");
    assert_eq!(story.of("ada"), is("ada", &["open"]));
    assert_eq!(story.n_users(), 1);
}

#[test]
fn an_account_with_a_new_id_is_one_person_by_an_alias() {
    let mut story = story();
    story.known("ada@old.example", "phone", "buy");
    story.known("u-17", "laptop", "view");
    story.send(json!({"type": "alias", "userId": "u-17", "previousId": "ada@old.example"}));
    assert_eq!(story.of("ada@old.example"), is("u-17", &["buy", "view"]));
    assert_eq!(story.n_users(), 1);
}

#[test]
fn what_was_merged_by_mistake_is_separated_without_loss() {
    let mut story = story();
    story.known("ada", "phone", "a1");
    story.known("bob", "laptop", "b1");
    let before = (story.of("ada"), story.of("bob"));
    let merged = story.post("/api/users/ada/merge", &json!({"other": "bob"}));
    assert_eq!(merged["persons"].as_array().unwrap().len(), 2);
    assert_eq!(story.of("bob"), is("ada", &["a1", "b1"]));
    story.known("bob", "laptop", "b2");
    assert_eq!(story.n_users(), 1);
    let again = story.server.send("POST", "/api/users/ada/merge", r#"{"other": "bob"}"#);
    assert_eq!(again.code(), (422, json!("identity.same")));
    story.post("/api/users/ada/separate", &json!({"person": "laptop"}));
    assert_eq!(story.of("ada"), before.0);
    assert_eq!(story.of("bob"), is("bob", &["b1", "b2"]), "with what came since");
    let separate = |person: &str| {
        let body = json!({"person": person}).to_string();
        story.server.send("POST", "/api/users/ada/separate", &body).code()
    };
    assert_eq!(separate("bob"), (422, json!("identity.not_of_user")));
    assert_eq!(separate("phone"), (422, json!("identity.not_merged")));
    assert_eq!(separate("nobody"), (404, json!("user.not_found")));
}

#[test]
fn segments_and_counts_follow_a_merge_and_a_separation() {
    let mut story = story();
    for device in ["phone", "laptop"] {
        story.anonymous(device, "buy");
    }
    let often = json!({"definition": "did \"buy\" at least 2 times"});
    let count = |story: &Story| story.post("/api/segments/preview", &often)["count"].clone();
    assert_eq!(count(&story), json!(0));
    story.login("ada", "phone");
    story.login("ada", "laptop");
    assert_eq!(count(&story), json!(1));
    story.post("/api/users/ada/separate", &json!({"person": "laptop"}));
    assert_eq!(count(&story), json!(0));
}

#[test]
fn a_plan_shows_what_a_login_would_do_and_does_nothing() {
    let mut story = story();
    story.known("ada", "phone", "a1");
    story.anonymous("tablet", "open");
    let question = json!({"user_id": "ada", "anonymous_id": "tablet"});
    let plan = story.post("/api/identity/plan", &question);
    let merge = json!({"change": "merge", "from": "tablet"});
    assert_eq!(plan, json!({"user": "ada", "changes": [merge]}));
    let question = json!({"user_id": "bob", "anonymous_id": "phone",
                          "identities": [{"label": "email", "value": "bob@example.com"}]});
    let plan = story.post("/api/identity/plan", &question);
    let changes: Vec<&Value> =
        plan["changes"].as_array().unwrap().iter().map(|change| &change["change"]).collect();
    assert_eq!(plan["user"], Value::Null);
    assert_eq!(changes, ["create_user", "add_user_id", "add_identity", "move_anonymous_id"]);
    assert_eq!(story.n_users(), 2, "nothing was done");
    let nobody = story.server.send("POST", "/api/identity/plan", "{}");
    assert_eq!(nobody.code(), (422, json!("event.no_user")));
}
