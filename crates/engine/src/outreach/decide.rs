//! What becomes of one candidate.

use std::sync::Arc;

use model::{Event, EventId, Span, Text, Timestamp, UserIndex, Zone};

use super::{Again, Campaign, Contacts, Person, Place, Policy, Standing, To, places};
use crate::schedule::caps;
use crate::schedule::quiet_hours::{self, Hours, Layer, Outcome, legal};
use crate::subscription::Blocked;

/// Somebody whom a campaign qualified.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Of which campaign.
    pub campaign: Text,
    /// Who.
    pub user: UserIndex,
    /// The id of the message: the same for the same cause.
    pub message: EventId,
    /// The run, or the occasion.
    pub run: Text,
    /// When they qualified.
    pub at: Timestamp,
    /// Not before this instant, as a local hour of theirs.
    pub due: Timestamp,
    /// The local hour had passed when the run began.
    pub missed: bool,
    /// The event that did it.
    pub event: Option<Arc<Event>>,
}

impl Candidate {
    /// The id of the message that a cause leads to: 96 bits of a hash, and the user's number, so that whoever
    /// has the id finds the user without a list of all messages. Of a campaign that sends to everybody once,
    /// there is one cause per user.
    pub fn message(campaign: &Campaign, user: UserIndex, cause: &str) -> EventId {
        let cause = if campaign.again == Again::Once { "once" } else { cause };
        Candidate::message_of(&campaign.id, user, cause)
    }

    /// The same of a campaign that is known by its id, and may send to somebody several times.
    pub fn message_of(campaign: &str, user: UserIndex, cause: &str) -> EventId {
        let hash = EventId::of(&format!("message/{campaign}/{}/{cause}", user.0));
        // Never 64 bits alone: ids of these are written in another length.
        EventId(hash.0 << USER_BITS | 1 << 127 | u128::from(user.0))
    }

    /// The user to whom a message with this id was decided; another one may have taken their place since.
    pub fn user_of(message: EventId) -> UserIndex {
        UserIndex(message.0 as u32)
    }
}

/// Bits of a message's id that hold the user's number.
const USER_BITS: u32 = 32;

/// Why nothing is sent, by a word that stays the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The campaign was ended.
    CampaignStopped,
    /// Its end has passed.
    CutOff,
    /// It has sent as many as it may.
    Limit,
    /// It has sent as many as it may in a day.
    DailyLimit,
    /// The local hour of the user had passed when the run began.
    LocalTimePassed,
    /// The user had a message of it too short a time ago.
    Again,
    /// There is no address, number or device.
    NoAddress,
    /// The user, the device or the address does not want it.
    Blocked(Blocked),
    /// A cap or a gap of the policy.
    Capped,
    /// Quiet hours, and it may not wait.
    QuietHours,
    /// The user is not in the audience any more.
    NotQualified,
    /// The user has not written on WhatsApp for a day, so that only a template may be sent.
    WindowClosed,
}

/// How long after a user wrote WhatsApp lets free text through.
const WINDOW: Span = Span::days(1);

impl Reason {
    /// All of them, in the order in which they are decided.
    pub const ALL: [Reason; 17] = [
        Reason::NotQualified,
        Reason::CampaignStopped,
        Reason::LocalTimePassed,
        Reason::Again,
        Reason::NoAddress,
        Reason::Blocked(Blocked::Address),
        Reason::Blocked(Blocked::Channel),
        Reason::Blocked(Blocked::Device),
        Reason::Blocked(Blocked::System),
        Reason::Blocked(Blocked::Pending),
        Reason::Blocked(Blocked::Topic),
        Reason::WindowClosed,
        Reason::Limit,
        Reason::DailyLimit,
        Reason::CutOff,
        Reason::QuietHours,
        Reason::Capped,
    ];

    /// The word.
    pub fn word(&self) -> &'static str {
        match self {
            Reason::CampaignStopped => "campaign_stopped",
            Reason::CutOff => "cut_off",
            Reason::Limit => "campaign_limit",
            Reason::DailyLimit => "daily_limit",
            Reason::LocalTimePassed => "local_time_passed",
            Reason::Again => "too_soon_again",
            Reason::NoAddress => "no_address",
            Reason::Blocked(blocked) => blocked.word(),
            Reason::Capped => "frequency_cap",
            Reason::QuietHours => "quiet_hours",
            Reason::NotQualified => "not_qualified",
            Reason::WindowClosed => "window_closed",
        }
    }
}

