//! A campaign, as a backtest plays it: as if it was started at the first instant of the period.

use engine::outreach;
use model::Text;
use segment::Predicate;
use segment::live::{DEFAULT_LIFECYCLE, Program, Watched, What};
use wire::api::{Backtest, BacktestKind, CampaignBacktestInput, CampaignInput, Trigger};

use super::super::campaigns::read;
use super::super::{Service, rules, watched};
use super::{Subject, TrialPart, Wish, needs, no_occasion};
use crate::failure::Failure;
use crate::outreach::{Ready, compile};

/// A campaign, and its limits over all users together, by which nobody is decided here.
pub(super) struct Piece {
    pub(super) ready: Ready,
    /// Messages in all at most.
    pub(super) most: Option<u64>,
    /// Messages in a local day at most.
    pub(super) most_per_day: Option<u64>,
}

impl Service {
    /// Begins a backtest of a campaign as it is stored, or of another definition under its id.
    pub fn backtest_campaign(
        &self,
        id: &str,
        wish: &CampaignBacktestInput,
    ) -> Result<Backtest, Failure> {
        let input = match &wish.definition {
            Some(definition) => {
                rules::check_key("id", id)?;
                (**definition).clone()
            }
            None => read(&self.saved_campaign(id)?)?,
        };
        let between = self.period(&wish.from, &wish.to)?;
        let definitions = watched::read(self.workspace.config())?;
        let wish = Wish { between, reachable: wish.reachable, definitions: &definitions };
        let part = self.campaign_part((id, &input), &wish)?;
        self.begin_backtest((BacktestKind::Campaign, id), self.trial(&wish, part)?)
    }

    fn campaign_part(
        &self,
        (id, input): (&str, &CampaignInput),
        wish: &Wish,
    ) -> Result<TrialPart, Failure> {
        if input.trigger == Trigger::Api {
            return Err(no_occasion("campaign"));
        }
        let mut known: Vec<Text> = Vec::new();
        let input = self.with_audience(input)?;
        let mut ready = self.surrounded(wish.definitions, &input.labels, |around| {
            known = around.labels.to_vec();
            compile::compile(&input, id, around)
        })?;
        ready.campaign.since = wish.between.0;
        let delivery = &mut ready.campaign.delivery;
        let (most, most_per_day) = (delivery.most.take(), delivery.most_per_day.take());
        let mut schedule = ready.schedule.clone();
        if let Some(schedule) = &mut schedule {
            schedule.starts_at(wish.between.0);
            check_audience(ready.audience.as_ref(), wish)?;
        }
        let keys = match &ready.campaign.trigger {
            outreach::Trigger::Moves { watch, .. } => vec![watch.clone()],
            outreach::Trigger::Named | outreach::Trigger::Event(_) => Vec::new(),
        };
        Ok(TrialPart {
            asked: needs::of_campaign(&ready),
            keys,
            entrants: needs::entrants(&input.trigger, wish.between)?,
            schedule,
            known,
            played: Subject::Campaign(Box::new(Piece { ready, most, most_per_day })),
        })
    }
}

/// Whether the audience of runs can be told of each user alone.
fn check_audience(audience: Option<&Predicate>, wish: &Wish) -> Result<(), Failure> {
    let Some(audience) = audience else { return Ok(()) };
    let (key, what) = (Text::const_new("audience"), What::Segment(audience.clone()));
    let lifecycle = wish.definitions.watched.iter().find(|of| of.key == DEFAULT_LIFECYCLE);
    let mut watched: Vec<Watched> = lifecycle.cloned().into_iter().collect();
    watched.push(Watched { key: key.clone(), what });
    let (_, refused) = Program::compile(&wish.definitions.rules, &watched, None);
    match refused.iter().find(|(of, _)| *of == key) {
        None => Ok(()),
        Some((_, why)) => {
            let message = format!("the audience cannot be told of each user alone: {why}");
            Err(Failure::unprocessable("backtest.not_live", message)
                .hint("write an audience that asks about each user alone"))
        }
    }
}
