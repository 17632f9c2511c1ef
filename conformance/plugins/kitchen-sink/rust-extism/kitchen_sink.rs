//! The kitchen sink (../../kitchen-sink.md) in Rust with the crate `extism-pdk`.
//!
//! The crate's own forms where it has one; `extism_pdk::extism`, its raw imports, for what must be seen number by number.
//! Left out: WASI, which `wasm32-unknown-unknown` has not, and `error_get`, which the crate does not import.

use extism_pdk::*;
use serde::{Deserialize, Serialize};
use std::hint::black_box;

// Input and output.

#[plugin_fn]
pub fn echo(input: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(input)
}

#[plugin_fn]
pub fn upper(text: String) -> FnResult<String> {
    Ok(text.to_ascii_uppercase())
}

#[derive(Serialize)]
struct Count {
    count: usize,
}

#[plugin_fn]
pub fn count_vowels(text: String) -> FnResult<Json<Count>> {
    let count = text.chars().filter(|c| "aeiouAEIOU".contains(*c)).count();
    Ok(Json(Count { count }))
}

#[derive(Deserialize)]
struct Cart {
    is_new_customer: bool,
    cart_total_in_cents: u64,
}

#[derive(Serialize)]
struct Discount {
    discount_percent: u32,
}

#[plugin_fn]
pub fn before_checkout(Json(cart): Json<Cart>) -> FnResult<Json<Discount>> {
    let is_eligible = cart.is_new_customer && cart.cart_total_in_cents >= 10000;
    Ok(Json(Discount { discount_percent: if is_eligible { 20 } else { 0 } }))
}

#[derive(Deserialize)]
struct Question {
    name: String,
    numbers: Vec<i64>,
    nested: Nested,
}

#[derive(Deserialize)]
struct Nested {
    is: bool,
}

#[derive(Serialize)]
struct Answer {
    greeting: String,
    sum: i64,
    is: bool,
}

#[plugin_fn]
pub fn json(Json(question): Json<Question>) -> FnResult<Json<Answer>> {
    let greeting = format!("Hello, {}", question.name);
    Ok(Json(Answer { greeting, sum: question.numbers.iter().sum(), is: question.nested.is }))
}

#[no_mangle]
pub extern "C" fn range() -> i32 {
    let bytes = input_bytes();
    if bytes.len() < 4 {
        return 1;
    }
    let memory = Memory::from_bytes(&bytes).unwrap();
    unsafe { extism::output_set(memory.offset() + 3, bytes.len() as u64 - 4) };
    0
}

#[plugin_fn]
pub fn output_twice(bytes: Vec<u8>) -> FnResult<String> {
    output(bytes)?;
    Ok("second".into())
}

#[no_mangle]
pub extern "C" fn no_output() -> i32 {
    0
}

#[no_mangle]
pub extern "C" fn void_result() {
    output(input_bytes()).unwrap();
}

#[plugin_fn]
pub fn input_u8() -> FnResult<Vec<u8>> {
    unsafe { Ok((0..extism::input_length()).map(|i| extism::input_load_u8(i)).collect()) }
}

#[plugin_fn]
pub fn input_u64() -> FnResult<Vec<u8>> {
    unsafe { Ok(extism::load_input()) }
}

#[plugin_fn]
pub fn input_past_end() -> FnResult<String> {
    let end = unsafe { extism::input_length() };
    let read = |at: u64| unsafe { extism::input_load_u8(at) as u64 + extism::input_load_u64(at) };
    Ok((read(end) + read(end + 1000) + read(1 << 63)).to_string())
}

// Failures.

#[plugin_fn]
pub fn fail_text(text: String) -> FnResult<()> {
    Err(WithReturnCode::new(Error::msg(text), 7))
}

#[no_mangle]
pub extern "C" fn fail_text_zero() -> i32 {
    let memory = Memory::from_bytes(input_bytes()).unwrap();
    unsafe { extism::error_set(memory.offset()) };
    0
}

#[no_mangle]
pub extern "C" fn fail_code() -> i32 {
    input::<String>().unwrap().parse().unwrap()
}

#[plugin_fn]
pub fn fail_cleared(bytes: Vec<u8>) -> FnResult<String> {
    let memory = Memory::from_bytes(bytes)?;
    unsafe {
        extism::error_set(memory.offset());
        extism::error_set(0);
    }
    Ok("recovered".into())
}

