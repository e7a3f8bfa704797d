//! The part of the API document about analyses.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::Post;
use utoipa::openapi::{RefOr, Schema};
use wire::api::*;

use super::{Operation, get, query, send};

/// Operations under /api/analytics.
pub(super) fn operations() -> Vec<Operation> {
    let post = |path, summary, body, answer| send(Post, path, summary, body, ("200", Some(answer)));
    vec![
        get(
            "/api/analytics/retention",
            "retention",
            "Retention by cohort.",
            query::<RetentionQuery>(),
            "Retention",
        ),
        post(
            ("/api/analytics/retention", "retention_tables"),
            "Retention with brackets, modes, sums and groups.",
            "RetentionInput",
            "RetentionAnswer",
        ),
        post(
            ("/api/analytics/power-curve", "power_curve"),
            "In how many periods people come.",
            "PowerCurveInput",
            "PowerCurve",
        ),
        get(
            "/api/analytics/growth",
            "growth",
            "Growth accounting.",
            query::<GrowthQuery>(),
            "Growth",
        ),
        post(("/api/analytics/funnel", "funnel"), "How far users came.", "FunnelInput", "Funnel"),
        post(
            ("/api/analytics/flows", "flows"),
            "What happens after an event, or before it.",
            "FlowsInput",
            "Flows",
        ),
        post(
            ("/api/analytics/trends", "trends"),
            "How much of something happened, period by period, or as a pivot.",
            "TrendsInput",
            "Trends",
        ),
        post(
            ("/api/analytics/activity", "activity"),
            "Daily, weekly and monthly active users by day.",
            "ActivityInput",
            "ActivityAnswer",
        ),
        post(
            ("/api/analytics/revenue", "revenue"),
            "Revenue by day.",
            "RevenueInput",
            "RevenueAnswer",
        ),
        post(
            ("/api/analytics/lifetime-value", "lifetime_value"),
            "What cohorts earn over their life.",
            "LifetimeValueInput",
            "LifetimeValue",
        ),
        get(
            "/api/analytics/sessions",
            "sessions",
            "Sessions in figures.",
            query::<SessionsQuery>(),
            "Sessions",
        ),
    ]
}

/// Schemas of their bodies.
pub(super) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = Vec::new();
    macro_rules! add {
        ($($schema:ty),* $(,)?) => {$(
            schemas.push((<$schema>::name().into_owned(), <$schema as utoipa::PartialSchema>::schema()));
            <$schema>::schemas(&mut schemas);
        )*};
    }
    add!(
        Retention,
        RetentionInput,
        RetentionAnswer,
        PowerCurveInput,
        PowerCurve,
        Growth,
        FunnelInput,
        Funnel,
        FlowsInput,
        Flows,
        TrendsInput,
        Trends,
        ActivityInput,
        ActivityAnswer,
        RevenueInput,
        RevenueAnswer,
        LifetimeValueInput,
        LifetimeValue,
        Sessions,
    );
    schemas
}
