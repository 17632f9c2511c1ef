/*
 * A plug-in in Ruby: mruby, this shim on top of `pdks/c`, and a script that was compiled to bytecode when the module was built.
 *
 * Every name in EXPORTS is a function of the plug-in that calls the script's method of that name with the input as a string;
 * the string that it returns is the output. The script finds the host in the module `Tenon`. An exception fails the call: a
 * `Tenon::Failure` says text and code itself, any other its message and place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mruby.h"
#include "mruby/array.h"
#include "mruby/class.h"
#include "mruby/error.h"
#include "mruby/hash.h"
#include "mruby/irep.h"
#include "mruby/string.h"
#include "mruby/variable.h"

#include "exports.h"
#include "host.h"
#include "tenon.h"

extern const uint8_t kitchen_sink[];

/* ---- bytes between Ruby and the host ---------------------------------------------------------------------------- */

static tenon_bytes bytes_of(mrb_state *mrb, mrb_value value) {
  value = mrb_ensure_string_type(mrb, value);
  return (tenon_bytes){(uint8_t *)RSTRING_PTR(value), (size_t)RSTRING_LEN(value)};
}

static mrb_value new_string(mrb_state *mrb, tenon_bytes bytes) { return mrb_str_new(mrb, (const char *)bytes.data, (mrb_int)bytes.size); }

static tenon_bytes string_arg(mrb_state *mrb) {
  mrb_value value;
  mrb_get_args(mrb, "S", &value);
  return bytes_of(mrb, value);
}

static const char *name_arg(mrb_state *mrb) {
  const char *name;
  mrb_get_args(mrb, "z", &name);
  return name;
}

/* ---- the module `Tenon` ----------------------------------------------------------------------------------------- */

static mrb_value output(mrb_state *mrb, mrb_value self) {
  tenon_output(string_arg(mrb));
  return mrb_nil_value();
}

static mrb_value config(mrb_state *mrb, mrb_value self) {
  tenon_bytes value;
  return tenon_config(name_arg(mrb), &value) ? new_string(mrb, value) : mrb_nil_value();
}

static mrb_value get_var(mrb_state *mrb, mrb_value self) {
  tenon_bytes value;
  return tenon_var_get(name_arg(mrb), &value) ? new_string(mrb, value) : mrb_nil_value();
}

static mrb_value set_var(mrb_state *mrb, mrb_value self) {
  const char *name;
  mrb_value value;
  mrb_get_args(mrb, "zo", &name, &value);
  tenon_var_set(name, mrb_nil_p(value) ? (tenon_bytes){NULL, 0} : bytes_of(mrb, value));
  return mrb_nil_value();
}

static mrb_value log_text(mrb_state *mrb, mrb_value self) {
  mrb_int level;
  mrb_value text;
  mrb_get_args(mrb, "iS", &level, &text);
  tenon_log((tenon_level)level, bytes_of(mrb, text));
  return mrb_nil_value();
}

static mrb_value log_level(mrb_state *mrb, mrb_value self) { return mrb_int_value(mrb, tenon_abi_get_log_level()); }

static mrb_value quote(mrb_state *mrb, mrb_value self) { return new_string(mrb, tenon_json_quote(string_arg(mrb))); }

static mrb_value print_line(mrb_state *mrb, mrb_value self) {
  tenon_bytes text = string_arg(mrb);
  printf("%.*s\n", (int)text.size, (const char *)text.data);
  return mrb_nil_value();
}

static mrb_value now(mrb_state *mrb, mrb_value self) { return mrb_int_value(mrb, time(NULL)); }

static mrb_value leave(mrb_state *mrb, mrb_value self) {
  mrb_int code;
  mrb_get_args(mrb, "i", &code);
  exit((int)code);
}

