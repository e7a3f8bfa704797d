//! The server as a library: the API document, answers over HTTP, and promises of the workspace
//! across restarts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acme;
mod backtests;
mod backup;
mod bulk;
mod bulk_s3;
mod bulk_schedule;
mod clevertap;
mod derived;
mod devices;
mod document;
mod errors;
mod feedback;
mod feedback_mail;
mod fixture;
mod frameworks;
mod http;
mod identity;
mod journeys;
mod journeys_context;
mod journeys_past;
mod journeys_run;
mod journeys_uses;
mod journeys_webhook;
mod keys;
mod listening;
mod live;
mod maintenance;
mod onsite;
mod operations;
mod outreach;
mod outreach_content;
mod outreach_judged;
mod outreach_lookups;
mod outreach_mail;
mod outreach_plays;
mod privacy;
mod regressions;
mod schema;
mod vendors;
mod watching;
mod webhooks;
mod workspace;
