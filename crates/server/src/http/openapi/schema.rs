//! The operations of the schema registry and of keys.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::{Delete, Post, Put};
use utoipa::openapi::{RefOr, Schema as DocumentSchema};
use wire::api::*;

use super::{Operation, act, get, query, send};

/// All of them.
pub(super) fn operations() -> Vec<Operation> {
    declared().into_iter().chain(keys()).collect()
}

fn declared() -> Vec<Operation> {
    let (events, attributes) = ("/api/schema/events/{id}", "/api/schema/attributes/{id}");
    let discard = "/api/schema/events/{id}/discard";
    let ok = |answer| ("200", Some(answer));
    vec![
        get(
            "/api/schema",
            "schema",
            "Events, properties and attributes as seen and as declared.",
            vec![],
            "Schema",
        ),
        get(
            "/api/schema/changes",
            "schema_changes",
            "Who changed what of the declarations, and when.",
            query::<SchemaChangesQuery>(),
            "SchemaChanges",
        ),
        get(
            "/api/schema/document",
            "schema_document",
            "Everything that is declared, as one document.",
            vec![],
            "SchemaDocument",
        ),
        send(
            Put,
            ("/api/schema/document", "apply_schema"),
            "Replaces everything that is declared; what the document does not have is removed.",
            "SchemaDocument",
            ok("SchemaApplied"),
        ),
        get(
            "/api/schema/policies",
            "schema_policies",
            "What becomes of what is not declared.",
            vec![],
            "SchemaPolicies",
        ),
        send(
            Put,
            ("/api/schema/policies", "set_schema_policies"),
            "Replaces what becomes of what is not declared.",
            "SchemaPolicies",
            ok("SchemaPolicies"),
        ),
        get(events, "schema_event", "One event, as seen and as declared.", vec![], "SchemaEvent"),
        send(
            Put,
            (events, "declare_event"),
            "Declares an event; what is sent is checked from then on.",
            "EventDeclaration",
            ok("SchemaEvent"),
        ),
        send(
            Delete,
            (events, "undeclare_event"),
            "Removes the declaration of an event.",
            "",
            ("204", None),
        ),
        act(
            (discard, "discard_event"),
            "Drops every event of the name for good, and lets none in any more.",
            "SchemaEvent",
        ),
        send(
            Delete,
            (discard, "lift_discard"),
            "Lets events of a discarded name in again; what was dropped stays so.",
            "",
            ok("SchemaEvent"),
        ),
        get(
            attributes,
            "schema_attribute",
            "One attribute, as seen and as declared.",
            vec![],
            "SchemaAttribute",
        ),
        send(
            Put,
            (attributes, "declare_attribute"),
            "Declares an attribute; what is sent is checked from then on.",
            "AttributeDeclaration",
            ok("SchemaAttribute"),
        ),
        send(
            Delete,
            (attributes, "undeclare_attribute"),
            "Removes the declaration of an attribute.",
            "",
            ("204", None),
        ),
        get(
            "/api/errors",
            "errors",
            "What was sent and not accepted as it came: counts, trend, samples, how to mend it.",
            query::<ErrorsQuery>(),
            "Errors",
        ),
    ]
}

fn keys() -> Vec<Operation> {
    vec![
        get("/api/keys", "keys", "All keys, without the keys themselves.", vec![], "KeyList"),
        send(
            Post,
            ("/api/keys", "create_key"),
            "Makes a key; it is shown only in this answer.",
            "KeyInput",
            ("201", Some("KeyCreated")),
        ),
        send(
            Delete,
            ("/api/keys/{id}", "revoke_key"),
            "Ends the life of a key.",
            "",
            ("204", None),
        ),
    ]
}

/// The schemas of their bodies.
pub(super) fn schemas() -> Vec<(String, RefOr<DocumentSchema>)> {
    let mut schemas = Vec::new();
    macro_rules! add {
        ($($schema:ty),* $(,)?) => {$(
            schemas.push((<$schema>::name().into_owned(), <$schema as utoipa::PartialSchema>::schema()));
            <$schema>::schemas(&mut schemas);
        )*};
    }
    add!(
        Schema,
        SchemaChanges,
        SchemaDocument,
        SchemaApplied,
        SchemaPolicies,
        SchemaEvent,
        EventDeclaration,
        SchemaAttribute,
        AttributeDeclaration,
        Errors,
        ErrorKind,
        ErrorSample,
        KeyList,
        KeyInput,
        KeyCreated,
    );
    schemas
}
