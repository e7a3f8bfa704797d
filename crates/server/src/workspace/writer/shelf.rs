//! Messages that wait until whoever they are for comes: pop-ups and cards of the inbox.
//!
//! What it is: an index in memory of what was queued on channels that are fetched, by user, and the writer's
//! part of fetching: whose a browser is and what of theirs it may have, decided with everything in view that was
//! accepted before. What it is not: it renders nothing (that is `service::onsite`), and it keeps nothing that the
//! history does not have. What became of a message is a record like any other; the index follows those records,
//! and is filled from the history at a start.
//!
//! Invariants: a message leaves the index with an outcome in the history, or stays in it until it expires; whoever
//! cannot prove who they are gets what everybody may read, unless the workspace says otherwise.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use engine::outreach::{Candidate, Person, Standing, To, places};
use engine::schedule::Channel;
use history::Needs;
use model::outreach::{
    self, BUTTON, DISMISSED, MACHINE, MESSAGE, OPENED, SESSION, URL, event_id, is_outreach,
};
use model::{Event, EventId, Span, Text, Timestamp, UserIndex, Value};
use segment::evaluate::attribute_at;
use wire::api::Unproven;

use super::outreach::{Attribute, address_of, handed, who};
use super::*;
use crate::outbox::{Queued, told};
use crate::outreach::Ready;
use crate::outreach::content::Fetched;

/// Messages of one user at most: more than anybody reads. Of more the oldest are given up.
const OF_USER_MAX: usize = 100;

/// Messages of all users at most, a few hundred megabytes. More are given up as they are decided.
const MOST: usize = 2_000_000;

/// Pop-ups that are handed out at once: a page shows one after the other.
const POPUPS_AT_ONCE: usize = 5;

/// Shows of one user that limits are counted with.
const SHOWS_KEPT: usize = 1_000;

/// The window of the limit of a day.
const DAY: Span = Span::days(1);

/// Expired messages that are given up between two groups of records.
const AT_ONCE: usize = 500;

/// Candidates that are looked through for those of one user. If more wait, a client comes again.
const LOOKED_THROUGH_MAX: usize = 20_000;

/// Who a browser or an app says it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The id of the browser, or of the installation.
    pub(crate) anonymous_id: Option<Text>,
    /// The id of the user who is logged in.
    pub(crate) user_id: Option<Text>,
    /// The user's id is signed.
    pub(crate) proven: bool,
}

/// What a client asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fetching {
    /// Whose.
    pub(crate) claim: Claim,
    /// On these channels.
    pub(crate) channels: Vec<Channel>,
    /// The session of the visit, as a number.
    pub(crate) session: Option<i64>,
    /// A client that shows whatever it is sent: nothing is handed out twice under the same number.
    pub(crate) once: Option<u64>,
}

/// A message for a client.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    /// The message, as it is rendered.
    pub(crate) queued: Queued,
    /// It was handed to a client before.
    pub(crate) handed: bool,
    /// How often it was shown.
    pub(crate) shown: u32,
    /// A button or a link of it was used.
    pub(crate) clicked: bool,
    /// When it goes.
    pub(crate) expires: Timestamp,
}

/// What somebody did with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It was shown, or read: the n-th time, from 0.
    Shown(u32),
    /// It was shown on a page, by a client that does not count: of one page once.
    ShownOn(u64),
    /// A button of it was used, or the whole of it.
    Clicked { button: Text, url: Text },
    /// It was closed, or thrown out.
    Dismissed,
}

/// What a client tells of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) message: EventId,
    pub(crate) deed: Deed,
}

/// What became of receipts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Receipts {
    /// Of messages that are the client's, told now or before.
    pub(crate) accepted: u64,
    /// Of messages that are not there for whoever told of them.
    pub(crate) unknown: u64,
}

/// A message on the shelf.
#[derive(Clone, Debug)]
pub(super) struct Shelved {
    pub(super) message: EventId,
    pub(super) campaign: Text,
    pub(super) variant: Text,
    pub(super) channel: Channel,
    /// When it was decided.
    pub(super) at: Timestamp,
    pub(super) expires: Timestamp,
    /// The event that triggered it; at first its id alone, if it was read from the history.
    pub(super) event: Option<Arc<Event>>,
    /// The run of its journey, if it says what servers answered in that.
    pub(super) run: Option<Box<str>>,
    pub(super) handed: bool,
    pub(super) shown: u32,
    pub(super) clicked: bool,
    pub(super) dismissed: bool,
    /// The number under which it was handed out last.
    pub(super) once: Option<u64>,
    /// The page on which a client that does not count has shown it last.
    pub(super) seen_on: Option<u64>,
    /// A client heard that it waits.
    pub(super) announced: bool,
}

