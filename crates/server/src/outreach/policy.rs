//! The contact policy, from how it is stored to how it decides.

use std::collections::BTreeSet;

use engine::outreach::{CAMPAIGN, Policy, WORKSPACE};
use engine::schedule::caps::{RULES_MAX, Rule, Scope};
use engine::schedule::holidays::Weekdays;
use engine::schedule::quiet_hours::{self, Days, Hours, Window};
use engine::schedule::{Channel, Channels, Minute};
use experiment::assign::{Groups, Named, Share};
use model::{Span, Text, Weekday, Zone};
use wire::api::{self, CapInput, ContactPolicy, ControlGroupInput, GapInput, LocalHours, OnQuiet};

use crate::failure::Failure;
use crate::service::rules;

/// Rules of a kind at most.
const RULES_OF_KIND_MAX: usize = 16;

/// Named control groups at most.
const GROUPS_MAX: usize = 16;

/// Bytes of the name of a group at most.
const NAME_BYTES_MAX: usize = 200;

/// Bytes of the description of a group at most.
const DESCRIPTION_BYTES_MAX: usize = 2_000;

/// What an id is made of.
const KEY_FORM: &str = "write 1 to 64 of a-z, 0-9, _ and -";

/// The longest window of a cap and the longest gap: contacts are kept so long.
const WINDOW_MAX: Span = engine::outreach::REMEMBERED;

/// Bytes of the id of an element of a page at most.
const ELEMENT_BYTES_MAX: usize = 100;

/// The share of the workspace's control group at most.
const CONTROL_MAX: f64 = 0.5;

/// What is stored before anybody chose: a control group, a cap and quiet nights.
pub fn default_policy() -> ContactPolicy {
    let cap = |most, within: &str| CapInput {
        most,
        within: within.into(),
        channels: Vec::new(),
        labels: Vec::new(),
    };
    ContactPolicy {
        control: 0.05,
        caps: vec![cap(2, "1d"), cap(6, "7d")],
        gaps: Vec::new(),
        quiet: vec![LocalHours { from: "22:00".into(), to: "08:00".into(), weekdays: Vec::new() }],
        on_quiet: OnQuiet::Delay,
        legal_hours: true,
        public_url: None,
        track: true,
        unproven: api::Unproven::Impersonal,
        inbox_element: None,
        groups: Vec::new(),
        approval: false,
    }
}

/// The policy as it decides. Errors: what of it is wrong.
pub fn compile(
    written: &ContactPolicy,
    (seed, zone): (u64, &Zone),
    labels: &[Text],
) -> Result<Policy, Failure> {
    let ContactPolicy { control, caps, gaps, quiet, on_quiet, legal_hours, .. } = written;
    if !(0.0..=CONTROL_MAX).contains(control) {
        return Err(wrong("control", format!("{control} is no share from 0 to {CONTROL_MAX}")));
    }
    if caps.len() > RULES_OF_KIND_MAX || gaps.len() > RULES_OF_KIND_MAX {
        return Err(wrong("caps", format!("there are more than {RULES_OF_KIND_MAX} of a kind")));
    }
    if written
        .inbox_element
        .as_ref()
        .is_some_and(|id| id.is_empty() || id.len() > ELEMENT_BYTES_MAX)
    {
        return Err(wrong("inbox_element", format!("it is not 1 to {ELEMENT_BYTES_MAX} bytes")));
    }
    const { assert!(2 * RULES_OF_KIND_MAX <= RULES_MAX) };
    let mut rules = Vec::new();
    let mut words = Vec::new();
    for (n, cap) in caps.iter().enumerate() {
        rules.push(limit(cap, labels).map_err(|what| wrong(&format!("caps.{n}"), what))?);
        words.push(format!(
            "at most {} in {}{}",
            cap.most,
            cap.within,
            only(&cap.channels, &cap.labels)
        ));
    }
    for (n, written) in gaps.iter().enumerate() {
        rules.push(gap(written).map_err(|what| wrong(&format!("gaps.{n}"), what))?);
        words.push(format!("at least {} between{}", written.least, only(&written.channels, &[])));
    }
    let windows = windows(quiet).map_err(|what| wrong("quiet", what))?;
    let quiet = (!windows.is_empty())
        .then(|| {
            Hours::quiet(Channels::ALL, windows).ok_or_else(|| wrong("quiet", "too many".into()))
        })
        .transpose()?;
    Ok(Policy {
        seed,
        control: share(*control).unwrap_or(Share::NONE),
        groups: groups(&written.groups)?,
        caps: rules,
        caps_in_words: words,
        quiet,
        on_quiet: policy(*on_quiet),
        legal_hours: *legal_hours,
        zone: zone.clone(),
    })
}

