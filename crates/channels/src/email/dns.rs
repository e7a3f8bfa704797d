//! The DNS records that a sending domain needs, and whether they are there.
//!
//! Pure but for [`lookup`], which asks, and [`covers`]: it says what to ask for and judges the answers. Four records let a
//! receiver trust an email: who may send (SPF) and who signs (DKIM), what to do with what fails both
//! (DMARC), and where bounces go (MX of the return path's domain).

pub mod lookup;
mod spf;
#[cfg(test)]
mod tests;

pub use spf::covers;

/// Lookups that one SPF record may cause (RFC 7208, 4.6.4).
pub const SPF_LOOKUPS_MAX: usize = 10;
/// Longest piece of a TXT record in bytes; longer texts are split for DNS.
pub const TXT_BYTES_MAX: usize = 255;

/// What is known of a sending domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The domain after the `@` of the sender.
    pub domain: String,
    /// The domain after the `@` of the return path; the same one or below it.
    pub return_path: String,
    /// Names and texts of the DKIM records, as the signers say them.
    pub keys: Vec<(String, String)>,
    /// How SPF names the servers that send: `include:amazonses.com`, `ip4:192.0.2.1`, `mx`.
    pub spf_mechanism: String,
    /// The host that takes bounces.
    pub mail_exchanger: String,
    /// Where reports about DMARC go, an address; `None` for no reports.
    pub dmarc_reports: Option<String>,
}

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The public key of a signature.
    Dkim,
    /// Which servers may send.
    Spf,
    /// What becomes of email that fails both.
    Dmarc,
    /// Where bounces go.
    ReturnPath,
}

/// One record to set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is for.
    pub purpose: Purpose,
    /// `TXT` or `MX`.
    pub kind: &'static str,
    /// Its name, without a dot at the end.
    pub name: String,
    /// Its text; for `MX` the priority and the host.
    pub value: String,
}

impl Record {
    /// The text in pieces of at most [`TXT_BYTES_MAX`] bytes, in quotes, as zone files want it.
    pub fn zone_text(&self) -> String {
        let pieces = self.value.as_bytes().chunks(TXT_BYTES_MAX);
        let pieces = pieces.map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)));
        pieces.collect::<Vec<_>>().join(" ")
    }
}

/// What was found of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be.
    Good,
    /// It works, and could be better.
    Weak(String),
    /// There is none.
    Missing,
    /// It is there and does not do what it should.
    Wrong(String),
}

/// The records that a domain needs, most important first.
pub fn wanted(domain: &Domain) -> Vec<Record> {
    let txt = |purpose, name: String, value| Record { purpose, kind: "TXT", name, value };
    let keys = domain.keys.iter();
    let mut records: Vec<Record> =
        keys.map(|(name, text)| txt(Purpose::Dkim, name.clone(), text.clone())).collect();
    let spf = format!("v=spf1 {} ~all", domain.spf_mechanism);
    records.push(txt(Purpose::Spf, domain.return_path.clone(), spf));
    let reports = domain.dmarc_reports.as_deref();
    let reports = reports.map(|to| format!("; rua=mailto:{to}")).unwrap_or_default();
    let dmarc = format!("v=DMARC1; p=none{reports}");
    records.push(txt(Purpose::Dmarc, format!("_dmarc.{}", domain.domain), dmarc));
    records.push(Record {
        purpose: Purpose::ReturnPath,
        kind: "MX",
        name: domain.return_path.clone(),
        value: format!("10 {}", domain.mail_exchanger),
    });
    records
}

/// Judges the answers for a record: all texts of its name (each with its pieces joined), or for `MX`
/// all hosts, with or without the priority before them.
pub fn check(record: &Record, answers: &[String]) -> Finding {
    match record.purpose {
        Purpose::Dkim => dkim(&record.value, answers),
        Purpose::Spf => judge_spf(&record.value, answers),
        Purpose::Dmarc => dmarc(answers),
        Purpose::ReturnPath => mail_exchanger(&record.value, answers),
    }
}

/// The value of a tag in `a=1; b=2`, without blanks inside.
fn tag(text: &str, name: &str) -> Option<String> {
    let tags = text.split(';').filter_map(|tag| tag.split_once('='));
    let mut found = tags.filter(|(tag, _)| tag.trim().eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.split_ascii_whitespace().collect())
}

