/* The kitchen sink (../../kitchen-sink.md) in C with `pdks/c`. */
#include "tenon.h"

/* Input and output. */

TENON_EXPORT(echo) {
  tenon_output(tenon_input());
  return 0;
}

TENON_EXPORT(upper) {
  tenon_bytes text = tenon_input();
  for (size_t i = 0; i < text.size; i++)
    if (text.data[i] >= 'a' && text.data[i] <= 'z') text.data[i] -= 32;
  tenon_output(text);
  return 0;
}

TENON_EXPORT(count_vowels) {
  tenon_bytes text = tenon_input(), vowels = tenon_text("aeiouAEIOU");
  int64_t count = 0;
  for (size_t i = 0; i < text.size; i++) count += tenon_find(vowels, tenon_slice(text, i, i + 1)) < vowels.size;
  tenon_output(tenon_join(tenon_join(tenon_text("{\"count\":"), tenon_decimal(count)), tenon_text("}")));
  return 0;
}

TENON_EXPORT(before_checkout) {
  tenon_bytes cart = tenon_input(), value;
  bool is_new;
  int64_t total;
  if (!tenon_json_get(cart, "is_new_customer", &value) || !tenon_json_bool(value, &is_new)) return tenon_fail("not a cart");
  if (!tenon_json_get(cart, "cart_total_in_cents", &value) || !tenon_json_int(value, &total)) return tenon_fail("not a cart");
  tenon_output_text(is_new && total >= 10000 ? "{\"discount_percent\":20}" : "{\"discount_percent\":0}");
  return 0;
}

TENON_EXPORT(json) {
  tenon_bytes input = tenon_input(), name, numbers, value;
  bool is;
  int64_t sum = 0, number;
  if (!tenon_json_get(input, "name", &value) || !tenon_json_string(value, &name)) return tenon_fail("no name");
  if (!tenon_json_get(input, "numbers", &numbers)) return tenon_fail("no numbers");
  for (tenon_json_walk walk = tenon_json_each(numbers); tenon_json_next(&walk); sum += number)
    if (!tenon_json_int(walk.value, &number)) return tenon_fail("a number is none");
  if (!tenon_json_get(input, "nested", &value) || !tenon_json_get(value, "is", &value) || !tenon_json_bool(value, &is))
    return tenon_fail("no nested boolean");
  tenon_bytes greeting = tenon_json_quote(tenon_join(tenon_text("Hello, "), name));
  tenon_bytes output = tenon_join(tenon_join(tenon_text("{\"greeting\":"), greeting), tenon_text(",\"sum\":"));
  output = tenon_join(tenon_join(output, tenon_decimal(sum)), tenon_text(is ? ",\"is\":true}" : ",\"is\":false}"));
  tenon_output(output);
  return 0;
}

TENON_EXPORT(range) {
  tenon_bytes bytes = tenon_input();
  if (bytes.size < 4) return 1;
  tenon_abi_output_set(tenon_share(bytes) + 3, bytes.size - 4);
  return 0;
}

TENON_EXPORT(output_twice) {
  tenon_output(tenon_input());
  tenon_output_text("second");
  return 0;
}

TENON_EXPORT(no_output) { return 0; }

__attribute__((export_name("void_result"))) void void_result(void) { tenon_output(tenon_input()); }

TENON_EXPORT(input_u8) {
  tenon_bytes bytes = {NULL, (size_t)tenon_abi_input_length()};
  bytes.data = tenon_take(bytes.size);
  for (size_t i = 0; i < bytes.size; i++) bytes.data[i] = (uint8_t)tenon_abi_input_load_u8(i);
  tenon_output(bytes);
  return 0;
}

TENON_EXPORT(input_u64) {
  tenon_output(tenon_input());
  return 0;
}

TENON_EXPORT(input_block) {
  tenon_output(tenon_read(tenon_abi_input_offset()));
  return 0;
}

TENON_EXPORT(input_past_end) {
  uint64_t end = tenon_abi_input_length(), places[] = {end, end + 1000, 1ull << 63}, sum = 0;
  for (int i = 0; i < 3; i++) sum += tenon_abi_input_load_u8(places[i]) + tenon_abi_input_load_u64(places[i]);
  tenon_output(tenon_decimal((int64_t)sum));
  return 0;
}

/* Failures. */

TENON_EXPORT(fail_text) {
  tenon_error_set(tenon_input());
  return 7;
}

TENON_EXPORT(fail_text_zero) {
  tenon_error_set(tenon_input());
  return 0;
}

static int64_t input_number(void) {
  int64_t number;
  if (!tenon_parse_int(tenon_input(), &number)) __builtin_trap();
  return number;
}

