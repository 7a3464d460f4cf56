//! One kernel body, compiled once per [`CpuLevel`](crate::CpuLevel).

use crate::Real;

/// How a level's processor adds a product; and how much it holds in registers.
pub(crate) trait Arithmetic {
    /// Bytes of a column of sums that tiles of four columns keep in registers, with room for the factors.
    const COLUMN: usize;

    /// `a * b + c`.
    fn multiply_add<T: Real>(a: T, b: T, c: T) -> T;
}

/// Two roundings; 16 registers of 16 bytes.
pub(crate) struct Baseline;

/// One rounding; 16 registers of 32 bytes.
pub(crate) struct Avx2;

/// One rounding; 32 registers of 64 bytes.
pub(crate) struct Avx512;

impl Arithmetic for Baseline {
    const COLUMN: usize = 64;

    #[inline(always)]
    fn multiply_add<T: Real>(a: T, b: T, c: T) -> T {
        a * b + c
    }
}

impl Arithmetic for Avx2 {
    const COLUMN: usize = 64;

    #[inline(always)]
    fn multiply_add<T: Real>(a: T, b: T, c: T) -> T {
        a.mul_add(b, c)
    }
}

impl Arithmetic for Avx512 {
    const COLUMN: usize = 256;

    #[inline(always)]
    fn multiply_add<T: Real>(a: T, b: T, c: T) -> T {
        a.mul_add(b, c)
    }
}

/// Makes a trait of kernels, implemented for `f32` and `f64`, from safe bodies `fn BODY<T: Real, A: Arithmetic>(...)`
/// that must be `#[inline(always)]`: each body is compiled once per float and level, here and in no other crate, and the
/// level chooses. In the argument types `T` is the float.
///
/// ```text
/// dispatch! {
///     /// Documentation.
///     pub trait Scales<T> {
///         /// Documentation.
///         fn scale_at(factor: T, x: &mut [T]) = scale_body;
///     }
/// }
/// ```
///
/// The functions take the level first, and panic if the processor lacks it.
macro_rules! dispatch {
    ($(#[$trait_attribute:meta])* pub trait $trait:ident<T> {
        $($(#[$attribute:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $body:ident;)*
    }) => {
        $(#[$trait_attribute])*
        pub trait $trait<T> {
            $($(#[$attribute])* fn $name(level: $crate::CpuLevel, $($argument: $type),*);)*
        }
        $crate::dispatch::dispatch!(@float f32; $trait { $(fn $name($($argument: $type),*) = $body;)* });
        $crate::dispatch::dispatch!(@float f64; $trait { $(fn $name($($argument: $type),*) = $body;)* });
    };
    (@float $float:ident; $trait:ident { $(fn $name:ident($($argument:ident: $type:ty),*) = $body:ident;)* }) => {
        const _: () = {
            type T = $float;
            impl $trait<T> for T {
                $($crate::dispatch::dispatch!(@kernel fn $name($($argument: $type),*) = $body);)*
            }
        };
    };
    (@kernel fn $name:ident($($argument:ident: $type:ty),*) = $body:ident) => {
        fn $name(level: $crate::CpuLevel, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                $body::<T, $crate::dispatch::Avx2>($($argument),*);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
            fn avx512($($argument: $type),*) {
                $body::<T, $crate::dispatch::Avx512>($($argument),*);
            }

            let detected = $crate::CpuLevel::detected();
            assert!(level <= detected, "this processor has no {level}, only {detected}");
            match level {
                // SAFETY: the assertion above: AVX2 and FMA were detected.
                #[cfg(target_arch = "x86_64")]
                $crate::CpuLevel::Avx2 => unsafe { avx2($($argument),*) },
                // SAFETY: the assertion above: AVX2, FMA and AVX-512 F, VL, BW and DQ were detected.
                #[cfg(target_arch = "x86_64")]
                $crate::CpuLevel::Avx512 => unsafe { avx512($($argument),*) },
                _ => $body::<T, $crate::dispatch::Baseline>($($argument),*),
            }
        }
    };
}

pub(crate) use dispatch;
