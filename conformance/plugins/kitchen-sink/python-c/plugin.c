/*
 * A plug-in in Python: MicroPython, this shim on top of `pdks/c`, and a script that is put into the module.
 *
 * Every name in EXPORTS is a function of the plug-in that calls the script's function of that name with the input as `bytes`;
 * what it returns, `bytes` or `str`, is the output. The script finds the host in `tenon`. An exception fails the call: one with
 * two arguments says text and code itself, any other its traceback.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "py/compile.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/objint.h"
#include "py/objmodule.h"
#include "py/runtime.h"
#include "port/mphalport.h"

#include "exports.h"
#include "host.h"
#include "tenon.h"

static const char script[] = {
#embed "kitchen_sink.py"
};

/* Of the megabyte that the module is linked with. */
#define STACK_BYTES (768 * 1024)
#define FIRST_HEAP_BYTES (256 * 1024)

/* ---- what MicroPython asks of a platform ------------------------------------------------------------------------ */

size_t gc_get_max_new_split(void) { return SIZE_MAX / 4; }

void gc_collect(void) {
  gc_collect_start();
  gc_collect_end();
}

void nlr_jump_fail(void *value) {
  (void)value;
  __builtin_trap();
}

void mp_hal_stdout_tx_strn_cooked(const char *text, size_t size) { fwrite(text, 1, size, stdout); }

/* ---- bytes between Python and the host -------------------------------------------------------------------------- */

/* Of `bytes`, `str` or anything else that has a buffer. */
static tenon_bytes bytes_of(mp_obj_t object) {
  mp_buffer_info_t buffer;
  mp_get_buffer_raise(object, &buffer, MP_BUFFER_READ);
  return (tenon_bytes){buffer.buf, buffer.len};
}

static mp_obj_t new_bytes(tenon_bytes bytes) { return mp_obj_new_bytes(bytes.data, bytes.size); }

static mp_obj_t new_text(tenon_bytes bytes) { return mp_obj_new_str((const char *)bytes.data, bytes.size); }

/* The C kit takes names with a 0 behind them, which a `str` has. */
static const char *name_of(mp_obj_t object) {
  tenon_bytes bytes = bytes_of(object);
  char *name = m_new(char, bytes.size + 1);
  memcpy(name, bytes.data, bytes.size);
  name[bytes.size] = 0;
  return name;
}

/* ---- the module `tenon` ----------------------------------------------------------------------------------------- */

static mp_obj_t output(mp_obj_t bytes) {
  tenon_output(bytes_of(bytes));
  return mp_const_none;
}

static mp_obj_t config(mp_obj_t name) {
  tenon_bytes value;
  return tenon_config(name_of(name), &value) ? new_bytes(value) : mp_const_none;
}

static mp_obj_t get_var(mp_obj_t name) {
  tenon_bytes value;
  return tenon_var_get(name_of(name), &value) ? new_bytes(value) : mp_const_none;
}

static mp_obj_t set_var(mp_obj_t name, mp_obj_t value) {
  tenon_var_set(name_of(name), value == mp_const_none ? (tenon_bytes){NULL, 0} : bytes_of(value));
  return mp_const_none;
}

static mp_obj_t log_text(mp_obj_t level, mp_obj_t text) {
  tenon_log((tenon_level)mp_obj_get_int(level), bytes_of(text));
  return mp_const_none;
}

static mp_obj_t log_level(void) { return mp_obj_new_int(tenon_abi_get_log_level()); }

static mp_obj_t quote(mp_obj_t text) { return new_text(tenon_json_quote(bytes_of(text))); }

static mp_obj_t now(void) { return mp_obj_new_int_from_ll(time(NULL)); }

static mp_obj_t leave(mp_obj_t code) { exit(mp_obj_get_int(code)); }

/* The value of a JSON text; an exception where it is none. */
static mp_obj_t json_value(tenon_bytes json) {
  mp_cstack_check();
  tenon_bytes text;
  int64_t whole;
  double number;
  bool is_true;
  if (json.size > 0 && (json.data[0] == '{' || json.data[0] == '[')) {
    tenon_json_walk walk = tenon_json_each(json);
    bool is_list = json.data[0] == '[';
    mp_obj_t all = is_list ? mp_obj_new_list(0, NULL) : mp_obj_new_dict(0);
    while (tenon_json_next(&walk)) {
      if (is_list) mp_obj_list_append(all, json_value(walk.value));
      else if (tenon_json_string(walk.name, &text)) mp_obj_dict_store(all, new_text(text), json_value(walk.value));
      else mp_raise_ValueError(MP_ERROR_TEXT("no JSON: a name is none"));
    }
    return all;
  }
  if (tenon_json_string(json, &text)) return new_text(text);
  if (tenon_json_int(json, &whole)) return mp_obj_new_int_from_ll(whole);
  if (tenon_json_double(json, &number)) return mp_obj_new_float(number);
  if (tenon_json_bool(json, &is_true)) return mp_obj_new_bool(is_true);
  if (!tenon_equal(json, tenon_text("null"))) mp_raise_ValueError(MP_ERROR_TEXT("no JSON: a value is none"));
  return mp_const_none;
}

