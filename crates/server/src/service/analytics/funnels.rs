//! Funnels.

use history::distribution::Distribution;
use history::funnel::{self, Order, Step};
use history::groups::{By, UserGroups};
use model::Timestamp;
use wire::api::{Funnel, FunnelGroup, FunnelInput, FunnelOrder, FunnelStep, Spread};

use super::super::{Service, limit, share, span};
use super::{TOP, event, group, name, optional_instant};
use crate::failure::Failure;

/// Steps of a funnel at most.
const STEPS_MAX: usize = 20;

/// Properties that a funnel holds at most.
const HELD_MAX: usize = 5;

/// Bounds of histograms of time: a minute to thirty days.
const SECONDS: [f64; 12] = [
    10.0,
    60.0,
    300.0,
    900.0,
    3_600.0,
    21_600.0,
    86_400.0,
    259_200.0,
    604_800.0,
    1_209_600.0,
    2_592_000.0,
    7_776_000.0,
];

/// Bounds of histograms of how often a step was done.
const TIMES: [f64; 7] = [1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0];

impl Service {
    /// How far users came.
    pub fn funnel(&self, input: &FunnelInput) -> Result<Funnel, Failure> {
        let asked = self.funnel_question(input)?;
        let top = limit("top", input.top, TOP.0, TOP.1)?;
        let view = self.view(input.as_of.as_deref(), input.known_at.as_deref())?;
        let evaluator = view.evaluator();
        let within = self.within(&view, &evaluator, input.segment.as_deref())?;
        let (groups, first) = match self.by(input.by.as_ref())? {
            None => (UserGroups::one(within.as_ref()), None),
            Some(By::Attribute(name)) => {
                (UserGroups::by_attribute(&evaluator, within.as_ref(), &name, top)?, None)
            }
            Some(By::Property(name)) => (UserGroups::one(within.as_ref()), Some(name)),
        };
        if first.is_some() && asked.order == Order::Any {
            let message = "in any order there is no first step, by whose property to break down";
            return Err(Failure::unprocessable("funnel.by", message)
                .hint("break down by an attribute, or ask for the order `loose`"));
        }
        let first = first.as_ref().map(|name| (name.as_str(), top));
        let found = funnel::conversions(&evaluator, &asked, &groups, first)?;
        let mut written: Vec<FunnelGroup> = found
            .iter()
            .map(|found| FunnelGroup {
                group: group(&found.group),
                steps: steps(&asked, &found.steps),
            })
            .collect();
        let whole = input.by.is_none().then(|| written.pop()).flatten();
        Ok(Funnel {
            steps: whole.map_or_else(Vec::new, |whole| whole.steps),
            groups: written,
            seconds_bounds: SECONDS.into(),
            times_bounds: TIMES.into(),
        })
    }

    fn funnel_question(&self, input: &FunnelInput) -> Result<funnel::Funnel, Failure> {
        if input.steps.is_empty() || input.steps.len() > STEPS_MAX {
            let message =
                format!("a funnel has 1 to {STEPS_MAX} steps, this one has {}", input.steps.len());
            return Err(Failure::unprocessable("funnel.steps", message));
        }
        let order = match input.order {
            FunnelOrder::Loose => Order::Loose,
            FunnelOrder::Strict => Order::Strict,
            FunnelOrder::Any => Order::Any,
        };
        let step_windows = input
            .step_windows
            .iter()
            .map(|text| text.as_deref().map(|text| span("step_windows", text)).transpose());
        let step_windows: Vec<_> = step_windows.collect::<Result<_, _>>()?;
        let windows = step_windows.iter().flatten().count();
        if step_windows.len() > input.steps.len() || (order == Order::Any && windows > 0) {
            let message = "`step_windows` has an entry per step, and none in any order";
            return Err(Failure::unprocessable("funnel.step_windows", message)
                .hint("in any order, use `window`"));
        }
        if input.hold.len() > HELD_MAX || (input.per.is_some() && !input.hold.is_empty()) {
            let message =
                format!("`hold` names at most {HELD_MAX} properties, and none together with `per`");
            return Err(Failure::unprocessable("funnel.hold", message));
        }
        let held: Vec<&String> = input.per.iter().chain(&input.hold).collect();
        held.iter().try_for_each(|name| self.known_property("hold", name))?;
        let begins = (
            optional_instant("since", input.since.as_deref())?.unwrap_or(Timestamp::MIN),
            optional_instant("until", input.until.as_deref())?.unwrap_or(Timestamp::MAX),
        );
        Ok(funnel::Funnel {
            steps: input.steps.iter().map(event).collect::<Result<_, _>>()?,
            order,
            window: input.window.as_deref().map(|text| span("window", text)).transpose()?,
            step_windows,
            held: held.into_iter().map(|name| name.as_str().into()).collect(),
            per_value: input.per.is_some(),
            begins,
        })
    }
}

fn steps(asked: &funnel::Funnel, steps: &[Step]) -> Vec<FunnelStep> {
    let first = steps.first().map_or(0, |step| step.reached);
    let step = |(index, step): (usize, &Step)| {
        let before = index.checked_sub(1).map_or(step.reached, |before| steps[before].reached);
        FunnelStep {
            name: match asked.order {
                Order::Any => format!("any {}", index + 1),
                _ => name(&asked.steps[index]),
            },
            users: step.reached,
            conversion: share(step.reached, first),
            conversion_from_before: share(step.reached, before),
            dropped: before - step.reached,
            seconds_from_before: spread(&step.from_before, 1_000.0, &SECONDS),
            seconds_from_start: spread(&step.from_start, 1_000.0, &SECONDS),
            times_before: spread(&step.times_before, 1.0, &TIMES),
        }
    };
    steps.iter().enumerate().map(step).collect()
}

/// Numbers in brief, in a unit of so many of theirs; nothing of none.
pub(super) fn spread(numbers: &Distribution, unit: f64, bounds: &[f64]) -> Option<Spread> {
    let [median, p90] = numbers.quantiles([0.5, 0.9])?;
    let bounds: Vec<f64> = bounds.iter().map(|bound| bound * unit).collect();
    Some(Spread {
        mean: numbers.mean()? / unit,
        median: median / unit,
        p90: p90 / unit,
        histogram: numbers.histogram(&bounds),
    })
}
