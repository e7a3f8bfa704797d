use model::{EventId, Timestamp};

use super::*;

fn event(name: &str, properties: &[(&str, Value)]) -> Record {
    let mut properties: Vec<_> =
        properties.iter().map(|(name, value)| (Text::new(name), value.clone())).collect();
    model::record::sort_properties(&mut properties);
    let (time, id) = (Timestamp(1_000), EventId(7));
    let what = What::Event(Event { name: name.into(), time, id, properties });
    Record { received_at: Timestamp(2_000), who: Who::anonymous("d-1"), what }
}

fn texts<'a>(properties: &[(&'a str, &str)]) -> Vec<(&'a str, Value)> {
    properties.iter().map(|(name, text)| (*name, Value::text(text))).collect()
}

/// The facts that follow, one `name=value` a line.
fn facts(record: &Record, place: Option<&Place>) -> Vec<String> {
    let made = Said::of(record).and_then(|said| said.facts(place));
    let Some(Record { what: What::Facts(told), .. }) = made else { return Vec::new() };
    let mut lines: Vec<String> = told
        .attributes
        .iter()
        .chain(&told.facts)
        .map(|(name, value)| match value {
            Value::Text(text) => format!("{name}={text}"),
            other => format!("{name}={other:?}"),
        })
        .collect();
    lines.sort();
    lines
}

fn check(name: &str, properties: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(facts(&event(name, &texts(properties)), None), expected, "{properties:?}");
}

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

#[test]
fn each_family_of_libraries_says_it_in_its_own_words() {
    // Segment's and RudderStack's mobile libraries.
    check(
        "Application Opened",
        &[
            ("context.app.build", "42"),
            ("context.app.name", "Shop"),
            ("context.app.version", "3.1.0"),
            ("context.device.id", "ignored, there is an anonymous id"),
            ("context.device.manufacturer", "Google"),
            ("context.device.model", "Pixel 9"),
            ("context.device.token", "token-1"),
            ("context.device.type", "android"),
            ("context.library.name", "analytics-kotlin"),
            ("context.library.version", "1.19.2"),
            ("context.locale", "de-DE"),
            ("context.os.name", "Android"),
            ("context.os.version", "15"),
            ("context.timezone", "Europe/Berlin"),
            ("context.traits.email", "ada@example.com"),
        ],
        &[
            "app.build=42",
            "app.name=Shop",
            "app.version=3.1.0",
            "device.language=de",
            "device.manufacturer=Google",
            "device.model=Pixel 9",
            "device.os=Android",
            "device.os_version=15",
            "device.region=DE",
            "device.timezone=Europe/Berlin",
            "library.name=analytics-kotlin",
            "library.version=1.19.2",
            "push.token.fcm=token-1",
        ],
    );
    // Mixpanel's.
    check(
        "Open",
        &[
            ("$app_build_number", "7"),
            ("$app_version_string", "2.0"),
            ("$city", "Berlin"),
            ("$lib_version", "5.0"),
            ("$manufacturer", "Apple"),
            ("$model", "iPhone16,1"),
            ("$os", "iOS"),
            ("$os_version", "18.1"),
            ("mp_country_code", "DE"),
            ("mp_lib", "swift"),
        ],
        &[
            "app.build=7",
            "app.version=2.0",
            "device.kind=phone",
            "device.manufacturer=Apple",
            "device.model=iPhone16,1",
            "device.os=iOS",
            "device.os_version=18.1",
            "geo.city=Berlin",
            "geo.country=DE",
            "library.name=swift",
            "library.version=5.0",
        ],
    );
    // Amplitude's, of a phone and of a browser.
    check(
        "open",
        &[
            ("context.country", "France"),
            ("context.device_brand", "samsung"),
            ("context.device_model", "SM-S921B"),
            ("context.language", "fr"),
            ("context.library", "amplitude-kotlin/1.16"),
            ("context.os_name", "android"),
            ("context.os_version", "14"),
            ("context.platform", "Android"),
            ("context.version_name", "9.9"),
        ],
        &[
            "app.version=9.9",
            "device.language=fr",
            "device.manufacturer=samsung",
            "device.model=SM-S921B",
            "device.os=Android",
            "device.os_version=14",
            "geo.country=FRANCE",
            "library.name=amplitude-kotlin/1.16",
        ],
    );
    check(
        "page",
        &[
            ("context.device_model", "Mac OS"),
            ("context.os_name", "Chrome"),
            ("context.os_version", "131"),
            ("context.platform", "Web"),
        ],
        &[
            "device.browser=Chrome",
            "device.browser_version=131",
            "device.kind=desktop",
            "device.manufacturer=Apple",
            "device.os=macOS",
        ],
    );
    // PostHog's.
    check(
        "$pageview",
        &[
            ("$browser", "Firefox"),
            ("$browser_language", "pt-BR"),
            ("$browser_version", "128"),
            ("$device_type", "Mobile"),
            ("$lib", "web"),
            ("$os", "Android"),
        ],
        &[
            "device.browser=Firefox",
            "device.browser_version=128",
            "device.kind=phone",
            "device.language=pt",
            "device.os=Android",
            "device.region=BR",
            "library.name=web",
        ],
    );
    // CleverTap's mobile libraries.
    check(
        "App Launched",
        &[
            ("context.app.Build", "301"),
            ("context.app.Make", "Xiaomi"),
            ("context.app.Model", "23021RAA2Y"),
            ("context.app.OS", "Android"),
            ("context.app.OS Version", "13"),
            ("context.app.Version", "3.0.1"),
            ("context.app.cc", "in"),
        ],
        &[
            "app.build=301",
            "app.version=3.0.1",
            "device.manufacturer=Xiaomi",
            "device.model=23021RAA2Y",
            "device.os=Android",
            "device.os_version=13",
            "device.region=IN",
        ],
    );
    // A browser of any of them.
    check(
        "Page Viewed",
        &[("context.userAgent", IPHONE)],
        &[
            "device.browser=Safari",
            "device.browser_version=17",
            "device.kind=phone",
            "device.manufacturer=Apple",
            "device.model=iPhone",
            "device.os=iOS",
            "device.os_version=17.5.1",
        ],
    );
    check("Purchase", &[("currency", "EUR"), ("country", "of the order"), ("id", "17")], &[]);
}

