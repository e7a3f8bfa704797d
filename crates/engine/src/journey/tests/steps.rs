use super::*;

fn two_minutes() -> Journey {
    let steps = vec![
        step(
            "wait",
            Action::WaitFor {
                any: vec![(way("bought", None), event_named("Purchase"))],
                within: Span(120_000),
                otherwise: Some(1),
                since: Since::Step,
            },
        ),
        step("nudge", message("two/nudge", None)),
    ];
    journey("two", "Checkout", steps)
}

#[test]
fn a_window_is_exact_to_the_millisecond() {
    for (bought, out) in [
        ("2026-03-01T10:01:59.999Z", "2026-03-01T10:01:59.999 wait -bought-> out: completed"),
        ("2026-03-01T10:02:00.000Z", "2026-03-01T10:02 nudge -next-> out: completed"),
    ] {
        let mut bench = Bench::new(vec![two_minutes()]);
        bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
        bench.does(ADA, "Purchase", bought);
        assert_eq!(bench.story(ADA).last().unwrap(), out);
    }
}

#[test]
fn a_batch_that_comes_late_leads_to_the_same() {
    let mut bench = Bench::new(vec![two_minutes()]);
    // Both come hours later, before any timer is looked at.
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    bench.does(ADA, "Purchase", "2026-03-01T10:00:30Z");
    bench.pass("2026-03-01T15:00:00Z");
    assert_eq!(
        bench.story(ADA),
        ["2026-03-01T10:00 in to wait", "2026-03-01T10:00:30.000 wait -bought-> out: completed"]
    );
    assert!(bench.world.sent.is_empty());
}

#[test]
fn what_comes_too_late_finds_the_user_further_on() {
    let mut bench = Bench::new(vec![two_minutes()]);
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    bench.pass("2026-03-01T10:02:00Z");
    bench.does(ADA, "Purchase", "2026-03-01T10:01:00Z");
    assert_eq!(bench.world.sent.len(), 1);
    assert_eq!(bench.journeys.n_positions(), 0);
}

#[test]
fn nobody_is_in_twice_and_an_event_that_comes_twice_lets_in_once() {
    let mut bench = Bench::new(vec![two_minutes()]);
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    bench.does(ADA, "Checkout", "2026-03-01T10:00:10Z");
    assert_eq!(bench.journeys.n_positions(), 1);
    let first = bench.world.events[&ADA.0][0].clone();
    bench.pass("2026-03-01T11:00:00Z");
    bench.journeys.occurred(ADA, Occurred::Event(&first), (0, true), &mut bench.world);
    assert_eq!(bench.journeys.n_positions(), 0);
}

#[test]
fn once_and_after_a_pause_hold_also_for_users_that_turn_out_to_be_one() {
    let once = Journey { again: Again::Once, ..two_minutes() };
    let mut bench = Bench::new(vec![once]);
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    bench.pass("2026-03-01T11:00:00Z");
    bench.journeys.merge((ADA, BEN), at("2026-03-01T11:00:00Z"), &mut bench.world);
    bench.does(BEN, "Checkout", "2026-03-02T10:00:00Z");
    assert_eq!(bench.story(BEN), [""; 0]);

    let pause = Journey { again: Again::After(Span::days(1)), ..two_minutes() };
    let mut bench = Bench::new(vec![pause]);
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    bench.pass("2026-03-01T11:00:00Z");
    bench.does(ADA, "Checkout", "2026-03-02T09:59:59.999Z");
    assert_eq!(bench.journeys.n_positions(), 0);
    bench.does(ADA, "Checkout", "2026-03-02T10:00:00Z");
    assert_eq!(bench.journeys.n_positions(), 1);
}