/// A show that limits count.
#[derive(Clone, Debug)]
pub(super) struct Show {
    pub(super) campaign: Text,
    pub(super) at: Timestamp,
    pub(super) session: Option<i64>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) users: HashMap<UserIndex, Vec<Shelved>>,
    pub(super) shows: HashMap<UserIndex, Vec<Show>>,
    /// When they expire.
    pub(super) due: BTreeSet<(Timestamp, EventId)>,
    pub(super) n: usize,
    /// It was filled from the history, and follows what is accepted.
    pub(super) filled: bool,
}

impl Shelf {
    /// The next instant at which something expires.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(super) fn forget(&mut self, users: &[UserIndex]) {
        for user in users {
            for gone in self.users.remove(user).unwrap_or_default() {
                self.due.remove(&(gone.expires, gone.message));
                self.n -= 1;
            }
            self.shows.remove(user);
        }
    }

    /// Two users turned out to be one, who keeps the messages and the limits of both.
    pub(super) fn merge(&mut self, from: UserIndex, into: UserIndex) {
        if let Some(own) = self.users.remove(&from) {
            self.users.entry(into).or_default().extend(own);
        }
        if let Some(own) = self.shows.remove(&from) {
            self.shows.entry(into).or_default().extend(own);
        }
    }

    /// Somebody is a user of their own again: what was decided for them goes with them.
    fn separate(&mut self, from: UserIndex, own: UserIndex) {
        let Some(all) = self.users.get_mut(&from) else { return };
        let theirs = |of: &mut Shelved| Candidate::user_of(of.message) == own;
        let moved: Vec<Shelved> = all.extract_if(.., theirs).collect();
        if !moved.is_empty() {
            self.users.entry(own).or_default().extend(moved);
        }
    }

    fn of(&mut self, user: UserIndex, message: EventId) -> Option<&mut Shelved> {
        self.users.get_mut(&user)?.iter_mut().find(|own| own.message == message)
    }

    fn remove(&mut self, user: UserIndex, message: EventId) -> Option<Shelved> {
        let all = self.users.get_mut(&user)?;
        let at = all.iter().position(|own| own.message == message)?;
        let gone = all.remove(at);
        if all.is_empty() {
            self.users.remove(&user);
        }
        self.due.remove(&(gone.expires, gone.message));
        self.n -= 1;
        Some(gone)
    }

    /// Puts a message on the shelf; what has to go for it comes back.
    pub(super) fn put(&mut self, user: UserIndex, new: Shelved) -> Option<Shelved> {
        if self.n >= MOST {
            return Some(new);
        }
        let own = self.users.entry(user).or_default();
        if own.iter().any(|other| other.message == new.message) {
            return None;
        }
        self.due.insert((new.expires, new.message));
        own.push(new);
        self.n += 1;
        if own.len() <= OF_USER_MAX {
            return None;
        }
        // Those first with whom nothing happens any more, then the oldest.
        let least = own.iter().min_by_key(|of| (!of.dismissed, !of.clicked, of.shown == 0, of.at));
        let least = least.map(|of| of.message)?;
        self.remove(user, least)
    }

    pub(super) fn showed(&mut self, user: UserIndex, show: Show) {
        let shows = self.shows.entry(user).or_default();
        if shows.len() >= SHOWS_KEPT {
            shows.remove(0);
        }
        shows.push(show);
    }

    /// Whether limits let a pop-up be shown once more.
    fn within(
        &self,
        (user, own): (UserIndex, &Shelved),
        limits: &message::content::ShowLimits,
        (now, session): (Timestamp, Option<i64>),
    ) -> bool {
        if own.clicked || own.shown >= limits.shows {
            return false;
        }
        let shows = self.shows.get(&user).map(Vec::as_slice).unwrap_or_default();
        let of_campaign = || shows.iter().filter(|show| show.campaign == own.campaign);
        let below = |most: Option<u32>, n: usize| most.is_none_or(|most| n < most as usize);
        below(limits.lifetime, of_campaign().count())
            && below(limits.per_day, of_campaign().filter(|of| now < of.at.plus(DAY)).count())
            && below(
                limits.per_session,
                of_campaign().filter(|of| session.is_some() && of.session == session).count(),
            )
    }
}

