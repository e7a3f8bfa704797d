//! The tree of a segment definition. Both written forms (text and JSON) read into it and print
//! from it; every evaluator walks it.
//!
//! Meaning is written beside each variant, complete enough to evaluate by hand. `T` is the instant
//! of the question. Events of a user are ordered by (time, arrival). Only events with `time ≤ T`
//! and attribute changes with `time ≤ T` exist at `T`.

use model::{Span, Text, Timestamp, Value, Weekday, Zone};

/// A statement about one user at an instant: true or false.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// Every one is true; of nothing: true.
    All(Vec<Predicate>),
    /// At least one is true; of nothing: false.
    Any(Vec<Predicate>),
    /// It is false.
    Not(Box<Predicate>),
    /// A measure over matching events compares so.
    Event(EventPredicate),
    /// An attribute compares so at `T`, and has done so for a while.
    Profile(ProfilePredicate),
    /// Some chain of events in this order exists.
    Sequence(SequencePredicate),
    /// A measure over events after (or before) an anchor event compares so.
    Since(SincePredicate),
    /// Did one thing and then not another for a while.
    Absence(AbsencePredicate),
    /// Recent activity relative to the user's own activity before.
    Baseline(BaselinePredicate),
    /// What the user does most, least, or in a certain share of cases.
    Affinity(AffinityPredicate),
    /// A date relative to `T`.
    Date(DatePredicate),
    /// Another segment holds at `T`.
    Segment(Text),
    /// The user's lifecycle state.
    Lifecycle(LifecyclePredicate),
    /// The user's RFM group or scores.
    Rfm(RfmPredicate),
    /// A prediction (not yet available).
    Score(ScorePredicate),
    /// An uploaded list (not yet available).
    List(Text),
    /// A channel that can reach the user (not yet available).
    Reachable(Text),
    /// The last known position (not yet available).
    Location(LocationPredicate),
    /// The user's stable bucket, see [`crate::bucket`], is in `from..to`.
    Bucket(BucketPredicate),
}

/// Which events a predicate is about.
#[derive(Clone, Debug, PartialEq)]
pub struct EventMatch {
    /// By name.
    pub names: EventNames,
    /// Further conditions, [`Where::All`] of nothing if there are none.
    pub filter: Where,
}

/// Names of events. The name of a composite event stands for the union of its members, each with
/// its own filter.
#[derive(Clone, Debug, PartialEq)]
pub enum EventNames {
    /// Every event, written `"*"` (text form: `any event`).
    Any,
    /// These, at least one.
    Of(Vec<Text>),
}

/// A condition on one event.
#[derive(Clone, Debug, PartialEq)]
pub enum Where {
    /// Every one holds; of nothing: true.
    All(Vec<Where>),
    /// At least one holds; of nothing: false.
    Any(Vec<Where>),
    /// It does not hold.
    Not(Box<Where>),
    /// A property compares so.
    Property {
        /// Dotted name of the property.
        property: Text,
        /// The comparison.
        test: Test,
    },
    /// This is the user's first event of its own name ever, by (time, arrival).
    FirstTime,
    /// These properties have the same values as in the event before: the previous event of the
    /// chain in a sequence (for `without`: the event of `after_step`), the anchor in `since`, the
    /// `did` event in `absence`. A property that is missing in either is not the same. Allowed
    /// only in those places (not in a first step, an anchor or a `did`).
    Same(Vec<Text>),
}

/// A comparison of one value. A missing value (absent, or null) satisfies only
/// [`Op::NotExists`], [`Op::Ne`], [`Op::NotIn`] and [`Op::NotContains`].
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What is compared with what.
    pub op: Op,
    /// Whether letter case is ignored (texts are compared after Unicode lower-casing of both).
    pub case: Case,
}

/// Whether letter case matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Case {
    /// It does.
    #[default]
    Sensitive,
    /// It does not.
    Insensitive,
}

