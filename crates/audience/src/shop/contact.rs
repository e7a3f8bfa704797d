//! How a person can be reached, and what they do with a message.
//!
//! What it is: a name, an e-mail address, a telephone number, a city, a device with its token, all made of the
//! person's number and the seed. What it is not: reachable. Addresses are of domains that are set aside for
//! examples (RFC 2606), numbers of the range that North America sets aside for fiction (555-0100 to 555-0199),
//! and tokens are known to no service.

use model::facts::{PUSH_ENABLED, TOKEN_APNS, TOKEN_FCM, TOKEN_WEB};
use model::{Span, Text, Value};

use super::world::{PLATFORMS, World};
use crate::chance::Chance;

/// Streams of chance of their own, so that what people do stays what it was before they had addresses.
const CONTACTS: u64 = 5;
const REACTIONS: u64 = 6;

const DOMAINS: [&str; 3] = ["example.com", "example.net", "example.org"];
/// Share of people with an account who gave an address, and a telephone number.
const HAS_EMAIL: f64 = 0.97;
const HAS_PHONE: f64 = 0.7;
/// Share of people who begin with a trial of the plan "plus", and how long it lasts.
const TRIAL: f64 = 0.3;
pub(super) const TRIAL_LASTS: Span = Span::days(14);

/// Share of e-mails that somebody opens, of opened ones in which they follow the link, and of opened ones after
/// which they want no more: what senders of newsletters to shoppers report, roughly.
const OPENS: f64 = 0.38;
const CLICKS: f64 = 0.34;
const UNSUBSCRIBES: f64 = 0.012;
/// Share of the others that a program opens for its owner.
const OPENED_BY_MACHINE: f64 = 0.12;
/// Median time until an e-mail is opened.
const OPEN_HOURS: f64 = 3.0;

/// Keys of a subscription of a browser: those of the example of RFC 8291.
const WEB_KEY: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const WEB_SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";

/// Names as they are written, and as they stand in addresses.
type Names = [(&'static str, &'static str); 8];

/// First names, last names.
fn names(language: &str) -> (&'static Names, &'static Names) {
    match language {
        "tr" => (
            &[
                ("Ayşe", "ayse"),
                ("Mehmet", "mehmet"),
                ("Zeynep", "zeynep"),
                ("Emre", "emre"),
                ("Elif", "elif"),
                ("Can", "can"),
                ("Derya", "derya"),
                ("Ozan", "ozan"),
            ],
            &[
                ("Yılmaz", "yilmaz"),
                ("Kaya", "kaya"),
                ("Demir", "demir"),
                ("Çelik", "celik"),
                ("Şahin", "sahin"),
                ("Aydın", "aydin"),
                ("Arslan", "arslan"),
                ("Doğan", "dogan"),
            ],
        ),
        "id" => (
            &[
                ("Siti", "siti"),
                ("Budi", "budi"),
                ("Dewi", "dewi"),
                ("Agus", "agus"),
                ("Rina", "rina"),
                ("Joko", "joko"),
                ("Putri", "putri"),
                ("Hendra", "hendra"),
            ],
            &[
                ("Wijaya", "wijaya"),
                ("Santoso", "santoso"),
                ("Pratama", "pratama"),
                ("Lestari", "lestari"),
                ("Hidayat", "hidayat"),
                ("Saputra", "saputra"),
                ("Utami", "utami"),
                ("Nugroho", "nugroho"),
            ],
        ),
        "de" => (
            &[
                ("Anna", "anna"),
                ("Lukas", "lukas"),
                ("Marie", "marie"),
                ("Jonas", "jonas"),
                ("Lea", "lea"),
                ("Felix", "felix"),
                ("Jörg", "joerg"),
                ("Käthe", "kaethe"),
            ],
            &[
                ("Müller", "mueller"),
                ("Schmidt", "schmidt"),
                ("Fischer", "fischer"),
                ("Weber", "weber"),
                ("Becker", "becker"),
                ("Wagner", "wagner"),
                ("Schäfer", "schaefer"),
                ("Koch", "koch"),
            ],
        ),
        "ar" => (
            &[
                ("محمد", "mohammed"),
                ("فاطمة", "fatima"),
                ("أحمد", "ahmed"),
                ("مريم", "maryam"),
                ("عمر", "omar"),
                ("نورة", "noura"),
                ("خالد", "khalid"),
                ("ليلى", "layla"),
            ],
            &[
                ("الحربي", "alharbi"),
                ("حسن", "hassan"),
                ("العتيبي", "alotaibi"),
                ("إبراهيم", "ibrahim"),
                ("القحطاني", "alqahtani"),
                ("محمود", "mahmoud"),
                ("الزهراني", "alzahrani"),
                ("سالم", "salem"),
            ],
        ),
        "pt" => (
            &[
                ("Ana", "ana"),
                ("João", "joao"),
                ("Beatriz", "beatriz"),
                ("Lucas", "lucas"),
                ("Júlia", "julia"),
                ("Pedro", "pedro"),
                ("Camila", "camila"),
                ("Rafael", "rafael"),
            ],
            &[
                ("Silva", "silva"),
                ("Santos", "santos"),
                ("Oliveira", "oliveira"),
                ("Souza", "souza"),
                ("Lima", "lima"),
                ("Costa", "costa"),
                ("Araújo", "araujo"),
                ("Ribeiro", "ribeiro"),
            ],
        ),
        _ => (
            &[
                ("Olivia", "olivia"),
                ("Noah", "noah"),
                ("Amelia", "amelia"),
                ("George", "george"),
                ("Grace", "grace"),
                ("Henry", "henry"),
                ("Chloe", "chloe"),
                ("Theo", "theo"),
            ],
            &[
                ("Smith", "smith"),
                ("Taylor", "taylor"),
                ("Brown", "brown"),
                ("Wilson", "wilson"),
                ("Evans", "evans"),
                ("Walker", "walker"),
                ("Hughes", "hughes"),
                ("O’Neill", "oneill"),
            ],
        ),
    }
}

