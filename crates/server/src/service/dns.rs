//! Whether the domain of a mail provider says what receivers want to see before they trust its mail.
//!
//! What it is: the records that should be there (`channels::email::dns`), asked of name servers now, and the name
//! of the mail server's own address. What it is not: it writes nothing into anybody's domain.

use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;

use channels::email::dkim::Signer;
use channels::email::dns::lookup::{Error, Kind, Resolver, reverse};
use channels::email::dns::{Domain, Finding, Purpose, Record, check, covers, wanted};
use channels::secret::Secret;
use wire::api::{DnsRecord, DnsRecords, ProviderSettings};

use super::Service;
use crate::failure::Failure;
use crate::outbox::provider::Relay;

/// How long one name server may think.
const LIMIT: Duration = Duration::from_secs(4);
/// Where the machine's own name servers stand.
const SERVERS: &str = "/etc/resolv.conf";
/// Addresses of a mail server that are looked at.
const ADDRESSES_MAX: usize = 4;

impl Service {
    /// Name servers are these from now on, not the machine's own.
    pub fn resolve_with(&self, resolver: Resolver) {
        *self.resolver.write().unwrap_or_else(PoisonError::into_inner) = Some(resolver);
    }

    fn resolver(&self) -> Resolver {
        let own = self.resolver.read().unwrap_or_else(PoisonError::into_inner).clone();
        own.unwrap_or_else(|| {
            let text = std::fs::read_to_string(SERVERS).unwrap_or_default();
            Resolver::of_configuration(&text, LIMIT)
        })
    }

    /// The same on this thread, which may block, where no runtime is there.
    pub fn check_dns_here(&self, id: &str) -> Result<DnsRecords, Failure> {
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|error| Failure::new(500, "server.task", error.to_string()))?;
        runtime.block_on(self.check_dns(id))
    }

    /// Asks for every record that mail of a provider needs.
    pub async fn check_dns(&self, id: &str) -> Result<DnsRecords, Failure> {
        let (service, own) = (self.clone(), id.to_owned());
        let read = tokio::task::spawn_blocking(move || {
            Ok((service.provider_settings(&own)?, service.resolver()))
        });
        let (settings, resolver): (ProviderSettings, Resolver) = read
            .await
            .unwrap_or_else(|error| Err(Failure::new(500, "server.task", error.to_string())))?;
        let (domain, host) = domain_of(&settings)?;
        let mut records = Vec::new();
        for record in wanted(&domain) {
            let Some(kind) = Kind::parse(record.kind) else { continue };
            let answers = resolver.lookup(kind, &record.name).await;
            let answers = match answers {
                Ok(answers) => answers,
                Err(error) => {
                    records.push(unanswered(&record, &error));
                    continue;
                }
            };
            let mut finding = check(&record, &answers);
            // What names the servers otherwise is as good, if the mail server's addresses are among them.
            if record.purpose == Purpose::Spf
                && matches!(finding, Finding::Wrong(_))
                && covers(&resolver, &record.name, &addresses(&resolver, &host).await).await
            {
                finding = Finding::Good;
            }
            // Whoever takes bounces is a matter of whose mailbox they go to.
            if record.purpose == Purpose::ReturnPath && !answers.is_empty() {
                finding = Finding::Good;
            }
            records.push(shown(&record, finding, relevant(&record, answers)));
        }
        if Relay::of(&host) == Relay::Other {
            records.extend(named(&resolver, &host).await);
        }
        let right = records.iter().all(|record| record.state == "good" || record.state == "weak");
        Ok(DnsRecords { domain: domain.domain, right, records })
    }
}

/// What is known of the domain of a mail provider, and its mail server.
fn domain_of(settings: &ProviderSettings) -> Result<(Domain, String), Failure> {
    let ProviderSettings::Smtp {
        host,
        from,
        bounce_domain,
        dkim_domain,
        dkim_selector,
        dkim_key,
        spf,
        ..
    } = settings
    else {
        let message = "only e-mail needs records of a domain; this provider is for another channel";
        return Err(Failure::unprocessable("provider.dns", message));
    };
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
    let signing = dkim_domain.clone().unwrap_or_else(|| domain.clone());
    let keys = match (dkim_selector, dkim_key) {
        (Some(selector), Some(key)) => {
            let signer = Signer::new(&signing, selector, &Secret::new(key.clone()))
                .map_err(|error| Failure::unprocessable("provider.dns", error.to_string()))?;
            vec![(signer.record_name(), signer.record())]
        }
        _ => Vec::new(),
    };
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let mechanism = spf.clone().filter(|own| !own.trim().is_empty());
    let domain = Domain {
        return_path: bounce_domain.clone().unwrap_or_else(|| domain.clone()),
        domain,
        keys,
        spf_mechanism: mechanism.unwrap_or_else(|| mechanism_of(&host)),
        mail_exchanger: host.clone(),
        dmarc_reports: None,
    };
    Ok((domain, host))
}

