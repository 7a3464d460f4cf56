//! The biological side: membranes, synapses, spikes, local plasticity.
//!
//! A [`Simulation`] is compiled from the shared [`duet_topology::Network`] and a [`SpikingSide`], the table
//! `[side.NAME.spiking]` of a scenario. Time is an integer number of steps; spikes lie on the grid and are stamped at the
//! end of the step in which the membrane crosses its threshold, unless the integrator finds them inside it.
//!
//! One step from t - dt to t has one order, and every result depends on it:
//!
//! 1. membranes and synaptic currents are integrated to t; gap junctions carry what the potentials at t - dt make flow;
//! 2. what arrives at t is added (a delta synapse moves V, any other its own current);
//! 3. the threshold is tested;
//! 4. plasticity: rules read the traces as they were before the spikes of this instant, then these are added;
//! 5. spikes are sent; they arrive one delay later, at least one step.
#![forbid(unsafe_code)]

pub mod analysis;
pub mod cable;
pub mod channel;
mod compile;
mod coupling;
mod credit;
mod dale;
pub mod decode;
mod deliver;
pub mod diehl_cook;
pub mod encode;
mod error;
pub mod gradient;
pub mod initial;
pub mod integrator;
pub mod ion;
pub mod network;
pub mod neuron;
pub mod normalise;
pub mod plasticity;
mod present;
pub mod release;
mod reservoir;
mod side;
mod simulate;
pub mod stimulus;
pub mod synapse;
pub mod theory;
mod windows;

pub use credit::Credit;
pub use dale::Dale;
pub use decode::Decode;
pub use encode::Encode;
pub use error::SpikingError;
pub use initial::Initial;
pub use integrator::Integrator;
pub use neuron::Neuron;
pub use normalise::Normalise;
pub use plasticity::Plasticity;
pub use present::{Activity, Recording, Response, SpikingNet, SpikingState};
pub use release::Release;
pub use reservoir::Reservoir;
pub use side::{DelaySite, InitialWeights, SpikingPopulation, SpikingProjection, SpikingSide, Teacher};
pub use simulate::Simulation;
pub use stimulus::Stimulus;
pub use synapse::{Synapse, WeightUnit};
