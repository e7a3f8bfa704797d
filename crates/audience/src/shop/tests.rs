use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::{AttributeChange, Event, Text, Value, What, Who, bounds};

use super::*;

const START: Timestamp = Timestamp(1_704_067_200_000); // 2024-01-01
const END: Timestamp = Timestamp(1_767_225_600_000); // 2026-01-01

fn shop(seed: u64, users: u32) -> Shop {
    Shop::new(seed, Parameters::with_users(users), START, END)
}

fn time_of(record: &Record) -> Timestamp {
    match &record.what {
        What::Event(Event { time, .. }) | What::Identify(AttributeChange { time, .. }) => *time,
        What::Facts(facts) => facts.time,
        What::Alias { .. } | What::Separate { .. } => record.received_at,
    }
}

/// One person's events by time; sessions are cut at pauses of more than 30 minutes.
#[derive(Default)]
struct Seen {
    events: Vec<(Timestamp, Text, f64)>,
}

/// Figures of an audience that published sets can be compared with.
#[derive(Debug)]
struct Facts {
    people: usize,
    records: usize,
    late: f64,
    one_time_buyers: f64,
    top_tenth_revenue: f64,
    order_value_mean_to_median: f64,
    order_value_p99_to_median: f64,
    abandoned_carts: f64,
    conversion: f64,
    stickiness: f64,
    gap_days_median: i64,
    signed_up: f64,
    uninstalled: f64,
    away_60_days_and_back: f64,
    one_session: f64,
    december_to_june: f64,
}

fn people(records: &[Record]) -> BTreeMap<Text, Seen> {
    let mut owner: HashMap<Text, Text> = HashMap::new();
    for record in records {
        if let (What::Identify(_), Who { user_id: Some(user), anonymous_id: Some(device), .. }) =
            (&record.what, &record.who)
        {
            owner.insert(device.clone(), user.clone());
        }
    }
    let mut people: BTreeMap<Text, Seen> = BTreeMap::new();
    for record in records {
        let Who { user_id, anonymous_id, .. } = &record.who;
        let id = user_id.as_ref().or(anonymous_id.as_ref()).unwrap();
        let seen = people.entry(owner.get(id).unwrap_or(id).clone()).or_default();
        if let What::Event(event) = &record.what {
            let amount = event.properties.iter().find(|(name, _)| name == "amount");
            let amount = amount.and_then(|(_, v)| v.number()).unwrap_or(0.0);
            seen.events.push((event.time, event.name.clone(), amount));
        }
    }
    people.values_mut().for_each(|seen| seen.events.sort_by_key(|e| e.0));
    people
}

impl Seen {
    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a (Timestamp, Text, f64)> {
        self.events.iter().filter(move |e| e.1 == name)
    }

    /// Sessions in the app: whether each had a cart and a purchase.
    fn sessions(&self) -> Vec<(bool, bool)> {
        let outside = ["Refund", "Review", "Support Contact", "App Uninstalled"];
        let mut sessions: Vec<(bool, bool)> = Vec::new();
        let mut last = Timestamp::MIN;
        for (time, name, _) in self.events.iter().filter(|e| !outside.contains(&e.1.as_str())) {
            if *time - last > Span(30 * 60_000) {
                sessions.push((false, false));
            }
            last = *time;
            let session = sessions.last_mut().unwrap();
            session.0 |= name == "Add To Cart";
            session.1 |= name == "Purchase";
        }
        sessions
    }

    fn days(&self) -> BTreeSet<i64> {
        self.events.iter().map(|e| e.0.0.div_euclid(Span::DAY.0)).collect()
    }
}

