//! Tenon's plug-in kit for Rust: functions that a WebAssembly plug-in host can call, and what the host offers them.
//!
//! ```ignore
//! use tenon_pdk::*;
//!
//! #[plugin_fn]
//! pub fn greet(name: String) -> FnResult<String> {
//!     Ok(format!("Hello, {name}"))
//! }
//! ```
//!
//! The plug-in runs in Tenon and in every Extism host; see README.md for how to build one.

pub mod abi;
mod block;
pub mod config;
mod convert;
mod failure;
pub mod host;
#[cfg(feature = "json")]
pub mod http;
pub mod log;
pub mod var;

pub use block::Block;
#[cfg(feature = "json")]
pub use convert::Json;
pub use convert::{FromBytes, ToBytes};
pub use failure::{Error, FnResult};
pub use tenon_pdk_macros::{host_fn, plugin_fn};

/// A copy of this call's input.
pub fn input() -> Vec<u8> {
    block::copy_input()
}

/// Makes this the output of the call; a later output replaces it. What a plug-in function returns does the same.
pub fn output(value: impl ToBytes) -> Result<(), Error> {
    let bytes = value.to_bytes()?;
    let block = Block::new(&bytes);
    abi::output_set(block.into_handle(), bytes.len() as u64);
    Ok(())
}

/// Runs a plug-in function: decodes the input, encodes the output, reports the failure. `plugin_fn` calls it.
///
/// Returns what the host is told: 0, or the code of the error.
pub fn run<I: FromBytes, O: ToBytes>(function: impl FnOnce(I) -> FnResult<O>) -> i32 {
    failure::log_panics();
    let done = I::from_bytes(input()).and_then(function).and_then(output);
    done.map_or_else(|error| error.report(), |()| 0)
}
