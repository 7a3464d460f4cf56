use super::trial::{Look, Schedule};
use super::*;
use crate::scenario::{Document, check};
use crate::{Finished, Options, Origin, Silent, run};
use duet_random::Key;
use duet_record::Run;

/// Both ends of the synapse fire at given times, because stimuli make them.
fn text(rule: &str, protocol: &str) -> String {
    let side = |name: &str| {
        format!(
            "[side.{name}.spiking]\ndt = '1 ms'\nweight_unit = '30 mV'\nsynapse.delta = {{}}\nplasticity.{rule}\n\
             neuron.lif = {{ tau_m = '20 ms', e_l = '-70 mV', v_th = '-50 mV', v_reset = '-70 mV', t_ref = '0 ms' }}\n\
             stimulus.on = {{ to = 'a', spikes.times = ['100 ms', '5 s', '9 s'] }}\n\
             stimulus.off = {{ to = 'b', spikes.times = ['108 ms', '5008 ms', '9008 ms'] }}\n"
        )
    };
    format!(
        "title = 't'\nquestion = 'q?'\nseed = 1\nseeds = 2\npopulation = {{ a.size = 2, b.size = 2 }}\n\
         projection.p = {{ from = 'a', to = 'b', weights.constant = 0.01, delay.constant = '1 ms' }}\n\
         {}{}[protocol.reward]\nprojection = 'p'\n{protocol}",
        side("earns"),
        side("yoked")
    )
}

const RULE: &str = "reward_stdp = { a_plus = 0.1, tau_c = '1 s', tau_d = '0.2 s' }";

fn refused(text: String) -> String {
    check(Document::parse("t", text).unwrap(), &[]).unwrap_err().to_string()
}

/// Each spike of the target follows its source's by 8 ms, 7 ms as the synapse sees it; rewards come 1 s later.
#[test]
fn the_weight_at_the_end_is_the_closed_form_of_the_rule() {
    let protocol =
        "duration = '16 s'\nafter = { from = '1 s', to = '1 s' }\namount = 0.5\nshuffled = ['yoked']";
    let checked = check(Document::parse("t", text(RULE, protocol)).unwrap(), &[]).unwrap();
    let out = tempfile::tempdir().unwrap();
    let options = Options { out: out.path().to_owned(), threads: 2, figures: false };
    let origin = Origin { stem: "t".to_owned(), ..Origin::default() };
    let Finished { folder, .. } = run(&checked, &origin, &options, &Silent).unwrap();
    let metrics = Run::open(&folder).unwrap().metrics().unwrap();
    let value = |side: &str, path: &str| metrics.get(side, path).unwrap().value.unwrap();
    assert_eq!((value("earns", "rewards"), value("yoked", "rewards")), (3.0, 3.0));
    // Marks fade between the pairs, 4 s apart and more, but every reward finds what is left of all of them.
    let rule = duet_spiking::plasticity::RewardStdp { a_plus: 0.1, ..Default::default() };
    let deeds = [108.0, 5008.0, 9008.0];
    let rewards = deeds.map(|deed| deed + 1000.0);
    let of = |deed: f64, reward: f64| match reward - deed {
        after if after >= 0.0 => rule.window(7.0, after, 0.5),
        // What is left of the dopamine that earlier deeds brought.
        before => rule.window(7.0, 0.0, 0.5 * duet_kernels::math::exp(before / 200.0)),
    };
    let change: f64 =
        deeds.iter().flat_map(|&deed| rewards.iter().map(move |&reward| of(deed, reward))).sum();
    let w = value("earns", "p.w_rewarded");
    assert!((w - 0.01 - change).abs() < 1e-12, "{w} {change}");
    // Both synapses of a source see the same, so none is stronger.
    assert!((value("earns", "p.rank") - 0.5).abs() < 1e-12 && value("earns", "p.stands_out") == 0.0);
}

