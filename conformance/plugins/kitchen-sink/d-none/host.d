/**
 * What the host offers to a plug-in: the functions of `abi/abi.json`, and those of kitchen-sink.md, as declarations of D.
 *
 * LLVM's attributes say where an import is from and what it is called there.
 * See https://wiki.dlang.org/LDC-specific_language_changes#.40.28ldc.attributes.llvmAttr.29
 */
module host;

import ldc.attributes : llvmAttr;

private llvmAttr named(string name) {
    return llvmAttr("wasm-import-name", name);
}

extern (C) @nogc nothrow:

@llvmAttr("wasm-import-module", "extism:host/env") {
    @named("alloc") ulong alloc(ulong length);
    @named("free") void free(ulong handle);
    @named("length") ulong length(ulong handle);
    @named("length_unsafe") ulong length_unsafe(ulong handle);
    @named("load_u8") uint load_u8(ulong offset);
    @named("load_u64") ulong load_u64(ulong offset);
    @named("store_u8") void store_u8(ulong offset, uint value);
    @named("store_u64") void store_u64(ulong offset, ulong value);
    @named("input_length") ulong input_length();
    @named("input_offset") ulong input_offset();
    @named("input_load_u8") uint input_load_u8(ulong offset);
    @named("input_load_u64") ulong input_load_u64(ulong offset);
    @named("output_set") void output_set(ulong offset, ulong length);
    @named("error_set") void error_set(ulong handle);
    @named("error_get") ulong error_get();
    @named("config_get") ulong config_get(ulong key);
    @named("var_get") ulong var_get(ulong key);
    @named("var_set") void var_set(ulong key, ulong value);
    @named("http_request") ulong http_request(ulong request, ulong content);
    @named("http_status_code") int http_status_code();
    @named("http_headers") ulong http_headers();
    @named("log_trace") void log_trace(ulong text);
    @named("log_debug") void log_debug(ulong text);
    @named("log_info") void log_info(ulong text);
    @named("log_warn") void log_warn(ulong text);
    @named("log_error") void log_error(ulong text);
    @named("get_log_level") int get_log_level();
}

@llvmAttr("wasm-import-module", "extism:host/user") {
    @named("add_i32") int add_i32(int a, int b);
    @named("add_i64") long add_i64(long a, long b);
    @named("add_f32") float add_f32(float a, float b);
    @named("add_f64") double add_f64(double a, double b);
    @named("upper") ulong upper(ulong text);
    @named("mixed") ulong mixed(int a, long b, float c, double d, ulong text);
    @named("sum_seven") int sum_seven(int a, int b, int c, int d, int e, int f, int g);
    @named("note") void note(ulong text);
    @named("refuse") void refuse();
}
