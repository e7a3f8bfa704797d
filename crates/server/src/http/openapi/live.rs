//! The part of the API document about what moves by itself.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::{Delete, Post, Put};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use wire::api::*;

use super::{Operation, Parameters, STREAM, act, get, query, send};

/// Operations about what is live, webhooks and stage frameworks.
pub(super) fn operations() -> Vec<Operation> {
    let parts = [live(), webhooks(), frameworks()];
    parts.into_iter().flatten().collect()
}

fn live() -> Vec<Operation> {
    vec![
        get(
            "/api/live",
            "live",
            "Watched segments and lifecycles with their numbers, and what happened last.",
            query::<LiveQuery>(),
            "Live",
        ),
        get(
            "/api/live/stream",
            "live_stream",
            "Transitions, events and numbers as they are told, as server-sent events.",
            stream_parameters(),
            STREAM,
        ),
        get(
            "/api/segments/{id}/transitions",
            "segment_transitions",
            "Who entered and left a saved segment, newest first, page by page.",
            query::<WatchTransitionsQuery>(),
            "WatchTransitions",
        ),
        get(
            "/api/users/{id}/transitions",
            "user_transitions",
            "What a user entered and left, newest first, page by page.",
            query::<WatchTransitionsQuery>(),
            "WatchTransitions",
        ),
    ]
}

fn stream_parameters() -> Parameters {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let after = ParameterBuilder::new()
        .name("Last-Event-ID")
        .parameter_in(ParameterIn::Header)
        .description(Some("Go on after this: an id of the stream, or `last_id` of GET /api/live."))
        .schema(Some(text));
    let mut parameters = query::<LiveStreamQuery>();
    parameters.push(after.build());
    parameters
}

fn webhooks() -> Vec<Operation> {
    let none = ("204", None);
    vec![
        get("/api/webhooks", "webhooks", "All webhooks.", vec![], "WebhookList"),
        send(
            Post,
            ("/api/webhooks", "create_webhook"),
            "Makes a webhook; the only answer that holds its secret.",
            "WebhookInput",
            ("201", Some("WebhookCreated")),
        ),
        get("/api/webhooks/{id}", "webhook", "One webhook.", vec![], "Webhook"),
        send(
            Delete,
            ("/api/webhooks/{id}", "delete_webhook"),
            "Deletes a webhook and what it has waiting.",
            "",
            none,
        ),
        act(
            ("/api/webhooks/{id}/test", "test_webhook"),
            "Sends a test message now.",
            "WebhookTested",
        ),
        get(
            "/api/webhooks/{id}/dead-letters",
            "dead_letters",
            "Messages that were given up, newest first.",
            query::<DeadLettersQuery>(),
            "DeadLetters",
        ),
        send(
            Post,
            ("/api/webhooks/{id}/dead-letters/retry", "retry_dead_letters"),
            "Sends messages that were given up again.",
            "RetryInput",
            ("200", Some("Retried")),
        ),
    ]
}

fn frameworks() -> Vec<Operation> {
    vec![
        get(
            "/api/frameworks",
            "frameworks",
            "All stage frameworks, and ready ones to begin with.",
            vec![],
            "FrameworkList",
        ),
        get("/api/frameworks/{id}", "framework", "One stage framework.", vec![], "Framework"),
        send(
            Put,
            ("/api/frameworks/{id}", "put_framework"),
            "Writes a stage framework.",
            "FrameworkInput",
            ("200", Some("Framework")),
        ),
        send(
            Delete,
            ("/api/frameworks/{id}", "delete_framework"),
            "Deletes a stage framework.",
            "",
            ("204", None),
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
        Live,
        WatchTransition,
        WatchTransitions,
        LiveEvent,
        StreamCounts,
        StreamSkipped,
        StreamMissed,
        StreamEnd,
        WebhookInput,
        Webhook,
        WebhookList,
        WebhookCreated,
        WebhookTested,
        DeadLetter,
        DeadLetters,
        RetryInput,
        Retried,
        Framework,
        FrameworkInput,
        FrameworkList,
    );
    let stream = ObjectBuilder::new().schema_type(Type::String).description(Some(
        "Server-sent events: `transition` (WatchTransition), `event` (LiveEvent), `counts` \
         (StreamCounts, first all and then what changed), `skipped` (StreamSkipped), `missed` \
         (StreamMissed) and, last, `end` (StreamEnd). Comments show that the stream lives.",
    ));
    schemas.push((STREAM.into(), stream.build().into()));
    schemas
}
