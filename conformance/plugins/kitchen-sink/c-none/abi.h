/*
 * The functions of `abi/abi.json` as C declarations, and nothing on top of them.
 *
 * The kitchen sink in plain C is the plug-in that no PDK stands behind: what it does, the ABI does. (For writing plug-ins
 * in C there is `pdks/c`.)
 */
#pragma once

typedef unsigned char u8;
typedef int i32;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;

#define FROM(module, name) __attribute__((import_module(module), import_name(name)))
#define ENV(name) FROM("extism:host/env", #name)
#define USER(name) FROM("extism:host/user", #name)
#define EXPORT(name) __attribute__((export_name(#name))) i32 name(void)

ENV(alloc) u64 alloc(u64 length);
ENV(free) void block_free(u64 handle);
ENV(length) u64 length(u64 handle);
ENV(length_unsafe) u64 length_unsafe(u64 handle);
ENV(load_u8) u32 load_u8(u64 offset);
ENV(load_u64) u64 load_u64(u64 offset);
ENV(store_u8) void store_u8(u64 offset, u32 value);
ENV(store_u64) void store_u64(u64 offset, u64 value);
ENV(input_length) u64 input_length(void);
ENV(input_offset) u64 input_offset(void);
ENV(input_load_u8) u32 input_load_u8(u64 offset);
ENV(input_load_u64) u64 input_load_u64(u64 offset);
ENV(output_set) void output_set(u64 offset, u64 length);
ENV(error_set) void error_set(u64 handle);
ENV(error_get) u64 error_get(void);
ENV(config_get) u64 abi_config_get(u64 key);
ENV(var_get) u64 abi_var_get(u64 key);
ENV(var_set) void abi_var_set(u64 key, u64 value);
ENV(http_request) u64 http_request(u64 request, u64 body);
ENV(http_status_code) i32 http_status_code(void);
ENV(http_headers) u64 http_headers(void);
ENV(log_trace) void abi_log_trace(u64 text);
ENV(log_debug) void log_debug(u64 text);
ENV(log_info) void log_info(u64 text);
ENV(log_warn) void log_warn(u64 text);
ENV(log_error) void log_error(u64 text);
ENV(get_log_level) i32 get_log_level(void);

USER(add_i32) i32 add_i32(i32 a, i32 b);
USER(add_i64) i64 add_i64(i64 a, i64 b);
USER(add_f32) float add_f32(float a, float b);
USER(add_f64) double add_f64(double a, double b);
USER(upper) u64 host_upper(u64 text);
USER(mixed) u64 mixed(i32 a, i64 b, float c, double d, u64 text);
USER(sum_seven) i32 sum_seven(i32 a, i32 b, i32 c, i32 d, i32 e, i32 f, i32 g);
USER(note) void note(u64 text);
USER(refuse) void refuse(void);
