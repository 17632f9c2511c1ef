//! HTTP by the host, which decides where a plug-in may go: what it does not allow fails the call.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::{abi, Block, Error, Json, ToBytes};

/// What is asked for: `Request::get(url).header("accept", "text/plain").send()?`.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    url: String,
    method: String,
    headers: BTreeMap<String, String>,
    #[serde(skip)]
    body: Vec<u8>,
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// 0 when the host gave none.
    pub status: u16,
    /// Names in lower case; empty when the host does not show them. Several values of one name are joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// As it came.
    pub body: Vec<u8>,
}

impl Request {
    /// A request by any method, in capital letters, to an absolute URL.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Request { url: url.into(), method: method.into(), headers: BTreeMap::new(), body: Vec::new() }
    }

    /// A GET request.
    pub fn get(url: impl Into<String>) -> Self {
        Request::new("GET", url)
    }

    /// A POST request with a body.
    pub fn post(url: impl Into<String>, body: impl ToBytes) -> Result<Self, Error> {
        Request::new("POST", url).body(body)
    }

    /// Sets a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the body; no bytes send none.
    pub fn body(mut self, body: impl ToBytes) -> Result<Self, Error> {
        self.body = body.to_bytes()?.into_owned();
        Ok(self)
    }

    /// Sends the request and waits for the response.
    pub fn send(&self) -> Result<Response, Error> {
        let request = Block::new(&Json(self).to_bytes()?);
        let body = Block::new(&self.body);
        let response = Block::from_handle(abi::http_request(request.into_handle(), body.into_handle()));
        let status = abi::http_status_code();
        let headers = Block::from_handle(abi::http_headers());
        Ok(Response { status: u16::try_from(status)?, headers: read_headers(&headers)?, body: response.read() })
    }
}

impl Response {
    /// A header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str, Error> {
        Ok(std::str::from_utf8(&self.body)?)
    }

    /// The body as a record.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

fn read_headers(block: &Block) -> Result<BTreeMap<String, String>, Error> {
    if block.is_null() {
        return Ok(BTreeMap::new());
    }
    let headers: BTreeMap<String, OneOrMany> = serde_json::from_slice(&block.read())?;
    Ok(headers.into_iter().map(|(name, value)| (name, value.join())).collect())
}

/// Hosts give a header that came several times as one text or as a list.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn join(self) -> String {
        match self {
            OneOrMany::One(value) => value,
            OneOrMany::Many(values) => values.join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_as_text_or_as_a_list() {
        let headers: BTreeMap<String, OneOrMany> = serde_json::from_str(r#"{"one": "a", "many": ["b", "c"], "none": []}"#).unwrap();
        let joined: Vec<_> = headers.into_iter().map(|(name, value)| (name, value.join())).collect();
        let expected = [("many", "b, c"), ("none", ""), ("one", "a")].map(|(name, value)| (name.to_string(), value.to_string()));
        assert_eq!(joined, expected);
    }
}
