mod allocation;
mod best;
mod contexts;
mod ledger;
mod simulate;
mod winner;