#[test]
fn a_key_lets_one_user_in_several_times() {
    let mut by_order = two_minutes();
    by_order.key = Some(Text::new("order"));
    let mut bench = Bench::new(vec![by_order]);
    let order = |id: &str| vec![(Text::new("order"), Value::text(id))];
    bench.does_with(ADA, "Checkout", "2026-03-01T10:00:00Z", order("a"));
    bench.does_with(ADA, "Checkout", "2026-03-01T10:00:01Z", order("b"));
    bench.does_with(ADA, "Checkout", "2026-03-01T10:00:02Z", order("a"));
    assert_eq!(bench.journeys.n_positions(), 2);
}

#[test]
fn a_control_group_is_told_once_and_gets_nothing() {
    let mut bench = Bench::new(vec![two_minutes()]);
    bench.world.control.insert(ADA.0);
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    bench.pass("2026-03-02T10:00:00Z");
    assert_eq!(bench.story(ADA), ["2026-03-01T10:00 held out by campaign"]);
    assert!(bench.world.sent.is_empty());
}

#[test]
fn goals_exits_and_the_time_limit_take_people_out() {
    let mut own = journey("a", "Start", vec![step("rest", wait(Span::days(30), None))]);
    own.goals = vec![Goal {
        id: Text::new("bought"),
        when: event_named("Purchase"),
        within: Span::days(7),
        exits: true,
    }];
    own.exits = vec![event_named("Complaint")];
    own.timeout = Span::days(10);
    let out = |does: &str, when: &str| {
        let mut bench = Bench::new(vec![own.clone()]);
        bench.does(ADA, "Start", "2026-03-01T00:00:00Z");
        bench.does(ADA, does, when);
        bench.pass("2026-05-01T00:00:00Z");
        bench.story(ADA)[1].clone()
    };
    assert_eq!(out("Purchase", "2026-03-07T23:59:00Z"), "2026-03-07T23:59 rest  out: goal bought");
    assert_eq!(out("Purchase", "2026-03-08T00:00:00Z"), "2026-03-11T00:00 rest  out: timeout");
    assert_eq!(out("Complaint", "2026-03-08T00:00:00Z"), "2026-03-08T00:00 rest  out: exit");
}

#[test]
fn a_date_that_is_missing_is_a_path_and_not_now() {
    let dated = |missing| {
        let wait = Wait::Attribute { name: Text::new("ends"), offset: Span(-86_400_000), missing };
        let steps = vec![
            step("until", Action::Wait { wait, next: Some(1) }),
            step("mail", message("d/mail", None)),
            step("ask", message("d/ask", None)),
        ];
        journey("d", "Trial", steps)
    };
    let mut bench = Bench::new(vec![dated(Exit::Out)]);
    bench.does(ADA, "Trial", "2026-03-01T00:00:00Z");
    assert_eq!(bench.story(ADA)[1], "2026-03-01T00:00 until -missing-> out: missing_date");
    let mut bench = Bench::new(vec![dated(Exit::To(2))]);
    bench.world.attributes.insert((ADA.0, "ends".into()), Value::text("soon"));
    bench.does(ADA, "Trial", "2026-03-01T00:00:00Z");
    assert_eq!(bench.story(ADA)[1], "2026-03-01T00:00 until -missing-> ask");

    // A date that is moved while somebody waits for it counts as it is when it comes.
    let mut bench = Bench::new(vec![dated(Exit::Out)]);
    let ends = |at: &str| Value::Time(Timestamp::parse(at).unwrap());
    bench.world.attributes.insert((ADA.0, "ends".into()), ends("2026-03-10T00:00:00Z"));
    bench.does(ADA, "Trial", "2026-03-01T00:00:00Z");
    bench.world.attributes.insert((ADA.0, "ends".into()), ends("2026-03-12T00:00:00Z"));
    bench.pass("2026-04-01T00:00:00Z");
    assert_eq!(bench.story(ADA)[1], "2026-03-11T00:00 until -next-> mail");
}

