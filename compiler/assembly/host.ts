/** The plug-in ABI's imports, as in abi/abi.json. */

@external("extism:host/env", "alloc") export declare function alloc(length: i64): i64;
@external("extism:host/env", "free") export declare function release(handle: i64): void;
@external("extism:host/env", "length") export declare function length(handle: i64): i64;
@external("extism:host/env", "load_u8") export declare function load_u8(offset: i64): u32;
@external("extism:host/env", "load_u64") export declare function load_u64(offset: i64): u64;
@external("extism:host/env", "store_u8") export declare function store_u8(offset: i64, value: u32): void;
@external("extism:host/env", "store_u64") export declare function store_u64(offset: i64, value: u64): void;
@external("extism:host/env", "input_length") export declare function input_length(): i64;
@external("extism:host/env", "input_load_u8") export declare function input_load_u8(offset: i64): u32;
@external("extism:host/env", "input_load_u64") export declare function input_load_u64(offset: i64): u64;
@external("extism:host/env", "output_set") export declare function output_set(offset: i64, length: i64): void;
@external("extism:host/env", "error_set") export declare function error_set(handle: i64): void;
@external("extism:host/env", "config_get") export declare function config_get(key: i64): i64;
@external("extism:host/env", "var_get") export declare function var_get(key: i64): i64;
@external("extism:host/env", "var_set") export declare function var_set(key: i64, value: i64): void;
@external("extism:host/env", "http_request") export declare function http_request(request: i64, body: i64): i64;
@external("extism:host/env", "http_status_code") export declare function http_status_code(): i32;
@external("extism:host/env", "http_headers") export declare function http_headers(): i64;
@external("extism:host/env", "log_trace") export declare function log_trace(text: i64): void;
@external("extism:host/env", "log_debug") export declare function log_debug(text: i64): void;
@external("extism:host/env", "log_info") export declare function log_info(text: i64): void;
@external("extism:host/env", "log_warn") export declare function log_warn(text: i64): void;
@external("extism:host/env", "log_error") export declare function log_error(text: i64): void;
@external("extism:host/env", "get_log_level") export declare function get_log_level(): i32;

@external("wasi_snapshot_preview1", "clock_time_get") export declare function clock_time_get(clock: i32, precision: i64, out: usize): i32;
@external("wasi_snapshot_preview1", "random_get") export declare function random_get(buffer: usize, length: usize): i32;

/** Calls the plug-in's own host function `index` with `slots` as arguments; the linker writes its body. */
@external("plugin", "host_call") export declare function host_call(index: i32, slots: usize): i64;
