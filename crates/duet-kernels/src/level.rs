//! Which vector instructions the kernels use.

use core::fmt;
use std::sync::OnceLock;

use crate::LevelError;

/// The environment variable that lowers the level.
const VARIABLE: &str = "NEURODUET_CPU";

/// A set of CPU features that the kernels are compiled for. Each includes those before it.
///
/// Matrix products round differently at [`CpuLevel::Baseline`] than at the other two (a product and a sum are rounded
/// once where the processor can fuse them, twice where not), so a run's manifest names the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CpuLevel {
    /// What every processor of the target has (on x86-64: SSE2).
    Baseline,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512 F, VL, BW and DQ, besides AVX2 and FMA.
    Avx512,
}

impl CpuLevel {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Avx2, Self::Avx512];

    /// The highest level of this processor.
    pub fn detected() -> Self {
        static DETECTED: OnceLock<CpuLevel> = OnceLock::new();
        *DETECTED.get_or_init(detect)
    }

    /// The level that `NEURODUET_CPU` (`baseline`, `avx2` or `avx512`) asks for; the highest one where it is not set.
    ///
    /// # Errors
    /// If the variable holds another word, or a level above [`CpuLevel::detected`].
    pub fn from_env() -> Result<Self, LevelError> {
        match std::env::var_os(VARIABLE) {
            Some(word) => Self::lowered_to(&word.to_string_lossy(), Self::detected()),
            None => Ok(Self::detected()),
        }
    }

    /// The level in force in this process: [`CpuLevel::from_env`]'s at the first call, ever after; the highest one where
    /// that is an error (which the program reports at its start by asking `from_env` itself).
    pub fn current() -> Self {
        static CURRENT: OnceLock<CpuLevel> = OnceLock::new();
        *CURRENT.get_or_init(|| Self::from_env().unwrap_or_else(|_| Self::detected()))
    }

    /// The level's name, as in `NEURODUET_CPU`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    fn lowered_to(word: &str, available: Self) -> Result<Self, LevelError> {
        let asked = Self::ALL.into_iter().find(|level| level.name() == word);
        let asked = asked.ok_or_else(|| LevelError::Unknown { word: word.to_owned() })?;
        if asked > available { Err(LevelError::Unavailable { asked, available }) } else { Ok(asked) }
    }
}

impl fmt::Display for CpuLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(target_arch = "x86_64")]
fn detect() -> CpuLevel {
    use std::arch::is_x86_feature_detected as has;

    if !(has!("avx2") && has!("fma")) {
        CpuLevel::Baseline
    } else if has!("avx512f") && has!("avx512vl") && has!("avx512bw") && has!("avx512dq") {
        CpuLevel::Avx512
    } else {
        CpuLevel::Avx2
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> CpuLevel {
    CpuLevel::Baseline
}

#[cfg(test)]
mod tests {
    use super::CpuLevel;
    use crate::LevelError;

    #[test]
    fn words_and_levels_agree() {
        for level in CpuLevel::ALL {
            assert_eq!(CpuLevel::lowered_to(&level.to_string(), CpuLevel::Avx512), Ok(level));
        }
        assert_eq!(format!("{:>9}", CpuLevel::Avx2), "     avx2");
    }

    #[test]
    fn only_downwards() {
        assert_eq!(CpuLevel::lowered_to("baseline", CpuLevel::Avx2), Ok(CpuLevel::Baseline));
        let error = CpuLevel::lowered_to("avx512", CpuLevel::Avx2).expect_err("too high");
        assert_eq!(error, LevelError::Unavailable { asked: CpuLevel::Avx512, available: CpuLevel::Avx2 });
        assert_eq!(
            error.to_string(),
            "NEURODUET_CPU is \"avx512\", but this processor has no more than \"avx2\""
        );
    }

    #[test]
    fn other_words_are_refused() {
        for word in ["", "AVX2", "sse2"] {
            let error = CpuLevel::lowered_to(word, CpuLevel::Avx512).expect_err("no such level");
            assert_eq!(error, LevelError::Unknown { word: word.to_owned() });
        }
    }

    #[test]
    fn the_level_in_force_is_within_reach() {
        assert!(CpuLevel::current() <= CpuLevel::detected());
    }
}
