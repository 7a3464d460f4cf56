//! End-to-end tests.

mod architecture;
mod reference_values;
mod scenarios;
mod session;
