//! `perennial campaign`: what is sent, to whom, and what it caused.

use std::path::Path;

use anyhow::Context;
use wire::api::{
    Campaign, CampaignAction, CampaignActionInput, CampaignApprovalInput, CampaignBacktestInput,
    CampaignInput, CampaignList, CampaignReach, CampaignReport, CampaignReportQuery, Deliveries,
    DeliveriesQuery, DeliveriesRetried, DeliveriesRetry, Play, PlayList, VisitorSecret,
    WithInterval,
};

use super::backtest;
use crate::arguments::{
    BacktestArguments, CampaignApproveArguments, CampaignArguments, CampaignCommand,
    CampaignDeliveriesArguments, CampaignFileArguments, CampaignListArguments,
    CampaignOneArguments, CampaignPlayArguments, CampaignReportArguments, CampaignRetryArguments,
    DeliveryFilterArguments, Format,
};
use crate::print::{self, Table, number};
use crate::source::{Source, encode};

pub fn run(arguments: CampaignArguments) -> anyhow::Result<()> {
    match arguments.command {
        CampaignCommand::List(arguments) => {
            let source = Source::open(&arguments.source)?;
            let all: CampaignList = match &source {
                Source::Local(service) => service.campaigns()?,
                Source::Remote(client) => client.get("/api/campaigns", &())?,
            };
            print::result(arguments.format, &all, || list(&all))?;
            source.close()
        }
        CampaignCommand::Plays(arguments) => plays(&arguments),
        CampaignCommand::Play(arguments) => play(&arguments),
        CampaignCommand::Create(arguments) => create(&arguments),
        CampaignCommand::Reach(arguments) => reach(&arguments),
        CampaignCommand::Backtest(arguments) => backtest(&arguments),
        CampaignCommand::Start(arguments) => act(&arguments, CampaignAction::Start),
        CampaignCommand::Pause(arguments) => act(&arguments, CampaignAction::Pause),
        CampaignCommand::Resume(arguments) => act(&arguments, CampaignAction::Resume),
        CampaignCommand::Stop(arguments) => act(&arguments, CampaignAction::Stop),
        CampaignCommand::Show(arguments) => show(&arguments),
        CampaignCommand::Approve(arguments) => approve(&arguments),
        CampaignCommand::Withdraw(arguments) => withdraw(&arguments),
        CampaignCommand::Report(arguments) => report(&arguments),
        CampaignCommand::Deliveries(arguments) => deliveries(&arguments),
        CampaignCommand::Retry(arguments) => retry(arguments),
        CampaignCommand::VisitorSecret(arguments) => {
            let source = Source::open(&arguments.source)?;
            let made: VisitorSecret = match &source {
                Source::Local(service) => service.make_visitor_secret()?,
                Source::Remote(client) => {
                    client.post("/api/settings/visitor-secret", &serde_json::json!({}))?
                }
            };
            print::out(&format!("{}\n", made.secret))?;
            source.close()
        }
    }
}

/// A definition from a file, as `campaign create` and the API take it.
fn definition(path: &Path) -> anyhow::Result<CampaignInput> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the definition {} cannot be read", path.display()))?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is no definition of a campaign", path.display()))
}

fn backtest(arguments: &BacktestArguments) -> anyhow::Result<()> {
    let tried = backtest::tried(arguments, "campaign", definition, |input| input.id.as_deref())?;
    let wish = CampaignBacktestInput {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        definition: tried.definition,
        reachable: backtest::reachable(arguments),
    };
    backtest::run(arguments, |source| {
        Ok(match source {
            Source::Local(service) => service.backtest_campaign(&tried.id, &wish)?,
            Source::Remote(client) => {
                client.post(&format!("/api/campaigns/{}/backtest", encode(&tried.id)), &wish)?
            }
        })
    })
}

fn plays(arguments: &CampaignListArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let all: PlayList = match &source {
        Source::Local(service) => service.plays()?,
        Source::Remote(client) => client.get("/api/plays", &())?,
    };
    print::result(arguments.format, &all, || {
        let mut table = Table::new(["id", "name", "channel", "what for"]);
        for play in &all.plays {
            let channel = serde_json::to_value(play.channel).unwrap_or_default();
            table.row(vec![
                play.id.clone(),
                play.name.clone(),
                channel.as_str().unwrap_or_default().to_owned(),
                play.description.clone(),
            ]);
        }
        table
    })?;
    source.close()
}

/// Makes the segments of a play that are not there, and a draft.
fn play(arguments: &CampaignPlayArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let list: PlayList = match &source {
        Source::Local(service) => service.plays()?,
        Source::Remote(client) => client.get("/api/plays", &())?,
    };
    let before = list.plays.into_iter().find(|play| play.id == arguments.id);
    let play: Play = match &source {
        Source::Local(service) => service.prepare_play(&arguments.id)?,
        Source::Remote(client) => {
            client.post(&format!("/api/plays/{}/segments", encode(&arguments.id)), &())?
        }
    };
    let missing = before.iter().flat_map(|play| &play.segments).filter(|segment| !segment.exists);
    for segment in missing {
        print::out(&format!("segment made: {} ({})\n", segment.id, segment.definition))?;
    }
    made(&source, &play.definition)?;
    source.close()
}

