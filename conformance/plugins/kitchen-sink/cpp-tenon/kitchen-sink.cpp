// The kitchen sink (../../kitchen-sink.md) in C++ with `pdks/cpp` and the standard library. Its WASI exports use that of C.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <random>

#include "tenon.hpp"

using namespace std::literals;

// Input and output.

tenon::bytes echo(tenon::bytes input) { return input; }
TENON_FUNCTION(echo)

std::string upper(std::string text) {
  for (char& letter : text)
    if (letter >= 'a' && letter <= 'z') letter -= 32;
  return text;
}
TENON_FUNCTION(upper)

struct Count {
  std::int64_t count;
};
TENON_RECORD(Count, count)

Count count_vowels(std::string_view text) {
  Count vowels{};
  for (char letter : text) vowels.count += "aeiouAEIOU"sv.contains(letter);
  return vowels;
}
TENON_FUNCTION(count_vowels)

struct Cart {
  bool is_new_customer;
  std::int64_t cart_total_in_cents;
};
TENON_RECORD(Cart, is_new_customer, cart_total_in_cents)

struct Discount {
  double discount_percent;
};
TENON_RECORD(Discount, discount_percent)

Discount before_checkout(const Cart& cart) {
  return {cart.is_new_customer && cart.cart_total_in_cents >= 10000 ? 20.0 : 0.0};
}
TENON_FUNCTION(before_checkout)

struct Nested {
  bool is;
};
TENON_RECORD(Nested, is)

struct Question {
  std::string name;
  std::vector<std::int64_t> numbers;
  Nested nested;
};
TENON_RECORD(Question, name, numbers, nested)

struct Answer {
  std::string greeting;
  std::int64_t sum;
  bool is;
};
TENON_RECORD(Answer, greeting, sum, is)

Answer json(const Question& question) {
  std::int64_t sum = 0;
  for (const auto number : question.numbers) sum += number;
  return {"Hello, " + question.name, sum, question.nested.is};
}
TENON_FUNCTION(json)

TENON_EXPORT(range) {
  const tenon_bytes input = tenon_input();
  if (input.size < 4) return 1;
  tenon_abi_output_set(tenon_share(input) + 3, input.size - 4);
  return 0;
}

std::string_view output_twice(tenon::bytes_view input) {
  tenon::output(input);
  return "second";
}
TENON_FUNCTION(output_twice)

void no_output() {}
TENON_FUNCTION(no_output)

TENON_EXTERN_C __attribute__((export_name("void_result"))) void void_result() { tenon_output(tenon_input()); }

tenon::bytes input_u8() {
  tenon::bytes input(tenon_abi_input_length());
  for (std::size_t i = 0; i < input.size(); i++) input[i] = tenon_abi_input_load_u8(i);
  return input;
}
TENON_FUNCTION(input_u8)

tenon::bytes_view input_u64(tenon::bytes_view input) { return input; }
TENON_FUNCTION(input_u64)

TENON_EXPORT(input_block) {
  tenon_output(tenon_read(tenon_abi_input_offset()));
  return 0;
}

std::string input_past_end() {
  const std::uint64_t end = tenon_abi_input_length();
  std::uint64_t sum = 0;
  for (const auto at : {end, end + 1000, std::uint64_t{1} << 63}) sum += tenon_abi_input_load_u8(at) + tenon_abi_input_load_u64(at);
  return std::to_string(sum);
}
TENON_FUNCTION(input_past_end)

// Failures.

tenon::result<void> fail_text(std::string text) { return tenon::fail(text, 7); }
TENON_FUNCTION(fail_text)

TENON_EXPORT(fail_text_zero) {
  tenon_error_set(tenon_input());
  return 0;
}

