//! What the user did, counted or measured, in a window, relative to an anchor or to a baseline.

use model::{Span, Value, Weekday};

use super::cursor::{Cursor, Parsed};
use super::lexer::Kind;
use super::logic::FUNCTIONS;
use crate::problem::{Problem, code};
use crate::tree::{
    BaselinePredicate, EventMatch, EventPredicate, Hours, Measure, Op, Pick, Predicate, Range,
    SincePredicate, Test, Where, Window, Without,
};

/// Clauses that may follow the events, in any order, each once.
#[derive(Default)]
pub(super) struct Clauses {
    pub range: Option<Range>,
    pub hours: Option<Hours>,
    pub weekdays: Vec<Weekday>,
    pub filter: Option<Where>,
    pub test: Option<Test>,
    /// The test counts times, as in `at least 3 times`.
    times: bool,
    /// A length of time after `within`, without an anchor.
    pub within: Option<Span>,
    relation: Option<Relation>,
    baseline: Option<Span>,
    pub without: Vec<Without>,
    pub min_events: Option<u32>,
}

/// `within 7d after first "B"`.
struct Relation {
    after: bool,
    span: Option<Span>,
    pick: Pick,
    anchor: EventMatch,
}

/// Words that begin a clause, for suggestions.
const BEGINNINGS: &[&str] = &[
    "where",
    "in last",
    "at least",
    "at most",
    "fewer than",
    "more than",
    "exactly",
    "between",
    "since",
    "before",
    "after",
    "from",
    "hours",
    "on",
    "within",
    "without",
    "then",
    "and",
    "or",
];

impl Clauses {
    /// Whether there is an anchor or a baseline.
    pub(super) fn has_relation(&self) -> bool {
        self.relation.is_some() || self.baseline.is_some()
    }

    /// The window, taken out.
    pub(super) fn window(&mut self) -> Window {
        Window {
            range: self.range.take().unwrap_or(Range::All),
            hours: self.hours.take(),
            weekdays: std::mem::take(&mut self.weekdays),
        }
    }
}