/// The named control groups. Errors: what of them is wrong.
pub fn groups(written: &[ControlGroupInput]) -> Result<Groups, Failure> {
    if written.len() > GROUPS_MAX {
        return Err(wrong("groups", format!("there are more than {GROUPS_MAX}")));
    }
    let one = |(n, group): (usize, &ControlGroupInput)| {
        let field = |name: &str| format!("groups.{n}.{name}");
        let key = |name: &str, value: &str| {
            rules::check_key(name, value)
                .map_err(|_| wrong(&field(name), format!("\"{value}\" is no id; {KEY_FORM}")))
        };
        key("id", &group.id)?;
        if [WORKSPACE, CAMPAIGN].contains(&group.id.as_str()) {
            let what = format!("\"{}\" is the word of another group; choose another", group.id);
            return Err(wrong(&field("id"), what));
        }
        if let Some(apart) = &group.apart {
            key("apart", apart)?;
        }
        let name = group.name.as_deref().unwrap_or_default();
        if name.len() > NAME_BYTES_MAX || group.description.len() > DESCRIPTION_BYTES_MAX {
            let most = format!(
                "a name has at most {NAME_BYTES_MAX} bytes, a description {DESCRIPTION_BYTES_MAX}"
            );
            return Err(wrong(&field("name"), most));
        }
        let part = share(group.share)
            .filter(|part| *part > Share::NONE && group.share <= CONTROL_MAX)
            .ok_or_else(|| {
                let what = format!("{} is no share above 0 and at most {CONTROL_MAX}", group.share);
                wrong(&field("share"), what)
            })?;
        let apart = group.apart.as_ref().map(Text::new);
        Ok(Named { id: Text::new(&group.id), share: part, apart })
    };
    let named: Vec<Named> = written.iter().enumerate().map(one).collect::<Result<_, Failure>>()?;
    Groups::new(named).map_err(|error| wrong("groups", error.to_string()))
}

/// Labels that rules name.
pub fn labels_of(written: &ContactPolicy) -> BTreeSet<Text> {
    written.caps.iter().flat_map(|cap| &cap.labels).map(Text::new).collect()
}

/// A share, if it is one.
pub fn share(share: f64) -> Option<Share> {
    Share::percent(share * 100.0)
}

/// What becomes of a message in quiet hours.
pub fn policy(written: OnQuiet) -> quiet_hours::Policy {
    match written {
        OnQuiet::Delay => quiet_hours::Policy::Delay,
        OnQuiet::Discard => quiet_hours::Policy::Discard,
    }
}

/// Local hours as windows. Errors: which is wrong, and how.
pub fn windows(written: &[LocalHours]) -> Result<Vec<Window>, String> {
    if written.len() > RULES_OF_KIND_MAX {
        return Err(format!("there are more than {RULES_OF_KIND_MAX}"));
    }
    let window = |hours: &LocalHours| {
        let minute = |text: &str| {
            Minute::parse(text)
                .ok_or_else(|| format!("\"{text}\" is no time of day; write it like 09:30"))
        };
        let day = |text: &String| {
            Weekday::parse(text)
                .ok_or_else(|| format!("\"{text}\" is no weekday; write it like monday"))
        };
        let weekdays: Vec<Weekday> = hours.weekdays.iter().map(day).collect::<Result<_, _>>()?;
        let days = match weekdays.is_empty() {
            true => Days::ALL,
            false => Days { weekdays: Weekdays::of(&weekdays), holidays: false },
        };
        Ok(Window { days, from: minute(&hours.from)?, to: minute(&hours.to)? })
    };
    written.iter().map(window).collect()
}

/// The channel as the engine has it.
pub fn channel(written: api::Channel) -> Channel {
    match written {
        api::Channel::Email => Channel::Email,
        api::Channel::Push => Channel::Push,
        api::Channel::WebPush => Channel::WebPush,
        api::Channel::Sms => Channel::Sms,
        api::Channel::Whatsapp => Channel::WhatsApp,
        api::Channel::Webhook => Channel::Webhook,
        api::Channel::InApp => Channel::InApp,
        api::Channel::OnSite => Channel::OnSite,
        api::Channel::Inbox => Channel::Inbox,
    }
}

fn limit(cap: &CapInput, labels: &[Text]) -> Result<Rule, String> {
    let window = span(&cap.within)?;
    let limit = u16::try_from(cap.most).map_err(|_| format!("{} is too many", cap.most))?;
    let own = super::labels(labels, cap.labels.iter().map(String::as_str));
    let labels = (!cap.labels.is_empty()).then_some(own);
    Ok(Rule::Limit { limit, window, scope: Scope { channels: channels(&cap.channels), labels } })
}

fn gap(written: &GapInput) -> Result<Rule, String> {
    let scope = Scope { channels: channels(&written.channels), labels: None };
    Ok(Rule::Gap { gap: span(&written.least)?, scope })
}

fn channels(written: &[api::Channel]) -> Channels {
    match written {
        [] => Channels::ALL,
        some => Channels::of(&some.iter().map(|own| channel(*own)).collect::<Vec<_>>()),
    }
}

fn span(text: &str) -> Result<Span, String> {
    let span = Span::parse(text).map_err(|error| error.to_string())?;
    match span.0 > 0 && span <= WINDOW_MAX {
        true => Ok(span),
        false => Err(format!("{text} is not between 1ms and 90d")),
    }
}

/// What a rule is for, in words.
fn only(channels: &[api::Channel], labels: &[String]) -> String {
    let mut words = String::new();
    if !channels.is_empty() {
        let names: Vec<&str> = channels.iter().map(|own| channel(*own).name()).collect();
        words.push_str(&format!(" by {}", names.join(", ")));
    }
    if !labels.is_empty() {
        words.push_str(&format!(" labelled {}", labels.join(", ")));
    }
    words
}

fn wrong(field: &str, what: String) -> Failure {
    Failure::unprocessable("contact_policy.invalid", format!("`{field}`: {what}"))
}
