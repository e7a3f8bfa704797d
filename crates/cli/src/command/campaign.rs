//! `perennial campaign`: what is sent, to whom, and what it caused.

use anyhow::Context;
use wire::api::{
    Campaign, CampaignAction, CampaignActionInput, CampaignInput, CampaignList, CampaignReach,
    CampaignReport, CampaignReportQuery, Deliveries, DeliveriesQuery, VisitorSecret, WithInterval,
};

use crate::arguments::{
    CampaignArguments, CampaignCommand, CampaignFileArguments, CampaignOneArguments, Format,
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
        CampaignCommand::Create(arguments) => create(&arguments),
        CampaignCommand::Reach(arguments) => reach(&arguments),
        CampaignCommand::Start(arguments) => act(&arguments, CampaignAction::Start),
        CampaignCommand::Pause(arguments) => act(&arguments, CampaignAction::Pause),
        CampaignCommand::Resume(arguments) => act(&arguments, CampaignAction::Resume),
        CampaignCommand::Stop(arguments) => act(&arguments, CampaignAction::Stop),
        CampaignCommand::Report(arguments) => report(&arguments),
        CampaignCommand::Deliveries(arguments) => deliveries(&arguments),
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
fn definition(arguments: &CampaignFileArguments) -> anyhow::Result<CampaignInput> {
    let path = &arguments.file;
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the definition {} cannot be read", path.display()))?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is no definition of a campaign", path.display()))
}

fn create(arguments: &CampaignFileArguments) -> anyhow::Result<()> {
    let input = definition(arguments)?;
    let source = Source::open(&arguments.source)?;
    let made: Campaign = match &source {
        Source::Local(service) => service.create_campaign(&input)?,
        Source::Remote(client) => client.post("/api/campaigns", &input)?,
    };
    for problem in &made.problems {
        let kind = if problem.error { "error" } else { "note" };
        print::out(&format!("{kind}: {} {}: {}\n", problem.code, problem.place, problem.message))?;
    }
    print::out(&format!("{}\n", made.id))?;
    source.close()
}

fn reach(arguments: &CampaignFileArguments) -> anyhow::Result<()> {
    let input = definition(arguments)?;
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

fn report(arguments: &CampaignOneArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let query = CampaignReportQuery::default();
    let report: CampaignReport = match &source {
        Source::Local(service) => service.campaign_report(&arguments.id, &query)?,
        Source::Remote(client) => {
            client.get(&format!("/api/campaigns/{}/report", encode(&arguments.id)), &query)?
        }
    };
    print::result(arguments.format, &report, || funnel(&report))?;
    if arguments.format == Format::Table {
        print::out(&effects(&report))?;
    }
    source.close()
}

fn deliveries(arguments: &CampaignOneArguments) -> anyhow::Result<()> {
    let source = Source::open(&arguments.source)?;
    let query =
        DeliveriesQuery { campaign: Some(arguments.id.clone()), ..DeliveriesQuery::default() };
    let all: Deliveries = match &source {
        Source::Local(service) => service.deliveries(&query)?,
        Source::Remote(client) => client.get("/api/deliveries", &query)?,
    };
    print::result(arguments.format, &all, || {
        let mut table = Table::new(["when", "user", "variant", "state", "reason"]);
        for one in &all.deliveries {
            table.row(vec![
                one.decided_at.clone(),
                one.user.clone(),
                one.variant.clone().unwrap_or_default(),
                one.state.clone(),
                one.reason.clone().unwrap_or_default(),
            ]);
        }
        table
    })?;
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
    let mut text = String::new();
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
                arm.arm, arm.converted, arm.users
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
    }
    text
}
