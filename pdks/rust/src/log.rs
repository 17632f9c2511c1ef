//! Logs: `info!("{count} carts")`. What the host does not keep is not even formatted.

use crate::{abi, Block};

/// Levels, lowest first, with the numbers of the ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace = 0,
    Debug = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
}

/// Whether the host keeps logs of this level.
pub fn is_kept(level: Level) -> bool {
    level as i32 >= abi::get_log_level()
}

/// Logs a text, if the host keeps logs of this level.
pub fn write(level: Level, text: &str) {
    if !is_kept(level) {
        return;
    }
    let text = Block::new(text.as_bytes()).into_handle();
    match level {
        Level::Trace => abi::log_trace(text),
        Level::Debug => abi::log_debug(text),
        Level::Info => abi::log_info(text),
        Level::Warn => abi::log_warn(text),
        Level::Error => abi::log_error(text),
    }
}

/// Logs at a level: `log!(Level::Info, "{count} carts")`.
#[macro_export]
macro_rules! log {
    ($level:expr, $($format:tt)+) => {{
        let level = $level;
        if $crate::log::is_kept(level) {
            $crate::log::write(level, &::std::format!($($format)+));
        }
    }};
}

/// Logs at trace.
#[macro_export]
macro_rules! trace { ($($format:tt)+) => { $crate::log!($crate::log::Level::Trace, $($format)+) }; }

/// Logs at debug.
#[macro_export]
macro_rules! debug { ($($format:tt)+) => { $crate::log!($crate::log::Level::Debug, $($format)+) }; }

/// Logs at info.
#[macro_export]
macro_rules! info { ($($format:tt)+) => { $crate::log!($crate::log::Level::Info, $($format)+) }; }

/// Logs at warn.
#[macro_export]
macro_rules! warn { ($($format:tt)+) => { $crate::log!($crate::log::Level::Warn, $($format)+) }; }

/// Logs at error.
#[macro_export]
macro_rules! error { ($($format:tt)+) => { $crate::log!($crate::log::Level::Error, $($format)+) }; }