#[test]
fn a_message_that_is_planned_holds_its_user_until_it_is_decided() {
    let steps =
        vec![step("mail", message("m/mail", Some(1))), step("rest", wait(Span::days(1), None))];
    let mut bench = Bench::new(vec![journey("m", "Start", steps)]);
    bench.world.fate.insert("m/mail".into(), Sent::Later);
    bench.does(ADA, "Start", "2026-03-01T23:00:00Z");
    bench.pass("2026-03-02T07:00:00Z");
    assert_eq!(bench.story(ADA), ["2026-03-01T23:00 in to mail"]);
    let campaign = Text::new("m/mail");
    let run = bench.world.told.values().next().unwrap().run;
    let id = crate::outreach::Candidate::message_of(&campaign, ADA, &format!("{run}/1"));
    let when = (Sent::Queued, at("2026-03-02T08:00:00Z"));
    bench.journeys.decided(ADA, (&campaign, id), when, &mut bench.world);
    bench.pass("2026-03-09T00:00:00Z");
    assert_eq!(
        bench.story(ADA)[1..],
        [
            "2026-03-02T08:00 mail -next-> rest".to_owned(),
            format!("2026-03-03T08:00 {}", completed("rest"))
        ]
    );
}

#[test]
fn of_several_channels_the_one_that_is_liked_and_reaches_is_taken() {
    let best = Action::Message {
        messages: ["b/0", "b/1/liked", "b/2/liked"].map(Text::new).to_vec(),
        choose: Choose::Engaged,
        next: None,
        unreachable: None,
    };
    let mut bench = Bench::new(vec![journey("b", "Start", vec![step("best", best)])]);
    bench.world.fate.insert("b/1/liked".into(), Sent::Withheld);
    bench.does(ADA, "Start", "2026-03-01T00:00:00Z");
    let sent: Vec<&String> = bench.world.sent.keys().collect();
    assert!(sent.len() == 1 && sent[0].contains("b/2/liked"), "{sent:?}");
}

#[test]
fn what_is_written_is_read_by_what_follows_and_a_journey_lets_into_another() {
    let (set, next) = (vec![(Text::new("tier"), Emitted::Value(Value::text("gold")))], Some(1));
    let first = journey(
        "first",
        "Start",
        vec![
            step("mark", Action::Update { set, operations: Vec::new(), next }),
            step(
                "tell",
                Action::Emit { name: Text::new("Promoted"), properties: vec![], next: Some(2) },
            ),
            step("more", Action::Enter { journey: Text::new("second"), next: None }),
        ],
    );
    let mut second = journey("second", "Never", vec![step("rest", wait(Span::days(1), None))]);
    second.entry = None;
    let mut bench = Bench::new(vec![first, second]);
    bench.does(ADA, "Start", "2026-03-01T00:00:00Z");
    assert_eq!(bench.world.attributes[&(ADA.0, "tier".into())], Value::text("gold"));
    assert_eq!(bench.world.emitted.len(), 1);
    let told = bench.story(ADA);
    assert!(told.contains(&"2026-03-01T00:00 in to rest".to_owned()), "{told:?}");
    assert_eq!(bench.journeys.n_positions(), 1);
}

#[test]
fn a_path_is_drawn_by_shares_and_stays() {
    let arms = Arms::equal(["a", "b"].map(Text::new)).unwrap();
    let paths = vec![way("a", None), way("b", None)];
    let steps = vec![step("draw", Action::Random { arms, paths, anew: false })];
    let mut bench = Bench::new(vec![journey("r", "Start", steps)]);
    for user in 0..1_000 {
        bench.does(UserIndex(user), "Start", "2026-03-01T00:00:00Z");
        bench.does(UserIndex(user), "Start", "2026-03-02T00:00:00Z");
    }
    let mut of_a = 0;
    for user in 0..1_000 {
        let story = bench.story(UserIndex(user));
        let drawn = |line: &String| line.contains("-a->");
        assert_eq!(drawn(&story[1]), drawn(&story[3]), "{story:?}");
        of_a += usize::from(drawn(&story[1]));
    }
    assert!((430..570).contains(&of_a), "{of_a}");
}

