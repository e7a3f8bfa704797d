use model::Value;

use super::*;
use crate::names::NameId;
use crate::part::Row;

fn part() -> Part {
    let properties = vec![(NameId(1), Value::Int(-5))];
    Part::of(vec![Row { user: 9, time: -3, arrival: 1, received: 4, id: 5, properties }])
}

#[test]
fn a_checkpoint_that_was_never_finished_leaves_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = Manifest {
        log_position: 9,
        arrivals: 8,
        next_file: 4,
        state: 3,
        parts: vec![(Family::Attribute { name: NameId(1), month: 9 }, 2)],
    };
    write_part(dir.path(), 2, &part()).unwrap();
    write_manifest(dir.path(), &manifest).unwrap();
    write_part(dir.path(), 5, &part()).unwrap();
    fs::write(dir.path().join("manifest.new"), b"half").unwrap();
    assert_eq!(read_manifest(dir.path()).unwrap().unwrap(), manifest);
    remove_unlisted(dir.path(), &manifest).unwrap();
    assert!(!dir.path().join("part-0000000005").exists());
    let part = open_part(dir.path(), 2, 10, &Arc::default()).unwrap();
    part.verify().unwrap();
    assert_eq!(part.facts().user_max, 9);
}
