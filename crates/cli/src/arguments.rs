//! What can be written on the command line.

mod analyses;
mod backtest;
mod campaign;
mod catalog;
mod files;
mod history;
mod journey;
mod memory;
mod privacy;
mod provider;
mod schema;
mod segment;
mod simulate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use analyses::*;
pub use backtest::BacktestArguments;
pub use campaign::{
    CampaignApproveArguments, CampaignArguments, CampaignCommand, CampaignDeliveriesArguments,
    CampaignFileArguments, CampaignListArguments, CampaignOneArguments, CampaignPlayArguments,
    CampaignReportArguments, CampaignRetryArguments, DeliveryFilterArguments,
};
pub use catalog::{
    CatalogArguments, CatalogCommand, CatalogOneArguments, CatalogRowsArguments,
    CatalogUploadArguments, RowsForm,
};
pub use files::{
    ExportArguments, FileFormat, ImportArguments, ImportsAddArguments, ImportsArguments,
    ImportsCommand, ImportsListArguments, ImportsOneArguments, Table,
};
pub use history::{BackupArguments, HistoryArguments, HistoryCommand, RestoreArguments};
pub use journey::{
    JourneyArguments, JourneyCommand, JourneyFileArguments, JourneyIdArguments,
    JourneyLearnArguments, JourneyListArguments, JourneyOneArguments, JourneyPathArguments,
    JourneyPublishArguments, JourneyReportArguments, JourneyTestArguments, JourneyWaitingArguments,
};
pub use memory::MemoryArguments;
pub use privacy::{EraseArguments, SuppressArguments};
pub use provider::{ProviderArguments, ProviderCommand, ProviderOneArguments};
pub use schema::{SchemaArguments, SchemaCommand};
pub use segment::{SegmentArguments, SegmentCommand};
pub use simulate::SimulateArguments;

/// Know who is new, active, loyal, at risk, dormant and churned, and say anything about anybody.
#[derive(Parser)]
#[command(
    name = "perennial",
    version,
    max_term_width = 100,
    after_help = "\
First steps:
  perennial demo                                     a shop with two years of history, and its pages
  perennial key create --data-dir d --scope ingest   a key for client libraries
  perennial serve --data-dir d --listen 127.0.0.1:7300

Exit codes: 0 done, 1 failed, 2 wrong use."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Fill a data directory with a demonstration and show it
    Demo(DemoArguments),
    /// Serve the dashboard and the API
    Serve(ServeArguments),
    /// Make, list and revoke keys
    Key(KeyArguments),
    /// Read events from a file
    Import(ImportArguments),
    /// Import from folders and buckets on a schedule
    Imports(ImportsArguments),
    /// What is seen and declared of events, properties and attributes
    Schema(SchemaArguments),
    /// Make, start and stop campaigns, and see what they caused
    Campaign(CampaignArguments),
    /// Make, publish and stop journeys, and see what became of whoever came in
    Journey(JourneyArguments),
    /// Rows that messages look up by id, such as products
    Catalog(CatalogArguments),
    /// Show providers of channels, and check the DNS records of mail
    Provider(ProviderArguments),
    /// Check, count, list and explain segments
    Segment(SegmentArguments),
    /// Lifecycle states, who moved, and thresholds that the data propose
    Lifecycle(LifecycleArguments),
    /// Recency, frequency, monetary value
    Rfm(RfmArguments),
    /// Who comes back, by cohort; in how many periods people come
    Retention(RetentionArguments),
    /// How far users go along steps, and how long it takes them
    Funnel(FunnelArguments),
    /// What happens after an event, or before it
    Flows(FlowsArguments),
    /// How much of something happened, period by period, or as a pivot
    Trends(TrendsArguments),
    /// Daily, weekly and monthly active users, and stickiness
    Activity(ActivityArguments),
    /// Revenue by day, and over the life of cohorts
    Revenue(RevenueArguments),
    /// Sessions in figures, and by day
    Sessions(SessionsArguments),
    /// One user
    User(UserArguments),
    /// Erase a person from everything, with a receipt
    Erase(EraseArguments),
    /// Take nothing of somebody any more, and show them to nobody
    Suppress(SuppressArguments),
    /// Write events or profiles to a file that other tools read
    Export(ExportArguments),
    /// Measure speed and size on generated data
    Bench(BenchArguments),
    /// Run the engine under faults that a seed chooses, and compare it with what should be
    Simulate(SimulateArguments),
    /// What the history holds, whether it is whole, how long it is kept
    History(HistoryArguments),
    /// Copy a data directory, also while a server has it open
    Backup(BackupArguments),
    /// Make a data directory of a backup
    Restore(RestoreArguments),
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// The body of the API
    Json,
    /// With a header line
    Csv,
}

