//! The figures of the small protocols, from the smallest runs that have them.

mod looks;

use duet_figures::{
    Activity, Attenuation, Bump, Codes, Conduction, Convergence, Correlogram, DataEfficiency, DecisionSpace,
    Descent, Drawing, FiCurve, Figure, Fluctuations, Forgetting, GradientCheck, HiddenSpace, IsiHistogram,
    Latency, Membrane, Mistakes, Patterns, PhasePlane, PrincipalAxes, Psp, Psychometric, Raster, Rates,
    Recall, Representation, Reversal, RewardedSynapse, Robustness, Selectivity, SmallWorld, SpaceTime,
    Spectrum, StdpWindow, StepThrough, StrengthDuration, Theme, Transfer, TruthTable, Variability,
    WeightLength, draw_all, render,
};
use duet_record::{
    Bound, Metric, Metrics, Physics, Run, RunFolder, SideStory, Story, TargetResult, TaskStory, layout,
};
use looks::check_texts;
use std::path::Path;

const SCRIPT: &str = "<script>alert('x')</script>";

/// A run of two sides with these tables, the same for both.
fn run(parent: &Path, tables: &[(&str, &str)], others: &[(&str, &str)]) -> Run {
    let folder = RunFolder::create(parent, "small").unwrap();
    let mut metrics = Metrics::default();
    let side = |name: &str, label: &str, physics| SideStory {
        name: name.into(),
        label: label.into(),
        physics,
        summary: String::new(),
        equations: Vec::new(),
        notes: Vec::new(),
    };
    for name in ["a", SCRIPT] {
        let metric = Metric::new(3.0, "1", "what it is");
        metrics.sides.entry(name.into()).or_default().insert("xor.best_single_unit".into(), metric);
        let rate = Metric::new(2.0, "Hz", "its rate");
        metrics.sides.entry(name.into()).or_default().insert("e.rate".into(), rate);
        let is_compared = tables.iter().any(|table| table.0 == "representation");
        for (what, value) in [("dimension", 3.5), ("sparseness", 0.25)].into_iter().filter(|_| is_compared) {
            let metric = Metric::new(value, "1", "what it is");
            let path = format!("representation.hidden.{what}");
            metrics.sides.entry(name.into()).or_default().insert(path, metric);
        }
        for (table, csv) in tables {
            folder.write(layout::trace(name, table), csv.as_bytes()).unwrap();
        }
    }
    let alike = [("hidden.cka".to_owned(), 0.75), ("hidden.rsa".to_owned(), -0.1)];
    let alike = alike.map(|(path, value)| (path, Metric::new(value, "1", "how alike")));
    metrics.pairs.insert(format!("a - {SCRIPT}"), alike.into_iter().collect());
    for (path, text) in others {
        folder.write(path, text.as_bytes()).unwrap();
    }
    let story = Story {
        question: "Why?".into(),
        task: Some(TaskStory { classes: vec!["one".into(), SCRIPT.into()], ..TaskStory::default() }),
        sides: vec![
            side("a", "A side", Physics::Artificial),
            side(SCRIPT, "A side with a rather long name, and then some", Physics::Biological),
        ],
        ..Story::default()
    };
    folder.write(layout::STORY, story.to_json()).unwrap();
    let bounds = [
        ("a.e.rate", Bound::Value { value: 2.5, within: 1.0 }),
        ("a.e.cv", Bound::AtLeast(0.5)),
        ("a.i.cv", Bound::AtMost(0.5)),
        ("a.cv", Bound::Value { value: 1e9, within: 0.0 }),
    ];
    metrics.targets.extend(bounds.map(|(metric, bound)| TargetResult::new(metric, bound, None, "a paper")));
    folder.write(layout::METRICS, metrics.to_json()).unwrap();
    Run::open(folder.path()).unwrap()
}

/// Draws a figure and looks at it.
fn drawn(figure: Figure, tables: &[(&str, &str)], others: &[(&str, &str)]) -> Vec<String> {
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path(), tables, others);
    let (drawings, skipped) = draw_all(&run, &[figure], &Theme::default()).unwrap();
    assert!(skipped.is_empty(), "{skipped:?}");
    for drawing in &drawings {
        check_texts(&drawing.name, &drawing.svg);
        assert!(!drawing.svg.contains("<script"), "{}", drawing.name);
        let says_why_not = drawing.svg.contains("no spike comes through");
        assert!(drawing.csv.lines().count() > 1 || says_why_not, "{}", drawing.name);
        assert!(!drawing.alt.is_empty() && !drawing.caption.is_empty());
    }
    render(run.path()).unwrap();
    drawings.into_iter().map(|drawing| drawing.svg).collect()
}