impl Shelved {
    fn of(queued: &Queued, ready: &Ready) -> Shelved {
        Shelved {
            message: queued.message,
            campaign: queued.campaign.clone(),
            variant: queued.variant.clone(),
            channel: queued.channel,
            at: queued.at,
            expires: expires(ready, &queued.variant, queued.at),
            event: queued.event.clone(),
            run: run_of(ready, &queued.run),
            handed: false,
            shown: 0,
            clicked: false,
            dismissed: false,
            once: None,
            seen_on: None,
            announced: false,
        }
    }

    /// The message with what its events say, and nothing to render it with.
    fn bare(&self, ready: Option<&Ready>, (user, who): (Text, model::Who)) -> Queued {
        let labels = ready.map(|of| of.campaign.label_names.join(",")).unwrap_or_default();
        Queued {
            message: self.message,
            campaign: self.campaign.clone(),
            variant: self.variant.clone(),
            channel: self.channel,
            priority: 0,
            user,
            who,
            at: self.at,
            retried: 0,
            places: Vec::new(),
            attributes: Vec::new(),
            memberships: Vec::new(),
            event: None,
            run: Text::default(),
            answers: Vec::new(),
            locale: None,
            zone: None,
            labels: Text::from(labels),
        }
    }
}

/// The run that a message is of, if its contents ask for it.
pub(super) fn run_of(ready: &Ready, run: &str) -> Option<Box<str>> {
    (!ready.answers.is_empty()).then(|| run.into())
}

/// When a message goes.
pub(super) fn expires(ready: &Ready, variant: &str, at: Timestamp) -> Timestamp {
    let Fetched { stays, .. } = ready.contents.fetched(variant);
    at.plus(stays.unwrap_or(ready.expires))
}

pub(super) fn text(value: &Option<Value>) -> Text {
    match value {
        Some(Value::Text(text)) => text.clone(),
        _ => Text::default(),
    }
}

impl Writer {
    /// Whether any content of a campaign limits shows beyond those of one message.
    pub(super) fn counts_shows(&self, campaign: &str) -> bool {
        let ready = self.reaching.outfit.campaigns.get(campaign);
        ready.is_some_and(|ready| {
            ready.campaign.arms.all().iter().any(|arm| {
                let limits = ready.contents.fetched(&arm.id).limits;
                [limits.per_session, limits.per_day, limits.lifetime].iter().any(Option::is_some)
            })
        })
    }

    /// Puts what was decided on the shelf, after it is durable. What finds no room is given up.
    pub(super) fn shelve(&mut self, queued: Vec<Queued>) {
        let outfit = Arc::clone(&self.reaching.outfit);
        let now = (self.clock)();
        let mut given_up = Vec::new();
        for queued in queued {
            let Some(ready) = outfit.campaigns.get(&queued.campaign) else { continue };
            let user = self.store.remaining(Candidate::user_of(queued.message));
            let gone = self.reaching.shelf.put(user, Shelved::of(&queued, ready));
            given_up.extend(gone.map(|of| (user, of)));
        }
        self.no_room(given_up, now);
    }

    /// There was no room for these.
    pub(super) fn no_room(&mut self, gone: Vec<(UserIndex, Shelved)>, now: Timestamp) {
        let unhanded = gone.iter().filter(|(_, of)| !of.handed);
        let records = unhanded.filter_map(|(user, of)| {
            self.failed(*user, of, "shelf_full", "too many messages wait", now)
        });
        let records: Vec<Record> = records.collect();
        self.tell(records);
    }

    /// A message of the shelf is given up.
    fn failed(
        &self,
        user: UserIndex,
        of: &Shelved,
        code: &str,
        detail: &str,
        now: Timestamp,
    ) -> Option<Record> {
        let queued = self.bare(user, of)?;
        Some(told::failed(&queued, code, detail, now))
    }

    fn bare(&self, user: UserIndex, of: &Shelved) -> Option<Queued> {
        let ready = self.reaching.outfit.campaigns.get(&of.campaign);
        let name = self.fold.person(user).public_id.clone();
        Some(of.bare(ready, (name, who(&self.fold, user)?)))
    }

