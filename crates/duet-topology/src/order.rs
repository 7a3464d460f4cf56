//! Layer order: which population can be computed after which.

/// Sorts `n` nodes so that every edge runs forward; among nodes that are free, the lowest index comes first (Kahn 1962).
/// The error holds the nodes on or behind a circle that lie on one.
pub(crate) fn layer_order(n: usize, edges: &[(usize, usize)]) -> Result<Vec<usize>, Vec<usize>> {
    let mut waiting = vec![0_usize; n];
    for &(_, to) in edges {
        waiting[to] += 1;
    }
    let mut order = Vec::with_capacity(n);
    let mut done = vec![false; n];
    while let Some(next) = (0..n).find(|&i| !done[i] && waiting[i] == 0) {
        done[next] = true;
        order.push(next);
        for &(_, to) in edges.iter().filter(|&&(from, _)| from == next) {
            waiting[to] -= 1;
        }
    }
    if order.len() == n { Ok(order) } else { Err(on_a_circle(&done, edges)) }
}

/// Of the nodes not done, those from which one can get back to oneself.
fn on_a_circle(done: &[bool], edges: &[(usize, usize)]) -> Vec<usize> {
    let returns = |start: usize| {
        let mut seen = vec![false; done.len()];
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            for &(_, to) in edges.iter().filter(|&&(from, _)| from == node) {
                if to == start {
                    return true;
                }
                if !std::mem::replace(&mut seen[to], true) {
                    open.push(to);
                }
            }
        }
        false
    };
    (0..done.len()).filter(|&i| !done[i] && returns(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::layer_order;

    #[test]
    fn sorts_chains_skips_and_finds_circles() {
        assert_eq!(layer_order(3, &[(2, 1), (1, 0)]), Ok(vec![2, 1, 0]));
        assert_eq!(layer_order(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]), Ok(vec![0, 1, 2, 3]));
        assert_eq!(layer_order(4, &[(0, 1), (1, 2), (2, 1), (2, 3)]), Err(vec![1, 2]));
        assert_eq!(layer_order(2, &[(0, 1), (1, 1)]), Err(vec![1]));
        assert_eq!(layer_order(0, &[]), Ok(vec![]));
    }
}
