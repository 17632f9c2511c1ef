/*
 * The kitchen sink (../../kitchen-sink.md) in C, without a PDK and without a C library: every export says in ABI calls
 * what it does. Memory for texts is a bump allocator that each call starts afresh.
 */
#include "abi.h"

typedef struct {
  u8 *at;
  u64 length;
} Bytes;

extern u8 __heap_base;
static u64 heap_used;

/* Takes memory that lives until the call ends, growing the memory as needed; traps when there is none. */
static u8 *take(u64 size) {
  u64 start = ((u64)(u32)&__heap_base + heap_used + 15) & ~15ull, end = start + size;
  u64 pages = (u64)__builtin_wasm_memory_size(0);
  if (end > pages << 16) {
    u64 more = ((end - (pages << 16)) + 65535) >> 16;
    if (more > 65536 || __builtin_wasm_memory_grow(0, (u32)more) == (unsigned long)-1) __builtin_trap();
  }
  heap_used = end - (u64)(u32)&__heap_base;
  return (u8 *)(u32)start;
}

#define text(literal) ((Bytes){(u8 *)(literal), sizeof(literal) - 1})

static Bytes input(void) {
  heap_used = 0;
  Bytes bytes = {0, input_length()};
  bytes.at = take(bytes.length);
  u64 i = 0;
  for (; i + 8 <= bytes.length; i += 8) *(u64 *)(bytes.at + i) = input_load_u64(i);
  for (; i < bytes.length; i++) bytes.at[i] = (u8)input_load_u8(i);
  return bytes;
}

static u64 block(Bytes bytes) {
  u64 handle = alloc(bytes.length), i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    u64 word;
    __builtin_memcpy(&word, bytes.at + i, 8);
    store_u64(handle + i, word);
  }
  for (; i < bytes.length; i++) store_u8(handle + i, bytes.at[i]);
  return handle;
}

static Bytes read_block(u64 handle) {
  Bytes bytes = {0, length(handle)};
  bytes.at = take(bytes.length);
  u64 i = 0;
  for (; i + 8 <= bytes.length; i += 8) *(u64 *)(bytes.at + i) = load_u64(handle + i);
  for (; i < bytes.length; i++) bytes.at[i] = (u8)load_u8(handle + i);
  return bytes;
}

static i32 output(Bytes bytes) {
  output_set(block(bytes), bytes.length);
  return 0;
}

static Bytes join(Bytes a, Bytes b) {
  Bytes all = {take(a.length + b.length), a.length + b.length};
  __builtin_memcpy(all.at, a.at, a.length);
  __builtin_memcpy(all.at + a.length, b.at, b.length);
  return all;
}

static Bytes slice(Bytes bytes, u64 start, u64 end) { return (Bytes){bytes.at + start, end - start}; }

static Bytes decimal(u64 n) {
  u8 *end = take(24) + 24, *at = end;
  do *--at = (u8)('0' + n % 10);
  while (n /= 10);
  return (Bytes){at, (u64)(end - at)};
}

static u64 number(Bytes digits) {
  u64 n = 0;
  for (u64 i = 0; i < digits.length; i++) n = n * 10 + (u64)(digits.at[i] - '0');
  return n;
}

/* Offset of `needle` in `bytes`, or the length of `bytes` if it is not there. */
static u64 find(Bytes bytes, Bytes needle) {
  for (u64 i = 0; i + needle.length <= bytes.length; i++) {
    u64 j = 0;
    while (j < needle.length && bytes.at[i + j] == needle.at[j]) j++;
    if (j == needle.length) return i;
  }
  return bytes.length;
}

static Bytes answer(u64 handle) { return handle ? join(text("="), read_block(handle)) : text("-"); }

/* Input and output. */

EXPORT(echo) { return output(input()); }

EXPORT(upper) {
  Bytes bytes = input();
  for (u64 i = 0; i < bytes.length; i++)
    if (bytes.at[i] >= 'a' && bytes.at[i] <= 'z') bytes.at[i] -= 32;
  return output(bytes);
}

EXPORT(count_vowels) {
  Bytes bytes = input();
  u64 count = 0;
  for (u64 i = 0; i < bytes.length; i++) count += find(text("aeiouAEIOU"), slice(bytes, i, i + 1)) < 10;
  return output(join(join(text("{\"count\":"), decimal(count)), text("}")));
}

/* Where the value of a key begins in flat JSON without spaces in its keys, or the length if the key is not there. */
static u64 value_of(Bytes json, Bytes quoted_key) {
  u64 at = find(json, quoted_key);
  if (at == json.length) return at;
  at += quoted_key.length;
  while (at < json.length && (json.at[at] == ':' || json.at[at] == ' ')) at++;
  return at;
}