/// Operators with their operands. Equality and order are those of [`Value::same`] and
/// [`Value::compare`]; values whose kinds have no order satisfy none of `lt le gt ge between`.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Equal.
    Eq(Value),
    /// Not equal, or missing.
    Ne(Value),
    /// Less.
    Lt(Value),
    /// Less or equal.
    Le(Value),
    /// Greater.
    Gt(Value),
    /// Greater or equal.
    Ge(Value),
    /// Between the two, both included.
    Between(Value, Value),
    /// Equal to one of them.
    In(Vec<Value>),
    /// Equal to none of them, or missing.
    NotIn(Vec<Value>),
    /// A text that contains this text, or a list with an element equal to this.
    Contains(Value),
    /// Not so, or missing.
    NotContains(Value),
    /// A text that starts so.
    StartsWith(Text),
    /// A text that ends so.
    EndsWith(Text),
    /// A text in which this regular expression (crate `regex` syntax, linear time) finds a match.
    Matches(Text),
    /// Present.
    Exists,
    /// Missing.
    NotExists,
    /// A dotted version compared part by part as numbers (2.10 > 2.9, 2.0 = 2); see
    /// [`crate::version::compare`]. False if the value is not a text or number.
    Version(Order, Text),
}

/// A relation between two ordered things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Greater or equal.
    Ge,
    /// Greater.
    Gt,
}

/// A measure over the matching events inside the window compares so.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPredicate {
    /// Which events.
    pub of: EventMatch,
    /// When.
    pub within: Window,
    /// What is measured.
    pub measure: Measure,
    /// How the measured value must compare. `count` and `days` and `distinct` are integers,
    /// `sum` and `avg` floats.
    pub test: Test,
}

/// What is measured over the matching events. Of nothing, `Count`, `Sum`, `Distinct` and `Days`
/// are 0, and the others make the predicate false whatever the comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// Their number.
    Count,
    /// Sum of a property ([`model::ExactSum`]); what is not a number is left out.
    Sum(Text),
    /// Mean of a property over the events in which it is a number.
    Avg(Text),
    /// Least number of a property.
    Min(Text),
    /// Greatest number of a property.
    Max(Text),
    /// Number of distinct values ([`Value::key`]) of a property.
    Distinct(Text),
    /// Number of distinct calendar days in the workspace's zone.
    Days,
    /// The property's value in the first event (by time, arrival) that has it.
    First(Text),
    /// The property's value in the last event (by time, arrival) that has it.
    Last(Text),
}

/// When an event must have happened to count.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The range of instants.
    pub range: Range,
    /// Only at these local hours.
    pub hours: Option<Hours>,
    /// Only on these local weekdays; empty: on any. The zone of hours and weekdays is the user's
    /// (attribute `timezone` at `T`, if it names a zone), else the workspace's.
    pub weekdays: Vec<Weekday>,
}

/// A range of instants, relative to `T` or absolute. Always also `time ≤ T`.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// All time.
    All,
    /// (T − span, T].
    Last(Span),
    /// The last `n` whole local units up to and including the current one: from the start of the
    /// unit `n − 1` before the current one, to T. Zone: the given one, else the user's, else the
    /// workspace's.
    LastUnits {
        /// How many, at least 1.
        n: u32,
        /// Which unit.
        unit: Unit,
        /// In which zone.
        zone: Option<Zone>,
    },
    /// [from, to).
    Between(Timestamp, Timestamp),
    /// [from, T].
    Since(Timestamp),
    /// (−∞, T − span].
    BeforeLast(Span),
    /// (T − from, T − to], with from > to.
    Ago {
        /// The farther end, exclusive.
        from: Span,
        /// The nearer end, inclusive.
        to: Span,
    },
    /// Only inside `since`: (anchor, anchor + span], or (anchor, T] without a span.
    After(Option<Span>),
    /// Only inside `since`: [anchor − span, anchor), or (−∞, anchor) without a span.
    Before(Option<Span>),
}

/// A unit of the local calendar. Weeks start on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unit {
    Day,
    Week,
    Month,
}

/// A part of the local day, in minutes from midnight: from inclusive, to exclusive. `from > to`
/// crosses midnight; `from = to` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// 0..1440.
    pub from_minute: u16,
    /// 0..=1440.
    pub to_minute: u16,
}

