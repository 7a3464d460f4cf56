use super::Plan;
use crate::link::Operation;
use crate::link::dense::Dense;
use crate::samples::{CHAIN, SKIP, SPARSE, network, side};
use crate::{AnnError, AnnSide};
use duet_topology::{TopologyError, Wiring};

fn refused(network_text: &str, side_text: &str) -> AnnError {
    Plan::new(&network(network_text), &side(side_text)).unwrap_err()
}

#[test]
fn populations_become_layers_in_the_order_in_which_they_feed_each_other() {
    let plan = Plan::new(&network(SKIP), &AnnSide::default()).unwrap();
    let names: Vec<&str> = plan.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["input", "lower", "upper", "output"]);
    assert_eq!((plan.output, plan.inputs(), plan.outputs()), (3, 3, 3));
    assert!(plan.links.iter().all(|link| link.from < link.to));
    assert_eq!(plan.layers[3].incoming, [2, 3, 4]);
    assert_eq!(plan.layers[1].outgoing, [0, 4]);
}

#[test]
fn the_arena_holds_each_projection_in_turn() {
    let plan = Plan::new(&network(CHAIN), &AnnSide::default()).unwrap();
    let places: Vec<_> = plan.links.iter().map(|link| (link.weights.clone(), link.bias.clone())).collect();
    assert_eq!(places, [(0..16, Some(16..24)), (24..40, Some(40..42))]);
    assert_eq!(plan.parameters, 42);
}

#[test]
fn only_the_input_has_no_activation_of_its_own() {
    let plan =
        Plan::new(&network(CHAIN), &side("activation.tanh = {}\npopulation.output.activation.identity = {}"));
    let names: Vec<_> = plan.unwrap().layers.iter().map(|layer| layer.activation.name()).collect();
    assert_eq!(names, ["identity", "tanh", "identity"]);
    let error = refused(CHAIN, "population.input.activation.tanh = {}");
    assert!(matches!(error, AnnError::Override { name, .. } if name == "input"));
    let error = refused(CHAIN, "population.hiden.activation.tanh = {}");
    assert!(error.to_string().contains("population.hiden: no population"), "{error}");
}

#[test]
fn graphs_that_cannot_be_computed_are_refused_by_name() {
    let circle = "
        population = { a.size = 1, b.size = 1, c.size = 1 }
        projection.x = { from = 'a', to = 'b', weights.constant = 1.0 }
        projection.y = { from = 'b', to = 'c', weights.constant = 1.0 }
        projection.z = { from = 'c', to = 'b', weights.constant = 1.0 }";
    assert_eq!(refused(circle, ""), AnnError::Order(TopologyError::Cycle { names: "b, c".into() }));
    let two_sources = "
        population = { a.size = 1, b.size = 1, c.size = 1 }
        projection.x = { from = 'a', to = 'c', weights.constant = 1.0 }
        projection.y = { from = 'b', to = 'c', weights.constant = 1.0 }";
    assert_eq!(refused(two_sources, ""), AnnError::NotFed { population: "b".into(), input: "a".into() });
    let two_sinks = "
        population = { a.size = 1, b.size = 1, c.size = 1 }
        projection.x = { from = 'a', to = 'b', weights.constant = 1.0 }
        projection.y = { from = 'a', to = 'c', weights.constant = 1.0 }";
    assert_eq!(refused(two_sinks, ""), AnnError::DeadEnd { population: "b".into(), output: "c".into() });
    assert_eq!(refused("", ""), AnnError::NoPopulations);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let text = "learning.backprop = { batch = 8, optimizer.gradient_descent = { rate = 0.1 } }";
    assert!(matches!(refused(CHAIN, text), AnnError::Side { path, .. } if path == "learning.backprop.batch"));
}

#[test]
fn a_sparse_projection_knows_its_synapses() {
    let plan = Plan::new(&network(SPARSE), &AnnSide::default()).unwrap();
    let Operation::Dense(Dense { present: Some(present) }) = &plan.links[0].operation else {
        panic!("dense")
    };
    for post in 0..5 {
        assert_eq!((0..6).filter(|pre| present[pre * 5 + post]).count(), 3);
    }
    assert_eq!(plan.links[0].multiply_adds(), 15);
    assert_eq!(plan.links[1].multiply_adds(), 15);
}

#[test]
fn what_a_matrix_cannot_hold_or_would_waste_is_compressed() {
    // Two synapses between the same units.
    let mut twice = network(SPARSE);
    twice.projections["a"].wiring =
        Wiring::Sparse { offsets: vec![0, 5, 6, 6, 6, 6, 6], targets: vec![0, 1, 2, 3, 3, 4] };
    twice.projections["a"].weights = vec![1.0; 6];
    let compressed = |plan: &Plan| matches!(plan.links[0].operation, Operation::Compressed(_));
    let plan = Plan::new(&twice, &AnnSide::default()).unwrap();
    assert!(compressed(&plan) && plan.layers[0].lanes && plan.layers[1].needs_rows);
    assert!(!plan.layers[2].lanes);
    assert_eq!(plan.links[0].weights.len(), 6);
    assert_eq!(plan.links[0].fan_outs(), [5, 1, 0, 0, 0, 0]);

    // Two of thirty pairs.
    twice.projections["a"].wiring =
        Wiring::Sparse { offsets: vec![0, 0, 2, 2, 2, 2, 2], targets: vec![3, 4] };
    twice.projections["a"].weights = vec![1.0; 2];
    assert!(compressed(&Plan::new(&twice, &AnnSide::default()).unwrap()));
    assert!(!compressed(&Plan::new(&network(SPARSE), &AnnSide::default()).unwrap()));
}

#[test]
fn in_time_a_circle_is_a_connection_from_the_moment_before() {
    let plan = Plan::new(&network(crate::samples::RECURRENT), &side("steps = 3")).unwrap();
    let delayed: Vec<&str> =
        plan.links.iter().filter(|link| link.delayed).map(|link| link.name.as_str()).collect();
    assert_eq!(delayed, ["round", "back"]);
    assert_eq!((plan.inputs(), plan.layers[0].size, plan.outputs()), (6, 2, 2));
    let error = refused(crate::samples::RECURRENT, "");
    assert!(matches!(error, AnnError::Order(TopologyError::Cycle { .. })), "{error}");
}

#[test]
fn lists_that_do_not_fit_are_refused() {
    let mut short = network(CHAIN);
    short.projections["b"].weights.pop();
    let error = Plan::new(&short, &AnnSide::default()).unwrap_err();
    assert_eq!(error.to_string(), "projection `b`: the list of weights has 15 numbers, not 16");
}
