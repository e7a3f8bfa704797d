//! What people do with the links of a message: records of what was said, under the message's own ids.

use std::collections::BTreeMap;

use engine::outreach::Candidate;
use model::outreach::{
    self, CAMPAIGN, CHANNEL, LABELS, MACHINE, MESSAGE, QUEUED, URL, VARIANT, event_id,
};
use model::{Event, EventId, Record, Text, UserIndex, Value, What, Who};
use wire::api::{CampaignInput, SubscriptionChanges, TopicSubscription, UserSubscriptions};

use super::Service;
use crate::failure::Failure;

/// A message as its queueing tells it.
pub(super) struct Known {
    pub(super) user: Text,
    pub(super) who: Who,
    /// What every event of it says.
    pub(super) own: Vec<(Text, Value)>,
    campaign: Text,
    channel: Text,
}

impl Service {
    /// A message was opened, or a machine looked at it.
    pub async fn opened(&self, message: EventId, machine: bool) -> Result<(), Failure> {
        let n = u64::from(machine);
        self.happened(message, (outreach::OPENED, n), vec![(MACHINE, Value::Bool(machine))]).await
    }

    /// A link of a message was followed. Whoever follows one has opened it.
    pub async fn clicked(
        &self,
        message: EventId,
        index: u16,
        url: &str,
        machine: bool,
    ) -> Result<(), Failure> {
        let n = u64::from(index) << 1 | u64::from(machine);
        if machine {
            // A scanner that follows every link says nothing of anybody.
            return self
                .happened(message, (outreach::OPENED, 1), vec![(MACHINE, Value::Bool(true))])
                .await;
        }
        let more = vec![(URL, Value::text(url)), (MACHINE, Value::Bool(false))];
        self.happened(message, (outreach::CLICKED, n), more).await?;
        self.opened(message, false).await
    }

    /// Whoever got a message wants nothing more of its kind: of its topic, or of its channel.
    pub async fn unsubscribe(&self, message: EventId) -> Result<(), Failure> {
        let service = self.clone();
        let records = blocking(move || {
            let known = service.message(message)?;
            let topic = service.topic_of(&known.campaign)?;
            let mut changes = SubscriptionChanges::default();
            match topic {
                Some(topic) => _ = changes.topics.insert(topic, false),
                None => _ = changes.channels.insert(known.channel.to_string(), false),
            }
            service.changed(&known, &changes)
        });
        self.workspace.submit(records.await?).await?;
        Ok(())
    }

    /// Everything that whoever got a message can choose.
    pub fn choices_of(&self, message: EventId) -> Result<UserSubscriptions, Failure> {
        let known = self.message(message)?;
        let mut all = self.subscriptions(&known.user)?;
        // A message confirms what is about its own channel and nothing else.
        let others = all.topics.iter_mut().filter(|topic| topic.channel != known.channel.as_str());
        others.for_each(|topic| topic.pending = false);
        Ok(all)
    }

    /// Whoever got a message chose: `channel.email`, `topic.news` and so on, on or off.
    pub async fn choose(
        &self,
        message: EventId,
        chosen: BTreeMap<String, bool>,
    ) -> Result<(), Failure> {
        let service = self.clone();
        let records = blocking(move || {
            let known = service.message(message)?;
            let before = service.subscriptions(&known.user)?;
            let mut changes = SubscriptionChanges::default();
            for (name, on) in chosen {
                if let Some(channel) = name.strip_prefix("channel.") {
                    let own = before.channels.iter().find(|own| own.channel == channel);
                    let was = own.is_some_and(|own| own.subscribed != Some(false));
                    if own.is_some() && was != on {
                        changes.channels.insert(channel.to_owned(), on);
                    }
                } else if let Some(topic) = name.strip_prefix("topic.") {
                    let own = before.topics.iter().find(|own| own.id == topic);
                    let confirms = |own: &TopicSubscription| {
                        own.pending && own.channel == known.channel.as_str()
                    };
                    if own.is_some_and(|own| own.subscribed != on || confirms(own)) {
                        changes.topics.insert(topic.to_owned(), on);
                    }
                }
            }
            service.changed(&known, &changes)
        });
        let records = records.await?;
        if !records.is_empty() {
            self.workspace.submit(records).await?;
        }
        Ok(())
    }

