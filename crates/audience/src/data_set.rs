//! Published data sets as records: what a person downloads, what the demonstration can load.
//!
//! What it is: one streaming converter per set, from the bytes of its file (plain or gzip, told
//! apart by their first two bytes) to [`Record`]s, with documented cleaning rules and a report of
//! facts that can be compared with the published ones.
//! What it is not: it opens no files and downloads nothing; whoever calls it hands in readers.
//!
//! Every record's id is the hash of its row's content and its row number. Rows that repeat each
//! other exactly therefore all count, and loading the same file again changes nothing.

mod cdnow;
mod clickstream;
mod decimal;
mod error;
mod online_retail;
mod orders;
mod report;
mod segments;
mod snowplow;
mod source;

use std::collections::VecDeque;
use std::io::Read;

use model::{Record, Text};
use segment::rules::{RfmGroup, RfmSettings, Scoring};
use segment::tree::{EventMatch, EventNames, Measure, Where};

pub use error::{Error, UnknownDataSet};
pub use report::Report;

use source::{Convert, Table};

/// A published data set that can be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataSet {
    /// A year of a British gift retailer: invoice lines, cancellations, lines without a customer.
    ///
    /// Columns: `InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID,
    /// Country`. `InvoiceDate` is a local minute without zone and is taken as UTC. Each line of a
    /// known customer is one event:
    /// - invoice not `C…`, quantity and price above zero: `Purchase`;
    /// - invoice `C…`: `Refund`, with negative quantity and amount;
    /// - price zero: `Free Item`.
    ///
    /// Properties: `invoice`, `stock_code`, `description` (as written, left out if empty),
    /// `quantity` (int), `unit_price` (float), `amount` (float: price × quantity in decimal
    /// arithmetic, rounded to four places), `country`. Lines without a customer cannot belong to a
    /// person and are not loaded, nor is any other line; both are counted by reason. The attribute
    /// `country` is set with a customer's first line and whenever it differs from the line before.
    OnlineRetail,
    /// Repeat buying of a cohort of CD buyers over 18 months.
    ///
    /// Columns: `customer_id, date, cds, spend`. Every row is one `Purchase` with `cds` (int) and
    /// `amount` (float), at midnight UTC of its day. Rows of one day stay apart here; the report
    /// merges them, as the published analyses do.
    Cdnow,
    /// Orders of 995 customers, with published RFM groups.
    ///
    /// Columns: `customer_id` (a name), `order_date`, `revenue`. Every row is one `Purchase` with
    /// `amount` (float), at midnight UTC of its day.
    RfmOrders,
    /// A synthetic web shop's clicks with sessions, carts and checkouts.
    ///
    /// Columns: `user_id, session_id, event, timestamp, platform, acquisition_channel,
    /// user_cohort, user_lifecycle`. Every row is one event, named as the file names it, with all
    /// other columns as properties; times have no zone and are taken as UTC.
    EcomClickstream,
    /// A mobile app's screen views and foreground changes, in three files.
    ///
    /// Events are named by `event_name`; `event_id` is the delivery's id, so that a duplicated
    /// event counts once; the time is `derived_tstamp` (the device's clock corrected by the
    /// collector's), acceptance is `collector_tstamp`. The person is the device's user id of the
    /// session context, as in the published users table (the column `user_id` of this file names
    /// the edge case that a row tests; it is kept as the property `user_id`). Rows without a
    /// session context belong to their `user_id`; with neither they are not loaded.
    /// Properties from the contexts: `session_id`, `session_index`, `screen_id`, `screen_name`,
    /// `platform`.
    ///
    /// Two rules of the published model are applied, so that its tables come out: an event sent
    /// more than three days after the device created it is not loaded, and neither is one more
    /// than three days after the first event of its session. The events are held in memory, at
    /// most [`DataSet::EVENTS_HELD_MAX`], and come out in order of acceptance.
    SnowplowMobile,
}

impl DataSet {
    /// All sets, in the order in which they are listed to people.
    pub const ALL: [DataSet; 5] = [
        DataSet::OnlineRetail,
        DataSet::Cdnow,
        DataSet::RfmOrders,
        DataSet::EcomClickstream,
        DataSet::SnowplowMobile,
    ];

    /// Events that [`DataSet::SnowplowMobile`] holds in memory to put them in order. The published
    /// file has 130; a day of a real app stays below a million.
    pub const EVENTS_HELD_MAX: usize = 1_000_000;

