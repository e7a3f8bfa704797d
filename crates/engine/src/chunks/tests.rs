use proptest::prelude::*;

use super::*;

/// What is done with a vector. Places are taken modulo a little more than its length.
#[derive(Clone, Debug)]
enum Deed {
    Push(u16),
    Set(usize, u16),
    Freeze,
    /// Gives back the oldest frozen copy.
    Thaw,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => any::<u16>().prop_map(Deed::Push),
        4 => (any::<usize>(), any::<u16>()).prop_map(|(at, value)| Deed::Set(at, value)),
        1 => Just(Deed::Freeze),
        1 => Just(Deed::Thaw),
    ]
}

fn same(chunks: &Chunks<u16>, plain: &[u16]) {
    assert!(chunks.iter().eq(plain.iter()));
    for (first, n) in [(0, usize::MAX), (CHUNK - 1, 2), (CHUNK + 3, CHUNK), (2 * CHUNK, 1)] {
        assert!(chunks.some(first, n).eq(plain.iter().skip(first).take(n)));
    }
    assert_eq!((chunks.len(), chunks.is_empty()), (plain.len(), plain.is_empty()));
    assert_eq!(chunks.get(plain.len()), None);
}

proptest! {
    #[test]
    fn it_is_a_vector_whose_frozen_copies_never_change(
        n_before in prop_oneof![Just(0), CHUNK - 4..CHUNK + 4, 2 * CHUNK - 2..2 * CHUNK + 4],
        deeds in proptest::collection::vec(deed(), 1..80),
    ) {
        let mut plain: Vec<u16> = (0..n_before as u16).collect();
        let mut chunks: Chunks<u16> = plain.iter().copied().collect();
        let mut frozen = Vec::new();
        for deed in deeds {
            match deed {
                Deed::Push(value) => {
                    chunks.push(value);
                    plain.push(value);
                }
                Deed::Set(at, value) => {
                    let at = at % (plain.len() + 2);
                    match (chunks.get_mut(at), plain.get_mut(at)) {
                        (Some(ours), Some(theirs)) => (*ours, *theirs) = (value, value),
                        (ours, theirs) => prop_assert_eq!(ours, theirs),
                    }
                    if at < plain.len() {
                        prop_assert_eq!((chunks[at], chunks.get(at)), (value, Some(&value)));
                    }
                }
                Deed::Freeze => frozen.push((chunks.freeze(), plain.clone())),
                Deed::Thaw if frozen.is_empty() => {}
                Deed::Thaw => drop(frozen.remove(0)),
            }
        }
        same(&chunks, &plain);
        frozen.iter().for_each(|(chunks, plain)| same(chunks, plain));
    }
}

#[test]
fn a_change_copies_only_the_chunk_that_others_hold() {
    let mut chunks: Chunks<u32> = (0..4 * CHUNK as u32).collect();
    let frozen = chunks.freeze();
    chunks[CHUNK + 5] = 0;
    let shared = |at: usize| Arc::ptr_eq(&chunks.chunks[at], &frozen.chunks[at]);
    assert_eq!([0, 1, 2, 3].map(shared), [true, false, true, true]);
    let before = Arc::as_ptr(&chunks.chunks[1]);
    chunks[CHUNK + 6] = 0;
    assert_eq!(Arc::as_ptr(&chunks.chunks[1]), before, "nobody else holds it any more");
}
