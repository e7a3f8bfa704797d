//! The operations of backtests.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::{Delete, Post};
use utoipa::openapi::{RefOr, Schema as DocumentSchema};
use wire::api::*;

use super::{Operation, get, send};

/// All of them.
pub(super) fn operations() -> Vec<Operation> {
    let begun = || ("202", Some("Backtest"));
    vec![
        send(
            Post,
            ("/api/journeys/{id}/backtest", "backtest_journey"),
            "Begins to play a journey over a past period of what really happened.",
            "BacktestInput",
            begun(),
        ),
        send(
            Post,
            ("/api/campaigns/{id}/backtest", "backtest_campaign"),
            "Begins to play a campaign over a past period of what really happened.",
            "CampaignBacktestInput",
            begun(),
        ),
        get(
            "/api/backtests/{id}",
            "backtest",
            "How it stands with a backtest, and what came of it.",
            vec![],
            "Backtest",
        ),
        send(
            Delete,
            ("/api/backtests/{id}", "cancel_backtest"),
            "Ends a backtest.",
            "",
            ("204", None),
        ),
    ]
}

/// Bodies and answers.
pub(super) fn schemas() -> Vec<(String, RefOr<DocumentSchema>)> {
    let mut schemas = Vec::new();
    macro_rules! add {
        ($($schema:ty),* $(,)?) => {$(
            schemas.push((<$schema>::name().into_owned(), <$schema as utoipa::PartialSchema>::schema()));
            <$schema>::schemas(&mut schemas);
        )*};
    }
    add!(BacktestInput, CampaignBacktestInput, Backtest);
    schemas
}