#[test]
fn numbers_are_texts_and_a_screen_is_both_of_its_sides() {
    let record = event(
        "open",
        &[
            ("$app_build_number", Value::Int(7)),
            ("context.screen.height", Value::Float(932.0)),
            ("context.screen.width", Value::Int(430)),
        ],
    );
    assert_eq!(facts(&record, None), ["app.build=7", "device.screen=430x932"]);
}

#[test]
fn tokens_come_with_events_of_their_own_and_go_with_them() {
    check("Push Token Added", &[("id", "t"), ("type", "apns")], &["push.token.apns=t"]);
    check("Push Token Added", &[("id", "t"), ("type", "fcm")], &["push.token.fcm=t"]);
    check("Push Token Added", &[("id", "t"), ("type", "bps")], &["push.token.other=t"]);
    check("Push Token Removed", &[("id", "t"), ("type", "fcm")], &["push.token.fcm=Null"]);
    check("Another", &[("id", "t"), ("type", "fcm")], &[]);
    let web = [("endpoint", "https://p/1"), ("keys.auth", "a"), ("keys.p256dh", "p")];
    let record = event("Push Token Added", &texts(&web));
    let list = Value::List([Value::text("https://p/1"), Value::text("p"), Value::text("a")].into());
    assert_eq!(facts(&record, None), [format!("push.token.web={list:?}")]);
}

#[test]
fn a_place_that_is_looked_up_is_believed_before_what_is_said() {
    let said = [("context.city", "Paris"), ("context.country", "France")];
    let place =
        Place { country: Some("de".into()), city: Some("Köln".into()), ..Place::default() };
    let record = event("open", &texts(&said));
    assert_eq!(facts(&record, Some(&place)), ["geo.city=Köln", "geo.country=DE"]);
    assert_eq!(facts(&record, Some(&Place::default())), ["geo.city=Paris", "geo.country=FRANCE"]);
}

#[test]
fn the_hash_is_of_everything_that_is_said_and_of_nothing_else() {
    let hash = |record: &Record, peer: Option<&str>| {
        let peer = peer.map(|ip| ip.parse().unwrap());
        Said::of(record).unwrap().hash(peer, &mut Vec::new())
    };
    let base = [("context.os.name", "Android"), ("price", "5")];
    let one = event("a", &texts(&base));
    assert_eq!(hash(&one, None), hash(&event("b", &texts(&base[..1])), None));
    let other = event("a", &texts(&[("context.os.name", "iOS")]));
    assert_ne!(hash(&one, None), hash(&other, None));
    assert_ne!(hash(&one, None), hash(&one, Some("1.2.3.4")));
    let user = Record { who: Who::of(Some("ada".into()), Some("d-1".into())), ..one.clone() };
    assert_ne!(hash(&one, None), hash(&user, None), "somebody logged in");
    assert!(Said::of(&event("a", &texts(&base[1..]))).is_none());
}

#[test]
fn the_other_end_of_the_connection_is_believed_of_devices_only() {
    let peer = Some("9.9.9.9".parse().unwrap());
    let address = |properties: &[(&str, &str)]| {
        let record = event("a", &texts(properties));
        Said::of(&record).unwrap().address(peer).map(|ip| ip.to_string())
    };
    assert_eq!(address(&[("context.userAgent", IPHONE)]).as_deref(), Some("9.9.9.9"));
    assert_eq!(address(&[("context.ip", "1.2.3.4")]).as_deref(), Some("1.2.3.4"));
    assert_eq!(address(&[("context.ip", "nonsense"), ("$os", "iOS")]).as_deref(), Some("9.9.9.9"));
    assert_eq!(address(&[("context.library.name", "analytics-node")]), None);
    assert_eq!(address(&[("context.userAgent", "python-requests/2.32")]), None);
}

#[test]
fn an_address_that_is_dropped_is_dropped_and_nothing_else() {
    let mut record =
        event("a", &texts(&[("context.ip", "1.2.3.4"), ("ip", "of ours"), ("x", "1")]));
    let What::Event(event) = &mut record.what else { panic!() };
    drop_address(event);
    let names: Vec<_> = event.properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ip", "x"]);
}