    /// The set of a name such as `online-retail`.
    pub fn named(name: &str) -> Result<DataSet, UnknownDataSet> {
        let found = DataSet::ALL.into_iter().find(|set| set.name() == name);
        found.ok_or_else(|| UnknownDataSet::new(name))
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            DataSet::OnlineRetail => "online-retail",
            DataSet::Cdnow => "cdnow",
            DataSet::RfmOrders => "rfm-orders",
            DataSet::EcomClickstream => "ecom-clickstream",
            DataSet::SnowplowMobile => "snowplow-mobile",
        }
    }

    /// Who made the set and where anyone gets its file.
    pub fn origin(self) -> &'static str {
        match self {
            DataSet::OnlineRetail => {
                "Online Retail (Chen 2015), UCI Machine Learning Repository, data set 352, as one CSV \
                 file; also by day in github.com/databricks/Spark-The-Definitive-Guide under \
                 data/retail-data/by-day"
            }
            DataSet::Cdnow => {
                "CDNOW, the 1/10 sample that Fader & Hardie publish for teaching (brucehardie.com); \
                 also in github.com/CamDavidsonPilon/lifetimes as lifetimes/datasets/CDNOW_sample.txt, \
                 with the columns customer_id, date, cds, spend"
            }
            DataSet::RfmOrders => {
                "rfm_data_orders of the R package rfm (CRAN), written as CSV with the columns \
                 customer_id, order_date, revenue"
            }
            DataSet::EcomClickstream => {
                "the e-commerce clickstream of github.com/retentioneering/retentioneering-tools, \
                 src/retentioneering/datasets/ecom.csv.gz"
            }
            DataSet::SnowplowMobile => {
                "the integration test data of github.com/snowplow/dbt-snowplow-mobile, \
                 integration_tests/data/source: events and their session and screen contexts"
            }
        }
    }

    /// Names of the files that the set consists of, without `.gz`, in the order in which
    /// [`DataSet::records`] takes their readers. Sets of one file take a file of any name.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            DataSet::OnlineRetail => &["online_retail.csv"],
            DataSet::Cdnow => &["transactions.csv"],
            DataSet::RfmOrders => &["orders.csv"],
            DataSet::EcomClickstream => &["events.csv"],
            DataSet::SnowplowMobile => {
                &["events.csv", "client_session_context.csv", "screen_view_context.csv"]
            }
        }
    }

    /// The event that a lifecycle and RFM scores are about: what a shop's customers do, or `*`
    /// (any event) for an app.
    pub fn key_event(self) -> &'static str {
        match self {
            DataSet::OnlineRetail | DataSet::Cdnow | DataSet::RfmOrders => "Purchase",
            DataSet::EcomClickstream => "purchase",
            DataSet::SnowplowMobile => "*",
        }
    }

    /// RFM settings that fit the set. The online retailer counts invoices rather than lines and is
    /// scored by cut points, as are the published orders; the groups are the ten of the grid.
    /// [`published_rfm_groups`] is the map that the orders were published with.
    pub fn rfm_defaults(self) -> RfmSettings {
        let names = match self.key_event() {
            "*" => EventNames::Any,
            name => EventNames::Of(vec![Text::const_new(name)]),
        };
        let of = EventMatch { names, filter: Where::ALWAYS };
        let amount = || Some(Measure::Sum(Text::const_new("amount")));
        match self {
            DataSet::OnlineRetail => RfmSettings {
                frequency: Measure::Distinct(Text::const_new("invoice")),
                scoring: Scoring::Cuts,
                ..RfmSettings::of(of, amount())
            },
            DataSet::RfmOrders => {
                RfmSettings { scoring: Scoring::Cuts, ..RfmSettings::of(of, amount()) }
            }
            DataSet::Cdnow => RfmSettings::of(of, amount()),
            DataSet::EcomClickstream => RfmSettings::of(of, None),
            DataSet::SnowplowMobile => RfmSettings {
                frequency: Measure::Distinct(Text::const_new("session_id")),
                ..RfmSettings::of(of, None)
            },
        }
    }

    /// Segments that say something about this set: a name and a definition in text form.
    pub fn example_segments(self) -> Vec<(&'static str, &'static str)> {
        segments::of(self)
    }

    /// Reads the set. `parts` are its files in the order of [`DataSet::files`], plain or gzip; the
    /// header is checked here, the rows as they are asked for.
    pub fn records<'a>(self, parts: Vec<Box<dyn Read + 'a>>) -> Result<Records<'a>, Error> {
        let expected = self.files();
        if parts.len() != expected.len() {
            return Err(Error::Files { set: self.name(), expected, found: parts.len() });
        }
        let mut parts = parts.into_iter();
        let mut next = |columns| match parts.next() {
            Some(part) => Table::open(self.name(), part, columns),
            None => Err(Error::Files { set: self.name(), expected, found: 0 }),
        };
        Ok(match self {
            DataSet::OnlineRetail => Records::of(
                next(online_retail::COLUMNS)?,
                Box::new(online_retail::OnlineRetail::default()),
            ),
            DataSet::Cdnow => Records::of(next(cdnow::COLUMNS)?, Box::new(cdnow::Cdnow::default())),
            DataSet::RfmOrders => {
                Records::of(next(orders::COLUMNS)?, Box::new(orders::Orders::default()))
            }
            DataSet::EcomClickstream => Records::of(
                next(clickstream::COLUMNS)?,
                Box::new(clickstream::Clickstream::default()),
            ),
            DataSet::SnowplowMobile => {
                let events = next(snowplow::EVENT_COLUMNS)?;
                let sessions = next(snowplow::SESSION_COLUMNS)?;
                let screens = next(snowplow::SCREEN_COLUMNS)?;
                Records::of(events, Box::new(snowplow::Snowplow::open(sessions, screens)?))
            }
        })
    }
}

