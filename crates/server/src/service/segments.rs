//! Segments: checked, counted, explained, saved.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use history::UserSet;
use history::lifecycle::member_trend;
use model::{Text, UserIndex};
use segment::Predicate;
use segment::check::Subject;
use segment::evaluate::{Context, Explanation as Reasons, explain};
use wire::api::{
    AtQuery, Definition, ExplainInput, Explanation, ExplanationEvent, ExplanationNode, Members,
    MembersInput, MembersQuery, Preview, PreviewInput, Segment, SegmentInput, SegmentList,
    SegmentTrend, SegmentTrendDay, TrendQuery, UsedIn, UsedInKind, ValidateInput, Validation,
};

use super::frameworks::ReadFramework;
use super::sight::Sight;
use super::users::Scores;
use super::uses::Thing;
use super::{Service, View, definitions, evaluate, frameworks, limit, rules, share};
use crate::clock;
use crate::config::SavedSegment;
use crate::failure::Failure;
use crate::sentences::{check as says, hints};

/// Sample of a preview without a wish, and at most.
const SAMPLE: (u64, u64) = (10, 1_000);
/// Members of a page without a wish, and at most.
const PAGE: (u64, u64) = (100, 10_000);
/// Days of a trend without a wish, and at most.
const DAYS: (u64, u64) = (30, 731);
/// Saved segments at most: every change reads all of them.
const SEGMENTS_MAX: usize = 10_000;

impl Service {
    /// Both forms of a definition, and everything that is wrong with it.
    pub fn validate(&self, input: &ValidateInput) -> Result<Validation, Failure> {
        let (predicate, problems) = self.checked(&input.definition.0)?;
        let valid = !segment::problem::fatal(&problems);
        Ok(Validation {
            valid,
            problems: problems.into_iter().map(definitions::problem).collect(),
            text: valid.then(|| segment::print(&predicate)),
            json: valid.then(|| definitions::json(&predicate)),
        })
    }

    /// How many users a definition holds for, and some of them.
    pub fn preview(&self, input: &PreviewInput) -> Result<Preview, Failure> {
        let sample = match input.sample {
            Some(0) => 0,
            asked => limit("sample", asked, SAMPLE.0, SAMPLE.1)?,
        };
        let predicate = self.definition(&input.definition.0)?;
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let started = Instant::now();
        let clock = || u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let evaluator = match input.analyze {
            true => view.evaluator().recording(&clock),
            false => view.evaluator(),
        };
        let members = evaluator.members(&predicate)?;
        let count = members.len();
        Ok(Preview {
            count,
            sample: ids(&view, members.iter().take(sample)),
            as_of: view.at.to_string(),
            share: share(count, evaluator.everybody().len()),
            text: segment::print(&predicate),
            json: definitions::json(&predicate),
            took_ms: started.elapsed().as_secs_f64() * 1e3,
            analysis: input.analyze.then(|| evaluate::analysis(&evaluator)),
        })
    }

    /// The users that a definition holds for, one page.
    pub fn members(&self, input: &MembersInput) -> Result<Members, Failure> {
        let query = MembersQuery {
            as_of: input.as_of.clone(),
            known_at: input.known_at.clone(),
            limit: input.limit,
            after: input.after.clone(),
        };
        let predicate = self.definition(&input.definition.0)?;
        self.members_of(&predicate, &query)
    }

    /// Why a user is in a segment, or not.
    pub fn explain(&self, input: &ExplainInput) -> Result<Explanation, Failure> {
        let predicate = match (&input.definition, &input.segment) {
            (Some(Definition(definition)), None) => self.definition(definition)?,
            (None, Some(id)) => {
                let predicate = self.saved_predicate(id)?;
                self.sight().check(&predicate, &*self.rules()?)?;
                predicate
            }
            _ => {
                let message = "explain takes either `definition` or `segment`";
                return Err(Failure::bad_request("request.shape", message));
            }
        };
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let (user, _) = self.known(&input.user)?;
        let history = view.snapshot.history_with_derived(user)?;
        let scores = Scores::new(&view, user);
        let context = Context { rules: &view.rules, population: &scores };
        let reasons = explain(&predicate, &history, view.at, &context);
        scores.checked()?;
        Ok(Explanation {
            user: view.sight.id(&history.id),
            holds: reasons.holds,
            as_of: view.at.to_string(),
            tree: node(&view.sight, reasons),
        })
    }

