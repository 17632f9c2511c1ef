/*
 * Tenon's plug-in kit for C: write a WebAssembly plug-in with this one header and any clang that knows wasm32.
 *
 * It needs no C library and works beside one. Everything is `static` or `static inline`; include it in one file or in many,
 * but then each file has its own arena. (One long file, because it is copied into projects as it is.)
 *
 *   TENON_EXPORT(greet) {
 *     tenon_output(tenon_join(tenon_text("Hello, "), tenon_input()));
 *     return 0;
 *   }
 *
 * Memory: what the functions return lives in an arena that the next call of a TENON_EXPORT function starts afresh, so nothing
 * is freed by hand. When there is no more memory, the call traps.
 *
 * ABI: ../../abi/abi.md. A *handle* is the number of a block of memory that the host keeps for the call; 0 is none.
 */
#ifndef TENON_H
#define TENON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TENON_EXTERN_C extern "C"
#else
#define TENON_EXTERN_C
#endif

/* Imports a function of the host: TENON_HOST("upper") tenon_handle host_upper(tenon_handle text); */
#define TENON_HOST(name) TENON_IMPORT("extism:host/user", name)

/* The same from another namespace or module. */
#define TENON_IMPORT(module, name) TENON_EXTERN_C __attribute__((import_module(module), import_name(name)))