#[test]
fn a_path_that_leaves_the_map_is_cut() {
    let path = "step,w1,w2,loss\n0,-4,1,10\n1,4,-1,8\n2,-400,100,1e5\n3,,,\n";
    let bowl = [(layout::BOWL, "flat,steep,turned\n1,20,25\n")];
    drawn(Figure::Descent(Descent {}), &[("path", path)], &bowl);
    let still = "step,w1,w2,loss\n0,0,0,0\n";
    drawn(Figure::Descent(Descent {}), &[("path", still)], &bowl);
}

#[test]
fn a_worked_step_carries_its_numbers() {
    let units = "population,activation,unit,z,y,slope,delta\ninput,identity,0,,1,,\noutput,tanh,0,0.9,0.7163,0.48,-0.25\n";
    let synapses = "projection,from,pre,to,post,value,gradient,updated\nw,input,0,output,0,0.9,-0.25,1.0\nw,input,,output,0,0,-0.25,0.1\n";
    let svgs = drawn(Figure::StepThrough(StepThrough {}), &[("units", units), ("synapses", synapses)], &[]);
    assert_eq!(svgs.len(), 2);
    assert!(svgs[0].contains("0.7163") && svgs[0].contains("−0.25"));
}

#[test]
fn gradients_are_drawn_beside_differences() {
    let slopes = "projection,parameter,given,numerical\nw,0,0.5,0.5\nw,1,-0.25,-0.25\nw,2,0,\n";
    let errors = "projection,h,error\nw,0.1,0.01\nw,0.01,0.0001\nw,0.001,0.000001\nw,0.0001,0\n";
    drawn(Figure::GradientCheck(GradientCheck {}), &[("slopes", slopes), ("errors", errors)], &[]);
}

#[test]
fn f_i_curves_are_drawn_for_both_physics() {
    let curve = "input,value,slope,rate,closed_form\n-1,0,0,0,0\n0,0,0,0,0\n1,1,1,30,31\n2,2000,1,60,61\n";
    drawn(Figure::FiCurve(FiCurve {}), &[("fi_curve", curve)], &[]);
    let silent = "input,value,slope,rate\n-1,0,0,0\n1,0,0,0\n";
    drawn(Figure::FiCurve(FiCurve {}), &[("fi_curve", silent)], &[]);
}

#[test]
fn fluctuations_are_drawn_with_and_without_something_shared() {
    let curve = "input,value,slope,rate,cv,correlation,closed_form\n140,0,0,0.01,,,0.02\n160,1,1,5,0.9,0.1,4\n300,2,1,60,0.2,0.3,62\n";
    let shared = "input,input_correlation,correlation\n<script>,0.5,0.2\n200 pA,0.5,\n";
    let both =
        drawn(Figure::Fluctuations(Fluctuations {}), &[("fi_curve", curve), ("shared_noise", shared)], &[]);
    assert!(both[0].contains("Correlation of spike counts") && !both[0].contains("at 200 pA"));
    let apart = drawn(Figure::Fluctuations(Fluctuations {}), &[("fi_curve", curve)], &[]);
    assert!(apart[0].contains("CV of the intervals") && !apart[0].contains("Correlation of spike counts"));
}

#[test]
fn strength_duration_curves_are_drawn_with_gaps() {
    let curve = "duration_ms,threshold,weiss,lapicque\n0.1,6000,5900,6000\n1,700,690,700\n10,,150,\n100,101,102,101\n";
    drawn(Figure::StrengthDuration(StrengthDuration {}), &[("strength_duration", curve)], &[]);
    let none = "duration_ms,threshold,weiss\n0.1,,\n1,,\n";
    drawn(Figure::StrengthDuration(StrengthDuration {}), &[("strength_duration", none)], &[]);
}

#[test]
fn errors_are_drawn_with_blown_up_and_perfect_steps() {
    let errors = "method,dt_ms,value,error\neuler,1,83.3,6.9\neuler,0.1,76.9,0.5\nrk4,1,,\nrk4,0.1,76.39,0\n<script>,1,,\n";
    let svgs = drawn(Figure::Convergence(Convergence {}), &[("convergence", errors)], &[]);
    assert!(svgs[0].contains("Time step (ms)") && svgs[0].contains("slopes 1, 2, 4"));
    let none = "method,dt_ms,value,error\neuler,1,,\neuler,0.1,,\n";
    drawn(Figure::Convergence(Convergence {}), &[("convergence", none)], &[]);
}

