//! A worked step as a page of text: aligned, the chain rule spelled out.

use super::{StepThrough, Worked};
use duet_ann::{LayerTrace, ProjectionTrace};
use duet_gradient::Loss;
use std::fmt::Write;

/// Forward, loss, backward, gradient and update.
pub fn page(step: &StepThrough, worked: &Worked) -> String {
    let mut page = String::new();
    let input: Vec<String> = step.input.iter().map(|&x| short(x)).collect();
    let _ = writeln!(page, "EXAMPLE    x = ({}), class {}", input.join(", "), step.label);
    let _ = writeln!(page, "\nFORWARD    z = sum of w x, plus b;   y = f(z)");
    for (l, layer) in worked.trace.layers.iter().enumerate().skip(1) {
        forward(&mut page, worked, l, layer);
    }
    loss(&mut page, step, worked);
    let _ = writeln!(page, "\nBACKWARD   delta = dL/dz, from the output down");
    for (l, layer) in worked.trace.layers.iter().enumerate().skip(1).rev() {
        backward(&mut page, worked, l, layer);
    }
    let optimizer = worked.optimizer.name().replace('_', " ");
    let _ = writeln!(
        page,
        "\nUPDATE     dL/dw = delta of the target · y of the source;   dL/db = delta;   by {optimizer}"
    );
    for projection in &worked.trace.projections {
        update(&mut page, worked, projection);
    }
    let _ = writeln!(
        page,
        "\nLOSS       {} before, {} after",
        short(worked.trace.loss),
        short(worked.loss_after)
    );
    page
}

fn forward(page: &mut String, worked: &Worked, l: usize, layer: &LayerTrace<f64>) {
    let _ = writeln!(page, "  {} ({})", layer.population, layer.activation);
    let incoming: Vec<&ProjectionTrace<f64>> =
        worked.trace.projections.iter().filter(|projection| projection.to == l).collect();
    let sums: Vec<String> = (0..layer.units)
        .map(|unit| {
            let mut terms = Vec::new();
            for projection in &incoming {
                let source = &worked.trace.layers[projection.from];
                for (pre, &x) in source.values.iter().enumerate() {
                    terms.push(times(projection.weights[pre * layer.units + unit], x));
                }
                terms.extend(projection.biases.get(unit).map(|&bias| short(bias)));
            }
            format!("z{unit} = {} = {}", sum(&terms), short(layer.drives[unit]))
        })
        .collect();
    for (unit, sum) in padded(&sums).enumerate() {
        let (z, y) = (layer.drives[unit], layer.values[unit]);
        let value = if layer.activation == "identity" {
            format!("y{unit} = z{unit}")
        } else {
            format!("y{unit} = {}({}) = {}", layer.activation, short(z), short(y))
        };
        let _ = writeln!(page, "    {sum}   {value}");
    }
}

fn loss(page: &mut String, step: &StepThrough, worked: &Worked) {
    let name = worked.loss.name().replace('_', "-");
    let _ = writeln!(page, "\nLOSS       {name}");
    if let Some(probabilities) = &worked.probabilities {
        let shown: Vec<String> = probabilities.iter().map(|&p| short(p)).collect();
        let _ = writeln!(page, "    p = softmax(y) = ({})", shown.join(", "));
        let of_label = probabilities.get(step.label).map(|&p| (p, -duet_kernels::math::ln(p)));
        match of_label.filter(|(_, surprise)| (surprise - worked.trace.loss).abs() < 1e-9) {
            Some((p, loss)) => {
                let _ = writeln!(page, "    L = −ln p{} = −ln {} = {}", step.label, short(p), short(loss));
            }
            // Smoothed labels ask a little of every class.
            None => {
                let _ = writeln!(page, "    L = {}", short(worked.trace.loss));
            }
        }
    } else {
        let _ = writeln!(page, "    L = {}", short(worked.trace.loss));
    }
}