/// The attribute compares so at `T`.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfilePredicate {
    /// Dotted name.
    pub attribute: Text,
    /// The comparison.
    pub test: Test,
    /// It has held at every instant of [T − span, T], by the attribute's own change times. Before
    /// its first change an attribute is missing.
    pub for_at_least: Option<Span>,
}

/// Some chain of events, one per step, with strictly increasing (time, arrival), every one inside
/// the window, with last − first ≤ `complete_within`, and no `without` event strictly between (by
/// time, arrival) the events of its step and the next. A `without` event need not be in the window.
#[derive(Clone, Debug, PartialEq)]
pub struct SequencePredicate {
    /// 2 to 20 steps.
    pub steps: Vec<EventMatch>,
    /// At most so long from the first to the last event.
    pub complete_within: Option<Span>,
    /// When; neither `After` nor `Before`.
    pub within: Window,
    /// What must not come between.
    pub without: Vec<Without>,
}

/// An event that must not come between step `after_step` and the one after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Without {
    /// Which event.
    pub of: EventMatch,
    /// 1 is the first step; at most the number of steps − 1.
    pub after_step: u32,
}

/// The anchor exists (any time ≤ T) and the inner predicate holds in its window.
#[derive(Clone, Debug, PartialEq)]
pub struct SincePredicate {
    /// Which event is the anchor.
    pub anchor: EventMatch,
    /// The first or the last of them, by (time, arrival).
    pub pick: Pick,
    /// Its `within.range` is [`Range::After`] or [`Range::Before`]; hours and weekdays may narrow it.
    pub predicate: EventPredicate,
}

/// Which of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Pick {
    First,
    Last,
}

/// Some `did` event at time t ≤ T − span has no `then_not` event with time in (t, t + span].
#[derive(Clone, Debug, PartialEq)]
pub struct AbsencePredicate {
    /// What was done.
    pub did: EventMatch,
    /// What did not follow.
    pub then_not: EventMatch,
    /// For how long.
    pub span: Span,
    /// A `then_not` event only counts if it has the same values of these properties as the `did`
    /// event (both present). Same meaning as [`Where::Same`] in `then_not`.
    pub hold: Vec<Text>,
}

/// count in (T − window, T] ÷ (count in (T − window − against, T − window] × window ÷ against)
/// compares so with a number. No events in `against`: false.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselinePredicate {
    /// Which events.
    pub of: EventMatch,
    /// The recent window.
    pub window: Span,
    /// The baseline before it.
    pub against: Span,
    /// How the ratio compares (`eq ne lt le gt ge between` with numbers).
    pub test: Test,
}

/// The value is the user's most (least) frequent one, or has a certain share. Only matching events
/// in the window that have the property (not missing) count; fewer than `min_events`: false.
#[derive(Clone, Debug, PartialEq)]
pub struct AffinityPredicate {
    /// Which events.
    pub of: EventMatch,
    /// Frequency of what.
    pub subject: AffinitySubject,
    /// One of these values ([`Value::same`]); for hours integers 0..24, for weekdays English names
    /// in lower case.
    pub is: Vec<Value>,
    /// How frequent.
    pub mode: AffinityMode,
    /// At least so many events, at least 1.
    pub min_events: u32,
    /// When; neither `After` nor `Before`.
    pub within: Window,
}

/// What is counted by an affinity.
#[derive(Clone, Debug, PartialEq)]
pub enum AffinitySubject {
    /// Values of a property.
    Property(Text),
    /// Local hour of the event, in the zone of [`Window::weekdays`].
    Hour,
    /// Local weekday of the event.
    Weekday,
}

/// How an affinity compares.
#[derive(Clone, Debug, PartialEq)]
pub enum AffinityMode {
    /// One of the values has the highest count of all values (ties: each of the tied).
    Most,
    /// One of the values occurs and has the lowest count of all that occur.
    Least,
    /// The share (0 to 1) of events whose value is one of them compares so.
    Share(Test),
}

/// A date relative to `T`. The date is an instant, or a text that writes one; a text or attribute
/// that is a plain `YYYY-MM-DD` is that local day (its first instant, where an instant is needed).
/// Missing, or not a date: false. Zone: the user's, else the workspace's.
#[derive(Clone, Debug, PartialEq)]
pub struct DatePredicate {
    /// Where the date stands.
    pub subject: DateSubject,
    /// How it lies relative to `T`.
    pub op: DateOp,
}