#[test]
fn a_plane_is_drawn_with_its_resets() {
    let tables = [
        ("axes", "variable,unit\nv,mV\n<script>,1\n"),
        (
            "nullclines",
            "variable,piece,x,y\nv,0,-90,3\nv,0,-60,0\nv,0,0,9\n<script>,1,-90,-18\n<script>,1,0,0\n",
        ),
        ("flow", "x,y,dx,dy\n-80,-10,1,0\n-20,-10,-1,0.1\n-80,5,0,0\n-20,5,,\n"),
        ("fixed_points", "kind,x,y,trace,determinant\nstable node,-70,-14,-1,0.1\nsaddle,-50,-10,1,-0.1\n"),
        (
            "courses",
            "course,time_ms,x,y\n0,0,-70,-14\n0,1,-20,-14\n0,2,25,-14\n0,3,-65,-8\n1,0,-500,-10\n1,1,-60,-9\n",
        ),
    ];
    let svgs = drawn(Figure::PhasePlane(PhasePlane {}), &tables, &[]);
    assert!(svgs[0].contains("dv/dt = 0") && svgs[0].contains("Time (ms)"));
    let empty = [
        ("axes", "variable,unit\n"),
        ("nullclines", "variable,piece,x,y\n"),
        ("flow", "x,y,dx,dy\n"),
        ("fixed_points", "kind,x,y,trace,determinant\n"),
        ("courses", "course,time_ms,x,y\n0,0,1,1\n"),
    ];
    drawn(Figure::PhasePlane(PhasePlane {}), &empty, &[]);
}

#[test]
fn driven_cells_are_drawn_with_their_gates_and_input() {
    let shown = r#"{"label":null,"answer":null,"classes":[],"present_ms":4,"dt_ms":1,"input":[],"input_shape":[],"populations":
        [{"name":"cell","size":1,"v_th_mV":0,"v_reset_mV":null,"e_l_mV":-65,"variables":[{"name":"v","unit":"mV"},
        {"name":"m","unit":"1"},{"name":"h","unit":"1"},{"name":"<script>","unit":"pA"},{"name":"input","unit":"uA/cm2"}]}]}"#;
    let (path, json) = (layout::shown("a"), shown);
    let tables = [
        ("spikes", "time_ms,population,index\n2,cell,0\n"),
        ("cell.v", "time_ms,0\n0,-65\n1,-60\n2,30\n3,-70\n4,-66\n"),
        ("cell.m", "time_ms,0\n0,0.05\n1,0.2\n2,0.9\n3,0.1\n4,0.05\n"),
        ("cell.h", "time_ms,0\n0,0.6\n1,0.5\n2,0.2\n3,0.2\n4,0.3\n"),
        ("cell.input", "time_ms,0\n0,\n1,10\n2,10\n3,0\n4,0\n"),
    ];
    let others = [(path.as_str(), json)];
    let svgs = drawn(Figure::Membrane(Membrane::default()), &tables, &others);
    assert!(svgs[0].contains("Time (ms)") && svgs[0].contains("m, h") && svgs[0].contains("µA/cm²"));
    drawn(Figure::Patterns(Patterns::default()), &tables, &others);
}

#[test]
fn changes_of_a_synapse_are_drawn_against_lag_and_against_frequency() {
    let window = "frequency_hz,lag_ms,dw,closed_form\n1,-10,-0.2,-0.21\n1,0,0,0\n1,10,0.3,0.3\n";
    drawn(Figure::StdpWindow(StdpWindow {}), &[("pairing", window)], &[]);
    let frequency = "frequency_hz,lag_ms,dw,closed_form\n1,-10,-0.2,\n1,10,0.3,\n50,-10,2.0,\n50,10,2.5,\n";
    drawn(Figure::StdpWindow(StdpWindow {}), &[("pairing", frequency)], &[]);
}

#[test]
fn a_rewarded_synapse_is_drawn_among_the_others() {
    let head = "time_ms,rewarded,low,median,high,largest,rank,rewards\n";
    let course =
        format!("{head}0,1,1,1,1,1,0.5,0\n500000,1.2,0.9,1,1.1,1.3,0.97,20\n1000000,2,0.8,1,1.2,1.4,1,45\n");
    let svgs = drawn(Figure::RewardedSynapse(RewardedSynapse {}), &[("reward", &course)], &[]);
    assert!(svgs[0].contains("rank 1 after 45 rewards") && svgs[0].contains("Time (s)"));
    let still = format!("{head}0,0,0,0,0,0,0.5,0\n");
    drawn(Figure::RewardedSynapse(RewardedSynapse {}), &[("reward", &still)], &[]);
}

#[test]
fn inputs_are_drawn_for_both_physics() {
    let held = format!("input,held,response\n{SCRIPT},-80,4\n{SCRIPT},0,0\ngaba,-80,1\ngaba,0,-7\n");
    let course = "input,time,deflection\ngaba,0,0\ngaba,1,-2\ntogether,0,0\ntogether,1,\nsum,0,0\nsum,1,-2\n";
    let once = "input,spike,released\ngaba,1,1\n";
    let train = "input,spike,released\ngaba,1,0.5\ngaba,2,0.2\n";
    let svgs = drawn(Figure::Psp(Psp {}), &[("held", &held), ("psp", course), ("released", once)], &[]);
    assert!(svgs[0].contains("peak synaptic current (pA)") && !svgs[0].contains("share of the weight"));
    let svgs = drawn(Figure::Psp(Psp {}), &[("held", &held), ("psp", course), ("released", train)], &[]);
    assert!(svgs[0].contains("share of the weight passed on"));
}

