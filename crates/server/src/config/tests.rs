use model::Timestamp;

use super::journeys::{SavedJourney, SavedVersion};
use super::keys::KeyFacts;
use super::keys::Scope;
use super::schema::CHANGES_KEPT;
use super::webhooks::{DEAD_LETTERS_KEPT, SavedLetter, SavedWebhook, Secret};
use super::*;

fn open(folder: &tempfile::TempDir) -> Config {
    Config::open(&folder.path().join("config.db")).unwrap()
}

fn scope(config: &Config, key: &str) -> Option<Scope> {
    config.key(key).unwrap().map(|facts| facts.scope)
}

#[test]
fn a_key_opens_its_scope_until_it_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    let key = config.create_key(Scope::Ingest, "web", 5).unwrap();
    let other = config.create_key(Scope::Admin, "", 6).unwrap();
    assert_eq!(scope(&config, &key), Some(Scope::Ingest));
    assert_eq!(scope(&open(&folder), &other), Some(Scope::Admin));

    let forged = format!("{}{}", &key[..key.len() - 1], if key.ends_with('A') { 'B' } else { 'A' });
    assert_eq!(scope(&config, &forged), None);
    assert_eq!(scope(&config, &key[..16]), None);
    assert_eq!(scope(&config, ""), None);

    let listed = config.keys().unwrap();
    assert_eq!(listed.len(), 2);
    assert!(key.contains(&listed[0].id) && listed[0].label == "web");
    assert!(config.revoke_key(&listed[0].id).unwrap());
    assert!(!config.revoke_key(&listed[0].id).unwrap());
    assert_eq!(scope(&config, &key), None);
}

#[test]
fn the_file_never_holds_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = open(&folder).create_key(Scope::Admin, "", 1).unwrap();
    // Whatever letters the secret has, the last ones are of it.
    let secret = key.as_bytes()[key.len() - 16..].to_vec();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret));
    }
}

#[test]
fn the_seed_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let seed = open(&folder).setting("seed").unwrap().unwrap();
    assert_eq!(open(&folder).setting("seed").unwrap().unwrap(), seed);
}

#[test]
fn every_change_of_the_schema_is_a_row_and_the_last_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    assert_eq!(config.schema_version().unwrap(), 0);
    let change =
        |name: &str, body: Option<&str>| ("event", name.to_owned(), body.map(str::to_owned));
    let both = [change("a", Some("1")), change("b", Some("2"))];
    assert_eq!(config.change_schema(&both, "ada", Timestamp(5)).unwrap(), 2);
    config.change_schema(&[change("a", Some("3"))], "bob", Timestamp(6)).unwrap();
    config.change_schema(&[change("b", None)], "bob", Timestamp(7)).unwrap();
    let counts: Vec<_> = config.schema().unwrap();
    assert_eq!(counts.len(), 1);
    assert_eq!((counts[0].version, counts[0].body.as_deref()), (3, Some("3")));
    let of_b = config.schema_changes(Some("b"), i64::MAX, 10).unwrap();
    let told: Vec<_> = of_b.iter().map(|c| (c.version, c.by.as_str(), c.at)).collect();
    assert_eq!(told, [(4, "bob", Timestamp(7)), (2, "ada", Timestamp(5))]);
    assert_eq!(config.schema_changes(None, 3, 10).unwrap().len(), 2);

    let many: Vec<_> = (0..CHANGES_KEPT + 50).map(|n| change("c", Some(&n.to_string()))).collect();
    config.change_schema(&many, "ada", Timestamp(8)).unwrap();
    let all = config.schema_changes(None, i64::MAX, usize::MAX).unwrap();
    assert!(all.len() as i64 <= CHANGES_KEPT + 2, "{}", all.len());
    assert_eq!(config.schema().unwrap().len(), 2, "what counts stays, however old");
}

#[test]
fn a_key_may_have_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    let (facts, key) = config.create_limited_key(Scope::Read, "board", Some(50), 9).unwrap();
    assert_eq!(config.key(&key).unwrap(), Some(facts.clone()));
    let KeyFacts { scope, label, events_per_second, created_at, .. } = facts;
    assert_eq!(
        (scope, label.as_str(), events_per_second, created_at),
        (Scope::Read, "board", Some(50), 9)
    );
}

#[test]
fn a_file_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder).lock().pragma_update(None, "user_version", VERSION + 1).unwrap();
    let error = Config::open(&folder.path().join("config.db")).err().unwrap();
    assert!(matches!(error, ConfigError::Newer { .. }), "{error}");
}

#[test]
fn a_segment_keeps_its_creation_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    let segment = |name: &str, at: i64| SavedSegment {
        id: "loyal".into(),
        name: name.into(),
        description: String::new(),
        definition: "{}".into(),
        created_at: at,
        updated_at: at,
    };
    config.put_segment(&segment("Loyal", 1)).unwrap();
    config.put_segment(&segment("Very loyal", 2)).unwrap();
    let saved = config.segments().unwrap();
    assert_eq!(saved, [SavedSegment { created_at: 1, ..segment("Very loyal", 2) }]);
    assert!(config.delete_segment("loyal").unwrap());
    assert!(!config.delete_segment("loyal").unwrap());
}

