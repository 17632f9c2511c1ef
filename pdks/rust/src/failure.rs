//! Why a call failed, as the host is told: a text and a return code.

use std::fmt::{self, Debug, Display};
use std::sync::Once;

use crate::{abi, log, Block};

/// The result of a plug-in function.
pub type FnResult<T> = Result<T, Error>;

/// A failure with its text and return code. Made by `?` from every error of Rust, or by `Error::msg`.
///
/// It is itself no `std::error::Error`: only so can `?` make it from all that are.
pub struct Error {
    text: String,
    code: i32,
}

impl Error {
    /// An error with this text and return code 1.
    pub fn msg(text: impl Display) -> Self {
        Error { text: text.to_string(), code: 1 }
    }

    /// The same error with another return code; 0, which would say success, becomes 1.
    pub fn with_code(self, code: i32) -> Self {
        Error { code: if code == 0 { 1 } else { code }, ..self }
    }

    /// The same error, said what was tried: `TEXT: …`.
    pub fn context(self, text: impl Display) -> Self {
        Error { text: format!("{text}: {}", self.text), ..self }
    }

    /// Hands the text to the host and gives the return code. A host knows an error by its block, so no text becomes a space.
    pub(crate) fn report(self) -> i32 {
        let text = if self.text.is_empty() { " " } else { &self.text };
        abi::error_set(Block::new(text.as_bytes()).into_handle());
        self.code
    }
}

impl<E: std::error::Error> From<E> for Error {
    /// Takes the texts of the error and of all that caused it.
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Error::msg(text)
    }
}

impl Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} (return code {})", self.text, self.code)
    }
}

/// Makes panics log what and where before they trap, because the host sees but a trap.
pub(crate) fn log_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|panic| log::write(log::Level::Error, &panic.to_string()))));
}