EXPORT(before_checkout) {
  Bytes cart = input();
  u64 is_new = value_of(cart, text("\"is_new_customer\"")), end, total = end = value_of(cart, text("\"cart_total_in_cents\""));
  while (end < cart.length && cart.at[end] >= '0' && cart.at[end] <= '9') end++;
  if (is_new == cart.length || end == total) {
    error_set(block(text("not a cart")));
    return 1;
  }
  int has_discount = cart.at[is_new] == 't' && number(slice(cart, total, end)) >= 10000;
  return output(has_discount ? text("{\"discount_percent\":20}") : text("{\"discount_percent\":0}"));
}

EXPORT(range) {
  Bytes bytes = input();
  if (bytes.length < 4) return 1;
  output_set(block(bytes) + 3, bytes.length - 4);
  return 0;
}

EXPORT(output_twice) {
  output(input());
  return output(text("second"));
}

EXPORT(no_output) { return 0; }

__attribute__((export_name("void_result"))) void void_result(void) { output(input()); }

EXPORT(input_u8) {
  heap_used = 0;
  Bytes bytes = {0, input_length()};
  bytes.at = take(bytes.length);
  for (u64 i = 0; i < bytes.length; i++) bytes.at[i] = (u8)input_load_u8(i);
  return output(bytes);
}

EXPORT(input_u64) { return output(input()); }

EXPORT(input_block) {
  heap_used = 0;
  return output(read_block(input_offset()));
}

EXPORT(input_past_end) {
  u64 end = input().length, far = 1ull << 63;
  return output(decimal(input_load_u8(end) + input_load_u64(end) + input_load_u8(end + 1000) +
                        input_load_u64(end + 1000) + input_load_u8(far) + input_load_u64(far)));
}

/* Failures. */

EXPORT(fail_text) {
  error_set(block(input()));
  return 7;
}

EXPORT(fail_text_zero) {
  error_set(block(input()));
  return 0;
}

EXPORT(fail_code) { return (i32)number(input()); }

EXPORT(fail_cleared) {
  error_set(block(input()));
  error_set(0);
  return output(text("recovered"));
}

EXPORT(error_peek) {
  error_set(block(input()));
  Bytes read = read_block(error_get());
  error_set(0);
  return output(read);
}

EXPORT(trap) { __builtin_trap(); }

EXPORT(loop_forever) {
  for (volatile u32 n = 0;; n++) {
  }
}

static u32 recurse(volatile u32 *above) {
  volatile u32 here = *above + 1;
  return here == 0 ? 0 : recurse(&here) + here;
}

EXPORT(recurse_forever) {
  volatile u32 depth = 0;
  return (i32)recurse(&depth);
}

EXPORT(grow_memory) {
  u64 pages = 0;
  while (__builtin_wasm_memory_grow(0, 64) != (unsigned long)-1) pages += 64;
  heap_used = 0;
  return output(decimal(pages));
}

EXPORT(eat_memory) {
  for (;;) *take(1 << 20) = 1;
}

EXPORT(eat_blocks) {
  heap_used = 0;
  u64 count = 0;
  while (alloc(1 << 20)) count++;
  return output(decimal(count));
}

/* Host services. */

EXPORT(config_get) { return output(answer(abi_config_get(block(input())))); }

EXPORT(var_get) { return output(answer(abi_var_get(block(input())))); }

EXPORT(var_set) {
  Bytes bytes = input();
  u64 equals = find(bytes, text("="));
  abi_var_set(block(slice(bytes, 0, equals)), block(slice(bytes, equals + 1, bytes.length)));
  return 0;
}

EXPORT(var_delete) {
  abi_var_set(block(input()), 0);
  return 0;
}

EXPORT(var_count) {
  heap_used = 0;
  u64 old = abi_var_get(block(text("count")));
  Bytes count = decimal(1 + (old ? number(read_block(old)) : 0));
  abi_var_set(block(text("count")), block(count));
  return output(count);
}

EXPORT(static_count) {
  static u64 count;
  heap_used = 0;
  return output(decimal(++count));
}

EXPORT(log_trace) {
  abi_log_trace(block(input()));
  return 0;
}

EXPORT(log_four) {
  Bytes line = input();
  log_debug(block(line));
  log_info(block(line));
  log_warn(block(line));
  log_error(block(line));
  return 0;
}

EXPORT(log_level) {
  heap_used = 0;
  return output(decimal((u32)get_log_level()));
}

EXPORT(alloc_many) {
  u64 count = number(input()), kept = 0;
  u64 *handles = (u64 *)take(2 * count * sizeof(u64));
  for (u64 i = 0; i < count; i++) store_u64(handles[i] = alloc(16), i);
  for (u64 i = 1; i < count; i += 2) block_free(handles[i]);
  for (u64 i = count; i < 2 * count; i++) store_u64(handles[i] = alloc(16), i);
  for (u64 i = 0; i < count; i += 2) kept += load_u64(handles[i]) == i && length(handles[i]) == 16;
  for (u64 i = count; i < 2 * count; i++) kept += load_u64(handles[i]) == i && length_unsafe(handles[i]) == 16;
  return output(decimal(kept));
}