#[test]
fn a_file_of_the_first_layout_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    config.set("name", "Before").unwrap();
    let key = config.create_key(Scope::Ingest, "web", 5).unwrap();
    config
        .lock()
        .execute_batch(
            "DROP TABLE framework; DROP TABLE webhook; DROP TABLE dead_letter;
             DROP TABLE journey; DROP TABLE journey_version;
             DROP TABLE schema_change; DROP TABLE error_kind; DROP TABLE error_hour;
             DROP TABLE error_sample; ALTER TABLE key DROP COLUMN events_per_second;
             CREATE TABLE quarantine (id INTEGER PRIMARY KEY) STRICT;",
        )
        .unwrap();
    config.lock().pragma_update(None, "user_version", 1).unwrap();
    drop(config);
    let config = open(&folder);
    assert_eq!(config.setting("name").unwrap().as_deref(), Some("Before"));
    assert_eq!((config.frameworks().unwrap(), config.webhooks().unwrap()), (vec![], vec![]));
    assert_eq!(scope(&config, &key), Some(Scope::Ingest));
    assert_eq!((config.schema().unwrap(), config.journeys().unwrap()), (vec![], vec![]));
}

#[test]
fn a_webhook_remembers_how_far_it_came_and_its_latest_dead_letters() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    let webhook = SavedWebhook {
        id: "wh_1".into(),
        url: "https://example.com".into(),
        watches: None,
        kinds: "[]".into(),
        corrections: true,
        secret: Secret("whsec_x".into()),
        created_at: Timestamp(1),
        settled_until: Timestamp(1),
    };
    config.add_webhook(&webhook).unwrap();
    config
        .webhooks_settled(&[("wh_1".into(), Timestamp(9)), ("wh_2".into(), Timestamp(9))])
        .unwrap();
    let settled = SavedWebhook { settled_until: Timestamp(9), ..webhook };
    assert_eq!(open(&folder).webhooks().unwrap(), [settled]);

    let letter = |n: i64| SavedLetter {
        id: format!("msg_{n}"),
        given_up_at: Timestamp(n),
        attempts: 3,
        error: "HTTP 500".into(),
        body: "{}".into(),
        user: "ada".into(),
    };
    let letters: Vec<_> = (0..DEAD_LETTERS_KEPT + 5).map(letter).collect();
    config.add_dead_letters("wh_1", &letters).unwrap();
    config.add_dead_letters("wh_2", &letters[..1]).unwrap();
    assert_eq!(config.n_dead_letters("wh_1").unwrap(), DEAD_LETTERS_KEPT as u64);
    assert_eq!(config.n_dead_letters("wh_2").unwrap(), 0, "there is no such webhook");
    let latest = config.dead_letters("wh_1", 2).unwrap();
    assert_eq!(latest, [letter(DEAD_LETTERS_KEPT + 4), letter(DEAD_LETTERS_KEPT + 3)]);
    config.remove_dead_letters("wh_1", &[&latest[0].id]).unwrap();
    assert_eq!(config.dead_letters("wh_1", 1).unwrap(), [letter(DEAD_LETTERS_KEPT + 3)]);
    assert!(config.delete_webhook("wh_1").unwrap() && !config.delete_webhook("wh_1").unwrap());
    assert_eq!(config.n_dead_letters("wh_1").unwrap(), 0);
}

#[test]
fn a_journey_and_its_next_version_are_written_at_once_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    let journey = |status: &str, at: i64| SavedJourney {
        id: "welcome".into(),
        name: "Welcome".into(),
        status: status.into(),
        definition: "{}".into(),
        created_at: Timestamp(1),
        updated_at: Timestamp(at),
        started_at: (status != "draft").then_some(Timestamp(2)),
        open_since: None,
        created_by: "ada".into(),
        edited_by: "bob".into(),
    };
    let version = |number: u32| SavedVersion {
        journey: "welcome".into(),
        number,
        definition: "{}".into(),
        version: "v".into(),
        published_at: Timestamp(2),
        published_by: "bob".into(),
        moves: "{}".into(),
    };
    config.put_journey(&journey("draft", 1), None).unwrap();
    config.put_journey(&journey("running", 2), Some(&version(1))).unwrap();
    assert!(config.put_journey(&journey("paused", 3), Some(&version(1))).is_err());
    config.put_journey(&journey("running", 4), Some(&version(2))).unwrap();
    let config = open(&folder);
    assert_eq!(config.journey("welcome").unwrap(), Some(journey("running", 4)));
    assert_eq!(config.journeys().unwrap(), [journey("running", 4)]);
    assert_eq!(config.journey_versions("welcome").unwrap(), [version(1), version(2)]);
    assert_eq!(config.published_journey("welcome").unwrap(), Some(version(2)));
    assert!(
        config.delete_journey("welcome").unwrap() && !config.delete_journey("welcome").unwrap()
    );
    assert_eq!(config.journey_versions("welcome").unwrap(), []);
}