    async fn happened(
        &self,
        message: EventId,
        (name, n): (&'static str, u64),
        more: Vec<(&'static str, Value)>,
    ) -> Result<(), Failure> {
        let service = self.clone();
        let known = blocking(move || service.message(message)).await?;
        let mut properties = known.own;
        properties.extend(more.into_iter().map(|(name, value)| (Text::const_new(name), value)));
        model::record::sort_properties(&mut properties);
        let at = self.workspace.now();
        let id = event_id(message, name, n);
        let event = Event { name: Text::const_new(name), time: at, id, properties };
        let record = Record { received_at: at, who: known.who, what: What::Event(event) };
        self.workspace.submit(vec![record]).await?;
        Ok(())
    }

    /// The records of a change, each saying which message it came of.
    fn changed(
        &self,
        known: &Known,
        changes: &SubscriptionChanges,
    ) -> Result<Vec<Record>, Failure> {
        let mut records = self.subscription_records(&known.user, changes, Some(&known.channel))?;
        for record in &mut records {
            if let What::Event(event) = &mut record.what {
                let own = [MESSAGE, CAMPAIGN];
                let of = known.own.iter().filter(|(name, _)| own.contains(&name.as_str()));
                event.properties.extend(of.cloned());
                model::record::sort_properties(&mut event.properties);
            }
        }
        Ok(records)
    }

    fn topic_of(&self, campaign: &str) -> Result<Option<String>, Failure> {
        let saved = self.workspace.config().campaign(campaign)?;
        let input = saved.and_then(|saved| serde_json::from_str(&saved.definition).ok());
        Ok(input.and_then(|input: CampaignInput| input.topic))
    }

    /// The message of an id.
    pub(super) fn message(&self, message: EventId) -> Result<Known, Failure> {
        let unknown = || Failure::not_found("link.unknown", "this message is not known any more");
        let snapshot = self.workspace.snapshot()?;
        let mut user = Candidate::user_of(message);
        if user.at() >= snapshot.n_places() {
            return Err(unknown());
        }
        while let Some(into) = snapshot.facts_of(user).merged_into {
            user = UserIndex(into);
        }
        let written = message.to_string();
        let text = |event: &segment::evaluate::UserEvent, name: &str| {
            let own = event.properties.iter().find(|(own, _)| own == name);
            own.and_then(|(_, value)| match value {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            })
        };
        let events = snapshot.events_of(user)?.into_iter().map(|stored| stored.event);
        let queued = events
            .filter(|event| event.name == QUEUED)
            .find(|event| text(event, MESSAGE).is_some_and(|own| own == written.as_str()))
            .ok_or_else(unknown)?;
        let public_id = snapshot.public_id(user).clone();
        let who = match self.workspace.identity(&public_id)? {
            Some((_, graph)) => who(&graph).ok_or_else(unknown)?,
            None => return Err(unknown()),
        };
        let (campaign, channel) = (text(&queued, CAMPAIGN), text(&queued, CHANNEL));
        let kept = [MESSAGE, CAMPAIGN, VARIANT, CHANNEL, LABELS];
        let own = queued.properties.into_iter().filter(|(name, _)| kept.contains(&name.as_str()));
        Ok(Known {
            user: public_id,
            who,
            own: own.collect(),
            campaign: campaign.unwrap_or_default(),
            channel: channel.unwrap_or_default(),
        })
    }
}

/// A user as a record names them.
pub(super) fn who(graph: &engine::IdentityGraph) -> Option<Who> {
    let user_id = graph.user_ids().next();
    let identity = graph.identities().next();
    let anonymous_id = graph.anonymous_ids().next();
    match (user_id, identity, anonymous_id) {
        (Some(id), ..) => Some(Who::of(Some(id.clone()), None)),
        (None, Some(of), _) => Some(Who { identities: vec![of.clone()], ..Who::default() }),
        (None, None, Some(id)) => Some(Who::of(None, Some(id.clone()))),
        (None, None, None) => None,
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Failure::new(500, "server.task", error.to_string())))
}
