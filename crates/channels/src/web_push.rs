//! Push to browsers: RFC 8030, encrypted as in RFC 8291, with the server's key of RFC 8292.

/// One push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What the service worker gets, usually JSON; at most 3,993 bytes.
    pub body: Vec<u8>,
    /// How long the push service keeps it for a browser that is offline, in seconds.
    pub ttl_s: u32,
    /// How much it matters, for devices that save power.
    pub urgency: Urgency,
    /// A waiting push of this topic is replaced; at most 32 characters of base64url.
    pub topic: Option<String>,
}

/// How much a push matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// On power and Wi-Fi.
    VeryLow,
    /// On either power or Wi-Fi.
    Low,
    /// On neither.
    #[default]
    Normal,
    /// With a low battery too.
    High,
}
