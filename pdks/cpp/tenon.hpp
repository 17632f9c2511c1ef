// Tenon's plug-in kit for C++23: on top of ../c/tenon.h, which lies beside it in your project. It needs no exceptions.
//
//   struct Cart { bool is_new_customer; std::int64_t cart_total_in_cents; };
//   TENON_RECORD(Cart, is_new_customer, cart_total_in_cents)
//
//   tenon::result<Discount> before_checkout(const Cart& cart) { … }
//   TENON_FUNCTION(before_checkout)
//
// A plug-in function takes nothing, text, bytes or a record, and returns nothing, one of these, or a `tenon::result` of one.
// Text and bytes taken as views live until the next call. Records travel as JSON.
#ifndef TENON_HPP
#define TENON_HPP

#include <charconv>
#include <concepts>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tenon.h"

namespace tenon {

using bytes = std::vector<std::uint8_t>;
using bytes_view = std::span<const std::uint8_t>;

// Why a call failed: a text, and a return code other than 0.
struct error {
  std::string text;
  std::int32_t code = 1;
};

// A value or an error.
template <class T>
using result = std::expected<T, error>;

// Makes an error: return tenon::fail("Cannot read the cart: it has no total");
inline std::unexpected<error> fail(std::string text, std::int32_t code = 1) {
  return std::unexpected(error{std::move(text), code == 0 ? 1 : code});
}

inline tenon_bytes raw(std::string_view text) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())), text.size()};
}
inline tenon_bytes raw(bytes_view view) { return {const_cast<std::uint8_t*>(view.data()), view.size()}; }
inline std::string_view text_of(tenon_bytes view) { return {reinterpret_cast<const char*>(view.data), view.size}; }

// A value of any kind, as the JSON text that it is; empty stands for null.
struct json_text {
  std::string text;
};

// What TENON_RECORD says of a type.
template <class T>
struct record {
  static constexpr bool is_record = false;
};
template <class T>
concept is_record = record<std::remove_cvref_t<T>>::is_record;

// ---- JSON: each kind of value is read from its text, and written behind the text before it -------------------------

