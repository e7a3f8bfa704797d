//! The operations of the API, by subject; those of analyses have a file of their own.

use utoipa::openapi::path::HttpMethod::{Delete, Post, Put};
use wire::api::*;

use super::{
    EXPORT, Operation, RECORDS, act, analytics, backtests, catalogs, get, imports, journeys, live,
    outreach, privacy, query, schema, send,
};

type Answer = (&'static str, Option<&'static str>);

fn ok(answer: &'static str) -> Answer {
    ("200", Some(answer))
}

/// All of them, in the order of the document.
pub(super) fn all() -> Vec<Operation> {
    let subjects = [server(), states(), store(), segments(), users()];
    let parts = subjects.into_iter().chain([
        live::operations(),
        journeys::operations(),
        outreach::operations(),
        backtests::operations(),
        catalogs::operations(),
        schema::operations(),
        privacy::operations(),
        imports::operations(),
        analytics::operations(),
    ]);
    parts.flatten().chain(ingestion()).collect()
}

/// The server itself, its numbers, and records in the log’s form.
fn server() -> Vec<Operation> {
    let mut records = send(
        Post,
        ("/api/records", "records"),
        "Takes a batch of records in the log’s own form.",
        RECORDS,
        ok("Accepted"),
    );
    records.query = query::<BatchQuery>();
    vec![
        get("/api/session", "session", "What a client must know first.", vec![], "Session"),
        get("/api/health", "health", "Whether the server is well.", vec![], "Health"),
        get(
            "/api/overview",
            "overview",
            "States, changes, activity.",
            query::<OverviewQuery>(),
            "Overview",
        ),
        records,
    ]
}

/// Lifecycle and RFM.
fn states() -> Vec<Operation> {
    let at = query::<AtQuery>;
    vec![
        get("/api/lifecycle", "lifecycle", "Who is in which state.", at(), "Lifecycle"),
        get(
            "/api/lifecycle/transitions",
            "lifecycle_transitions",
            "Who moved from which state to which.",
            query::<BetweenQuery>(),
            "Transitions",
        ),
        get(
            "/api/lifecycle/trend",
            "lifecycle_trend",
            "Sizes of all states day by day.",
            query::<TrendQuery>(),
            "Trend",
        ),
        get(
            "/api/lifecycle/definition",
            "lifecycle_definition",
            "The states as they are defined.",
            vec![],
            "LifecycleDefinition",
        ),
        send(
            Put,
            ("/api/lifecycle/definition", "set_lifecycle_definition"),
            "Replaces the lifecycle.",
            "LifecycleDefinition",
            ok("LifecycleDefinition"),
        ),
        get(
            "/api/lifecycle/thresholds",
            "lifecycle_thresholds",
            "Silences after which states begin, as the data propose them.",
            query::<ThresholdsQuery>(),
            "Thresholds",
        ),
        get("/api/rfm", "rfm", "Groups and grid.", at(), "Rfm"),
        get(
            "/api/rfm/transitions",
            "rfm_transitions",
            "Who moved from which group to which.",
            query::<BetweenQuery>(),
            "RfmTransitions",
        ),
        get("/api/rfm/settings", "rfm_settings", "How scores are made.", vec![], "RfmSettings"),
        send(
            Put,
            ("/api/rfm/settings", "set_rfm_settings"),
            "Replaces how scores are made.",
            "RfmSettings",
            ok("RfmSettings"),
        ),
    ]
}

