//! Plays the default shop for two years and prints how many records of each name there are.

use std::collections::BTreeMap;

use audience::shop::{Parameters, Shop};
use model::{Timestamp, What};

fn main() {
    // 2024-01-01 and 2026-01-01.
    let (start, end) = (Timestamp(1_704_067_200_000), Timestamp(1_767_225_600_000));
    let mut n_by_name = BTreeMap::new();
    for record in Shop::new(7, Parameters::default(), start, end) {
        let name = match record.what {
            What::Event(event) => event.name,
            What::Identify(_) => "(attributes)".into(),
            What::Facts(_) => "(devices)".into(),
            What::Alias { .. } | What::Separate { .. } => "(alias)".into(),
        };
        *n_by_name.entry(name).or_insert(0u64) += 1;
    }
    println!("{:9} records", n_by_name.values().sum::<u64>());
    for (name, n) in n_by_name {
        println!("{n:9} {name}");
    }
}
