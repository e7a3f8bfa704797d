//! What is shown inside an app or a page: pop-ups and cards of the inbox.

use model::Span;

use super::mobile::each_button;
use super::{Button, Each, Place, bounded, each_value, missing};
use crate::problem::Problem;
use crate::template::{Escaping, Stop};

/// Seconds after which a pop-up may be shown, or must be inactive, at most: an hour.
pub const WAIT_SECONDS_MAX: u32 = 60 * 60;
/// Shows of one pop-up, in a session, a day or ever, at most.
pub const SHOWS_MAX: u32 = 1_000;
/// Buttons of a pop-up at most: more fit on no telephone.
pub const POPUP_BUTTONS_MAX: usize = 3;

/// Where a pop-up stands and what it covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// A window over a page that is dimmed.
    #[default]
    Modal,
    /// A strip at the top.
    BannerTop,
    /// A strip at the bottom.
    BannerBottom,
    /// A small window in a corner; the page goes on.
    Corner,
    /// Everything.
    FullScreen,
    /// A picture over a page that is dimmed.
    Image,
    /// A document of HTML of its own, in a frame without rights.
    Html,
}

impl Layout {
    /// All of them with their names. The later names are those of mobile libraries.
    const NAMES: [(&'static str, Layout); 13] = [
        ("modal", Layout::Modal),
        ("banner_top", Layout::BannerTop),
        ("banner_bottom", Layout::BannerBottom),
        ("corner", Layout::Corner),
        ("full_screen", Layout::FullScreen),
        ("image", Layout::Image),
        ("html", Layout::Html),
        ("alert", Layout::Modal),
        ("half_interstitial", Layout::Modal),
        ("header", Layout::BannerTop),
        ("footer", Layout::BannerBottom),
        ("interstitial", Layout::FullScreen),
        ("cover", Layout::FullScreen),
    ];

    /// The layout of a name; `None` if there is no such layout.
    pub fn parse(name: &str) -> Option<Layout> {
        Layout::NAMES.into_iter().find(|(own, _)| *own == name).map(|(_, layout)| layout)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let own = Layout::NAMES.into_iter().find(|(_, layout)| *layout == self);
        own.map_or("modal", |(name, _)| name)
    }
}

/// What a visitor does that lets a pop-up be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShowWhen {
    /// Nothing: it is shown at once.
    #[default]
    Now,
    /// They touch nothing for so many seconds.
    Inactive {
        /// Seconds.
        seconds: u32,
    },
    /// They have scrolled so far.
    Scrolled {
        /// Percent of the page, 1 to 100.
        percent: u32,
    },
    /// Their pointer leaves the page at the top.
    ExitIntent,
}

/// How often it is shown at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowLimits {
    /// One message, as long as it is neither used nor closed.
    pub shows: u32,
    /// Messages of the campaign in one session of a user.
    pub per_session: Option<u32>,
    /// The same within 24 hours.
    pub per_day: Option<u32>,
    /// The same ever, as far back as messages are remembered.
    pub lifetime: Option<u32>,
}

impl Default for ShowLimits {
    fn default() -> ShowLimits {
        ShowLimits { shows: 1, per_session: None, per_day: None, lifetime: None }
    }
}

/// A pop-up inside an app or a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InApp {
    /// The name of its layout, one of [`Layout`].
    pub layout: String,
    /// The first line.
    pub title: String,
    /// The text.
    pub body: String,
    /// The address of a picture; empty for none.
    pub image: String,
    /// What is shown instead of title, text and picture: a document of HTML; empty for none.
    pub html: String,
    /// What a click on it opens where there is no button; empty for nothing.
    pub link: String,
    /// Buttons.
    pub buttons: Vec<InAppButton>,
    /// What lets it be shown.
    pub when: ShowWhen,
    /// How often it is shown.
    pub limits: ShowLimits,
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
            link: each(Place::url("link"), &self.link)?,
            buttons,
            when: self.when,
            limits: self.limits,
            delay_ms: self.delay_ms,
            close_after_ms: self.close_after_ms,
            data: each_value(Place::text("data"), &self.data, each)?,
        })
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        match Layout::parse(&self.layout) {
            None if self.layout.trim().is_empty() => {
                missing(problems, "layout", "choose one that the app knows");
            }
            None => {
                let message = format!("there is no layout \"{}\"", self.layout);
                let names = Layout::NAMES.map(|(name, _)| name).join(", ");
                wrong(problems, "layout", message, format!("use one of {names}"));
            }
            Some(Layout::Image) if self.image.is_empty() => {
                missing(problems, "image", "choose a picture, or another layout");
            }
            Some(Layout::Html) if self.html.is_empty() => {
                missing(problems, "html", "write the document, or choose another layout");
            }
            Some(_) => {}
        }
        if [&self.title, &self.body, &self.image, &self.html].iter().all(|text| text.is_empty()) {
            missing(problems, "body", "write a title, a text, or HTML, or choose a picture");
        }
        if self.buttons.len() > POPUP_BUTTONS_MAX {
            let message = format!("there are {} buttons", self.buttons.len());
            let hint = format!("leave some out: at most {POPUP_BUTTONS_MAX} fit on a telephone");
            wrong(problems, "buttons", message, hint);
        }
        bounded(problems, "data", self.data.len());
        let mut within = |field: &str, n: Option<u32>, most: u32| {
            if n.is_some_and(|n| n == 0 || n > most) {
                let message = format!("{} is not 1 to {most}", n.unwrap_or_default());
                wrong(problems, field, message, format!("write a number from 1 to {most}"));
            }
        };
        match self.when {
            ShowWhen::Inactive { seconds } => {
                within("when.seconds", Some(seconds), WAIT_SECONDS_MAX);
            }
            ShowWhen::Scrolled { percent } => within("when.percent", Some(percent), 100),
            ShowWhen::Now | ShowWhen::ExitIntent => {}
        }
        let ShowLimits { shows, per_session, per_day, lifetime } = self.limits;
        within("limits.shows", Some(shows), SHOWS_MAX);
        within("limits.per_session", per_session, SHOWS_MAX);
        within("limits.per_day", per_day, SHOWS_MAX);
        within("limits.lifetime", lifetime, SHOWS_MAX);
        let most_ms = WAIT_SECONDS_MAX * 1_000;
        if self.delay_ms > most_ms {
            let message = format!("{} s is above an hour", self.delay_ms / 1_000);
            wrong(problems, "delay_seconds", message, "write at most 3600".into());
        }
        if self.close_after_ms.is_some_and(|ms| !(1_000..=most_ms).contains(&ms)) {
            let message = "it closes neither within a second nor after an hour".to_owned();
            wrong(problems, "close_after_seconds", message, "write 1 to 3600".into());
        }
    }
}

/// Says that a field holds something that it cannot hold.
fn wrong(problems: &mut Vec<Problem>, field: &str, message: String, hint: String) {
    let problem = Problem::error(crate::problem::code::WRONG_FIELD, message);
    problems.push(problem.hint(hint).field(field));
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