    /// Makes records durable that follow from what is here. Those that were told before count once.
    fn tell(&mut self, records: Vec<Record>) {
        if records.is_empty() {
            return;
        }
        let held = match self.counted.held(&self.store, &self.fold, &records) {
            Ok(held) => held,
            Err(error) => {
                tracing::error!(%error, "the history cannot be read; nothing is told of messages");
                return;
            }
        };
        let mut group = Group::default();
        for record in records {
            let id = record.delivery();
            if id.is_some_and(|id| !held.contains(&id) && self.counted.take(id)) {
                group.accepted.push(self.step(record));
            }
        }
        self.commit(group);
    }

    /// Follows what is told of messages, whoever told it.
    pub(super) fn follow_shelf(&mut self, taken: &[Taken]) {
        if !self.reaching.shelf.filled {
            return;
        }
        for (step, _, record) in taken {
            if let Some(separated) = &step.separated {
                self.reaching.shelf.separate(step.user, separated.user);
            }
            let What::Event(event) = &record.what else { continue };
            if !is_outreach(&event.name) || event.name == outreach::QUEUED {
                continue;
            }
            let of = |name: &str| event.properties.iter().find(|(own, _)| own == name);
            let Some((_, Value::Text(message))) = of(MESSAGE) else { continue };
            let message = EventId::of(message);
            let shelf = &mut self.reaching.shelf;
            let Some(own) = shelf.of(step.user, message) else { continue };
            match event.name.as_str() {
                outreach::FAILED => _ = shelf.remove(step.user, message),
                outreach::SENT => own.handed = true,
                outreach::CLICKED => own.clicked = true,
                DISMISSED => own.dismissed = true,
                OPENED if !matches!(of(MACHINE), Some((_, Value::Bool(true)))) => {
                    own.shown += 1;
                    let session = match of(SESSION) {
                        Some((_, Value::Int(session))) => Some(*session),
                        _ => None,
                    };
                    let campaign = own.campaign.clone();
                    if self.counts_shows(&campaign) {
                        let show = Show { campaign, at: event.time, session };
                        self.reaching.shelf.showed(step.user, show);
                    }
                }
                _ => {}
            }
        }
    }

    /// Gives up what has expired, a few at once.
    pub(super) fn shelf_slice(&mut self, now: Timestamp) {
        let mut records = Vec::new();
        for _ in 0..AT_ONCE {
            let Some((at, message)) = self.reaching.shelf.due.first().copied() else { break };
            if at > now {
                break;
            }
            self.reaching.shelf.due.pop_first();
            let user = self.store.remaining(Candidate::user_of(message));
            let Some(gone) = self.reaching.shelf.remove(user, message) else { continue };
            if !gone.handed {
                records.extend(self.failed(user, &gone, "message.expired", "", now));
            }
        }
        self.tell(records);
    }

    /// Gives up what waits of campaigns that were stopped or are not there any more.
    pub(super) fn shelf_after_outfit(&mut self) {
        if !self.reaching.shelf.filled {
            return;
        }
        let outfit = Arc::clone(&self.reaching.outfit);
        let stopped = |of: &Shelved| {
            let ready = outfit.campaigns.get(&of.campaign);
            ready.is_none_or(|ready| ready.campaign.standing == Standing::Stopped)
        };
        let all = self.reaching.shelf.users.iter();
        let gone: Vec<(UserIndex, EventId)> = all
            .flat_map(|(user, own)| own.iter().map(|of| (*user, of)))
            .filter(|(_, of)| stopped(of))
            .map(|(user, of)| (user, of.message))
            .collect();
        let now = (self.clock)();
        let mut records = Vec::new();
        for (user, message) in gone {
            let Some(of) = self.reaching.shelf.remove(user, message) else { continue };
            if !of.handed {
                records.extend(self.failed(user, &of, "campaign_stopped", "", now));
            }
        }
        self.tell(records);
    }

    /// Whose a client is, and whether it may have everything of theirs. Whatever of theirs waits to be decided
    /// is decided first.
    fn visitor(&mut self, claim: &Claim) -> Option<(UserIndex, bool)> {
        let id = claim.user_id.as_ref().or(claim.anonymous_id.as_ref())?;
        let user = self.fold.find(id)?;
        if self.hidden.contains(&user) || self.refused.is_some() {
            return None;
        }
        if self.reaching.waits_at_most(LOOKED_THROUGH_MAX) {
            self.decide_of(user);
        }
        let graph = self.fold.graph(user);
        let known = graph.user_ids().next().is_some() || graph.identities().next().is_some();
        Some((user, !known || claim.proven && claim.user_id.is_some()))
    }