/// What becomes of a candidate.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nothing is sent, so that the effect can be told: the control group, by its word or id.
    HeldOut(Text),
    /// Nothing is sent.
    Withheld {
        /// Why.
        reason: Reason,
        /// What else there is to say.
        detail: String,
        /// The content that had been drawn; nothing: nothing had.
        variant: Option<Text>,
    },
    /// It is decided again then.
    Later {
        /// When.
        due: Timestamp,
        /// Why.
        reason: &'static str,
        /// The content that was drawn.
        variant: Option<Text>,
    },
    /// It is sent.
    Send {
        /// The content that was drawn.
        variant: Text,
        /// Where to: at least one place.
        places: Vec<Place>,
    },
}

/// What is known at the instant of a decision.
pub struct Known<'a> {
    /// The rules of the workspace.
    pub policy: &'a Policy,
    /// What was sent of late.
    pub contacts: &'a Contacts,
    /// Messages of the campaign on this local day of the workspace.
    pub today: u64,
    /// The instant.
    pub now: Timestamp,
    /// Whether people can be reached.
    pub reach: Reach,
}

/// Whether somebody whom a campaign qualified can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Where addresses, devices and consent say so.
    #[default]
    Known,
    /// Taken for granted: a trial on people of whom no address is known. Nothing is ever sent by it.
    Assumed,
}

/// Why a campaign cannot reach a person at all; nothing: it can.
pub fn unreachable(campaign: &Campaign, person: &Person) -> Option<Reason> {
    open_places(campaign, person).err()
}

/// Where a message may go, or why nowhere.
fn open_places(campaign: &Campaign, person: &Person) -> Result<Vec<Place>, Reason> {
    let topic = campaign.topic.as_ref().map(|(topic, by_default)| (topic.as_str(), *by_default));
    let mut open = places(person, campaign.channel, topic);
    let first_blocked = open.iter().find_map(|place| place.blocked);
    open.retain(|place| place.blocked.is_none());
    match open.is_empty() {
        true => Err(first_blocked.map_or(Reason::NoAddress, Reason::Blocked)),
        false => Ok(open),
    }
}

/// Decides about a candidate, in an order that keeps the comparison fair: what is known before the draw leaves
/// people out of it; what comes after the draw leaves them in their arm.
pub fn decide(
    campaign: &Campaign,
    candidate: &Candidate,
    person: &Person,
    known: &Known,
) -> Decision {
    let withheld =
        |reason: Reason, detail: String| Decision::Withheld { reason, detail, variant: None };
    if campaign.standing == Standing::Stopped {
        return withheld(Reason::CampaignStopped, String::new());
    }
    if candidate.missed {
        return withheld(Reason::LocalTimePassed, String::new());
    }
    if let Again::After(pause) = campaign.again
        && let Some(last) = known.contacts.last(candidate.user, &campaign.id)
        && known.now < last.plus(pause)
    {
        return withheld(Reason::Again, format!("the last one was at {last}"));
    }
    let mut open = match (open_places(campaign, person), known.reach) {
        (Ok(open), _) => open,
        (Err(reason), Reach::Known) => return withheld(reason, String::new()),
        (Err(_), Reach::Assumed) => {
            vec![Place { to: To::Person, blocked: None, last_at: Timestamp::MIN }]
        }
    };
    if let Some(group) = campaign.held_out(known.policy, candidate.user) {
        return Decision::HeldOut(group);
    }
    let variant = campaign.content(known.policy, person).clone();
    let withheld = |reason: Reason, detail: String| Decision::Withheld {
        reason,
        detail,
        variant: Some(variant.clone()),
    };
    if let Some((reason, detail)) = limited(campaign, known) {
        return withheld(reason, detail);
    }
    match hours(campaign, candidate, person, known) {
        Outcome::Drop(quiet_hours::Reason::CutOff) => {
            return withheld(Reason::CutOff, String::new());
        }
        Outcome::Drop(
            quiet_hours::Reason::Quiet(layer) | quiet_hours::Reason::NeverOpen(layer),
        ) => {
            return withheld(Reason::QuietHours, format!("hours of {}", word(layer)));
        }
        Outcome::Wait { until, layer } => {
            let reason = match layer {
                Layer::Campaign => "delivery_hours",
                Layer::Legal => "legal_hours",
                Layer::Workspace | Layer::User => "quiet_hours",
            };
            return Decision::Later { due: until, reason, variant: Some(variant) };
        }
        Outcome::Send => {}
    }
    if known.now < candidate.due {
        return Decision::Later {
            due: candidate.due,
            reason: "local_time",
            variant: Some(variant),
        };
    }
    if campaign.free_text.contains(&variant) {
        let wrote = person.wrote_at();
        if wrote.is_none_or(|at| known.now >= at.plus(WINDOW)) {
            let detail = wrote.map_or_else(
                || "the user has never written".to_owned(),
                |at| format!("the user wrote last at {at}"),
            );
            return withheld(Reason::WindowClosed, detail);
        }
    }
    // Caps come last: a message that does not go must not take the place of one that does.
    if let Some(detail) = capped(campaign, candidate, known) {
        return withheld(Reason::Capped, detail);
    }
    if campaign.standing == Standing::Paused {
        return Decision::Later { due: Timestamp::MAX, reason: PAUSED, variant: Some(variant) };
    }
    if !campaign.delivery.all_devices {
        open.truncate(1);
    }
    Decision::Send { variant, places: open }
}

