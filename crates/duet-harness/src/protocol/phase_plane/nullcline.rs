//! The lines on which one of the two velocities is zero.

use super::plane::Plane;
use std::collections::BTreeMap;

/// Cells of the grid along each axis.
const CELLS: usize = 120;
/// Bisections of an edge of the grid.
const HALVINGS: usize = 30;

/// An edge of the grid: where it begins, and whether it goes up.
type Edge = (usize, usize, bool);
/// A piece of a nullcline, point by point.
pub(super) type Piece = Vec<(f64, f64)>;

/// The nullcline of one variable (0 or 1), in connected pieces: marching squares, with every crossing of the grid found by
/// bisection.
pub(super) fn nullcline(plane: &Plane<'_>, variable: usize) -> Vec<Piece> {
    let corner = |i: usize, j: usize| (Plane::place(plane.x, i, CELLS), Plane::place(plane.y, j, CELLS));
    let value = |(x, y): (f64, f64)| plane.at(x, y)[variable];
    let signs: Vec<Vec<Option<bool>>> = (0..=CELLS)
        .map(|i| {
            let sign = |j: usize| Some(value(corner(i, j))).filter(|f| !f.is_nan()).map(|f| f > 0.0);
            (0..=CELLS).map(sign).collect()
        })
        .collect();
    let ends = |(i, j, up): Edge| ((i, j), if up { (i, j + 1) } else { (i + 1, j) });
    let is_crossed = |edge: Edge| {
        let ((i, j), (k, l)) = ends(edge);
        matches!((signs[i][j], signs[k][l]), (Some(a), Some(b)) if a != b)
    };
    let mut links: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
    for i in 0..CELLS {
        for j in 0..CELLS {
            let around = [(i, j, false), (i + 1, j, true), (i, j + 1, false), (i, j, true)];
            let crossed: Vec<Edge> = around.into_iter().filter(|edge| is_crossed(*edge)).collect();
            // A cell that is crossed twice is cut at two corners.
            for pair in crossed.chunks_exact(2) {
                links.entry(pair[0]).or_default().push(pair[1]);
                links.entry(pair[1]).or_default().push(pair[0]);
            }
        }
    }
    let point = |edge: Edge| {
        let (from, to) = ends(edge);
        let (mut low, mut high) = (corner(from.0, from.1), corner(to.0, to.1));
        let is_positive = value(low) > 0.0;
        for _ in 0..HALVINGS {
            let middle = (f64::midpoint(low.0, high.0), f64::midpoint(low.1, high.1));
            if (value(middle) > 0.0) == is_positive { low = middle } else { high = middle }
        }
        (f64::midpoint(low.0, high.0), f64::midpoint(low.1, high.1))
    };
    follow(&links).into_iter().map(|piece| piece.into_iter().map(point).collect()).collect()
}

/// Edges in the order in which they follow each other: pieces with two ends first, then rings.
fn follow(links: &BTreeMap<Edge, Vec<Edge>>) -> Vec<Vec<Edge>> {
    let mut left = links.clone();
    let mut pieces = Vec::new();
    let ends = links.iter().filter(|(_, next)| next.len() == 1).map(|(edge, _)| *edge);
    for start in ends.chain(links.keys().copied()) {
        let mut piece = Vec::new();
        let mut next = Some(start);
        while let Some(edge) = next {
            let Some(neighbours) = left.remove(&edge) else { break };
            piece.push(edge);
            next = neighbours.into_iter().find(|neighbour| left.contains_key(neighbour));
        }
        let is_ring = piece.len() > 2 && piece.last().is_some_and(|last| links[last].contains(&start));
        if is_ring {
            piece.push(start);
        }
        if piece.len() > 1 {
            pieces.push(piece);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_spiking::Neuron;
    use duet_spiking::neuron::FitzhughNagumo;

    #[test]
    fn both_nullclines_of_fitzhugh_and_nagumo_in_one_piece_each() {
        let flow = Neuron::FitzhughNagumo(FitzhughNagumo::default()).flow().unwrap();
        let plane = Plane { flow: &flow, current: 0.5, x: (-2.5, 2.5), y: (-3.0, 6.0) };
        let cubic = nullcline(&plane, 0);
        assert_eq!(cubic.len(), 1);
        assert!(cubic[0].len() > 150);
        assert!(cubic[0].iter().all(|(u, w)| (w - (u - u * u * u + 0.5)).abs() < 1e-6));
        let straight = nullcline(&plane, 1);
        assert_eq!(straight.len(), 1);
        assert!(straight[0].iter().all(|(u, w)| (w - 2.0 * (u + 1.0)).abs() < 1e-6));
        // One after the other: no step is longer than a cell's diagonal.
        let longest = cubic[0].windows(2).map(|p| (p[0].0 - p[1].0).abs() + (p[0].1 - p[1].1).abs());
        assert!(longest.fold(0.0, f64::max) < 0.12);
    }

    #[test]
    fn rings_are_closed() {
        let edges: [Edge; 4] = [(0, 0, false), (1, 0, true), (0, 1, false), (0, 0, true)];
        let links: BTreeMap<Edge, Vec<Edge>> =
            (0..4).map(|k| (edges[k], vec![edges[(k + 1) % 4], edges[(k + 3) % 4]])).collect();
        let pieces = follow(&links);
        assert_eq!(pieces.len(), 1);
        assert_eq!((pieces[0].len(), pieces[0].first()), (5, pieces[0].last()));
    }
}