EXPORT(wild_handles) {
  Bytes bytes = input();
  u64 handle = block(bytes), sum = length(handle + 1);
  const u64 wild[] = {1, handle + 1, 1ull << 32, 1ull << 40, 1ull << 53, 1ull << 63, ~0ull - 7, ~0ull};
  for (u64 i = 0; i < sizeof wild / sizeof *wild; i++) {
    block_free(wild[i]);
    sum += length(wild[i]);
    if (wild[i] < 1ull << 32) continue; /* these lie inside of the memory, where reading and writing are allowed */
    store_u8(wild[i], 0xff);
    store_u64(wild[i], ~0ull);
    sum += load_u8(wild[i]) + load_u64(wild[i]);
  }
  block_free(0);
  Bytes after = read_block(handle);
  if (sum || after.length != bytes.length || find(after, bytes) != 0) return 1;
  return output(text("harmless"));
}

EXPORT(http) {
  Bytes message = input();
  u64 space = find(message, text(" ")), end = find(message, text("\n")), first = 1;
  Bytes request = join(join(text("{\"method\":\""), slice(message, 0, space)), text("\",\"url\":\""));
  request = join(join(request, slice(message, space + 1, end)), text("\",\"headers\":{"));
  while (end + 1 < message.length && message.at[end + 1] != '\n') {
    Bytes line = slice(message, end + 1, message.length);
    u64 colon = find(line, text(": ")), line_end = find(line, text("\n"));
    request = join(join(request, first ? text("\"") : text(",\"")), join(slice(line, 0, colon), text("\":\"")));
    request = join(join(request, slice(line, colon + 2, line_end)), text("\""));
    end += 1 + line_end;
    first = 0;
  }
  Bytes body = end + 2 < message.length ? slice(message, end + 2, message.length) : (Bytes){0, 0};
  request = join(request, text("}}"));
  u64 response = http_request(block(request), body.length ? block(body) : 0);
  Bytes reply = join(decimal((u32)http_status_code()), text("\n"));
  u64 headers = http_headers();
  if (headers) {
    Bytes json = read_block(headers);
    u64 at = value_of(json, text("\"x-reply\""));
    if (at < json.length) {
      Bytes rest = slice(json, at + 1, json.length);
      Bytes value = slice(rest, 0, find(rest, text("\"")));
      reply = join(join(reply, text("x-reply: ")), join(value, text("\n")));
    }
  }
  return output(join(join(reply, text("\n")), read_block(response)));
}

/* Host functions. */

#define HOST_ADD(type, name, add) \
  EXPORT(name) { \
    type *pair = (type *)input().at, sum = add(pair[0], pair[1]); \
    return output((Bytes){(u8 *)&sum, sizeof sum}); \
  }
HOST_ADD(i32, host_i32, add_i32)
HOST_ADD(i64, host_i64, add_i64)
HOST_ADD(float, host_f32, add_f32)
HOST_ADD(double, host_f64, add_f64)

EXPORT(host_text) { return output(read_block(host_upper(block(input())))); }

EXPORT(host_mixed) {
  Bytes bytes = input();
  i32 a;
  i64 b;
  float c;
  double d;
  __builtin_memcpy(&a, bytes.at, 4);
  __builtin_memcpy(&b, bytes.at + 4, 8);
  __builtin_memcpy(&c, bytes.at + 12, 4);
  __builtin_memcpy(&d, bytes.at + 16, 8);
  return output(read_block(mixed(a, b, c, d, block(slice(bytes, 24, bytes.length)))));
}

EXPORT(host_seven) {
  i32 *n = (i32 *)input().at, sum = sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
  return output((Bytes){(u8 *)&sum, sizeof sum});
}

EXPORT(host_note) {
  note(block(input()));
  return output(text("noted"));
}

EXPORT(host_fail) {
  refuse();
  return 0;
}

/* WASI, by its own imports. */

#define WASI(name) FROM("wasi_snapshot_preview1", #name)
typedef struct {
  u8 *at;
  u32 length;
} Vector;
WASI(fd_write) i32 fd_write(i32 fd, const Vector *vectors, u32 count, u32 *written);
WASI(clock_time_get) i32 clock_time_get(i32 clock, u64 precision, u64 *nanoseconds);
WASI(random_get) i32 random_get(u8 *at, u32 length);
WASI(proc_exit) _Noreturn void proc_exit(i32 code);

EXPORT(wasi_stdout) {
  Bytes line = join(input(), text("\n"));
  u32 written;
  Vector vector = {line.at, (u32)line.length};
  return fd_write(1, &vector, 1, &written);
}

EXPORT(wasi_clock) {
  u64 now = 0;
  i32 failure = clock_time_get(0, 1, &now);
  return output(!failure && now >= 1577836800000000000ull ? text("ok") : text("-"));
}

EXPORT(wasi_random) {
  u64 a[2] = {0, 0}, b[2] = {0, 0};
  i32 failure = random_get((u8 *)a, 16) | random_get((u8 *)b, 16);
  return output(!failure && (a[0] != b[0] || a[1] != b[1]) ? text("ok") : text("-"));
}

EXPORT(wasi_exit) { proc_exit((i32)number(input())); }
