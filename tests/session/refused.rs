//! Scenarios that are refused: with file, line and column, the value, what is allowed, and what was probably meant.

use super::duet::Session;
use super::scenarios::TINY;

/// One slip: `from` in the good scenario becomes `to`; the message points at `at`, and says `words`.
struct Slip {
    from: &'static str,
    to: &'static str,
    at: &'static str,
    words: &'static [&'static str],
}

const fn slip(
    from: &'static str,
    to: &'static str,
    at: &'static str,
    words: &'static [&'static str],
) -> Slip {
    Slip { from, to, at, words }
}

// One slip, one line.
#[rustfmt::skip]
const SLIPS: &[Slip] = &[
    slip("{ tau_m = \"10 ms\"", "{ tau_membrane = \"10 ms\"", "tau_membrane", &["`tau_membrane`", "did you mean `tau_m`?"]),
    slip("tau_m = \"10 ms\"", "tau_m = \"10 mV\"", "tau_m = \"10 mV", &["mV", "unit of voltage", "ms, s, us"]),
    slip("tau_m = \"10 ms\"", "tau_m = 10", "tau_m = 10,", &["tau_m = 10 has no unit", "\"10 ms\""]),
    slip("tau_m = \"10 ms\"", "tau_m = \"10\"", "tau_m", &["has no unit"]),
    slip("tau_m = \"10 ms\"", "tau_m = \"ten\"", "tau_m", &["\"ten\"", "number"]),
    slip("tau_m = \"10 ms\"", "tau_m = \"-5 ms\"", "tau_m", &["tau_m = -5 ms", "> 0 ms"]),
    slip("tau_m = \"10 ms\"", "tau_m = \"nan ms\"", "tau_m", &["nan ms", "finite"]),
    slip("tau_m = \"10 ms\"", "tau_m = \"inf ms\"", "tau_m", &["finite"]),
    slip("tau_m = \"10 ms\"", "tau_m = \"1e400 ms\"", "tau_m", &["finite"]),
    slip("tau_m = \"10 ms\"", "c_m = \"0 pF\"", "c_m", &["c_m = 0 pF", "> 0 pF"]),
    slip("t_ref = \"1 ms\"", "t_ref = \"-1 ms\"", "t_ref", &["t_ref = -1 ms", ">= 0 ms"]),
    slip("t_ref = \"1 ms\"", "v_th = \"-70 mV\"", "v_th", &["v_reset", "below v_th = -70 mV"]),
    slip("t_ref = \"1 ms\"", "v_reset = \"-50 mV\"", "v_reset", &["v_reset = -50 mV", "must be below v_th"]),
    slip("dt = \"1 ms\"", "dt = \"0 ms\"", "dt =", &["dt = 0 ms"]),
    slip("dt = \"1 ms\"", "dt = \"11 ms\"", "dt =", &["dt = 11 ms is larger", "tau_m = 10 ms"]),
    slip("rate = 0.03", "rate = 0", "rate = 0 }", &["rate = 0", "> 0"]),
    slip("rate = 0.03", "rate = -0.03", "rate = -0.03", &["rate = -0.03", "> 0"]),
    slip("rate = 0.03", "rate = nan", "rate = nan", &["rate = NaN", "> 0"]),
    slip("rate = 0.03", "rate = inf", "rate = inf", &["rate = inf", "> 0"]),
    slip("rate = 0.03", "rate = 1e400", "rate = 1e400", &["rate = ", "> 0"]),
    slip("rate = 0.03", "rate = 0.03, beta_1 = 1", "beta_1", &["beta_1 = 1", "[0, 1)"]),
    slip("rate = 0.03", "rate = \"fast\"", "rate = \"fast\"", &["rate = \"fast\" is a text", "a number"]),
    slip("std = 1.0 }\nbias", "std = -1.0 }\nbias", "std = -1.0", &["std = -1", ">= 0"]),
    slip("batch = 4", "batch = 5", "batch", &["batch = 5 is larger than the training set of 4"]),
    slip("batch = 4", "batch = 0", "batch", &["batch = 0"]),
    slip("batch = 4", "batch = 4.5", "batch", &["batch = 4.5", "whole number"]),
    slip("size = 8", "size = 0", "size = 0", &["size = 0", "[1, 4294967295]"]),
    slip("size = 8", "size = -1", "size = -1", &["size = -1", "[1, 4294967295]"]),
    slip("size = 8", "size = 4294967296", "size = 4294967296", &["size = 4294967296", "[1, 4294967295]"]),
    slip("size = 8", "size = 1000000000000", "size = 1000000000000", &["size = 1000000000000", "[1, 4294967295]"]),
    slip("size = 8", "size = 99999999999999999999", "size = 99999999999999999999", &["size = ", "whole number"]),
    slip("size = 8", "size = 8\nshape = [4]", "size = 8", &["both `size` and `shape`"]),
    slip("[task.xor]", "[task.xor]\nrepeats = []", "repeats", &["repeats = a list of 0", "whole number"]),
    slip("seed     = 1", "seed     = true", "seed ", &["seed = true", "whole number"]),
    slip("seeds    = 2", "seeds    = 0", "seeds ", &["seeds = 0", "[1, 1000]"]),
    slip("epochs  = 4", "epochs  = -4", "epochs", &["epochs = -4"]),
    slip("to   = \"hidden\"", "to   = \"hiden\"", "to   = \"hiden\"", &["no population `hiden`", "input, hidden, output"]),
    slip("weights.lecun = {}", "weights.lecum = {}", "lecum", &["no weights `lecum`", "did you mean `lecun`?"]),
    slip("weights.lecun = {}", "weights.lecun = {}\npattern.fixed_probability = { p = 1.5 }", "p = 1.5", &["p = 1.5", "[0, 1]"]),
    slip("weights.lecun = {}", "weights = \"lecun\"", "weights = \"lecun\"", &["a text", "a table that names one"]),
    slip("weight_unit = \"15 mV\"", "weight_unit = \"15 pA\"", "weight_unit", &["weight_unit", "delta", "mV"]),
    slip("plasticity.three_factor", "plasticity.oja", "oja", &["no plasticity `oja`", "three_factor"]),
    slip("weights.lecun = {}", "weights.lecun = {}\npattern.gaussian = {}", "gaussian", &["planned"]),
    slip("[task.xor]\n", "", "", &["protocol.learn needs a task"]),
    slip("activation.tanh = {}", "activation.tanh = {}\nactivation.relu = {}", "activation", &["exactly one activation"]),
    slip("[side.local.spiking]", "[side.local.ann]\n[side.local.spiking]", "local", &["both `ann` and `spiking`"]),
    slip("metric   = \"backprop.", "metric   = \"backdrop.", "metric   = \"backdrop", &["no side `backdrop`", "backprop, local"]),
    slip("within   = 1.0", "", "value  ", &["tolerance"]),
    slip("title    = ", "# title = ", "", &["lacks `title`"]),
    slip("seed     = 1", "seed     = 1\nseed = 2", "seed = 2", &["duplicate"]),
    slip("seed     = 1", "seed     = ", "\nseeds", &[]),
    slip("[population.input]", "[population.\"../../etc\"]", "\"../../etc\"", &["'.'", "letters, digits"]),
];