TENON_EXPORT(fail_code) { return (int32_t)input_number(); }

TENON_EXPORT(fail_cleared) {
  tenon_error_set(tenon_input());
  tenon_error_clear();
  tenon_output_text("recovered");
  return 0;
}

TENON_EXPORT(error_peek) {
  tenon_error_set(tenon_input());
  tenon_output(tenon_error());
  tenon_error_clear();
  return 0;
}

TENON_EXPORT(trap) { __builtin_trap(); }

TENON_EXPORT(loop_forever) {
  for (volatile uint32_t n = 0;; n++) {
  }
}

static volatile int32_t depth;

static int32_t recurse(void) {
  if (++depth < 0) return 0;
  int32_t below = recurse();
  depth--;
  return below;
}

TENON_EXPORT(recurse_forever) { return recurse(); }

TENON_EXPORT(grow_memory) {
  int64_t pages = 0;
  tenon_input(); /* lets the arena have its first pages */
  while (__builtin_wasm_memory_grow(0, 64) != (size_t)-1) pages += 64;
  tenon_output(tenon_decimal(pages));
  return 0;
}

TENON_EXPORT(eat_memory) {
  for (;;) *(uint8_t *)tenon_take(1 << 20) = 1;
}

TENON_EXPORT(eat_blocks) {
  int64_t count = 0;
  while (tenon_abi_alloc(1 << 20)) count++;
  tenon_output(tenon_decimal(count));
  return 0;
}

/* Host services. */

static void answer(bool is_found, tenon_bytes value) {
  tenon_output(is_found ? tenon_join(tenon_text("="), value) : tenon_text("-"));
}

TENON_EXPORT(config_get) {
  tenon_bytes value = {NULL, 0};
  bool is_found = tenon_config(tenon_c_string(tenon_input()), &value);
  answer(is_found, value);
  return 0;
}

TENON_EXPORT(var_get) {
  tenon_bytes value = {NULL, 0};
  bool is_found = tenon_var_get(tenon_c_string(tenon_input()), &value);
  answer(is_found, value);
  return 0;
}

TENON_EXPORT(var_set) {
  tenon_bytes pair = tenon_input();
  size_t equals = tenon_find(pair, tenon_text("="));
  tenon_var_set(tenon_c_string(tenon_slice(pair, 0, equals)), tenon_slice(pair, equals + 1, pair.size));
  return 0;
}

TENON_EXPORT(var_delete) {
  tenon_var_delete(tenon_c_string(tenon_input()));
  return 0;
}

TENON_EXPORT(var_count) {
  tenon_bytes text;
  int64_t count = 0;
  if (tenon_var_get("count", &text) && !tenon_parse_int(text, &count)) return tenon_fail("the variable is no number");
  text = tenon_decimal(count + 1);
  tenon_var_set("count", text);
  tenon_output(text);
  return 0;
}

TENON_EXPORT(static_count) {
  static int64_t count;
  tenon_output(tenon_decimal(++count));
  return 0;
}

TENON_EXPORT(log_trace) {
  tenon_log(TENON_TRACE, tenon_input());
  return 0;
}

TENON_EXPORT(log_four) {
  tenon_bytes text = tenon_input();
  for (int level = TENON_DEBUG; level <= TENON_ERROR; level++) tenon_log((tenon_level)level, text);
  return 0;
}

TENON_EXPORT(log_level) {
  tenon_output(tenon_decimal(tenon_abi_get_log_level()));
  return 0;
}

TENON_EXPORT(alloc_many) {
  size_t count = (size_t)input_number();
  int64_t kept = 0;
  tenon_handle *handles = tenon_take(2 * count * sizeof *handles);
  for (size_t i = 0; i < 2 * count; i++) {
    if (i == count)
      for (size_t odd = 1; odd < count; odd += 2) tenon_abi_free(handles[odd]);
    tenon_abi_store_u64(handles[i] = tenon_abi_alloc(16), i);
  }
  for (size_t i = 0; i < 2 * count; i++) {
    if (i < count && i % 2) continue; /* was freed */
    kept += tenon_abi_load_u64(handles[i]) == i && tenon_abi_length_unsafe(handles[i]) == 16;
  }
  tenon_output(tenon_decimal(kept));
  return 0;
}

