use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which crates a crate may build on. Adding an edge is a design change of its own.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("log", &[]),
    ("segment", &["model"]),
    ("experiment", &["model"]),
    ("message", &["model"]),
    ("channels", &["message", "model"]),
    ("engine", &["experiment", "message", "model", "segment"]),
    ("history", &["engine", "model", "segment"]),
    ("wire", &["model", "segment"]),
    ("gateway", &["model"]),
    ("interchange", &["gateway", "model"]),
    ("audience", &["model", "segment"]),
    (
        "server",
        &[
            "audience",
            "channels",
            "engine",
            "experiment",
            "gateway",
            "history",
            "interchange",
            "log",
            "message",
            "model",
            "segment",
            "wire",
        ],
    ),
    ("benchmark", &["engine", "experiment", "gateway", "history", "model", "segment"]),
    (
        "cli",
        &[
            "audience",
            "benchmark",
            "experiment",
            "gateway",
            "interchange",
            "model",
            "segment",
            "server",
            "sim",
            "wire",
        ],
    ),
    ("testkit", &["model", "segment"]),
    ("sim", &["engine", "experiment", "history", "log", "model", "segment", "testkit", "wire"]),
    ("tidy", &[]),
];

/// Crates that decide and therefore do no IO: each has a `clippy.toml` that says so.
const PURE: &[&str] =
    &["model", "segment", "engine", "experiment", "message", "wire", "gateway", "audience"];

/// Lines of a source file without tests, beyond which it holds more than one subject.
const LINES_MAX: usize = 800;

fn crates() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn names() -> Vec<String> {
    let entries = fs::read_dir(crates()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Names in the `[dependencies]` table of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some(name) = line.split(['.', ' ', '=']).next() {
            found.insert(name.to_string());
        }
    }
    found
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn dependencies_run_one_way() {
    let names = names();
    for name in &names {
        let allowed = ALLOWED.iter().find(|(known, _)| known == name);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("crate {name} is not in the table"));
        let manifest = fs::read_to_string(crates().join(name).join("Cargo.toml")).unwrap();
        for dependency in dependencies(&manifest) {
            let ours = names.contains(&dependency);
            assert!(
                !ours || allowed.contains(&dependency.as_str()),
                "{name} may not depend on {dependency}"
            );
        }
    }
}

#[test]
fn pure_crates_forbid_the_clock_and_files() {
    for name in PURE {
        let rules = fs::read_to_string(crates().join(name).join("clippy.toml")).unwrap();
        for forbidden in ["SystemTime::now", "File::open"] {
            assert!(rules.contains(forbidden), "{name}/clippy.toml does not forbid {forbidden}");
        }
    }
}

#[test]
fn files_have_one_subject_and_say_which() {
    for name in names() {
        let mut files = Vec::new();
        sources(&crates().join(&name).join("src"), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let is_test = file.components().any(|part| {
                part.as_os_str().to_string_lossy().trim_end_matches(".rs").ends_with("tests")
            });
            assert!(
                is_test || text.starts_with("//!"),
                "{} does not open with what it is for",
                file.display()
            );
            assert!(
                is_test || text.lines().count() <= LINES_MAX,
                "{} is longer than {LINES_MAX} lines",
                file.display()
            );
            let ignored = concat!("#[", "ignore]");
            assert!(!text.contains(ignored), "{} ignores a test", file.display());
        }
    }
}