    /// Whether a client may have a message that it does not prove to be its own.
    fn may_have(&self, of: &Shelved, trusted: bool) -> bool {
        let ready = self.reaching.outfit.campaigns.get(&of.campaign);
        match self.reaching.outfit.unproven {
            _ if trusted => true,
            Unproven::Everything => true,
            Unproven::Nothing => false,
            Unproven::Impersonal => ready.is_some_and(|of_| !of_.contents.personal(&of.variant)),
        }
    }

    /// The messages that a client gets now, the most important first; cards newest first.
    pub(super) fn fetch(&mut self, asked: &Fetching) -> Vec<Offered> {
        let Some((user, trusted)) = self.visitor(&asked.claim) else { return Vec::new() };
        let now = (self.clock)();
        let outfit = Arc::clone(&self.reaching.outfit);
        let own = self.reaching.shelf.users.get(&user).cloned().unwrap_or_default();
        let (mut popups, mut cards, mut records) = (Vec::new(), Vec::new(), Vec::new());
        for of in own {
            let Some(ready) = outfit.campaigns.get(&of.campaign) else { continue };
            let again = asked.once.is_some() && of.once == asked.once;
            let here = asked.channels.contains(&of.channel) && !of.dismissed && of.expires > now;
            let running = ready.campaign.standing == Standing::Running;
            // Such a client keeps the cards that it was sent.
            let kept = asked.once.is_some() && of.channel == Channel::Inbox && of.handed;
            if !here || !running || again || kept || !self.may_have(&of, trusted) {
                continue;
            }
            let card = of.channel == Channel::Inbox;
            let limits = ready.contents.fetched(&of.variant).limits;
            let shelf = &self.reaching.shelf;
            if !card && !shelf.within((user, &of), &limits, (now, asked.session)) {
                continue;
            }
            match self.offer(user, &of, ready, now) {
                Ok(Some(queued)) => {
                    let list = if card { &mut cards } else { &mut popups };
                    let Shelved { handed, shown, clicked, expires, .. } = of;
                    list.push(Offered { queued, handed, shown, clicked, expires });
                }
                Ok(None) => {}
                Err(code) if of.handed => tracing::debug!(code, "a card is not shown any more"),
                Err(code) => records.extend(self.failed(user, &of, code, "", now)),
            }
        }
        self.tell(records);
        popups.sort_by_key(|of| (std::cmp::Reverse(of.queued.priority), of.queued.at));
        popups.truncate(POPUPS_AT_ONCE);
        cards.sort_by_key(|of| std::cmp::Reverse(of.queued.at));
        popups.extend(cards);
        for offered in &popups {
            if let Some(own) = self.reaching.shelf.of(user, offered.queued.message) {
                own.once = asked.once.or(own.once);
            }
        }
        popups
    }

    /// A message with everything to render it; the reason why its user may not have it any more.
    fn offer(
        &mut self,
        user: UserIndex,
        of: &Shelved,
        ready: &Ready,
        now: Timestamp,
    ) -> Result<Option<Queued>, &'static str> {
        let needs = Needs::of_attributes(&ready.needs, self.watching.rules());
        let history = match self.store.history_for(&[user], &needs, (now, now)) {
            Ok(history) => history,
            Err(error) => {
                tracing::error!(%error, "a profile cannot be read; a message waits");
                return Ok(None);
            }
        };
        let event = match &of.event {
            Some(named) if named.name.is_empty() => self.event_of(user, named.id),
            other => other.clone(),
        };
        let attribute = |name: &str| attribute_at(&history, name, now).cloned();
        let person = Person { user, fold: &self.fold, attribute: &attribute, address: &address_of };
        let topic = ready.campaign.topic.as_ref().map(|(topic, own)| (topic.as_str(), *own));
        let open = places(&person, ready.campaign.channel, topic);
        if let Some(blocked) = open.iter().find_map(|place| place.blocked) {
            return Err(blocked.word());
        }
        let open: Vec<To> = open.into_iter().map(|place| place.to).collect();
        let Some(who) = who(&self.fold, user) else { return Ok(None) };
        let candidate = Candidate {
            campaign: of.campaign.clone(),
            user,
            message: of.message,
            run: of.run.as_deref().map(Text::new).unwrap_or_default(),
            at: of.at,
            due: of.at,
            missed: false,
            event,
        };
        let of = (of.variant.clone(), open, of.at);
        let from = (&person, &attribute as &Attribute<'_>);
        let handed = handed(ready, &candidate, of, from, &who);
        let memberships = self.memberships(ready, user, now);
        let answers = self.answers(ready, &candidate, candidate.at);
        Ok(Some(Queued { memberships, answers, ..handed }))
    }

