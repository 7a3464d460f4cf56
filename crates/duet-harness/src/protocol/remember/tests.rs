use super::course::Plan;
use super::*;

/// 144 cells; before the cue at 90° one spike each, then a bump of which each cell knows the size.
fn plan() -> Plan {
    Plan { population: 0, cells: 144, windows: 4, window: 100.0, cue: 90.0, shown: (100.0, 200.0) }
}

/// Spikes of a bump around a cell: its neighbours to the left and right fire half as much.
fn bump(at: usize) -> Vec<u32> {
    let mut counts = vec![0; 144];
    counts[at] = 4;
    counts[(at + 1) % 144] = 2;
    counts[(at + 143) % 144] = 2;
    counts
}

#[test]
fn places_are_those_of_the_bump() {
    // Cell 36 of 144 stands at 90°, cell 40 at 100°, cell 0 at 0°.
    let course = plan().read(&[vec![1; 144], bump(36), bump(40), bump(0)]);
    let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-9, "{got} {want}");
    near(course.places[1].0, 90.0);
    near(course.places[2].0, 100.0);
    near(course.error(&plan(), 2), 10.0);
    near(course.error(&plan(), 3), -90.0);
    assert!(course.places[0].1 < 1e-12, "everywhere alike");
    // (4 + 4 cos 2.5°) / 8.
    near(course.places[1].1, 0.999_524_110_790_929_3);
    near(course.rate_before, 10.0);
    // 8 spikes of 144 cells in 100 ms.
    near(course.rate_after, 8.0 / 144.0 * 10.0);
    // Two cells to a part of 5°, the first of which spans -2.5° to 2.5°: all of 4 + 2 spikes, and a half rounds up.
    near(course.profile.iter().sum::<f64>() / 72.0, course.rate_after);
    assert!(course.profile[0] > course.profile[1] && course.profile[36] == 0.0);
    let nobody = plan().read(&[vec![0; 144], vec![0; 144], vec![0; 144], vec![0; 144]]);
    assert!(nobody.places[3].0.is_nan() && nobody.last_strength() == 0.0);
}

/// The variance of a walk of known steps, and the line through it.
#[test]
fn the_variance_over_trials_grows_as_it_was_made_to() {
    let walk = |step: usize| {
        let at = |window: usize| bump((36 + 144 + step * window) % 144);
        plan().read(&[bump(36), bump(36), at(1), at(2)])
    };
    // Steps of -2, 0 and 2 cells, 5° each: variances 25 and 100 in the middles of the windows after the cue, at 50 and 150 ms.
    let remembered = Remembered::new(vec![walk(144 - 2), walk(0), walk(2)], &plan());
    let spread: Vec<f64> = remembered.spread.iter().map(|at| at.1).collect();
    assert!((spread[0] - 25.0).abs() < 1e-9 && (spread[1] - 100.0).abs() < 1e-9, "{spread:?}");
    assert!((remembered.line.1 - 750.0).abs() < 1e-6 && (remembered.line.0 + 12.5).abs() < 1e-6);
    assert!(
        (remembered.mean(|course| course.error(&plan(), 3) * course.error(&plan(), 3)) - 200.0 / 3.0).abs()
            < 1e-9
    );
}

#[test]
fn the_width_is_that_of_a_triangle() {
    // 10 at the top, 1 less for every part of 10°: half of it 5 parts away on either side.
    let triangle: Vec<f64> = (0..36).map(|k: i32| f64::from((10 - k.min(36 - k)).max(0))).collect();
    assert!((width(&triangle) - 100.0).abs() < 1e-9, "{}", width(&triangle));
    assert!(width(&[1.0; 8]).is_nan());
}

#[test]
fn what_cannot_be_remembered_is_said() {
    let paths = |stimulus: &str, protocol: &str| -> Vec<String> {
        let text = format!(
            "title = 't'\nquestion = 'q?'\nseed = 1\npopulation.ring.size = 40\npopulation.other.size = 4\n\
             side.a.spiking = {{ dt = '0.1 ms', neuron.lif = {{}}, stimulus.cue = {{ to = 'ring', {stimulus} }} }}\n\
             protocol.remember = {{ population = 'ring', cue = 'cue', {protocol} }}"
        );
        match crate::check(crate::Document::parse("t", text).unwrap(), &[]) {
            Ok(_) => Vec::new(),
            Err(HarnessError::Invalid { diagnostics, .. }) => {
                diagnostics.into_iter().map(|diagnostic| diagnostic.path).collect()
            }
            Err(error) => panic!("{error}"),
        }
    };
    let step = "step = { amplitude = '1 nA', stop = '200 ms' }";
    let good = format!("cells = [3, 5], {step}");
    assert_eq!(paths(&good, "duration = '1 s'"), Vec::<String>::new());
    let cue = "side.a.spiking.stimulus.cue";
    assert_eq!(paths(step, "duration = '1 s'"), [cue]);
    assert_eq!(paths("cells = [3, 5], step = { amplitude = '1 nA' }", "duration = '1 s'"), [cue]);
    assert_eq!(paths(&good, "duration = '500 ms'"), ["protocol.remember.duration"]);
    assert_eq!(paths(&format!("cells = [3, 50], {step}"), "duration = '1 s'"), [format!("{cue}.cells")]);
}
