//! Views of what was known earlier, kept for the questions of one page: each costs a pass over what
//! came in since.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use history::{QueryError, Snapshot};
use model::Timestamp;

/// Views kept: a page asks about one or two instants.
const VIEWS_MAX: usize = 4;

/// The last views that were asked for.
#[derive(Default)]
pub struct KnownViews {
    views: Mutex<VecDeque<View>>,
}

struct View {
    of: Weak<Snapshot>,
    at: Timestamp,
    known: Arc<Snapshot>,
}

impl KnownViews {
    /// Lets go of all: they show what is to be shown no more.
    pub fn clear(&self) {
        self.views.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What of a snapshot was known at an instant. Views of snapshots that nobody holds any more
    /// are let go.
    pub fn at(&self, of: &Arc<Snapshot>, at: Timestamp) -> Result<Arc<Snapshot>, QueryError> {
        // Held meanwhile: who asks for the same at once waits instead of doing it again.
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.retain(|view| view.of.strong_count() > 0);
        let same = |view: &View| view.at == at && std::ptr::eq(view.of.as_ptr(), Arc::as_ptr(of));
        if let Some(place) = views.iter().position(same)
            && let Some(view) = views.remove(place)
        {
            let known = Arc::clone(&view.known);
            views.push_back(view);
            return Ok(known);
        }
        let known = Arc::new(of.known_at(at)?);
        if views.len() >= VIEWS_MAX {
            views.pop_front();
        }
        views.push_back(View { of: Arc::downgrade(of), at, known: Arc::clone(&known) });
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use engine::Fold;
    use history::Store;
    use model::{Event, EventId, Record, What, Who};

    use super::*;

    fn bought(received: i64) -> Record {
        let (id, name) = (EventId(received as u128), "buy".into());
        let event = Event { name, time: Timestamp(received), id, properties: Vec::new() };
        let what = What::Event(event);
        Record { received_at: Timestamp(received), who: Who::user("ada"), what }
    }

    #[test]
    fn the_last_views_are_kept_as_long_as_what_they_are_of() {
        let (mut fold, mut store) = (Fold::new(), Store::in_memory());
        let mut apply = |store: &mut Store, received| {
            let record = bought(received);
            let step = fold.step(&record);
            store.apply(&step, record, &fold.person(step.user).public_id.clone(), received as u64);
        };
        apply(&mut store, 10);
        apply(&mut store, 20);
        let (views, snapshot) = (KnownViews::default(), store.snapshot().unwrap());
        let first = views.at(&snapshot, Timestamp(10)).unwrap();
        assert_eq!(first.n_events(Timestamp::MAX).unwrap(), 1);
        assert!(Arc::ptr_eq(&first, &views.at(&snapshot, Timestamp(10)).unwrap()));
        for at in 11..15 {
            views.at(&snapshot, Timestamp(at)).unwrap();
        }
        assert_eq!(views.views.lock().unwrap().len(), VIEWS_MAX);
        assert!(!Arc::ptr_eq(&first, &views.at(&snapshot, Timestamp(10)).unwrap()));
        drop(snapshot);
        apply(&mut store, 30);
        let snapshot = store.snapshot().unwrap();
        assert_eq!(
            views.at(&snapshot, Timestamp(20)).unwrap().n_events(Timestamp::MAX).unwrap(),
            2
        );
        assert_eq!(views.views.lock().unwrap().len(), 1);
    }
}