/// `line:column` of a text, both from 1.
fn place(text: &str, at: &str) -> String {
    let offset = text.find(at).unwrap_or_else(|| panic!("{at:?} does not stand in the scenario"));
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
    format!("scenario.toml:{line}:{column}")
}

#[test]
fn every_slip_is_found_at_its_place() {
    let session = Session::new();
    for Slip { from, to, at, words } in SLIPS {
        assert!(TINY.contains(from), "{from:?}");
        let text = TINY.replacen(from, to, 1);
        session.write("scenario.toml", &text);
        let place = if at.is_empty() { "scenario.toml: ".to_owned() } else { place(&text, at) };
        let mut expected = words.to_vec();
        expected.push(&place);
        println!("{from:?} -> {to:?}");
        session.duet(&["run", "scenario.toml"]).refused(2, &expected);
        assert_eq!(session.names("."), ["scenario.toml"], "nothing is left behind");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let mut text = TINY.to_owned();
    for (from, to) in [
        ("tau_m = \"10 ms\"", "tau_membrane = \"10 ms\""),
        ("rate = 0.03", "rate = -1"),
        ("seeds    = 2", "seeds    = 0"),
        ("weights.lecun", "weights.lecum"),
        ("to   = \"output\"", "to   = \"outptu\""),
        ("present = \"20 ms\"", "present = 20"),
    ] {
        text = text.replacen(from, to, 1);
    }
    let session = Session::with(text);
    let words = ["6 problems", "tau_m", "rate = -1", "seeds = 0", "lecum", "outptu", "present = 20"];
    session.duet(&["check", "scenario.toml"]).refused(2, &words);
}

#[test]
fn files_that_are_no_text() {
    let session = Session::new();
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(TINY.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let garbage: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut spoiled = TINY.as_bytes().to_vec();
    spoiled[100] = 0xff;
    for (bytes, words) in [
        (Vec::new(), "empty scenario"),
        (b" \n\t\r\n ".to_vec(), "empty scenario"),
        (b"\xef\xbb\xbf \n".to_vec(), "empty scenario"),
        (utf16, "byte 0"),
        (garbage, "byte "),
        (spoiled, "byte 100"),
        (b"a = \0".to_vec(), "scenario.toml:1:5"),
        (b"hello".to_vec(), "scenario.toml:1:"),
        (b"{ \"title\": \"JSON\" }".to_vec(), "scenario.toml:1:1"),
        (b"# only a comment\n".to_vec(), "lacks `title`"),
    ] {
        session.write("scenario.toml", bytes);
        session.duet(&["run", "scenario.toml"]).refused(2, &["scenario.toml", words]);
    }
    // A mark at the beginning and Windows line ends are no faults.
    let windows = format!("\u{feff}{}", TINY.replace('\n', "\r\n"));
    session.write("scenario.toml", windows);
    session.duet(&["check", "scenario.toml"]).ok();
    assert_eq!(session.names("."), ["scenario.toml"]);
}

#[test]
fn nesting_bombs() {
    let session = Session::new();
    for bomb in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}", "{ a = ".repeat(100_000)),
        format!("{} = 1", vec!["a"; 100_000].join(".")),
        format!("[{}]", vec!["a"; 100_000].join(".")),
        vec!["[[a]]"; 100_000].join("\n"),
    ] {
        session.write("scenario.toml", &bomb);
        session.duet(&["check", "scenario.toml"]).refused(2, &["scenario.toml"]);
    }
}

#[test]
fn a_file_of_17_mib_is_not_read() {
    let session = Session::new();
    session.write("scenario.toml", "#".repeat(17 << 20));
    session.duet(&["run", "scenario.toml"]).refused(4, &["scenario.toml", "larger than 16 MiB"]);
    // A file of any size without a byte on the disk.
    std::fs::File::create(session.path("scenario.toml")).unwrap().set_len(1 << 40).unwrap();
    session.duet(&["run", "scenario.toml"]).refused(4, &["larger than 16 MiB"]);
    session.write("scenario.toml", format!("{TINY}# {}", "x".repeat(15 << 20)));
    session.duet(&["check", "scenario.toml"]).ok();
}

#[test]
fn a_cut_scenario_is_never_taken_for_a_smaller_one() {
    let whole =
        duet_harness::check(duet_harness::Document::parse("whole", TINY.to_owned()).unwrap(), &[]).unwrap();
    // From here on the text is complete, but for what may be left out; everything before is not.
    let complete = TINY.find("epochs  = 4").unwrap() + "epochs  = 4".len();
    for cut in 0..TINY.len() {
        let document = duet_harness::Document::parse("cut", TINY[..cut].to_owned());
        let checked = document.and_then(|document| duet_harness::check(document, &[]));
        match checked {
            Err(error) => assert_eq!(error.exit_code(), 2, "cut at {cut}: {error}"),
            Ok(checked) => {
                assert!(cut >= complete, "cut at {cut}: {}", &TINY[..cut]);
                assert_eq!(checked.scenario.side, whole.scenario.side, "cut at {cut}");
            }
        }
    }
    // And by the binary, at a few.
    let session = Session::new();
    for cut in (0..complete).step_by(complete / 10) {
        session.write("scenario.toml", &TINY[..cut]);
        session.duet(&["run", "scenario.toml"]).refused(2, &["scenario.toml"]);
    }
    assert_eq!(session.names("."), ["scenario.toml"]);
}

#[test]
fn what_does_not_fit_into_memory_is_refused_before_it_is_tried() {
    let session = Session::new();
    session.write("huge.toml", TINY.replace("size = 8", "size = 4000000000"));
    session.duet(&["run", "huge.toml"]).refused(4, &["MiB", "weights", "free"]);
    let many = TINY.replace("size = 8", "size = 1000000000").replace("seeds    = 2", "seeds    = 1000");
    session.write("many.toml", many);
    session.duet(&["run", "many.toml"]).refused(4, &["1000 seeds", "MiB"]);
    assert_eq!(session.names("."), ["huge.toml", "many.toml"]);
}

#[test]
fn what_is_rounded_is_said() {
    let session = Session::with(TINY.replace("t_ref = \"1 ms\"", "t_ref = \"1.4 ms\""));
    let ran = session.duet(&["check", "scenario.toml"]).ok();
    assert!(ran.stderr.contains("warning: scenario.toml: side `local`: t_ref = 1.4 ms"), "{}", ran.stderr);
    let ran = session.duet(&["run", "scenario.toml", "-q", "--no-figures"]).ok();
    assert_eq!(ran.stderr.matches("t_ref = 1.4 ms").count(), 1, "said once: {}", ran.stderr);
    let story = std::fs::read_to_string(session.path("runs/scenario/story.json")).unwrap();
    assert!(story.contains("t_ref = 1.4 ms"), "and recorded");
}

#[test]
fn what_diverges_stops_with_5() {
    let text = TINY.replace("optimizer.adam = { rate = 0.03 }", "optimizer.sgd = { rate = 1e30 }");
    let text = text.replace("[task.xor]\n", "[task.xor]\nrepeats = 10\n");
    let session = Session::with(text.replace("activation.tanh = {}", "activation.relu = {}"));
    let ran = session.duet(&["run", "scenario.toml", "-q"]).calm();
    assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("side `backprop`, seed 1, epoch"), "{}", ran.stderr);
    assert_eq!(session.names("runs"), ["scenario.part"], "what was reached is kept");
}