    /// Whether something waits for one of these clients that none heard of yet.
    pub(super) fn news(&mut self, claims: &[Claim]) -> bool {
        let (now, outfit) = ((self.clock)(), Arc::clone(&self.reaching.outfit));
        let mut found = false;
        for claim in claims {
            let Some((user, _)) = self.visitor(claim) else { continue };
            // Whether it may have it turns out when it asks: this tells a stranger that something happened.
            for of in self.reaching.shelf.users.get_mut(&user).into_iter().flatten() {
                let ready = outfit.campaigns.get(&of.campaign);
                let runs = ready.is_some_and(|of| of.campaign.standing == Standing::Running);
                if runs && !of.handed && !of.announced && of.expires > now {
                    of.announced = true;
                    found = true;
                }
            }
        }
        found
    }

    /// Takes in what a client tells of messages that are its user's.
    pub(super) fn receipts(
        &mut self,
        claim: &Claim,
        session: Option<i64>,
        receipts: &[Told],
    ) -> Receipts {
        let mut done = Receipts::default();
        let Some((user, trusted)) = self.visitor(claim) else {
            return Receipts { unknown: receipts.len() as u64, ..done };
        };
        let now = (self.clock)();
        let mut records = Vec::new();
        for Told { message, deed } in receipts {
            let own = self.reaching.shelf.of(user, *message).cloned();
            let own = own.filter(|of| of.handed && self.may_have(of, trusted));
            let Some((own, queued)) = own.and_then(|of| Some((of.clone(), self.bare(user, &of)?)))
            else {
                done.unknown += 1;
                continue;
            };
            done.accepted += 1;
            match deed {
                Deed::Shown(n) if *n <= own.shown => {
                    records.push(opened(&queued, *n, session, now));
                }
                // A show that was not offered.
                Deed::Shown(_) => {}
                Deed::ShownOn(page) => {
                    if own.seen_on != Some(*page) {
                        records.push(opened(&queued, own.shown, session, now));
                    }
                    if let Some(of) = self.reaching.shelf.of(user, *message) {
                        of.seen_on = Some(*page);
                    }
                }
                Deed::Clicked { button, url } => {
                    if own.shown == 0 {
                        records.push(opened(&queued, 0, session, now));
                    }
                    records.push(clicked(&queued, button, url, now));
                }
                Deed::Dismissed => records.push(told::event(&queued, DISMISSED, now, &[])),
            }
        }
        self.tell(records);
        done
    }
}

/// It was shown for the n-th time. Machines are told apart by odd numbers.
fn opened(queued: &Queued, n: u32, session: Option<i64>, now: Timestamp) -> Record {
    let mut more = vec![(MACHINE, Value::Bool(false))];
    more.extend(session.map(|session| (SESSION, Value::Int(session))));
    numbered(told::event(queued, OPENED, now, &more), queued, u64::from(n) << 1)
}

/// A button was used: each once.
fn clicked(queued: &Queued, button: &Text, url: &Text, now: Timestamp) -> Record {
    let mut more = vec![(MACHINE, Value::Bool(false))];
    if !button.is_empty() {
        more.push((BUTTON, Value::Text(button.clone())));
    }
    if !url.is_empty() {
        more.push((URL, Value::Text(url.clone())));
    }
    let n = (EventId::of(&format!("button/{button}")).0 as u64) << 1;
    numbered(told::event(queued, outreach::CLICKED, now, &more), queued, n)
}

fn numbered(mut record: Record, queued: &Queued, n: u64) -> Record {
    if let What::Event(event) = &mut record.what {
        let name = NAMES.into_iter().find(|name| *name == event.name).unwrap_or_default();
        event.id = event_id(queued.message, name, n);
    }
    record
}

/// The events of a message that are numbered.
const NAMES: [&str; 2] = [OPENED, outreach::CLICKED];