#[test]
fn wrong_answers_of_gates_are_crossed_out() {
    let truth = "gate,x1,x2,wanted,answered\nxor,0,0,0,0\nxor,0,1,1,1\nxor,1,0,1,1\nxor,1,1,0,1\n";
    let regions = "x1,x2,xor\n0,0,0\n1,0,1\n0,1,1\n1,1,1\n";
    let svgs = drawn(Figure::TruthTable(TruthTable {}), &[("truth", truth), ("regions", regions)], &[]);
    assert!(svgs[0].contains("3 of 4") && svgs[0].contains("best single unit 3"));
}

#[test]
fn lines_move_and_mistakes_are_counted() {
    let tables = [
        ("points", "x1,x2,class\n0.2,0.2,0\n0.8,0.9,1\n"),
        ("lines", "mistake,epoch,w1,w2,bias\n0,0,0,0,0\n1,1,1,1,-1\n2,1,1,0,-0.5\n"),
        ("mistakes", "epoch,mistakes\n1,2\n2,0\n"),
    ];
    let svgs = drawn(Figure::Mistakes(Mistakes {}), &tables, &[]);
    assert!(svgs[0].contains("A side: 2 mistakes"));
}

/// Thirty spikes of each of two cells, every 10 ms; the second cell follows the first by 3 ms.
fn two_clocks() -> String {
    let rows = (0..30).map(|k| format!("{},p,0\n{},p,1\n", 10 * k, 10 * k + 3));
    format!("time_ms,population,index\n{}", rows.collect::<String>())
}

#[test]
fn intervals_have_their_histogram_and_their_variation() {
    let spikes = two_clocks();
    let svgs = drawn(Figure::IsiHistogram(IsiHistogram::default()), &[("spikes", &spikes)], &[]);
    assert!(svgs[0].contains("CV 0"), "a clock does not vary");
    // Twenty cells of two spikes each: intervals, and no cell with enough of them.
    let rows: Vec<String> = (0..20).map(|cell| format!("1,p,{cell}\n9,p,{cell}\n")).collect();
    let short = format!("time_ms,population,index\n{}", rows.concat());
    let svgs = drawn(Figure::IsiHistogram(IsiHistogram::default()), &[("spikes", &short)], &[]);
    assert!(svgs[0].contains("CV n/a (needs 3 spikes)"));
}

#[test]
fn too_few_spikes_are_no_histogram() {
    let folder = tempfile::tempdir().unwrap();
    let few = "time_ms,population,index\n1,p,0\n2,p,0\n";
    for (figure, needs) in [
        (Figure::IsiHistogram(IsiHistogram::default()), "20 intervals"),
        (Figure::Correlogram(Correlogram::default()), "20 spikes"),
    ] {
        let run = run(folder.path(), &[("spikes", few)], &[]);
        let (drawings, skipped) = draw_all(&run, &[figure], &Theme::default()).unwrap();
        assert!(drawings.is_empty() && skipped[0].why.contains(needs), "{skipped:?}");
    }
}

#[test]
fn correlograms_of_own_spikes_and_of_others() {
    let spikes = two_clocks();
    drawn(Figure::Correlogram(Correlogram::default()), &[("spikes", &spikes)], &[]);
    let others = spikes.replace("p,1", "q,1");
    let both = Correlogram { from: Some("p".into()), to: Some("q".into()), ..Correlogram::default() };
    let svgs = drawn(Figure::Correlogram(both), &[("spikes", &others)], &[]);
    assert!(svgs[0].contains("Spikes of q around a spike of p."));
}

#[test]
fn counts_and_codes_are_drawn_with_gaps_in_them() {
    let tables = [
        ("variability", "population,value,rate,mean,variance,fano,cv\np,0,0,0,,,\np,1,40,40,39,0.98,1\n"),
        ("precision", "population,spikes,relative_error\np,40,0.16\np,160,0\n"),
    ];
    let svgs = drawn(Figure::Variability(Variability {}), &tables, &[]);
    assert!(svgs[0].contains("1 %"));
    let code = "time_ms,spikes,error,bits\n1,0,0.3,0\n10,1,0.1,1.2\n100,10,0,\n";
    drawn(Figure::Codes(Codes {}), &[("code", code)], &[]);
}

#[test]
fn hidden_space_has_its_border() {
    let tables = [("hidden_space", "class,u,v\n0,-1,0\n1,1,0.5\n"), ("hidden_border", "a,b,c\n0.1,1,0\n")];
    let svgs = drawn(Figure::HiddenSpace(HiddenSpace {}), &tables, &[]);
    assert!(svgs[0].contains("border of the output"));
}