fn did(name: &str) -> Predicate {
    Predicate::Event(segment::tree::EventPredicate {
        of: EventMatch::named(name),
        within: segment::tree::Window::range(segment::tree::Range::All),
        measure: segment::tree::Measure::Count,
        test: segment::tree::Test::at_least(1),
    })
}

#[test]
fn a_learning_split_tells_in_which_context_it_found_somebody() {
    let context = |id: &str, name: &str| crate::journey::Context {
        id: Text::new(id),
        holds: Box::new(did(name)),
    };
    let steps = |winners: Vec<Option<u16>>| {
        let learn = Action::Learn {
            arms: Arms::equal(["a", "b"].map(Text::new)).unwrap(),
            paths: vec![way("a", Some(1)), way("b", None)],
            contexts: vec![context("vip", "Gift"), context("loyal", "Purchase")],
            winners,
        };
        vec![step("rest", wait(Span::days(1), Some(1))), step("learn", learn)]
    };
    let of = |winners| {
        let mut steps = steps(winners);
        steps.push(step("mail", message("l/mail", None)));
        let Action::Learn { paths, .. } = &mut steps[1].action else { panic!() };
        paths[0].next = Some(2);
        let mut bench = Bench::new(vec![journey("l", "Start", steps)]);
        for n in 0..600 {
            let user = UserIndex(n);
            bench.does(user, "Start", "2026-03-01T00:00:00Z");
            // What happens up to the instant of the split counts, and what is later does not; of two contexts
            // that hold, the first is it.
            if n % 3 == 1 {
                bench.does(user, "Purchase", "2026-03-01T12:00:00Z");
            }
            if n % 3 == 2 {
                bench.does(user, "Purchase", "2026-03-01T12:00:00Z");
                bench.does(user, "Gift", "2026-03-02T00:00:00Z");
            }
        }
        bench.pass("2026-03-03T00:00:00Z");
        let mut told: BTreeMap<(String, &str), usize> = BTreeMap::new();
        for n in 0..600 {
            let line = bench.story(UserIndex(n))[2].clone();
            let (way, context) = line.split_once(" as ").unwrap();
            let way = if way.contains("-a->") { "a" } else { "b" };
            *told.entry((context.to_owned(), way)).or_default() += 1;
        }
        told
    };
    let told = of(vec![None; 3]);
    assert_eq!(told.values().sum::<usize>(), 600, "{told:?}");
    for context in ["vip", "loyal", "others"] {
        let n = told[&(context.to_owned(), "a")];
        assert_eq!(n + told[&(context.to_owned(), "b")], 200, "{told:?}");
        assert!((75..125).contains(&n), "equal shares in each context: {told:?}");
    }
    // A winner of a context sends everybody of it, and nobody else.
    let told = of(vec![Some(1), None, Some(0)]);
    let n = |context: &str, way| told.get(&(context.to_owned(), way)).copied().unwrap_or(0);
    assert_eq!((n("vip", "b"), n("others", "a")), (200, 200), "{told:?}");
    assert!((75..125).contains(&n("loyal", "a")), "{told:?}");
}

#[test]
fn an_opened_message_lets_its_run_go_and_no_other() {
    let steps = vec![
        step("mail", message("o/mail", Some(1))),
        step(
            "read",
            Action::WaitFor {
                any: vec![(
                    way("opened", None),
                    Happening::Message { step: 0, name: Text::new("Message Opened") },
                )],
                within: Span::days(2),
                otherwise: None,
                since: Since::Step,
            },
        ),
    ];
    let mut bench = Bench::new(vec![journey("o", "Start", steps)]);
    bench.does(ADA, "Start", "2026-03-01T00:00:00Z");
    let run = bench.world.told.values().next().unwrap().run;
    let opened = |n: u32, machine: bool| {
        let id = crate::outreach::Candidate::message_of("o/mail", ADA, &format!("{run}/{n}"));
        vec![
            (Text::new("campaign"), Value::text("o/mail")),
            (Text::new("machine"), Value::Bool(machine)),
            (Text::new("message"), Value::text(&id.to_string())),
        ]
    };
    bench.does_with(ADA, "Message Opened", "2026-03-01T01:00:00Z", opened(1, true));
    bench.does_with(ADA, "Message Opened", "2026-03-01T02:00:00Z", opened(99, false));
    assert_eq!(bench.journeys.n_positions(), 1);
    bench.does_with(ADA, "Message Opened", "2026-03-01T03:00:00Z", opened(1, false));
    assert_eq!(bench.story(ADA)[2], "2026-03-01T03:00 read -opened-> out: completed");
}