fn facts(records: &[Record]) -> Facts {
    let people = people(records);
    let n = people.len() as f64;
    let share = |of: &dyn Fn(&Seen) -> bool| people.values().filter(|s| of(s)).count() as f64 / n;
    let sessions: Vec<(bool, bool)> = people.values().flat_map(Seen::sessions).collect();
    let carts = sessions.iter().filter(|s| s.0).count() as f64;
    let bought = sessions.iter().filter(|s| s.1).count() as f64;
    let buyers: Vec<&Seen> =
        people.values().filter(|s| s.named("Purchase").next().is_some()).collect();
    let mut orders: Vec<f64> =
        buyers.iter().flat_map(|s| s.named("Purchase").map(|e| e.2)).collect();
    orders.sort_by(f64::total_cmp);
    let mut spent: Vec<f64> =
        buyers.iter().map(|s| s.named("Purchase").map(|e| e.2).sum()).collect();
    spent.sort_by(|a, b| b.total_cmp(a));
    let revenue: f64 = spent.iter().sum();
    let median = orders[orders.len() / 2];
    let once = buyers.iter().filter(|s| s.named("Purchase").count() == 1).count();
    let late = records.iter().filter(|r| r.received_at - time_of(r) > Span(300_000)).count();
    let away = |s: &Seen| {
        let days: Vec<i64> = s.days().into_iter().collect();
        days.windows(2).any(|pair| pair[1] - pair[0] >= 60)
    };
    let month = |m: i64| {
        let of = |t: &Timestamp| model::Day(t.0.div_euclid(Span::DAY.0)).civil();
        let purchases = buyers.iter().flat_map(|s| s.named("Purchase"));
        purchases.filter(|e| of(&e.0).0 == 2025 && of(&e.0).1 == m).count() as f64
    };
    Facts {
        people: people.len(),
        records: records.len(),
        late: late as f64 / records.len() as f64,
        one_time_buyers: once as f64 / buyers.len() as f64,
        top_tenth_revenue: spent[..spent.len() / 10].iter().sum::<f64>() / revenue,
        order_value_mean_to_median: revenue / orders.len() as f64 / median,
        order_value_p99_to_median: orders[orders.len() * 99 / 100] / median,
        abandoned_carts: sessions.iter().filter(|s| s.0 && !s.1).count() as f64 / carts,
        conversion: bought / sessions.len() as f64,
        stickiness: stickiness(&people),
        gap_days_median: gap_days_median(&buyers),
        signed_up: share(&|s| s.named("Signed Up").next().is_some()),
        uninstalled: share(&|s| s.named("App Uninstalled").next().is_some()),
        away_60_days_and_back: share(&away),
        one_session: share(&|s| s.sessions().len() == 1),
        december_to_june: month(12) / month(6),
    }
}

/// Mean daily active people of the last 30 days, divided by those active in any of them.
fn stickiness(people: &BTreeMap<Text, Seen>) -> f64 {
    let last = END.0 / Span::DAY.0 - 31;
    let active: Vec<usize> =
        people.values().map(|s| s.days().range(last..last + 30).count()).collect();
    let month = active.iter().filter(|n| **n > 0).count();
    active.iter().sum::<usize>() as f64 / 30.0 / month as f64
}

fn gap_days_median(buyers: &[&Seen]) -> i64 {
    let mut gaps: Vec<i64> = Vec::new();
    for seen in buyers {
        let days: BTreeSet<i64> =
            seen.named("Purchase").map(|e| e.0.0.div_euclid(Span::DAY.0)).collect();
        let days: Vec<i64> = days.into_iter().collect();
        gaps.extend(days.windows(2).map(|pair| pair[1] - pair[0]));
    }
    gaps.sort_unstable();
    gaps[gaps.len() / 2]
}

/// The published sets that the limits come from: Online Retail (OR), CDNOW (CD), the clickstream
/// of a web shop (EC). "Between" with a tenth of room to either side unless said otherwise.
#[test]
fn the_audience_lies_between_the_real_ones() {
    for seed in [7, 8, 9] {
        check_facts(&facts(&shop(seed, 6_000).collect::<Vec<Record>>()));
    }
}

