//! Sessions.

use history::groups::UserGroups;
use history::sessions::{self, SessionFigures};
use model::Day;
use wire::api::{SessionDay, Sessions, SessionsQuery};

use super::super::{Service, share, span};
use crate::failure::Failure;

impl Service {
    /// Sessions in figures.
    pub fn sessions(&self, query: &SessionsQuery) -> Result<Sessions, Failure> {
        let rule = match (&query.gap, &query.by) {
            (Some(_), Some(_)) => {
                return Err(Failure::bad_request(
                    "request.query",
                    "`gap` and `by` exclude each other",
                ));
            }
            (_, Some(property)) => {
                self.known_property("by", property)?;
                sessions::SessionRule::Property(property.as_str().into())
            }
            (Some(gap), None) => sessions::SessionRule::Gap(span("gap", gap)?),
            (None, None) => {
                let settings = self.session_settings()?;
                sessions::SessionRule::Gap(span("timeout", &settings.timeout)?)
            }
        };
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let within = self.within(&view, &evaluator, query.segment.as_deref())?;
        let report = sessions::report(&evaluator, &rule, &UserGroups::one(within.as_ref()))?;
        let figures = &report.all;
        Ok(Sessions {
            sessions: figures.sessions,
            users: figures.users,
            mean_events: figures.mean_events,
            median_events: figures.median_events,
            mean_seconds: figures.mean_seconds,
            median_seconds: figures.median_seconds,
            one_event: figures.one_event,
            bounce: share(figures.one_event, figures.sessions),
            open: report.open,
            days: report.days.iter().map(day).collect(),
        })
    }
}

fn day((day, figures): &(Day, SessionFigures)) -> SessionDay {
    SessionDay {
        day: day.to_string(),
        sessions: figures.sessions,
        users: figures.users,
        mean_seconds: figures.mean_seconds,
        median_seconds: figures.median_seconds,
        one_event: figures.one_event,
    }
}
