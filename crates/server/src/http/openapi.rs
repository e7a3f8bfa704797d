//! The API document: schemas from the types of `wire::api`, paths from the table below.
//!
//! A test holds the table against the router, and `web/openapi.json` against the document.

mod analytics;

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, Type,
};
use utoipa::{IntoParams, ToSchema};
use wire::api::*;

/// The one body that is not JSON.
const RECORDS: &str = "Records";

/// The one answer that is not JSON.
const EXPORT: &str = "Export";

type Parameters = Vec<utoipa::openapi::path::Parameter>;

/// One operation: method, path, id, what it is for, query, body, answer.
struct Operation {
    method: HttpMethod,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    query: Parameters,
    body: Option<&'static str>,
    answer: (&'static str, Option<&'static str>),
}

fn query<T: IntoParams>() -> Parameters {
    T::into_params(|| Some(ParameterIn::Query))
}

fn get(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    query: Parameters,
    answer: &'static str,
) -> Operation {
    let answer = ("200", Some(answer));
    Operation { method: HttpMethod::Get, path, id, summary, query, body: None, answer }
}

fn send(
    method: HttpMethod,
    (path, id): (&'static str, &'static str),
    summary: &'static str,
    body: &'static str,
    answer: (&'static str, Option<&'static str>),
) -> Operation {
    Operation { method, path, id, summary, query: Vec::new(), body: Some(body), answer }
}

/// Something that is done, and takes no body.
fn act(
    (path, id): (&'static str, &'static str),
    summary: &'static str,
    answer: &'static str,
) -> Operation {
    let answer = ("200", Some(answer));
    let (method, query) = (HttpMethod::Post, Vec::new());
    Operation { method, path, id, summary, query, body: None, answer }
}

fn operations() -> Vec<Operation> {
    use HttpMethod::{Delete, Post, Put};
    let at = query::<AtQuery>;
    let ok = |answer| ("200", Some(answer));
    let mut all = vec![
        get("/api/session", "session", "What a client must know first.", vec![], "Session"),
        get("/api/health", "health", "Whether the server is well.", vec![], "Health"),
        get(
            "/api/overview",
            "overview",
            "States, changes, activity.",
            query::<OverviewQuery>(),
            "Overview",
        ),
        send(
            Post,
            ("/api/records", "records"),
            "Takes a batch of records in the log’s own form.",
            RECORDS,
            ok("Accepted"),
        ),
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
            ("/api/segments/preview", "preview_segment"),
            "How many users a definition holds for, and some of them.",
            "PreviewInput",
            ok("Preview"),
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
        get(
            "/api/quarantine",
            "quarantine",
            "What was sent and not accepted.",
            query::<QuarantineQuery>(),
            "Quarantine",
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
    ];
    all.extend(analytics::operations());
    for kind in ["track", "identify", "page", "screen", "group", "alias", "batch", "import"] {
        let path: &'static str = match kind {
            "track" => "/v1/track",
            "identify" => "/v1/identify",
            "page" => "/v1/page",
            "screen" => "/v1/screen",
            "group" => "/v1/group",
            "alias" => "/v1/alias",
            "batch" => "/v1/batch",
            _ => "/v1/import",
        };
        let summary = "Takes records in the form of the Segment family; durable when answered.";
        all.push(send(Post, (path, kind), summary, "Message", ok("Ingested")));
    }
    all
}

/// The whole document.
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for operation in operations() {
        let path = operation.path;
        let method = operation.method.clone();
        paths = paths.path(path, PathItem::new(method, build(operation)));
    }
    let info = InfoBuilder::new().title("Perennial").version(env!("CARGO_PKG_VERSION"));
    let about = "The API of Perennial. Instants are RFC 3339 in UTC with milliseconds.";
    OpenApiBuilder::new()
        .info(info.description(Some(about)).build())
        .paths(paths)
        .components(Some(components()))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("key", [])]))
        .build()
}

fn build(operation: Operation) -> utoipa::openapi::path::Operation {
    let Operation { path, id, summary, query, body, answer: (status, answer), .. } = operation;
    let mut built = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary));
    if path.contains("{id}") {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        let parameter = ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path);
        built = built.parameter(parameter.required(Required::True).schema(Some(schema)));
    }
    for parameter in query {
        built = built.parameter(parameter);
    }
    if let Some(body) = body.filter(|body| !body.is_empty()) {
        let kind = if body == RECORDS { "application/octet-stream" } else { "application/json" };
        let body = RequestBodyBuilder::new().content(kind, content(body));
        built = built.request_body(Some(body.required(Some(Required::True)).build()));
    }
    let mut done = ResponseBuilder::new().description("done");
    if let Some(answer) = answer {
        let kind = if answer == EXPORT { "application/x-ndjson" } else { "application/json" };
        done = done.content(kind, content(answer));
    }
    let wrong = ResponseBuilder::new()
        .description("what went wrong and how to mend it")
        .content("application/json", content("Error"));
    built.response(status, done).response("default", wrong).build()
}

fn content(schema: &str) -> utoipa::openapi::Content {
    let schema = RefOr::<Schema>::Ref(Ref::from_schema_name(schema));
    ContentBuilder::new().schema(Some(schema)).build()
}

fn components() -> Components {
    let mut schemas = Vec::new();
    macro_rules! add {
        ($($schema:ty),* $(,)?) => {$(
            schemas.push((<$schema>::name().into_owned(), <$schema as utoipa::PartialSchema>::schema()));
            <$schema>::schemas(&mut schemas);
        )*};
    }
    add!(
        Session,
        Health,
        HistoryStats,
        HistorySection,
        HistoryMemory,
        HistoryCheck,
        HistoryCompacted,
        BackupInput,
        Backup,
        RetentionSettings,
        Accepted,
        Ingested,
        Overview,
        Lifecycle,
        Trend,
        LifecycleDefinition,
        Thresholds,
        Rfm,
        RfmSettings,
        RfmTransitions,
        Segment,
        SegmentList,
        SegmentInput,
        Members,
        MembersInput,
        SegmentTrend,
        ValidateInput,
        Validation,
        EvaluateItem,
        EvaluateInput,
        EvaluatedSegment,
        Evaluated,
        ConditionAnswered,
        ConditionCost,
        Analysis,
        PreviewInput,
        Preview,
        ExplainInput,
        Explanation,
        UserList,
        User,
        UserEvents,
        StateChanges,
        Catalogue,
        Composite,
        CompositeInput,
        CompositeList,
        Quarantine,
        RejectedCount,
        RejectedRecord,
        Error,
    );
    schemas.extend(analytics::schemas());
    let message = ObjectBuilder::new().schema_type(Type::Object).description(Some(
        "A message, or {\"batch\": […]} with many, in the form of the Segment family of client libraries.",
    ));
    schemas.push(("Message".into(), message.build().into()));
    let records = ObjectBuilder::new()
        .schema_type(Type::String)
        .content_media_type("application/octet-stream")
        .description(Some("Records, encoded as `wire::record` does; plain or gzip."));
    schemas.push((RECORDS.into(), records.build().into()));
    let export = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Rows, one a line; or frames of records."));
    schemas.push((EXPORT.into(), export.build().into()));
    let mut components = Components::new();
    components.schemas.extend(schemas);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("key", SecurityScheme::Http(bearer));
    components
}