#[test]
fn ions_stand_on_their_lines_and_states_on_their_curve() {
    let tables = [
        (
            "ions",
            "ion,valence,inside_mM,outside_mM,temperature_degC,e_mV\nK,1,400,20,20,-75.7\n<b>,-1,52,560,20,-60\n",
        ),
        (
            "nernst",
            "valence,ratio,temperature_degC,e_mV\n1,1e-5,20,-290\n1,1e5,20,290\n-1,1e-5,20,290\n-1,1e5,20,-290\n",
        ),
        ("states", "state,permeability,temperature_degC,v_mV\nrest,0.04,20,-59.9\nsilent,,20,-70\n"),
        (
            "permeability",
            "ion,permeability,temperature_degC,v_mV\nNa,0.01,20,-65\nNa,1,20,-10\nNa,100,20,50\n",
        ),
    ];
    let svgs = drawn(Figure::Reversal(Reversal {}), &tables, &[]);
    assert!(svgs.len() == 2 && svgs[0].contains("rest") && svgs[0].contains("z ="));
    // Without a curve the left half stands alone.
    let alone = [
        tables[0],
        tables[1],
        ("states", "state,permeability,temperature_degC,v_mV\n"),
        ("permeability", "ion,permeability,temperature_degC,v_mV\n"),
    ];
    drawn(Figure::Reversal(Reversal {}), &alone, &[]);
}

#[test]
fn a_voltage_in_space_and_time_is_a_picture() {
    let table = "time_ms,0,500.5,1000\n0,-65,-65,-65\n0.1,-5,-65,-65\n0.2,-50,-20,-64\n0.3,,,\n";
    drawn(Figure::SpaceTime(SpaceTime {}), &[("space_time", table)], &[]);
    let still = "time_ms,0,1000\n0,-65,-65\n0.1,-65,-65\n";
    drawn(Figure::SpaceTime(SpaceTime {}), &[("space_time", still)], &[]);
}

#[test]
fn what_fades_and_what_runs_is_drawn() {
    let profile =
        "x_um,x_lambda,left,closed_form,no_end\n0,0,1,1,1\n500,0.5,0.61,0.61,0.6065\n1000,1,0.4,0.4,0.3679\n";
    let frequencies = "frequency_Hz,x_lambda,left\n100,0,1\n100,0.5,0.3\n100,1,0.1\n";
    let tables = [("profile", profile), ("frequencies", frequencies)];
    let svgs = drawn(Figure::Attenuation(Attenuation {}), &tables, &[]);
    assert!(svgs[0].contains("100 Hz"));
    let tables = [
        ("arrivals", "x_um,arrival_ms\n0,0.1\n10000,0.6\n20000,1.1\n30000,\n"),
        ("velocities", "diameter_um,velocity_m_s\n1,2\n4,4\n16,\n"),
    ];
    drawn(Figure::Conduction(Conduction {}), &tables, &[]);
    let silent = [("arrivals", "x_um,arrival_ms\n0,\n"), ("velocities", "diameter_um,velocity_m_s\n")];
    let svgs = drawn(Figure::Conduction(Conduction {}), &silent, &[]);
    assert!(svgs[0].contains("no spike comes through"));
}

#[test]
fn what_a_small_run_did_not_record_is_no_error() {
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path(), &[], &[]);
    let (drawings, skipped) = draw_all(&run, &Figure::all(), &Theme::default()).unwrap();
    assert!(drawings.is_empty());
    assert_eq!(skipped.len(), Figure::all().len(), "each says what it would need: {skipped:?}");
}

#[test]
fn weights_that_run_away_and_weights_that_rest_are_both_drawn() {
    let course = "presentation,unit,norm,angle,theta,w1,w2\n\
                  0,1,0.3,70,1,0.1,0.28\n0,2,0.2,,1,0.2,0\n100,1,1e11,2,1,7e10,7e10\n100,2,1,89,1,0.7,-0.7\n";
    let inputs = "x1,x2\n1,0.5\n-0.7,-0.9\n";
    let components = "variance,x1,x2\n1,0.7,0.7\n0.1,0.7,-0.7\n";
    let tables = [("adaptation", course), ("inputs", inputs), ("components", components)];
    let svgs = drawn(Figure::WeightLength(WeightLength {}), &tables, &[]);
    assert!(svgs[0].contains("unit 2"), "several units are named");
    let svgs = drawn(Figure::PrincipalAxes(PrincipalAxes {}), &tables, &[]);
    assert!(svgs[0].contains("|w| = "), "{}", svgs[0]);
}

#[test]
fn answers_beyond_all_measure_end_at_the_edge() {
    let answers = "presentation,unit,theta,pattern1,pattern2\n0,1,1,0.5,0.4\n0,2,1,0.5,0.4\n50,1,2,1.9,0.1\n100,1,1e9,1e5,1e6\n";
    let svgs = drawn(Figure::Selectivity(Selectivity {}), &[("answers", answers)], &[]);
    assert!(svgs[0].contains("pattern 2") && svgs[0].contains("threshold"), "{}", svgs[0]);
}

