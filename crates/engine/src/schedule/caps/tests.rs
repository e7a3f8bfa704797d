use proptest::prelude::*;

use super::*;

const DAY: Span = Span::DAY;

fn message(channel: Channel) -> Candidate {
    Candidate { channel, labels: Labels(0), priority: 0 }
}

fn limit(limit: u16, window: Span) -> Rule {
    Rule::Limit { limit, window, scope: Scope::ALL }
}

fn at(hours: i64) -> Timestamp {
    Timestamp(1_800_000_000_000 + hours * Span::HOUR.0)
}

fn sent(hours: &[i64]) -> Recent {
    let mut recent = Recent::new();
    for hour in hours {
        recent.record(message(Channel::Push), at(*hour));
    }
    recent
}

#[test]
fn a_window_rolls_and_frees_to_the_millisecond() {
    let rules = [limit(2, DAY)];
    let recent = sent(&[0, 5]);
    let ask = |now| decide(&recent, &rules, message(Channel::Email), now);
    let capped = Decision::Capped { rule: 0, free_at: Some(at(24)) };
    assert_eq!(ask(at(5)), capped);
    assert_eq!(ask(Timestamp(at(24).0 - 1)), capped);
    assert_eq!(ask(at(24)), Decision::Allowed);
    let full = sent(&[0, 5, 24]);
    let next = Decision::Capped { rule: 0, free_at: Some(at(29)) };
    assert_eq!(decide(&full, &rules, message(Channel::Email), at(24)), next);
}

#[test]
fn scopes_are_channels_and_labels() {
    let push = Scope { channels: Channels::of(&[Channel::Push]), labels: None };
    let offers = Scope { channels: Channels::ALL, labels: Some(Labels(0b10)) };
    let rules = [
        Rule::Limit { limit: 1, window: DAY, scope: push },
        Rule::Limit { limit: 1, window: Span::days(7), scope: offers },
    ];
    let mut recent = sent(&[0]);
    let offer = Candidate { labels: Labels(0b110), ..message(Channel::Email) };
    assert_eq!(decide(&recent, &rules, offer, at(1)), Decision::Allowed);
    recent.record(offer, at(1));
    let week = Decision::Capped { rule: 1, free_at: Some(at(1 + 168)) };
    assert_eq!(decide(&recent, &rules, offer, at(2)), week);
    assert_eq!(decide(&recent, &rules, message(Channel::Email), at(2)), Decision::Allowed);
    // Both rules are in the way: the one that frees it last is named.
    let both = Candidate { labels: Labels(0b10), ..message(Channel::Push) };
    assert_eq!(decide(&recent, &rules, both, at(2)), week);
}

#[test]
fn gaps_are_open_at_their_end() {
    let rules = [Rule::Gap { gap: Span::HOUR, scope: Scope::ALL }];
    let recent = sent(&[0]);
    let capped = Decision::Capped { rule: 0, free_at: Some(at(1)) };
    assert_eq!(decide(&recent, &rules, message(Channel::Sms), Timestamp(at(1).0 - 1)), capped);
    assert_eq!(decide(&recent, &rules, message(Channel::Sms), at(1)), Decision::Allowed);
}

#[test]
fn a_limit_of_none_never_frees() {
    let rules = [limit(1, DAY), limit(0, DAY), limit(1, Span::days(9))];
    let found = decide(&sent(&[0]), &rules, message(Channel::Push), at(1));
    assert_eq!(found, Decision::Capped { rule: 1, free_at: None });
}

#[test]
fn the_higher_priority_wins_the_cap_and_ties_keep_their_order() {
    let candidate = |priority| Candidate { priority, ..message(Channel::Push) };
    let candidates = [candidate(1), candidate(9), candidate(5), candidate(9)];
    let mut recent = Recent::new();
    let found = choose(&mut recent, &[limit(2, DAY)], &candidates, at(0));
    let capped = Decision::Capped { rule: 0, free_at: Some(at(24)) };
    assert_eq!(found, [capped, Decision::Allowed, capped, Decision::Allowed]);
    let mut one = Recent::new();
    let found = choose(&mut one, &[limit(1, DAY)], &candidates, at(0));
    assert_eq!(found, [capped, Decision::Allowed, capped, capped]);
    assert_eq!((one.all().len(), one.all()[0].priority()), (1, 9));
}

#[test]
fn contacts_are_ten_bytes_and_read_back() {
    let mut recent = Recent::new();
    let one = Candidate { channel: Channel::OnSite, labels: Labels(0xa55a), priority: 200 };
    recent.record(one, Timestamp::MAX);
    recent.record(message(Channel::Email), Timestamp(-5));
    recent.record(message(Channel::Sms), at(0));
    assert_eq!(size_of::<Contact>(), Contact::BYTES);
    assert_eq!(recent.bytes().len(), 30);
    let read = Recent::read(&recent.bytes()).unwrap();
    assert_eq!(read, recent);
    let last = read.all()[2];
    assert_eq!((last.at(), last.channel(), last.labels()), (Timestamp::MAX, 9, Labels(0xa55a)));
    assert_eq!(read.all()[0].at(), Timestamp(0));
    assert_eq!(Recent::read(&recent.bytes()[1..]), None);
    let turned: Vec<u8> = recent.bytes().rchunks(10).flatten().copied().collect();
    assert_eq!(Recent::read(&turned), None);
    assert_eq!(Recent::read(&[0xff; 10]), None);
}

