//! Graph measures after Watts & Strogatz (1998), on undirected graphs given as sorted neighbour lists.

use std::collections::VecDeque;

/// Mean clustering coefficient: of the pairs of a node's neighbours, the share that are neighbours themselves.
///
/// Nodes with fewer than two neighbours count as 0. `None` for a graph without nodes.
pub fn clustering(neighbors: &[Vec<u32>]) -> Option<f64> {
    if neighbors.is_empty() {
        return None;
    }
    let linked = |a: u32, b: u32| neighbors[a as usize].binary_search(&b).is_ok();
    let local = |list: &Vec<u32>| {
        let k = list.len();
        if k < 2 {
            return 0.0;
        }
        let pairs = list.iter().enumerate().flat_map(|(i, &a)| list[i + 1..].iter().map(move |&b| (a, b)));
        pairs.filter(|&(a, b)| linked(a, b)).count() as f64 / (k * (k - 1) / 2) as f64
    };
    Some(neighbors.iter().map(local).sum::<f64>() / neighbors.len() as f64)
}

/// Characteristic path length: the mean shortest path over all pairs of nodes that are connected at all.
///
/// `None` where no two nodes are connected.
pub fn path_length(neighbors: &[Vec<u32>]) -> Option<f64> {
    let (mut total, mut pairs) = (0_u64, 0_u64);
    let mut distance = vec![u32::MAX; neighbors.len()];
    let mut queue = VecDeque::new();
    for start in 0..neighbors.len() {
        distance.fill(u32::MAX);
        distance[start] = 0;
        queue.push_back(start as u32);
        while let Some(node) = queue.pop_front() {
            for &next in &neighbors[node as usize] {
                if distance[next as usize] == u32::MAX {
                    distance[next as usize] = distance[node as usize] + 1;
                    total += u64::from(distance[next as usize]);
                    pairs += 1;
                    queue.push_back(next);
                }
            }
        }
    }
    (pairs > 0).then(|| total as f64 / pairs as f64)
}

#[cfg(test)]
mod tests {
    use super::{clustering, path_length};

    /// A ring lattice in which every node has `k` neighbours.
    fn ring(n: usize, k: usize) -> Vec<Vec<u32>> {
        let row = |i: usize| {
            let mut row: Vec<u32> =
                (1..=k / 2).flat_map(|d| [((i + d) % n) as u32, ((i + n - d) % n) as u32]).collect();
            row.sort_unstable();
            row
        };
        (0..n).map(row).collect()
    }

    #[test]
    fn the_ring_of_watts_and_strogatz() {
        // Closed forms: C = 3(k - 2) / (4(k - 1)); S36 of the course gives L(0) = 50.45 for n = 1000, k = 10.
        let ring = ring(1000, 10);
        assert!((clustering(&ring).unwrap() - 3.0 * 8.0 / (4.0 * 9.0)).abs() < 1e-12);
        assert!((path_length(&ring).unwrap() - 50.45).abs() < 0.005, "{:?}", path_length(&ring));
    }

    #[test]
    fn small_graphs_by_hand() {
        let triangle_with_tail = [vec![1, 2], vec![0, 2], vec![0, 1, 3], vec![2]];
        // Nodes 0 and 1: 1; node 2: 1 of 3 pairs; node 3: 0.
        assert!((clustering(&triangle_with_tail).unwrap() - (1.0 + 1.0 + 1.0 / 3.0) / 4.0).abs() < 1e-15);
        // Distances: 0-1 1, 0-2 1, 0-3 2, 1-2 1, 1-3 2, 2-3 1.
        assert!((path_length(&triangle_with_tail).unwrap() - 8.0 / 6.0).abs() < 1e-15);
        assert_eq!((clustering(&[]), path_length(&[vec![], vec![]])), (None, None));
    }
}