/// What is stored, for how long, and copies of it.
fn store() -> Vec<Operation> {
    vec![
        get("/api/history", "history", "What the history holds.", vec![], "HistoryStats"),
        act(
            ("/api/history/check", "check_history"),
            "Reads every file of the history and the log, and says what is damaged.",
            "HistoryCheck",
        ),
        act(
            ("/api/history/compact", "compact_history"),
            "Writes a checkpoint and merges the parts of every month and name.",
            "HistoryCompacted",
        ),
        send(
            Post,
            ("/api/backups", "create_backup"),
            "Makes a backup below the data directory; records are accepted meanwhile.",
            "BackupInput",
            ("201", Some("Backup")),
        ),
        get(
            "/api/settings/sessions",
            "session_settings",
            "What is taken for activity, and where a session ends.",
            vec![],
            "SessionSettings",
        ),
        send(
            Put,
            ("/api/settings/sessions", "set_session_settings"),
            "Replaces what is taken for activity, and where a session ends.",
            "SessionSettings",
            ok("SessionSettings"),
        ),
        get(
            "/api/settings/retention",
            "retention_settings",
            "For how long events are kept.",
            vec![],
            "RetentionSettings",
        ),
        send(
            Put,
            ("/api/settings/retention", "set_retention_settings"),
            "Replaces for how long events are kept.",
            "RetentionSettings",
            ok("RetentionSettings"),
        ),
    ]
}

/// Segments.
fn segments() -> Vec<Operation> {
    let at = query::<AtQuery>;
    vec![
        get("/api/segments", "segments", "All saved segments, counted.", at(), "SegmentList"),
        send(
            Post,
            ("/api/segments", "create_segment"),
            "Saves a new segment.",
            "SegmentInput",
            ("201", Some("Segment")),
        ),
        send(
            Post,
            ("/api/segments/validate", "validate_segment"),
            "Both forms of a definition, and everything that is wrong with it.",
            "ValidateInput",
            ok("Validation"),
        ),
        send(
            Post,
            ("/api/segments/evaluate", "evaluate_segments"),
            "How many users each of several segments holds for; what they share is answered once.",
            "EvaluateInput",
            ok("Evaluated"),
        ),
        send(
            Post,
            ("/api/segments/preview", "preview_segment"),
            "How many users a definition holds for, and some of them.",
            "PreviewInput",
            ok("Preview"),
        ),
        send(
            Post,
            ("/api/segments/members", "preview_members"),
            "The users a definition holds for, page by page.",
            "MembersInput",
            ok("Members"),
        ),
        send(
            Post,
            ("/api/segments/explain", "explain_segment"),
            "Why a user is in a segment, or not.",
            "ExplainInput",
            ok("Explanation"),
        ),
        get("/api/segments/{id}", "segment", "One saved segment, counted.", at(), "Segment"),
        send(
            Put,
            ("/api/segments/{id}", "update_segment"),
            "Replaces a saved segment.",
            "SegmentInput",
            ok("Segment"),
        ),
        send(
            Delete,
            ("/api/segments/{id}", "delete_segment"),
            "Deletes a saved segment that nothing refers to.",
            "",
            ("204", None),
        ),
        get(
            "/api/segments/{id}/members",
            "segment_members",
            "Members of a saved segment, page by page.",
            query::<MembersQuery>(),
            "Members",
        ),
        get(
            "/api/segments/{id}/trend",
            "segment_trend",
            "Size of a saved segment day by day.",
            query::<TrendQuery>(),
            "SegmentTrend",
        ),
    ]
}