static mp_obj_t decode(mp_obj_t text) {
  tenon_bytes json = bytes_of(text);
  size_t start = tenon_json_space(json, 0), end = tenon_json_end(json, start);
  if (!end || tenon_json_space(json, end) != json.size) mp_raise_ValueError(MP_ERROR_TEXT("no JSON"));
  return json_value(tenon_slice(json, start, end));
}

/* status, headers, body = tenon.http(method, url, headers, body) */
static mp_obj_t http(size_t count, const mp_obj_t *given) {
  (void)count;
  mp_map_t *map = mp_obj_dict_get_map(given[2]);
  tenon_header *headers = m_new0(tenon_header, map->used + 1);
  size_t filled = 0;
  for (size_t i = 0; i < map->alloc; i++) {
    if (mp_map_slot_is_filled(map, i)) headers[filled++] = (tenon_header){name_of(map->table[i].key), name_of(map->table[i].value)};
  }
  tenon_http_response response = tenon_http(name_of(given[0]), name_of(given[1]), headers, bytes_of(given[3]));
  mp_obj_t shown = response.headers.size > 0 ? json_value(response.headers) : mp_obj_new_dict(0);
  return mp_obj_new_tuple(3, (mp_obj_t[]){mp_obj_new_int(response.status), shown, new_bytes(response.body)});
}

/* ---- the host's functions --------------------------------------------------------------------------------------- */

static mp_obj_t host_add_i32(mp_obj_t a, mp_obj_t b) { return mp_obj_new_int(add_i32(mp_obj_get_int_truncated(a), mp_obj_get_int_truncated(b))); }

/* A whole number of 64 bits: small ones lie in the handle itself, others are bytes. */
static int64_t long_of(mp_obj_t object) {
  int64_t number = 0;
  if (mp_obj_is_small_int(object)) return MP_OBJ_SMALL_INT_VALUE(object);
  if (!mp_obj_is_exact_type(object, &mp_type_int)) mp_raise_TypeError(MP_ERROR_TEXT("not a whole number"));
  mp_obj_int_to_bytes_impl(object, false, sizeof number, (byte *)&number);
  return number;
}

static mp_obj_t host_add_i64(mp_obj_t a, mp_obj_t b) { return mp_obj_new_int_from_ll(add_i64(long_of(a), long_of(b))); }

static mp_obj_t host_add_f32(mp_obj_t a, mp_obj_t b) { return mp_obj_new_float(add_f32((float)mp_obj_get_float(a), (float)mp_obj_get_float(b))); }

static mp_obj_t host_add_f64(mp_obj_t a, mp_obj_t b) { return mp_obj_new_float(add_f64(mp_obj_get_float(a), mp_obj_get_float(b))); }

static mp_obj_t host_to_upper(mp_obj_t text) { return new_bytes(tenon_receive(host_upper(tenon_share(bytes_of(text))))); }

static mp_obj_t host_mixed(size_t count, const mp_obj_t *given) {
  (void)count;
  tenon_handle text = tenon_share(bytes_of(given[4]));
  return new_bytes(tenon_receive(mixed(mp_obj_get_int_truncated(given[0]), long_of(given[1]), (float)mp_obj_get_float(given[2]), mp_obj_get_float(given[3]), text)));
}

static mp_obj_t host_sum_seven(size_t count, const mp_obj_t *given) {
  (void)count;
  int32_t n[7];
  for (int i = 0; i < 7; i++) n[i] = mp_obj_get_int_truncated(given[i]);
  return mp_obj_new_int(sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]));
}

static mp_obj_t host_note(mp_obj_t text) {
  note(tenon_share(bytes_of(text)));
  return mp_const_none;
}

static mp_obj_t host_refuse(void) {
  refuse();
  return mp_const_none;
}

