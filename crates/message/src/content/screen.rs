//! What is shown inside an app or a page: pop-ups and cards of the inbox.

use model::Span;

use super::mobile::each_button;
use super::{Button, Each, Place, bounded, each_value, missing};
use crate::problem::Problem;
use crate::template::{Escaping, Stop};

/// A pop-up inside an app or a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InApp {
    /// The name of its layout, as the client libraries know it (`modal`, `banner_top`…).
    pub layout: String,
    /// The first line.
    pub title: String,
    /// The text.
    pub body: String,
    /// The address of a picture; empty for none.
    pub image: String,
    /// What is shown instead of title, text and picture: a document of HTML; empty for none.
    pub html: String,
    /// Buttons.
    pub buttons: Vec<InAppButton>,
    /// How long after its trigger it is shown, in milliseconds.
    pub delay_ms: u32,
    /// How long it stays, in milliseconds; `None` until it is closed.
    pub close_after_ms: Option<u32>,
    /// Names and values for the app; the values are templates.
    pub data: Vec<(String, String)>,
}

/// A button of a pop-up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InAppButton {
    /// What is told of it when it is pressed.
    pub id: String,
    /// What stands on it.
    pub title: String,
    /// What it opens; empty to only close.
    pub link: String,
}

/// A card of the inbox inside an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxCard {
    /// The first line.
    pub title: String,
    /// The text.
    pub body: String,
    /// The address of a picture; empty for none.
    pub image: String,
    /// What a tap opens; empty for nothing.
    pub link: String,
    /// Buttons.
    pub buttons: Vec<Button>,
    /// Whether it stays above the others.
    pub pinned: bool,
    /// When it goes, counted from when it was sent; `None` when it is thrown away.
    pub expires_after: Option<Span>,
    /// The tabs of the inbox that it is in.
    pub tags: Vec<String>,
}

impl InApp {
    pub(super) fn each(&self, each: &mut Each<'_>) -> Result<InApp, Stop> {
        let mut buttons = Vec::with_capacity(self.buttons.len());
        for (i, button) in self.buttons.iter().enumerate() {
            buttons.push(InAppButton {
                id: button.id.clone(),
                title: each(Place::text("buttons").of(i, "title"), &button.title)?,
                link: each(Place::url("buttons").of(i, "link"), &button.link)?,
            });
        }
        Ok(InApp {
            layout: self.layout.clone(),
            title: each(Place::text("title"), &self.title)?,
            body: each(Place::text("body"), &self.body)?,
            image: each(Place::url("image"), &self.image)?,
            html: each(Place::new("html", Escaping::Html), &self.html)?,
            buttons,
            delay_ms: self.delay_ms,
            close_after_ms: self.close_after_ms,
            data: each_value(Place::text("data"), &self.data, each)?,
        })
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.layout.trim().is_empty() {
            missing(problems, "layout", "choose one that the app knows");
        }
        if [&self.title, &self.body, &self.image, &self.html].iter().all(|text| text.is_empty()) {
            missing(problems, "body", "write a title, a text, or HTML, or choose a picture");
        }
        bounded(problems, "buttons", self.buttons.len());
        bounded(problems, "data", self.data.len());
    }
}

impl InboxCard {
    pub(super) fn each(&self, each: &mut Each<'_>) -> Result<InboxCard, Stop> {
        Ok(InboxCard {
            title: each(Place::text("title"), &self.title)?,
            body: each(Place::text("body"), &self.body)?,
            image: each(Place::url("image"), &self.image)?,
            link: each(Place::url("link"), &self.link)?,
            buttons: each_button("buttons", &self.buttons, each)?,
            pinned: self.pinned,
            expires_after: self.expires_after,
            tags: self.tags.clone(),
        })
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.title.trim().is_empty() && self.body.trim().is_empty() && self.image.is_empty() {
            missing(problems, "title", "write a title or a text, or choose a picture");
        }
        bounded(problems, "buttons", self.buttons.len());
        bounded(problems, "tags", self.tags.len());
    }
}