impl Cursor<'_> {
    /// What begins with `did`: an event, a sequence, an absence, or an event relative to another.
    pub(super) fn did(&mut self) -> Parsed<Predicate> {
        self.skip(1);
        let from = self.places.len();
        let of = self.events_open()?;
        if self.is(0, "and") && self.is(1, "then") && self.is(2, "not") {
            self.skip(1);
        }
        if self.is(0, "then") {
            let to = self.places.len();
            if self.is(1, "not") {
                self.places.nest(from, to, "did");
                return self.absence(of);
            }
            self.places.nest(from, to, "steps[0]");
            return self.sequence(of);
        }
        let clauses = self.clauses(!of.filter.always())?;
        self.event_predicate(of, Measure::Count, clauses, from)
    }

    /// What begins with a measure: `sum(x) of`, `count of`, `days of`.
    pub(super) fn measured(&mut self) -> Parsed<Predicate> {
        let from = self.places.len();
        let measure = self.measure()?;
        self.word("of")?;
        let of = self.events_open()?;
        let clauses = self.clauses(!of.filter.always())?;
        if clauses.test.is_none() {
            return Err(self.expected("a comparison such as `> 5`"));
        }
        self.event_predicate(of, measure, clauses, from)
    }

    fn measure(&mut self) -> Parsed<Measure> {
        self.place("measure");
        let word = self.token(0).raw.to_ascii_lowercase();
        self.skip(1);
        if !FUNCTIONS.contains(&word.as_str()) {
            return Ok(if word == "days" { Measure::Days } else { Measure::Count });
        }
        self.symbol("(")?;
        let property = self.name("the name of a property")?;
        self.symbol(")")?;
        Ok(match word.as_str() {
            "sum" => Measure::Sum(property),
            "avg" => Measure::Avg(property),
            "min" => Measure::Min(property),
            "max" => Measure::Max(property),
            "distinct" => Measure::Distinct(property),
            "first" => Measure::First(property),
            _ => Measure::Last(property),
        })
    }

    /// Puts an event predicate together; `from` is where its places begin.
    fn event_predicate(
        &mut self,
        mut of: EventMatch,
        measure: Measure,
        mut clauses: Clauses,
        from: usize,
    ) -> Parsed<Predicate> {
        if let Some(filter) = clauses.filter.take() {
            of.filter = filter;
        }
        if clauses.times && measure != Measure::Count {
            self.misplaced("`times` counts events; leave it out of a comparison of a measure");
        }
        if clauses.within.is_some() {
            self.misplaced(
                "`within` needs an anchor, as in `within 7d after first \"Signed Up\"`; a window \
                 up to now is written `in last 7d`",
            );
        }
        self.only_elsewhere(&clauses);
        if let Some(against) = clauses.baseline {
            return self.baseline(of, &measure, clauses, against);
        }
        let test = clauses.test.take().unwrap_or_else(|| Test::at_least(1));
        let relation = clauses.relation.take();
        let mut within = clauses.window();
        let Some(relation) = relation else {
            return Ok(Predicate::Event(EventPredicate { of, within, measure, test }));
        };
        if within.range != Range::All {
            self.misplaced("an event after or before an anchor has no other window");
        }
        let to = self.places.len();
        self.places.nest_unless(from, to, "anchor", "predicate");
        within.range = match relation.after {
            true => Range::After(relation.span),
            false => Range::Before(relation.span),
        };
        let predicate = EventPredicate { of, within, measure, test };
        Ok(Predicate::Since(SincePredicate {
            anchor: relation.anchor,
            pick: relation.pick,
            predicate,
        }))
    }

    fn only_elsewhere(&mut self, clauses: &Clauses) {
        if !clauses.without.is_empty() {
            self.misplaced("`without` belongs to a sequence, as in `did \"A\" then \"B\"`");
        }
        if clauses.min_events.is_some() {
            self.misplaced("`min … events` belongs to `mostly`, `least` and `share of`");
        }
    }

    fn baseline(
        &mut self,
        of: EventMatch,
        measure: &Measure,
        mut clauses: Clauses,
        against: Span,
    ) -> Parsed<Predicate> {
        let test = clauses.test.take().unwrap_or_else(|| Test::at_least(1));
        let relation = clauses.relation.is_some();
        let within = clauses.window();
        let plain = within.hours.is_none() && within.weekdays.is_empty() && !relation;
        match within.range {
            Range::Last(window) if *measure == Measure::Count && plain => {
                Ok(Predicate::Baseline(BaselinePredicate { of, window, against, test }))
            }
            _ => Err(self.misplaced(
                "a baseline compares a count in a last window: `count of \"A\" in last 14d below \
                 0.5 of own 60d baseline`",
            )),
        }
    }

    /// Reports something that has no meaning in the predicate that was just read.
    pub(super) fn misplaced(&mut self, message: &str) -> super::cursor::Stop {
        let index = self.index().saturating_sub(1);
        self.report_taken(index, Problem::error(code::MISPLACED, message));
        super::cursor::Stop
    }

    /// All clauses that follow here. `filtered`: there was a `where` already.
    pub(super) fn clauses(&mut self, filtered: bool) -> Parsed<Clauses> {
        let mut clauses = Clauses::default();
        loop {
            let index = self.index();
            let before = clauses.kinds(filtered);
            if !self.clause(&mut clauses)? {
                break;
            }
            if clauses.kinds(filtered) == before {
                let problem = Problem::error(code::SYNTAX, "there is such a clause already");
                let problem = problem.found(self.raw_at(index));
                self.report_taken(index, problem.hint("keep one, or join conditions with `and`"));
            }
        }
        self.clause_end()?;
        Ok(clauses)
    }

    /// Reads one clause; whether there was one.
    fn clause(&mut self, clauses: &mut Clauses) -> Parsed<bool> {
        if self.eat(&["where"]) {
            clauses.filter = Some(self.conditions()?);
        } else if self.begins_range() {
            clauses.range = Some(self.range()?);
        } else if self.begins_test() {
            self.count_or_ratio(clauses)?;
        } else if self.eat(&["hours"]) {
            clauses.hours = Some(self.hours()?);
        } else if self.eat(&["on"]) {
            clauses.weekdays = self.weekdays()?;
        } else if self.eat(&["within"]) {
            let span = self.span()?;
            match self.is_any(0, &["after", "before"]) && !self.begins_range() {
                true => self.relation(Some(span), clauses)?,
                false => clauses.within = Some(span),
            }
        } else if self.is_any(0, &["after", "before"]) {
            self.relation(None, clauses)?;
        } else if self.eat(&["without"]) {
            let without = self.without(clauses.without.len())?;
            clauses.without.push(without);
        } else if self.is(0, "min") && matches!(self.kind(1), Kind::Int(_)) {
            self.skip(1);
            clauses.min_events = Some(self.whole("a number of events", u32::MAX)?);
            if !self.eat(&["events"]) {
                self.word("event")?;
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// A comparison, and what its number is of: times, or the user's own baseline.
    fn count_or_ratio(&mut self, clauses: &mut Clauses) -> Parsed<()> {
        clauses.test = Some(self.test()?);
        if self.eat(&["times"]) || self.eat(&["time"]) {
            clauses.times = true;
        } else if self.eat(&["of", "own"]) {
            clauses.baseline = Some(self.span()?);
            self.word("baseline")?;
        }
        Ok(())
    }

    fn relation(&mut self, span: Option<Span>, clauses: &mut Clauses) -> Parsed<()> {
        let after = self.is(0, "after");
        self.skip(1);
        let pick = self.pick()?;
        let anchor = self.below("anchor", Self::events_closed)?;
        if self.is(0, "where") {
            self.report(
                Problem::error(code::SYNTAX, "it is not clear which event this `where` is about")
                    .found("where")
                    .hint(
                        "for the anchor write `after last (\"B\" where …)`; else put `where` \
                         before `after`",
                    ),
            );
        }
        clauses.relation = Some(Relation { after, span, pick, anchor });
        Ok(())
    }

    /// `first` or `last`.
    pub(super) fn pick(&mut self) -> Parsed<Pick> {
        if self.eat(&["first"]) {
            Ok(Pick::First)
        } else if self.eat(&["last"]) {
            Ok(Pick::Last)
        } else {
            Err(self.expected_word("`first` or `last`", &["first", "last"]))
        }
    }

    /// Reports what can only be a clause that went wrong.
    fn clause_end(&mut self) -> Parsed<()> {
        let number = matches!(self.kind(0), Kind::Int(_));
        if number && self.is_any(1, &["times", "time"]) {
            let n = self.found();
            let hint =
                format!("write `at least {n} times`, `exactly {n} times` or `at most {n} times`");
            self.expected_with("`at least`, `exactly` or `at most` before a number", Some(hint));
            self.skip(2);
            return Ok(());
        }
        let what = "a clause such as `in last 30d` or `where`";
        if self.is(0, "in") && self.is(1, "next") {
            let hint = "a date relative to now is written `date last(x) of \"E\" in next 5d`";
            return Err(self.expected_with(what, Some(hint.to_owned())));
        }
        let word = *self.kind(0) == Kind::Word && !self.is_any(0, &["and", "or", "for", "then"]);
        match word {
            true => Err(self.expected_word(what, &[BEGINNINGS, &["times"]].concat())),
            false => Ok(()),
        }
    }
}

impl Clauses {
    /// Which clauses there are, to notice one that comes twice.
    fn kinds(&self, filtered: bool) -> [usize; 8] {
        [
            usize::from(self.range.is_some()),
            usize::from(self.hours.is_some()),
            usize::from(!self.weekdays.is_empty()),
            usize::from(self.filter.is_some() && !filtered),
            usize::from(self.test.is_some()),
            usize::from(self.within.is_some()) + usize::from(self.relation.is_some()),
            self.without.len(),
            usize::from(self.min_events.is_some()),
        ]
    }
}

/// Whether a test can be written `at least 3 times`.
pub(super) fn counts_times(test: &Test) -> bool {
    let whole = |v: &Value| matches!(v, Value::Int(_));
    test.case == crate::tree::Case::Sensitive
        && match &test.op {
            Op::Eq(v) | Op::Ne(v) | Op::Lt(v) | Op::Le(v) | Op::Gt(v) | Op::Ge(v) => whole(v),
            Op::Between(a, b) => whole(a) && whole(b),
            _ => false,
        }
}