#[test]
fn two_that_are_one_share_their_caps() {
    let (mut one, other) = (sent(&[0, 9]), sent(&[3, 12]));
    one.absorb(&other);
    assert_eq!(one, sent(&[0, 3, 9, 12]));
    let full: Vec<i64> = (0..CONTACTS_MAX as i64).collect();
    one.absorb(&sent(&full));
    assert_eq!((one.all().len(), one.all()[0].at()), (CONTACTS_MAX, at(3)));
    let last = one.all()[CONTACTS_MAX - 1];
    assert_eq!(last.at(), at(CONTACTS_MAX as i64 - 1));
}

#[test]
fn the_oldest_are_forgotten_first() {
    let mut recent = Recent::new();
    for hour in 0..=CONTACTS_MAX as i64 {
        recent.record(message(Channel::Push), at(hour));
    }
    assert_eq!(recent.all().len(), CONTACTS_MAX);
    assert_eq!(recent.all()[0].at(), at(1));
    recent.prune(Span::HOUR, at(CONTACTS_MAX as i64));
    assert_eq!(recent.all().len(), 1, "what is exactly an hour old has left the window");
}

/// The plainest reading of the rules: count what lies in each window.
fn naive_allowed(
    sent: &[(i64, Candidate)],
    rules: &[Rule],
    candidate: Candidate,
    now: i64,
) -> bool {
    let in_scope = |scope: Scope, of: &Candidate| {
        scope.channels.has(of.channel) && scope.labels.is_none_or(|l| l.0 & of.labels.0 != 0)
    };
    rules.iter().all(|rule| {
        let (most, span, scope) = match rule {
            Rule::Limit { limit, window, scope } => (usize::from(*limit), *window, *scope),
            Rule::Gap { gap, scope } => (1, *gap, *scope),
        };
        let inside = sent.iter().filter(|(t, of)| now - t < span.0 && in_scope(scope, of)).count();
        !in_scope(scope, &candidate) || inside < most
    })
}

fn candidates() -> impl Strategy<Value = Candidate> {
    (0_usize..3, 0_u16..4, 0_u8..3).prop_map(|(channel, labels, priority)| Candidate {
        channel: Channel::ALL[channel],
        labels: Labels(labels),
        priority,
    })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let channels = prop::sample::select(vec![
        Channels::ALL,
        Channels::of(&[Channel::Email]),
        Channels::of(&[Channel::Push, Channel::WebPush]),
    ]);
    let scope = (channels, prop::option::of(1_u16..4))
        .prop_map(|(channels, labels)| Scope { channels, labels: labels.map(Labels) });
    let rule = (0_u16..4, 1_i64..60, scope, prop::bool::weighted(0.3)).prop_map(
        |(limit, ms, scope, gap)| match gap {
            true => Rule::Gap { gap: Span(ms), scope },
            false => Rule::Limit { limit, window: Span(ms), scope },
        },
    );
    prop::collection::vec(rule, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Messages arrive in milliseconds; what is allowed is sent. Pruning changes nothing, the answer
    /// is that of counting, and `free_at` is the first moment at which counting allows it.
    #[test]
    fn agrees_with_counting(
        rules in rules(),
        attempts in prop::collection::vec((0_i64..20, candidates()), 1..40),
    ) {
        let (mut recent, mut sent, mut now) = (Recent::new(), Vec::new(), 1_000);
        for (wait, candidate) in attempts {
            now += wait;
            recent.prune(reach(&rules), Timestamp(now));
            let found = decide(&recent, &rules, candidate, Timestamp(now));
            let allowed = naive_allowed(&sent, &rules, candidate, now);
            prop_assert_eq!(found == Decision::Allowed, allowed);
            if let Decision::Capped { free_at, .. } = found {
                let first = (now..now + 100).find(|t| naive_allowed(&sent, &rules, candidate, *t));
                prop_assert_eq!(free_at.map(|t| t.0), first);
            } else {
                recent.record(candidate, Timestamp(now));
                sent.push((now, candidate));
            }
        }
    }

    /// Of what is due at once, nothing that was refused had a higher priority than something that
    /// took its place: going one by one from the highest on gives the same.
    #[test]
    fn choosing_is_deciding_from_the_highest_priority_on(
        rules in rules(),
        due in prop::collection::vec(candidates(), 0..12),
    ) {
        let found = choose(&mut Recent::new(), &rules, &due, Timestamp(1_000));
        let mut sent: Vec<(i64, Candidate)> = Vec::new();
        for priority in (0..3).rev() {
            for (at, candidate) in due.iter().enumerate().filter(|(_, c)| c.priority == priority) {
                let allowed = naive_allowed(&sent, &rules, *candidate, 1_000);
                prop_assert_eq!(found[at] == Decision::Allowed, allowed);
                if allowed {
                    sent.push((1_000, *candidate));
                }
            }
        }
    }
}