fn check_facts(facts: &Facts) {
    let within = |what: &str, value: f64, low: f64, high: f64| {
        assert!((low..=high).contains(&value), "{what} {value} not in {low}..={high}\n{facts:#?}");
    };
    // Poisson arrivals: four standard deviations are 310; campaigns and seasons add their own.
    within("people", facts.people as f64, 5_500.0, 6_500.0);
    within("records per person", facts.records as f64 / facts.people as f64, 50.0, 72.0);
    // OR 0.344 of the customers have one invoice, CD 0.599 never repeat in the calibration.
    within("one-time buyers", facts.one_time_buyers, 0.34, 0.60);
    // CD 0.507, OR 0.613 (wholesalers among them).
    within("revenue of the top tenth", facts.top_tenth_revenue, 0.45, 0.65);
    // CD 36.45 / 26.73 = 1.36, OR 480.87 / 303.04 = 1.59.
    within("order value, mean to median", facts.order_value_mean_to_median, 1.3, 1.9);
    // CD 181.84 / 26.73 = 6.8, OR 3850.90 / 303.04 = 12.7.
    within("order value, 99th percentile to median", facts.order_value_p99_to_median, 6.0, 14.0);
    // EC 0.6125.
    within("abandoned carts", facts.abandoned_carts, 0.55, 0.67);
    // EC 0.130; by lifecycle from 0.084 to 0.185.
    within("conversion of sessions", facts.conversion, 0.084, 0.185);
    // EC 0.066 in June 2024; shops lie below 0.2, which is what daily habits have.
    within("stickiness", facts.stickiness, 0.05, 0.15);
    // OR 28 days, CD 34 days.
    within("days between purchases, median", facts.gap_days_median as f64, 22.0, 42.0);
    // OR: 1,664 customers in November, 991 in June 2011.
    within("December to June", facts.december_to_june, 1.2, 2.0);
    within("signed up", facts.signed_up, 0.6, 0.9);
    within("late by more than five minutes", facts.late, 0.01, 0.08);
    within("uninstalled", facts.uninstalled, 0.05, 0.25);
    within("away for 60 days and back", facts.away_60_days_and_back, 0.15, 0.5);
    within("one session only", facts.one_session, 0.15, 0.45);
}

#[test]
fn one_seed_gives_one_history_and_another_another() {
    let a: Vec<Record> = shop(1, 300).collect();
    assert_eq!(a, shop(1, 300).collect::<Vec<_>>());
    assert_ne!(a, shop(2, 300).collect::<Vec<_>>());
    let ids: HashSet<_> = a
        .iter()
        .map(|r| match &r.what {
            What::Event(event) => event.id,
            What::Identify(change) => change.id,
            What::Facts(facts) => facts.id,
            What::Alias { .. } | What::Separate { .. } => panic!("no alias is made"),
        })
        .collect();
    assert_eq!(ids.len(), a.len());
}

#[test]
fn records_come_in_order_of_acceptance_inside_the_bounds() {
    let records: Vec<Record> = shop(3, 500).collect();
    assert!(records.is_sorted_by_key(|r| r.received_at));
    assert!(records.iter().all(|r| (START..END).contains(&r.received_at)));
    records.iter().for_each(check_bounds);
    let late = records.iter().map(|r| r.received_at - time_of(r)).max();
    assert!(late > Some(Span::DAY), "some are days late");
    assert!(late < Some(Span::days(8)));
}

fn check_bounds(record: &Record) {
    let ids = [&record.who.user_id, &record.who.anonymous_id];
    assert!(ids.iter().any(|id| id.is_some()));
    for id in ids.into_iter().flatten() {
        assert!((1..=bounds::ID_BYTES_MAX).contains(&id.len()));
    }
    assert!(time_of(record) >= bounds::TIME_MIN);
    assert!(time_of(record) < record.received_at, "nothing is accepted before it happened");
    let values = match &record.what {
        What::Event(event) => {
            assert!((1..=bounds::NAME_BYTES_MAX).contains(&event.name.len()));
            &event.properties
        }
        What::Identify(change) => &change.attributes,
        What::Facts(facts) => {
            for (name, _) in facts.attributes.iter().chain(&facts.facts) {
                assert!(model::facts::number(name).is_some(), "{name}");
            }
            &facts.attributes
        }
        What::Alias { .. } | What::Separate { .. } => panic!("no alias is made"),
    };
    assert!(values.len() <= bounds::PROPERTIES_MAX);
    assert!(values.is_sorted_by(|a, b| a.0 < b.0), "sorted, each name once");
    for (name, value) in values {
        assert!((1..=bounds::NAME_BYTES_MAX).contains(&name.len()));
        match value {
            Value::Text(text) => assert!(text.len() <= bounds::TEXT_BYTES_MAX),
            Value::Float(x) => assert!(x.is_finite()),
            _ => {}
        }
    }
}

