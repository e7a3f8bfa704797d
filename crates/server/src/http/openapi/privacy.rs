//! The operations of erasing, suppressing, exporting one person, and test users.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::{Delete, Post, Put};
use utoipa::openapi::{RefOr, Schema as DocumentSchema};
use wire::api::*;

use super::{Operation, get, send};

/// All of them.
pub(super) fn operations() -> Vec<Operation> {
    let erase = "/api/users/{id}/erase";
    vec![
        get(erase, "erase_preview", "What erasing a user covers.", vec![], "ErasePreview"),
        send(
            Post,
            (erase, "erase"),
            "Erases a person: out of every answer when this answers, out of the files soon after.",
            "EraseRequest",
            ("202", Some("ErasureReceipt")),
        ),
        get(
            "/api/users/{id}/export",
            "export_person",
            "Everything of one person, of any age.",
            vec![],
            "PersonExport",
        ),
        get(
            "/api/users/{id}/privacy",
            "user_privacy",
            "Whether a user is suppressed, and a test user.",
            vec![],
            "UserPrivacy",
        ),
        send(
            Put,
            ("/api/users/{id}/test-user", "set_test_user"),
            "Flags a test user, or takes the flag away.",
            "TestUserInput",
            ("200", Some("UserPrivacy")),
        ),
        get("/api/test-users", "test_users", "All test users.", vec![], "TestUserList"),
        get("/api/erasures", "erasures", "Receipts of all erasures.", vec![], "ErasureList"),
        get("/api/erasures/{id}", "erasure", "One receipt.", vec![], "ErasureReceipt"),
        get("/api/suppressions", "suppressions", "All suppressions.", vec![], "SuppressionList"),
        send(
            Post,
            ("/api/suppressions", "suppress"),
            "Takes nothing of somebody any more, and shows them to nobody.",
            "SuppressionInput",
            ("201", Some("Suppression")),
        ),
        send(
            Delete,
            ("/api/suppressions/{id}", "lift_suppression"),
            "Lifts a suppression: who was hidden is shown again.",
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
    add!(
        ErasePreview,
        EraseRequest,
        ErasureReceipt,
        ErasureList,
        PersonExport,
        UserPrivacy,
        TestUserInput,
        TestUserList,
        SuppressionInput,
        Suppression,
        SuppressionList,
    );
    schemas
}
