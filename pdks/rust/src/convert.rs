//! Types that can be input and output of a plug-in function, variables, and arguments of host functions.

use std::borrow::Cow;

use crate::Error;

/// What can be made from bytes.
pub trait FromBytes: Sized {
    /// Takes the bytes; an error says what they are not.
    fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error>;
}

/// What can be given as bytes.
pub trait ToBytes {
    /// Its bytes, borrowed where it has them.
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error>;
}

impl FromBytes for Vec<u8> {
    fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Ok(bytes)
    }
}

impl FromBytes for String {
    fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Ok(String::from_utf8(bytes)?)
    }
}

impl FromBytes for () {
    /// Whatever the bytes are, they are ignored.
    fn from_bytes(_: Vec<u8>) -> Result<Self, Error> {
        Ok(())
    }
}

impl ToBytes for [u8] {
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        Ok(Cow::Borrowed(self))
    }
}

impl ToBytes for Vec<u8> {
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        Ok(Cow::Borrowed(self))
    }
}

impl<const N: usize> ToBytes for [u8; N] {
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        Ok(Cow::Borrowed(self))
    }
}

impl ToBytes for str {
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        Ok(Cow::Borrowed(self.as_bytes()))
    }
}

impl ToBytes for String {
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        Ok(Cow::Borrowed(self.as_bytes()))
    }
}

impl ToBytes for () {
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        Ok(Cow::Borrowed(&[]))
    }
}

impl<T: ToBytes + ?Sized> ToBytes for &T {
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        (**self).to_bytes()
    }
}

/// A record that travels as JSON.
#[cfg(feature = "json")]
#[derive(Debug, Clone, PartialEq)]
pub struct Json<T>(pub T);

#[cfg(feature = "json")]
impl<T: serde::de::DeserializeOwned> FromBytes for Json<T> {
    fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        Ok(Json(serde_json::from_slice(&bytes)?))
    }
}

#[cfg(feature = "json")]
impl<T: serde::Serialize> ToBytes for Json<T> {
    fn to_bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        Ok(Cow::Owned(serde_json::to_vec(&self.0)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_must_be_utf8() {
        assert_eq!(String::from_bytes("Größe".into()).unwrap(), "Größe");
        assert!(String::from_bytes(vec![0xff]).is_err());
    }

    #[cfg(feature = "json")]
    #[test]
    fn json_goes_both_ways_and_names_what_is_missing() {
        #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
        struct Cart {
            total: u32,
        }
        let Json(cart) = Json::<Cart>::from_bytes(br#"{"total": 7, "more": 1}"#.to_vec()).unwrap();
        assert_eq!(cart, Cart { total: 7 });
        assert_eq!(&*Json(cart).to_bytes().unwrap(), br#"{"total":7}"#);
        let error = Json::<Cart>::from_bytes(b"{}".to_vec()).unwrap_err();
        assert!(error.to_string().contains("total"), "{error}");
    }

    #[test]
    fn an_error_never_says_success_and_keeps_its_causes() {
        let error = Error::from(std::io::Error::other("disk")).context("Cannot save").with_code(0);
        assert_eq!(format!("{error:?}"), "\"Cannot save: disk\" (return code 1)");
    }
}