fn backward(page: &mut String, worked: &Worked, l: usize, layer: &LayerTrace<f64>) {
    let outgoing: Vec<&ProjectionTrace<f64>> =
        worked.trace.projections.iter().filter(|projection| projection.from == l).collect();
    let _ = writeln!(page, "  {}", layer.population);
    let lines: Vec<String> = (0..layer.units)
        .map(|unit| {
            let slope = short(layer.slopes[unit]);
            let delta = short(layer.deltas[unit]);
            if outgoing.is_empty() {
                let above = short(worked.output_slopes[unit]);
                let why = match (&worked.loss, &worked.probabilities) {
                    (Loss::CrossEntropy(_), Some(p)) => {
                        // With label smoothing the truth is no whole number.
                        let truth = short(p[unit] - worked.output_slopes[unit]);
                        format!("dL/dy{unit} = p{unit} − truth = {} − {truth} = {above}", short(p[unit]))
                    }
                    _ => format!("dL/dy{unit} = {above}"),
                };
                return format!("{why};   delta{unit} = {above} · f'(z{unit}) = {above} · {slope} = {delta}");
            }
            let mut terms = Vec::new();
            for projection in &outgoing {
                let above = &worked.trace.layers[projection.to];
                for (post, &next) in above.deltas.iter().enumerate() {
                    terms.push(times(projection.weights[unit * above.units + post], next));
                }
            }
            format!("delta{unit} = ({}) · f'(z{unit}) = … · {slope} = {delta}", sum(&terms))
        })
        .collect();
    for line in lines {
        let _ = writeln!(page, "    {line}");
    }
}

fn update(page: &mut String, worked: &Worked, projection: &ProjectionTrace<f64>) {
    let (from, to) = (&worked.trace.layers[projection.from], &worked.trace.layers[projection.to]);
    let updated = &worked.updated[projection.range.clone()];
    let mut rows = vec![["", "before", "dL/dw = delta · y", "after"].map(str::to_owned)];
    for (at, &value) in projection.weights.iter().enumerate() {
        let (pre, post) = (at / to.units, at % to.units);
        rows.push([
            format!("{}{pre} → {}{post}", from.population, to.population),
            short(value),
            format!(
                "{} = {}",
                times(to.deltas[post], from.values[pre]),
                short(projection.weight_gradient[at])
            ),
            short(updated[at]),
        ]);
    }
    for (post, &value) in projection.biases.iter().enumerate() {
        rows.push([
            format!("bias of {}{post}", to.population),
            short(value),
            short(projection.bias_gradient[post]),
            short(updated[projection.weights.len() + post]),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
    let _ = writeln!(page, "  {}", projection.name);
    for row in &rows {
        let _ = writeln!(
            page,
            "    {:<a$}   {:>b$}   {:>c$}   {:>d$}",
            row[0],
            row[1],
            row[2],
            row[3],
            a = widths[0],
            b = widths[1],
            c = widths[2],
            d = widths[3]
        );
    }
}

/// A product; a negative second factor stands in brackets.
fn times(a: f64, b: f64) -> String {
    let b = short(b);
    if b.starts_with('−') { format!("{} · ({b})", short(a)) } else { format!("{} · {b}", short(a)) }
}

/// Terms with their signs between them: `0.1 · 1 − 0.4 · 2`.
fn sum(terms: &[String]) -> String {
    let mut out = String::new();
    for (at, term) in terms.iter().enumerate() {
        match (at, term.strip_prefix('−')) {
            (0, _) => out.push_str(term),
            (_, Some(size)) => {
                let _ = write!(out, " − {size}");
            }
            (_, None) => {
                let _ = write!(out, " + {term}");
            }
        }
    }
    if out.is_empty() { "0".to_owned() } else { out }
}

/// Lines filled up to one width.
fn padded(lines: &[String]) -> impl Iterator<Item = String> + '_ {
    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    lines.iter().map(move |line| format!("{line}{}", " ".repeat(widest - line.chars().count())))
}

/// Four digits after the point, without trailing zeros, with a true minus sign; small numbers with four digits that count.
fn short(x: f64) -> String {
    let size = x.abs();
    let text = if size != 0.0 && !(1e-3..1e6).contains(&size) {
        format!("{size:.3e}")
    } else {
        let text = format!("{size:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if x < 0.0 && text != "0" { format!("−{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::{short, sum};

    #[test]
    fn numbers_are_short_and_signs_stand_between_terms() {
        assert_eq!(
            [0.1, -0.25, 2.0, 0.0, -0.0, 1e-5, 0.721_113].map(short),
            ["0.1", "−0.25", "2", "0", "0", "1.000e-5", "0.7211"]
        );
        assert_eq!(sum(&["0.1 · 1".into(), "−0.4 · 2".into(), "−0.02".into()]), "0.1 · 1 − 0.4 · 2 − 0.02");
        assert_eq!(sum(&[]), "0");
    }
}