/// Users, exports, the catalogue and composite events.
fn users() -> Vec<Operation> {
    let at = query::<AtQuery>;
    vec![
        get(
            "/api/users",
            "users",
            "Users that match, page by page.",
            query::<UsersQuery>(),
            "UserList",
        ),
        get("/api/users/{id}", "user", "Everything about one user.", at(), "User"),
        get(
            "/api/users/{id}/events",
            "user_events",
            "Events of a user, newest first, page by page.",
            query::<EventsQuery>(),
            "UserEvents",
        ),
        get(
            "/api/users/{id}/states",
            "user_states",
            "All changes of a user’s lifecycle state.",
            at(),
            "StateChanges",
        ),
        get(
            "/api/users/{id}/identity",
            "identity",
            "The persons that a user is made of, with all their ids.",
            vec![],
            "IdentityGraph",
        ),
        get(
            "/api/users/{id}/devices",
            "devices",
            "The devices of a user, with what is known of them now.",
            vec![],
            "DeviceList",
        ),
        get(
            "/api/users/{id}/subscriptions",
            "subscriptions",
            "What a user gets, and where.",
            vec![],
            "UserSubscriptions",
        ),
        send(
            Put,
            ("/api/users/{id}/subscriptions", "set_subscriptions"),
            "Changes what a user gets, by channel, topic and device; what is left out stays.",
            "SubscriptionChanges",
            ok("UserSubscriptions"),
        ),
        get(
            "/api/subscriptions/topics",
            "topics",
            "The topics that people can be subscribed to.",
            vec![],
            "SubscriptionTopics",
        ),
        send(
            Put,
            ("/api/subscriptions/topics", "set_topics"),
            "Replaces the topics; what people chose about one that is left out stays known.",
            "SubscriptionTopics",
            ok("SubscriptionTopics"),
        ),
        get(
            "/api/subscriptions/address",
            "address",
            "Whether messages may be sent to an address, whoever has it.",
            query::<AddressQuery>(),
            "AddressSubscription",
        ),
        send(
            Put,
            ("/api/subscriptions/address", "set_address"),
            "Says whether messages may be sent to an address, whoever has it.",
            "AddressSubscription",
            ok("AddressSubscription"),
        ),
        get(
            "/api/settings/enrichment",
            "enrichment_settings",
            "What is done with what events say of devices and places.",
            vec![],
            "EnrichmentSettings",
        ),
        send(
            Put,
            ("/api/settings/enrichment", "set_enrichment_settings"),
            "Replaces what is done with what events say of devices and places.",
            "EnrichmentSettings",
            ok("EnrichmentSettings"),
        ),
        send(
            Post,
            ("/api/users/{id}/merge", "merge"),
            "Says that another user is the same person; separating them again loses nothing.",
            "MergeRequest",
            ok("IdentityGraph"),
        ),
        send(
            Post,
            ("/api/users/{id}/separate", "separate"),
            "Makes a merged person a user of their own again, with everything that came under their ids.",
            "SeparateRequest",
            ok("IdentityGraph"),
        ),
        send(
            Post,
            ("/api/identity/plan", "plan_identity"),
            "What a record with these ids would do; nothing is done.",
            "IdentityQuestion",
            ok("IdentityPlan"),
        ),
        get(
            "/api/export/events",
            "export_events",
            "All events, as one stream.",
            query::<ExportQuery>(),
            EXPORT,
        ),
        get(
            "/api/export/profiles",
            "export_profiles",
            "All users with their attributes, as one stream.",
            query::<ExportQuery>(),
            EXPORT,
        ),
        get(
            "/api/catalogue",
            "catalogue",
            "Everything that a definition can name.",
            at(),
            "Catalogue",
        ),
        get("/api/composites", "composites", "Composite events.", vec![], "CompositeList"),
        get("/api/composites/{id}", "composite", "One composite event.", vec![], "Composite"),
        send(
            Put,
            ("/api/composites/{id}", "put_composite"),
            "Writes a composite event.",
            "CompositeInput",
            ok("Composite"),
        ),
        send(
            Delete,
            ("/api/composites/{id}", "delete_composite"),
            "Deletes a composite event that nothing refers to.",
            "",
            ("204", None),
        ),
    ]
}

/// The Segment family's own addresses.
fn ingestion() -> impl Iterator<Item = Operation> {
    let summary = "Takes records in the form of the Segment family; durable when answered.";
    let kinds = [
        ("/v1/track", "track"),
        ("/v1/identify", "identify"),
        ("/v1/page", "page"),
        ("/v1/screen", "screen"),
        ("/v1/group", "group"),
        ("/v1/alias", "alias"),
        ("/v1/batch", "batch"),
        ("/v1/import", "import"),
    ];
    kinds.into_iter().map(move |kind| send(Post, kind, summary, "Message", ok("Ingested")))
}
