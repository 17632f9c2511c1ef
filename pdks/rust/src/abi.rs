//! The functions of the plug-in ABI as they are, for this crate and for who needs them number by number.
//!
//! They are safe to call with any number: the host checks every handle and offset. Off WebAssembly they panic, so that the rest
//! of a plug-in can be tested on any machine. Source: ../../../abi/abi.md

macro_rules! functions {
    ($($name:ident($($parameter:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        #[cfg(target_arch = "wasm32")]
        mod imports {
            #[link(wasm_import_module = "extism:host/env")]
            unsafe extern "C" {
                $(pub fn $name($($parameter: $type),*) $(-> $result)?;)*
            }
        }

        $(
            #[doc = concat!("`", stringify!($name), "` of the ABI.")]
            #[inline(always)]
            pub fn $name($($parameter: $type),*) $(-> $result)? {
                #[cfg(target_arch = "wasm32")]
                unsafe {
                    imports::$name($($parameter),*)
                }
                #[cfg(not(target_arch = "wasm32"))]
                panic!("Cannot call \"{}\" of the host with {:?}: this is no WebAssembly", stringify!($name), ($($parameter,)*))
            }
        )*
    };
}

functions! {
    alloc(length: u64) -> u64;
    free(handle: u64);
    length(handle: u64) -> u64;
    length_unsafe(handle: u64) -> u64;
    load_u8(offset: u64) -> u32;
    load_u64(offset: u64) -> u64;
    store_u8(offset: u64, value: u32);
    store_u64(offset: u64, value: u64);
    input_length() -> u64;
    input_offset() -> u64;
    input_load_u8(offset: u64) -> u32;
    input_load_u64(offset: u64) -> u64;
    output_set(offset: u64, length: u64);
    error_set(handle: u64);
    error_get() -> u64;
    config_get(key: u64) -> u64;
    var_get(key: u64) -> u64;
    var_set(key: u64, value: u64);
    http_request(request: u64, body: u64) -> u64;
    http_status_code() -> i32;
    http_headers() -> u64;
    log_trace(text: u64);
    log_debug(text: u64);
    log_info(text: u64);
    log_warn(text: u64);
    log_error(text: u64);
    get_log_level() -> i32;
}