namespace json {

template <class T>
concept number = std::integral<T> || std::floating_point<T>;

inline bool read(tenon_bytes json, bool& value) { return tenon_json_bool(json, &value); }

template <number T>
bool read(tenon_bytes json, T& value) {
  const auto text = text_of(json);
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size();
}

inline bool read(tenon_bytes json, json_text& value) { return value.text = text_of(json), true; }

inline bool read(tenon_bytes json, std::string& value) {
  tenon_bytes text;
  if (!tenon_json_string(json, &text)) return false;
  value = text_of(text);
  return true;
}

template <class T>
bool read(tenon_bytes json, std::optional<T>& value);
template <class T>
bool read(tenon_bytes json, std::shared_ptr<T>& value);
template <class T>
bool read(tenon_bytes json, std::vector<T>& values);
template <class T>
bool read(tenon_bytes json, std::map<std::string, T>& values);
template <is_record T>
bool read(tenon_bytes json, T& value);

template <class T>
bool read(tenon_bytes json, std::optional<T>& value) {
  if (text_of(json) == "null") return true;
  return read(json, value.emplace());
}

template <class T>
bool read(tenon_bytes json, std::shared_ptr<T>& value) {
  if (text_of(json) == "null") return true;
  return read(json, *(value = std::make_shared<T>()));
}

template <class T>
bool read(tenon_bytes json, std::vector<T>& values) {
  std::size_t count;
  if (!tenon_json_count(json, '[', &count)) return false;
  values.reserve(count);
  tenon_json_walk walk = tenon_json_each(json);
  while (tenon_json_next(&walk)) {
    T value{};
    if (!read(walk.value, value)) return false;
    values.push_back(std::move(value));
  }
  return true;
}

template <class T>
bool read(tenon_bytes json, std::map<std::string, T>& values) {
  std::size_t count;
  if (!tenon_json_count(json, '{', &count)) return false;
  tenon_json_walk walk = tenon_json_each(json);
  while (tenon_json_next(&walk)) {
    std::string name;
    if (!read(walk.name, name) || !read(walk.value, values[name])) return false;
  }
  return true;
}

template <is_record T>
bool read(tenon_bytes json, T& value) {
  bool is_whole = true;
  record<T>::each(value, [&]<class Field>(const char* name, Field& field) {
    tenon_bytes found;
    if (tenon_json_get(json, name, &found)) is_whole = read(found, field) && is_whole;
    else is_whole = is_whole && requires { field.has_value(); };
  });
  return is_whole;
}

inline void write(std::string& json, bool value) { json += value ? "true" : "false"; }

template <number T>
void write(std::string& json, T value) {
  if constexpr (std::floating_point<T>) {
    if (value - value != 0) {  // JSON has no word for what is not finite
      json += "null";
      return;
    }
  }
  char digits[32];
  json.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

inline void write(std::string& json, const json_text& value) { json += value.text.empty() ? "null" : value.text; }

inline void write(std::string& json, std::string_view value) { json += text_of(tenon_json_quote(raw(value))); }

template <class T>
void write(std::string& json, const std::optional<T>& value);
template <class T>
void write(std::string& json, const std::shared_ptr<T>& value);
template <class T>
void write(std::string& json, const std::vector<T>& values);
template <class T>
void write(std::string& json, const std::map<std::string, T>& values);
template <is_record T>
void write(std::string& json, const T& value);

template <class T>
void write(std::string& json, const std::optional<T>& value) {
  if (value) write(json, *value);
  else json += "null";
}

template <class T>
void write(std::string& json, const std::shared_ptr<T>& value) {
  if (value) write(json, *value);
  else json += "null";
}

template <class T>
void write(std::string& json, const std::map<std::string, T>& values) {
  char before = '{';
  for (const auto& [name, value] : values) {
    json += before;
    write(json, std::string_view(name));
    json += ':';
    write(json, value);
    before = ',';
  }
  json += before == '{' ? "{}" : "}";
}

template <class T>
void write(std::string& json, const std::vector<T>& values) {
  json += '[';
  for (std::size_t i = 0; i < values.size(); i++) {
    if (i > 0) json += ',';
    write(json, static_cast<const T&>(values[i]));
  }
  json += ']';
}

template <is_record T>
void write(std::string& json, const T& value) {
  const char* before = "{";
  record<T>::each(value, [&](const char* name, const auto& field) {
    json += before;
    write(json, std::string_view(name));
    json += ':';
    write(json, field);
    before = ",";
  });
  json += before[0] == '{' ? "{}" : "}";
}

}  // namespace json

// ---- values as bytes ------------------------------------------------------------------------------------------------

// Makes a value from bytes; false when they are none.
inline bool decode(tenon_bytes from, std::string& value) { return value = text_of(from), true; }
inline bool decode(tenon_bytes from, std::string_view& value) { return value = text_of(from), true; }
inline bool decode(tenon_bytes from, bytes& value) { return value.assign(from.data, from.data + from.size), true; }
inline bool decode(tenon_bytes from, bytes_view& value) { return value = {from.data, from.size}, true; }
template <is_record T>
bool decode(tenon_bytes from, T& value) {
  return json::read(tenon_json_trim(from), value);
}

// Makes a value from the input; what owns its bytes gets them from the host, without a copy in between.
template <class T>
bool read_input(T& value) {
  if constexpr (std::same_as<T, std::string> || std::same_as<T, bytes>) {
    value.resize(tenon_abi_input_length());
    tenon_input_into({reinterpret_cast<std::uint8_t*>(value.data()), value.size()});
    return true;
  } else return decode(tenon_input(), value);
}

// Gives the bytes of a value to a function, which must be done with them when it returns.
template <class Use>
auto encode(std::string_view value, Use use) {
  return use(raw(value));
}
template <class Use>
auto encode(bytes_view value, Use use) {
  return use(raw(value));
}
template <is_record T, class Use>
auto encode(const T& value, Use use) {
  std::string json;
  json::write(json, value);
  return use(raw(json));
}

// Makes a value the output of the call; a later output replaces it.
void output(const auto& value) { encode(value, tenon_output); }

// ---- plug-in functions ----------------------------------------------------------------------------------------------

inline std::int32_t report(const error& failure) {
  tenon_error_set(raw(failure.text));
  return failure.code == 0 ? 1 : failure.code;
}

template <class Made>
std::int32_t finish(const Made& made) {
  if constexpr (requires { made.error(); }) {
    if (!made) return report(made.error());
    if constexpr (!std::is_void_v<typename Made::value_type>) output(*made);
  } else output(made);
  return 0;
}

// Runs a plug-in function with the input of the call; TENON_FUNCTION does it.
template <class Made, class... Input>
std::int32_t run(Made (*function)(Input...)) {
  static_assert(sizeof...(Input) <= 1, "a plug-in function takes its input or nothing");
  tenon_arena_clear();
  std::tuple<std::remove_cvref_t<Input>...> input;
  const bool is_read = std::apply([](auto&... value) { return (read_input(value) && ...); }, input);
  if (!is_read) return report({"Cannot read the input: it is no JSON, or a field is missing or of another type"});
  if constexpr (std::is_void_v<Made>) {
    std::apply(function, std::move(input));
    return 0;
  } else return finish(std::apply(function, std::move(input)));
}

// ---- host services --------------------------------------------------------------------------------------------------

// Looks up the configuration.
inline std::optional<std::string> config(std::string_view key) {
  const tenon_handle value = tenon_abi_config_get(tenon_share(raw(key)));
  return value ? std::optional(std::string(text_of(tenon_receive(value)))) : std::nullopt;
}

// Variables: they outlive the call. `get` gives nothing too when the variable is no T.
namespace var {
template <class T = std::string>
std::optional<T> get(std::string_view key) {
  const tenon_handle value = tenon_abi_var_get(tenon_share(raw(key)));
  T made{};
  return value && decode(tenon_receive(value), made) ? std::optional(std::move(made)) : std::nullopt;
}
void set(std::string_view key, const auto& value) { tenon_abi_var_set(tenon_share(raw(key)), encode(value, tenon_share)); }
inline void remove(std::string_view key) { tenon_abi_var_set(tenon_share(raw(key)), 0); }
}  // namespace var

// Logs text; see tenon_is_logged for whether anybody reads it.
inline void log(tenon_level level, std::string_view text) { tenon_log(level, raw(text)); }

struct response {
  std::int32_t status;  // 0 when the host gave none
  bytes_view body;      // until the next call
  tenon_bytes headers;