fn cities(country: &str) -> &'static [&'static str] {
    match country {
        "TR" => &["İstanbul", "Ankara", "İzmir", "Bursa"],
        "ID" => &["Jakarta", "Surabaya", "Bandung"],
        "DE" => &["Berlin", "Hamburg", "München", "Köln"],
        "GB" => &["London", "Manchester", "Leeds"],
        "US" => &["New York", "Boston", "Atlanta"],
        "SA" => &["الرياض", "جدة", "الدمام"],
        "BR" => &["São Paulo", "Rio de Janeiro", "Curitiba"],
        "EG" => &["القاهرة", "الإسكندرية", "الجيزة"],
        _ => &["London"],
    }
}

/// How a person can be reached.
pub(super) struct Contact {
    pub name: String,
    pub email: Option<Text>,
    pub phone: Option<Text>,
    pub city: &'static str,
    pub trial: bool,
}

/// What somebody does with an e-mail, each so long after it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing.
    None,
    /// A program looked at it for them.
    Machine {
        /// When.
        after: Span,
    },
    /// They opened it.
    Opened {
        /// When.
        after: Span,
        /// When they followed its link.
        clicked: Option<Span>,
        /// When they said that they want no more.
        unsubscribed: Option<Span>,
    },
}

pub(super) fn contact(world: &World, number: u32, (country, language): (&str, &str)) -> Contact {
    let mut chance = Chance::at(world.seed, &[CONTACTS, u64::from(number)]);
    let (first, last) = names(language);
    let (first, last) = (first[chance.below(first.len())], last[chance.below(last.len())]);
    let domain = DOMAINS[chance.below(DOMAINS.len())];
    let email = format!("{}.{}.{number}@{domain}", first.1, last.1);
    let cities = cities(country);
    Contact {
        name: format!("{} {}", first.0, last.0),
        email: chance.happens(HAS_EMAIL).then(|| Text::from(email)),
        phone: phone(number).filter(|_| chance.happens(HAS_PHONE)).map(Text::from),
        city: cities[chance.below(cities.len())],
        trial: chance.happens(TRIAL),
    }
}

/// A number of fiction: a hundred in each area of North America. Nobody has two, and whoever comes after all
/// are given away has none.
fn phone(number: u32) -> Option<String> {
    // Areas whose numbers end in 11 are services.
    let area = (200..1_000u32).filter(|area| area % 100 != 11).nth(number as usize / 100)?;
    Some(format!("+1{area}55501{:02}", number % 100))
}

/// The number of the person whose address it is.
pub(super) fn number_of(email: &str) -> Option<u32> {
    let (name, domain) = email.split_once('@')?;
    DOMAINS.contains(&domain).then(|| name.rsplit_once('.')?.1.parse().ok()).flatten()
}

/// Values under names.
type Named = Vec<(Text, Value)>;

/// What is known of a device: what its person has as attributes too, and what it alone has.
pub(super) fn device(
    platform: u8,
    device: &str,
    push: bool,
    (country, city): (&'static str, &'static str),
) -> (Named, Named) {
    let name = PLATFORMS[usize::from(platform)].0;
    let (os, kind) = match name {
        "android" => ("Android", "mobile"),
        "ios" => ("iOS", "mobile"),
        _ => ("Windows", "desktop"),
    };
    let text =
        |name: &'static str, value: &'static str| (Text::const_new(name), Value::text(value));
    let attributes = vec![
        text("device.kind", kind),
        text("device.os", os),
        text("geo.city", city),
        text("geo.country", country),
    ];
    let secret = device.trim_start_matches("device-");
    let own = |text: String| Value::Text(Text::from(text));
    let token = match name {
        "android" => (TOKEN_FCM, own(format!("simulated-{secret}"))),
        "ios" => (TOKEN_APNS, own(format!("{secret:0>64}"))),
        _ => {
            let endpoint = own(format!("https://push.example.com/{secret}"));
            let keys = [Value::text(WEB_KEY), Value::text(WEB_SECRET)];
            let [key, auth] = keys;
            (TOKEN_WEB, Value::List([endpoint, key, auth].into()))
        }
    };
    let mut facts = vec![(Text::const_new(PUSH_ENABLED), Value::Bool(push))];
    if push {
        facts.push((Text::const_new(token.0), token.1));
    }
    (attributes, facts)
}

/// What a person does with one of several messages.
pub(super) fn reaction(world: &World, number: u32, message: u64) -> Reaction {
    let mut chance = Chance::at(world.seed, &[REACTIONS, u64::from(number), message]);
    let hours = |n: f64| Span((n * Span::HOUR.0 as f64) as i64);
    let after = hours(chance.log_normal(OPEN_HOURS, 1.1).min(72.0));
    if !chance.happens(OPENS) {
        return match chance.happens(OPENED_BY_MACHINE) {
            true => Reaction::Machine { after: hours(0.01) },
            false => Reaction::None,
        };
    }
    let later = |chance: &mut Chance| Span(after.0 + 5_000 + chance.exponential(60_000.0) as i64);
    let clicked = chance.happens(CLICKS).then(|| later(&mut chance));
    let unsubscribed = chance.happens(UNSUBSCRIBES).then(|| later(&mut chance));
    Reaction::Opened { after, clicked, unsubscribed }
}