std::int64_t number(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

TENON_EXPORT(fail_code) { return static_cast<std::int32_t>(number(tenon::text_of(tenon_input()))); }

std::string_view fail_cleared(std::string_view text) {
  tenon_error_set(tenon::raw(text));
  tenon_error_clear();
  return "recovered";
}
TENON_FUNCTION(fail_cleared)

std::string_view error_peek(std::string_view text) {
  tenon_error_set(tenon::raw(text));
  const auto error = tenon::text_of(tenon_error());
  tenon_error_clear();
  return error;
}
TENON_FUNCTION(error_peek)

void trap() { std::abort(); }
TENON_FUNCTION(trap)

TENON_EXPORT(loop_forever) {
  for (volatile std::uint32_t n = 0;; n = n + 1) {
  }
}

volatile std::int32_t depth;

std::int32_t recurse() {
  depth = depth + 1;
  if (depth < 0) return 0;
  const std::int32_t below = recurse();
  depth = depth - 1;
  return below;
}

TENON_EXPORT(recurse_forever) { return recurse(); }

std::string grow_memory() {
  std::int64_t pages = 0;
  std::string digits(8, '0');  // lets the heap have its first pages
  while (__builtin_wasm_memory_grow(0, 64) != static_cast<std::size_t>(-1)) pages += 64;
  digits.assign(std::to_string(pages));
  return digits;
}
TENON_FUNCTION(grow_memory)

void eat_memory() {
  std::vector<std::unique_ptr<char[]>> eaten;
  for (;;) eaten.push_back(std::make_unique<char[]>(1 << 20));
}
TENON_FUNCTION(eat_memory)

std::string eat_blocks() {
  std::int64_t count = 0;
  while (tenon_abi_alloc(1 << 20)) count++;
  return std::to_string(count);
}
TENON_FUNCTION(eat_blocks)

// Host services.

std::string answer(const std::optional<std::string>& value) { return value ? "=" + *value : "-"; }

std::string config_get(std::string_view key) { return answer(tenon::config(key)); }
TENON_FUNCTION(config_get)

std::string var_get(std::string_view key) { return answer(tenon::var::get(key)); }
TENON_FUNCTION(var_get)

void var_set(std::string_view pair) {
  const auto equals = pair.find('=');
  tenon::var::set(pair.substr(0, equals), pair.substr(equals + 1));
}
TENON_FUNCTION(var_set)

void var_delete(std::string_view key) { tenon::var::remove(key); }
TENON_FUNCTION(var_delete)

std::string var_count() {
  const auto count = std::to_string(number(tenon::var::get("count").value_or("0")) + 1);
  tenon::var::set("count", count);
  return count;
}
TENON_FUNCTION(var_count)

std::string static_count() {
  static std::int64_t count;
  return std::to_string(++count);
}
TENON_FUNCTION(static_count)

void log_trace(std::string_view text) { tenon::log(TENON_TRACE, text); }
TENON_FUNCTION(log_trace)

void log_four(std::string_view text) {
  for (const auto level : {TENON_DEBUG, TENON_INFO, TENON_WARN, TENON_ERROR}) tenon::log(level, text);
}
TENON_FUNCTION(log_four)

std::string log_level() { return std::to_string(tenon_abi_get_log_level()); }
TENON_FUNCTION(log_level)

std::string alloc_many(std::string_view digits) {
  const std::size_t count = number(digits);
  std::vector<tenon_handle> handles(2 * count);
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < handles.size(); i++) {
    if (i == count)
      for (std::size_t odd = 1; odd < count; odd += 2) tenon_abi_free(handles[odd]);
    handles[i] = tenon_abi_alloc(16);
    tenon_abi_store_u64(handles[i], i);
  }
  for (std::size_t i = 0; i < handles.size(); i++) {
    const bool was_freed = i < count && i % 2 == 1;
    kept += !was_freed && tenon_abi_load_u64(handles[i]) == i && tenon_abi_length_unsafe(handles[i]) == 16;
  }
  return std::to_string(kept);
}
TENON_FUNCTION(alloc_many)

tenon::result<std::string_view> wild_handles(std::string_view input) {
  const tenon_handle handle = tenon_share(tenon::raw(input));
  std::uint64_t sum = 0;
  for (const std::uint64_t wild : {1ull, handle + 1, 1ull << 32, 1ull << 40, 1ull << 53, 1ull << 63, ~7ull, ~0ull}) {
    tenon_abi_free(wild);
    sum += tenon_abi_length(wild);
    if (wild < 1ull << 32) continue;  // these lie inside of the memory, where reading and writing are allowed
    tenon_abi_store_u8(wild, 0xff);
    tenon_abi_store_u64(wild, ~0ull);
    sum += tenon_abi_load_u8(wild) + tenon_abi_load_u64(wild);
  }
  if (sum != 0 || tenon::text_of(tenon_read(handle)) != input) return tenon::fail("not harmless");
  return "harmless";
}
TENON_FUNCTION(wild_handles)