#[test]
fn what_happened_before_counts_where_a_step_says_so() {
    let with = |since| {
        let any = vec![(way("bought", None), event_named("Purchase"))];
        let (within, otherwise) = (Span::days(1), None);
        let steps = vec![
            step("rest", wait(Span(3_600_000), Some(1))),
            step("buy", Action::WaitFor { any, within, otherwise, since }),
        ];
        let mut bench = Bench::new(vec![journey("s", "Start", steps)]);
        bench.does(ADA, "Start", "2026-03-01T00:00:00Z");
        bench.does(ADA, "Purchase", "2026-03-01T00:50:00Z");
        bench.pass("2026-03-04T00:00:00Z");
        bench.story(ADA)[2].clone()
    };
    assert_eq!(with(Since::Step), "2026-03-02T01:00 buy -otherwise-> out: completed");
    assert_eq!(with(Since::Entry), "2026-03-01T01:00 buy -bought-> out: completed");
    let minutes = |n: i64| Since::Before(Span(n * 60_000));
    assert_eq!(with(minutes(9)), "2026-03-02T01:00 buy -otherwise-> out: completed");
    assert_eq!(with(minutes(10)), "2026-03-01T01:00 buy -bought-> out: completed");
}

#[test]
fn a_pause_keeps_people_in_place_and_what_happened_in_it_counts() {
    let paused = |of: Journey| Journey { standing: Standing::Paused, ..of };
    let mut bench = Bench::new(vec![two_minutes()]);
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    bench.does(BEN, "Checkout", "2026-03-01T10:00:00Z");
    bench.define(vec![paused(two_minutes())], at("2026-03-01T10:00:30Z"));
    bench.does(ADA, "Purchase", "2026-03-01T10:01:00Z");
    bench.does(UserIndex(3), "Checkout", "2026-03-01T10:01:00Z");
    bench.pass("2026-03-01T12:00:00Z");
    assert_eq!(bench.journeys.n_positions(), 2);
    assert_eq!(bench.world.told.len(), 2);
    bench.define(vec![two_minutes()], at("2026-03-01T13:00:00Z"));
    bench.pass("2026-03-01T13:00:00Z");
    assert_eq!(bench.story(ADA)[1], "2026-03-01T10:01 wait -bought-> out: completed");
    assert_eq!(bench.story(BEN)[1], "2026-03-01T10:02 wait -otherwise-> nudge");
    assert_eq!(bench.world.sent.len(), 1);
}

#[test]
fn a_stopped_journey_lets_everybody_out_and_can_begin_anew() {
    let mut bench = Bench::new(vec![two_minutes()]);
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    let stopped = Journey { standing: Standing::Stopped, ..two_minutes() };
    bench.define(vec![stopped], at("2026-03-01T10:01:00Z"));
    assert_eq!(bench.story(ADA)[1], "2026-03-01T10:01 wait  out: stopped");
    bench.define(vec![two_minutes()], at("2026-03-01T11:00:00Z"));
    bench.does(ADA, "Checkout", "2026-03-01T12:00:00Z");
    assert_eq!(bench.journeys.n_positions(), 1);
}

