//! How weights learn: one way of assigning credit per file.

mod backprop;

pub use backprop::Backprop;
pub(crate) use backprop::assign_credit;

use duet_units::choice;

choice! {
    /// How an artificial side learns.
    pub enum Learning: "learning" {
        Backprop(Backprop) = "backprop",
    }
}
