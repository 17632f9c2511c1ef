//! The kitchen sink (../../kitchen-sink.md) in Rust with `pdks/rust`.

use serde::{Deserialize, Serialize};
use std::hint::black_box;
use tenon_pdk::*;

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
    let bytes = input();
    if bytes.len() < 4 {
        return 1;
    }
    abi::output_set(Block::new(&bytes).into_handle() + 3, bytes.len() as u64 - 4);
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
    output(input()).unwrap();
}

#[plugin_fn]
pub fn input_u8() -> FnResult<Vec<u8>> {
    Ok((0..abi::input_length()).map(|at| abi::input_load_u8(at) as u8).collect())
}

#[plugin_fn]
pub fn input_u64() -> FnResult<Vec<u8>> {
    Ok(input())
}

#[plugin_fn]
pub fn input_block() -> FnResult<Vec<u8>> {
    Ok(Block::from_handle(abi::input_offset()).read())
}

#[plugin_fn]
pub fn input_past_end() -> FnResult<String> {
    let end = abi::input_length();
    let read = |at: u64| u64::from(abi::input_load_u8(at)) + abi::input_load_u64(at);
    Ok((read(end) + read(end + 1000) + read(1 << 63)).to_string())
}

// Failures.

#[plugin_fn]
pub fn fail_text(text: String) -> FnResult<()> {
    Err(Error::msg(text).with_code(7))
}

#[no_mangle]
pub extern "C" fn fail_text_zero() -> i32 {
    abi::error_set(Block::new(&input()).into_handle());
    0
}

#[no_mangle]
pub extern "C" fn fail_code() -> i32 {
    String::from_utf8(input()).unwrap().parse().unwrap()
}

#[plugin_fn]
pub fn fail_cleared(bytes: Vec<u8>) -> FnResult<String> {
    abi::error_set(Block::new(&bytes).into_handle());
    abi::error_set(0);
    Ok("recovered".into())
}