#[test]
fn a_cloud_of_three_numbers_has_no_plane() {
    let parent = tempfile::tempdir().unwrap();
    let tables = [
        ("adaptation", "presentation,unit,norm,angle,theta,w1,w2,w3\n0,1,1,0,0,1,0,0\n"),
        ("inputs", "x1,x2,x3\n1,0,0\n"),
        ("components", "variance,x1,x2,x3\n1,1,0,0\n"),
    ];
    let run = run(parent.path(), &tables, &[]);
    let figures = [Figure::PrincipalAxes(PrincipalAxes {})];
    let (drawings, skipped) = draw_all(&run, &figures, &Theme::default()).unwrap();
    assert!(drawings.is_empty() && skipped.len() == 1);
}

#[test]
fn a_memory_is_drawn_beside_the_theory() {
    let recall = "load,overlap,recalled,one_step_error\n0.05,1,1,0\n0.2,0.4,0.1,0.012\n";
    let theory = "load,overlap,one_step_error\n0,1,0\n0.137,0.967,0.003\n0.2,0,0.0127\n";
    let svgs = drawn(Figure::Recall(Recall {}), &[("recall", recall), ("theory", theory)], &[]);
    assert!(svgs[0].contains("theory"), "{}", svgs[0]);
}

#[test]
fn decisions_are_drawn_with_and_without_time() {
    let asked = "coherence,correct,time_ms\n0,0.5,600\n0.03,0.66,590\n0.1,0.9,\n0.5,1,220\n";
    let fit = "coherence,correct\n0.03,0.65\n0.1,0.9\n0.5,0.999\n";
    let figure = || Figure::Psychometric(Psychometric {});
    let svgs = drawn(figure(), &[("decisions", asked), ("fit", fit)], &[]);
    assert!(svgs[0].contains("Time to an answer (ms)") && svgs[0].contains("50"));
    // At once, nothing fitted, more wrong than right.
    let asked = "coherence,correct,time_ms\n0.03,0.3,0\n0.1,,\n";
    let svgs = drawn(figure(), &[("decisions", asked), ("fit", "coherence,correct\n")], &[]);
    assert!(svgs[0].contains("answers at once"), "it has no times");
}

#[test]
fn a_decision_space_has_its_ways() {
    let tables = [
        (
            "decision_nullclines",
            "population,s_1,s_2\n1,0.1,0.9\n1,0.2,0.1\n1,0.6,0.05\n2,0.9,0.1\n2,0.1,0.2\n",
        ),
        ("decision_points", "stable,s_1,s_2\n1,0.05,0.65\n0,0.42,0.42\n"),
        ("decision_ways", "trial,s_1,s_2\n0,0.1,0.1\n0,0.4,0.4\n1,0.1,0.1\n1,0.2,1.7\n"),
    ];
    let svgs = drawn(Figure::DecisionSpace(DecisionSpace {}), &tables, &[]);
    assert!(svgs[0].contains("S of population 1") && svgs[0].contains("saddle"));
    let empty = [
        ("decision_nullclines", "population,s_1,s_2\n"),
        ("decision_points", "stable,s_1,s_2\n"),
        ("decision_ways", "trial,s_1,s_2\n0,0.1,0.1\n"),
    ];
    drawn(Figure::DecisionSpace(DecisionSpace {}), &empty, &[]);
}

#[test]
fn a_remembered_place_is_drawn_with_its_trials() {
    let bump = "time_ms,0,120,240\n50,1,1,1\n150,0,40,2\n250,0,38,1\n350,1,36,0\n";
    let places = "trial,time_ms,place_deg,strength\n0,50,,0\n0,150,121,0.8\n0,250,119,0.8\n0,350,355,0.8\n\
                  1,50,10,0.1\n1,150,118,0.8\n1,250,3,0.8\n1,350,130,0.8\n";
    let profile = "apart_deg,rate_hz\n-180,1\n0,40\n120,2\n";
    let cue = "cue_deg,start_ms,stop_ms\n120,100,200\n";
    let figure = || Figure::Bump(Bump {});
    let tables = [("bump", bump), ("places", places), ("bump_profile", profile), ("cue", cue)];
    let svgs = drawn(figure(), &tables, &[]);
    assert!(svgs[0].contains("Place on the ring") && svgs[0].contains("cue at 120°"));
    // Nobody fired, in one trial.
    let silent = "trial,time_ms,place_deg,strength\n0,50,,\n0,150,,\n0,250,,\n0,350,,\n";
    let profile = "apart_deg,rate_hz\n-180,\n0,\n";
    drawn(figure(), &[tables[0], ("places", silent), ("bump_profile", profile), tables[3]], &[]);
}

