//! Purchases of the CDNOW cohort. The rules stand at [`super::DataSet::Cdnow`].

use std::collections::{BTreeSet, HashMap, VecDeque};

use model::{Record, Text, Timestamp, Value};

use super::decimal::Amount;
use super::source::{Convert, Row, event, property};
use super::{Error, Report};

pub(super) const COLUMNS: &[&str] = &["customer_id", "date", "cds", "spend"];
const CUSTOMER: usize = 0;
const DATE: usize = 1;
const CDS: usize = 2;
const SPEND: usize = 3;

/// Start of the holdout of the published analyses, 1997-10-01: they calibrate on what is before.
const HOLDOUT_AT: Timestamp = Timestamp(875_664_000_000);

/// Memory: one instant per customer and day.
#[derive(Default)]
pub(super) struct Cdnow {
    n_rows: u64,
    revenue: Amount,
    days_by_customer: HashMap<Text, BTreeSet<Timestamp>>,
}

impl Convert for Cdnow {
    fn row(&mut self, row: &Row<'_>, out: &mut VecDeque<Record>) -> Result<(), Error> {
        let customer = row.required(CUSTOMER)?;
        let (time, cds, amount) = (row.time(DATE)?, row.int(CDS)?, row.decimal(SPEND)?.amount());
        self.n_rows += 1;
        self.revenue += amount;
        self.days_by_customer.entry(Text::new(customer)).or_default().insert(time);
        let properties = vec![
            property("amount", Value::Float(amount.float())),
            property("cds", Value::Int(cds)),
        ];
        out.push_back(event(customer, "Purchase", time, row.id(0), properties));
        Ok(())
    }

    fn report(&self) -> Report {
        let days = || self.days_by_customer.values();
        let before = |days: &BTreeSet<Timestamp>| days.range(..HOLDOUT_AT).count() as u64;
        let mut report = Report::default();
        report.count("rows", self.n_rows);
        report.count("customers", days().len() as u64);
        report.count("purchases (one day merged)", days().map(|d| d.len() as u64).sum());
        report.count("repeaters", days().filter(|d| d.len() > 1).count() as u64);
        report.count("repeaters to 1997-09-30", days().filter(|d| before(d) > 1).count() as u64);
        report.count(
            "repeat purchases to 1997-09-30",
            days().map(|d| before(d).saturating_sub(1)).sum(),
        );
        report.count(
            "purchases from 1997-10-01",
            days().map(|d| d.range(HOLDOUT_AT..).count() as u64).sum(),
        );
        report.fact("revenue", self.revenue);
        report
    }
}
