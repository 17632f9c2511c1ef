//! How the arguments and results of host functions travel; `host_fn` writes the calls to this.
//!
//! Numbers go as they are, everything else as the handle of a block. A block that was lent for an argument is freed after the
//! call, one that came as result after it was read.

use crate::{Block, Error, FromBytes, ToBytes};

/// An argument of a host function.
pub trait Param: Sized {
    /// What the host gets.
    type Raw;
    /// What keeps it alive until the host is done.
    type Lent: Lend<Raw = Self::Raw>;
    /// Makes it ready.
    fn lend(self) -> Self::Lent;
}

/// An argument that is ready.
pub trait Lend {
    /// What the host gets.
    type Raw;
    /// The number to pass.
    fn raw(&self) -> Self::Raw;
}

/// A result of a host function.
pub trait Returned: Sized {
    /// What the host gives.
    type Raw;
    /// Makes the result of it.
    fn from_raw(raw: Self::Raw) -> Self;
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl Param for $type {
            type Raw = $type;
            type Lent = $type;
            fn lend(self) -> $type {
                self
            }
        }

        impl Lend for $type {
            type Raw = $type;
            fn raw(&self) -> $type {
                *self
            }
        }

        impl Returned for $type {
            type Raw = $type;
            fn from_raw(raw: $type) -> Self {
                raw
            }
        }
    )*};
}
numbers!(i32 u32 i64 u64 f32 f64);

impl Lend for Block {
    type Raw = u64;
    fn raw(&self) -> u64 {
        self.handle()
    }
}

macro_rules! blocks {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> Param for $type {
            type Raw = u64;
            type Lent = Block;
            /// Panics if the value cannot be encoded.
            fn lend(self) -> Block {
                Block::new(&self.to_bytes().expect("an argument of a host function can be encoded"))
            }
        }
    )*};
}
blocks! {
    [] &str;
    [] String;
    [] &[u8];
    [] Vec<u8>;
}
#[cfg(feature = "json")]
blocks! { [T: serde::Serialize] crate::Json<T>; }

macro_rules! returned {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> Returned for $type {
            type Raw = u64;
            /// Panics if the bytes are no such value.
            fn from_raw(raw: u64) -> Self {
                Self::from_bytes(Block::from_handle(raw).read()).expect("the host function's result has the declared type")
            }
        }
    )*};
}
returned! {
    [] String;
    [] Vec<u8>;
}
#[cfg(feature = "json")]
returned! { [T: serde::de::DeserializeOwned] crate::Json<T>; }

impl<T: FromBytes> Returned for Result<T, Error> {
    type Raw = u64;
    fn from_raw(raw: u64) -> Self {
        T::from_bytes(Block::from_handle(raw).read())
    }
}

impl Returned for () {
    type Raw = ();
    fn from_raw((): ()) -> Self {}
}