  // A header, its name in lower case, several values joined by ", "; nothing when it is missing or the host does not show it.
  std::optional<std::string_view> header(const char* name) const {
    const tenon_http_response all = {status, {nullptr, 0}, headers};
    tenon_bytes value;
    return tenon_http_header(&all, name, &value) ? std::optional(text_of(value)) : std::nullopt;
  }
};

// Sends an HTTP request. What the host does not allow fails the call.
inline response http(const std::string& method, const std::string& url,
                     const std::vector<std::pair<std::string, std::string>>& headers = {}, bytes_view body = {}) {
  std::vector<tenon_header> list;
  for (const auto& [name, value] : headers) list.push_back({name.c_str(), value.c_str()});
  list.push_back({nullptr, nullptr});
  const tenon_http_response made = tenon_http(method.c_str(), url.c_str(), list.data(), raw(body));
  return {made.status, {made.body.data, made.body.size}, made.headers};
}

// ---- host functions -------------------------------------------------------------------------------------------------

// How an argument travels: numbers as they are, all else as a block, which is freed after the call.
template <class T>
struct argument {
  using raw_type = tenon_handle;
  tenon_handle value;
  explicit argument(const T& given) : value(encode(given, tenon_share)) {}
  argument(const argument&) = delete;
  ~argument() { if (value) tenon_abi_free(value); }
};
template <class T>
  requires std::is_arithmetic_v<T>
struct argument<T> {
  using raw_type = T;
  T value;
  explicit argument(T given) : value(given) {}
};

template <class T>
struct returned {
  using raw_type = tenon_handle;
};
template <class T>
  requires(std::is_arithmetic_v<T> || std::is_void_v<T>)
struct returned<T> {
  using raw_type = T;
};

// A function of the host, by its type; see TENON_HOST_FUNCTION. A result that cannot be read traps.
template <class T>
struct host_function;
template <class Made, class... Given>
struct host_function<Made(Given...)> {
  using raw_type = typename returned<Made>::raw_type(typename argument<std::remove_cvref_t<Given>>::raw_type...);
  raw_type* import;

