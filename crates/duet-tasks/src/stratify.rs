//! A test part with the same share of every class.

use duet_random::Key;

/// For each example whether it is for the test: of a class with n examples `share * n`, rounded, and at least one for
/// each part. Which ones is drawn from the key.
///
/// # Errors
/// The first class with fewer than two examples.
pub(crate) fn test_part(labels: &[u32], classes: usize, share: f64, key: Key) -> Result<Vec<bool>, usize> {
    let mut members = vec![Vec::new(); classes];
    for (i, &label) in labels.iter().enumerate() {
        members[label as usize].push(i);
    }
    let mut test = vec![false; labels.len()];
    for (class, members) in members.iter().enumerate() {
        if members.len() < 2 {
            return Err(class);
        }
        let wanted = (share * members.len() as f64).round() as usize;
        let count = wanted.clamp(1, members.len() - 1);
        let order = key.stream("split", class as u64).permutation(members.len());
        for &i in &order[..count] {
            test[members[i as usize]] = true;
        }
    }
    Ok(test)
}

#[cfg(test)]
mod tests {
    use super::test_part;
    use duet_random::Key;

    #[test]
    fn every_class_gives_its_share() {
        let labels: Vec<u32> = [vec![0; 50], vec![1; 7], vec![2; 2]].concat();
        for (share, counts) in [(0.2, [10, 1, 1]), (0.5, [25, 4, 1]), (0.001, [1, 1, 1]), (0.999, [49, 6, 1])]
        {
            let test = test_part(&labels, 3, share, Key::new(1)).unwrap();
            let mut found = [0; 3];
            for (&label, _) in labels.iter().zip(&test).filter(|(_, test)| **test) {
                found[label as usize] += 1;
            }
            assert_eq!(found, counts, "{share}");
        }
        assert_eq!(test_part(&[0, 0, 1], 2, 0.5, Key::new(1)), Err(1));
        assert_eq!(test_part(&[0, 0], 2, 0.5, Key::new(1)), Err(1));
    }

    // Each of 10 examples should be drawn in a fifth of the keys: 400 of 2000 with a standard deviation of 18.
    #[test]
    fn every_example_is_drawn_equally_often() {
        let mut drawn = [0_i32; 10];
        for seed in 0..2000 {
            let test = test_part(&[0; 10], 1, 0.2, Key::new(seed)).unwrap();
            for (count, test) in drawn.iter_mut().zip(test) {
                *count += i32::from(test);
            }
        }
        assert!(drawn.iter().all(|count| (count - 400).abs() < 80), "{drawn:?}");
        assert_eq!(test_part(&[0; 10], 1, 0.2, Key::new(1)), test_part(&[0; 10], 1, 0.2, Key::new(1)));
    }
}
