//! Sets of users: one bit per dense user number, combined word by word.

use model::UserIndex;

/// A set of users. All sets of one snapshot have the same number of bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserSet {
    words: Vec<u64>,
}

/// One bit for each of up to 64 items: a byte each at first, as bytes are compared many at a time,
/// then eight bytes to eight bits by a multiplication whose highest byte takes one bit of each.
#[inline]
pub(crate) fn bits_of<T>(items: &[T], holds: impl Fn(&T) -> bool) -> u64 {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut bytes = [0u8; 64];
    bytes.iter_mut().zip(items).for_each(|(byte, item)| *byte = u8::from(holds(item)));
    let (eights, _) = bytes.as_chunks::<8>();
    let bits = eights.iter().map(|eight| u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56);
    bits.enumerate().fold(0, |word, (place, bits)| word | bits << (place * 8))
}

impl UserSet {
    /// Nobody, with room for `n_users`.
    pub fn empty(n_users: usize) -> UserSet {
        UserSet { words: vec![0; n_users.div_ceil(64)] }
    }

    /// Everybody below `n_users` for whom `member` holds.
    pub fn of(n_users: usize, mut member: impl FnMut(usize) -> bool) -> UserSet {
        let mut set = UserSet::empty(n_users);
        for user in 0..n_users {
            if member(user) {
                set.words[user / 64] |= 1 << (user % 64);
            }
        }
        set
    }

    /// Everybody for whom the next of `members` is true.
    pub fn of_each(n_users: usize, members: impl Iterator<Item = bool>) -> UserSet {
        let mut set = UserSet::empty(n_users);
        let mut members = members.take(n_users);
        for word in &mut set.words {
            for (bit, member) in members.by_ref().take(64).enumerate() {
                *word |= u64::from(member) << bit;
            }
        }
        set
    }

    /// A set of words of 64 users each; missing ones are nobody.
    pub(crate) fn of_words(n_users: usize, words: impl Iterator<Item = u64>) -> UserSet {
        let mut set = UserSet { words: words.collect() };
        set.words.resize(n_users.div_ceil(64), 0);
        set
    }

    /// The union of sets over neighbouring ranges of `range` users each, with numbers that count
    /// from the start of each range.
    pub(crate) fn of_ranges(n_users: usize, range: usize, of: Vec<UserSet>) -> UserSet {
        let mut set = UserSet::empty(n_users);
        for (index, part) in of.into_iter().enumerate() {
            let start = index * range;
            if start.is_multiple_of(64) {
                set.words[start / 64..start / 64 + part.words.len()].copy_from_slice(&part.words);
            } else {
                part.iter().for_each(|user| set.insert(UserIndex(start as u32 + user.0)));
            }
        }
        set
    }

    /// One entry per place: `member` for who is in, `other` for who is not.
    pub(crate) fn to_vec<T: Clone>(&self, member: T, other: T) -> Vec<T> {
        let mut all = vec![other; self.words.len() * 64];
        self.iter().for_each(|user| all[user.at()] = member.clone());
        all
    }

    /// Adds one user.
    pub fn insert(&mut self, user: UserIndex) {
        self.words[user.at() / 64] |= 1 << (user.at() % 64);
    }

    /// Adds one user if they are a member; without a branch.
    #[inline]
    pub(crate) fn insert_if(&mut self, user: UserIndex, member: bool) {
        self.words[user.at() / 64] |= u64::from(member) << (user.at() % 64);
    }

    /// Adds or removes one user.
    pub fn put(&mut self, user: UserIndex, member: bool) {
        let (word, bit) = (&mut self.words[user.at() / 64], user.at() % 64);
        *word = *word & !(1 << bit) | u64::from(member) << bit;
    }

    /// Whether any of some users is in.
    pub(crate) fn any_of(&self, users: &std::ops::Range<u32>) -> bool {
        let (first, last) = (users.start as usize / 64, users.end.div_ceil(64) as usize);
        let words = self.words.get(first..last.min(self.words.len())).unwrap_or_default();
        if users.start.is_multiple_of(64) && users.end.is_multiple_of(64) {
            return words.iter().any(|word| *word != 0);
        }
        users.clone().any(|user| self.contains(UserIndex(user)))
    }

    /// Those of some users who are in, in ascending order.
    pub(crate) fn within(&self, users: &std::ops::Range<u32>) -> impl Iterator<Item = u32> {
        let (first, last) = (users.start as usize / 64, users.end.div_ceil(64) as usize);
        let last = last.min(self.words.len());
        let words = self.words.get(first..last).unwrap_or_default().iter().enumerate();
        let users = users.clone();
        let all = words.flat_map(move |(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    (first + index) as u32 * 64 + bit
                })
            })
        });
        all.filter(move |user| users.contains(user))
    }

    /// Whether the user is in.
    pub fn contains(&self, user: UserIndex) -> bool {
        self.words.get(user.at() / 64).is_some_and(|word| word >> (user.at() % 64) & 1 == 1)
    }

    /// How many are in.
    pub fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether nobody is in.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Keeps who is also in `other`.
    pub fn and(&mut self, other: &UserSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds everybody of `other`.
    pub fn or(&mut self, other: &UserSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Removes everybody of `other`.
    pub fn minus(&mut self, other: &UserSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Everybody, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = UserIndex> {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    UserIndex(index as u32 * 64 + bit)
                })
            })
        })
    }
}
