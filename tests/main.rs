//! End-to-end tests.

mod architecture;
mod bad_parameters;
mod book;
mod reference_values;
mod scenarios;
mod seeds;
mod session;
mod surrogate;