#[test]
fn a_small_world_is_drawn_relative_to_the_ring() {
    let head = "p,clustering,path_length,wiring,reach\n";
    let table = format!("{head}0,0.667,50,3,99\n0.01,0.65,8.8,8,\n1,0.009,3.3,250,5\n");
    let svgs = drawn(Figure::SmallWorld(SmallWorld {}), &[("small_world", &table)], &[]);
    assert!(svgs[0].contains("clustering C(p)/C(0)") && svgs[0].contains("relative to the ring"));
    // The ring alone, on which nothing gets everywhere.
    drawn(Figure::SmallWorld(SmallWorld {}), &[("small_world", &format!("{head}0,0,,3,\n"))], &[]);
}

/// What a run of a network at scale says of its populations; the third neither excites nor inhibits, and its name is no name.
const CROWD: &str = r#"{"label":null,"answer":null,"classes":[],"from_ms":100,"present_ms":104,"dt_ms":0.1,"input":[],"input_shape":[],
    "populations":[{"name":"e","size":2,"inhibitory":false},{"name":"i","size":3,"inhibitory":true},{"name":"<script>","size":1}]}"#;
const SIZES: &str =
    r#"{"populations":[{"name":"e","shape":[100],"size":100,"role":"input"}],"projections":[]}"#;

/// A run of a network at scale, with tables of its side `a` and the other, and one drawing of each.
fn of_crowd(figure: Figure, shown: &str, table: (&str, &str)) -> Vec<Drawing> {
    let parent = tempfile::tempdir().unwrap();
    let paths = ["a", SCRIPT].map(layout::shown);
    let others = [(paths[0].as_str(), shown), (paths[1].as_str(), shown), (layout::TOPOLOGY, SIZES)];
    let spikes = ("spikes", "time_ms,population,index\n100.5,e,0\n100.5,e,0\n103,e,1\n104,i,2\n");
    let tables = if table.0 == "spikes" { vec![table] } else { vec![spikes, table] };
    drawn(figure.clone(), &tables, &others);
    let run = run(parent.path(), &tables, &others);
    let (drawings, skipped) = draw_all(&run, &[figure], &Theme::default()).unwrap();
    assert!(skipped.is_empty());
    drawings
}

#[test]
fn a_network_at_scale_is_drawn_from_the_end_of_its_transient() {
    let activity = "time_ms,e,i,<script>\n99,9,9,0\n100,7,7,0\n101,4,0,0\n102,0,1e5,0\n103,2,0,0\n104,0,5,0\n105,8,8,0\n";
    let drawings = of_crowd(Figure::Activity(Activity {}), CROWD, ("activity", activity));
    assert_eq!(drawings.len(), 2, "one drawing per side");
    let svg = &drawings[0].svg;
    assert!(svg.contains("100 to 104 ms of the run") && svg.contains("inhibitory"), "{svg}");
    assert!(svg.contains("no spike of the cells sampled"), "{svg}");
    let e: Vec<&str> = drawings[0].csv.lines().filter(|line| line.starts_with("e,")).collect();
    let expected = [
        "e,100.5,spike_of_cell,0",
        "e,100.5,spike_of_cell,0",
        "e,103,spike_of_cell,1",
        "e,101,rate_Hz,4",
        "e,102,rate_Hz,0",
        "e,103,rate_Hz,2",
        "e,104,rate_Hz,0",
    ];
    assert_eq!(e, expected, "bins before the end of the transient and after the window are left out");
    let alt = &drawings[0].alt;
    assert!(alt.contains("e: 3 spikes of 2 cells, 1.5 Hz on average and 4 Hz at most."), "{alt}");
}

#[test]
fn the_raster_and_the_lags_of_a_window_begin_with_it() {
    let spikes = "time_ms,population,index\n100.5,e,0\n103,e,1\n104,i,2\n";
    let drawings = of_crowd(Figure::Raster(Raster {}), CROWD, ("spikes", spikes));
    assert!(drawings[0].svg.contains("From 100 to 104 ms of the run."), "{}", drawings[0].svg);
    // A clock of 5 ms, for 100 ms after a second of transient: 20 spikes in 100 ms are 200 Hz.
    let shown = CROWD.replace("\"from_ms\":100,\"present_ms\":104", "\"from_ms\":1000,\"present_ms\":1100");
    let clock: Vec<String> = (1..=20).map(|k| format!("{},e,0\n", 1000 + 5 * k)).collect();
    let clock = format!("time_ms,population,index\n{}", clock.concat());
    let drawings = of_crowd(Figure::Correlogram(Correlogram::default()), &shown, ("spikes", &clock));
    assert!(drawings[0].alt.contains("mean 200 Hz"), "{}", drawings[0].alt);
}