  Made operator()(Given... given) const {
    if constexpr (std::is_void_v<Made> || std::is_arithmetic_v<Made>) {
      return import(argument<std::remove_cvref_t<Given>>(given).value...);
    } else {
      Made made{};
      const bool is_read = decode(tenon_receive(import(argument<std::remove_cvref_t<Given>>(given).value...)), made);
      if (!is_read) __builtin_trap();
      return made;
    }
  }
};

}  // namespace tenon

// Exports a function as plug-in function.
#define TENON_FUNCTION(name) \
  TENON_EXTERN_C __attribute__((export_name(#name))) std::int32_t tenon_export_##name() { return tenon::run(name); }

// Imports a function of the host under its name: TENON_HOST_FUNCTION(rate, double(std::string_view currency, int year))
#define TENON_HOST_FUNCTION(name, ...) TENON_HOST_FUNCTION_AS(name, "extism:host/user", #name, __VA_ARGS__)

// The same under another name here, or from another namespace.
#define TENON_HOST_FUNCTION_AS(name, space, host_name, ...) \
  TENON_IMPORT(space, host_name) tenon::host_function<__VA_ARGS__>::raw_type tenon_import_##name; \
  inline constexpr tenon::host_function<__VA_ARGS__> name{&tenon_import_##name};

// Says which fields of a struct travel as JSON, up to 32. A field that is a std::optional may be missing.
#define TENON_RECORD(type, ...) \
  template <> \
  struct tenon::record<type> { \
    static constexpr bool is_record = true; \
    static void each(auto& value, auto&& visit) { TENON_EACH_FIELD(__VA_ARGS__) } \
  };
#define TENON_FIELD(name) visit(#name, value.name);
#define TENON_EACH_FIELD(...) TENON_TURNS(TENON_FIELDS(__VA_ARGS__))
#define TENON_FIELDS(name, ...) TENON_FIELD(name) __VA_OPT__(TENON_FIELDS_AGAIN TENON_PAREN (__VA_ARGS__))
#define TENON_FIELDS_AGAIN() TENON_FIELDS
#define TENON_PAREN ()
#define TENON_TURNS(...) TENON_TURNS_8(TENON_TURNS_8(TENON_TURNS_8(TENON_TURNS_8(__VA_ARGS__))))
#define TENON_TURNS_8(...) TENON_TURNS_2(TENON_TURNS_2(TENON_TURNS_2(TENON_TURNS_2(__VA_ARGS__))))
#define TENON_TURNS_2(...) TENON_TURN(TENON_TURN(__VA_ARGS__))
#define TENON_TURN(...) __VA_ARGS__

// What the C++ library calls before it gives up, such as for an index that is out of range: logged, then a trap. (Its own
// version would pull in half of C's standard output.)
namespace std {
inline namespace __1 {
[[noreturn]] __attribute__((weak)) void __libcpp_verbose_abort(const char* format, ...) noexcept {
  tenon_log(TENON_ERROR, tenon_text(format));
  __builtin_trap();
}
}  // namespace __1
}  // namespace std

#endif
