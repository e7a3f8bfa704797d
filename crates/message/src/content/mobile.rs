//! Notifications on phones and in browsers.

use super::{Each, Place, bounded, each_value, missing};
use crate::problem::Problem;
use crate::template::Stop;

/// A notification on a phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Push {
    /// The first line.
    pub title: String,
    /// The text.
    pub body: String,
    /// The address of a picture; empty for none.
    pub image: String,
    /// What a tap opens: an address of the web or of the app; empty for the app itself.
    pub link: String,
    /// How long to try to deliver it, in seconds; `None` for as long as the provider does.
    pub ttl_s: Option<u32>,
    /// A newer notification with the same key replaces this one; empty for none.
    pub collapse_key: String,
    /// The channel of Android; empty for the app's default.
    pub channel: String,
    /// Buttons below it.
    pub buttons: Vec<Button>,
    /// Names and values for the app; the values are templates.
    pub data: Vec<(String, String)>,
}

/// A notification of a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebPush {
    /// The first line.
    pub title: String,
    /// The text.
    pub body: String,
    /// The address of a small picture; empty for the site's.
    pub icon: String,
    /// The address of a large picture; empty for none.
    pub image: String,
    /// What a click opens.
    pub link: String,
    /// Buttons below it.
    pub actions: Vec<Button>,
    /// How long to try to deliver it, in seconds.
    pub ttl_s: Option<u32>,
}

/// A button of a notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub title: String,
    /// What it opens.
    pub link: String,
}

/// Goes through the texts of buttons.
pub(super) fn each_button(
    name: &'static str,
    buttons: &[Button],
    each: &mut Each<'_>,
) -> Result<Vec<Button>, Stop> {
    let button = |(i, button): (usize, &Button)| {
        Ok(Button {
            title: each(Place::text(name).of(i, "title"), &button.title)?,
            link: each(Place::url(name).of(i, "link"), &button.link)?,
        })
    };
    buttons.iter().enumerate().map(button).collect()
}

impl Push {
    pub(super) fn each(&self, each: &mut Each<'_>) -> Result<Push, Stop> {
        Ok(Push {
            title: each(Place::text("title"), &self.title)?,
            body: each(Place::text("body"), &self.body)?,
            image: each(Place::url("image"), &self.image)?,
            link: each(Place::url("link"), &self.link)?,
            ttl_s: self.ttl_s,
            collapse_key: each(Place::line("collapse_key"), &self.collapse_key)?,
            channel: each(Place::line("channel"), &self.channel)?,
            buttons: each_button("buttons", &self.buttons, each)?,
            data: each_value(Place::text("data"), &self.data, each)?,
        })
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        // A notification without text is one that only wakes the app.
        if self.title.is_empty() && self.body.is_empty() && self.data.is_empty() {
            missing(problems, "body", "write a title, a text, or data for the app");
        }
        bounded(problems, "buttons", self.buttons.len());
        bounded(problems, "data", self.data.len());
    }
}

impl WebPush {
    pub(super) fn each(&self, each: &mut Each<'_>) -> Result<WebPush, Stop> {
        Ok(WebPush {
            title: each(Place::text("title"), &self.title)?,
            body: each(Place::text("body"), &self.body)?,
            icon: each(Place::url("icon"), &self.icon)?,
            image: each(Place::url("image"), &self.image)?,
            link: each(Place::url("link"), &self.link)?,
            actions: each_button("actions", &self.actions, each)?,
            ttl_s: self.ttl_s,
        })
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.title.trim().is_empty() {
            missing(problems, "title", "browsers show nothing without a title");
        }
        bounded(problems, "actions", self.actions.len());
    }
}