/* Begins a plug-in function; its body returns 0 for success, or another number, best by `return tenon_fail("…")`. */
#define TENON_EXPORT(name) \
  static int32_t tenon_body_##name(void); \
  TENON_EXTERN_C __attribute__((export_name(#name))) int32_t tenon_export_##name(void) { \
    tenon_arena_clear(); \
    return tenon_body_##name(); \
  } \
  static int32_t tenon_body_##name(void)

#define TENON_INTERNAL static __attribute__((unused))

/* Bytes or text, not ended by a zero. */
typedef struct {
  uint8_t *data;
  size_t size;
} tenon_bytes;

/* A block of the host's memory. */
typedef uint64_t tenon_handle;

typedef enum { TENON_TRACE, TENON_DEBUG, TENON_INFO, TENON_WARN, TENON_ERROR } tenon_level;

/* ---- the ABI ---------------------------------------------------------------------------------------------------- */

#define TENON_ABI(name) TENON_IMPORT("extism:host/env", #name)
TENON_ABI(alloc) tenon_handle tenon_abi_alloc(uint64_t length);
TENON_ABI(free) void tenon_abi_free(tenon_handle handle);
TENON_ABI(length) uint64_t tenon_abi_length(tenon_handle handle);
TENON_ABI(length_unsafe) uint64_t tenon_abi_length_unsafe(tenon_handle handle);
TENON_ABI(load_u8) uint32_t tenon_abi_load_u8(uint64_t offset);
TENON_ABI(load_u64) uint64_t tenon_abi_load_u64(uint64_t offset);
TENON_ABI(store_u8) void tenon_abi_store_u8(uint64_t offset, uint32_t value);
TENON_ABI(store_u64) void tenon_abi_store_u64(uint64_t offset, uint64_t value);
TENON_ABI(input_length) uint64_t tenon_abi_input_length(void);
TENON_ABI(input_offset) uint64_t tenon_abi_input_offset(void);
TENON_ABI(input_load_u8) uint32_t tenon_abi_input_load_u8(uint64_t offset);
TENON_ABI(input_load_u64) uint64_t tenon_abi_input_load_u64(uint64_t offset);
TENON_ABI(output_set) void tenon_abi_output_set(uint64_t offset, uint64_t length);
TENON_ABI(error_set) void tenon_abi_error_set(tenon_handle handle);
TENON_ABI(error_get) tenon_handle tenon_abi_error_get(void);
TENON_ABI(config_get) tenon_handle tenon_abi_config_get(tenon_handle key);
TENON_ABI(var_get) tenon_handle tenon_abi_var_get(tenon_handle key);
TENON_ABI(var_set) void tenon_abi_var_set(tenon_handle key, tenon_handle value);
TENON_ABI(http_request) tenon_handle tenon_abi_http_request(tenon_handle request, tenon_handle body);
TENON_ABI(http_status_code) int32_t tenon_abi_http_status_code(void);
TENON_ABI(http_headers) tenon_handle tenon_abi_http_headers(void);
TENON_ABI(log_trace) void tenon_abi_log_trace(tenon_handle text);
TENON_ABI(log_debug) void tenon_abi_log_debug(tenon_handle text);
TENON_ABI(log_info) void tenon_abi_log_info(tenon_handle text);
TENON_ABI(log_warn) void tenon_abi_log_warn(tenon_handle text);
TENON_ABI(log_error) void tenon_abi_log_error(tenon_handle text);
TENON_ABI(get_log_level) int32_t tenon_abi_get_log_level(void);

/* ---- memory of a call ------------------------------------------------------------------------------------------- */

/*
 * The arena is a list of chunks, each of them pages that nobody else got, so it cannot collide with the heap of a C library:
 *
 *   first -> [ next | end | …taken… | …free… ] -> [ next | end | … ]
 *                                   ^-- tenon_arena.at in the current chunk
 */
typedef struct tenon_chunk {
  struct tenon_chunk *next;
  uintptr_t end;
} tenon_chunk;

static struct {
  tenon_chunk *first, *current;
  uintptr_t at;
} tenon_arena;

/* Makes the memory of the last call free for the next; TENON_EXPORT does it. */
TENON_INTERNAL void tenon_arena_clear(void) {
  tenon_arena.current = tenon_arena.first;
  tenon_arena.at = (uintptr_t)(tenon_arena.first + 1);
}

/* `size` bytes, aligned to 16, that live until the next call. Traps when there is no more memory. */
TENON_INTERNAL void *tenon_take(size_t size) {
  for (;;) {
    tenon_chunk *chunk = tenon_arena.current;
    if (chunk) {
      uintptr_t at = (tenon_arena.at + 15) & ~(uintptr_t)15;
      if (at <= chunk->end && chunk->end - at >= size) {
        tenon_arena.at = at + size;
        return (void *)at;
      }
    }
    tenon_chunk *next = chunk ? chunk->next : tenon_arena.first;
    if (!next) {
      size_t page = 65536, room = sizeof(tenon_chunk) + 16, pages;
      if (size > SIZE_MAX - room - page) __builtin_trap();
      pages = (size + room + page - 1) / page;
      if (pages < 4) pages = 4;
      size_t start = __builtin_wasm_memory_grow(0, pages);
      if (start == (size_t)-1) __builtin_trap();
      next = (tenon_chunk *)(start * page);
      next->next = NULL;
      next->end = (start + pages) * page - 1; /* the last page may end where addresses end */
      if (chunk) chunk->next = next;
      else tenon_arena.first = next;
    }
    tenon_arena.current = next;
    tenon_arena.at = (uintptr_t)(next + 1);
  }
}

/* ---- bytes and text --------------------------------------------------------------------------------------------- */

/* A view of text that ends with a zero. (Without the attribute clang would make a call of C's strlen of it.) */
TENON_INTERNAL __attribute__((no_builtin("strlen"))) tenon_bytes tenon_text(const char *text) {
  tenon_bytes bytes = {(uint8_t *)text, 0};
  while (text[bytes.size]) bytes.size++;
  return bytes;
}

/* The same of a text in quotes, which may have zeros in it. */
#define TENON_LITERAL(text) ((tenon_bytes){(uint8_t *)(text), sizeof(text) - 1})

/* A copy with a zero behind it, for C's own functions. */
TENON_INTERNAL char *tenon_c_string(tenon_bytes bytes) {
  char *text = (char *)tenon_take(bytes.size + 1);
  __builtin_memcpy(text, bytes.data, bytes.size);
  text[bytes.size] = 0;
  return text;
}

/* A view of the bytes from `start` up to, not including, `end`; both are cut to what is there. */
TENON_INTERNAL tenon_bytes tenon_slice(tenon_bytes bytes, size_t start, size_t end) {
  if (end > bytes.size) end = bytes.size;
  if (start > end) start = end;
  return (tenon_bytes){bytes.data + start, end - start};
}

/* Both, one after the other, as a copy. */
TENON_INTERNAL tenon_bytes tenon_join(tenon_bytes a, tenon_bytes b) {
  tenon_bytes all = {(uint8_t *)tenon_take(a.size + b.size), a.size + b.size};
  __builtin_memcpy(all.data, a.data, a.size);
  __builtin_memcpy(all.data + a.size, b.data, b.size);
  return all;
}

TENON_INTERNAL bool tenon_equal(tenon_bytes a, tenon_bytes b) {
  if (a.size != b.size) return false;
  for (size_t i = 0; i < a.size; i++)
    if (a.data[i] != b.data[i]) return false;
  return true;
}

/* Where `part` first is in `bytes`, or the size of `bytes` if it is not. */
TENON_INTERNAL size_t tenon_find(tenon_bytes bytes, tenon_bytes part) {
  for (size_t at = 0; at + part.size <= bytes.size; at++)
    if (tenon_equal(tenon_slice(bytes, at, at + part.size), part)) return at;
  return bytes.size;
}

/* A whole number as decimal text. */
TENON_INTERNAL tenon_bytes tenon_decimal(int64_t number) {
  uint8_t *end = (uint8_t *)tenon_take(24) + 24, *at = end;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do *--at = (uint8_t)('0' + rest % 10);
  while (rest /= 10);
  if (number < 0) *--at = '-';
  return (tenon_bytes){at, (size_t)(end - at)};
}

/* Reads decimal text, all of it; false when it is none or too large. */
TENON_INTERNAL bool tenon_parse_int(tenon_bytes text, int64_t *number) {
  bool is_negative = text.size > 0 && text.data[0] == '-';
  size_t at = is_negative ? 1 : 0;
  uint64_t sum = 0, limit = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
  if (at == text.size) return false;
  for (; at < text.size; at++) {
    unsigned digit = text.data[at] - (unsigned)'0';
    if (digit > 9 || sum > (limit - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  *number = (int64_t)(is_negative ? 0 - sum : sum);
  return true;
}

/* ---- blocks: what the plug-in and the host hand each other ------------------------------------------------------ */

/*
 * Bulk copies: four calls a turn, because the loop itself costs as much as one. Each loop is a function of its own: an engine
 * that puts the host's functions in place of calls goes by how often each call was made when it compiles, and in one function
 * with the code for short input, a loop that short input never enters would stay slow for good.
 */
#define TENON_LOOP static __attribute__((noinline, unused))

TENON_LOOP void tenon_store_turns(uint64_t to, const uint8_t *from, size_t turns) {
  uint64_t word[4];
  for (; turns; turns--, from += 32, to += 32) {
    __builtin_memcpy(word, from, 32);
    tenon_abi_store_u64(to, word[0]);
    tenon_abi_store_u64(to + 8, word[1]);
    tenon_abi_store_u64(to + 16, word[2]);
    tenon_abi_store_u64(to + 24, word[3]);
  }
}

/* Loops by the functions given, which become direct calls when this is inlined. */
TENON_INTERNAL inline __attribute__((always_inline)) void tenon_load_turns(uint8_t *to, uint64_t from, size_t turns, uint64_t load_u64(uint64_t)) {
  uint64_t word[4];
  for (; turns; turns--, from += 32, to += 32) {
    word[0] = load_u64(from);
    word[1] = load_u64(from + 8);
    word[2] = load_u64(from + 16);
    word[3] = load_u64(from + 24);
    __builtin_memcpy(to, word, 32);
  }
}
TENON_LOOP void tenon_block_turns(uint8_t *to, uint64_t from, size_t turns) { tenon_load_turns(to, from, turns, tenon_abi_load_u64); }
TENON_LOOP void tenon_input_turns(uint8_t *to, uint64_t from, size_t turns) { tenon_load_turns(to, from, turns, tenon_abi_input_load_u64); }

/* Copies bytes into a new block of the host; 0 for no bytes. Traps when the host has no room for more. */
TENON_INTERNAL tenon_handle tenon_share(tenon_bytes bytes) {
  tenon_handle handle = tenon_abi_alloc(bytes.size);
  if (!handle) {
    if (bytes.size) __builtin_trap();
    return 0;
  }
  size_t i = bytes.size / 32 * 32;
  uint64_t word;
  if (i) tenon_store_turns(handle, bytes.data, i / 32);
  for (; bytes.size - i >= 8; i += 8) {
    __builtin_memcpy(&word, bytes.data + i, 8);
    tenon_abi_store_u64(handle + i, word);
  }
  for (; i < bytes.size; i++) tenon_abi_store_u8(handle + i, bytes.data[i]);
  return handle;
}

/* Fills `bytes` from offset `from` on by the functions given. */
TENON_INTERNAL inline __attribute__((always_inline)) void tenon_load(tenon_bytes bytes, uint64_t from, void load_turns(uint8_t *, uint64_t, size_t), uint64_t load_u64(uint64_t), uint32_t load_u8(uint64_t)) {
  size_t i = bytes.size / 32 * 32;
  uint64_t word;
  if (i) load_turns(bytes.data, from, i / 32);
  for (; bytes.size - i >= 8; i += 8) {
    word = load_u64(from + i);
    __builtin_memcpy(bytes.data + i, &word, 8);
  }
  for (; i < bytes.size; i++) bytes.data[i] = (uint8_t)load_u8(from + i);
}

/* Copies a block of the host; no bytes for 0 and for what is no block. The block stays. */
TENON_INTERNAL tenon_bytes tenon_read(tenon_handle handle) {
  tenon_bytes bytes = {NULL, handle ? (size_t)tenon_abi_length(handle) : 0};
  bytes.data = (uint8_t *)tenon_take(bytes.size);
  tenon_load(bytes, handle, tenon_block_turns, tenon_abi_load_u64, tenon_abi_load_u8);
  return bytes;
}

/* The same, and frees the block: for what a host function gave. */
TENON_INTERNAL tenon_bytes tenon_receive(tenon_handle handle) {
  tenon_bytes bytes = tenon_read(handle);
  if (handle) tenon_abi_free(handle);
  return bytes;
}

/* ---- input, output, failure ------------------------------------------------------------------------------------- */

/* Fills `bytes` from the beginning of this call's input. */
TENON_INTERNAL void tenon_input_into(tenon_bytes bytes) {
  tenon_load(bytes, 0, tenon_input_turns, tenon_abi_input_load_u64, tenon_abi_input_load_u8);
}

/* A copy of this call's input. */
TENON_INTERNAL tenon_bytes tenon_input(void) {
  tenon_bytes bytes = {NULL, (size_t)tenon_abi_input_length()};
  bytes.data = (uint8_t *)tenon_take(bytes.size);
  tenon_input_into(bytes);
  return bytes;
}

/* Makes these bytes the output of the call; a later output replaces it. */
TENON_INTERNAL void tenon_output(tenon_bytes bytes) { tenon_abi_output_set(tenon_share(bytes), bytes.size); }

/* The same for text that ends with a zero. */
TENON_INTERNAL void tenon_output_text(const char *text) { tenon_output(tenon_text(text)); }

/* Makes this text the error of the call, which fails by it, whatever is returned; no bytes are replaced by one space. */
TENON_INTERNAL void tenon_error_set(tenon_bytes text) {
  tenon_abi_error_set(tenon_share(text.size ? text : tenon_text(" ")));
}

/* Takes the error back. */
TENON_INTERNAL void tenon_error_clear(void) { tenon_abi_error_set(0); }

/* The error that is set, or no bytes. */
TENON_INTERNAL tenon_bytes tenon_error(void) { return tenon_read(tenon_abi_error_get()); }

/* Sets the error and gives 1: return tenon_fail("Cannot read the cart: it has no total"); */
TENON_INTERNAL int32_t tenon_fail(const char *text) {
  tenon_error_set(tenon_text(text));
  return 1;
}

/* ---- configuration, variables, logs ------------------------------------------------------------------------------ */

TENON_INTERNAL bool tenon_found(tenon_handle handle, tenon_bytes *value) {
  if (handle) *value = tenon_receive(handle);
  return handle != 0;
}

/* Looks up the configuration; false, and `value` as it was, when the key is missing or its value empty. */
TENON_INTERNAL bool tenon_config(const char *key, tenon_bytes *value) {
  return tenon_found(tenon_abi_config_get(tenon_share(tenon_text(key))), value);
}

/* Looks up a variable; false, and `value` as it was, when there is none. */
TENON_INTERNAL bool tenon_var_get(const char *key, tenon_bytes *value) {
  return tenon_found(tenon_abi_var_get(tenon_share(tenon_text(key))), value);
}

/* Sets a variable, which outlives the call; no bytes delete it. Past the host's budget the call fails. */
TENON_INTERNAL void tenon_var_set(const char *key, tenon_bytes value) {
  tenon_abi_var_set(tenon_share(tenon_text(key)), tenon_share(value));
}

TENON_INTERNAL void tenon_var_delete(const char *key) { tenon_abi_var_set(tenon_share(tenon_text(key)), 0); }

/* Whether the host keeps logs of this level: saves making a text that nobody reads. */
TENON_INTERNAL bool tenon_is_logged(tenon_level level) { return (int32_t)level >= tenon_abi_get_log_level(); }

/* Logs text. */
TENON_INTERNAL void tenon_log(tenon_level level, tenon_bytes text) {
  if (!tenon_is_logged(level)) return;
  tenon_handle handle = tenon_share(text);
  switch (level) {
    case TENON_TRACE: tenon_abi_log_trace(handle); break;
    case TENON_DEBUG: tenon_abi_log_debug(handle); break;
    case TENON_INFO: tenon_abi_log_info(handle); break;
    case TENON_WARN: tenon_abi_log_warn(handle); break;
    case TENON_ERROR: tenon_abi_log_error(handle); break;
  }
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/*
 * A value is a view of its text; nothing is built. Reading what is no JSON gives false where it is looked at, never a wrong
 * address. Values may be nested up to 64 deep.
 */
enum { TENON_JSON_DEPTH = 64 };

TENON_INTERNAL size_t tenon_json_space(tenon_bytes json, size_t at) {
  while (at < json.size && (json.data[at] == ' ' || json.data[at] == '\n' || json.data[at] == '\t' || json.data[at] == '\r')) at++;
  return at;
}

/* The end of the value that begins at `at`, or 0 if none does. */
TENON_INTERNAL size_t tenon_json_end(tenon_bytes json, size_t at) {
  if (at >= json.size) return 0;
  uint8_t first = json.data[at];
  if (first == '"') {
    for (at++; at < json.size; at++) {
      if (json.data[at] == '\\') at++;
      else if (json.data[at] == '"') return at + 1;
    }
    return 0;
  }
  if (first == '{' || first == '[') {
    uint8_t closers[TENON_JSON_DEPTH];
    int depth = 0;
    while (at < json.size) {
      uint8_t byte = json.data[at];
      if (byte == '"') {
        if (!(at = tenon_json_end(json, at))) return 0;
        continue;
      }
      if (byte == '{' || byte == '[') {
        if (depth == TENON_JSON_DEPTH) return 0;
        closers[depth++] = byte == '{' ? '}' : ']';
      } else if (byte == '}' || byte == ']') {
        if (closers[--depth] != byte) return 0;
        if (depth == 0) return at + 1;
      }
      at++;
    }
    return 0;
  }
  size_t start = at;
  while (at < json.size) {
    uint8_t byte = json.data[at];
    bool is_part = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '+' || byte == '.' || byte == 'E';
    if (!is_part) break;
    at++;
  }
  return at > start ? at : 0;
}

/* The one value of a text, without the space around it; no bytes if there is none, or more. */
TENON_INTERNAL tenon_bytes tenon_json_trim(tenon_bytes json) {
  size_t start = tenon_json_space(json, 0), end = tenon_json_end(json, start);
  return end && tenon_json_space(json, end) == json.size ? tenon_slice(json, start, end) : tenon_slice(json, 0, 0);
}

/* Where a walk through an object or array is, and what it found: `name` still has its quotes, and is empty in an array. */
typedef struct {
  tenon_bytes json, name, value;
  size_t at;
} tenon_json_walk;

/* Begins a walk: tenon_json_walk walk = tenon_json_each(json); while (tenon_json_next(&walk)) { … walk.value … } */
TENON_INTERNAL tenon_json_walk tenon_json_each(tenon_bytes json) {
  size_t start = tenon_json_space(json, 0);
  return (tenon_json_walk){tenon_slice(json, start, json.size), {NULL, 0}, {NULL, 0}, 0};
}

/* Goes to the next value; false at the end, and where it is no JSON. */
TENON_INTERNAL bool tenon_json_next(tenon_json_walk *walk) {
  tenon_bytes json = walk->json;
  size_t at = walk->at;
  if (at >= json.size) return false;
  bool is_object = json.data[0] == '{';
  if (at == 0 ? !is_object && json.data[0] != '[' : json.data[at] != ',') return false;
  at = tenon_json_space(json, at + 1);
  walk->name = tenon_slice(json, at, at);
  if (is_object) {
    size_t end = at < json.size && json.data[at] == '"' ? tenon_json_end(json, at) : 0;
    if (!end) return false;
    walk->name = tenon_slice(json, at, end);
    at = tenon_json_space(json, end);
    if (at >= json.size || json.data[at] != ':') return false;
    at = tenon_json_space(json, at + 1);
  }
  size_t end = tenon_json_end(json, at);
  if (!end) return false;
  walk->value = tenon_slice(json, at, end);
  walk->at = tenon_json_space(json, end);
  return true;
}

/* Whether the value is an array (`[`) or object (`{`), and of how many. */
TENON_INTERNAL bool tenon_json_count(tenon_bytes json, char opener, size_t *count) {
  tenon_json_walk walk = tenon_json_each(json);
  if (walk.json.size < 2 || walk.json.data[0] != opener) return false;
  for (*count = 0; tenon_json_next(&walk);) ++*count;
  if (*count == 0) walk.at = tenon_json_space(walk.json, 1);
  return walk.at < walk.json.size && walk.json.data[walk.at] == (opener == '[' ? ']' : '}');
}

TENON_INTERNAL int tenon_json_hex(tenon_bytes text, size_t at) {
  int code = 0;
  if (at + 4 > text.size) return -1;
  for (size_t i = at; i < at + 4; i++) {
    uint8_t byte = text.data[i], letter = byte | 32;
    if (byte >= '0' && byte <= '9') code = code * 16 + (byte - '0');
    else if (letter >= 'a' && letter <= 'f') code = code * 16 + (letter - 'a' + 10);
    else return -1;
  }
  return code;
}

/* The text of a quoted string, as a copy; false when the value is no string. A lone surrogate becomes U+FFFD. */
TENON_INTERNAL bool tenon_json_string(tenon_bytes value, tenon_bytes *text) {
  if (value.size < 2 || value.data[0] != '"' || tenon_json_end(value, 0) != value.size) return false;
  uint8_t *out = (uint8_t *)tenon_take(value.size), *end = out;
  for (size_t at = 1; at < value.size - 1; at++) {
    if (value.data[at] != '\\') {
      *end++ = value.data[at];
      continue;
    }
    switch (value.data[++at]) {
      case '"': case '\\': case '/': *end++ = value.data[at]; break;
      case 'b': *end++ = '\b'; break;
      case 'f': *end++ = '\f'; break;
      case 'n': *end++ = '\n'; break;
      case 'r': *end++ = '\r'; break;
      case 't': *end++ = '\t'; break;
      case 'u': {
        int32_t code = tenon_json_hex(value, at + 1), low;
        if (code < 0) return false;
        at += 4;
        if (code >= 0xd800 && code < 0xe000) {
          bool is_pair = code < 0xdc00 && value.data[at + 1] == '\\' && value.data[at + 2] == 'u' &&
                         (low = tenon_json_hex(value, at + 3)) >= 0xdc00 && low < 0xe000;
          if (is_pair) at += 6;
          code = is_pair ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
        }
        if (code < 0x80) *end++ = (uint8_t)code;
        else {
          if (code < 0x800) *end++ = (uint8_t)(0xc0 | code >> 6);
          else {
            if (code < 0x10000) *end++ = (uint8_t)(0xe0 | code >> 12);
            else {
              *end++ = (uint8_t)(0xf0 | code >> 18);
              *end++ = (uint8_t)(0x80 | (code >> 12 & 63));
            }
            *end++ = (uint8_t)(0x80 | (code >> 6 & 63));
          }
          *end++ = (uint8_t)(0x80 | (code & 63));
        }
        break;
      }
      default: return false;
    }
  }
  *text = (tenon_bytes){out, (size_t)(end - out)};
  return true;
}

/* Finds the first value of this name in an object; false when it has none. */
TENON_INTERNAL bool tenon_json_get(tenon_bytes json, const char *name, tenon_bytes *value) {
  tenon_json_walk walk = tenon_json_each(json);
  tenon_bytes text;
  while (tenon_json_next(&walk)) {
    if (!tenon_json_string(walk.name, &text) || !tenon_equal(text, tenon_text(name))) continue;
    *value = walk.value;
    return true;
  }
  return false;
}

/* A whole number; false when the value is none, or too large. */
TENON_INTERNAL bool tenon_json_int(tenon_bytes value, int64_t *number) { return tenon_parse_int(value, number); }

TENON_INTERNAL bool tenon_json_bool(tenon_bytes value, bool *is_true) {
  *is_true = tenon_equal(value, tenon_text("true"));
  return *is_true || tenon_equal(value, tenon_text("false"));
}

/*
 * Numbers are exact in both directions. What doubles cannot do by themselves is done on natural numbers of TENON_WORDS words
 * of 32 bits, lowest first: 800 digits, times or over a power of ten.
 */
enum { TENON_WORDS = 128, TENON_DIGITS = 800 };

typedef struct {
  uint32_t words[TENON_WORDS];
  int32_t size; /* words in use; the highest is not 0 */
} tenon_natural;

/* number = number * factor + summand */
TENON_INTERNAL void tenon_natural_scale(tenon_natural *number, uint32_t factor, uint32_t summand) {
  uint64_t rest = summand;
  for (int32_t i = 0; i < number->size; i++, rest >>= 32) {
    rest += (uint64_t)number->words[i] * factor;
    number->words[i] = (uint32_t)rest;
  }
  if (rest) number->words[number->size++] = (uint32_t)rest;
}

TENON_INTERNAL void tenon_natural_shift(tenon_natural *number, int32_t bits) {
  int32_t words = bits / 32;
  for (int32_t i = number->size; words && i-- > 0;) number->words[i + words] = number->words[i];
  for (int32_t i = 0; i < words; i++) number->words[i] = 0;
  if (number->size) number->size += words;
  if (bits % 32) tenon_natural_scale(number, 1u << bits % 32, 0);
}

TENON_INTERNAL int tenon_natural_compare(const tenon_natural *a, const tenon_natural *b) {
  if (a->size != b->size) return a->size < b->size ? -1 : 1;
  for (int32_t i = a->size; i-- > 0;)
    if (a->words[i] != b->words[i]) return a->words[i] < b->words[i] ? -1 : 1;
  return 0;
}

TENON_INTERNAL int32_t tenon_natural_bits(const tenon_natural *number) {
  return number->size ? number->size * 32 - __builtin_clz(number->words[number->size - 1]) : 0;
}

/* above / below, rounded to the nearest and then even; it has fewer than 60 bits. Both are used up. */
TENON_INTERNAL uint64_t tenon_natural_divide(tenon_natural *above, tenon_natural *below) {
  uint64_t quotient = 0;
  tenon_natural_shift(below, 60);
  for (int32_t bit = 60; bit >= 0; bit--) {
    quotient <<= 1;
    if (tenon_natural_compare(above, below) >= 0) {
      int64_t borrow = 0;
      for (int32_t i = 0; i < above->size; i++) {
        borrow += (int64_t)above->words[i] - (i < below->size ? below->words[i] : 0);
        above->words[i] = (uint32_t)borrow;
        borrow >>= 32;
      }
      while (above->size && !above->words[above->size - 1]) above->size--;
      quotient |= 1;
    }
    tenon_natural_shift(above, 1);
  }
  int half = tenon_natural_compare(above, below);
  return quotient + (half > 0 || (half == 0 && quotient & 1));
}

/* Makes `above` / `below` of digits (0 to 9 each) times a power of ten. */
TENON_INTERNAL void tenon_natural_decimal(tenon_natural *above, tenon_natural *below, const uint8_t *digits, size_t count, int32_t exponent) {
  above->size = 0;
  below->size = 1;
  below->words[0] = 1;
  for (size_t i = 0; i < count; i++) tenon_natural_scale(above, 10, digits[i]);
  for (; exponent > 0; exponent--) tenon_natural_scale(above, 10, 0);
  for (; exponent < 0; exponent++) tenon_natural_scale(below, 10, 0);
}

/* The double nearest to digits, the first of which is not 0, times a power of ten. */
TENON_INTERNAL double tenon_double_of(const uint8_t *digits, size_t count, int32_t exponent) {
  tenon_natural above, below;
  double number;
  uint64_t bits = 0x7ffull << 52;
  if ((int32_t)count + exponent < -330) return 0;
  if ((int32_t)count + exponent < 310) {
    tenon_natural_decimal(&above, &below, digits, count, exponent);
    /* So many more bits that the quotient has 53, or fewer where numbers end. */
    int32_t more = 53 - tenon_natural_bits(&above) + tenon_natural_bits(&below);
    tenon_natural whole = above, part = below;
    tenon_natural_shift(more < 0 ? &part : &whole, more < 0 ? -more : more);
    tenon_natural_shift(&part, 53);
    if (tenon_natural_compare(&whole, &part) >= 0) more--;
    if (more > 1074) more = 1074;
    tenon_natural_shift(more < 0 ? &below : &above, more < 0 ? -more : more);
    bits = tenon_natural_divide(&above, &below);
    if (bits >> 52) bits += (uint64_t)(1074 - more) << 52;
    if (bits > 0x7ffull << 52) bits = 0x7ffull << 52;
  }
  __builtin_memcpy(&number, &bits, sizeof number);
  return number;
}

static const double tenon_powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* A number; false when the value is none. It is the nearest that there is. */
TENON_INTERNAL bool tenon_json_double(tenon_bytes value, double *number) {
  size_t at = value.size > 0 && value.data[0] == '-', start = at, count = 0;
  int32_t exponent = 0, written = 0, dropped = 0;
  bool has_point = false, is_sticky = false;
  uint64_t sum = 0;
  if (value.size > INT32_MAX) return false;
  uint8_t *digits = (uint8_t *)tenon_take(value.size < TENON_DIGITS ? value.size + 1 : TENON_DIGITS + 1);
  for (; at < value.size; at++) {
    unsigned digit = value.data[at] - (unsigned)'0';
    if (value.data[at] == '.' && !has_point && at > start) {
      has_point = true;
      start = at + 1;
      continue;
    }
    if (digit > 9) break;
    if (has_point) exponent--;
    if (count == 0 && digit == 0) continue;
    if (count < TENON_DIGITS) {
      digits[count++] = (uint8_t)digit;
      if (count <= 18) sum = sum * 10 + digit;
    } else {
      dropped++;
      is_sticky = is_sticky || digit;
    }
  }
  if (at == start) return false;
  if (at < value.size && (value.data[at] | 32) == 'e') {
    bool is_negative = ++at < value.size && value.data[at] == '-';
    if (at < value.size && (value.data[at] == '-' || value.data[at] == '+')) at++;
    for (start = at; at < value.size && value.data[at] >= '0' && value.data[at] <= '9'; at++)
      if (written < 100000000) written = written * 10 + (value.data[at] - '0');
    if (at == start) return false;
    exponent += is_negative ? -written : written;
  }
  if (at != value.size) return false;
  exponent += dropped;
  if (is_sticky) digits[count - 1] |= 1; /* a digit past these cannot decide but between two halves */
  double made = 0;
  if (count > 0 && count <= 18 && sum < 1ull << 53 && exponent >= -22 && exponent <= 22)
    made = exponent < 0 ? (double)sum / tenon_powers_of_ten[-exponent] : (double)sum * tenon_powers_of_ten[exponent];
  else if (count > 0) made = tenon_double_of(digits, count, exponent);
  *number = value.data[0] == '-' ? -made : made;
  return true;
}

TENON_INTERNAL void tenon_digits(uint64_t number, uint8_t *digits, int32_t count) {
  for (; count-- > 0; number /= 10) digits[count] = (uint8_t)(number % 10);
}

/* Digits as a JSON number: "1234" with the exponent -2 is 12.34. */
TENON_INTERNAL tenon_bytes tenon_point(bool is_negative, uint64_t whole, int32_t exponent) {
  for (; whole && whole % 10 == 0; whole /= 10) exponent++;
  tenon_bytes digits = tenon_decimal((int64_t)whole);
  int32_t count = (int32_t)digits.size, point = count + exponent;
  uint8_t *out = (uint8_t *)tenon_take(64), *end = out;
  if (is_negative) *end++ = '-';
  bool is_plain = point > -7 && point <= 21;
  if (is_plain && point <= 0) {
    *end++ = '0';
    *end++ = '.';
    for (int32_t i = point; i < 0; i++) *end++ = '0';
  }
  for (int32_t i = 0; i < count; i++) {
    if (i > 0 && i == (is_plain ? point : 1)) *end++ = '.';
    *end++ = digits.data[i];
  }
  for (int32_t i = count; is_plain && i < point; i++) *end++ = '0';
  if (!is_plain) {
    digits = tenon_decimal(point - 1);
    *end++ = 'e';
    __builtin_memcpy(end, digits.data, digits.size);
    end += digits.size;
  }
  return (tenon_bytes){out, (size_t)(end - out)};
}

/* A number as JSON with as few digits as give it back; "null" for what is not finite, which JSON has no word for. */
TENON_INTERNAL tenon_bytes tenon_json_number(double number) {
  double size = __builtin_fabs(number);
  bool is_negative = __builtin_signbit(number) != 0;
  if (size - size != 0) return tenon_text("null");
  if (size == 0) return tenon_text(is_negative ? "-0" : "0");
  for (int32_t places = 0; places <= 15 && size * tenon_powers_of_ten[places] < 0x1p53; places++) {
    uint64_t whole = (uint64_t)(size * tenon_powers_of_ten[places] + 0.5);
    if ((double)whole / tenon_powers_of_ten[places] == size) return tenon_point(is_negative, whole, -places);
  }
  uint64_t bits, limit = 1000000000000000; /* 10^count */
  __builtin_memcpy(&bits, &size, sizeof bits);
  int32_t two = (int32_t)(bits >> 52), ten;
  bits &= (1ull << 52) - 1;
  if (two) bits |= 1ull << 52;
  two = (two ? two : 1) - 1075;
  /* Digits before the point, about: log10(2) is 0.30103. */
  ten = ((63 - __builtin_clzll(bits) + two) * 30103) / 100000 + 1;
  uint8_t mantissa[16], digits[17];
  tenon_digits(bits, mantissa, 16);
  for (int32_t count = 15;; count++, limit *= 10) {
    uint64_t whole = 0; /* the number times 10^(count - ten) */
    for (bool is_right = false; !is_right;) {
      tenon_natural above, below;
      tenon_natural_decimal(&above, &below, mantissa, 16, count - ten);
      tenon_natural_shift(two < 0 ? &below : &above, two < 0 ? -two : two);
      whole = tenon_natural_divide(&above, &below);
      is_right = whole < limit && whole >= limit / 10;
      if (whole >= limit) ten++;
      else if (!is_right) ten--;
    }
    tenon_digits(whole, digits, count);
    if (count == 17 || tenon_double_of(digits, (size_t)count, ten - count) == size) return tenon_point(is_negative, whole, ten - count);
  }
}

/* Text as a quoted string, as a copy; bytes that are no UTF-8 stay as they are. */
TENON_INTERNAL tenon_bytes tenon_json_quote(tenon_bytes text) {
  static const char hex[] = "0123456789abcdef";
  if (text.size > (SIZE_MAX - 2) / 6) __builtin_trap();
  uint8_t *out = (uint8_t *)tenon_take(text.size * 6 + 2), *end = out;
  *end++ = '"';
  for (size_t i = 0; i < text.size; i++) {
    uint8_t byte = text.data[i];
    if (byte == '\n' || byte == '\r' || byte == '\t') {
      *end++ = '\\';
      *end++ = byte == '\n' ? 'n' : byte == '\r' ? 'r' : 't';
      continue;
    }
    if (byte < 32) {
      __builtin_memcpy(end, "\\u00", 4);
      end[4] = (uint8_t)hex[byte >> 4];
      end[5] = (uint8_t)hex[byte & 15];
      end += 6;
      continue;
    }
    if (byte == '"' || byte == '\\') *end++ = '\\';
    *end++ = byte;
  }
  *end++ = '"';
  return (tenon_bytes){out, (size_t)(end - out)};
}

/* Text that grows: tenon_writer out = {0}; tenon_write(&out, …); … tenon_output(out.bytes); */
typedef struct {
  tenon_bytes bytes;
  size_t room;
} tenon_writer;

/* Adds bytes. */
TENON_INTERNAL void tenon_write(tenon_writer *to, tenon_bytes bytes) {
  size_t size = to->bytes.size + bytes.size;
  if (size < bytes.size || size > SIZE_MAX / 2) __builtin_trap();
  if (size > to->room) {
    to->room = size * 2 < 256 ? 256 : size * 2;
    uint8_t *data = (uint8_t *)tenon_take(to->room);
    if (to->bytes.size) __builtin_memcpy(data, to->bytes.data, to->bytes.size);
    to->bytes.data = data;
  }
  if (bytes.size) __builtin_memcpy(to->bytes.data + to->bytes.size, bytes.data, bytes.size);
  to->bytes.size = size;
}

/* ---- HTTP -------------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *name, *value;
} tenon_header;

typedef struct {
  int32_t status; /* 0 when the host gave none */
  tenon_bytes body;
  tenon_bytes headers; /* a JSON object with names in lower case; no bytes when the host does not show them */
} tenon_http_response;

/* Sends a request; `headers` ends with {NULL}, or is NULL. What the host does not allow fails the call. */
TENON_INTERNAL tenon_http_response tenon_http(const char *method, const char *url, const tenon_header *headers, tenon_bytes body) {
  tenon_bytes request = tenon_join(tenon_text("{\"method\":"), tenon_json_quote(tenon_text(method)));
  request = tenon_join(tenon_join(request, tenon_text(",\"url\":")), tenon_json_quote(tenon_text(url)));
  const char *before = ",\"headers\":{";
  for (; headers && headers->name; headers++, before = ",") {
    request = tenon_join(tenon_join(request, tenon_text(before)), tenon_json_quote(tenon_text(headers->name)));
    request = tenon_join(tenon_join(request, tenon_text(":")), tenon_json_quote(tenon_text(headers->value)));
  }
  request = tenon_join(request, tenon_text(before[1] ? "}" : "}}"));
  tenon_handle handle = tenon_abi_http_request(tenon_share(request), tenon_share(body));
  tenon_http_response response = {tenon_abi_http_status_code(), {NULL, 0}, {NULL, 0}};
  response.headers = tenon_receive(tenon_abi_http_headers());
  response.body = tenon_receive(handle);
  return response;
}

/*
 * A header of a response, its name in lower case; false when it is missing or not shown. Several values, which hosts give as a
 * list, are joined by ", ".
 */
TENON_INTERNAL bool tenon_http_header(const tenon_http_response *response, const char *name, tenon_bytes *value) {
  tenon_bytes json, all = {NULL, 0}, each;
  size_t count;
  if (!tenon_json_get(response->headers, name, &json)) return false;
  if (tenon_json_string(json, value)) return true;
  if (!tenon_json_count(json, '[', &count) || count == 0) return false;
  tenon_json_walk walk = tenon_json_each(json);
  for (size_t i = 0; tenon_json_next(&walk); i++) {
    if (!tenon_json_string(walk.value, &each)) return false;
    all = i ? tenon_join(tenon_join(all, tenon_text(", ")), each) : each;
  }
  *value = all;
  return true;
}

#endif
