//! Counter-based random numbers: every draw is a pure function of seed, purpose, entity and position.
//!
//! There is no generator to store, split or hand around. Who needs numbers says what for:
//!
//! ```
//! use duet_random::Key;
//!
//! let key = Key::new(7);
//! let mut weights = key.stream("weights/input-hidden", 3);
//! let first = weights.normal();
//!
//! // The same question has the same answer, whenever and wherever it is asked.
//! assert_eq!(key.stream("weights/input-hidden", 3).normal(), first);
//! // Draw number 1000 needs none of the 999 before it.
//! let far = key.stream("weights/input-hidden", 3).at(1000).uniform();
//! assert!((0.0..1.0).contains(&far));
//! ```
//!
//! The numbers are part of the file format: a scenario and its seed must mean the same network in every later version
//! and on every platform. So [`Key`]'s hashing, [`Stream`]'s layout and the algorithm behind every method are fixed for
//! good, and golden values in the tests hold them. For the same reason the normal and Poisson numbers are made here and
//! not by `rand_distr`: as soon as any crate of the build enables `num-traits/std` (nalgebra and plotters do), that crate
//! takes `exp` and `ln` from the platform's library, whose last bits differ between machines.
//!
//! Source of the generator: Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, SC'11.
#![forbid(unsafe_code)]

mod key;
mod normal;
mod poisson;
mod shuffle;
mod stream;
mod uniform;

pub use key::Key;
pub use poisson::MAX_POISSON_MEAN;
pub use stream::Stream;
