//! What messages say, per channel. Every text is a Liquid template unless its description says otherwise.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the body of an e-mail is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyForm {
    /// HTML.
    #[default]
    Html,
    /// MJML, which becomes HTML that mail programs agree on.
    Mjml,
    /// Plain text alone.
    Text,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ButtonInput {
    /// Its id in events, as in `accept`; not a template.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Where it leads; default: it closes the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub link: Option<String>,
}

/// What Gmail shows of an offer in its promotions tab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OfferInput {
    /// What is offered, as in `20% off`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// The code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub code: Option<String>,
    /// From when on; not a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub starts_at: Option<String>,
    /// Until when; not a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    pub ends_at: Option<String>,
    /// A picture, PNG or JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub image: Option<String>,
    /// Where the picture leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub link: Option<String>,
    /// The sender’s logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub logo: Option<String>,
    /// A few words below the picture; default: what is offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub headline: Option<String>,
    /// The price of what the picture shows, as in `19.90`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price: Option<String>,
    /// The currency of the price, as in `EUR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<String>,
    /// How much the price was lowered by, as in `5.00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub discount: Option<String>,
}

/// What stands above the text of a WhatsApp template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhatsappHeaderKind {
    /// A line of text with a variable.
    Text,
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A document.
    Document,
}

/// The variable part above the text of a WhatsApp template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappHeaderInput {
    /// What it is.
    #[schema(inline)]
    pub kind: WhatsappHeaderKind,
    /// The value of its variable, or the address of the picture, video or document.
    pub value: String,
}

/// What a button of a WhatsApp template does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhatsappButtonKind {
    /// It answers.
    QuickReply,
    /// It opens an address.
    Url,
    /// It calls a number.
    Phone,
    /// It copies a code.
    CopyCode,
}

/// A button of a WhatsApp template, in the order of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappButtonInput {
    /// What it does.
    #[schema(inline)]
    pub kind: WhatsappButtonKind,
    /// What it says: part of the approved template, shown and not sent; not a template of ours.
    #[serde(default)]
    #[schema(required = false)]
    pub title: String,
    /// Of `quick_reply` what comes back when it is pressed, of `url` the end of the address, of
    /// `copy_code` the code. Empty: the approved template says it. A number of `phone` is always part
    /// of the approved template.
    #[serde(default)]
    #[schema(required = false)]
    pub value: String,
}

/// What a visitor does that lets a pop-up be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ShowWhen {
    /// Nothing: it is shown at once.
    #[default]
    Now,
    /// They touch nothing for a while.
    Inactive {
        /// Seconds, 1 to 3,600.
        seconds: u32,
    },
    /// They have scrolled down.
    Scrolled {
        /// Percent of the page, 1 to 100.
        percent: u32,
    },
    /// Their pointer leaves the page at the top.
    ExitIntent,
}

/// How often a pop-up is shown at most. Of one campaign and one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShowLimits {
    /// How often one message is shown, as long as it is neither used nor closed; default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub shows: Option<u32>,
    /// In one session of the user; default: as often as there are messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub per_session: Option<u32>,
    /// Within 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub per_day: Option<u32>,
    /// Ever, as far back as messages are remembered (90 days).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lifetime: Option<u32>,
}