fn create(arguments: &CampaignFileArguments) -> anyhow::Result<()> {
    let input = definition(&arguments.file)?;
    let source = Source::open(&arguments.source)?;
    made(&source, &input)?;
    source.close()
}

/// Makes a draft, and says what is wrong or unwise about it and under which id it stands.
fn made(source: &Source, input: &CampaignInput) -> anyhow::Result<()> {
    let made: Campaign = match source {
        Source::Local(service) => service.create_campaign(input)?,
        Source::Remote(client) => client.post("/api/campaigns", input)?,
    };
    for problem in &made.problems {
        let kind = if problem.error { "error" } else { "note" };
        print::out(&format!("{kind}: {} {}: {}\n", problem.code, problem.place, problem.message))?;
    }
    print::out(&format!("{}\n", made.id))?;
    Ok(())
}

fn reach(arguments: &CampaignFileArguments) -> anyhow::Result<()> {
    let input = definition(&arguments.file)?;
    let source = Source::open(&arguments.source)?;
    let reach: CampaignReach = match &source {
        Source::Local(service) => service.campaign_reach(&input)?,
        Source::Remote(client) => client.post("/api/campaigns/reach", &input)?,
    };
    print::result(arguments.format, &reach, || {
        let mut table = Table::new(["who", "users"]);
        let mut row = |what: String, n: u64| table.row(vec![what, number(n)]);
        row("in the audience".into(), reach.audience);
        reach.excluded.iter().for_each(|of| row(format!("  not: {}", of.reason), of.count));
        row("reachable".into(), reach.reachable);
        row("  in a control group".into(), reach.control);
        for of in &reach.control_by_group {
            row(format!("    {}", of.reason), of.count);
        }
        row("messages".into(), reach.messages);
        table
    })?;
    source.close()
}

fn act(arguments: &CampaignOneArguments, action: CampaignAction) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let done: Campaign = match &source {
        Source::Local(service) => service.act_on_campaign(&arguments.id, action)?,
        Source::Remote(client) => {
            let path = format!("/api/campaigns/{}/status", encode(&arguments.id));
            client.post(&path, &CampaignActionInput { action })?
        }
    };
    let status = serde_json::to_value(done.status)?;
    print::out(&format!("{}\n", status.as_str().unwrap_or_default()))?;
    source.close()
}

fn show(arguments: &CampaignOneArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let one: Campaign = match &source {
        Source::Local(service) => service.campaign(&arguments.id)?,
        Source::Remote(client) => {
            client.get(&format!("/api/campaigns/{}", encode(&arguments.id)), &())?
        }
    };
    print::result(arguments.format, &one, || {
        let status = serde_json::to_value(one.status).unwrap_or_default();
        let mut table = Table::new(["what", "value"]);
        let mut row = |what: &str, value: String| table.row(vec![what.to_owned(), value]);
        row("name", one.definition.name.clone());
        row("status", status.as_str().unwrap_or_default().to_owned());
        row("version", one.version.clone());
        row("made by", one.created_by.clone());
        row("last changed by", one.edited_by.clone());
        let approval = match (&one.approval, one.approval_needed) {
            (Some(of), _) => format!("by {} at {}", of.by, of.at),
            (None, true) => "missing".to_owned(),
            (None, false) => "not needed".to_owned(),
        };
        row("approval", approval);
        table
    })?;
    source.close()
}

fn approve(arguments: &CampaignApproveArguments) -> anyhow::Result<()> {
    let CampaignApproveArguments { source, id, version } = arguments;
    let source = Source::open(source)?;
    let done: Campaign = match &source {
        Source::Local(service) => service.approve_campaign(id, version)?,
        Source::Remote(client) => {
            let input = CampaignApprovalInput { version: version.clone() };
            client.post(&format!("/api/campaigns/{}/approval", encode(id)), &input)?
        }
    };
    let by = done.approval.map(|approval| approval.by).unwrap_or_default();
    print::out(&format!("approved by {by}\n"))?;
    source.close()
}

fn withdraw(arguments: &CampaignOneArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    match &source {
        Source::Local(service) => _ = service.withdraw_approval(&arguments.id)?,
        Source::Remote(client) => {
            client.delete(&format!("/api/campaigns/{}/approval", encode(&arguments.id)))?;
        }
    }
    print::out("withdrawn\n")?;
    source.close()
}

fn report(arguments: &CampaignReportArguments) -> anyhow::Result<()> {
    let CampaignReportArguments { one, since, until, as_of, confidence } = arguments;
    let source = Source::open(&one.source)?;
    let query = CampaignReportQuery {
        since: since.clone(),
        until: until.clone(),
        as_of: as_of.clone(),
        confidence: *confidence,
    };
    let report: CampaignReport = match &source {
        Source::Local(service) => service.campaign_report(&one.id, &query)?,
        Source::Remote(client) => {
            client.get(&format!("/api/campaigns/{}/report", encode(&one.id)), &query)?
        }
    };
    print::result(one.format, &report, || funnel(&report))?;
    if one.format == Format::Table {
        print::out(&effects(&report))?;
    }
    source.close()
}