TENON_EXPORT(wild_handles) {
  tenon_bytes bytes = tenon_input();
  tenon_handle handle = tenon_share(bytes);
  tenon_handle wild[] = {1, handle + 1, 1ull << 32, 1ull << 40, 1ull << 53, 1ull << 63, ~0ull - 7, ~0ull};
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
    tenon_abi_free(wild[i]);
    sum += tenon_abi_length(wild[i]);
    if (wild[i] < 1ull << 32) continue; /* these lie inside of the memory, where reading and writing are allowed */
    tenon_abi_store_u8(wild[i], 0xff);
    tenon_abi_store_u64(wild[i], ~0ull);
    sum += tenon_abi_load_u8(wild[i]) + tenon_abi_load_u64(wild[i]);
  }
  tenon_abi_free(0);
  if (sum || !tenon_equal(tenon_read(handle), bytes)) return tenon_fail("not harmless");
  tenon_output_text("harmless");
  return 0;
}

TENON_EXPORT(http) {
  tenon_bytes message = tenon_input(), end = tenon_text("\n\n"), value;
  size_t head_end = tenon_find(message, end);
  tenon_bytes head = tenon_slice(message, 0, head_end + 1), body = tenon_slice(message, head_end + 2, message.size);
  tenon_header headers[17] = {{NULL, NULL}};
  size_t space = tenon_find(head, tenon_text(" ")), line_end = tenon_find(head, tenon_text("\n"));
  char *method = tenon_c_string(tenon_slice(head, 0, space));
  char *url = tenon_c_string(tenon_slice(head, space + 1, line_end));
  for (int i = 0; i < 16 && line_end + 1 < head.size; i++) {
    head = tenon_slice(head, line_end + 1, head.size);
    size_t colon = tenon_find(head, tenon_text(": "));
    line_end = tenon_find(head, tenon_text("\n"));
    headers[i].name = tenon_c_string(tenon_slice(head, 0, colon));
    headers[i].value = tenon_c_string(tenon_slice(head, colon + 2, line_end));
  }
  tenon_http_response response = tenon_http(method, url, headers, body);
  tenon_bytes reply = tenon_join(tenon_decimal(response.status), tenon_text("\n"));
  if (tenon_http_header(&response, "x-reply", &value)) {
    reply = tenon_join(tenon_join(reply, tenon_text("x-reply: ")), tenon_join(value, tenon_text("\n")));
  }
  tenon_output(tenon_join(tenon_join(reply, tenon_text("\n")), response.body));
  return 0;
}

TENON_EXPORT(http_cookies) {
  tenon_http_response response = tenon_http("GET", tenon_c_string(tenon_input()), NULL, (tenon_bytes){NULL, 0});
  tenon_bytes cookies = tenon_text("-");
  tenon_http_header(&response, "set-cookie", &cookies);
  tenon_output(cookies);
  return 0;
}

/* Host functions. */

TENON_HOST("add_i32") int32_t add_i32(int32_t a, int32_t b);
TENON_HOST("add_i64") int64_t add_i64(int64_t a, int64_t b);
TENON_HOST("add_f32") float add_f32(float a, float b);
TENON_HOST("add_f64") double add_f64(double a, double b);
TENON_HOST("upper") tenon_handle host_upper(tenon_handle text);
TENON_HOST("mixed") tenon_handle mixed(int32_t a, int64_t b, float c, double d, tenon_handle text);
TENON_HOST("sum_seven") int32_t sum_seven(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g);
TENON_HOST("note") void note(tenon_handle text);
TENON_HOST("refuse") void refuse(void);

#define HOST_ADD(type, name, add) \
  TENON_EXPORT(name) { \
    type *pair = (type *)tenon_input().data, sum = add(pair[0], pair[1]); \
    tenon_output((tenon_bytes){(uint8_t *)&sum, sizeof sum}); \
    return 0; \
  }
HOST_ADD(int32_t, host_i32, add_i32)
HOST_ADD(int64_t, host_i64, add_i64)
HOST_ADD(float, host_f32, add_f32)
HOST_ADD(double, host_f64, add_f64)

TENON_EXPORT(host_text) {
  tenon_output(tenon_receive(host_upper(tenon_share(tenon_input()))));
  return 0;
}

TENON_EXPORT(host_mixed) {
  tenon_bytes bytes = tenon_input();
  struct __attribute__((packed)) {
    int32_t a;
    int64_t b;
    float c;
    double d;
  } n;
  __builtin_memcpy(&n, bytes.data, sizeof n);
  tenon_output(tenon_receive(mixed(n.a, n.b, n.c, n.d, tenon_share(tenon_slice(bytes, sizeof n, bytes.size)))));
  return 0;
}

TENON_EXPORT(host_seven) {
  int32_t *n = (int32_t *)tenon_input().data, sum = sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
  tenon_output((tenon_bytes){(uint8_t *)&sum, sizeof sum});
  return 0;
}

TENON_EXPORT(host_note) {
  note(tenon_share(tenon_input()));
  tenon_output_text("noted");
  return 0;
}

TENON_EXPORT(host_fail) {
  refuse();
  return 0;
}
