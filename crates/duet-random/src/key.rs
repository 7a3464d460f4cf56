//! From a seed and names to the key of a stream.

use rand_philox::splitmix64;

use crate::Stream;

/// The root of all randomness of a run, or of a named part of it.
///
/// A key is a 64-bit state: the seed itself for [`Key::new`]. A name leads from one key to the next by
/// `splitmix64(splitmix64(state + 0x9e3779b97f4a7c15) ^ fnv1a(name))`, where `splitmix64` is the output function of
/// `SplitMix64` and `fnv1a` the 64-bit FNV-1a hash of the name's UTF-8 bytes. This is part of the file format and never
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    state: u64,
}

impl Key {
    /// The key of a whole run. Neighbouring seeds give unrelated numbers.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The key of a named part, for example of one projection.
    ///
    /// ```
    /// use duet_random::Key;
    /// let key = Key::new(7);
    /// assert_eq!(key.child("input-hidden"), Key::new(7).child("input-hidden"));
    /// assert_ne!(key.child("input-hidden"), key.child("hidden-output"));
    /// assert_ne!(key.child("a").child("bc"), key.child("ab").child("c"));
    /// ```
    #[must_use]
    pub fn child(self, name: &str) -> Self {
        Self { state: splitmix64(splitmix64(self.state.wrapping_add(GOLDEN)) ^ fnv1a(name)) }
    }

    /// The key of a Philox generator, for draws that are made in bulk and count for themselves. No other purpose has it.
    pub fn words(self, purpose: &str) -> [u32; 2] {
        let state = self.child(purpose).state;
        [state as u32, (state >> 32) as u32]
    }

    /// The stream of numbers for one `purpose` and one `entity` (the index of a neuron, a synapse, an example ...), at
    /// its first position.
    ///
    /// The Philox key is the state of `child(purpose)`, low half first; `entity` is the counter's upper half.
    pub fn stream(self, purpose: &str, entity: u64) -> Stream {
        Stream::new(self.words(purpose), entity)
    }
}

/// 2^64 divided by the golden ratio: keeps the state 0 away from `splitmix64`'s fixed point 0.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The 64-bit FNV-1a hash of the UTF-8 bytes of `text` (Fowler, Noll & Vo).
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::{Key, fnv1a};

    // From the authors' own list of test vectors.
    #[test]
    fn fnv1a_known_answers() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn seed_purpose_entity_and_path_all_matter() {
        let word = |key: Key, purpose, entity| key.stream(purpose, entity).word();
        let all = [
            word(Key::new(0), "a", 0),
            word(Key::new(1), "a", 0),
            word(Key::new(0), "b", 0),
            word(Key::new(0), "", 0),
            word(Key::new(0), "a", 1),
            word(Key::new(0), "a", 1 << 32),
            word(Key::new(0).child("a"), "a", 0),
            word(Key::new(0).child("b"), "a", 0),
            word(Key::new(0).child("a"), "b", 0),
        ];
        for (i, x) in all.iter().enumerate() {
            assert!(!all[..i].contains(x), "entry {i} repeats an earlier one");
        }
    }
}