/// Why a message of a paused campaign waits: until it goes on.
pub const PAUSED: &str = "paused";

/// The limits of the campaign itself.
fn limited(campaign: &Campaign, known: &Known) -> Option<(Reason, String)> {
    let delivery = &campaign.delivery;
    let sent = known.contacts.sent(&campaign.id);
    if let Some(most) = delivery.most.filter(|most| sent >= *most) {
        return Some((Reason::Limit, format!("{most} in all")));
    }
    let most = delivery.most_per_day.filter(|most| known.today >= *most)?;
    Some((Reason::DailyLimit, format!("{most} a day")))
}

/// Whether the hours let it go.
fn hours(campaign: &Campaign, candidate: &Candidate, person: &Person, known: &Known) -> Outcome {
    let policy = known.policy;
    let own = person.zone().and_then(|name| Zone::named(&name));
    let zone = own.as_ref().unwrap_or(&policy.zone);
    let country = person.country();
    let place = quiet_hours::Place { zone, channel: campaign.channel, country: country.as_deref() };
    let mut layers: Vec<(Layer, &Hours)> = Vec::new();
    if campaign.policed() {
        if policy.legal_hours
            && let Some(country) = &country
        {
            layers.extend(legal::rules(country).map(|rule| (Layer::Legal, &rule.hours)));
        }
        layers.extend(policy.quiet.as_ref().map(|hours| (Layer::Workspace, hours)));
    }
    layers.extend(campaign.hours.as_ref().map(|hours| (Layer::Campaign, hours)));
    let on_quiet = campaign.delivery.on_quiet.unwrap_or(policy.on_quiet);
    let at = known.now.max(candidate.due);
    quiet_hours::outcome(at, place, &layers, on_quiet, campaign.delivery.until)
}

fn capped(campaign: &Campaign, candidate: &Candidate, known: &Known) -> Option<String> {
    if !campaign.policed() {
        return None;
    }
    let nothing = caps::Recent::new();
    let recent = known.contacts.of(candidate.user).unwrap_or(&nothing);
    match caps::decide(recent, &known.policy.caps, campaign.message(), known.now) {
        caps::Decision::Allowed => None,
        caps::Decision::Capped { rule, .. } => {
            Some(known.policy.caps_in_words.get(rule).cloned().unwrap_or_default())
        }
    }
}

fn word(layer: Layer) -> &'static str {
    match layer {
        Layer::Legal => "the law",
        Layer::Workspace => "the workspace",
        Layer::Campaign => "the campaign",
        Layer::User => "the user",
    }
}
