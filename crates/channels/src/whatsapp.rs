//! WhatsApp through the Cloud API.

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// An approved template, at any time.
    Template {
        /// Its name.
        name: String,
        /// The language of the translation, such as `en_US`.
        language: String,
        /// The values for its parts.
        components: Vec<Component>,
    },
    /// Free text, within 24 hours of the recipient's last message.
    Text {
        /// The text, at most 4,096 characters.
        body: String,
        /// Shows a preview of the first link.
        preview_url: bool,
    },
}

/// The values for one part of a template, in the order of its placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Component {
    /// The values above the text.
    Header(Vec<Parameter>),
    /// The values within the text.
    Body(Vec<Parameter>),
    /// The end of the address of a button.
    UrlButton {
        /// Which button, from 0.
        index: u8,
        /// What is put at the end of its address.
        suffix: String,
    },
    /// What is told when a quick reply is chosen.
    QuickReply {
        /// Which button, from 0.
        index: u8,
        /// What comes back in the webhook.
        payload: String,
    },
}

/// One value of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Text.
    Text(String),
    /// The address of a picture.
    Image(String),
    /// The address of a video.
    Video(String),
    /// The address of a document and the name under which it is shown.
    Document {
        /// Where it is.
        link: String,
        /// The name that the recipient sees.
        filename: Option<String>,
    },
}