/* The value of a JSON text; an exception where it is none. */
static mrb_value json_value(mrb_state *mrb, tenon_bytes json, int depth) {
  tenon_bytes text;
  int64_t whole;
  double number;
  bool is_true;
  if (depth > TENON_JSON_DEPTH) mrb_raise(mrb, E_ARGUMENT_ERROR, "JSON is nested too deeply");
  if (json.size > 0 && (json.data[0] == '{' || json.data[0] == '[')) {
    tenon_json_walk walk = tenon_json_each(json);
    bool is_list = json.data[0] == '[';
    mrb_value all = is_list ? mrb_ary_new(mrb) : mrb_hash_new(mrb);
    while (tenon_json_next(&walk)) {
      int arena = mrb_gc_arena_save(mrb);
      mrb_value value = json_value(mrb, walk.value, depth + 1);
      if (is_list) mrb_ary_push(mrb, all, value);
      else if (tenon_json_string(walk.name, &text)) mrb_hash_set(mrb, all, new_string(mrb, text), value);
      else mrb_raise(mrb, E_ARGUMENT_ERROR, "no JSON: a name is none");
      mrb_gc_arena_restore(mrb, arena);
    }
    return all;
  }
  if (tenon_json_string(json, &text)) return new_string(mrb, text);
  if (tenon_json_int(json, &whole)) return mrb_int_value(mrb, whole);
  if (tenon_json_double(json, &number)) return mrb_float_value(mrb, number);
  if (tenon_json_bool(json, &is_true)) return mrb_bool_value(is_true);
  if (!tenon_equal(json, tenon_text("null"))) mrb_raise(mrb, E_ARGUMENT_ERROR, "no JSON: a value is none");
  return mrb_nil_value();
}

static mrb_value decode(mrb_state *mrb, mrb_value self) {
  tenon_bytes json = string_arg(mrb);
  size_t start = tenon_json_space(json, 0), end = tenon_json_end(json, start);
  if (!end || tenon_json_space(json, end) != json.size) mrb_raise(mrb, E_ARGUMENT_ERROR, "no JSON");
  return json_value(mrb, tenon_slice(json, start, end), 0);
}

/* status, headers, body = Tenon.http(method, url, headers, body) */
static mrb_value http(mrb_state *mrb, mrb_value self) {
  const char *method, *url;
  mrb_value hash, body;
  mrb_get_args(mrb, "zzHS", &method, &url, &hash, &body);
  mrb_value names = mrb_hash_keys(mrb, hash);
  mrb_int count = RARRAY_LEN(names);
  tenon_header headers[33] = {{NULL, NULL}};
  if (count > 32) mrb_raise(mrb, E_ARGUMENT_ERROR, "more than 32 headers");
  for (mrb_int i = 0; i < count; i++) {
    mrb_value name = mrb_ary_ref(mrb, names, i), value = mrb_hash_get(mrb, hash, name);
    headers[i] = (tenon_header){mrb_string_cstr(mrb, name), mrb_string_cstr(mrb, value)};
  }
  tenon_http_response response = tenon_http(method, url, headers, bytes_of(mrb, body));
  mrb_value all[3] = {mrb_int_value(mrb, response.status), mrb_nil_value(), new_string(mrb, response.body)};
  all[1] = response.headers.size > 0 ? json_value(mrb, response.headers, 0) : mrb_hash_new(mrb);
  return mrb_ary_new_from_values(mrb, 3, all);
}

/* ---- the host's functions --------------------------------------------------------------------------------------- */

static mrb_value host_add_i32(mrb_state *mrb, mrb_value self) {
  mrb_int a, b;
  mrb_get_args(mrb, "ii", &a, &b);
  return mrb_int_value(mrb, add_i32((int32_t)a, (int32_t)b));
}

static mrb_value host_add_i64(mrb_state *mrb, mrb_value self) {
  mrb_int a, b;
  mrb_get_args(mrb, "ii", &a, &b);
  return mrb_int_value(mrb, add_i64(a, b));
}

static mrb_value host_add_f32(mrb_state *mrb, mrb_value self) {
  mrb_float a, b;
  mrb_get_args(mrb, "ff", &a, &b);
  return mrb_float_value(mrb, add_f32((float)a, (float)b));
}

static mrb_value host_add_f64(mrb_state *mrb, mrb_value self) {
  mrb_float a, b;
  mrb_get_args(mrb, "ff", &a, &b);
  return mrb_float_value(mrb, add_f64(a, b));
}

static mrb_value host_to_upper(mrb_state *mrb, mrb_value self) { return new_string(mrb, tenon_receive(host_upper(tenon_share(string_arg(mrb))))); }

