//! A vector that another thread can keep as it was while its owner goes on changing it.
//!
//! What it is: elements in chunks of [`CHUNK`] that copies share; a change copies its chunk if
//! somebody else holds it. What it is not: it cannot shrink, and nothing can be put in between.
//!
//! Invariant: every chunk but the last holds exactly [`CHUNK`] elements.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// Elements of a chunk: few enough that a frame of records that touch a chunk each is not held up by
/// copies, enough that sharing all chunks of a million elements takes few milliseconds.
pub const CHUNK: usize = 32;

/// A vector in chunks that are copied when they are changed while somebody else holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunks<T> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Chunks<T> {
        Chunks { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Chunks<T> {
    /// Elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The element at a place; `None` beyond the end.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    /// All elements in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| &chunk[..])
    }

    /// Elements from a place on, at most so many.
    pub fn some(&self, first: usize, n: usize) -> impl Iterator<Item = &T> {
        let chunks = self.chunks.get(first / CHUNK..).unwrap_or_default();
        chunks.iter().flat_map(|chunk| &chunk[..]).skip(first % CHUNK).take(n)
    }

    /// The elements as they are now, for others to keep. Cost: one count per chunk; elements are
    /// copied later, a chunk at a time, when they change while the copy lives.
    pub fn freeze(&self) -> Chunks<T> {
        Chunks { chunks: self.chunks.clone(), len: self.len }
    }
}

impl<T: Clone> Chunks<T> {
    /// Adds an element at the end.
    pub fn push(&mut self, element: T) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::default());
        }
        let chunk = self.chunks.last_mut().expect("a chunk was added if there was none with room");
        Arc::make_mut(chunk).push(element);
        self.len += 1;
    }

    /// The element at a place, to be changed; `None` beyond the end.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let chunk = self.chunks.get_mut(at / CHUNK)?;
        if at % CHUNK >= chunk.len() {
            return None;
        }
        Arc::make_mut(chunk).get_mut(at % CHUNK)
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = T;

    /// Panics beyond the end.
    fn index(&self, at: usize) -> &T {
        &self.chunks[at / CHUNK][at % CHUNK]
    }
}

impl<T: Clone> IndexMut<usize> for Chunks<T> {
    /// Panics beyond the end.
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut Arc::make_mut(&mut self.chunks[at / CHUNK])[at % CHUNK]
    }
}

impl<T: Clone> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Chunks<T> {
        let mut chunks = Chunks::default();
        elements.into_iter().for_each(|element| chunks.push(element));
        chunks
    }
}

#[cfg(test)]
mod tests;
