//! Puts the dashboard and the web SDK into the binary: builds `web/` and `sdk/web/` where Node is
//! present, and otherwise writes one page that says how to get them. `PERENNIAL_SKIP_WEB=1` takes
//! what is already built.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// A folder that npm builds into its `dist/`.
struct Project {
    folder: PathBuf,
    sources: &'static [&'static str],
    /// What is there once it is built.
    entry: &'static str,
    name: &'static str,
}

fn projects() -> [Project; 2] {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("../..");
    let dashboard = Project {
        folder: root.join("web"),
        sources: &[
            "src",
            "index.html",
            "package.json",
            "package-lock.json",
            "public",
            "scripts",
            "tsconfig.json",
            "vite.config.ts",
        ],
        entry: "index.html",
        name: "dashboard",
    };
    let sdk = Project {
        folder: root.join("sdk/web"),
        sources: &[
            "src",
            "package.json",
            "package-lock.json",
            "scripts",
            "tsconfig.json",
            "README.md",
        ],
        entry: "perennial.js",
        name: "web SDK",
    };
    [dashboard, sdk]
}

fn main() {
    let out = PathBuf::from(variable("OUT_DIR"));
    println!("cargo::rerun-if-env-changed=PERENNIAL_SKIP_WEB");
    println!("cargo::rerun-if-changed=build.rs");
    let skip = std::env::var("PERENNIAL_SKIP_WEB").is_ok_and(|value| value == "1");
    let [dashboard, sdk] = projects();
    for project in [&dashboard, &sdk] {
        project.sources.iter().for_each(|source| watch(&project.folder.join(source)));
        if skip {
            watch(&project.dist());
        } else if project.folder.join("package-lock.json").exists() && project.stale() {
            build(project);
        }
    }
    // Our own copy: the folder may change while the compiler reads it.
    let copy = out.join("dist");
    let _ = fs::remove_dir_all(&copy);
    match dashboard.built() {
        true => copy_folder(&dashboard.dist(), &copy, &|file| !named(file, "map")),
        false => placeholder(&copy),
    }
    if sdk.built() {
        // People who debug their page want the source map; types are for those who install it.
        copy_folder(&sdk.dist(), &copy.join("sdk"), &|file| !named(file, "ts"));
    }
    fs::write(out.join("pages.rs"), list(&copy, dashboard.built()))
        .expect("OUT_DIR can be written");
}

impl Project {
    fn dist(&self) -> PathBuf {
        self.folder.join("dist")
    }

    fn built(&self) -> bool {
        self.dist().join(self.entry).exists()
    }

    /// Whether what is built is missing or older than its sources.
    fn stale(&self) -> bool {
        let Some(built) = modified(&self.dist().join(self.entry)) else { return true };
        let newest = self.sources.iter().filter_map(|source| newest(&self.folder.join(source)));
        newest.max().is_some_and(|source| source > built)
    }
}

fn named(file: &Path, kind: &str) -> bool {
    file.extension().is_some_and(|extension| extension == kind)
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

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|facts| facts.modified()).ok()
}

fn newest(path: &Path) -> Option<SystemTime> {
    let inside = fs::read_dir(path).into_iter().flatten().flatten();
    let inside = inside.filter_map(|entry| newest(&entry.path()));
    if path.is_dir() { inside.max() } else { modified(path) }
}

fn build(project: &Project) {
    let Project { folder, name, .. } = project;
    if !runs(folder, &["--version"]) {
        println!("cargo::warning=Node is not installed: the {name} is left out of this build");
        return;
    }
    if !runs(folder, &["ci", "--no-audit", "--no-fund"]) || !runs(folder, &["run", "build"]) {
        println!(
            "cargo::warning=the {name} could not be built; try `npm ci && npm run build` in {}/",
            folder.display()
        );
    }
}

/// Runs npm; what it prints must not reach cargo's own channel.
fn runs(folder: &Path, arguments: &[&str]) -> bool {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(output) => {
            eprintln!("{}", String::from_utf8_lossy(&output.stdout));
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
            output.status.success()
        }
        Err(_) => false,
    }
}

fn copy_folder(from: &Path, to: &Path, wanted: &dyn Fn(&Path) -> bool) {
    fs::create_dir_all(to).expect("OUT_DIR can be written");
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target, wanted);
        } else if wanted(&path) {
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
