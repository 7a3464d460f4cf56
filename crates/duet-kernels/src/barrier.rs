//! Where the threads of a team wait for each other, some hundred thousand times a second.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How often a waiting thread looks before it lets others run: some microseconds. Threads that always spin come to a
/// standstill where there are more of them than processors.
const LOOKS: u32 = 4000;

/// A barrier for a fixed number of threads, to be passed any number of times.
///
/// ```
/// use duet_kernels::Barrier;
///
/// let barrier = Barrier::new(2);
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert!(barrier.wait()));
///     assert!(barrier.wait());
/// });
/// barrier.abandon();
/// assert!(!barrier.wait());
/// ```
#[derive(Debug)]
pub struct Barrier {
    members: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
    abandoned: AtomicBool,
}

impl Barrier {
    /// A barrier for so many threads.
    pub fn new(members: usize) -> Self {
        Self {
            members,
            arrived: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            abandoned: AtomicBool::new(false),
        }
    }

    /// Waits until all members have come; what they wrote before is then seen by all. `false` if one will not come.
    pub fn wait(&self) -> bool {
        let round = self.round.load(Ordering::Acquire);
        if self.abandoned.load(Ordering::Acquire) {
            return false;
        }
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.members {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return true;
        }
        let mut looks = 0;
        while self.round.load(Ordering::Acquire) == round {
            if self.abandoned.load(Ordering::Acquire) {
                return false;
            }
            if looks < LOOKS {
                looks += 1;
                spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
        true
    }

    /// Says that a member will not come: nobody waits any more.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::Barrier;
    use core::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn nobody_is_a_round_ahead() {
        let (barrier, counts) = (Barrier::new(3), [const { AtomicUsize::new(0) }; 3]);
        std::thread::scope(|scope| {
            for me in 0..3 {
                let (barrier, counts) = (&barrier, &counts);
                scope.spawn(move || {
                    for round in 1..=2000 {
                        counts[me].store(round, Ordering::Relaxed);
                        assert!(barrier.wait());
                        assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) >= round));
                        assert!(barrier.wait());
                    }
                });
            }
        });
    }

    #[test]
    fn an_abandoned_barrier_lets_everybody_go() {
        let barrier = Barrier::new(2);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| barrier.wait());
            std::thread::sleep(std::time::Duration::from_millis(5));
            barrier.abandon();
            assert!(!waiting.join().expect("no panic"));
        });
    }
}