#[test]
fn rates_of_cells_are_drawn_beside_what_was_published() {
    let cells = "population,rate_Hz,cv\ne,1,0.5\ne,3,\ni,0,\ni,0,\n<script>,1e4,3\n";
    let drawings = of_crowd(Figure::Rates(Rates {}), CROWD, ("cells", cells));
    let [first, second] = &drawings[..] else { panic!("one drawing per side") };
    assert!(
        first.svg.contains(">all cells<") && first.svg.contains(">target<") && first.svg.contains("2.00")
    );
    assert!(
        !second.svg.contains(">all cells<") && !second.svg.contains(">target<"),
        "that side has no targets"
    );
    assert!(first.csv.contains("e,rate_Hz,2,1.1,1.5,2,2.5,2.9,2,1.5,3.5\n"), "{}", first.csv);
    let words = "e: 2.00 Hz (asked for: 2.5 ± 1), CV n/a (asked for: at least 0.5).";
    assert!(first.alt.contains(words), "{}", first.alt);
}

#[test]
fn a_rhythm_is_marked_with_its_frequency() {
    // Of 100 cells at 2 Hz, independent of each other, the power is 200 at all frequencies. What lies at 2 Hz is drift.
    let spectrum = "frequency_Hz,e,i,<script>\n2,1e6,0,5\n4,200,0,5\n40,600,0,5\n498,100,0,5\n";
    let drawings = of_crowd(Figure::Spectrum(Spectrum {}), CROWD, ("spectrum", spectrum));
    let Drawing { svg, alt, csv, .. } = &drawings[0];
    assert!(svg.contains(">40 Hz<") && svg.contains("no spike"), "{svg}");
    assert!(alt.contains("e: most power at 40 Hz, 3 times that of independent cells."), "{alt}");
    assert!(csv.contains("e,40,3,600\n"), "{csv}");
}

#[test]
fn half_a_second_is_needed_for_a_rhythm() {
    let parent = tempfile::tempdir().unwrap();
    let path = layout::shown("a");
    let run = run(parent.path(), &[("spectrum", "frequency_Hz,e,i,<script>\n")], &[(path.as_str(), CROWD)]);
    let (drawings, skipped) = draw_all(&run, &[Figure::Spectrum(Spectrum {})], &Theme::default()).unwrap();
    assert!(drawings.is_empty() && skipped[0].why.contains("half a second"), "{skipped:?}");
}

#[test]
fn panels_are_drawn_for_every_knob() {
    let table = "curve,at,value,low,high\n\
                 input_noise,0,0.97,0.96,0.98\ninput_noise,0.5,0.5,0.3,0.7\n\
                 bits,8,0.97,0.97,0.97\nbits,3,0.9,0.8,1.0\nbits,2,0.2,0.1,0.3\n\
                 neuron_lesion,0,0.97,0.96,0.98\nneuron_lesion,1,0.1,0.1,0.1\n\
                 fgsm,0.1,0.4,0.3,0.5\n";
    let svgs = drawn(Figure::Robustness(Robustness {}), &[("robustness", table)], &[]);
    assert!(svgs[0].contains("Bits per weight") && svgs[0].contains("Hidden cells silenced (%)"));
    let table = "curve,at,value,low,high\naccuracy,4,0.1,0.1,0.2\naccuracy,100,0.97,0.96,0.98\n\
                 operations,4,10,9,11\noperations,100,15799,13604,17993\n";
    let svgs = drawn(Figure::Latency(Latency {}), &[("latency", table)], &[]);
    assert!(svgs[0].contains("Synaptic operations so far"));
    let table = "curve,at,value,low,high\naccuracy,20,0.3,0.1,0.5\naccuracy,1437,0.97,0.96,0.98\n";
    let svgs = drawn(Figure::DataEfficiency(DataEfficiency {}), &[("data_efficiency", table)], &[]);
    assert!(svgs[0].contains("Labels learned from"));
    let table = "curve,at,value,low,high\ntask_1,1,0.98,0.97,0.99\ntask_1,2,0,0,0\n\
                 replay_task_1,1,0.98,0.97,0.99\nreplay_task_1,2,0.8,0.7,0.9\n";
    let svgs = drawn(Figure::Forgetting(Forgetting {}), &[("forgetting", table)], &[]);
    assert!(svgs[0].contains("Task 1, with replay"));
}

#[test]
fn what_units_say_on_two_sides_is_drawn() {
    let table = "population,given,taken\nhidden,-0.5,0\nhidden,0.5,0.49\nhidden,1.5,1\nmore,0,0\n";
    let svgs = drawn(Figure::Transfer(Transfer {}), &[("transfer", table)], &[]);
    assert!(svgs.len() == 2 && svgs[0].contains("hidden: what a unit does here"));
    let svgs = drawn(Figure::Representation(Representation {}), &[("representation", "")], &[]);
    assert!(svgs[0].contains("0.75") && svgs[0].contains("-0.10") && svgs[0].contains("3.50"));
}
