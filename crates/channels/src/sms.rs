//! Text messages: what they are; providers stand in files of their own.

/// One text message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub body: String,
    /// The number, name or messaging service that it comes from, if not the one of the channel.
    pub from: Option<String>,
    /// The id under which a regulator registered the text, where one demands that.
    pub template_id: Option<String>,
    /// Where the provider reports what becomes of it.
    pub status_callback: Option<String>,
}
