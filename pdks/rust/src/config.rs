//! The configuration that the host gave the plug-in.

use crate::{abi, Block, Error};

/// The value of a key; `None` when it is missing or empty.
///
/// An error says that the value is no UTF-8.
pub fn get(key: &str) -> Result<Option<String>, Error> {
    let value = Block::from_handle(abi::config_get(Block::new(key.as_bytes()).into_handle()));
    if value.is_null() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8(value.read())?))
}
