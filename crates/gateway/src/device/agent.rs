//! What a user agent says: browser, system, kind of device.
//!
//! Our own and small on purpose: browsers have frozen most of what they say, so that what is left is a
//! few words in a fixed order, and lists of thousands of patterns cost megabytes and a second at the
//! start. What it is not: it knows no model that the text does not name.

/// What a user agent says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// `phone`, `tablet`, `desktop`, `tv`, `console` or `bot`.
    pub kind: Option<&'static str>,
    /// System.
    pub os: Option<&'static str>,
    /// Its version, if it is a true one: many browsers say the same on every version of macOS.
    pub os_version: Option<String>,
    /// Browser.
    pub browser: Option<&'static str>,
    /// The first number of its version.
    pub browser_version: Option<String>,
    /// Model, where it is named.
    pub model: Option<String>,
}

/// Browsers by the word before their version. The first that is there counts, as most also say that
/// they are those that they are derived from.
const BROWSERS: [(&str, &str); 19] = [
    ("Instagram ", "Instagram"),
    ("FBAV/", "Facebook"),
    ("EdgiOS/", "Edge"),
    ("EdgA/", "Edge"),
    ("Edg/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("UCBrowser/", "UC Browser"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
];

/// Words of programs that read pages for nobody.
const BOTS: [&str; 7] =
    ["bot/", "bot;", "spider", "crawler", "slurp", "headlesschrome", "facebookexternalhit"];

impl Agent {
    /// Reads the text of a `User-Agent`.
    pub fn of(text: &str) -> Agent {
        let mut agent = Agent::default();
        agent.system(text);
        agent.browser(text);
        let lower = text.to_ascii_lowercase();
        if BOTS.iter().any(|word| lower.contains(word)) {
            agent.kind = Some("bot");
        }
        agent
    }

    /// Whether a person's device says it.
    pub fn device(&self) -> bool {
        self.os.is_some() && self.kind != Some("bot")
    }

    fn system(&mut self, text: &str) {
        let has = |word: &str| text.contains(word);
        let dotted = |after: &str| version(text, after).map(|found| found.replace('_', "."));
        let (kind, os, os_version) = if has("Windows Phone") {
            ("phone", "Windows Phone", version(text, "Windows Phone "))
        } else if has("Xbox") {
            ("console", "Windows", None)
        } else if has("PlayStation") || has("Nintendo") {
            let os = if has("PlayStation") { "PlayStation" } else { "Nintendo" };
            ("console", os, None)
        } else if let Some(nt) = version(text, "Windows NT ") {
            let name = match nt.as_str() {
                "10.0" => Some("10"),
                "6.3" => Some("8.1"),
                "6.2" => Some("8"),
                "6.1" => Some("7"),
                _ => None,
            };
            ("desktop", "Windows", name.map(str::to_owned))
        } else if has("iPad") {
            ("tablet", "iPadOS", dotted("CPU OS "))
        } else if has("iPhone") || has("iPod") {
            ("phone", "iOS", dotted("iPhone OS "))
        } else if has("Android") {
            self.model = android_model(text);
            let tv = has("; AFT") || has("BRAVIA") || has(" TV") || has("GoogleTV");
            let kind = if tv {
                "tv"
            } else if has("Mobile") {
                "phone"
            } else {
                "tablet"
            };
            (kind, "Android", version(text, "Android "))
        } else if has("Web0S") || has("Tizen") || has("SMART-TV") {
            ("tv", if has("Tizen") { "Tizen" } else { "webOS" }, None)
        } else if has("Mac OS X") || has("Macintosh") {
            ("desktop", "macOS", dotted("Mac OS X ").filter(|found| found != "10.15.7"))
        } else if has("CrOS") {
            ("desktop", "ChromeOS", None)
        } else if has("Linux") || has("X11") {
            ("desktop", "Linux", None)
        } else {
            return;
        };
        (self.kind, self.os, self.os_version) = (Some(kind), Some(os), os_version);
        if os == "iPadOS" || os == "iOS" {
            let model = ["iPad", "iPod", "iPhone"].into_iter().find(|word| has(word));
            self.model = model.map(str::to_owned);
        }
    }

    fn browser(&mut self, text: &str) {
        let known = BROWSERS.into_iter().find(|(word, _)| text.contains(word));
        let (name, found) = match known {
            Some(("Trident/", name)) => (name, version(text, "rv:")),
            Some(("Chrome/", _)) if text.contains("; wv)") => {
                ("Android WebView", version(text, "Chrome/"))
            }
            Some((word, name)) => (name, version(text, word)),
            None if text.contains("Safari/") && text.contains("Version/") => {
                let android = text.contains("Android");
                (if android { "Android Browser" } else { "Safari" }, version(text, "Version/"))
            }
            None => return,
        };
        self.browser = Some(name);
        let first = found.and_then(|found| found.split(['.', '_']).next().map(str::to_owned));
        self.browser_version = first.filter(|first| !first.is_empty());
    }
}

/// What kind of device one of a system with a model is, where it can be told.
pub(super) fn kind_of_model(os: &str, model: &str) -> Option<&'static str> {
    match os {
        "iOS" | "iPadOS" if model.starts_with("iPad") => Some("tablet"),
        "iOS" if model.starts_with("iPhone") || model.starts_with("iPod") => Some("phone"),
        "tvOS" => Some("tv"),
        "macOS" | "Windows" => Some("desktop"),
        _ => None,
    }
}

/// The digits, dots and underscores behind a word.
fn version(text: &str, word: &str) -> Option<String> {
    let rest = &text[text.find(word)? + word.len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_');
    let found = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', '_']);
    (!found.is_empty()).then(|| found.to_owned())
}

/// The model in `(Linux; Android 14; Pixel 8 Build/…)`. `K` stands for any model.
fn android_model(text: &str) -> Option<String> {
    let inside = &text[text.find('(')? + 1..];
    let inside = &inside[..inside.find(')')?];
    let mut parts = inside.split(';').map(str::trim);
    parts.by_ref().find(|part| part.starts_with("Android"))?;
    let model = parts.find(|part| {
        let language = part.len() == 5 && matches!(part.as_bytes()[2], b'-' | b'_');
        !language
            && !matches!(*part, "wv" | "U" | "K" | "Mobile" | "Tablet" | "")
            && !part.starts_with("rv:")
    })?;
    let model = model.split(" Build").next().unwrap_or(model).trim();
    (!model.is_empty()).then(|| model.to_owned())
}
