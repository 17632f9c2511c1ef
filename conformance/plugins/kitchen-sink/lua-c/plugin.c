/*
 * A plug-in in Lua: the interpreter, this shim on top of `pdks/c`, and a script that is put into the module.
 *
 * Every name in EXPORTS is a function of the plug-in that calls the script's function of that name. The script finds the host
 * in the table `tenon`. All of Lua is compiled as one file, which is the fastest way and lets the linker leave out most.
 */
#define LUA_CORE
#define LUA_LIB
/* WASI has no temporary files, and further down no processes. */
#define lua_tmpnam(buffer, failed) ((failed) = ((buffer)[0] = 0, 1))
#define LUA_TMPNAMBUFSIZE 1

#include "lprefix.h"
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include "lua.h"
#include "lapi.c"
#include "lcode.c"
#include "lctype.c"
#include "ldebug.c"
#include "ldo.c"
#include "ldump.c"
#include "lfunc.c"
#include "lgc.c"
#include "llex.c"
#include "lmem.c"
#include "lobject.c"
#include "lopcodes.c"
#include "lparser.c"
#include "lstate.c"
#include "lstring.c"
#include "ltable.c"
#include "ltm.c"
#include "lundump.c"
#include "lvm.c"
#include "lzio.c"
#include "lauxlib.c"
#include "lbaselib.c"
#include "lcorolib.c"
#include "lmathlib.c"
#include "loslib.c"
#include "lstrlib.c"
#include "ltablib.c"
#include "lutf8lib.c"

#include "exports.h"
#include "host.h"
#include "tenon.h"

int system(const char *command) { return command ? -1 : 0; }

static const char script[] = {
#embed "kitchen_sink.lua"
};

/* ---- bytes between Lua and the host ----------------------------------------------------------------------------- */

static tenon_bytes check_bytes(lua_State *L, int index) {
  size_t size;
  const char *data = luaL_checklstring(L, index, &size);
  return (tenon_bytes){(uint8_t *)data, size};
}

static tenon_bytes opt_bytes(lua_State *L, int index) {
  return lua_isnoneornil(L, index) ? (tenon_bytes){NULL, 0} : check_bytes(L, index);
}

static int push_bytes(lua_State *L, tenon_bytes bytes) {
  lua_pushlstring(L, (const char *)bytes.data, bytes.size);
  return 1;
}

/* ---- the table `tenon` ------------------------------------------------------------------------------------------ */

static int output(lua_State *L) {
  tenon_output(check_bytes(L, 1));
  return 0;
}

static int config(lua_State *L) {
  tenon_bytes value;
  return tenon_config(luaL_checkstring(L, 1), &value) ? push_bytes(L, value) : 0;
}

static int get_var(lua_State *L) {
  tenon_bytes value;
  return tenon_var_get(luaL_checkstring(L, 1), &value) ? push_bytes(L, value) : 0;
}

static int set_var(lua_State *L) {
  tenon_var_set(luaL_checkstring(L, 1), opt_bytes(L, 2));
  return 0;
}

static int log_text(lua_State *L) {
  static const char *const levels[] = {"trace", "debug", "info", "warn", "error", NULL};
  tenon_log((tenon_level)luaL_checkoption(L, 1, NULL, levels), check_bytes(L, 2));
  return 0;
}

static int log_level(lua_State *L) {
  lua_pushinteger(L, tenon_abi_get_log_level());
  return 1;
}

static int quote(lua_State *L) { return push_bytes(L, tenon_json_quote(check_bytes(L, 1))); }

/* Pushes a JSON value; raises an error where it is none. */
static void push_json(lua_State *L, tenon_bytes json) {
  luaL_checkstack(L, 4, "JSON is nested too deeply");
  tenon_bytes text;
  int64_t whole;
  double number;
  bool is_true;
  if (json.size > 0 && (json.data[0] == '{' || json.data[0] == '[')) {
    tenon_json_walk walk = tenon_json_each(json);
    lua_Integer index = 0;
    lua_newtable(L);
    while (tenon_json_next(&walk)) {
      if (walk.name.size == 0) lua_pushinteger(L, ++index);
      else if (tenon_json_string(walk.name, &text)) push_bytes(L, text);
      else luaL_error(L, "no JSON: a name is none");
      push_json(L, walk.value);
      lua_settable(L, -3);
    }
  } else if (tenon_json_string(json, &text)) push_bytes(L, text);
  else if (tenon_json_int(json, &whole)) lua_pushinteger(L, whole);
  else if (tenon_json_double(json, &number)) lua_pushnumber(L, number);
  else if (tenon_json_bool(json, &is_true)) lua_pushboolean(L, is_true);
  else if (tenon_equal(json, tenon_text("null"))) lua_pushnil(L);
  else luaL_error(L, "no JSON: a value is none");
}

static int decode(lua_State *L) {
  tenon_bytes json = check_bytes(L, 1);
  size_t start = tenon_json_space(json, 0), end = tenon_json_end(json, start);
  if (!end || tenon_json_space(json, end) != json.size) return luaL_error(L, "no JSON");
  push_json(L, tenon_slice(json, start, end));
  return 1;
}

