use super::keys::Scope;
use super::quarantine::{KEPT, Quarantined, RECORD_BYTES};
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
    let secret = key.rsplit('_').next().unwrap().as_bytes().to_vec();
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
