use super::*;
use crate::scenario::{Document, check};

fn ring(n: usize, k: usize, p: f64) -> Network {
    let text = format!(
        "population.ring.size = {n}\n\
         projection.ring-ring = {{ from = 'ring', to = 'ring', pattern.small_world = {{ k = {k}, p = 0.5 }}, weights.constant = 1.0, delay.constant = '2 ms' }}"
    );
    SmallWorld::network(&toml::from_str(&text).unwrap(), p, 1).unwrap()
}

fn side(weight: &str) -> duet_spiking::SpikingSide {
    toml::from_str(&format!(
        "dt = '0.5 ms'\nneuron.lif = {{ t_ref = '5 ms' }}\nsynapse.delta = {{}}\nweight_unit = '{weight}'"
    ))
    .unwrap()
}

/// On the ring by hand: neighbours at distances 1, 2 and 3 have mean length 2; unit 0 is ceil(50 / 3) = 17 passes from unit 50.
#[test]
fn the_ring_by_hand() {
    let neighbors = neighbors(&ring(100, 6, 0.0));
    assert_eq!(wiring(&neighbors), 2.0);
    assert_eq!(spread::passes(&neighbors, 1), (17.0, 1.0));
    assert_eq!(spread::passes(&neighbors, 100), (0.0, 1.0));
    // Two units alone.
    assert_eq!(spread::passes(&[vec![1], vec![0], vec![]], 1).1, 2.0 / 3.0);
    assert!(spread::passes(&[vec![1], vec![0], vec![]], 1).0.is_nan());
}

/// A spike that is enough by itself goes a link in every delay: the passes of the artificial side, 2 ms each.
#[test]
fn strong_spikes_take_one_delay_for_a_link() {
    for p in [0.0, 0.05, 1.0] {
        let network = ring(100, 6, p);
        let passes = spread::passes(&neighbors(&network), 1).0;
        let spikes = SmallWorld::default().spikes("s", &side("40 mV"), &network, 1).unwrap();
        assert_eq!(spikes, (2.0 * passes, 1.0), "p = {p}");
    }
}

/// Where it takes two spikes, a single active cell starts nothing, and neighbours carry it round the ring.
#[test]
fn weak_spikes_need_company() {
    let network = ring(100, 6, 0.0);
    let started = |started: usize| {
        let protocol = SmallWorld { started, ..SmallWorld::default() };
        protocol.spikes("s", &side("12 mV"), &network, 1).unwrap()
    };
    let (alone, share) = started(1);
    assert!(alone.is_nan() && share == 0.01);
    let (time, share) = started(6);
    assert!(share == 1.0 && time > 2.0 * 16.0, "{time}: slower than a link for each delay");
}

#[test]
fn what_is_no_ring_is_said() {
    let text = |pattern: &str, started: usize| {
        format!(
            "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.ring.size = 20\n\
             projection.r = {{ from = 'ring', to = 'ring', pattern.{pattern}, weights.constant = 1.0 }}\n\
             side.a.ann = {{}}\nprotocol.small_world.started = {started}"
        )
    };
    let paths = |text: String| match check(Document::parse("t", text).unwrap(), &[]) {
        Ok(_) => Vec::new(),
        Err(HarnessError::Invalid { diagnostics, .. }) => diagnostics.into_iter().map(|d| d.path).collect(),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(paths(text("small_world = { k = 4, p = 0.1 }", 4)), Vec::<String>::new());
    assert_eq!(paths(text("full = {}", 21)), ["projection", "protocol.small_world.started"]);
}