    /// All saved segments, counted.
    pub fn segments(&self, query: &AtQuery) -> Result<SegmentList, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let all = self.workspace.config().segments()?;
        let defined = |saved: &&SavedSegment| view.rules.segments.contains_key(saved.id.as_str());
        let (known, _): (Vec<_>, Vec<_>) = all.iter().partition(defined);
        let predicates = known.iter().map(|saved| &view.rules.segments[saved.id.as_str()]);
        let counts = evaluate::counts(&view.evaluator(), predicates);
        let counts = known.iter().map(|saved| &saved.id).zip(counts);
        let counts: BTreeMap<&String, Option<u64>> =
            counts.map(|(id, count)| (id, count.ok())).collect();
        let count = |saved: &SavedSegment| counts.get(&saved.id).copied().flatten();
        let frameworks = frameworks::read(self.workspace.config())?;
        let used_in = |id: &str| used_in(&view.rules, &all, &frameworks, id);
        let segments =
            all.iter().map(|saved| written(&view, saved, used_in(&saved.id), count(saved)));
        Ok(SegmentList { segments: segments.collect() })
    }

    /// One saved segment, counted.
    pub fn segment(&self, id: &str, query: &AtQuery) -> Result<Segment, Failure> {
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let all = self.workspace.config().segments()?;
        let saved = all.iter().find(|saved| saved.id == id).ok_or_else(|| no_segment(id))?;
        let predicate = self.saved_predicate(id)?;
        let count = view.evaluator().members(&predicate).ok().map(|set| set.len());
        let frameworks = frameworks::read(self.workspace.config())?;
        Ok(written(&view, saved, used_in(&view.rules, &all, &frameworks, id), count))
    }

    /// Saves a new segment.
    pub fn create_segment(&self, input: &SegmentInput) -> Result<Segment, Failure> {
        let taken: BTreeSet<String> =
            self.workspace.config().segments()?.into_iter().map(|saved| saved.id).collect();
        if taken.len() >= SEGMENTS_MAX {
            let message = format!("there are {SEGMENTS_MAX} segments already");
            return Err(
                Failure::unprocessable("segment.too_many", message).hint("delete what is not used")
            );
        }
        let id = match &input.id {
            Some(id) if taken.contains(id) => {
                let message = format!("there is a segment \"{id}\" already");
                return Err(Failure::new(409, "segment.exists", message)
                    .hint("change it with PUT, or choose another id"));
            }
            Some(id) => id.clone(),
            None => free_id(&input.name, &taken),
        };
        self.save(id, input)
    }

    /// Replaces a saved segment.
    pub fn update_segment(&self, id: &str, input: &SegmentInput) -> Result<Segment, Failure> {
        if input.id.as_deref().is_some_and(|other| other != id) {
            let message = format!("the id of segment \"{id}\" cannot be changed");
            return Err(Failure::unprocessable("segment.id", message)
                .hint("other definitions refer to it; leave `id` out, or save a new segment"));
        }
        self.saved(id)?;
        self.save(id.to_owned(), input)
    }

    /// Deletes a saved segment that nothing refers to.
    pub fn delete_segment(&self, id: &str) -> Result<(), Failure> {
        let _changing = self.changing_campaigns();
        self.saved(id)?;
        let config = self.workspace.config();
        let (all, frameworks) = (config.segments()?, frameworks::read(config)?);
        let used_in = used_in(&*self.rules()?, &all, &frameworks, id);
        let said = |UsedIn { kind, name, .. }: UsedIn| match kind {
            UsedInKind::Segment => format!("the segment \"{name}\""),
            UsedInKind::Lifecycle => format!("the state \"{name}\""),
            UsedInKind::Framework => format!("the framework \"{name}\""),
        };
        let others = used_in.into_iter().map(said).collect();
        let what = ("segment.in_use", format!("the segment \"{id}\""));
        self.refuse_used((what.0, &what.1), &[Thing::Segment(id.to_owned())], others)?;
        config.delete_segment(id)?;
        self.rules_changed();
        Ok(())
    }

    /// Members of a saved segment, one page.
    pub fn segment_members(&self, id: &str, query: &MembersQuery) -> Result<Members, Failure> {
        let predicate = self.saved_predicate(id)?;
        self.members_of(&predicate, query)
    }

    /// Size of a saved segment day by day.
    pub fn segment_trend(&self, id: &str, query: &TrendQuery) -> Result<SegmentTrend, Failure> {
        let days = limit("days", query.days, DAYS.0, DAYS.1)?;
        let predicate = self.saved_predicate(id)?;
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let (days, ends): (Vec<_>, Vec<_>) = view.days(days as u64).into_iter().unzip();
        let counts = member_trend(&view.evaluator(), &predicate, &ends)?;
        let day = |(day, count): (model::Day, _)| SegmentTrendDay { day: day.to_string(), count };
        Ok(SegmentTrend { days: days.into_iter().zip(counts).map(day).collect() })
    }

    fn save(&self, id: String, input: &SegmentInput) -> Result<Segment, Failure> {
        rules::check_key("segment.id", &id)?;
        if input.name.trim().is_empty() || input.name.len() > model::bounds::NAME_BYTES_MAX {
            let message = "the name of a segment has 1 to 255 bytes";
            return Err(Failure::unprocessable("segment.name", message));
        }
        let predicate = self.definition(&input.definition.0)?;
        let subject = Subject::Segment(Text::new(&id));
        self.check_as(&subject, &predicate, &*self.rules()?)?;
        let now = clock::now().0;
        self.workspace.config().put_segment(&SavedSegment {
            id: id.clone(),
            name: input.name.clone(),
            description: input.description.clone().unwrap_or_default(),
            definition: serde_json::Value::from(definitions::json(&predicate)).to_string(),
            created_at: now,
            updated_at: now,
        })?;
        self.rules_changed();
        self.segment(&id, &AtQuery::default())
    }

    fn saved(&self, id: &str) -> Result<SavedSegment, Failure> {
        let saved = self.workspace.config().segments()?.into_iter().find(|saved| saved.id == id);
        saved.ok_or_else(|| no_segment(id))
    }

    pub(super) fn saved_predicate(&self, id: &str) -> Result<Predicate, Failure> {
        self.rules()?.segments.get(id).cloned().ok_or_else(|| no_segment(id))
    }

    fn members_of(&self, predicate: &Predicate, query: &MembersQuery) -> Result<Members, Failure> {
        let n = limit("limit", query.limit, PAGE.0, PAGE.1)?;
        let view = self.view(query.as_of.as_deref(), query.known_at.as_deref())?;
        let members = view.evaluator().members(predicate)?;
        let (page, next) = self.page(&view, &members, n, query.after.as_deref())?;
        let users = ids(&view, page.into_iter());
        Ok(Members { users, count: members.len(), as_of: view.at.to_string(), next })
    }

    /// One page of a set, in order of first sight, and the id to go on after.
    pub(super) fn page(
        &self,
        view: &View,
        set: &UserSet,
        n: usize,
        after: Option<&str>,
    ) -> Result<(Vec<UserIndex>, Option<String>), Failure> {
        let after = after.map(|id| self.known(id)).transpose()?.map(|(user, _)| user);
        let rest = set.iter().skip_while(|user| after.is_some_and(|after| *user <= after));
        let mut page: Vec<UserIndex> = rest.take(n + 1).collect();
        let more = page.len() > n;
        page.truncate(n);
        let last = page.last().filter(|_| more);
        let next = last.map(|user| view.sight.id(view.snapshot.public_id(*user)));
        Ok((page, next))
    }
}

