//! Invoice lines of the online retailer. The rules stand at [`super::DataSet::OnlineRetail`].

use std::collections::{HashMap, HashSet, VecDeque};

use model::{Record, Text, Value};

use super::decimal::{Amount, Decimal};
use super::source::{Convert, Row, attribute, event, property};
use super::{Error, Report};

pub(super) const COLUMNS: &[&str] = &[
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];
const INVOICE: usize = 0;
const STOCK_CODE: usize = 1;
const DESCRIPTION: usize = 2;
const QUANTITY: usize = 3;
const DATE: usize = 4;
const PRICE: usize = 5;
const CUSTOMER: usize = 6;
const COUNTRY: usize = 7;

/// What a line of a known customer stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Purchase,
    Refund,
    FreeItem,
}

/// Memory: one hash per row, for the exact duplicates, and one entry per distinct value.
#[derive(Default)]
pub(super) struct OnlineRetail {
    n_rows: u64,
    n_no_customer: u64,
    n_other: u64,
    n_cancel_rows: u64,
    n_negative_quantity: u64,
    n_zero_price: u64,
    n_negative_price: u64,
    n_duplicates: u64,
    net_revenue: Amount,
    rows: HashSet<u128>,
    invoices: HashSet<Text>,
    cancel_invoices: HashSet<Text>,
    stock_codes: HashSet<Text>,
    countries: HashSet<Text>,
    country_by_customer: HashMap<Text, Text>,
    purchases: Purchases,
    n_refunds: u64,
    n_free_items: u64,
}

#[derive(Default)]
struct Purchases {
    n_rows: u64,
    customers: HashSet<Text>,
    invoices: HashSet<Text>,
    revenue: Amount,
}

impl Convert for OnlineRetail {
    fn row(&mut self, row: &Row<'_>, out: &mut VecDeque<Record>) -> Result<(), Error> {
        let (quantity, price) = (row.int(QUANTITY)?, row.decimal(PRICE)?);
        let time = row.time(DATE)?;
        let amount = (price * quantity).amount();
        self.count(row, quantity, price, amount);
        let customer = row.text(CUSTOMER);
        if customer.is_empty() {
            self.n_no_customer += 1;
            return Ok(());
        }
        let country = row.text(COUNTRY);
        let changed = self.country_changed(customer, country);
        let Some(kind) = kind(row.text(INVOICE), quantity, price) else {
            self.n_other += 1;
            return Ok(());
        };
        if changed {
            let change = ("country", Value::text(country));
            out.push_back(attribute(customer, time, row.id(1), change));
        }
        self.count_loaded(row, kind, amount);
        let properties = properties(row, quantity, price, amount);
        out.push_back(event(customer, kind.name(), time, row.id(0), properties));
        Ok(())
    }

    fn report(&self) -> Report {
        let mut report = Report::default();
        report.count("rows", self.n_rows);
        report.count("customers", self.country_by_customer.len() as u64);
        report.count("no_customer", self.n_no_customer);
        report.count("invoices", self.invoices.len() as u64);
        report.count("cancel_rows", self.n_cancel_rows);
        report.count("cancel_invoices", self.cancel_invoices.len() as u64);
        report.count("neg_qty", self.n_negative_quantity);
        report.count("zero_price", self.n_zero_price);
        report.count("neg_price", self.n_negative_price);
        report.count("exact_dups", self.n_duplicates);
        report.fact("net_revenue_all", self.net_revenue);
        report.count("countries", self.countries.len() as u64);
        report.count("stock_codes", self.stock_codes.len() as u64);
        report.count("purchases rows", self.purchases.n_rows);
        report.count("purchases customers", self.purchases.customers.len() as u64);
        report.count("purchases invoices", self.purchases.invoices.len() as u64);
        report.fact("purchases revenue", self.purchases.revenue);
        report.count("refunds rows", self.n_refunds);
        report.count("free items rows", self.n_free_items);
        report.count("not loaded: no customer", self.n_no_customer);
        report.count("not loaded: neither purchase, refund nor free item", self.n_other);
        report
    }
}

impl OnlineRetail {
    fn count(&mut self, row: &Row<'_>, quantity: i64, price: Decimal, amount: Amount) {
        let invoice = row.text(INVOICE);
        self.n_rows += 1;
        self.n_duplicates += u64::from(!self.rows.insert(row.content()));
        self.n_negative_quantity += u64::from(quantity < 0);
        self.n_zero_price += u64::from(price.sign() == 0);
        self.n_negative_price += u64::from(price.sign() < 0);
        self.net_revenue += amount;
        see(&mut self.invoices, invoice);
        see(&mut self.stock_codes, row.text(STOCK_CODE));
        see(&mut self.countries, row.text(COUNTRY));
        if cancelled(invoice) {
            self.n_cancel_rows += 1;
            see(&mut self.cancel_invoices, invoice);
        }
    }

    fn count_loaded(&mut self, row: &Row<'_>, kind: Kind, amount: Amount) {
        match kind {
            Kind::Refund => self.n_refunds += 1,
            Kind::FreeItem => self.n_free_items += 1,
            Kind::Purchase => {
                self.purchases.n_rows += 1;
                self.purchases.revenue += amount;
                see(&mut self.purchases.customers, row.text(CUSTOMER));
                see(&mut self.purchases.invoices, row.text(INVOICE));
            }
        }
    }

    /// Whether this is the customer's first country or another than in the line before.
    fn country_changed(&mut self, customer: &str, country: &str) -> bool {
        match self.country_by_customer.get_mut(customer) {
            Some(known) if known == country => false,
            Some(known) => {
                *known = Text::new(country);
                true
            }
            None => {
                self.country_by_customer.insert(Text::new(customer), Text::new(country));
                true
            }
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Purchase => "Purchase",
            Kind::Refund => "Refund",
            Kind::FreeItem => "Free Item",
        }
    }
}

fn cancelled(invoice: &str) -> bool {
    invoice.starts_with('C')
}

fn kind(invoice: &str, quantity: i64, price: Decimal) -> Option<Kind> {
    match (cancelled(invoice), price.sign()) {
        (true, _) => Some(Kind::Refund),
        (false, 0) => Some(Kind::FreeItem),
        (false, 1) if quantity > 0 => Some(Kind::Purchase),
        _ => None,
    }
}

fn properties(row: &Row<'_>, quantity: i64, price: Decimal, amount: Amount) -> Vec<(Text, Value)> {
    let mut properties = vec![
        property("amount", Value::Float(amount.float())),
        property("country", Value::text(row.text(COUNTRY))),
        property("invoice", Value::text(row.text(INVOICE))),
        property("quantity", Value::Int(quantity)),
        property("stock_code", Value::text(row.text(STOCK_CODE))),
        property("unit_price", Value::Float(price.float())),
    ];
    if !row.text(DESCRIPTION).is_empty() {
        properties.push(property("description", Value::text(row.text(DESCRIPTION))));
    }
    properties
}

fn see(set: &mut HashSet<Text>, value: &str) {
    if !set.contains(value) {
        set.insert(Text::new(value));
    }
}