static MP_DEFINE_CONST_FUN_OBJ_1(output_object, output);
static MP_DEFINE_CONST_FUN_OBJ_1(config_object, config);
static MP_DEFINE_CONST_FUN_OBJ_1(get_var_object, get_var);
static MP_DEFINE_CONST_FUN_OBJ_2(set_var_object, set_var);
static MP_DEFINE_CONST_FUN_OBJ_2(log_text_object, log_text);
static MP_DEFINE_CONST_FUN_OBJ_0(log_level_object, log_level);
static MP_DEFINE_CONST_FUN_OBJ_1(quote_object, quote);
static MP_DEFINE_CONST_FUN_OBJ_1(decode_object, decode);
static MP_DEFINE_CONST_FUN_OBJ_0(now_object, now);
static MP_DEFINE_CONST_FUN_OBJ_1(leave_object, leave);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(http_object, 4, 4, http);
static MP_DEFINE_CONST_FUN_OBJ_2(add_i32_object, host_add_i32);
static MP_DEFINE_CONST_FUN_OBJ_2(add_i64_object, host_add_i64);
static MP_DEFINE_CONST_FUN_OBJ_2(add_f32_object, host_add_f32);
static MP_DEFINE_CONST_FUN_OBJ_2(add_f64_object, host_add_f64);
static MP_DEFINE_CONST_FUN_OBJ_1(upper_object, host_to_upper);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(mixed_object, 5, 5, host_mixed);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(sum_seven_object, 7, 7, host_sum_seven);
static MP_DEFINE_CONST_FUN_OBJ_1(note_object, host_note);
static MP_DEFINE_CONST_FUN_OBJ_0(refuse_object, host_refuse);

static const struct {
  const char *name;
  mp_const_obj_t object;
} services[] = {
    {"output", &output_object}, {"config", &config_object}, {"get_var", &get_var_object}, {"set_var", &set_var_object},
    {"log", &log_text_object}, {"log_level", &log_level_object}, {"quote", &quote_object}, {"decode", &decode_object},
    {"time", &now_object}, {"exit", &leave_object}, {"http", &http_object}, {"add_i32", &add_i32_object}, {"add_i64", &add_i64_object},
    {"add_f32", &add_f32_object}, {"add_f64", &add_f64_object}, {"upper", &upper_object}, {"mixed", &mixed_object},
    {"sum_seven", &sum_seven_object}, {"note", &note_object}, {"refuse", &refuse_object},
};

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static bool is_started;

/* Fails the call with an exception. */
static int32_t fail_with(mp_obj_t exception) {
  mp_obj_t arguments = mp_load_attr(exception, MP_QSTR_args);
  size_t count;
  mp_obj_t *items;
  mp_obj_tuple_get(arguments, &count, &items);
  if (count == 2 && mp_obj_is_int(items[1])) {
    if (items[0] != mp_const_none) tenon_error_set(bytes_of(items[0]));
    return mp_obj_get_int_truncated(items[1]);
  }
  vstr_t text;
  mp_print_t print;
  vstr_init_print(&text, 128, &print);
  mp_obj_print_exception(&print, exception);
  tenon_error_set((tenon_bytes){(uint8_t *)text.buf, text.len});
  return 1;
}

static void start(void) {
  void *heap = malloc(FIRST_HEAP_BYTES);
  if (!heap) __builtin_trap();
  gc_init(heap, (uint8_t *)heap + FIRST_HEAP_BYTES);
  mp_init();
  MP_STATE_MEM(gc_auto_collect_enabled) = 0;
  is_started = true;
}

/* The script's functions; the first call reads it. */
static mp_obj_t function_of(const char *name) {
  qstr tenon = qstr_from_str("tenon");
  if (!mp_map_lookup(&mp_globals_get()->map, MP_OBJ_NEW_QSTR(tenon), MP_MAP_LOOKUP)) {
    mp_obj_t module = mp_obj_new_module(tenon);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) mp_store_attr(module, qstr_from_str(services[i].name), (mp_obj_t)services[i].object);
    mp_lexer_t *lexer = mp_lexer_new_from_str_len(qstr_from_str("script.py"), script, sizeof script, 0);
    mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
    mp_obj_t body = mp_compile(&tree, qstr_from_str("script.py"), false);
    mp_store_global(tenon, module);
    mp_call_function_0(body);
  }
  return mp_load_global(qstr_from_str(name));
}

static int32_t call(const char *name) {
  mp_cstack_init_with_sp_here(STACK_BYTES);
  if (!is_started) start();
  else gc_collect();
  nlr_buf_t jump;
  if (nlr_push(&jump) == 0) {
    mp_obj_t result = mp_call_function_1(function_of(name), new_bytes(tenon_input()));
    if (result != mp_const_none) tenon_output(bytes_of(result));
    nlr_pop();
    return 0;
  }
  mp_obj_t exception = MP_OBJ_FROM_PTR(jump.ret_val);
  /* What is thrown for want of memory, or by the exception itself, fails the call without a text. */
  if (nlr_push(&jump) != 0) return 1;
  int32_t code = fail_with(exception);
  nlr_pop();
  return code;
}

#define EXPORT(name) \
  TENON_EXPORT(name) { return call(#name); }
EXPORTS(EXPORT)