/// How SPF names the servers behind a mail server.
fn mechanism_of(host: &str) -> String {
    let known = match Relay::of(host) {
        Relay::Ses => "include:amazonses.com",
        Relay::SendGrid => "include:sendgrid.net",
        Relay::Mailgun => "include:mailgun.org",
        Relay::Postmark => "include:spf.mtasv.net",
        Relay::Other => "",
    };
    match (known, host.parse::<IpAddr>()) {
        ("", Ok(IpAddr::V4(own))) => format!("ip4:{own}"),
        ("", Ok(IpAddr::V6(own))) => format!("ip6:{own}"),
        ("", Err(_)) => format!("a:{host}"),
        (known, _) => known.to_owned(),
    }
}

/// The addresses of a mail server.
async fn addresses(resolver: &Resolver, host: &str) -> Vec<IpAddr> {
    if let Ok(own) = host.parse() {
        return vec![own];
    }
    let mut all = Vec::new();
    for kind in [Kind::A, Kind::Aaaa] {
        let found = resolver.lookup(kind, host).await.unwrap_or_default();
        all.extend(found.iter().filter_map(|text| text.parse::<IpAddr>().ok()));
    }
    all.truncate(ADDRESSES_MAX);
    all
}

/// Whether the addresses of a mail server have its name, as receivers look it up.
async fn named(resolver: &Resolver, host: &str) -> Vec<DnsRecord> {
    let mut records = Vec::new();
    for address in addresses(resolver, host).await {
        let name = reverse(address);
        let mut record = DnsRecord {
            purpose: "reverse".to_owned(),
            kind: "PTR".to_owned(),
            name: name.clone(),
            value: host.to_owned(),
            found: Vec::new(),
            state: "good".to_owned(),
            advice: None,
        };
        let wrong = |record: &mut DnsRecord, state: &str, advice: String| {
            record.state = state.to_owned();
            record.advice = Some(advice);
        };
        match resolver.lookup(Kind::Ptr, &name).await {
            Err(error) => wrong(&mut record, "unknown", error.to_string()),
            Ok(found) if found.is_empty() => {
                let advice = "receivers refuse mail from addresses without a name; whoever gave you the address sets it";
                wrong(&mut record, "missing", advice.to_owned());
            }
            Ok(found) => {
                let mut back = false;
                for own in found.iter().take(ADDRESSES_MAX) {
                    back |= addresses(resolver, own).await.contains(&address);
                }
                record.found = found;
                if !back {
                    let advice = format!("the name does not lead back to {address}");
                    wrong(&mut record, "wrong", advice);
                }
            }
        }
        records.push(record);
    }
    records
}

/// Of the answers those that are about what was asked for: a domain has other texts, too.
fn relevant(record: &Record, answers: Vec<String>) -> Vec<String> {
    let begins = match record.purpose {
        Purpose::Spf => "v=spf1",
        Purpose::Dmarc => "v=dmarc1",
        Purpose::Dkim | Purpose::ReturnPath => "",
    };
    answers.into_iter().filter(|text| text.to_ascii_lowercase().starts_with(begins)).collect()
}

fn purpose(of: Purpose) -> &'static str {
    match of {
        Purpose::Dkim => "dkim",
        Purpose::Spf => "spf",
        Purpose::Dmarc => "dmarc",
        Purpose::ReturnPath => "return_path",
    }
}

fn shown(record: &Record, finding: Finding, found: Vec<String>) -> DnsRecord {
    let (state, advice) = match finding {
        Finding::Good => ("good", None),
        Finding::Weak(advice) => ("weak", Some(advice)),
        Finding::Missing => ("missing", Some("add this record to the domain".to_owned())),
        Finding::Wrong(advice) => ("wrong", Some(advice)),
    };
    DnsRecord {
        purpose: purpose(record.purpose).to_owned(),
        kind: record.kind.to_owned(),
        name: record.name.clone(),
        value: record.value.clone(),
        found,
        state: state.to_owned(),
        advice,
    }
}

fn unanswered(record: &Record, error: &Error) -> DnsRecord {
    let state = Finding::Weak(error.to_string());
    DnsRecord { state: "unknown".to_owned(), ..shown(record, state, Vec::new()) }
}
