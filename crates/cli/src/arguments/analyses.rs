//! Arguments of the analyses.

use clap::{Args, Subcommand, ValueEnum};

use super::AtArguments;

/// Whom an analysis is about, and by what it is broken down.
#[derive(Args)]
pub struct AboutArguments {
    /// Only members of this segment: an id, or a definition
    #[arg(long, value_name = "SEGMENT")]
    pub segment: Option<String>,
    /// Broken down by an attribute
    #[arg(long, value_name = "NAME", conflicts_with = "by_property")]
    pub by_attribute: Option<String>,
    /// Broken down by a property of the event that the question begins with
    #[arg(long, value_name = "NAME")]
    pub by_property: Option<String>,
    /// Values with a group of their own; the others share one [default: 10]
    #[arg(long, value_name = "N")]
    pub top: Option<u64>,
    #[command(flatten)]
    pub at: AtArguments,
}

/// How long periods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Unit {
    /// Hours from local midnight
    Hour,
    /// Local days
    Day,
    /// Weeks from Monday
    Week,
    /// Months
    Month,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial retention --data-dir data --event Purchase --unit month
  perennial retention --data-dir data --event '*' --unit week --since 2025-11-24
  perennial retention --data-dir data --event Signup --return-event Purchase --unit day \\
      --bracket 0 --bracket 1-3 --bracket 4-7 --bracket 8-30 --sum amount
  perennial retention power-curve --data-dir data --event '*' --unit day --periods 30

An event is a name, * for any, or JSON like {\"event\": \"Purchase\", \"where\": […]}.
A star behind a number: its period is not over yet.")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct RetentionArguments {
    #[command(subcommand)]
    pub command: Option<RetentionCommand>,
    /// A user starts with the first of these
    #[arg(long, required = true)]
    pub event: Option<String>,
    /// A user returns with one of these [default: the same]
    #[arg(long, value_name = "EVENT")]
    pub return_event: Option<String>,
    /// How long periods are
    #[arg(long, value_enum, default_value = "month")]
    pub unit: Unit,
    /// Cohorts from the period of this instant on
    #[arg(long, value_name = "RFC3339")]
    pub since: Option<String>,
    /// Cohorts up to the period of this instant
    #[arg(long, value_name = "RFC3339")]
    pub until: Option<String>,
    /// Returned in that period or any later one
    #[arg(long)]
    pub unbounded: bool,
    /// A column of periods after the first, as in 1-3; may be repeated
    #[arg(long, value_name = "FROM-TO")]
    pub bracket: Vec<String>,
    /// So many return events make a return
    #[arg(long, value_name = "N")]
    pub at_least: Option<u32>,
    /// Show return events per user
    #[arg(long, conflicts_with = "sum")]
    pub events: bool,
    /// Show the sum of a property of the return events per user
    #[arg(long, value_name = "PROPERTY")]
    pub sum: Option<String>,
    #[command(flatten)]
    pub about: AboutArguments,
}

#[derive(Subcommand)]
pub enum RetentionCommand {
    /// In how many of the last periods people come
    PowerCurve {
        /// A user is active with one of these
        #[arg(long)]
        event: String,
        /// How long periods are
        #[arg(long, value_enum, default_value = "day")]
        unit: Unit,
        /// How many periods
        #[arg(long, value_name = "N", default_value_t = 30)]
        periods: u64,
        #[command(flatten)]
        about: Box<AboutArguments>,
    },
}

/// In which order steps must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// In theirs; other events may come between
    Loose,
    /// In theirs, without any other event between
    Strict,
    /// In any
    Any,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial funnel --data-dir data --step View --step 'Add to cart' --step Purchase --window 7d
  perennial funnel --data-dir data --step View --step Purchase --per session_id --by-property page
  perennial funnel --data-dir data --step View --step Purchase --order strict --format json

