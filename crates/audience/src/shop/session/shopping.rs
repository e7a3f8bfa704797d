//! What a person looks at, puts into the cart and buys, and what follows from a purchase.

use model::{Span, Value};

use super::{Properties, Session, property};
use crate::shop::world::{CATEGORIES, CURRENCY, cents, nearest_product};

/// Standard deviation of a person's choices of prices around their own level.
const CHOICE_SIGMA: f64 = 0.7;
/// Share of things looked at that are of the person's favourite category.
const FAVOURITE: f64 = 0.6;
/// Readiness to buy by age: below 30 days, below 90, and after. The published clickstream's
/// conversion of new, returning and loyal users, divided by that of all.
const READINESS_BY_AGE: [f64; 3] = [0.65, 1.0, 1.4];
/// Readiness to buy of somebody who follows the link of an offer, as a multiple of theirs: they come for it.
const KEENNESS: f64 = 4.0;
/// No session is more likely than this to fill a cart.
const CART_MAX: f64 = 0.8;
const SEARCHES: [&str; 6] = ["gift", "sale", "black", "summer", "kids", "new in"];
const PLUS_AFTER_PURCHASES: u32 = 3;

/// A line of the cart.
pub(super) struct Line {
    category: usize,
    product: usize,
    quantity: i64,
    price: f64,
}

impl Session<'_> {
    pub(super) fn browse(&mut self) {
        let views = 1 + self.person.chance.geometric((self.world.parameters.views - 1.0).max(0.0));
        for _ in 0..views.min(200) {
            match self.person.chance.unit() {
                x if x < 0.15 => {
                    let query = SEARCHES[self.person.chance.below(SEARCHES.len())];
                    self.event("Searched", vec![property("query", Value::text(query))]);
                }
                x if x < 0.4 => {
                    let category = CATEGORIES[self.category()];
                    let seen = vec![property("category", Value::text(category))];
                    self.event("Category Viewed", seen);
                }
                _ => {
                    let line = self.choice();
                    let seen = self.about(&line, false);
                    self.event("Product Viewed", seen);
                }
            }
        }
    }

    pub(super) fn shop(&mut self) {
        let p = &self.world.parameters;
        let age = (self.now - self.person.first_at).0 / Span::DAY.0;
        let by_age = READINESS_BY_AGE[usize::from(age >= 30) + usize::from(age >= 90)];
        let keen = if std::mem::take(&mut self.person.keen) { KEENNESS } else { 1.0 };
        if !self.happens((p.cart * self.person.readiness * by_age * keen).min(CART_MAX)) {
            return;
        }
        for _ in 0..1 + self.person.chance.geometric(0.9).min(19) {
            let line = self.choice();
            let put = self.about(&line, true);
            self.event("Add To Cart", put);
            self.lines.push(line);
        }
        if !self.happens(p.checkout) {
            return;
        }
        let total = self.total();
        let cart = vec![
            property("cart_value", Value::Float(total)),
            property("items", Value::Int(self.n_items())),
        ];
        self.event("Checkout Started", cart);
        if self.happens(p.purchase) {
            self.sign_up();
            self.purchase(total);
        }
    }

    fn purchase(&mut self, amount: f64) {
        self.person.n_purchases += 1;
        let order = format!("{}-{}", self.person.number, self.person.n_purchases);
        let order = Value::from(order.as_str());
        let largest = self.lines.iter().max_by(|a, b| a.price.total_cmp(&b.price));
        let category = CATEGORIES[largest.map_or(0, |line| line.category)];
        self.event(
            "Purchase",
            vec![
                property("amount", Value::Float(amount)),
                property("category", Value::text(category)),
                property("currency", Value::text(CURRENCY)),
                property("items", Value::Int(self.n_items())),
                property("order_id", order.clone()),
            ],
        );
        let free = self.person.renewal_at.is_none();
        if free && self.person.n_purchases >= PLUS_AFTER_PURCHASES && self.happens(0.25) {
            self.subscribe("Plan Upgraded");
        }
        self.aftermath(amount, order);
    }

    /// What comes days after a purchase, through other ways than the app.
    fn aftermath(&mut self, amount: f64, order: Value) {
        let (refund, review, support) = {
            let p = &self.world.parameters;
            (p.refund, p.review, p.support)
        };
        if self.happens(refund) {
            let whole = self.happens(0.7);
            let back = if whole { amount } else { cents(amount * self.person.chance.unit()) };
            let properties = vec![
                property("amount", Value::Float(-back)),
                property("currency", Value::text(CURRENCY)),
                property("order_id", order.clone()),
            ];
            self.later("Refund", (2.0, 7.0), properties);
        }
        if self.happens(review) {
            let stars = [5, 5, 5, 4, 4, 3, 2, 1][self.person.chance.below(8)];
            let properties =
                vec![property("order_id", order.clone()), property("rating", Value::Int(stars))];
            self.later("Review", (4.0, 6.0), properties);
        }
        if self.happens(support) {
            let topic = ["delivery", "size", "payment"][self.person.chance.below(3)];
            let properties =
                vec![property("order_id", order), property("topic", Value::text(topic))];
            self.later("Support Contact", (0.5, 3.0), properties);
        }
    }

    fn category(&mut self) -> usize {
        if self.happens(FAVOURITE) {
            return usize::from(self.person.favourite);
        }
        self.person.chance.below(CATEGORIES.len())
    }

    fn choice(&mut self) -> Line {
        let category = self.category();
        let chance = &mut self.person.chance;
        let product = nearest_product(self.person.taste + CHOICE_SIGMA * chance.normal());
        let quantity = 1 + i64::from(chance.geometric(0.25).min(9));
        let price = self.world.products[category][product].price;
        Line { category, product, quantity, price }
    }

    fn about(&self, line: &Line, with_quantity: bool) -> Properties {
        let mut about = Vec::with_capacity(4);
        about.push(property("category", Value::text(CATEGORIES[line.category])));
        about.push(property("price", Value::Float(line.price)));
        let product = &self.world.products[line.category][line.product];
        about.push(property("product_id", Value::Text(product.id.clone())));
        if with_quantity {
            about.push(property("quantity", Value::Int(line.quantity)));
        }
        about
    }

    fn total(&self) -> f64 {
        cents(self.lines.iter().map(|line| line.price * line.quantity as f64).sum())
    }

    fn n_items(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }
}
