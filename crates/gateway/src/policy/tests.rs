use model::{EventId, Who};

use super::*;

const CHOICES: [Option<Choice>; 4] =
    [None, Some(Choice::Allow), Some(Choice::DropProperty), Some(Choice::DropEvent)];

fn event(name: &str, properties: &[(&str, Value)]) -> Record {
    let mut properties: Vec<_> =
        properties.iter().map(|(name, value)| (Text::new(name), value.clone())).collect();
    model::record::sort_properties(&mut properties);
    let event = Event { name: name.into(), time: Timestamp(1), id: EventId(1), properties };
    Record { received_at: Timestamp(2), who: Who::user("ada"), what: What::Event(event) }
}

fn change(attributes: &[(&str, Value)], operations: &[(&str, Operation)]) -> Record {
    let attributes =
        attributes.iter().map(|(name, value)| (Text::new(name), value.clone())).collect();
    let operations = operations.iter().map(|(name, done)| (Text::new(name), done.clone()));
    let mut change = AttributeChange::set(Timestamp(1), EventId(2), attributes);
    change.operations = operations.collect();
    Record { received_at: Timestamp(2), who: Who::user("ada"), what: What::Identify(change) }
}

/// Names that are left of a record, and what was found; `None`: nothing is left.
fn passed(policy: &Policy, record: Record) -> (Option<Vec<String>>, Vec<(&'static str, Outcome)>) {
    let mut found = Vec::new();
    let mut left = policy.apply(vec![record], &mut |finding| {
        assert!(!finding.message().is_empty() && finding.written().starts_with('{'));
        found.push((finding.violation.code(), finding.outcome));
    });
    let names = left.pop().map(|record| match record.what {
        What::Event(event) => event.properties.into_iter().map(|(name, _)| name.into()).collect(),
        What::Identify(change) => {
            let done = change.operations.into_iter().map(|(name, _)| name);
            change
                .attributes
                .into_iter()
                .map(|(name, _)| name)
                .chain(done)
                .map(Into::into)
                .collect()
        }
        _ => Vec::new(),
    });
    (names, found)
}

fn bought(undefined: Option<Choice>, mistyped: Option<Choice>) -> Policy {
    let colours = ["red", "blue"].map(|colour| Value::text(colour).key().unwrap());
    let colour = ValueRule { allowed: HashSet::from(colours), ..ValueRule::of(Type::Text) };
    let properties = [
        ("amount".into(), ValueRule::of(Type::Number)),
        ("colour".into(), colour),
        ("n".into(), ValueRule::of(Type::Integer)),
    ];
    let rule = EventRule {
        properties: HashMap::from(properties),
        required: vec!["amount".into()],
        undefined,
        mistyped,
        ..EventRule::default()
    };
    let blocked = EventRule { blocked: true, ..EventRule::default() };
    Policy {
        events: HashMap::from([("Bought".into(), rule), ("Noise".into(), blocked)]),
        ..Policy::default()
    }
}

/// Every policy with every kind of event that is not as declared.
#[test]
fn what_is_not_declared_or_mistyped_follows_the_policy() {
    let amount = ("amount", Value::Int(5));
    type Input<'a> = (&'a str, &'a [(&'a str, Value)], &'a str, bool);
    let inputs: [Input; 4] = [
        ("extra", &[amount.clone(), ("extra", Value::Int(1))], "schema.property_undefined", true),
        ("amount", &[("amount", Value::text("5"))], "schema.property_type", false),
        (
            "colour",
            &[amount.clone(), ("colour", Value::text("green"))],
            "schema.property_not_allowed",
            false,
        ),
        ("n", &[amount, ("n", Value::Float(1.5))], "schema.property_type", false),
    ];
    for choice in CHOICES {
        for (name, properties, code, undefined) in &inputs {
            let policy = match undefined {
                true => bought(choice, None),
                false => bought(None, choice),
            };
            let (left, found) = passed(&policy, event("Bought", properties));
            let all: Vec<String> = {
                let mut names: Vec<_> = properties.iter().map(|(n, _)| (*n).to_owned()).collect();
                names.sort();
                names
            };
            let without = all.iter().filter(|n| n != name).cloned().collect();
            let (expected, outcome) = match choice {
                None | Some(Choice::Allow) => (Some(all), Outcome::Accepted),
                Some(Choice::DropProperty) => (Some(without), Outcome::PropertyDropped),
                Some(Choice::DropEvent) => (None, Outcome::EventDropped),
            };
            assert_eq!(left, expected, "{choice:?} {name}");
            match choice {
                None if *undefined => assert_eq!(found, []),
                _ => assert_eq!(found, [(*code, outcome)], "{choice:?} {name}"),
            }
        }
    }
}