fn dkim(wanted: &str, answers: &[String]) -> Finding {
    let keys: Vec<&String> = answers.iter().filter(|text| tag(text, "p").is_some()).collect();
    let key = match keys.as_slice() {
        [] => return Finding::Missing,
        [key] => key,
        several => {
            return Finding::Wrong(format!("there are {} keys under this name", several.len()));
        }
    };
    let found = tag(key, "p").unwrap_or_default();
    if found.is_empty() {
        return Finding::Wrong("the key was revoked (its p= is empty)".to_owned());
    }
    if Some(&found) != tag(wanted, "p").as_ref() {
        return Finding::Wrong("it is another key than the one that signs".to_owned());
    }
    let kind = |text: &str| tag(text, "k").unwrap_or_else(|| "rsa".to_owned());
    if !kind(key).eq_ignore_ascii_case(&kind(wanted)) {
        return Finding::Wrong(format!("its k= should be {}", kind(wanted)));
    }
    let testing = tag(key, "t").is_some_and(|flags| flags.split(':').any(|flag| flag == "y"));
    if testing {
        return Finding::Weak("it is marked as a test (t=y); remove that".to_owned());
    }
    Finding::Good
}

fn judge_spf(wanted: &str, answers: &[String]) -> Finding {
    let is_spf = |text: &&String| {
        text.split_ascii_whitespace().next().is_some_and(|v| v.eq_ignore_ascii_case("v=spf1"))
    };
    let records: Vec<&String> = answers.iter().filter(is_spf).collect();
    let record = match records.as_slice() {
        [] => return Finding::Missing,
        [record] => record.to_ascii_lowercase(),
        several => {
            let n = several.len();
            return Finding::Wrong(format!("there are {n} SPF records; write them as one"));
        }
    };
    let terms: Vec<&str> = record.split_ascii_whitespace().skip(1).collect();
    let wanted = wanted.to_ascii_lowercase();
    let mechanisms = wanted.split_ascii_whitespace().skip(1).filter(|term| !term.ends_with("all"));
    for mechanism in mechanisms {
        let here = |term: &&&str| term.trim_start_matches('+') == mechanism;
        let Some(at) = terms.iter().position(|term| here(&term)) else {
            return Finding::Wrong(format!("it does not have {mechanism}"));
        };
        let all =
            terms.iter().position(|term| term.trim_start_matches(['+', '-', '~', '?']) == "all");
        if all.is_some_and(|all| all < at) {
            return Finding::Wrong(format!("{mechanism} stands after all and is never read"));
        }
    }
    let asks = ["include:", "a", "mx", "ptr", "exists:", "redirect="];
    let lookups = terms.iter().filter(|term| {
        let term = term.trim_start_matches(['+', '-', '~', '?']);
        asks.iter().any(|ask| match ask.ends_with([':', '=']) {
            true => term.starts_with(ask),
            false => term.split([':', '/']).next() == Some(ask),
        })
    });
    let lookups = lookups.count();
    if lookups > SPF_LOOKUPS_MAX {
        let why = format!("it causes {lookups} lookups and {SPF_LOOKUPS_MAX} are allowed");
        return Finding::Wrong(why);
    }
    if terms.iter().any(|term| matches!(*term, "+all" | "all")) {
        return Finding::Weak("it lets every server send (+all); write ~all".to_owned());
    }
    let ended = |term: &&str| term.ends_with("all") || term.starts_with("redirect=");
    if !terms.iter().any(ended) {
        return Finding::Weak("it does not say what others are; end it with ~all".to_owned());
    }
    Finding::Good
}

fn dmarc(answers: &[String]) -> Finding {
    let version = |text: &&String| tag(text, "v").is_some_and(|v| v == "DMARC1");
    let records: Vec<&String> = answers.iter().filter(version).collect();
    let record = match records.as_slice() {
        [] => return Finding::Missing,
        [record] => record,
        several => {
            let n = several.len();
            return Finding::Wrong(format!("there are {n} DMARC records; keep one"));
        }
    };
    match tag(record, "p").map(|policy| policy.to_ascii_lowercase()).as_deref() {
        Some("none" | "quarantine" | "reject") => Finding::Good,
        Some(other) => {
            Finding::Wrong(format!("its policy is \"{}\"", crate::contract::clip(other)))
        }
        None => Finding::Wrong("it has no policy; write p=none to begin with".to_owned()),
    }
}

fn mail_exchanger(wanted: &str, answers: &[String]) -> Finding {
    let host = |text: &str| {
        let host = text.split_ascii_whitespace().last().unwrap_or_default();
        host.trim_end_matches('.').to_ascii_lowercase()
    };
    if answers.is_empty() {
        return Finding::Missing;
    }
    if answers.iter().any(|answer| host(answer) == host(wanted)) {
        return Finding::Good;
    }
    let first = answers.first().map(|answer| host(answer)).unwrap_or_default();
    Finding::Wrong(format!("bounces go to {} instead", crate::contract::clip(&first)))
}
