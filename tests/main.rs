//! End-to-end tests.

mod architecture;
mod bad_parameters;
mod book;
mod comparison;
mod reference_values;
mod scenarios;
mod seeds;
mod session;
mod surrogate;
