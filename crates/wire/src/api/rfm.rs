//! Recency, frequency, monetary value.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Key;

/// A group of scores by its ranges, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RfmGroupRule {
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Lowest and highest recency score, both included.
    pub r: [u8; 2],
    /// Lowest and highest frequency score, both included.
    pub f: [u8; 2],
    /// Lowest and highest monetary score, both included.
    pub m: [u8; 2],
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RfmFrequency {
    /// Every event.
    Count {},
    /// Distinct values of a property.
    Distinct(String),
}

/// What is summed or averaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RfmMonetary {
    /// The sum of a property.
    Sum(String),
    /// The mean of a property.
    Avg(String),
}

/// How values become scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RfmScoring {
    /// Equal fifths by rank; equal values have equal scores.
    Rank,
    /// Cut points at the 20, 40, 60 and 80 % quantiles.
    Cuts,
}

/// How scores are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RfmSettings {
    /// Name of the event that counts as an order.
    pub event: String,
    /// A duration; nothing: all time.
    #[schema(required = true)]
    pub window: Option<String>,
    /// What is counted.
    pub frequency: RfmFrequency,
    /// What is summed or averaged; nothing: no value.
    #[schema(required = true)]
    pub monetary: Option<RfmMonetary>,
    /// How values become scores.
    pub scoring: RfmScoring,
    /// The first whose ranges hold wins.
    pub groups: Vec<RfmGroupRule>,
}

/// A group with its users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RfmGroup {
    /// Stable key.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Users in it.
    pub users: u64,
    /// Of all scored users; 0 to 1.
    pub share: f64,
    /// Sum of their frequencies.
    pub orders: u64,
    /// Sum of their monetary values.
    pub revenue: f64,
    /// Revenue per user.
    pub average_revenue: f64,
    /// Lowest and highest recency score, both included.
    pub r: [u8; 2],
    /// Lowest and highest frequency score, both included.
    pub f: [u8; 2],
    /// Lowest and highest monetary score, both included.
    pub m: [u8; 2],
}

/// One cell of the 5 × 5 grid of recency and frequency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RfmCell {
    /// Recency score, 1 to 5.
    pub r: u8,
    /// Frequency score, 1 to 5.
    pub f: u8,
    /// Users in it.
    pub users: u64,
    /// Of all scored users; 0 to 1.
    pub share: f64,
    /// Sum of their monetary values.
    pub revenue: f64,
    /// Revenue per user.
    pub average_revenue: f64,
    /// Key of the first group that covers the cell; empty if none does.
    pub group: String,
}

/// Cut points between the scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RfmCuts {
    /// Days since the last order.
    pub recency: Vec<f64>,
    /// Orders.
    pub frequency: Vec<f64>,
    /// Monetary value.
    pub monetary: Vec<f64>,
}

/// Everything about RFM at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rfm {
    /// The instant.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// How scores are made.
    pub settings: RfmSettings,
    /// Users with at least one order in the window.
    pub scored: u64,
    /// Users without.
    pub inactive: u64,
    /// Mean of 4R + 2F + M over scored users; 7 to 35.
    pub health: f64,
    /// Where scores change; only with scoring by cut points.
    #[schema(required = true)]
    pub cuts: Option<RfmCuts>,
    /// All groups, in the order of the settings.
    pub groups: Vec<RfmGroup>,
    /// 25 cells.
    pub cells: Vec<RfmCell>,
}

/// Who moved from which group to which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RfmTransitions {
    /// The earlier instant.
    #[schema(format = DateTime)]
    pub from_at: String,
    /// The later instant.
    #[schema(format = DateTime)]
    pub to_at: String,
    /// The last one is `inactive`.
    pub groups: Vec<Key>,
    /// Rows: group at `from_at`; columns: group at `to_at`.
    pub matrix: Vec<Vec<u64>>,
}
