mod allocation;
mod best;
mod contexts;
mod crowds;
mod ledger;
mod simulate;
mod winner;
