use model::Timestamp;

use super::keys::Scope;
use super::quarantine::{KEPT, Quarantined, RECORD_BYTES};
use super::webhooks::{DEAD_LETTERS_KEPT, SavedLetter, SavedWebhook, Secret};
use super::*;

fn open(folder: &tempfile::TempDir) -> Config {
    Config::open(&folder.path().join("config.db")).unwrap()
}

#[test]
fn a_key_opens_its_scope_until_it_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    let key = config.create_key(Scope::Ingest, "web", 5).unwrap();
    let other = config.create_key(Scope::Admin, "", 6).unwrap();
    assert_eq!(config.scope_of(&key).unwrap(), Some(Scope::Ingest));
    assert_eq!(open(&folder).scope_of(&other).unwrap(), Some(Scope::Admin));

    let forged = format!("{}{}", &key[..key.len() - 1], if key.ends_with('A') { 'B' } else { 'A' });
    assert_eq!(config.scope_of(&forged).unwrap(), None);
    assert_eq!(config.scope_of(&key[..16]).unwrap(), None);
    assert_eq!(config.scope_of("").unwrap(), None);

    let listed = config.keys().unwrap();
    assert_eq!(listed.len(), 2);
    assert!(key.contains(&listed[0].id) && listed[0].label == "web");
    assert!(config.revoke_key(&listed[0].id).unwrap());
    assert!(!config.revoke_key(&listed[0].id).unwrap());
    assert_eq!(config.scope_of(&key).unwrap(), None);
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
fn the_quarantine_keeps_the_latest_and_counts_all() {
    let folder = tempfile::tempdir().unwrap();
    let config = open(&folder);
    let one = |n: i64| Quarantined {
        at: n,
        source: "http".into(),
        code: if n % 2 == 0 { "a".into() } else { "b".into() },
        message: "m".into(),
        record: "é".repeat(RECORD_BYTES),
    };
    let all: Vec<_> = (0..KEPT + 10).map(one).collect();
    config.quarantine(&all).unwrap();
    let kept = config.quarantined(20_000).unwrap();
    assert_eq!(kept.len() as i64, KEPT);
    assert_eq!((kept[0].at, kept[kept.len() - 1].at), (KEPT + 9, 10));
    assert!(kept[0].record.len() <= RECORD_BYTES && kept[0].record.starts_with('é'));
    let n = (KEPT as u64 + 10) / 2;
    assert_eq!(config.rejected_by_code().unwrap(), [("a".into(), n), ("b".into(), n)]);
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
    config
        .lock()
        .execute_batch("DROP TABLE framework; DROP TABLE webhook; DROP TABLE dead_letter;")
        .unwrap();
    config.lock().pragma_update(None, "user_version", 1).unwrap();
    drop(config);
    let config = open(&folder);
    assert_eq!(config.setting("name").unwrap().as_deref(), Some("Before"));
    assert_eq!((config.frameworks().unwrap(), config.webhooks().unwrap()), (vec![], vec![]));
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