#[plugin_fn]
pub fn trap() -> FnResult<()> {
    panic!("given up")
}

#[no_mangle]
pub extern "C" fn loop_forever() -> i32 {
    let mut n = 0u32;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

fn recurse(depth: u64) -> u64 {
    let here = black_box([depth, depth + 1]);
    if here[0] == u64::MAX { 0 } else { recurse(here[1]) + black_box(here)[0] }
}

#[no_mangle]
pub extern "C" fn recurse_forever() -> i32 {
    recurse(0) as i32
}

#[plugin_fn]
pub fn grow_memory() -> FnResult<String> {
    let mut pages = 0;
    while core::arch::wasm32::memory_grow(0, 64) != usize::MAX {
        pages += 64;
    }
    Ok(pages.to_string())
}

#[plugin_fn]
pub fn eat_memory() -> FnResult<()> {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(black_box(vec![1; 1 << 20]));
    }
}

#[plugin_fn]
pub fn eat_blocks() -> FnResult<String> {
    let mut count = 0;
    while unsafe { extism::alloc(1 << 20) } != 0 {
        count += 1;
    }
    Ok(count.to_string())
}

// Host services.

/// Bytes of a lookup's answer.
fn answer(value: Option<impl AsRef<[u8]>>) -> Vec<u8> {
    value.map_or(b"-".to_vec(), |value| [b"=", value.as_ref()].concat())
}

#[plugin_fn]
pub fn config_get(key: String) -> FnResult<Vec<u8>> {
    Ok(answer(config::get(key)?))
}

#[plugin_fn]
pub fn var_get(key: String) -> FnResult<Vec<u8>> {
    Ok(answer(var::get::<Vec<u8>>(key)?))
}

#[plugin_fn]
pub fn var_set(input: Vec<u8>) -> FnResult<()> {
    let equals = input.iter().position(|byte| *byte == b'=').ok_or(Error::msg("no ="))?;
    var::set(String::from_utf8(input[..equals].to_vec())?, &input[equals + 1..])?;
    Ok(())
}

#[plugin_fn]
pub fn var_delete(key: String) -> FnResult<()> {
    Ok(var::remove(key)?)
}

#[plugin_fn]
pub fn var_count() -> FnResult<String> {
    let count: u64 = var::get::<String>("count")?.unwrap_or("0".into()).parse()?;
    let count = (count + 1).to_string();
    var::set("count", &count)?;
    Ok(count)
}

static STATIC_COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

#[plugin_fn]
pub fn static_count() -> FnResult<String> {
    Ok((STATIC_COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1).to_string())
}

#[plugin_fn]
pub fn log_trace(text: String) -> FnResult<()> {
    trace!("{text}");
    Ok(())
}

#[plugin_fn]
pub fn log_four(text: String) -> FnResult<()> {
    debug!("{text}");
    info!("{text}");
    warn!("{text}");
    error!("{text}");
    Ok(())
}

#[plugin_fn]
pub fn log_level() -> FnResult<String> {
    Ok(unsafe { extism::get_log_level() }.to_string())
}

#[plugin_fn]
pub fn alloc_many(count: String) -> FnResult<String> {
    let count: u64 = count.parse()?;
    let make = |number: u64| unsafe {
        let handle = extism::alloc(16);
        extism::store_u64(handle, number);
        (number, handle)
    };
    let (kept, freed): (Vec<_>, Vec<_>) = (0..count).map(make).partition(|(number, _)| number % 2 == 0);
    freed.iter().for_each(|(_, handle)| unsafe { extism::free(*handle) });
    let later: Vec<_> = (count..2 * count).map(make).collect();
    let is_whole = |(number, handle): &&(u64, u64)| unsafe {
        extism::load_u64(*handle) == *number && extism::length(*handle) == 16
    };
    Ok(kept.iter().chain(&later).filter(is_whole).count().to_string())
}