#[test]
fn everybody_starts_with_their_first_open() {
    let mut records: Vec<Record> = shop(4, 800).collect();
    // Acceptance can reorder the records of one second; the person did them in order of time.
    records.sort_by_key(time_of);
    let mut first_at: HashMap<Text, Timestamp> = HashMap::new();
    for record in &records {
        let Who { user_id, anonymous_id, .. } = &record.who;
        let known =
            [user_id, anonymous_id].into_iter().flatten().any(|id| first_at.contains_key(id));
        if let What::Event(event) = &record.what {
            assert!(known || event.name == "First Open", "{record:?}");
        }
        assert!(known || matches!(&record.what, What::Event(_)), "{record:?}");
        for id in [user_id, anonymous_id].into_iter().flatten() {
            first_at.entry(id.clone()).or_insert(time_of(record));
        }
    }
    assert!(first_at.len() > 1_000, "devices and users");
}

#[test]
fn history_and_live_are_one_process() {
    let start = Timestamp::parse("2025-10-01").unwrap();
    let end = Timestamp::parse("2025-12-01").unwrap();
    let new = || Shop::new(9, Parameters::with_users(400), start, end);
    let later = end + Span::days(5);
    let mut history = new();
    let n_history = history.by_ref().count();
    let mut steps = history.live();
    let mut stepped = Vec::new();
    let mut now = end;
    while now < later {
        now = now + Span(7 * 60_000);
        stepped.extend(steps.records_until(now));
    }
    let last = stepped.len();
    assert!(n_history > 5_000 && last > 300, "{n_history} {last}");
    assert!(stepped.iter().all(|r| r.received_at >= end && r.received_at <= now));
    let mut again = Live::after(new(), Timestamp(end.0 - 1));
    assert_eq!(stepped, again.records_until(now), "small and large steps, derived again");
    assert_eq!(steps.records_until(now), Vec::new());
    let whole = new().live().records_until(now);
    assert_eq!(whole.len(), n_history + last);
}

#[test]
fn a_shop_of_nobody_is_empty_and_ends() {
    assert_eq!(shop(1, 0).count(), 0);
    assert_eq!(Shop::new(1, Parameters::with_users(10), END, START).count(), 0);
}

#[test]
fn senseless_parameters_still_end() {
    let (end, nan) = (START + Span::days(60), f64::NAN);
    let wild = [
        Parameters { sessions_per_day: f64::INFINITY, ..Parameters::with_users(2) },
        Parameters { sessions_shape: nan, dropout_a: nan, growth: -1.0, ..Parameters::default() },
        Parameters { sessions_shape: -3.0, views: nan, price: nan, ..Parameters::with_users(20) },
        Parameters { cart: 9.0, holiday_peak: nan, ..Parameters::with_users(20) },
    ];
    for parameters in wild {
        let parameters = Parameters { users: parameters.users.min(20), ..parameters };
        Shop::new(1, parameters, START, end).take(200_000).for_each(|r| check_bounds(&r));
    }
}

/// Values of an attribute, in order of acceptance.
fn values<'a>(records: &'a [Record], name: &'a str) -> impl Iterator<Item = String> + 'a {
    let changes = records.iter().filter_map(|record| match &record.what {
        What::Identify(change) => Some(&change.attributes),
        _ => None,
    });
    changes.flatten().filter(move |(own, _)| own == name).map(|(_, value)| match value {
        Value::Text(text) => text.to_string(),
        other => format!("{other:?}"),
    })
}

