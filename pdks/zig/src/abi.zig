//! The functions of the plug-in ABI as they are, for the other files of this package and for who needs them number by number.
//!
//! They may be called with any number: the host checks every handle and offset. A handle is the number of a block of the host's
//! memory; 0 is none. Source: ../../../abi/abi.md

pub const Handle = u64;

pub extern "extism:host/env" fn alloc(length: u64) Handle;
pub extern "extism:host/env" fn free(handle: Handle) void;
pub extern "extism:host/env" fn length(handle: Handle) u64;
pub extern "extism:host/env" fn length_unsafe(handle: Handle) u64;
pub extern "extism:host/env" fn load_u8(offset: u64) u32;
pub extern "extism:host/env" fn load_u64(offset: u64) u64;
pub extern "extism:host/env" fn store_u8(offset: u64, value: u32) void;
pub extern "extism:host/env" fn store_u64(offset: u64, value: u64) void;
pub extern "extism:host/env" fn input_length() u64;
pub extern "extism:host/env" fn input_offset() Handle;
pub extern "extism:host/env" fn input_load_u8(offset: u64) u32;
pub extern "extism:host/env" fn input_load_u64(offset: u64) u64;
pub extern "extism:host/env" fn output_set(offset: u64, length: u64) void;
pub extern "extism:host/env" fn error_set(handle: Handle) void;
pub extern "extism:host/env" fn error_get() Handle;
pub extern "extism:host/env" fn config_get(key: Handle) Handle;
pub extern "extism:host/env" fn var_get(key: Handle) Handle;
pub extern "extism:host/env" fn var_set(key: Handle, value: Handle) void;
pub extern "extism:host/env" fn http_request(request: Handle, body: Handle) Handle;
pub extern "extism:host/env" fn http_status_code() i32;
pub extern "extism:host/env" fn http_headers() Handle;
pub extern "extism:host/env" fn log_trace(text: Handle) void;
pub extern "extism:host/env" fn log_debug(text: Handle) void;
pub extern "extism:host/env" fn log_info(text: Handle) void;
pub extern "extism:host/env" fn log_warn(text: Handle) void;
pub extern "extism:host/env" fn log_error(text: Handle) void;
pub extern "extism:host/env" fn get_log_level() i32;
