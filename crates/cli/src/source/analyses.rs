//! Questions of analysis, asked of either.

use wire::api;

use super::Source;

impl Source {
    pub fn retention(&self, input: &api::RetentionInput) -> anyhow::Result<api::RetentionAnswer> {
        match self {
            Source::Local(service) => Ok(service.retention_tables(input)?),
            Source::Remote(client) => client.post("/api/analytics/retention", input),
        }
    }

    pub fn power_curve(&self, input: &api::PowerCurveInput) -> anyhow::Result<api::PowerCurve> {
        match self {
            Source::Local(service) => Ok(service.power_curve(input)?),
            Source::Remote(client) => client.post("/api/analytics/power-curve", input),
        }
    }

    pub fn funnel(&self, input: &api::FunnelInput) -> anyhow::Result<api::Funnel> {
        match self {
            Source::Local(service) => Ok(service.funnel(input)?),
            Source::Remote(client) => client.post("/api/analytics/funnel", input),
        }
    }

    pub fn activity(&self, input: &api::ActivityInput) -> anyhow::Result<api::ActivityAnswer> {
        match self {
            Source::Local(service) => Ok(service.activity(input)?),
            Source::Remote(client) => client.post("/api/analytics/activity", input),
        }
    }

    pub fn revenue(&self, input: &api::RevenueInput) -> anyhow::Result<api::RevenueAnswer> {
        match self {
            Source::Local(service) => Ok(service.revenue(input)?),
            Source::Remote(client) => client.post("/api/analytics/revenue", input),
        }
    }

    pub fn lifetime_value(
        &self,
        input: &api::LifetimeValueInput,
    ) -> anyhow::Result<api::LifetimeValue> {
        match self {
            Source::Local(service) => Ok(service.lifetime_value(input)?),
            Source::Remote(client) => client.post("/api/analytics/lifetime-value", input),
        }
    }

    pub fn flows(&self, input: &api::FlowsInput) -> anyhow::Result<api::Flows> {
        match self {
            Source::Local(service) => Ok(service.flows(input)?),
            Source::Remote(client) => client.post("/api/analytics/flows", input),
        }
    }

    pub fn trends(&self, input: &api::TrendsInput) -> anyhow::Result<api::Trends> {
        match self {
            Source::Local(service) => Ok(service.trends(input)?),
            Source::Remote(client) => client.post("/api/analytics/trends", input),
        }
    }

    pub fn sessions(&self, query: &api::SessionsQuery) -> anyhow::Result<api::Sessions> {
        match self {
            Source::Local(service) => Ok(service.sessions(query)?),
            Source::Remote(client) => client.get("/api/analytics/sessions", query),
        }
    }
}
