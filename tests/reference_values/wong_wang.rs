//! The decision of Wong and Wang's two populations.

use super::entry::Entry;
use super::figure::{Model, Trouble, double};
use duet_random::Key;
use duet_spiking::theory::WongWang;
use duet_spiking::theory::wong_wang::{Decision, Question, Rest};
use duet_units::Current;

/// Trials at each coherence: as many as the notes ask for, and more.
const TRIALS: u64 = 2000;

/// `wongwang.H`: the transfer function.
pub fn transfer(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let listed = entry.params.list("x_nA")?;
    let model = WongWang::default();
    Ok(Model::new(move |key| match (key.name.as_str(), key.at("")) {
        ("H_Hz", Some(x)) if listed.contains(&x) => double(model.transfer(x)),
        _ => Err(Trouble::key(key)),
    }))
}

/// `wongwang.fixed_points`: `S_KIND_mu0_RATE`, and rates of the resting state and of the winner's.
pub fn fixed_points(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let model = WongWang {
        i_0: Current::new(1000.0 * params.number("I0")?),
        j_ext: Current::new(1000.0 * params.number("JA_ext")?),
        ..WongWang::default()
    };
    let (stimuli, coherence) = (params.list("mu0")?, params.number("coh")?);
    Ok(Model::new(move |key| {
        let unknown = || Trouble::key(key);
        let rest = |kind: &str, mu_0: f64| {
            let rests = model.rests(model.stimulus(mu_0, coherence));
            of_kind(kind, &rests).ok_or_else(unknown)
        };
        let rates = |kind: &str, mu_0: Option<&f64>| {
            let mu_0 = *mu_0.ok_or_else(unknown)?;
            Ok(model.rates(rest(kind, mu_0)?.s, model.stimulus(mu_0, coherence)))
        };
        if let Some((kind, mu_0)) = key.bare().strip_prefix("S_").and_then(|name| name.split_once("_mu0_")) {
            let mu_0 = mu_0.parse().ok().filter(|mu_0| stimuli.contains(mu_0)).ok_or_else(unknown)?;
            return double(rest(kind, mu_0)?.s.to_vec());
        }
        match key.bare() {
            "rate_spont_Hz" => double(rates("spont", stimuli.first())?[0]),
            "rate_winner_Hz" => double(rates("winner", stimuli.last())?[0]),
            "rate_loser_Hz" => double(rates("winner", stimuli.last())?[1]),
            _ => Err(unknown()),
        }
    }))
}

/// The rest of a name: the lowest stable one, the unstable one between the two, the stable one in which population 1 is ahead.
fn of_kind(kind: &str, rests: &[Rest]) -> Option<Rest> {
    let apart = |rest: &Rest| (rest.s[0] - rest.s[1]).abs();
    let low = |a: &&Rest, b: &&Rest| (a.s[0] + a.s[1]).total_cmp(&(b.s[0] + b.s[1]));
    match kind {
        "spont" => rests.iter().filter(|rest| rest.stable).min_by(low),
        "saddle" => rests.iter().filter(|r| !r.stable).min_by(|a, b| apart(a).total_cmp(&apart(b))),
        "winner" => rests
            .iter()
            .filter(|rest| rest.stable && rest.s[0] > rest.s[1] + 1e-3)
            .max_by(|a, b| a.s[0].total_cmp(&b.s[0])),
        _ => None,
    }
    .copied()
}

/// `wongwang.psychometric`: shares of right answers and mean times, of those trials that end with an answer.
pub fn psychometric(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let model = WongWang { sigma: Current::new(1000.0 * params.number("sigma")?), ..WongWang::default() };
    let question = Question {
        mu_0: params.number("mu0")?,
        threshold: params.number("thr_Hz")?,
        dt: 0.5,
        before: 500.0,
        most: 1000.0 * params.number("T_s")?,
        start: params.number("S0")?,
    };
    let listed = params.list("coh")?;
    let answers: Vec<Vec<Decision>> = listed
        .iter()
        .map(|&coherence| {
            model.trials(&question, coherence, Key::new(1), TRIALS).into_iter().flatten().collect()
        })
        .collect();
    Ok(Model::new(move |key| {
        let at = key.at("").and_then(|coherence| listed.iter().position(|&one| one == coherence));
        let answers = at.map(|at| &answers[at]).ok_or_else(|| Trouble::key(key))?;
        let mean = |of: &dyn Fn(&Decision) -> f64| answers.iter().map(of).sum::<f64>() / answers.len() as f64;
        match key.name.as_str() {
            "p_correct" => double(mean(&|one| f64::from(u8::from(one.choice == 0)))),
            "mean_RT_ms" => double(mean(&|one| one.time)),
            _ => Err(Trouble::key(key)),
        }
    }))
}
