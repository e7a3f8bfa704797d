//! The API document: schemas from the types of `wire::api`, paths from the tables in [`operations`].
//!
//! A test holds the table against the router, and `web/openapi.json` against the document.

mod analytics;
mod backtests;
mod catalogs;
mod imports;
mod journeys;
mod live;
mod operations;
mod outreach;
mod privacy;
mod schema;

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, Type,
};
use utoipa::{IntoParams, ToSchema};
use wire::api::*;

/// The bodies that are not JSON.
const RECORDS: &str = "Records";
const FILE: &str = "File";
const CATALOG_FILE: &str = "CatalogFile";

/// The answers that are not JSON.
const EXPORT: &str = "Export";
const STREAM: &str = "EventStream";

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

/// The whole document.
pub fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for operation in operations::all() {
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
        let kind = match body {
            RECORDS | FILE | CATALOG_FILE => "application/octet-stream",
            _ => "application/json",
        };
        let body = RequestBodyBuilder::new().content(kind, content(body));
        built = built.request_body(Some(body.required(Some(Required::True)).build()));
    }
    let mut done = ResponseBuilder::new().description("done");
    if let Some(answer) = answer {
        let kind = match answer {
            EXPORT => "application/x-ndjson",
            STREAM => "text/event-stream",
            _ => "application/json",
        };
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
        SessionSettings,
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
        IdentityGraph,
        DeviceList,
        UserSubscriptions,
        SubscriptionChanges,
        SubscriptionTopics,
        AddressSubscription,
        EnrichmentSettings,
        IdentityQuestion,
        IdentityPlan,
        MergeRequest,
        SeparateRequest,
        Catalogue,
        Composite,
        CompositeInput,
        CompositeList,
        Error,
    );
    schemas.extend(analytics::schemas());
    schemas.extend(catalogs::schemas());
    schemas.extend(imports::schemas());
    schemas.extend(backtests::schemas());
    schemas.extend(journeys::schemas());
    schemas.extend(live::schemas());
    schemas.extend(schema::schemas());
    schemas.extend(outreach::schemas());
    schemas.extend(privacy::schemas());
    schemas.extend(plain_schemas());
    let mut components = Components::new();
    components.schemas.extend(schemas);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("key", SecurityScheme::Http(bearer));
    components
}

/// Bodies that no type of ours describes.
fn plain_schemas() -> [(String, RefOr<Schema>); 3] {
    let message = ObjectBuilder::new().schema_type(Type::Object).description(Some(
        "A message, or {\"batch\": […]} with many, in the form of the Segment family of client libraries.",
    ));
    let records = ObjectBuilder::new()
        .schema_type(Type::String)
        .content_media_type("application/octet-stream")
        .description(Some("Records, encoded as `wire::record` does; plain or gzip."));
    let export = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Rows, one a line; or frames of records."));
    [
        ("Message".into(), message.build().into()),
        (RECORDS.into(), records.build().into()),
        (EXPORT.into(), export.build().into()),
    ]
}
