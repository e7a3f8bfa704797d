//! Who a campaign would reach, before anybody is written to.

use std::collections::BTreeMap;

use engine::outreach::{Person, Reason, places};
use experiment::power::{Measure, Plan, detectable};
use history::{UserSet, Values};
use model::{Text, Timestamp, UserIndex};
use segment::Predicate;
use wire::api::{CampaignInput, CampaignReach, ReasonCount};

use super::super::{Service, View};
use crate::failure::Failure;
use crate::outreach::Ready;

/// The chance of showing the smallest detectable effect.
const POWER: f64 = 0.8;

/// Users whose addresses are looked at while the writer waits.
const AT_ONCE: usize = 2_000;

impl Service {
    /// Who a campaign would reach if it was due now, with every exclusion counted. Caps and quiet hours are
    /// decided when it is.
    pub fn campaign_reach(&self, input: &CampaignInput) -> Result<CampaignReach, Failure> {
        // Draws of the campaign's own control group are by its id, if it has one already.
        let ready = self.ready(input, input.id.as_deref().unwrap_or("draft"))?;
        let view = self.view(None, None)?;
        let audience = self.audience(&ready, &view)?;
        let users: Vec<UserIndex> = audience.iter().collect();
        let policy = self.outfit()?.policy.clone();
        let ready = std::sync::Arc::new(ready);
        let mut excluded: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut groups: BTreeMap<Text, u64> = BTreeMap::new();
        let (mut reachable, mut control) = (0, 0);
        let values = self.deciding(&ready, &view)?;
        let values = std::sync::Arc::new(values);
        for some in users.chunks(AT_ONCE) {
            let (some, ready) = (some.to_vec(), std::sync::Arc::clone(&ready));
            let (values, policy) = (std::sync::Arc::clone(&values), policy.clone());
            let found: Vec<Result<Option<Text>, &'static str>> =
                self.workspace.fold(move |fold| {
                    some.into_iter()
                        .map(|user| {
                            let attribute =
                                |name: &str| values.get(name).and_then(|of| of.get(&user)).cloned();
                            let address = crate::workspace::address_of;
                            let person =
                                Person { user, fold, attribute: &attribute, address: &address };
                            let campaign = &ready.campaign;
                            let topic =
                                campaign.topic.as_ref().map(|(id, own)| (id.as_str(), *own));
                            let open = places(&person, campaign.channel, topic);
                            match open.iter().any(|place| place.blocked.is_none()) {
                                true => Ok(campaign.held_out(&policy, user)),
                                false => {
                                    let blocked = open.iter().find_map(|place| place.blocked);
                                    Err(blocked.map_or(Reason::NoAddress, Reason::Blocked).word())
                                }
                            }
                        })
                        .collect()
                })?;
            for one in found {
                match one {
                    Ok(held_out) => {
                        reachable += 1;
                        control += u64::from(held_out.is_some());
                        held_out.into_iter().for_each(|of| *groups.entry(of).or_default() += 1);
                    }
                    Err(reason) => *excluded.entry(reason).or_default() += 1,
                }
            }
        }
        let base_rate = base_rate(&ready, &view, &audience)?;
        let level = ready.decision.plan.level;
        let share = control as f64 / (reachable as f64).max(1.0);
        let detectable = base_rate.filter(|rate| *rate > 0.0 && *rate < 1.0).and_then(|rate| {
            let plan = Plan { control_share: share, power: POWER, level };
            Some(detectable(reachable, Measure::Rate(rate), plan).ok()?.difference)
        });
        let excluded = excluded.into_iter();
        let excluded = excluded.map(|(reason, count)| ReasonCount { reason: reason.into(), count });
        Ok(CampaignReach {
            audience: users.len() as u64,
            reachable,
            excluded: excluded.collect(),
            control,
            control_by_group: groups
                .into_iter()
                .map(|(group, count)| ReasonCount { reason: group.to_string(), count })
                .collect(),
            messages: reachable - control,
            detectable,
            base_rate,
        })
    }

    /// The audience of a run that is due at an instant; of data that ended long ago, as of its end.
    pub(crate) fn audience_of(&self, ready: &Ready, due: Timestamp) -> Result<UserSet, Failure> {
        let at = if self.live()? { due } else { self.now()? };
        let view = self.view(Some(&at.to_string()), None)?;
        self.audience(ready, &view)
    }

    /// Who comes into a journey on a schedule at an instant; without a definition everybody.
    pub(crate) fn members_at(
        &self,
        audience: Option<&Predicate>,
        due: Timestamp,
    ) -> Result<UserSet, Failure> {
        let at = if self.live()? { due } else { self.now()? };
        let view = self.view(Some(&at.to_string()), None)?;
        match audience {
            Some(predicate) => Ok(view.evaluator().members(predicate)?),
            None => Ok(view.snapshot.users(view.at)),
        }
    }

    /// The members of a campaign's audience.
    fn audience(&self, ready: &Ready, view: &View) -> Result<UserSet, Failure> {
        match &ready.audience {
            Some(predicate) => Ok(view.evaluator().members(predicate)?),
            None => Ok(view.snapshot.users(view.at)),
        }
    }

    /// The attributes that decide about a message, of all users.
    fn deciding(&self, ready: &Ready, view: &View) -> Result<BTreeMap<String, Values>, Failure> {
        let campaign = &ready.campaign;
        let topic = campaign.topic.as_ref().map(|(topic, _)| topic.as_str());
        let mut values = BTreeMap::new();
        for name in Person::attributes(campaign.channel, topic) {
            values.insert(name.clone(), view.snapshot.attribute_at(&name, view.at)?);
        }
        Ok(values)
    }
}

/// The share of the audience that reached the deciding goal in the window before now.
fn base_rate(ready: &Ready, view: &View, audience: &UserSet) -> Result<Option<f64>, Failure> {
    use segment::tree::{EventPredicate, Measure, Range, Test, Window};
    let Some(goal) = ready.decision.goal.and_then(|at| ready.goals.get(at)) else {
        return Ok(None);
    };
    let reached = segment::Predicate::Event(EventPredicate {
        of: goal.of.clone(),
        within: Window::range(Range::Last(goal.within)),
        measure: Measure::Count,
        test: Test::at_least(1),
    });
    let mut reached = view.evaluator().members(&reached)?;
    reached.and(audience);
    let n = audience.len();
    Ok((n > 0).then(|| reached.len() as f64 / n as f64))
}