A step is a name, * for any, or JSON like {\"event\": \"Purchase\", \"where\": […]}.")]
pub struct FunnelArguments {
    /// An event; repeated, in order
    #[arg(long, value_name = "EVENT", required = true)]
    pub step: Vec<String>,
    /// In which order steps must come
    #[arg(long, value_enum, default_value = "loose")]
    pub order: Order,
    /// From the first step to the last at the most
    #[arg(long, value_name = "DURATION")]
    pub window: Option<String>,
    /// From the step before at the most, for the second step, the third, and so on; - is any
    #[arg(long, value_name = "DURATION")]
    pub step_window: Vec<String>,
    /// A property whose value is the same in all steps; its values are counted
    #[arg(long, value_name = "PROPERTY", conflicts_with = "hold")]
    pub per: Option<String>,
    /// A property whose value is the same in all steps; users are counted
    #[arg(long, value_name = "PROPERTY")]
    pub hold: Vec<String>,
    /// The first step happened at or after this instant
    #[arg(long, value_name = "RFC3339")]
    pub since: Option<String>,
    /// The first step happened at or before this instant
    #[arg(long, value_name = "RFC3339")]
    pub until: Option<String>,
    #[command(flatten)]
    pub about: AboutArguments,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial activity --data-dir data --days 30
  perennial activity --data-dir data --event Purchase --by-attribute plan --format json")]
pub struct ActivityArguments {
    /// A user is active with one of these [default: any event]
    #[arg(long)]
    pub event: Option<String>,
    /// How many local days
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u64,
    #[command(flatten)]
    pub about: AboutArguments,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial revenue --data-dir data --event Purchase --property amount --days 30
  perennial revenue lifetime --data-dir data --event Purchase --property amount --unit month")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct RevenueArguments {
    #[command(subcommand)]
    pub command: Option<RevenueCommand>,
    /// What earns
    #[arg(long, required = true)]
    pub event: Option<String>,
    /// The property that says how much
    #[arg(long, value_name = "NAME", required = true)]
    pub property: Option<String>,
    /// A user is active with one of these [default: any event]
    #[arg(long, value_name = "EVENT")]
    pub active: Option<String>,
    /// How many local days
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u64,
    #[command(flatten)]
    pub about: AboutArguments,
}

#[derive(Subcommand)]
pub enum RevenueCommand {
    /// What cohorts earn over their life, per user
    Lifetime {
        /// What earns
        #[arg(long)]
        event: String,
        /// The property that says how much
        #[arg(long, value_name = "NAME")]
        property: String,
        /// A life begins with the first of these [default: any event]
        #[arg(long, value_name = "EVENT")]
        first: Option<String>,
        /// How long periods are
        #[arg(long, value_enum, default_value = "month")]
        unit: Unit,
        /// Cohorts from the period of this instant on
        #[arg(long, value_name = "RFC3339")]
        since: Option<String>,
        #[command(flatten)]
        about: Box<AboutArguments>,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial sessions --data-dir data --gap 20m
  perennial sessions --data-dir data --by session_id --format json")]
pub struct SessionsArguments {
    /// A session ends with a silence of so long [default: the workspace's timeout, 20m if unchanged]
    #[arg(long, value_name = "DURATION", conflicts_with = "by")]
    pub gap: Option<String>,
    /// Instead: a property whose value names the session
    #[arg(long, value_name = "PROPERTY")]
    pub by: Option<String>,
    /// Only members of this segment: an id, or a definition
    #[arg(long, value_name = "SEGMENT")]
    pub segment: Option<String>,
    #[command(flatten)]
    pub at: AtArguments,
}

/// Periods of a trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TrendUnit {
    /// Hours from local midnight
    Hour,
    /// Local days
    Day,
    /// Weeks from Monday
    Week,
    /// Months
    Month,
    /// One period for everything: a pivot
    All,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial trends --data-dir data --series Purchase --series View:users --formula 'A / B * 100'
  perennial trends --data-dir data --series Purchase:sum:amount --unit month --since 2025-01-01
  perennial trends --data-dir data --series Purchase --unit all --by property.country --by attribute.plan

A series is EVENT[:MEASURE[:PROPERTY]], or JSON like {\"event\": …, \"measure\": \"sum\", \"property\": \"amount\"}.
Measures: count, users, per_user, sum, avg, min, max, median, p90 and the like, distinct.")]
pub struct TrendsArguments {
    /// What is counted; repeated ones are called A, B, C… in formulas
    #[arg(long, value_name = "SERIES", required = true)]
    pub series: Vec<String>,
    /// Arithmetic over the series
    #[arg(long, value_name = "FORMULA")]
    pub formula: Vec<String>,
    /// How long periods are
    #[arg(long, value_enum, default_value = "day")]
    pub unit: TrendUnit,
    /// From this instant on [default: 30 days before the end]
    #[arg(long, value_name = "RFC3339")]
    pub since: Option<String>,
    /// Up to this instant
    #[arg(long, value_name = "RFC3339")]
    pub until: Option<String>,
    /// Broken down by property.NAME or attribute.NAME; up to three
    #[arg(long, value_name = "WHAT.NAME")]
    pub by: Vec<String>,
    /// Combinations of values with a group of their own [default: 10]
    #[arg(long, value_name = "N")]
    pub top: Option<u64>,
    /// Only members of this segment: an id, or a definition
    #[arg(long, value_name = "SEGMENT")]
    pub segment: Option<String>,
    #[command(flatten)]
    pub at: AtArguments,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial flows --data-dir data --from 'App Launched' --depth 4 --collapse
  perennial flows --data-dir data --to Purchase --gap none --window 1d --format json")]
pub struct FlowsArguments {
    /// What happens after this event
    #[arg(long, value_name = "EVENT", required_unless_present = "to", conflicts_with = "to")]
    pub from: Option<String>,
    /// What happens before this event
    #[arg(long, value_name = "EVENT")]
    pub to: Option<String>,
    /// Which events are steps [default: any]
    #[arg(long, value_name = "EVENT")]
    pub steps: Option<String>,
    /// Steps beside the anchor
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub depth: u64,
    /// A path ends with a silence longer than this; none: with none [default: 30m]
    #[arg(long, value_name = "DURATION")]
    pub gap: Option<String>,
    /// Steps lie within so long of the anchor
    #[arg(long, value_name = "DURATION")]
    pub window: Option<String>,
    /// Events of one name that follow one another are one
    #[arg(long)]
    pub collapse: bool,
    /// Names with a node of their own at each step [default: 6]
    #[arg(long, value_name = "N")]
    pub top: Option<u64>,
    /// The anchor happened at or after this instant
    #[arg(long, value_name = "RFC3339")]
    pub since: Option<String>,
    /// The anchor happened at or before this instant
    #[arg(long, value_name = "RFC3339")]
    pub until: Option<String>,
    /// Only members of this segment: an id, or a definition
    #[arg(long, value_name = "SEGMENT")]
    pub segment: Option<String>,
    #[command(flatten)]
    pub at: AtArguments,
}
