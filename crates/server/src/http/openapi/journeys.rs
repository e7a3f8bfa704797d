//! The operations of journeys.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::{Delete, Post, Put};
use utoipa::openapi::{RefOr, Schema as DocumentSchema};
use wire::api::*;

use super::{Operation, act, get, query, send};

/// All of them.
pub(super) fn operations() -> Vec<Operation> {
    let journey = "/api/journeys/{id}";
    let ok = |answer| ("200", Some(answer));
    vec![
        get("/api/journeys", "journeys", "All journeys.", vec![], "JourneyList"),
        send(
            Post,
            ("/api/journeys", "create_journey"),
            "Makes a journey; it is a draft.",
            "JourneyInput",
            ("201", Some("Journey")),
        ),
        send(
            Post,
            ("/api/journeys/check", "check_journey"),
            "What is wrong or unwise about a journey that need not be stored.",
            "JourneyInput",
            ok("JourneyChecked"),
        ),
        get(
            "/api/journeys/plays",
            "journey_plays",
            "Journeys to begin with.",
            vec![],
            "JourneyPlayList",
        ),
        get(
            "/api/users/{id}/journeys",
            "user_journeys",
            "The paths of one user through journeys, newest first, with why.",
            vec![],
            "JourneyRunList",
        ),
        get(journey, "journey", "One journey, and what is wrong with it.", vec![], "Journey"),
        send(
            Put,
            (journey, "update_journey"),
            "Changes what is edited of a journey; what was published stays as it is.",
            "JourneyInput",
            ok("Journey"),
        ),
        send(
            Delete,
            (journey, "delete_journey"),
            "Deletes a draft, or a journey that was stopped, with its versions.",
            "",
            ("204", None),
        ),
        get(
            "/api/journeys/{id}/review",
            "review_journey",
            "What would become of whoever is in if what is edited were published.",
            vec![],
            "JourneyReview",
        ),
        send(
            Post,
            ("/api/journeys/{id}/publish", "publish_journey"),
            "Publishes what is edited; a draft or a stopped journey is started by that.",
            "PublishInput",
            ok("Journey"),
        ),
        send(
            Post,
            ("/api/journeys/{id}/enter", "enter_journey"),
            "Lets people into a running journey whose entry is by requests.",
            "EnterInput",
            ok("Entered"),
        ),
        act(
            ("/api/journeys/{id}/pause", "pause_journey"),
            "Nobody comes in, and whoever is in keeps their place.",
            "Journey",
        ),
        act(
            ("/api/journeys/{id}/resume", "resume_journey"),
            "A paused journey goes on.",
            "Journey",
        ),
        act(("/api/journeys/{id}/stop", "stop_journey"), "Whoever is in is out.", "Journey"),
        get(
            "/api/journeys/{id}/versions",
            "journey_versions",
            "Versions that were published, newest first.",
            vec![],
            "JourneyVersionList",
        ),
        get(
            "/api/journeys/{id}/report",
            "journey_report",
            "What became of those who came into a journey, and what it caused.",
            query::<JourneyReportQuery>(),
            "JourneyReport",
        ),
        get(
            "/api/lifecycle/journeys",
            "lifecycle_journeys",
            "By state of the lifecycle: the journeys that act on it, and whether they move people.",
            query::<LifecycleJourneysQuery>(),
            "LifecycleJourneys",
        ),
        get(
            "/api/journeys/{id}/learning",
            "journey_learning",
            "What the learning splits of a journey have learned, and how they divide people.",
            vec![],
            "JourneyLearning",
        ),
        get(
            "/api/journeys/{id}/waiting",
            "journey_waiting",
            "Who is in a journey, those who have waited longest first.",
            query::<JourneyWaitingQuery>(),
            "JourneyWaiting",
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
        JourneyList,
        JourneyInput,
        JourneyChecked,
        Journey,
        JourneyReview,
        PublishInput,
        JourneyVersionList,
        JourneyReport,
        JourneyPlayList,
        EnterInput,
        JourneyLearning,
        LifecycleJourneys,
        Entered,
        JourneyRunList,
        JourneyWaiting,
    );
    schemas
}