/// The content of a message in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "few are there at once, and their shape is the API's")]
pub enum ContentInput {
    /// An e-mail.
    Email {
        /// The subject.
        subject: String,
        /// What mail programs show beside the subject.
        #[serde(default)]
        #[schema(required = false)]
        preheader: String,
        /// The body.
        body: String,
        /// How the body is written.
        #[serde(default)]
        #[schema(inline, required = false)]
        form: BodyForm,
        /// Plain text for those who see no HTML; default: made of the body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        text: Option<String>,
        /// The AMP part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        amp: Option<String>,
        /// The address it comes from; default: the provider’s.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        from: Option<String>,
        /// The name it comes from; default: the provider’s.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        from_name: Option<String>,
        /// Where answers go.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        reply_to: Option<String>,
        /// What Gmail shows of the offer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        offer: Option<OfferInput>,
    },
    /// A message to the app of a telephone.
    Push {
        /// The title.
        title: String,
        /// The text.
        body: String,
        /// A picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        image: Option<String>,
        /// Where a tap leads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        link: Option<String>,
        /// Seconds that the service keeps it for a device that is off; default: four weeks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        ttl_seconds: Option<u32>,
        /// A later message with the same key replaces it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        collapse_key: Option<String>,
        /// Android’s channel; not a template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        android_channel: Option<String>,
        /// At most 4.
        #[serde(default)]
        #[schema(required = false)]
        buttons: Vec<ButtonInput>,
        /// What the app finds beside it.
        #[serde(default)]
        #[schema(required = false)]
        data: BTreeMap<String, String>,
    },
    /// A message to a browser.
    WebPush {
        /// The title.
        title: String,
        /// The text.
        body: String,
        /// The icon.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        icon: Option<String>,
        /// A picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        image: Option<String>,
        /// Where a click leads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        link: Option<String>,
        /// At most 2.
        #[serde(default)]
        #[schema(required = false)]
        buttons: Vec<ButtonInput>,
        /// Seconds that the service keeps it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        ttl_seconds: Option<u32>,
    },
    /// A text message.
    Sms {
        /// The text.
        body: String,
    },
    /// A WhatsApp message: an approved template, or text within the session window.
    Whatsapp {
        /// Name of the approved template; not a template of ours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        template: Option<String>,
        /// Its language; not a template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        language: Option<String>,
        /// What stands above its text, if that is variable.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        header: Option<WhatsappHeaderInput>,
        /// What fills its body.
        #[serde(default)]
        #[schema(required = false)]
        parameters: Vec<String>,
        /// Its buttons, all of them and in its order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false)]
        buttons: Vec<WhatsappButtonInput>,
        /// What the approved template says, with `{{1}}` where `parameters` go: for whoever looks at the
        /// campaign. It is not sent, and not a template of ours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        wording: Option<String>,
        /// The small print below it, shown as `wording` is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        footer: Option<String>,
        /// Text, where there is no template.
        #[serde(default)]
        #[schema(required = false)]
        body: String,
    },
    /// An HTTP request.
    Webhook {
        /// `POST`, `PUT`, `PATCH` or `GET`; default `POST`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        method: Option<String>,
        /// Where to.
        url: String,
        /// By name.
        #[serde(default)]
        #[schema(required = false)]
        headers: BTreeMap<String, String>,
        /// The body; default: what is known of the message, as JSON.
        #[serde(default)]
        #[schema(required = false)]
        body: String,
    },
    /// Shown over the page or the app: for the channels `in_app` and `on_site`.
    InApp {
        /// `modal`, `banner_top`, `banner_bottom`, `corner`, `full_screen`, `image` or `html`; not a template.
        /// The names `alert`, `half_interstitial`, `header`, `footer`, `interstitial` and `cover` are taken for
        /// the one that is like them.
        layout: String,
        /// The title.
        #[serde(default)]
        #[schema(required = false)]
        title: String,
        /// The text.
        #[serde(default)]
        #[schema(required = false)]
        body: String,
        /// A picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        image: Option<String>,
        /// A document that is shown instead of title, text and picture, in a frame without rights. A link, or
        /// an element with `data-button`, in it counts as a click; `data-close` closes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        html: Option<String>,
        /// Where a click on it leads, if there are no buttons.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        link: Option<String>,
        /// At most 3.
        #[serde(default)]
        #[schema(required = false)]
        buttons: Vec<ButtonInput>,
        /// Seconds until it is shown, after what lets it be shown; at most 3,600.
        #[serde(default)]
        #[schema(required = false)]
        delay_seconds: u32,
        /// Seconds after which it closes by itself; default: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        close_after_seconds: Option<u32>,
        /// What lets it be shown; default: nothing, it is shown at once.
        #[serde(default)]
        #[schema(required = false)]
        when: ShowWhen,
        /// How often it is shown; default: each message once.
        #[serde(default)]
        #[schema(required = false)]
        limits: ShowLimits,
        /// Colour of the background, as in `#ffffff`; not a template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        background: Option<String>,
    },
    /// A card in an inbox.
    Inbox {
        /// The title.
        title: String,
        /// The text.
        #[serde(default)]
        #[schema(required = false)]
        body: String,
        /// A picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        image: Option<String>,
        /// Where a click leads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        link: Option<String>,
        /// At most 3.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false)]
        buttons: Vec<ButtonInput>,
        /// The tabs of the inbox that it is in, at most 50; not templates.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false)]
        tags: Vec<String>,
        /// It stands above all others.
        #[serde(default)]
        #[schema(required = false)]
        pinned: bool,
        /// How long it stays, as in `30d`, at most 90 days; default: 28 days.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        expires_after: Option<String>,
    },
}
