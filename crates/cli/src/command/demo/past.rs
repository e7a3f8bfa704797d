//! A campaign that the demonstration has behind it: while the shop's history is filled, the clock stands at an
//! instant of it, the server runs, sends a real campaign to the mailbox of this process, and the simulated
//! people open, follow and come back over the days after.
//!
//! What it is: the ways of the server itself, with a clock that is moved by hand. What it is not: a number that
//! is written down; everything that a report says is counted from what happened here.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use audience::shop::Shop;
use model::{Day, Span, Timestamp, Weekday};
use server::fill::Filler;
use server::http::Options;
use server::{Service, start};
use wire::api::{
    Again, CampaignAction, CampaignInput, CampaignStatus, Play, ProviderInput, Trigger,
};

use super::mailbox::{self, Act, Browser, Letter};
use crate::command::sink::Sink;
use crate::print::number;

/// The campaign was sent so many days before the end of the history, or up to six more: its goal takes fourteen.
const DAYS_AGO: i64 = 21;
/// The time of day at which it is day wherever the shop's people are.
const SENT_AT: Span = Span(13 * 3_600_000 + 1_800_000);
/// Most messages take milliseconds; whatever takes this long has gone wrong.
const PATIENCE: Duration = Duration::from_secs(120);
/// The play whose message it sends.
const PLAY: &str = "win-back";
pub const CAMPAIGN: &str = "win-back-silent-buyers";
/// People who bought once and have been silent since.
const AUDIENCE: &str =
    "did \"Purchase\" and did any event in last 270d and not (did any event in last 30d)";
const NAME: &str = "Win back: bought before, silent for a month";
const DESCRIPTION: &str = "Made by the demonstration. Sent to a mailbox inside the program; what people did \
                           with it was decided by the simulated shop and came back through the links of the \
                           messages.";
/// What providers and reports call the mailbox.
pub const MAILBOX: &str = "Mailbox of the demonstration";

/// The instant of the campaign: a Tuesday some weeks before the end of the history.
pub fn sent_at(end: Timestamp) -> Timestamp {
    let latest = Day((end - Span::days(DAYS_AGO)).0.div_euclid(Span::DAY.0));
    let day = (0..7).map(|back| Day(latest.0 - back)).find(|day| day.weekday() == Weekday::Tuesday);
    Timestamp(day.unwrap_or(latest).0 * Span::DAY.0) + SENT_AT
}

/// The settings of the mailbox as a provider.
pub fn provider(mailbox: &Sink) -> anyhow::Result<ProviderInput> {
    let settings = serde_json::json!({
        "name": MAILBOX,
        "settings": {
            "kind": "smtp", "host": "127.0.0.1", "port": mailbox.address.port(), "security": "none",
            "from": "hello@shop.example.com", "from_name": "Demo shop",
        },
        "concurrency": 8,
    });
    Ok(serde_json::from_value(settings)?)
}

/// The campaign, with what the play says.
fn campaign(plays: Vec<Play>) -> anyhow::Result<CampaignInput> {
    let play = plays.into_iter().find(|play| play.id == PLAY).context("the play is missing")?;
    Ok(CampaignInput {
        id: Some(CAMPAIGN.into()),
        name: NAME.into(),
        description: DESCRIPTION.into(),
        trigger: Trigger::Once { at: None },
        audience: Some(AUDIENCE.into()),
        again: Again::Once,
        delivery: wire::api::DeliveryInput::default(),
        ..play.definition
    })
}

/// Sends the campaign at the instant that `clock` stands at. Whom it brings back, and when, is told to
/// `brought_back` before anything that follows is written down; then the shop's records up to its end are
/// filled in, and links are followed between them, each at its time.
pub fn run(
    service: &Arc<Service>,
    clock: &AtomicI64,
    shop: &mut Shop,
    end: Timestamp,
    brought_back: impl FnOnce(&[(u32, i64)]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mailbox, letters) = mailbox::keeping()?;
    let sent = Timestamp(clock.load(Ordering::SeqCst));
    let (listener, _) = start::listen("127.0.0.1:0")?;
    let options = Options { open: true, demo: true, query_timeout: None, trusted_proxy: None };
    start::serve_during(listener, service, options, |address| {
        service.create_provider(&provider(&mailbox)?)?;
        let made = service.create_campaign(&campaign(service.plays()?.plays)?)?;
        if let Some(problem) = made.problems.iter().find(|problem| problem.error) {
            bail!("the campaign of the demonstration: {} {}", problem.place, problem.message);
        }
        service.act_on_campaign(CAMPAIGN, CampaignAction::Start)?;
        wait_until_sent(service)?;
        // The order in which several connections bring letters is none of the shop's.
        let mut letters: Vec<Letter> = letters.try_iter().collect();
        letters.sort_by(|a, b| a.to.cmp(&b.to));
        let (mut acts, mut back) = (Vec::new(), Vec::new());
        for letter in &letters {
            let (own, returns) = mailbox::acts(shop, letter, 0, sent);
            acts.extend(own);
            back.extend(Shop::number_of(&letter.to).zip(returns).map(|(n, at)| (n, at.0)));
        }
        acts.retain(|act| act.at < end);
        acts.sort();
        brought_back(&back)?;
        back.iter().for_each(|(person, at)| shop.invite(*person, Timestamp(*at)));
        live(service, clock, shop, (&Browser::of(address), &acts))
    })?
}

/// The days after: what people do in the app, and with their mail.
fn live(
    service: &Arc<Service>,
    clock: &AtomicI64,
    shop: &mut Shop,
    (browser, acts): (&Browser, &[Act]),
) -> anyhow::Result<()> {
    let workspace = service.workspace();
    let mut filler = Filler::new(&workspace, "demo");
    for act in acts {
        shop.records_until(act.at).try_for_each(|record| filler.push(record))?;
        clock.store(act.at.0, Ordering::SeqCst);
        browser.perform(act);
    }
    shop.try_for_each(|record| filler.push(record))?;
    filler.finish()?;
    Ok(())
}

/// What came of the campaign, in two lines; nothing, if there is none.
pub fn summary(service: &Service) -> anyhow::Result<String> {
    if service.campaign(CAMPAIGN).is_err() {
        return Ok(String::new());
    }
    let report = service.campaign_report(CAMPAIGN, &Default::default())?;
    let of = &report.funnel;
    let [sent, opened, clicked, held_out] =
        [of.sent, of.opened, of.clicked, of.held_out].map(number);
    let mut text = format!(
        "campaign \"{NAME}\": {sent} sent, {opened} opened, {clicked} clicked, {held_out} held out\n"
    );
    if let Some(goal) = report.goals.first()
        && let Some(effect) = &goal.effect
    {
        let [value, low, high] =
            [effect.difference.value, effect.difference.low, effect.difference.high]
                .map(|points| points * 100.0);
        let (event, within) = (&goal.event, &goal.within);
        text += &format!(
            "  {event} within {within}, against those held out: {value:+.1} points ({low:+.1} to {high:+.1})\n"
        );
    }
    Ok(text + "\n")
}

fn wait_until_sent(service: &Service) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let over = service.campaign(CAMPAIGN)?.status == CampaignStatus::Ended;
        if over && service.outbox().waiting() == 0 {
            let funnel = service.campaign_report(CAMPAIGN, &Default::default())?.funnel;
            if funnel.waiting == 0 {
                return Ok(());
            }
        }
        if begun.elapsed() > PATIENCE {
            bail!("the campaign of the demonstration was not sent within {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
