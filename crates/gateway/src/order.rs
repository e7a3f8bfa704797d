//! Properties put in order, for messages that mostly name the same things in the same sequence.
//!
//! What it is: orders that were found before, tried before one is sought. An order is only a guess: it
//! counts if the names ascend by it, which a comparison for each name shows. So whatever is remembered, the
//! outcome is that of [`model::record::sort_properties`], which a property test compares.
//! What it is not: anything that outlives a request or a file.

use model::record::sort_properties;
use model::{Text, Value};

use crate::{Problem, validate};

/// Orders that are remembered. Two kinds of messages that share a place cost a search each time.
const PLACES: usize = 16;

/// Properties that are worth remembering an order for, at most.
const LENGTH_MAX: usize = 128;

/// The orders of the messages before.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    known: [Order; PLACES],
}

#[derive(Debug, Default)]
struct Order {
    /// How many properties the message before had that looked here. One alone is worth no search.
    n: usize,
    /// Where the first, the second… in order stands.
    from: Vec<u8>,
    /// With which of the later ones each is exchanged, one after the other, to get there.
    swaps: Vec<u8>,
}

impl Orders {
    /// Puts properties in the order that [`model::Event::properties`] promises, and checks their number.
    pub fn properties(
        &mut self,
        mut properties: Vec<(Text, Value)>,
    ) -> Result<Vec<(Text, Value)>, Problem> {
        self.sort(&mut properties);
        validate::property_count(properties.len())?;
        Ok(properties)
    }

    fn sort(&mut self, properties: &mut Vec<(Text, Value)>) {
        let n = properties.len();
        let ends = properties.first().map_or(0, |(name, _)| name.len())
            + properties.last().map_or(0, |(name, _)| name.len());
        if !(2..=LENGTH_MAX).contains(&n) {
            return sort_properties(properties);
        }
        let order = &mut self.known[(n * 31 + ends) % PLACES];
        if std::mem::replace(&mut order.n, n) != n {
            return sort_properties(properties);
        }
        if !order.fits(properties) {
            order.seek(properties);
            if !order.fits(properties) {
                // A name stands there twice.
                return sort_properties(properties);
            }
        }
        for (to, from) in order.swaps.iter().enumerate() {
            properties.swap(to, usize::from(*from));
        }
    }
}

impl Order {
    /// Whether the names ascend by it.
    fn fits(&self, properties: &[(Text, Value)]) -> bool {
        let name = |place: u8| properties.get(usize::from(place)).map(|(name, _)| name.as_bytes());
        self.from.len() == properties.len()
            && self.from.windows(2).all(|pair| name(pair[0]) < name(pair[1]))
    }

    fn seek(&mut self, properties: &[(Text, Value)]) {
        self.from.clear();
        // There are no more than `LENGTH_MAX`.
        self.from.extend((0..properties.len()).map(|place| place as u8));
        self.from.sort_by(|a, b| properties[usize::from(*a)].0.cmp(&properties[usize::from(*b)].0));
        self.swaps.clear();
        for to in 0..self.from.len() {
            let mut from = self.from[to];
            // What stood before `to` was exchanged already.
            while usize::from(from) < to {
                from = self.swaps[usize::from(from)];
            }
            self.swaps.push(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_remembered_the_order_is_that_of_a_sort(
            messages in prop::collection::vec(prop::collection::vec(0_u8..40, 0..12), 1..30),
            again in 1_usize..4,
        ) {
            let mut orders = Orders::default();
            for names in messages.iter().flat_map(|names| std::iter::repeat_n(names, again)) {
                let values = names.iter().zip(0..);
                let found: Vec<(Text, Value)> = values
                    .map(|(name, n)| (Text::from("x".repeat(usize::from(name % 7)) + &name.to_string()), Value::Int(n)))
                    .collect();
                let mut expected = found.clone();
                sort_properties(&mut expected);
                prop_assert_eq!(orders.properties(found).unwrap(), expected);
            }
        }
    }
}
