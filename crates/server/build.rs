//! Puts the dashboard into the binary: builds `web/` where Node is present, and otherwise writes one
//! page that says how to get it. `PERENNIAL_SKIP_WEB=1` takes what is already built.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

const SOURCES: [&str; 8] = [
    "src",
    "index.html",
    "package.json",
    "package-lock.json",
    "public",
    "scripts",
    "tsconfig.json",
    "vite.config.ts",
];

fn main() {
    let web = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("../../web");
    let out = PathBuf::from(variable("OUT_DIR"));
    println!("cargo::rerun-if-env-changed=PERENNIAL_SKIP_WEB");
    SOURCES.iter().for_each(|source| watch(&web.join(source)));
    println!("cargo::rerun-if-changed=build.rs");
    let dist = web.join("dist");
    let skip = std::env::var("PERENNIAL_SKIP_WEB").is_ok_and(|value| value == "1");
    if skip {
        watch(&dist);
    }
    if !skip && web.join("package-lock.json").exists() && stale(&web, &dist) {
        build(&web);
    }
    // Our own copy: the folder may change while the compiler reads it.
    let copy = out.join("dist");
    let _ = fs::remove_dir_all(&copy);
    let built = dist.join("index.html").exists();
    match built {
        true => copy_folder(&dist, &copy),
        false => placeholder(&copy),
    }
    fs::write(out.join("pages.rs"), list(&copy, built)).expect("OUT_DIR can be written");
}

fn variable(name: &str) -> String {
    std::env::var(name).expect("cargo sets it")
}

/// A path that does not exist would make every build run this script again.
fn watch(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// Whether the built dashboard is missing or older than its sources.
fn stale(web: &Path, dist: &Path) -> bool {
    let Some(built) = modified(&dist.join("index.html")) else { return true };
    SOURCES.iter().filter_map(|source| newest(&web.join(source))).any(|source| source > built)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|facts| facts.modified()).ok()
}

fn newest(path: &Path) -> Option<SystemTime> {
    let inside = fs::read_dir(path).into_iter().flatten().flatten();
    let inside = inside.filter_map(|entry| newest(&entry.path()));
    if path.is_dir() { inside.max() } else { modified(path) }
}

fn build(web: &Path) {
    if !runs(web, &["--version"]) {
        println!("cargo::warning=Node is not installed: the dashboard is left out of this build");
        return;
    }
    if !runs(web, &["ci", "--no-audit", "--no-fund"]) || !runs(web, &["run", "build"]) {
        println!(
            "cargo::warning=the dashboard could not be built; try `npm ci && npm run build` in web/"
        );
    }
}

/// Runs npm; what it prints must not reach cargo's own channel.
fn runs(web: &Path, arguments: &[&str]) -> bool {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    match Command::new(program).args(arguments).current_dir(web).output() {
        Ok(output) => {
            eprintln!("{}", String::from_utf8_lossy(&output.stdout));
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
            output.status.success()
        }
        Err(_) => false,
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("OUT_DIR can be written");
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else if path.extension().is_none_or(|kind| kind != "map") {
            fs::copy(&path, &target).expect("OUT_DIR can be written");
        }
    }
}

fn placeholder(to: &Path) {
    fs::create_dir_all(to).expect("OUT_DIR can be written");
    fs::write(to.join("index.html"), include_str!("placeholder.html"))
        .expect("OUT_DIR can be written");
}

/// The Rust text that embeds every file.
fn list(folder: &Path, built: bool) -> String {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let mut text = format!("const BUILT: bool = {built};\nstatic PAGES: &[Page] = &[\n");
    for file in files {
        let inside = file.strip_prefix(folder).expect("found inside").to_string_lossy();
        let path = format!("/{}", inside.replace('\\', "/"));
        let mut hasher = DefaultHasher::new();
        fs::read(&file).expect("just copied").hash(&mut hasher);
        let (hash, file) = (format!("{:016x}", hasher.finish()), file.to_string_lossy());
        text += &format!(
            "    Page {{ path: {path:?}, hash: {hash:?}, bytes: include_bytes!({file:?}) }},\n"
        );
    }
    text + "];\n"
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => collect(&path, files),
            path => files.push(path),
        }
    }
}