#[plugin_fn]
pub fn error_peek(bytes: Vec<u8>) -> FnResult<Vec<u8>> {
    abi::error_set(Block::new(&bytes).into_handle());
    let error = Block::from_handle(abi::error_get()).read();
    abi::error_set(0);
    Ok(error)
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
    while abi::alloc(1 << 20) != 0 {
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
    Ok(answer(config::get(&key)?))
}

#[plugin_fn]
pub fn var_get(key: String) -> FnResult<Vec<u8>> {
    Ok(answer(var::get::<Vec<u8>>(&key)?))
}

#[plugin_fn]
pub fn var_set(input: Vec<u8>) -> FnResult<()> {
    let equals = input.iter().position(|byte| *byte == b'=').ok_or(Error::msg("no ="))?;
    var::set(std::str::from_utf8(&input[..equals])?, &input[equals + 1..])?;
    Ok(())
}

#[plugin_fn]
pub fn var_delete(key: String) -> FnResult<()> {
    var::remove(&key);
    Ok(())
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
    Ok(abi::get_log_level().to_string())
}

#[plugin_fn]
pub fn alloc_many(count: String) -> FnResult<String> {
    let count: u64 = count.parse()?;
    let make = |number: u64| {
        let handle = abi::alloc(16);
        abi::store_u64(handle, number);
        (number, handle)
    };
    let (kept, freed): (Vec<_>, Vec<_>) = (0..count).map(make).partition(|(number, _)| number % 2 == 0);
    freed.iter().for_each(|(_, handle)| abi::free(*handle));
    let later: Vec<_> = (count..2 * count).map(make).collect();
    let is_whole = |(number, handle): &&(u64, u64)| abi::load_u64(*handle) == *number && abi::length_unsafe(*handle) == 16;
    Ok(kept.iter().chain(&later).filter(is_whole).count().to_string())
}

#[plugin_fn]
pub fn wild_handles(bytes: Vec<u8>) -> FnResult<String> {
    let block = Block::new(&bytes);
    let mut sum = 0;
    for wild in [1, block.handle() + 1, 1 << 32, 1 << 40, 1 << 53, 1 << 63, u64::MAX - 7, u64::MAX] {
        abi::free(wild);
        sum += abi::length(wild);
        if wild < 1 << 32 {
            continue; // These lie inside of the memory, where reading and writing are allowed.
        }
        abi::store_u8(wild, 0xff);
        abi::store_u64(wild, u64::MAX);
        sum += u64::from(abi::load_u8(wild)) + abi::load_u64(wild);
    }
    if sum == 0 && block.read() == bytes { Ok("harmless".into()) } else { Err(Error::msg("not harmless")) }
}

#[plugin_fn]
pub fn http(message: Vec<u8>) -> FnResult<Vec<u8>> {
    let end = message.windows(2).position(|pair| pair == b"\n\n").ok_or(Error::msg("no end of headers"))?;
    let head = String::from_utf8(message[..end].to_vec())?;
    let mut lines = head.lines();
    let (method, url) = lines.next().and_then(|line| line.split_once(' ')).ok_or(Error::msg("no request line"))?;
    let mut request = http::Request::new(method, url).body(&message[end + 2..])?;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    let response = request.send()?;
    let reply = response.header("x-reply").map_or(String::new(), |value| format!("x-reply: {value}\n"));
    Ok([format!("{}\n{reply}\n", response.status).into_bytes(), response.body].concat())
}

#[plugin_fn]
pub fn http_cookies(url: String) -> FnResult<String> {
    Ok(http::Request::get(url).send()?.header("set-cookie").unwrap_or("-").into())
}

// Host functions.

mod host_functions {
    use tenon_pdk::*;

    #[host_fn]
    extern "C" {
        pub fn add_i32(a: i32, b: i32) -> i32;
        pub fn add_i64(a: i64, b: i64) -> i64;
        pub fn add_f32(a: f32, b: f32) -> f32;
        pub fn add_f64(a: f64, b: f64) -> f64;
        pub fn upper(text: &str) -> String;
        pub fn mixed(a: i32, b: i64, c: f32, d: f64, text: &[u8]) -> Result<String, Error>;
        pub fn sum_seven(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32) -> i32;
        pub fn note(text: String);
        pub fn refuse();
    }
}

macro_rules! host_add {
    ($name:ident, $add:ident, $type:ty, $size:literal) => {
        #[plugin_fn]
        pub fn $name(input: Vec<u8>) -> FnResult<Vec<u8>> {
            let a = <$type>::from_le_bytes(input[..$size].try_into()?);
            let b = <$type>::from_le_bytes(input[$size..].try_into()?);
            Ok(host_functions::$add(a, b).to_le_bytes().to_vec())
        }
    };
}
host_add!(host_i32, add_i32, i32, 4);
host_add!(host_i64, add_i64, i64, 8);
host_add!(host_f32, add_f32, f32, 4);
host_add!(host_f64, add_f64, f64, 8);

#[plugin_fn]
pub fn host_text(text: String) -> FnResult<String> {
    Ok(host_functions::upper(&text))
}

#[plugin_fn]
pub fn host_mixed(input: Vec<u8>) -> FnResult<String> {
    let a = i32::from_le_bytes(input[..4].try_into()?);
    let b = i64::from_le_bytes(input[4..12].try_into()?);
    let c = f32::from_le_bytes(input[12..16].try_into()?);
    let d = f64::from_le_bytes(input[16..24].try_into()?);
    host_functions::mixed(a, b, c, d, &input[24..])
}

#[plugin_fn]
pub fn host_seven(input: Vec<u8>) -> FnResult<Vec<u8>> {
    let n: Vec<i32> = input.chunks(4).map(|four| i32::from_le_bytes(four.try_into().unwrap())).collect();
    let sum = host_functions::sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
    Ok(sum.to_le_bytes().to_vec())
}

#[plugin_fn]
pub fn host_note(text: String) -> FnResult<String> {
    host_functions::note(text);
    Ok("noted".into())
}

#[plugin_fn]
pub fn host_fail() -> FnResult<()> {
    host_functions::refuse();
    Ok(())
}