#[test]
fn a_new_version_takes_those_over_for_whom_it_says_so() {
    let first = journey(
        "v",
        "Start",
        vec![step("rest", wait(Span::days(1), Some(1))), step("mail", message("v/mail", None))],
    );
    let old = Journey { current: false, ..first.clone() };
    let with = |moves: &[(&str, To)]| {
        let mut new = first.clone();
        (new.version, new.published_at) = (2, at("2026-03-01T12:00:00Z"));
        new.steps =
            vec![step("rest", wait(Span::days(3), Some(1))), step("text", message("v/text", None))];
        new.moves = moves.iter().map(|(from, to)| (Text::new(from), to.clone())).collect();
        let mut bench = Bench::new(vec![first.clone()]);
        bench.does(ADA, "Start", "2026-03-01T00:00:00Z");
        bench.define(vec![old.clone(), new], at("2026-03-01T12:00:00Z"));
        bench.pass("2026-03-09T00:00:00Z");
        bench.story(ADA)[1..].to_vec()
    };
    let text = |name: &str| To::Step(Text::new(name));
    assert_eq!(
        with(&[]),
        ["2026-03-02T00:00 rest -next-> mail", &format!("2026-03-02T00:00 {}", completed("mail"))]
    );
    // The time that they waited counts.
    assert_eq!(
        with(&[("rest", text("rest"))]),
        [
            "2026-03-01T12:00 rest -published-> rest",
            "2026-03-04T00:00 rest -next-> text",
            &format!("2026-03-04T00:00 {}", completed("text"))
        ]
    );
    assert_eq!(with(&[("rest", text("text"))])[0], "2026-03-01T12:00 rest -published-> text");
    assert_eq!(with(&[("rest", To::Out)]), ["2026-03-01T12:00 rest -published-> out: published"]);
    // Whoever comes to the step later has gone on by their own version.
    assert_eq!(
        with(&[("mail", text("text"))]),
        ["2026-03-02T00:00 rest -next-> mail", &format!("2026-03-02T00:00 {}", completed("mail"))]
    );
}

#[test]
fn of_two_users_that_are_one_whoever_came_in_first_stays() {
    let mut bench = Bench::new(vec![two_minutes()]);
    bench.does(ADA, "Checkout", "2026-03-01T10:00:00Z");
    bench.does(BEN, "Checkout", "2026-03-01T10:01:00Z");
    bench.journeys.merge((ADA, BEN), at("2026-03-01T10:01:30Z"), &mut bench.world);
    assert_eq!(bench.journeys.n_positions(), 1);
    bench.pass("2026-03-01T11:00:00Z");
    let told = bench.story(BEN);
    assert!(told.contains(&"2026-03-01T10:01:30.000 wait  out: merged".to_owned()), "{told:?}");
    assert!(told.contains(&"2026-03-01T10:02 wait -otherwise-> nudge".to_owned()), "{told:?}");
    assert_eq!(bench.world.sent.len(), 1);
}

#[test]
fn a_move_into_a_segment_lets_in_and_lets_go() {
    let vip = || Happening::Moves { watch: Text::new("segment/vip"), from: vec![], to: vec![1] };
    let mut own = journey(
        "w",
        "Never",
        vec![step(
            "wait",
            Action::WaitFor {
                any: vec![(
                    way("lost", None),
                    Happening::Moves { watch: Text::new("segment/vip"), from: vec![], to: vec![0] },
                )],
                within: Span::days(1),
                otherwise: None,
                since: Since::Step,
            },
        )],
    );
    own.entry = Some(vip());
    let mut bench = Bench::new(vec![own]);
    let watch = Text::new("segment/vip");
    for (to, when) in [(1, "2026-03-01T10:00:00.000Z"), (0, "2026-03-01T10:00:00.400Z")] {
        let moved = Occurred::Moved { watch: &watch, from: 1 - to, to, at: at(when) };
        bench.journeys.occurred(ADA, moved, (0, true), &mut bench.world);
    }
    assert_eq!(
        bench.story(ADA),
        ["2026-03-01T10:00 in to wait", "2026-03-01T10:00:00.400 wait -lost-> out: completed"]
    );
}