#[test]
fn nobody_can_be_reached_and_everybody_has_their_own_address() {
    let records: Vec<Record> = shop(5, 800).collect();
    let emails: Vec<String> = values(&records, "email").collect();
    assert!(emails.len() > 300, "{}", emails.len());
    let domain = |email: &String| email.split_once('@').unwrap().1.to_owned();
    let domains: BTreeSet<String> = emails.iter().map(domain).collect();
    assert_eq!(domains, ["example.com", "example.net", "example.org"].map(String::from).into());
    let phones: Vec<String> = values(&records, "phone").collect();
    assert!(phones.len() > 200, "{}", phones.len());
    for phone in &phones {
        assert!(phone.len() == 12 && phone.starts_with("+1"), "{phone}");
        assert_eq!(&phone[5..10], "55501", "{phone} is a number of fiction");
    }
    for own in [emails, phones] {
        let n = own.len();
        assert_eq!(own.into_iter().collect::<HashSet<_>>().len(), n, "each has their own");
    }
    let wanted = values(&records, "subscription.email").filter(|value| value == "Bool(false)");
    assert!(wanted.count() > 50, "some want nothing");
    let tokens = records.iter().filter_map(|record| match &record.what {
        What::Facts(facts) => Some(facts.facts.iter().map(|(name, _)| name.to_string())),
        _ => None,
    });
    let tokens: BTreeSet<String> = tokens.flatten().collect();
    let known = ["push.enabled", "push.token.apns", "push.token.fcm", "push.token.web"];
    assert_eq!(tokens, known.map(String::from).into());
}

#[test]
fn whoever_is_invited_comes_and_it_is_one_process_whenever_it_is_told() {
    let at = START + Span::days(500);
    let (mut told_before, mut told_late) = (shop(6, 400), shop(6, 400));
    let before: Vec<Record> = told_late.records_until(at).collect();
    let emails: Vec<String> = values(&before, "email").collect();
    let later = at + Span::HOUR;
    let mut numbers = Vec::new();
    for email in emails.iter().take(100) {
        let number = Shop::number_of(email).unwrap();
        numbers.push(number);
        told_before.invite(number, later);
        told_late.invite(number, later);
    }
    let rest: Vec<Record> = told_late.collect();
    let whole: Vec<Record> = told_before.collect();
    assert!(whole.iter().eq(before.iter().chain(&rest)));
    assert_ne!(whole, shop(6, 400).collect::<Vec<_>>(), "it made a difference");
    let ids: BTreeSet<String> = numbers.iter().map(|n| format!("shopper-{n:06}")).collect();
    let came = |records: &[Record]| {
        let opened = records.iter().filter(|record| match &record.what {
            What::Event(event) => event.name == "App Launched" && event.time == later,
            _ => false,
        });
        opened.filter_map(|record| record.who.user_id.clone()).collect::<BTreeSet<Text>>()
    };
    let came = came(&rest);
    assert!(came.len() > 20, "{}", came.len());
    assert!(came.iter().all(|id| ids.contains(id.as_str())));
    rest.iter().for_each(check_bounds);
}

#[test]
fn some_open_some_follow_and_the_seed_decides() {
    let shop = shop(7, 10);
    let reactions: Vec<Reaction> =
        (0..2_000).map(|n| shop.reaction(&format!("a.b.{n}@example.com"), 1)).collect();
    let opened = reactions.iter().filter(|r| matches!(r, Reaction::Opened { .. })).count();
    let clicked =
        reactions.iter().filter(|r| matches!(r, Reaction::Opened { clicked: Some(_), .. })).count();
    assert!((650..880).contains(&opened) && (190..330).contains(&clicked), "{opened} {clicked}");
    assert_eq!(shop.reaction("a.b.3@example.com", 1), reactions[3]);
    assert_eq!(shop.reaction("somebody@elsewhere.example", 1), Reaction::None);
    assert_eq!(Shop::number_of("a.b.c@example.com"), None);
}
