//! The operations of campaigns, providers, the contact policy and deliveries.

use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod::{Delete, Post, Put};
use utoipa::openapi::{RefOr, Schema as DocumentSchema};
use wire::api::*;

use super::{Operation, act, get, query, send};

/// All of them.
pub(super) fn operations() -> Vec<Operation> {
    let (provider, campaign) = ("/api/providers/{id}", "/api/campaigns/{id}");
    let policy = "/api/settings/contact-policy";
    let ok = |answer| ("200", Some(answer));
    vec![
        get("/api/providers", "providers", "Providers of all channels.", vec![], "ProviderList"),
        send(
            Post,
            ("/api/providers", "create_provider"),
            "Makes a provider.",
            "ProviderInput",
            ("201", Some("Provider")),
        ),
        get(provider, "provider", "One provider, and how it is doing.", vec![], "Provider"),
        send(
            Put,
            (provider, "update_provider"),
            "Changes a provider; secrets that are left out stay.",
            "ProviderInput",
            ok("Provider"),
        ),
        send(Delete, (provider, "delete_provider"), "Deletes a provider.", "", ("204", None)),
        send(
            Post,
            ("/api/providers/{id}/test", "test_provider"),
            "Sends a test message now.",
            "ProviderTest",
            ok("ProviderTested"),
        ),
        get(
            "/api/providers/{id}/dns",
            "check_provider_dns",
            "The DNS records that mail of a provider needs, and whether they are there.",
            vec![],
            "DnsRecords",
        ),
        get(policy, "contact_policy", "Control group, caps, quiet hours.", vec![], "ContactPolicy"),
        send(
            Put,
            (policy, "set_contact_policy"),
            "Replaces the contact policy.",
            "ContactPolicy",
            ok("ContactPolicy"),
        ),
        send(
            Post,
            ("/api/settings/visitor-secret", "make_visitor_secret"),
            "Makes the secret with which your server signs the ids of visitors.",
            "",
            ("201", Some("VisitorSecret")),
        ),
        get(
            "/api/subscriptions/page",
            "preference_page",
            "The page on which people choose what to get, in a language.",
            query::<PreferencePageQuery>(),
            "PreferencePage",
        ),
        get("/api/campaigns", "campaigns", "All campaigns.", vec![], "CampaignList"),
        send(
            Post,
            ("/api/campaigns", "create_campaign"),
            "Makes a campaign; it is a draft.",
            "CampaignInput",
            ("201", Some("Campaign")),
        ),
        send(
            Post,
            ("/api/campaigns/reach", "campaign_reach"),
            "Who a campaign would reach, with every exclusion counted.",
            "CampaignInput",
            ok("CampaignReach"),
        ),
        get(campaign, "campaign", "One campaign with its runs.", vec![], "Campaign"),
        send(
            Put,
            (campaign, "update_campaign"),
            "Changes a campaign.",
            "CampaignInput",
            ok("Campaign"),
        ),
        send(Delete, (campaign, "delete_campaign"), "Deletes a draft.", "", ("204", None)),
        send(
            Post,
            ("/api/campaigns/{id}/status", "act_on_campaign"),
            "Starts, pauses, resumes or ends a campaign.",
            "CampaignActionInput",
            ok("Campaign"),
        ),
        send(
            Post,
            ("/api/campaigns/{id}/approval", "approve_campaign"),
            "Lets this version of a campaign go; by somebody else than who made or changed it.",
            "CampaignApprovalInput",
            ok("Campaign"),
        ),
        send(
            Delete,
            ("/api/campaigns/{id}/approval", "withdraw_approval"),
            "Takes an approval back.",
            "",
            ok("Campaign"),
        ),
        send(
            Post,
            ("/api/campaigns/{id}/send", "send_campaign"),
            "Sends a campaign that is triggered by requests.",
            "CampaignSend",
            ("202", Some("CampaignSendAccepted")),
        ),
        send(
            Post,
            ("/api/campaigns/{id}/test", "test_campaign"),
            "Sends one message to a test user now.",
            "CampaignTest",
            ok("ProviderTested"),
        ),
        get(
            "/api/campaigns/{id}/report",
            "campaign_report",
            "What became of a campaign, and what it caused.",
            query::<CampaignReportQuery>(),
            "CampaignReport",
        ),
        get("/api/plays", "plays", "Campaigns to begin with.", vec![], "PlayList"),
        act(
            ("/api/plays/{id}/segments", "prepare_play"),
            "Makes the segments that a play needs and that are not there.",
            "Play",
        ),
        send(
            Post,
            ("/api/messages/preview", "preview_message"),
            "A message as a user would see it.",
            "MessagePreviewInput",
            ok("MessagePreview"),
        ),
        get(
            "/api/deliveries",
            "deliveries",
            "Messages, newest first.",
            query::<DeliveriesQuery>(),
            "Deliveries",
        ),
        get(
            "/api/deliveries/{id}",
            "delivery",
            "One message, and why it was sent or not.",
            vec![],
            "DeliveryWhy",
        ),
        send(
            Post,
            ("/api/deliveries/retry", "retry_deliveries"),
            "Sends failed messages again.",
            "DeliveriesRetry",
            ("202", Some("DeliveriesRetried")),
        ),
        act(
            ("/api/deliveries/{id}/retry", "retry_delivery"),
            "Sends a failed message again.",
            "DeliveryWhy",
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
        ProviderList,
        Provider,
        ProviderInput,
        ProviderTest,
        ProviderTested,
        DnsRecords,
        PreferencePage,
        ContactPolicy,
        VisitorSecret,
        CampaignList,
        Campaign,
        CampaignInput,
        CampaignActionInput,
        CampaignApprovalInput,
        CampaignSend,
        CampaignSendAccepted,
        CampaignTest,
        CampaignReach,
        CampaignReport,
        PlayList,
        MessagePreviewInput,
        MessagePreview,
        Deliveries,
        DeliveriesRetry,
        DeliveriesRetried,
        DeliveryWhy,
    );
    schemas
}
