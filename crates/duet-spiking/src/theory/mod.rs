//! What networks should do, without simulating them: rates, fixed points, decisions.
//!
//! Every file is one theory. None knows the engine; the engine is held against them.

pub mod brunel;
pub mod linear;
pub mod mean_field;
pub mod siegert;
pub mod weibull;
pub mod wong_wang;

pub use brunel::Brunel;
pub use mean_field::{FixedPoint, MeanField};
pub use siegert::Siegert;
pub use weibull::Weibull;
pub use wong_wang::{Decision, WongWang};
