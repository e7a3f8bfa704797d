//! Ways to reach a person, as numbers that fit in a set.

/// A way to reach a person. The numbers are part of stored state: add at the end, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Channel {
    Email = 0,
    Push = 1,
    WebPush = 2,
    Sms = 3,
    WhatsApp = 4,
    InApp = 5,
    Voice = 6,
    Rcs = 7,
    Webhook = 8,
    OnSite = 9,
    Inbox = 10,
}

impl Channel {
    /// All of them, in order of their numbers.
    pub const ALL: [Channel; 11] = [
        Channel::Email,
        Channel::Push,
        Channel::WebPush,
        Channel::Sms,
        Channel::WhatsApp,
        Channel::InApp,
        Channel::Voice,
        Channel::Rcs,
        Channel::Webhook,
        Channel::OnSite,
        Channel::Inbox,
    ];

    /// The name in definitions, as in `web_push`.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Push => "push",
            Channel::WebPush => "web_push",
            Channel::Sms => "sms",
            Channel::WhatsApp => "whatsapp",
            Channel::InApp => "in_app",
            Channel::Voice => "voice",
            Channel::Rcs => "rcs",
            Channel::Webhook => "webhook",
            Channel::OnSite => "on_site",
            Channel::Inbox => "inbox",
        }
    }

    /// The channel of a name; `None` if there is no such channel.
    pub fn parse(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// The channel of a number; `None` if there is no such channel.
    pub fn numbered(number: u8) -> Option<Channel> {
        Channel::ALL.get(usize::from(number)).copied()
    }
}

/// A set of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Channels(u16);

impl Channels {
    /// Every channel, also those that will be added.
    pub const ALL: Channels = Channels(u16::MAX);

    /// The set of a list.
    pub fn of(channels: &[Channel]) -> Channels {
        Channels(channels.iter().fold(0, |set, channel| set | 1 << *channel as u8))
    }

    /// Whether the channel of a stored number is in it, also one that a later version knows.
    pub(crate) fn has_number(self, number: u8) -> bool {
        number < 16 && self.0 >> number & 1 == 1
    }

    /// Whether a channel is in it.
    pub fn has(self, channel: Channel) -> bool {
        self.0 >> channel as u8 & 1 == 1
    }
}