#[test]
fn a_missing_property_cannot_be_left_out_so_the_event_is() {
    for choice in CHOICES {
        let (left, found) = passed(&bought(None, choice), event("Bought", &[]));
        let drops = matches!(choice, Some(Choice::DropProperty | Choice::DropEvent));
        assert_eq!(left.is_none(), drops);
        let outcome = if drops { Outcome::EventDropped } else { Outcome::Accepted };
        assert_eq!(found, [("schema.property_missing", outcome)]);
        let null = passed(&bought(None, choice), event("Bought", &[("amount", Value::Null)]));
        assert_eq!(null.1, [("schema.property_missing", outcome)]);
    }
}

#[test]
fn undefined_and_blocked_events_and_what_clients_add_themselves() {
    for choice in CHOICES {
        let policy = Policy { undefined_events: choice, ..bought(choice, None) };
        let (left, found) = passed(&policy, event("Other", &[]));
        let drops = matches!(choice, Some(Choice::DropProperty | Choice::DropEvent));
        assert_eq!((left.is_none(), found.len()), (drops, usize::from(choice.is_some())));
        let (left, found) = passed(&policy, event("Noise", &[]));
        assert_eq!(left, None);
        assert_eq!(found, [("schema.event_blocked", Outcome::EventDropped)]);
        let own = [("amount", Value::Int(1)), ("context.ip", Value::text("::1"))];
        assert_eq!(passed(&policy, event("Bought", &own)).1, []);
    }
}

#[test]
fn attributes_and_what_is_done_to_them_follow_the_policy() {
    for choice in CHOICES {
        let blocked = ValueRule { blocked: true, ..ValueRule::of(Type::Any) };
        let policy = Policy {
            attributes: HashMap::from([
                ("visits".into(), ValueRule::of(Type::Integer)),
                ("tags".into(), ValueRule::of(Type::List)),
                ("ssn".into(), blocked),
            ]),
            undefined_attributes: choice,
            mistyped: choice,
            ..Policy::default()
        };
        let good = change(
            &[("visits", Value::Int(1)), ("gone", Value::Null)],
            &[
                ("visits", Operation::Add(Value::Int(1))),
                ("tags", Operation::Append(vec![Value::Int(1)])),
            ],
        );
        assert_eq!(passed(&policy, good).1, []);
        let (left, found) = passed(&policy, change(&[("ssn", Value::Int(1))], &[]));
        assert_eq!(left, Some(Vec::new()), "who it is stays said");
        assert_eq!(found, [("schema.attribute_blocked", Outcome::PropertyDropped)]);

        let wrong = change(
            &[("other", Value::Int(1)), ("tags", Value::Int(1))],
            &[("visits", Operation::Append(vec![Value::Int(1)]))],
        );
        let (left, found) = passed(&policy, wrong);
        let n = match choice {
            None | Some(Choice::Allow) => Some(3),
            Some(Choice::DropProperty) => Some(0),
            Some(Choice::DropEvent) => None,
        };
        assert_eq!(left.map(|names| names.len()), n);
        assert_eq!(found.len(), if choice.is_some() { 3 } else { 2 }, "{choice:?} {found:?}");
    }
}

#[test]
fn types_hold_what_json_can_say_of_them() {
    let texts = |text: &str| Value::text(text);
    let rows: [(Type, &[Value], &[Value]); 6] = [
        (Type::Text, &[texts("a")], &[Value::Int(1), Value::Bool(true)]),
        (Type::Number, &[Value::Int(1), Value::Float(0.5)], &[texts("1")]),
        (Type::Integer, &[Value::Int(1), Value::Float(2.0)], &[Value::Float(0.5)]),
        (Type::Boolean, &[Value::Bool(false)], &[Value::Int(0), texts("false")]),
        (Type::Time, &[Value::Time(Timestamp(0)), texts("2026-01-01T00:00:00Z")], &[texts("soon")]),
        (Type::List, &[Value::List(Box::default())], &[texts("[]")]),
    ];
    for (of, good, bad) in rows {
        assert!(good.iter().all(|value| of.holds(value)), "{of:?}");
        assert!(!bad.iter().any(|value| of.holds(value)), "{of:?}");
        assert!(bad.iter().all(|value| Type::Any.holds(value)));
    }
}

#[test]
fn without_declarations_records_pass_untouched() {
    let record = event("Bought", &[("amount", Value::Int(1))]);
    assert!(Policy::default().idle());
    let (left, found) = passed(&Policy::default(), record);
    assert_eq!((left.unwrap().len(), found.len()), (1, 0));
}

#[test]
fn codes_are_told_apart() {
    let codes: HashSet<_> = Violation::ALL.iter().map(|violation| violation.code()).collect();
    assert_eq!(codes.len(), Violation::ALL.len());
    assert!(Violation::ALL.iter().all(|violation| !violation.hint().is_empty()));
}
