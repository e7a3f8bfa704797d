//! Push through Firebase Cloud Messaging, HTTP v1.

use serde_json::{Map, Value};

/// One push.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// What the system shows; `None` sends data only, which the app handles itself.
    pub notification: Option<Notification>,
    /// What the app gets. FCM takes text only.
    pub data: Vec<(String, String)>,
    /// How Android treats it.
    pub android: Android,
    /// What further parts of the request say (`apns`, `webpush`, `fcm_options`); laid over the rest.
    pub overrides: Map<String, Value>,
    /// FCM checks it and does not deliver.
    pub validate_only: bool,
}

/// What the system shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notification {
    /// The first line.
    pub title: Option<String>,
    /// The text below.
    pub body: Option<String>,
    /// The address of a picture.
    pub image: Option<String>,
}

/// How Android treats a push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Android {
    /// Wakes a sleeping device.
    pub high_priority: bool,
    /// How long FCM keeps it for a device that is offline, in seconds; `None` is four weeks.
    pub ttl_s: Option<u32>,
    /// A later push of this key replaces one that was not delivered yet.
    pub collapse_key: Option<String>,
    /// The notification channel (Android 8 and later).
    pub channel_id: Option<String>,
    /// A shown notification of this tag is replaced.
    pub tag: Option<String>,
    /// The name of the icon within the app.
    pub icon: Option<String>,
    /// The colour of the icon, `#rrggbb`.
    pub color: Option<String>,
    /// The name of the sound within the app.
    pub sound: Option<String>,
    /// The intent that a tap starts.
    pub click_action: Option<String>,
    /// The package that the token has to belong to.
    pub restricted_package_name: Option<String>,
}