/// Records of a data set, one after the other in the order of its file. A row that cannot be read
/// comes out as an error that names its line and column; asking on continues with the next row.
pub struct Records<'a> {
    table: Table<'a>,
    convert: Box<dyn Convert + 'a>,
    ready: VecDeque<Record>,
    unreadable: u64,
    finished: bool,
}

impl<'a> Records<'a> {
    fn of(table: Table<'a>, convert: Box<dyn Convert + 'a>) -> Records<'a> {
        Records { table, convert, ready: VecDeque::new(), unreadable: 0, finished: false }
    }

    /// Facts about the rows that were read so far; complete when the iterator has ended.
    pub fn report(&self) -> Report {
        let mut report = self.convert.report();
        if self.unreadable > 0 {
            report.count("not loaded: unreadable", self.unreadable);
        }
        report
    }

    /// Reads one row, or finishes. `false`: there is nothing more.
    fn advance(&mut self) -> Result<bool, Error> {
        if self.finished {
            return Ok(false);
        }
        match self.table.next_row()? {
            Some(row) => self.convert.row(&row, &mut self.ready)?,
            None => {
                self.finished = true;
                self.convert.finish(&mut self.ready);
            }
        }
        Ok(true)
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Result<Record, Error>> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.unreadable += 1;
                    self.finished |= error.fatal();
                    return Some(Err(error));
                }
            }
        }
    }
}

/// The segments that the R package `rfm` publishes its orders with: ranges of recency, frequency
/// and monetary scores, both ends included, of which the first that matches wins. A customer in
/// none of them is among "Others".
pub fn published_rfm_groups() -> Vec<RfmGroup> {
    [
        ("champions", "Champions", (5, 5), (5, 5), (5, 5)),
        ("potential_loyalist", "Potential Loyalist", (3, 5), (3, 5), (2, 5)),
        ("loyal_customers", "Loyal Customers", (2, 4), (2, 4), (2, 4)),
        ("promising", "Promising", (3, 4), (1, 3), (3, 5)),
        ("new_customers", "New Customers", (4, 5), (1, 3), (1, 5)),
        ("cannot_lose_them", "Can't Lose Them", (1, 2), (3, 4), (4, 5)),
        ("at_risk", "At Risk", (1, 2), (2, 5), (4, 5)),
        ("need_attention", "Need Attention", (1, 3), (3, 5), (3, 5)),
        ("about_to_sleep", "About To Sleep", (2, 3), (1, 3), (1, 4)),
        ("lost", "Lost", (1, 1), (1, 5), (1, 5)),
    ]
    .into_iter()
    .map(|(key, name, r, f, m)| RfmGroup {
        key: Text::const_new(key),
        name: Text::const_new(name),
        r,
        f,
        m,
    })
    .collect()
}

#[cfg(test)]
mod tests;
