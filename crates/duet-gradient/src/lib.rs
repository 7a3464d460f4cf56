//! Losses, optimizers, schedules and gradient checks, without layers.
//!
//! A network (of either physics) produces numbers, a [`Loss`] says how wrong they are and which way is better, and an
//! [`Optimizer`] takes the step: a [`Stepper`] is one at work, with a [`Schedule`] of its rate and a [`Clip`] on its
//! gradients. None of them knows how the numbers came about, so artificial and spiking networks train with the same code.
//!
//! ```
//! use duet_gradient::{CrossEntropy, Logits, Optimizer, Sgd};
//!
//! // One example, two classes; the "network" is its two logits. The right class is 1.
//! let mut logits = [0.0_f64, 0.0];
//! let mut gradient = [0.0; 2];
//! let loss = CrossEntropy::default().evaluate(Logits::new(&logits, 2)?, &[1], &mut gradient)?;
//! assert!((loss - core::f64::consts::LN_2).abs() < 1e-15); // knows nothing: ln 2
//! assert_eq!(gradient, [0.5, -0.5]); // probability minus truth
//!
//! let mut stepper = Optimizer::Sgd(Sgd { rate: 1.0, weight_decay: 0.0 }).start(2);
//! stepper.step(&mut logits, &gradient);
//! assert_eq!(logits, [-0.5, 0.5]);
//! # Ok::<(), duet_gradient::GradientError>(())
//! ```
#![forbid(unsafe_code)]

mod check;
pub mod clip;
mod error;
mod logits;
mod loss;
mod optimizer;
pub mod schedule;
mod stepper;

pub use check::{GradientCheck, check_gradient};
pub use clip::Clip;
pub use error::GradientError;
pub use logits::{Logits, Probabilities};
pub use loss::{BinaryCrossEntropy, CrossEntropy, Loss, Mae, Mse, SoftmaxTwice, Targets};
pub use optimizer::{
    Adadelta, Adagrad, Adam, AdamW, GradientAscent, GradientDescent, Momentum, Optimizer, RmsProp, Sgd,
    Update,
};
pub use schedule::Schedule;
pub use stepper::{ByHand, Progress, State, Stepper};