pub(super) fn no_segment(id: &str) -> Failure {
    let said = says::NO_SEGMENT.with([("segment", id.into())]);
    let mut failure = Failure::not_found("segment.not_found", said.text);
    failure.said.message = said.code;
    failure.hint(hints::LIST_SEGMENTS)
}

fn ids(view: &View, users: impl Iterator<Item = UserIndex>) -> Vec<String> {
    users.map(|user| view.sight.id(view.snapshot.public_id(user))).collect()
}

fn written(view: &View, saved: &SavedSegment, used_in: Vec<UsedIn>, count: Option<u64>) -> Segment {
    let predicate = view.rules.segments.get(saved.id.as_str());
    Segment {
        id: saved.id.clone(),
        name: saved.name.clone(),
        description: saved.description.clone(),
        definition: predicate.map(|of| view.sight.text(of)).unwrap_or_default(),
        json: predicate.map(|of| view.sight.definition(of)).unwrap_or_default(),
        created_at: model::Timestamp(saved.created_at).to_string(),
        updated_at: model::Timestamp(saved.updated_at).to_string(),
        used_in,
        count,
    }
}

/// What refers to a segment.
fn used_in(
    rules: &segment::Rules,
    all: &[SavedSegment],
    frameworks: &[ReadFramework],
    id: &str,
) -> Vec<UsedIn> {
    let refers = |predicate: &Predicate| definitions::references(predicate).contains(id);
    let name = |other: &Text| {
        let found = all.iter().find(|saved| saved.id == other.as_str());
        found.map_or_else(|| other.to_string(), |saved| saved.name.clone())
    };
    let segments = rules.segments.iter().filter(|(_, predicate)| refers(predicate));
    let segments = segments.map(|(other, _)| UsedIn {
        kind: UsedInKind::Segment,
        id: other.to_string(),
        name: name(other),
    });
    let states = rules.lifecycle.states.iter().filter(|state| refers(&state.predicate));
    let states = states.map(|state| UsedIn {
        kind: UsedInKind::Lifecycle,
        id: state.key.to_string(),
        name: state.name.to_string(),
    });
    let uses = |framework: &&ReadFramework| {
        framework.lifecycle.states.iter().any(|state| refers(&state.predicate))
    };
    let frameworks = frameworks.iter().filter(uses).map(|framework| UsedIn {
        kind: UsedInKind::Framework,
        id: framework.key.to_string(),
        name: framework.name.to_string(),
    });
    segments.chain(states).chain(frameworks).collect()
}

/// An id made from a name, with a number if it is taken.
fn free_id(name: &str, taken: &BTreeSet<String>) -> String {
    let mut id = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else if !id.is_empty() && !id.ends_with('_') {
            id.push('_');
        }
    }
    id.truncate(48);
    let id = match id.trim_end_matches('_') {
        "" => "segment",
        id => id,
    };
    let numbered = (2..).map(|n| format!("{id}_{n}"));
    let mut candidates = std::iter::once(id.to_owned()).chain(numbered);
    candidates.find(|id| !taken.contains(id)).unwrap_or_else(|| id.to_owned())
}

/// Reasons in the form of the API.
fn node(sight: &Sight, reasons: Reasons) -> ExplanationNode {
    let events = reasons.events.into_iter().map(|event| ExplanationEvent {
        name: event.name.to_string(),
        time: event.time.to_string(),
        id: event.id.to_string(),
    });
    ExplanationNode {
        text: sight.said(reasons.label),
        holds: reasons.holds,
        reason: sight.said(reasons.reason),
        events: events.collect(),
        children: reasons.children.into_iter().map(|child| node(sight, child)).collect(),
    }
}