static mrb_value host_mixed(mrb_state *mrb, mrb_value self) {
  mrb_int a, b;
  mrb_float c, d;
  mrb_value text;
  mrb_get_args(mrb, "iiffS", &a, &b, &c, &d, &text);
  return new_string(mrb, tenon_receive(mixed((int32_t)a, b, (float)c, d, tenon_share(bytes_of(mrb, text)))));
}

static mrb_value host_sum_seven(mrb_state *mrb, mrb_value self) {
  mrb_int n[7];
  mrb_get_args(mrb, "iiiiiii", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6]);
  return mrb_int_value(mrb, sum_seven((int32_t)n[0], (int32_t)n[1], (int32_t)n[2], (int32_t)n[3], (int32_t)n[4], (int32_t)n[5], (int32_t)n[6]));
}

static mrb_value host_note(mrb_state *mrb, mrb_value self) {
  note(tenon_share(string_arg(mrb)));
  return mrb_nil_value();
}

static mrb_value host_refuse(mrb_state *mrb, mrb_value self) {
  refuse();
  return mrb_nil_value();
}

static const struct {
  const char *name;
  mrb_func_t run;
  int arguments;
} services[] = {
    {"output", output, 1}, {"config", config, 1}, {"get_var", get_var, 1}, {"set_var", set_var, 2}, {"log", log_text, 2},
    {"log_level", log_level, 0}, {"quote", quote, 1}, {"decode", decode, 1}, {"http", http, 4}, {"puts", print_line, 1},
    {"time", now, 0}, {"exit", leave, 1}, {"add_i32", host_add_i32, 2}, {"add_i64", host_add_i64, 2}, {"add_f32", host_add_f32, 2},
    {"add_f64", host_add_f64, 2}, {"upper", host_to_upper, 1}, {"mixed", host_mixed, 5}, {"sum_seven", host_sum_seven, 7},
    {"note", host_note, 1}, {"refuse", host_refuse, 0},
};

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static mrb_state *mrb;
static struct RClass *failure;

/* Fails the call with an exception; gives its code. */
static mrb_value fail(mrb_state *mrb, void *thrown) {
  mrb_value exception = *(mrb_value *)thrown;
  if (failure && mrb_obj_is_kind_of(mrb, exception, failure)) {
    mrb_value text = mrb_iv_get(mrb, exception, mrb_intern_lit(mrb, "@text"));
    if (mrb_string_p(text)) tenon_error_set(bytes_of(mrb, text));
    return mrb_iv_get(mrb, exception, mrb_intern_lit(mrb, "@code"));
  }
  tenon_error_set(bytes_of(mrb, mrb_inspect(mrb, exception)));
  return mrb_int_value(mrb, 1);
}

static mrb_value start(mrb_state *mrb, void *unused) {
  struct RClass *tenon = mrb_define_module(mrb, "Tenon");
  failure = mrb_define_class_under(mrb, tenon, "Failure", mrb->eStandardError_class);
  for (size_t i = 0; i < sizeof services / sizeof *services; i++) mrb_define_module_function(mrb, tenon, services[i].name, services[i].run, MRB_ARGS_REQ(services[i].arguments));
  return mrb_load_irep(mrb, kitchen_sink);
}

static mrb_value run(mrb_state *mrb, void *name) {
  mrb_value result = mrb_funcall(mrb, mrb_top_self(mrb), name, 1, new_string(mrb, tenon_input()));
  if (mrb_string_p(result)) tenon_output(bytes_of(mrb, result));
  return result;
}

static int32_t call(const char *name) {
  mrb_bool has_failed = false;
  mrb_value result = mrb_nil_value();
  bool is_first = !mrb;
  if (is_first && !(mrb = mrb_open())) return tenon_fail("Cannot start Ruby: there is no memory");
  int arena = mrb_gc_arena_save(mrb);
  if (is_first) result = mrb_protect_error(mrb, start, NULL, &has_failed);
  if (!has_failed) result = mrb_protect_error(mrb, run, (void *)name, &has_failed);
  int32_t code = 0;
  if (has_failed) {
    mrb_value given = mrb_protect_error(mrb, fail, &result, &has_failed);
    code = !has_failed && mrb_integer_p(given) ? (int32_t)mrb_integer(given) : 1;
  }
  mrb_gc_arena_restore(mrb, arena);
  return code;
}

#define EXPORT(name) \
  TENON_EXPORT(name) { return call(#name); }
EXPORTS(EXPORT)