/* status, headers, body = tenon.http(method, url, headers, body) */
static int http(lua_State *L) {
  tenon_header headers[33] = {{NULL, NULL}};
  int count = 0;
  for (lua_pushnil(L); lua_istable(L, 3) && lua_next(L, 3); lua_pop(L, 1)) {
    if (count == 32) return luaL_error(L, "more than 32 headers");
    headers[count++] = (tenon_header){luaL_checkstring(L, -2), luaL_checkstring(L, -1)};
  }
  tenon_http_response response = tenon_http(luaL_checkstring(L, 1), luaL_checkstring(L, 2), headers, opt_bytes(L, 4));
  lua_pushinteger(L, response.status);
  if (response.headers.size > 0) push_json(L, response.headers);
  else lua_newtable(L);
  return 2 + push_bytes(L, response.body);
}

static const luaL_Reg services[] = {
    {"output", output}, {"config", config}, {"get_var", get_var}, {"set_var", set_var}, {"log", log_text},
    {"log_level", log_level}, {"quote", quote}, {"decode", decode}, {"http", http}, {NULL, NULL}};

/* ---- the table `tenon.host` ------------------------------------------------------------------------------------- */

static int host_add_i32(lua_State *L) {
  lua_pushinteger(L, add_i32((int32_t)luaL_checkinteger(L, 1), (int32_t)luaL_checkinteger(L, 2)));
  return 1;
}

static int host_add_i64(lua_State *L) {
  lua_pushinteger(L, add_i64(luaL_checkinteger(L, 1), luaL_checkinteger(L, 2)));
  return 1;
}

static int host_add_f32(lua_State *L) {
  lua_pushnumber(L, add_f32((float)luaL_checknumber(L, 1), (float)luaL_checknumber(L, 2)));
  return 1;
}

static int host_add_f64(lua_State *L) {
  lua_pushnumber(L, add_f64(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));
  return 1;
}

static int host_to_upper(lua_State *L) { return push_bytes(L, tenon_receive(host_upper(tenon_share(check_bytes(L, 1))))); }

static int host_mixed(lua_State *L) {
  tenon_handle text = tenon_share(check_bytes(L, 5));
  return push_bytes(L, tenon_receive(mixed((int32_t)luaL_checkinteger(L, 1), luaL_checkinteger(L, 2), (float)luaL_checknumber(L, 3), luaL_checknumber(L, 4), text)));
}

static int host_sum_seven(lua_State *L) {
  int32_t n[7];
  for (int i = 0; i < 7; i++) n[i] = (int32_t)luaL_checkinteger(L, i + 1);
  lua_pushinteger(L, sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]));
  return 1;
}

static int host_note(lua_State *L) {
  note(tenon_share(check_bytes(L, 1)));
  return 0;
}

static int host_refuse(lua_State *L) {
  (void)L;
  refuse();
  return 0;
}

static const luaL_Reg host_functions[] = {
    {"add_i32", host_add_i32}, {"add_i64", host_add_i64}, {"add_f32", host_add_f32}, {"add_f64", host_add_f64},
    {"upper", host_to_upper}, {"mixed", host_mixed}, {"sum_seven", host_sum_seven}, {"note", host_note},
    {"refuse", host_refuse}, {NULL, NULL}};

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base}, {LUA_COLIBNAME, luaopen_coroutine}, {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
    {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8}, {LUA_OSLIBNAME, luaopen_os}, {NULL, NULL}};

static lua_State *L;

/* Fails the call with what is on top: a table { text, code }, or anything that has a text. */
static int32_t fail_with_top(void) {
  int32_t code = 1;
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "code");
    if (lua_isinteger(L, -1)) code = (int32_t)lua_tointeger(L, -1);
    lua_getfield(L, -2, "text");
    if (!lua_isstring(L, -1)) return code;
  }
  size_t size;
  const char *text = luaL_tolstring(L, -1, &size);
  tenon_error_set((tenon_bytes){(uint8_t *)text, size});
  return code;
}

/* Runs in protected mode, because making the state can already fail. */
static int start(lua_State *state) {
  for (const luaL_Reg *library = libraries; library->func; library++) {
    luaL_requiref(state, library->name, library->func, 1);
    lua_pop(state, 1);
  }
  luaL_newlib(state, services);
  luaL_newlib(state, host_functions);
  lua_setfield(state, -2, "host");
  lua_setglobal(state, "tenon");
  if (luaL_loadbuffer(state, script, sizeof script, "=script") != LUA_OK) return lua_error(state);
  lua_call(state, 0, 0);
  return 0;
}

static int32_t call(const char *name) {
  if (!L) {
    L = luaL_newstate();
    if (!L) return tenon_fail("Cannot start Lua: there is no memory");
    lua_pushcfunction(L, start);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) return fail_with_top();
  }
  lua_settop(L, 0);
  lua_getglobal(L, name);
  push_bytes(L, tenon_input());
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) return fail_with_top();
  if (!lua_isnil(L, -1)) tenon_output(check_bytes(L, -1));
  return 0;
}

#define EXPORT(name) \
  TENON_EXPORT(name) { return call(#name); }
EXPORTS(EXPORT)
