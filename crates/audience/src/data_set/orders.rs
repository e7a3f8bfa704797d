//! Orders with published RFM groups. The rules stand at [`super::DataSet::RfmOrders`].

use std::collections::{HashSet, VecDeque};

use model::{Record, Text, Timestamp, Value};

use super::decimal::Amount;
use super::source::{Convert, Row, event, property};
use super::{Error, Report};

pub(super) const COLUMNS: &[&str] = &["customer_id", "order_date", "revenue"];
const CUSTOMER: usize = 0;
const DATE: usize = 1;
const REVENUE: usize = 2;

#[derive(Default)]
pub(super) struct Orders {
    n_rows: u64,
    customers: HashSet<Text>,
    revenue: Amount,
    last_at: Option<Timestamp>,
}

impl Convert for Orders {
    fn row(&mut self, row: &Row<'_>, out: &mut VecDeque<Record>) -> Result<(), Error> {
        let customer = row.required(CUSTOMER)?;
        let (time, amount) = (row.time(DATE)?, row.decimal(REVENUE)?.amount());
        self.n_rows += 1;
        self.customers.insert(Text::new(customer));
        self.revenue += amount;
        self.last_at = self.last_at.max(Some(time));
        let properties = vec![property("amount", Value::Float(amount.float()))];
        out.push_back(event(customer, "Purchase", time, row.id(0), properties));
        Ok(())
    }

    fn report(&self) -> Report {
        let mut report = Report::default();
        report.count("rows", self.n_rows);
        report.count("customers", self.customers.len() as u64);
        report.fact("revenue", self.revenue);
        if let Some(at) = self.last_at {
            report.fact("last order", at);
        }
        report
    }
}