std::string http(std::string message) {
  const auto end = message.find("\n\n"), line_end = message.find('\n'), space = message.find(' ');
  std::vector<std::pair<std::string, std::string>> headers;
  for (auto at = line_end + 1; at < end;) {
    const auto colon = message.find(": ", at), next = message.find('\n', at);
    headers.emplace_back(message.substr(at, colon - at), message.substr(colon + 2, next - colon - 2));
    at = next + 1;
  }
  const tenon_bytes body = tenon_slice(tenon::raw(message), end + 2, message.size());
  const auto response = tenon::http(message.substr(0, space), message.substr(space + 1, line_end - space - 1), headers, {body.data, body.size});
  std::string reply = std::to_string(response.status) + "\n";
  if (const auto value = response.header("x-reply")) reply += "x-reply: " + std::string(*value) + "\n";
  reply += "\n";
  return reply.append(response.body.begin(), response.body.end());
}
TENON_FUNCTION(http)

std::string http_cookies(std::string url) { return std::string(tenon::http("GET", url).header("set-cookie").value_or("-")); }
TENON_FUNCTION(http_cookies)

// Host functions.

TENON_HOST_FUNCTION(add_i32, std::int32_t(std::int32_t, std::int32_t))
TENON_HOST_FUNCTION(add_i64, std::int64_t(std::int64_t, std::int64_t))
TENON_HOST_FUNCTION(add_f32, float(float, float))
TENON_HOST_FUNCTION(add_f64, double(double, double))
TENON_HOST_FUNCTION_AS(host_upper, "extism:host/user", "upper", std::string(std::string_view))
TENON_HOST_FUNCTION(mixed, std::string(std::int32_t, std::int64_t, float, double, std::string_view))
TENON_HOST_FUNCTION(sum_seven, std::int32_t(int, int, int, int, int, int, int))
TENON_HOST_FUNCTION(note, void(std::string_view))
TENON_HOST_FUNCTION(refuse, void())

template <class T>
tenon::bytes as_bytes(T value) {
  tenon::bytes all(sizeof value);
  std::memcpy(all.data(), &value, sizeof value);
  return all;
}

#define HOST_ADD(type, name, add) \
  tenon::bytes name(tenon::bytes_view input) { \
    type pair[2]; \
    std::memcpy(pair, input.data(), sizeof pair); \
    return as_bytes(add(pair[0], pair[1])); \
  } \
  TENON_FUNCTION(name)
HOST_ADD(std::int32_t, host_i32, add_i32)
HOST_ADD(std::int64_t, host_i64, add_i64)
HOST_ADD(float, host_f32, add_f32)
HOST_ADD(double, host_f64, add_f64)

std::string host_text(std::string_view text) { return host_upper(text); }
TENON_FUNCTION(host_text)

std::string host_mixed(std::string_view input) {
  std::int32_t a;
  std::int64_t b;
  float c;
  double d;
  std::memcpy(&a, input.data(), 4);
  std::memcpy(&b, input.data() + 4, 8);
  std::memcpy(&c, input.data() + 12, 4);
  std::memcpy(&d, input.data() + 16, 8);
  return mixed(a, b, c, d, input.substr(24));
}
TENON_FUNCTION(host_mixed)

tenon::bytes host_seven(tenon::bytes_view input) {
  int n[7];
  std::memcpy(n, input.data(), sizeof n);
  return as_bytes(sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]));
}
TENON_FUNCTION(host_seven)

std::string_view host_note(std::string_view text) {
  note(text);
  return "noted";
}
TENON_FUNCTION(host_note)

void host_fail() { refuse(); }
TENON_FUNCTION(host_fail)

// WASI, by the library of C.

void wasi_stdout(const std::string text) {
  std::puts(text.c_str());
  std::fflush(stdout);
}
TENON_FUNCTION(wasi_stdout)

std::string_view ok(bool is_ok) { return is_ok ? "ok" : "-"; }

std::string_view wasi_clock() { return ok(std::time(nullptr) >= 1577836800); }
TENON_FUNCTION(wasi_clock)

std::string_view wasi_random() {
  unsigned char a[16], b[16];
  arc4random_buf(a, sizeof a);
  arc4random_buf(b, sizeof b);
  return ok(std::memcmp(a, b, sizeof a) != 0);
}
TENON_FUNCTION(wasi_random)

void wasi_exit(std::string_view code) { std::_Exit(static_cast<int>(number(code))); }
TENON_FUNCTION(wasi_exit)