fn deliveries(arguments: &CampaignDeliveriesArguments) -> anyhow::Result<()> {
    let CampaignDeliveriesArguments { source, filter, state, limit, cursor, format } = arguments;
    let source = Source::open(source)?;
    let query = DeliveriesQuery {
        campaign: filter.campaign.clone(),
        user: filter.user.clone(),
        channel: filter.channel.clone(),
        reason: filter.reason.clone(),
        state: state.clone(),
        limit: *limit,
        cursor: cursor.clone(),
        before: None,
    };
    let all: Deliveries = match &source {
        Source::Local(service) => service.deliveries(&query)?,
        Source::Remote(client) => client.get("/api/deliveries", &query)?,
    };
    print::result(*format, &all, || {
        let mut table =
            Table::new(["when", "message", "campaign", "user", "variant", "state", "reason"]);
        for one in &all.deliveries {
            table.row(vec![
                one.decided_at.clone(),
                one.id.clone(),
                one.campaign.clone(),
                one.user.clone(),
                one.variant.clone().unwrap_or_default(),
                one.state.clone(),
                one.reason.clone().unwrap_or_default(),
            ]);
        }
        table
    })?;
    if let Some(next) = all.next.as_ref().filter(|_| *format == Format::Table) {
        print::out(&format!("\nthere are older ones: --cursor {next}\n"))?;
    }
    source.close()
}

fn retry(arguments: CampaignRetryArguments) -> anyhow::Result<()> {
    let CampaignRetryArguments { source, filter, messages } = arguments;
    let DeliveryFilterArguments { campaign, user, channel, reason } = filter;
    let source = Source::open(&source)?;
    let wish = DeliveriesRetry { ids: messages, campaign, user, channel, reason };
    let done: DeliveriesRetried = match &source {
        Source::Local(service) => service.retry_deliveries(&wish)?,
        Source::Remote(client) => client.post("/api/deliveries/retry", &wish)?,
    };
    print::out(&format!("sent again: {}\n", done.retried))?;
    for refused in &done.refused {
        print::out(&format!("not sent again, {}: {}\n", refused.reason, refused.count))?;
    }
    if done.more {
        print::out("there are more: ask again\n")?;
    }
    source.close()
}

fn list(all: &CampaignList) -> Table {
    let mut table = Table::new(["id", "name", "status", "trigger", "sent", "next"]);
    for one in &all.campaigns {
        let status = serde_json::to_value(one.status).unwrap_or_default();
        table.row(vec![
            one.id.clone(),
            one.name.clone(),
            status.as_str().unwrap_or_default().to_owned(),
            one.trigger.clone(),
            number(one.sent),
            one.next_at.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn funnel(report: &CampaignReport) -> Table {
    let of = &report.funnel;
    let mut table = Table::new(["step", "messages"]);
    let mut row = |what: String, n: u64| table.row(vec![what, number(n)]);
    row("decided".into(), of.decided);
    of.held_out_by_group.iter().for_each(|r| row(format!("  held out: {}", r.reason), r.count));
    of.withheld_by_reason.iter().for_each(|r| row(format!("  withheld: {}", r.reason), r.count));
    row("queued".into(), of.queued);
    of.failed_by_code.iter().for_each(|r| row(format!("  failed: {}", r.reason), r.count));
    row("  waiting".into(), of.waiting);
    row("sent".into(), of.sent);
    row("  delivered".into(), of.delivered);
    row("  opened".into(), of.opened);
    row("  clicked".into(), of.clicked);
    row("  bounced".into(), of.bounced);
    table
}

/// What a campaign caused, in sentences.
fn effects(report: &CampaignReport) -> String {
    let mut text = format!("\n{}\n", report.verdict.sentence);
    for warning in &report.warnings {
        text.push_str(&format!("warning: {}; {}\n", warning.message, warning.hint));
    }
    let percent = |of: &WithInterval| {
        let [value, low, high] = [of.value, of.low, of.high].map(|x| x * 100.0);
        format!("{value:+.2} points ({low:+.2} to {high:+.2})")
    };
    for goal in &report.goals {
        text.push_str(&format!("\n{} within {}\n", goal.event, goal.within));
        for arm in &goal.arms {
            let rate = arm.rate.map_or(0.0, |rate| rate.value * 100.0);
            text.push_str(&format!(
                "  {}: {} of {} users, {rate:.2} %\n",
                arm.name, arm.converted, arm.users
            ));
        }
        match (&goal.effect, &goal.no_effect_because) {
            (Some(effect), _) => {
                text.push_str(&format!("  effect: {}\n", percent(&effect.difference)));
                if let Some(money) = effect.revenue_per_user {
                    text.push_str(&format!(
                        "  revenue per user: {:+.2} ({:+.2} to {:+.2})\n",
                        money.value, money.low, money.high
                    ));
                }
            }
            (None, Some(because)) => text.push_str(&format!("  no effect yet: {because}\n")),
            (None, None) => {}
        }
        text.push_str(&format!("  {}\n", goal.credited.sentence));
    }
    text
}
