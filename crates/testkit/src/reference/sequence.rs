//! Sequences by trying every chain.

use segment::evaluate::UserEvent;
use segment::tree::SequencePredicate;

use super::World;
use super::events::place;

impl<'a> World<'a> {
    pub(super) fn sequence(&self, p: &SequencePredicate) -> bool {
        self.continues(p, &mut Vec::new())
    }

    /// Whether the chain can be continued to a whole one.
    fn continues(&self, p: &SequencePredicate, chain: &mut Vec<&'a UserEvent>) -> bool {
        let Some(step) = p.steps.get(chain.len()) else { return self.accepted(p, chain) };
        for event in self.events() {
            let before = chain.last().copied();
            let later = before.is_none_or(|before| place(before) < place(event));
            if later
                && self.inside(&p.within, event.time, None)
                && self.matches(step, event, before)
            {
                chain.push(event);
                if self.continues(p, chain) {
                    return true;
                }
                chain.pop();
            }
        }
        false
    }

    fn accepted(&self, p: &SequencePredicate, chain: &[&UserEvent]) -> bool {
        let (Some(first), Some(last)) = (chain.first(), chain.last()) else { return false };
        let in_time = p.complete_within.is_none_or(|span| last.time - first.time <= span);
        in_time
            && p.without.iter().all(|without| {
                let i = without.after_step as usize;
                let (from, to) = (chain[i - 1], chain[i]);
                !self.events().into_iter().any(|e| {
                    place(from) < place(e)
                        && place(e) < place(to)
                        && self.matches(&without.of, e, Some(from))
                })
            })
    }
}