/// Where a date stands.
#[derive(Clone, Debug, PartialEq)]
pub enum DateSubject {
    /// In an attribute, at `T`.
    Attribute(Text),
    /// In a property of the first or last matching event that has the property.
    Property {
        /// Which events.
        of: EventMatch,
        /// Which property.
        property: Text,
        /// The first or the last.
        pick: Pick,
    },
}

/// How a date lies relative to `T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOp {
    /// In (T, T + span].
    InNext(Span),
    /// In (T − span, T].
    InLast(Span),
    /// On the local day exactly so many days after that of `T` (whole days only).
    ExactlyIn(Span),
    /// On the local day exactly so many days before that of `T` (whole days only).
    ExactlyAgo(Span),
    /// Its next anniversary (same month and day; 29 February falls on 28 February in other years)
    /// is one of the local days from today up to so many days on (whole days only).
    AnniversaryIn(Span),
}

/// The user is in one of these lifecycle states.
#[derive(Clone, Debug, PartialEq)]
pub struct LifecyclePredicate {
    /// Keys of states.
    pub is: Vec<Text>,
    /// The present state has been the same at every instant of [T − span, T].
    pub for_at_least: Option<Span>,
    /// The last different state before the present one had this key.
    pub was: Option<Text>,
}

/// The user was scored at `T` and is in one of these groups, and each given score is in its range.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RfmPredicate {
    /// Keys of groups; empty: any.
    pub is: Vec<Text>,
    /// Recency score 1..=5, both ends included.
    pub r: Option<(u8, u8)>,
    /// Frequency score.
    pub f: Option<(u8, u8)>,
    /// Monetary score.
    pub m: Option<(u8, u8)>,
}

/// A prediction compares so.
#[derive(Clone, Debug, PartialEq)]
pub struct ScorePredicate {
    /// Which model.
    pub model: Text,
    /// The comparison.
    pub test: ScoreTest,
}

/// How a prediction is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum ScoreTest {
    /// Its value.
    Value(Test),
    /// Its band.
    Band(Band),
}

/// Bands of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Band {
    MostLikely,
    Moderately,
    LeastLikely,
}

/// The last known position.
#[derive(Clone, Debug, PartialEq)]
pub enum LocationPredicate {
    /// Within so many metres of a point.
    Circle {
        /// Degrees north.
        lat: f64,
        /// Degrees east.
        lon: f64,
        /// Metres.
        radius_m: f64,
    },
    /// By names; at least one is given.
    Place {
        /// ISO 3166 code or name.
        country: Option<Text>,
        /// Region.
        region: Option<Text>,
        /// City.
        city: Option<Text>,
    },
}

/// The user's stable bucket is in `from..to`, `0 ≤ from < to ≤ 10000`.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketPredicate {
    /// Inclusive.
    pub from: u16,
    /// Exclusive.
    pub to: u16,
    /// Another salt gives an independent bucket.
    pub salt: Option<Text>,
}

impl Where {
    /// No condition.
    pub const ALWAYS: Where = Where::All(Vec::new());

    /// Whether there is no condition.
    pub fn always(&self) -> bool {
        matches!(self, Where::All(of) if of.is_empty())
    }
}

impl Window {
    /// All time.
    pub const ALL: Window = Window { range: Range::All, hours: None, weekdays: Vec::new() };

    /// A range without hours and weekdays.
    pub fn range(range: Range) -> Window {
        Window { range, hours: None, weekdays: Vec::new() }
    }
}

impl EventMatch {
    /// Events of one name, without further conditions.
    pub fn named(name: &str) -> EventMatch {
        EventMatch { names: EventNames::Of(vec![Text::new(name)]), filter: Where::ALWAYS }
    }
}

impl Test {
    /// A test in which letter case matters.
    pub fn of(op: Op) -> Test {
        Test { op, case: Case::Sensitive }
    }

    /// `count ≥ n` and its like.
    pub fn at_least(n: i64) -> Test {
        Test::of(Op::Ge(Value::Int(n)))
    }
}