#[test]
fn ids_follow_from_the_event_and_a_device_that_is_named_is_a_device() {
    let mut record = event("a", &texts(&[("$device_id", "dev"), ("$os", "iOS")]));
    record.who = Who::user("ada");
    let said = Said::of(&record).unwrap();
    let made = said.facts(None).unwrap();
    assert_eq!(made.who, Who::of(Some("ada".into()), Some("dev".into())));
    assert_eq!(made.received_at, record.received_at);
    let id = |record: &Record| match &record.what {
        What::Facts(facts) => facts.id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id(&made), id(&said.facts(None).unwrap()));
    assert_eq!(id(&made), id(&said.seen().unwrap()));
    assert_ne!(id(&made), EventId(7));
    record = event("a", &texts(&[("$device_id", "unknown"), ("$os", "iOS")]));
    record.who = Who::user("ada");
    assert_eq!(Said::of(&record).unwrap().facts(None).unwrap().who, Who::user("ada"));
    // Without a device, what only devices have says nothing.
    record = event("a", &texts(&[("context.library.name", "analytics-node")]));
    record.who = Who::user("ada");
    assert_eq!(Said::of(&record).unwrap().facts(None), None);
}

#[test]
fn locales_of_all_shapes() {
    let read = |written: &str| {
        let (language, region) = locale(written);
        format!("{} {}", language.unwrap_or_default(), region.unwrap_or_default())
    };
    let cases = [
        ("en-US", "en US"),
        ("en_GB", "en GB"),
        ("zh-Hans-CN", "zh CN"),
        ("es-419", "es 419"),
        ("de", "de "),
        ("DE_at.UTF-8", "de AT"),
        ("fil-PH", "fil PH"),
        ("English", " "),
        ("", " "),
    ];
    for (written, expected) in cases {
        assert_eq!(read(written), expected, "{written}");
    }
}

#[test]
fn user_agents() {
    let mut lines = include_str!("../../golden/user_agents.txt").lines();
    let mut n = 0;
    while let (Some(agent), Some(expected)) = (lines.next(), lines.next()) {
        let Agent { kind, os, os_version, browser, browser_version, model } = Agent::of(agent);
        let text = |text: Option<String>| text.unwrap_or_else(|| "-".into());
        let read = format!(
            "{} | {} {} | {} {} | {}",
            kind.unwrap_or("-"),
            os.unwrap_or("-"),
            text(os_version),
            browser.unwrap_or("-"),
            text(browser_version),
            text(model)
        );
        assert_eq!(read, expected, "{agent}");
        n += 1;
    }
    assert!(n >= 20, "{n}");
}

#[test]
fn places_of_real_files() {
    let six = Database::new(include_bytes!("../../golden/places_v6.mmdb")).unwrap();
    let four = Database::new(include_bytes!("../../golden/places_v4.mmdb")).unwrap();
    assert_eq!(six.about().0, "Test-City");
    let text = |text: &Option<Text>| text.clone().unwrap_or_default();
    let place = |address: &str, of: Option<Place>| {
        of.map(|Place { country, region, city, timezone }| {
            [country, region, city, timezone].each_ref().map(text).join("/")
        })
        .unwrap_or_else(|| format!("{address} is nowhere"))
    };
    let v4 = [
        ("81.2.69.142", "GB/England/London/Europe/London"),
        ("89.160.20.129", "SE/Östergötland/Linköping/Europe/Stockholm"),
        ("89.160.20.1", "89.160.20.1 is nowhere"),
        ("1.2.3.4", "AU///"),
        ("10.0.0.1", "10.0.0.1 is nowhere"),
        ("255.255.255.255", "255.255.255.255 is nowhere"),
    ];
    for (address, expected) in v4 {
        let ip = address.parse().unwrap();
        assert_eq!(
            place(address, four.place(ip)),
            expected,
            "in the file of addresses of version 4"
        );
        assert_eq!(place(address, six.place(ip)), expected, "in the file of both");
    }
    let tokyo = "2001:218:1::5".parse().unwrap();
    assert_eq!(place("", six.place(tokyo)), "JP/Tokyo/Chiyoda/Asia/Tokyo");
    assert_eq!(four.place(tokyo), None);
}

#[test]
fn files_that_are_none_and_damaged_ones_are_refused_or_answer_nothing() {
    let real = include_bytes!("../../golden/places_v6.mmdb");
    assert!(Database::new(&b"text"[..]).is_err());
    assert!(Database::new(&real[..real.len() - 400]).is_err());
    let mut seed = 7_u32;
    for _ in 0..4_000 {
        let mut damaged = real.to_vec();
        for _ in 0..3 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (seed >> 8) as usize % damaged.len();
            damaged[at] ^= seed as u8 | 1;
        }
        if let Ok(database) = Database::new(damaged) {
            for address in ["81.2.69.142", "1.2.3.4", "2001:218::1"] {
                let _ = database.place(address.parse().unwrap());
            }
        }
    }
}
