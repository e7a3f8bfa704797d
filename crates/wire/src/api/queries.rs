//! The query parts of addresses.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AtQuery {
    /// Default: the workspace’s now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// What the overview compares with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Compare {
    /// Yesterday.
    #[default]
    #[serde(rename = "1d")]
    Day,
    /// A week ago.
    #[serde(rename = "7d")]
    Week,
    /// 30 days ago.
    #[serde(rename = "30d")]
    Month,
}

/// The overview.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OverviewQuery {
    /// Default: the workspace’s now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
    /// How long before `as_of` the other instant lies; default `1d`.
    #[param(inline, required = false)]
    pub compare: Compare,
}

/// Two instants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BetweenQuery {
    /// The earlier instant.
    #[param(format = DateTime)]
    pub from: String,
    /// The later instant.
    #[param(format = DateTime)]
    pub to: String,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// The last days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrendQuery {
    /// How many local days, at most 731; default 90 for states, 30 for a segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub days: Option<u64>,
    /// Default: the workspace’s now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// Thresholds of silence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ThresholdsQuery {
    /// Gaps between events of this name; default: any event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub event: Option<String>,
    /// Within how long a return counts: a duration, default `30d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub horizon: Option<String>,
    /// Default: the workspace’s now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// One page of members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembersQuery {
    /// Default: the workspace’s now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
    /// At most so many; default 100, at most 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub after: Option<String>,
}

/// One page of users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// Part of an id or of an attribute, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub query: Option<String>,
    /// Id of a saved segment, or a definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub segment: Option<String>,
    /// Key of a lifecycle state; `none` for users in no state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub state: Option<String>,
    /// Key of the lifecycle state that they were in at `was_at`; `none` for no state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub was: Option<String>,
    /// The instant of `was`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub was_at: Option<String>,
    /// At most so many; default 50, at most 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub after: Option<String>,
    /// Default: the workspace’s now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// One page of a user's events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only events of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub name: Option<String>,
    /// At most so many; default 100, at most 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub limit: Option<u64>,
    /// `next` of the page before, or an instant: only events before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub before: Option<String>,
    /// Default: all events.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportForm {
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// With a header line.
    Csv,
    /// Frames of records in the log’s own form, for `perennial export`.
    Records,
}

/// An export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Default `ndjson`.
    #[param(inline, required = false)]
    pub format: ExportForm,
    /// Only what had happened by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
    /// With events that nobody sent, as sessions: read in again, they would be events that somebody
    /// sent. Default: without.
    #[param(required = false)]
    pub derived: bool,
}

/// A unit of the local calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CalendarUnit {
    /// Days.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Months.
    #[default]
    Month,
}

/// Growth accounting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GrowthQuery {
    /// A user is active with an event of this name.
    pub event: String,
    /// Default `month`.
    #[serde(default)]
    #[param(inline, required = false)]
    pub unit: CalendarUnit,
    /// Only members of this segment: an id, or a definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub segment: Option<String>,
    /// Default: the workspace’s now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}

/// Sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// A session ends with a silence of so long: a duration; default: the timeout of the
    /// workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub gap: Option<String>,
    /// Instead: a property whose value names the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub by: Option<String>,
    /// Only members of this segment: an id, or a definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false)]
    pub segment: Option<String>,
    /// Default: the workspace’s now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub as_of: Option<String>,
    /// Only what had been accepted by this instant; default: everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, format = DateTime)]
    pub known_at: Option<String>,
}