/// Where the data are.
#[derive(Args)]
pub struct SourceArguments {
    /// A data directory that no server has open
    #[arg(long, value_name = "DIR", required_unless_present = "server", conflicts_with = "server")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// A running server, as in http://127.0.0.1:7300
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// A key of that server with scope admin
    #[arg(
        long,
        value_name = "KEY",
        requires = "server",
        env = "PERENNIAL_KEY",
        hide_env_values = true
    )]
    pub key: Option<String>,
}

#[derive(Args)]
pub struct ResultArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct AtArguments {
    /// As of this instant [default: now]
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant [default: everything]
    #[arg(long, value_name = "RFC3339")]
    pub known_at: Option<String>,
    #[command(flatten)]
    pub result: ResultArguments,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial demo
  perennial demo --users 2000 --exit
  perennial demo --data-set online-retail --source online_retail.csv.gz
  perennial demo --data-set cdnow --source transactions.csv

A second start on the same directory uses the data that are there.")]
pub struct DemoArguments {
    /// A published data set instead of the simulated shop: online-retail, cdnow, rfm-orders,
    /// ecom-clickstream, snowplow-mobile
    #[arg(long, value_name = "NAME", requires = "source")]
    pub data_set: Option<String>,
    /// Its file, plain or gzip; a folder for a set of several files
    #[arg(long, value_name = "FILE", requires = "data_set")]
    pub source: Option<PathBuf>,
    /// People of the simulated shop
    #[arg(long, value_name = "N", default_value_t = 20_000, conflicts_with = "data_set")]
    pub users: u32,
    /// Where the data live [default: perennial-data/demo, or a folder of the set beside it]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where pages and API are served
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7300")]
    pub listen: String,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// Stop after the summary
    #[arg(long)]
    pub exit: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial serve --data-dir data --listen 127.0.0.1:7300
  perennial serve --data-dir data --listen 0.0.0.0:443 --tls-cert fullchain.pem --tls-key key.pem
  perennial serve --data-dir data --listen 0.0.0.0:443 --tls-acme app.example.com
  perennial serve --data-dir data --listen 127.0.0.1:7443 --tls-self-signed localhost,127.0.0.1

Prints `listening on http://…` when it is ready. SIGTERM finishes what is under way and exits 0.")]
pub struct ServeArguments {
    /// Where the data live; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Where pages and API are served
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7300")]
    pub listen: String,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// The folder below which imports on a schedule may read folders of this machine; without it,
    /// none may
    #[arg(long, value_name = "DIR")]
    pub import_dir: Option<PathBuf>,
    /// Seconds that an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub query_timeout: u64,
    /// A MaxMind DB file (.mmdb) of cities or countries: events get the place of the address that they
    /// came from. Read again when the file is replaced
    #[arg(long, value_name = "FILE")]
    pub geoip_database: Option<PathBuf>,
    /// A proxy in front, as an address or a network: only its X-Forwarded-For is believed
    #[arg(long, value_name = "ADDRESS[/BITS]")]
    pub trusted_proxy: Option<server::http::peer::TrustedProxy>,
    #[command(flatten)]
    pub tls: TlsArguments,
    #[command(flatten)]
    pub log: LogArguments,
}

/// HTTPS. Some client libraries speak nothing else.
#[derive(Args)]
pub struct TlsArguments {
    /// Certificates in PEM, the server's own first: --listen is HTTPS. Read again when the file
    /// changes, and on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// For development: a certificate for these names that signs itself, made once and kept in the
    /// data directory
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', conflicts_with = "tls_cert")]
    pub tls_self_signed: Vec<String>,
    /// Ask an ACME authority for certificates of these host names and renew them: port 443 of each
    /// must lead to --listen. Using it means that you agree to the authority's terms
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', conflicts_with_all = ["tls_cert", "tls_self_signed"])]
    pub tls_acme: Vec<String>,
    /// An e-mail address for the authority's warnings
    #[arg(long, value_name = "ADDRESS", requires = "tls_acme")]
    pub acme_contact: Option<String>,
    /// The authority's directory
    #[arg(long, value_name = "URL", default_value = server::http::tls::acme::LETS_ENCRYPT)]
    pub acme_directory: String,
    /// A certificate in PEM that the authority's own address is checked against [default: the roots
    /// that browsers know]
    #[arg(long, value_name = "FILE", requires = "tls_acme")]
    pub acme_root: Option<PathBuf>,
    /// One more address, plain HTTP
    #[arg(long, value_name = "HOST:PORT")]
    pub listen_plain: Option<String>,
}

/// What becomes of the log.
#[derive(Args)]
pub struct LogArguments {
    /// How much of the log is kept, from now on [default: what was said before, at first checkpoint]
    #[arg(long, value_enum, requires = "data_dir")]
    pub keep_log: Option<KeepLog>,
}

/// How much of the log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeepLog {
    /// Everything: the history folder can be deleted at any time and is built anew
    All,
    /// What the last checkpoint of the history does not hold, and at least the last GiB
    Checkpoint,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial key create --data-dir data --scope ingest --label \"web shop\"
  perennial key list --data-dir data
  perennial key revoke --data-dir data 3f9c01ab77de")]
pub struct KeyArguments {
    #[command(subcommand)]
    pub command: KeyCommand,
}

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Print a new key, alone on standard output; it is shown only once
    Create {
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        /// ingest: send records; read: look, with personal data masked; admin: everything
        #[arg(long)]
        scope: server::config::keys::Scope,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
        /// Records a second at most [default: as many as come]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        events_per_second: Option<u32>,
    },
    /// List keys, without the keys themselves
    List {
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// End the life of a key, also in a running server
    Revoke {
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        /// Its id, as listed, or the key itself
        id: String,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial lifecycle --data-dir data
  perennial lifecycle states --data-dir data --as-of 2011-12-09T12:50:00Z
  perennial lifecycle transitions --data-dir data --from 2011-11-01 --to 2011-12-01
  perennial lifecycle thresholds --data-dir data --event Purchase --horizon 30d")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct LifecycleArguments {
    #[command(subcommand)]
    pub command: Option<LifecycleCommand>,
    #[command(flatten)]
    pub at: AtArguments,
}

#[derive(Subcommand)]
pub enum LifecycleCommand {
    /// Who is in which state
    States {
        #[command(flatten)]
        at: AtArguments,
    },
    /// Who moved from which state to which
    Transitions {
        #[command(flatten)]
        result: ResultArguments,
        /// The earlier instant
        #[arg(long, value_name = "RFC3339")]
        from: String,
        /// The later instant
        #[arg(long, value_name = "RFC3339")]
        to: String,
        /// Only what had been accepted by this instant [default: everything]
        #[arg(long, value_name = "RFC3339")]
        known_at: Option<String>,
    },
    /// Silences after which states begin, as the data propose them
    Thresholds {
        #[command(flatten)]
        at: AtArguments,
        /// Gaps between events of this name [default: the event that orders are]
        #[arg(long)]
        event: Option<String>,
        /// Within how long a return counts [default: four of five observed gaps are shorter]
        #[arg(long, value_name = "DURATION")]
        horizon: Option<String>,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial rfm --data-dir data
  perennial rfm groups --data-dir data --as-of 2011-12-09T12:50:00Z --format json
  perennial rfm transitions --data-dir data --from 2011-11-01 --to 2011-12-01")]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct RfmArguments {
    #[command(subcommand)]
    pub command: Option<RfmCommand>,
    #[command(flatten)]
    pub at: AtArguments,
}

#[derive(Subcommand)]
pub enum RfmCommand {
    /// All groups
    Groups {
        #[command(flatten)]
        at: AtArguments,
    },
    /// Who moved from which group to which
    Transitions {
        #[command(flatten)]
        result: ResultArguments,
        /// The earlier instant
        #[arg(long, value_name = "RFC3339")]
        from: String,
        /// The later instant
        #[arg(long, value_name = "RFC3339")]
        to: String,
        /// Only what had been accepted by this instant [default: everything]
        #[arg(long, value_name = "RFC3339")]
        known_at: Option<String>,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial user show --data-dir data ada
  perennial user events --data-dir data --limit 20 ada")]
pub struct UserArguments {
    #[command(subcommand)]
    pub command: UserCommand,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Everything about one user
    Show {
        #[command(flatten)]
        at: AtArguments,
        id: String,
    },
    /// Their devices, those seen last first
    Devices {
        #[command(flatten)]
        result: ResultArguments,
        id: String,
    },
    /// Their events, newest first
    Events {
        #[command(flatten)]
        at: AtArguments,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u64,
        /// `next` of the page before, or an instant
        #[arg(long)]
        before: Option<String>,
        id: String,
    },
    /// Everything of one person, of any age, as one JSON document
    Export {
        #[command(flatten)]
        source: SourceArguments,
        id: String,
    },
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial bench history --events 10000000
  perennial bench history --events 10000000 --json ours.json --parquet events.parquet
  python3 scripts/bench_history_peers.py --json ours.json --parquet events.parquet
  perennial bench live --users 1000000 --segments 200
  perennial bench outreach --users 1000000

Equal numbers, years and seeds give equal events on every machine.")]
pub struct BenchArguments {
    #[command(subcommand)]
    pub command: BenchCommand,
}

#[derive(Subcommand)]
pub enum BenchCommand {
    /// Load generated events and ask twelve questions about them
    History {
        /// Events; one user for each hundred
        #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000_000))]
        events: u64,
        /// Length of the period
        #[arg(long, value_name = "Y", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=50))]
        years: u32,
        /// Other seeds give other events
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
        /// Where the history is made, and stays [default: a temporary folder]
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
        /// Where answers and times go, for the comparison with other engines
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Where the events go, for the comparison with other engines
        #[arg(long, value_name = "FILE")]
        parquet: Option<PathBuf>,
    },
    /// Decode generated requests of every wire form on one core, then send some over HTTP
    Ingest {
        /// For how long each form, and sending, is measured
        #[arg(long, value_name = "S", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
        /// Connections that send at the same time
        #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1_000))]
        clients: u16,
        /// Where the figures go
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Watch many segments of many users while events flow: rates, delays, memory
    Live {
        /// Users
        #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=20_000_000))]
        users: u32,
        /// Segments of mixed kinds, beside a lifecycle
        #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=2_000))]
        segments: u64,
        /// For how long the sustained rate is measured
        #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
        /// Events before the measurement, spread over thirty days
        #[arg(long, value_name = "N", default_value_t = 10_000_000)]
        history: u64,
        /// Where the figures go
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Steps of journeys a second, memory of people who wait, timers of one instant, a year played again, and how late
    /// timers are in a server under load
    Journeys {
        /// People who wait at the same time
        #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=100_000_000))]
        waiting: u32,
        /// Events of a year that is played again; one user for each hundred
        #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000_000))]
        events: u64,
        /// For how long timers are measured under each load
        #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
        /// Where the figures go
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Send campaigns to servers in this process: messages a second, and from an event to its message
    Outreach {
        /// Users, each of whom gets one message of each campaign
        #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=20_000_000))]
        users: u32,
        /// Messages under way at once
        #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        concurrency: u32,
        /// Other events in a second while single events trigger messages
        #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
        load: u32,
        /// For how long single events trigger messages
        #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        seconds: u64,
        /// Where the figures go
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
}
