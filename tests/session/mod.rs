//! A user's sessions at the real binary.

mod arguments;
mod at_scale;
mod compare;
mod data;
mod duet;
mod files;
mod kill;
mod refused;
mod resume;
mod run;
mod same_bytes;
mod scenarios;
mod signals;
mod spiking_bits;
mod sweep;
mod sweep_command;
mod training;
mod words;
