//! Blocks: what the plug-in and the host hand each other. Copies go eight bytes at a time and four times a turn, because the
//! loop itself costs as much as one call. Those loops are functions of their own: an engine that puts the host's functions in
//! place of calls goes by how often each call was made when it compiles, and in one function with the code for short input, a
//! loop that short input never enters would stay slow for good.

use crate::abi;

/// A block of the host's memory that this plug-in owns: dropping it frees it.
pub struct Block {
    handle: u64,
}

impl Block {
    /// Copies bytes into a new block. It is the null block for no bytes.
    ///
    /// Panics when the host has no room for more, as Rust does when its own memory ends.
    pub fn new(bytes: &[u8]) -> Self {
        let handle = abi::alloc(bytes.len() as u64);
        if handle != 0 {
            store(handle, bytes);
        } else if !bytes.is_empty() {
            panic!("the host has no room for {} bytes more", bytes.len());
        }
        Block { handle }
    }

    /// Takes over a block that the host gave; 0 is the null block.
    pub fn from_handle(handle: u64) -> Self {
        Block { handle }
    }

    /// The number that the host knows it by; the block stays ours.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// The same, and the block belongs to whom it is given to.
    pub fn into_handle(self) -> u64 {
        let handle = self.handle;
        std::mem::forget(self);
        handle
    }

    /// Whether it is the null block, which stands for nothing.
    pub fn is_null(&self) -> bool {
        self.handle == 0
    }

    /// A copy of its bytes; none for the null block and for what is no block of the host.
    pub fn read(&self) -> Vec<u8> {
        let length = if self.is_null() { 0 } else { abi::length(self.handle) as usize };
        load(length, self.handle, abi::load_u64, abi::load_u8)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.handle != 0 {
            abi::free(self.handle);
        }
    }
}

/// A copy of this call's input.
pub(crate) fn copy_input() -> Vec<u8> {
    load(abi::input_length() as usize, 0, abi::input_load_u64, abi::input_load_u8)
}

#[inline(always)]
fn load(length: usize, from: u64, load_u64: impl Fn(u64) -> u64 + Copy, load_u8: impl Fn(u64) -> u32) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let (turns, rest) = bytes.split_at_mut(length - length % 32);
    if !turns.is_empty() {
        load_turns(turns, from, load_u64);
    }
    let mut at = from + turns.len() as u64;
    let mut eights = rest.chunks_exact_mut(8);
    for eight in &mut eights {
        eight.copy_from_slice(&load_u64(at).to_le_bytes());
        at += 8;
    }
    for byte in eights.into_remainder() {
        *byte = load_u8(at) as u8;
        at += 1;
    }
    bytes
}

#[inline(never)]
fn load_turns(bytes: &mut [u8], from: u64, load_u64: impl Fn(u64) -> u64) {
    let mut at = from;
    for turn in bytes.chunks_exact_mut(32) {
        turn[..8].copy_from_slice(&load_u64(at).to_le_bytes());
        turn[8..16].copy_from_slice(&load_u64(at + 8).to_le_bytes());
        turn[16..24].copy_from_slice(&load_u64(at + 16).to_le_bytes());
        turn[24..].copy_from_slice(&load_u64(at + 24).to_le_bytes());
        at += 32;
    }
}

fn store(handle: u64, bytes: &[u8]) {
    let (turns, rest) = bytes.split_at(bytes.len() - bytes.len() % 32);
    if !turns.is_empty() {
        store_turns(handle, turns);
    }
    let mut at = handle + turns.len() as u64;
    let eights = rest.chunks_exact(8);
    let rest = eights.remainder();
    for eight in eights {
        abi::store_u64(at, word(eight));
        at += 8;
    }
    for byte in rest {
        abi::store_u8(at, u32::from(*byte));
        at += 1;
    }
}

#[inline(never)]
fn store_turns(to: u64, bytes: &[u8]) {
    let mut at = to;
    for turn in bytes.chunks_exact(32) {
        abi::store_u64(at, word(&turn[..8]));
        abi::store_u64(at + 8, word(&turn[8..16]));
        abi::store_u64(at + 16, word(&turn[16..24]));
        abi::store_u64(at + 24, word(&turn[24..]));
        at += 32;
    }
}

fn word(eight: &[u8]) -> u64 {
    u64::from_le_bytes(eight.try_into().expect("eight bytes"))
}