#[plugin_fn]
pub fn wild_handles(bytes: Vec<u8>) -> FnResult<String> {
    let memory = Memory::from_bytes(&bytes)?;
    let mut sum = 0;
    for wild in [1, memory.offset() + 1, 1 << 32, 1 << 40, 1 << 53, 1 << 63, u64::MAX - 7, u64::MAX] {
        unsafe {
            extism::free(wild);
            sum += extism::length(wild);
            if wild < 1 << 32 {
                continue; // These lie inside of the memory, where reading and writing are allowed.
            }
            extism::store_u8(wild, 0xff);
            extism::store_u64(wild, u64::MAX);
            sum += extism::load_u8(wild) as u64 + extism::load_u64(wild);
        }
    }
    let is_whole = unsafe { extism::length(memory.offset()) } == bytes.len() as u64 && memory.to_vec() == bytes;
    if sum == 0 && is_whole { Ok("harmless".into()) } else { Err(Error::msg("not harmless").into()) }
}

#[plugin_fn]
pub fn http(message: Vec<u8>) -> FnResult<Vec<u8>> {
    let end = message.windows(2).position(|pair| pair == b"\n\n").ok_or(Error::msg("no end of headers"))?;
    let head = String::from_utf8(message[..end].to_vec())?;
    let mut lines = head.lines();
    let (method, url) = lines.next().and_then(|line| line.split_once(' ')).ok_or(Error::msg("no request line"))?;
    let mut request = HttpRequest::new(url).with_method(method);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.with_header(name, value);
    }
    let body = &message[end + 2..];
    let response = http::request(&request, (!body.is_empty()).then_some(body))?;
    let reply = response.header("x-reply").map_or(String::new(), |value| format!("x-reply: {value}\n"));
    Ok([format!("{}\n{reply}\n", response.status_code()).into_bytes(), response.body()].concat())
}

// Host functions: text by the crate's declarations, numbers, which those do not know, by Rust's own.

mod text {
    use extism_pdk::*;

    #[host_fn]
    extern "ExtismHost" {
        pub fn upper(text: String) -> String;
        pub fn note(text: String);
    }
}

mod raw {
    #[link(wasm_import_module = "extism:host/user")]
    extern "C" {
        pub fn add_i32(a: i32, b: i32) -> i32;
        pub fn add_i64(a: i64, b: i64) -> i64;
        pub fn add_f32(a: f32, b: f32) -> f32;
        pub fn add_f64(a: f64, b: f64) -> f64;
        pub fn mixed(a: i32, b: i64, c: f32, d: f64, text: u64) -> u64;
        pub fn sum_seven(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32) -> i32;
        pub fn refuse();
    }
}

macro_rules! host_add {
    ($name:ident, $add:ident, $type:ty, $size:literal) => {
        #[plugin_fn]
        pub fn $name(input: Vec<u8>) -> FnResult<Vec<u8>> {
            let a = <$type>::from_le_bytes(input[..$size].try_into()?);
            let b = <$type>::from_le_bytes(input[$size..].try_into()?);
            Ok(unsafe { raw::$add(a, b) }.to_le_bytes().to_vec())
        }
    };
}
host_add!(host_i32, add_i32, i32, 4);
host_add!(host_i64, add_i64, i64, 8);
host_add!(host_f32, add_f32, f32, 4);
host_add!(host_f64, add_f64, f64, 8);

#[plugin_fn]
pub fn host_text(text: String) -> FnResult<String> {
    Ok(unsafe { text::upper(text)? })
}

#[plugin_fn]
pub fn host_mixed(input: Vec<u8>) -> FnResult<String> {
    let a = i32::from_le_bytes(input[..4].try_into()?);
    let b = i64::from_le_bytes(input[4..12].try_into()?);
    let c = f32::from_le_bytes(input[12..16].try_into()?);
    let d = f64::from_le_bytes(input[16..24].try_into()?);
    let text = Memory::from_bytes(&input[24..])?;
    let result = unsafe { raw::mixed(a, b, c, d, text.offset()) };
    Ok(Memory::from(result).to_string()?)
}

#[plugin_fn]
pub fn host_seven(input: Vec<u8>) -> FnResult<Vec<u8>> {
    let n: Vec<i32> = input.chunks(4).map(|four| i32::from_le_bytes(four.try_into().unwrap())).collect();
    let sum = unsafe { raw::sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]) };
    Ok(sum.to_le_bytes().to_vec())
}

#[plugin_fn]
pub fn host_note(text: String) -> FnResult<String> {
    unsafe { text::note(text)? };
    Ok("noted".into())
}

#[plugin_fn]
pub fn host_fail() -> FnResult<()> {
    unsafe { raw::refuse() };
    Ok(())
}
