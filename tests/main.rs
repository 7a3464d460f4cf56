//! End-to-end tests.

mod reference_values;