#[test]
fn a_reward_is_earned_within_the_window_and_in_the_right_order() {
    let protocol: DistalReward = toml::from_str(
        "projection = 'p'\nduration = '1 s'\nwindow = '10 ms'\nafter = { from = '3 ms', to = '3 ms' }",
    )
    .unwrap();
    let come = |events: &[(u64, bool, bool)]| -> Vec<u64> {
        let mut schedule = Schedule::earned(&protocol, 0.5, Key::new(1));
        let at =
            |step: u64| events.iter().find(|event| event.0 == step).map_or((false, false), |e| (e.1, e.2));
        (1..200).flat_map(|step| vec![step; schedule.come(step, at(step).0, at(step).1)]).collect()
    };
    assert_eq!(come(&[(10, true, false), (30, false, true)]), [36], "20 steps are 10 ms, 6 steps are 3 ms");
    assert!(come(&[(10, true, false), (31, false, true)]).is_empty(), "too late");
    assert!(come(&[(10, false, true), (12, true, false)]).is_empty(), "the wrong order");
    assert!(come(&[(10, true, true)]).is_empty(), "at once is not before");
    assert_eq!(
        come(&[(10, true, false), (12, false, true), (13, false, true)]),
        [18, 19],
        "every spike of the target"
    );
}

#[test]
fn shuffled_rewards_keep_their_intervals() {
    let given: Vec<f64> = vec![3.0, 10.0, 10.0, 35.0, 95.0];
    let orders: Vec<Vec<u64>> = (0..4)
        .map(|seed| {
            let mut schedule = Schedule::shuffled(&given, 0.5, Key::new(seed));
            (1..=200).flat_map(|step| vec![step; schedule.come(step, true, true)]).collect()
        })
        .collect();
    for times in &orders {
        let mut intervals: Vec<u64> =
            (0..5).map(|k| times[k] - if k == 0 { 0 } else { times[k - 1] }).collect();
        intervals.sort_unstable();
        assert_eq!(intervals, [0, 6, 14, 50, 120], "in steps of half a millisecond");
    }
    assert!(orders.iter().any(|times| times != &orders[0]), "seeds shuffle differently");
}

#[test]
fn a_look_ranks_among_the_others() {
    let look = Look::at(5.0, &[0.1, 0.7, 0.3, 0.7, 0.9], 1, 2);
    assert_eq!((look.rewarded, look.largest, look.rank), (0.7, 0.9, (2.0 + 0.5) / 4.0));
    assert!((look.mean - 0.5).abs() < 1e-15, "{look:?}");
    assert_eq!(Look::at(5.0, &[0.1, 0.7], 1, 0).rank, 1.0);
}

#[test]
fn what_cannot_be_rewarded_is_refused_by_name() {
    for (rule, protocol, words) in [
        ("stdp = {}", "duration = '1 s'", "has plasticity.stdp, which hears no reward"),
        (RULE, "duration = '1 s'\nshuffled = ['yoke']", "there is no side `yoke`"),
        (RULE, "duration = '1 s'\nshuffled = ['yoked', 'earns']", "none earns the rewards"),
        (RULE, "duration = '1 s'\nafter = { from = '2 s', to = '1 s' }", "from"),
        (RULE, "duration = '0 s'", "duration"),
    ] {
        let error = refused(text(rule, protocol));
        assert!(error.contains(words), "{error}");
    }
    let elsewhere = text(RULE, "duration = '1 s'").replace("projection = 'p'", "projection = 'q'");
    assert!(refused(elsewhere).contains("there is no projection `q`"));
    let network = |protocol: &str| {
        let checked = check(Document::parse("t", text(RULE, protocol)).unwrap(), &[]).unwrap();
        let out = tempfile::tempdir().unwrap();
        let options = Options { out: out.path().to_owned(), threads: 1, figures: false };
        run(&checked, &Origin::default(), &options, &Silent).unwrap_err().to_string()
    };
    let error = network("duration = '1 s'\nsource = 2");
    assert!(error.contains("source = 2, but `a` has 2 cells, counted from 0 to 1"), "{error}");
}
