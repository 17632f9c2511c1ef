//! Variables: small things that the host keeps for the plug-in from call to call.

use crate::{abi, Block, Error, FromBytes, ToBytes};

/// The value of a variable; `None` when there is none.
///
/// An error says that it is no `T`.
pub fn get<T: FromBytes>(key: &str) -> Result<Option<T>, Error> {
    let value = Block::from_handle(abi::var_get(Block::new(key.as_bytes()).into_handle()));
    if value.is_null() {
        return Ok(None);
    }
    T::from_bytes(value.read()).map(Some)
}

/// Sets a variable; no bytes delete it. Past the host's budget the call fails, here and now.
pub fn set(key: &str, value: impl ToBytes) -> Result<(), Error> {
    let value = Block::new(&value.to_bytes()?);
    abi::var_set(Block::new(key.as_bytes()).into_handle(), value.into_handle());
    Ok(())
}

/// Deletes a variable, if there is one.
pub fn remove(key: &str) {
    abi::var_set(Block::new(key.as_bytes()).into_handle(), 0);
}
