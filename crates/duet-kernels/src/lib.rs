//! The numerical ground floor: one exp, ln and tanh for all crates, matrix products, run-time CPU dispatch.
//!
//! The only crate with `unsafe` in it: calls of functions compiled for CPU features that were detected first.
#![allow(unsafe_code)]
// A kernel's body takes on its caller's CPU features only where it is inlined.
#![allow(clippy::inline_always)]
// Indices that run to a constant are what the compiler unrolls until every sum is a register.
#![allow(clippy::needless_range_loop)]
// Slices that are arguments do not overlap, and the compiler knows it; of a struct's fields it does not, and a kernel that gets
// its slices in one is not vectorised.
#![allow(clippy::too_many_arguments)]

mod barrier;
mod buffer;
mod dispatch;
pub mod elementwise;
mod error;
mod level;
pub mod math;
pub mod matmul;

pub mod membrane;
pub mod normal;
pub mod philox;
mod poisson;
mod prefetch;
mod real;
pub mod sets;
pub mod sparse;
pub mod unrolled;
pub mod whole;
pub mod window;

pub use barrier::Barrier;
pub use buffer::Buffer;
pub use error::LevelError;
pub use level::CpuLevel;
pub use poisson::{BLOCK, PoissonBlocks};
pub use prefetch::{in_large_pages, prefetch};
pub use real::Real;
