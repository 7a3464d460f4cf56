//! Optimizers on a quadratic bowl.

use super::entry::{Entry, Params};
use super::figure::{Figure, Grade, Model, Tree, Trouble};
use duet_gradient::{
    Adadelta, Adagrad, Adam, AdamW, GradientAscent, GradientDescent, Momentum, Optimizer, RmsProp, Sgd,
};
use duet_kernels::Real;

/// `opt`: the parameters after each step on f(w) = 1/2 sum a (w - c)^2, or the size of the first step along a gradient.
pub fn sequence(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let optimizer = optimizer(entry)?;
    Ok(Model::new(move |key| {
        let compute = |grade| match key.bare() {
            "w" if grade == Grade::Single => descend::<f32>(&optimizer, &entry.params),
            "w" => descend::<f64>(&optimizer, &entry.params),
            "dw" if grade == Grade::Single => first_step::<f32>(&optimizer, &entry.params),
            "dw" => first_step::<f64>(&optimizer, &entry.params),
            _ => Err(Trouble::key(key)),
        };
        let grades = [Grade::Double, Grade::Single];
        let wanted = if entry.tolerance.single().is_some() { &grades[..] } else { &grades[..1] };
        wanted.iter().map(|&grade| Ok(Figure::new(compute(grade)?, grade))).collect()
    }))
}

/// The optimizer that an entry's identity names (`opt.NAME` or `opt.NAME:VARIANT`).
fn optimizer(entry: &Entry) -> Result<Optimizer, Trouble> {
    let name = entry.id.split('.').nth(1).and_then(|part| part.split([':', '_']).next());
    built(name.unwrap_or(""), &entry.params)
}

/// An optimizer with PyTorch's defaults for what is not given.
fn built(name: &str, params: &Params) -> Result<Optimizer, Trouble> {
    let betas = |default: &Adam| -> Result<Adam, Trouble> {
        Ok(Adam {
            rate: params.number_or("lr", default.rate)?,
            beta_1: params.number_or("b1", default.beta_1)?,
            beta_2: params.number_or("b2", default.beta_2)?,
            epsilon: params.number_or("eps", default.epsilon)?,
            weight_decay: params.number_or("wd", default.weight_decay)?,
            amsgrad: params.optional("amsgrad")?.unwrap_or(default.amsgrad),
        })
    };
    let decay = |default: f64| params.number_or("wd", default);
    Ok(match name {
        "gd" => Optimizer::GradientDescent(GradientDescent { rate: params.number("lr")? }),
        "ga" => Optimizer::GradientAscent(GradientAscent { rate: params.number("lr")? }),
        "sgd" => Optimizer::Sgd(Sgd { rate: params.number("lr")?, weight_decay: decay(0.0)? }),
        "momentum" => Optimizer::Momentum(Momentum {
            rate: params.number("lr")?,
            momentum: params.number("mu")?,
            dampening: params.number_or("damp", 0.0)?,
            nesterov: params.optional("nesterov")?.unwrap_or(false),
            weight_decay: decay(0.0)?,
        }),
        "adagrad" => Optimizer::Adagrad(Adagrad {
            rate: params.number("lr")?,
            rate_decay: params.number_or("lr_decay", 0.0)?,
            initial: params.number_or("initial_accumulator_value", 0.0)?,
            epsilon: params.number_or("eps", Adagrad::default().epsilon)?,
            weight_decay: decay(0.0)?,
        }),
        "rmsprop" => Optimizer::RmsProp(RmsProp {
            rate: params.number("lr")?,
            alpha: params.number_or("alpha", RmsProp::default().alpha)?,
            epsilon: params.number_or("eps", RmsProp::default().epsilon)?,
            momentum: params.number_or("mu", 0.0)?,
            centered: params.optional("centered")?.unwrap_or(false),
            weight_decay: decay(0.0)?,
        }),
        "adadelta" => Optimizer::Adadelta(Adadelta {
            rate: params.number_or("lr", Adadelta::default().rate)?,
            rho: params.number_or("rho", Adadelta::default().rho)?,
            epsilon: params.number_or("eps", Adadelta::default().epsilon)?,
            weight_decay: decay(0.0)?,
        }),
        "adam" => Optimizer::Adam(betas(&Adam::default())?),
        "amsgrad" => Optimizer::Adam(betas(&Adam { amsgrad: true, ..Adam::default() })?),
        "adamw" => {
            let decay = AdamW::default().weight_decay;
            let adam = betas(&Adam { weight_decay: decay, ..Adam::default() })?;
            Optimizer::AdamW(AdamW {
                rate: adam.rate,
                beta_1: adam.beta_1,
                beta_2: adam.beta_2,
                epsilon: adam.epsilon,
                weight_decay: adam.weight_decay,
                amsgrad: adam.amsgrad,
            })
        }
        _ => return Err(Trouble::NotBuilt(format!("optimizer:{name}"))),
    })
}

fn cast<T: Real>(numbers: &[f64]) -> Vec<T> {
    numbers.iter().map(|&number| T::from_f64(number)).collect()
}

fn descend<T: Real>(optimizer: &Optimizer, params: &Params) -> Result<Tree, Trouble> {
    let list = |name| params.list(name).map(|numbers| cast::<T>(&numbers));
    let (a, c, mut w) = (list("a")?, list("c")?, list("w0")?);
    let mut stepper = optimizer.start(w.len());
    let mut path = Vec::new();
    for _ in 0..params.required::<u64>("steps")? {
        let gradient: Vec<T> = w.iter().zip(&a).zip(&c).map(|((&w, &a), &c)| a * (w - c)).collect();
        stepper.step(&mut w, &gradient);
        path.push(w.iter().map(|w| w.to_f64()).collect::<Vec<_>>());
    }
    Ok(path.into())
}

fn first_step<T: Real>(optimizer: &Optimizer, params: &Params) -> Result<Tree, Trouble> {
    let gradient = cast::<T>(&params.list("g")?);
    let mut w = vec![T::ZERO; gradient.len()];
    optimizer.start(w.len()).step(&mut w, &gradient);
    Ok(w.iter().map(|w| w.to_f64().abs()).collect::<Vec<_>>().into())
}
