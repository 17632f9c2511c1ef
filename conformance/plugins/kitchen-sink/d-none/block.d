/**
 * Bytes in and out: blocks of the host as slices of D, in memory that each call takes from the start again.
 *
 * `-betterC` brings no runtime, so there is no garbage collector and no `~=`; what is taken lives until the next call.
 */
module block;

import host;
import ldc.attributes : llvmAttr;

@nogc nothrow:

pragma(LDC_intrinsic, "llvm.wasm.memory.grow.i32") int growMemory(int memory, int pages);
pragma(LDC_intrinsic, "llvm.wasm.memory.size.i32") int memoryPages(int memory);
pragma(LDC_intrinsic, "llvm.trap") noreturn trap();

/// Marks a function of the plug-in: `@exported("echo") int echo() { … }`.
llvmAttr exported(string name) {
    return llvmAttr("wasm-export-name", name);
}

private __gshared size_t start, at, end;

/// Forgets what earlier calls took. Every function of the plug-in begins with `input`, which does it.
void beginCall() {
    at = start;
}

/// Bytes that live until the next call; traps when there is no more memory.
ubyte[] take(size_t size) {
    enum page = 65_536;
    if (start == 0) start = at = end = memoryPages(0) * page;
    if (end - at < size) {
        const pages = (size - (end - at) + page - 1) / page;
        // What somebody else has grown meanwhile lies between: the new pages are a new start.
        const first = growMemory(0, cast(int) pages);
        if (first < 0) trap();
        if (cast(size_t) first * page != end) {
            start = at = cast(size_t) first * page;
            end = start + pages * page;
            return take(size);
        }
        end += pages * page;
    }
    auto bytes = (cast(ubyte*) at)[0 .. size];
    at = (at + size + 15) & ~cast(size_t) 15;
    if (at > end) at = end;
    return bytes;
}

/// Bytes as an array of another type; what is left over at the end is left out.
inout(T)[] as(T)(inout(ubyte)[] bytes) {
    return (cast(inout(T)*) bytes.ptr)[0 .. bytes.length / T.sizeof];
}

/// What the compiler calls where an index is out of bounds or an assertion fails.
extern (C) noreturn __assert(const(char)* message, const(char)* file, int line) {
    size_t size;
    while (message[size] != 0) size++;
    log_error(share(message[0 .. size]));
    trap();
}

/// This call's input.
ubyte[] input() {
    beginCall();
    return load!(input_load_u64, input_load_u8)(0, cast(size_t) input_length());
}

/// Makes bytes the output. Gives 0, so that a function can end with it.
int output(scope const(void)[] bytes) {
    output_set(share(bytes), bytes.length);
    return 0;
}

/// Fails the call with a text.
int fail(scope const(void)[] text, int code = 1) {
    error_set(share(text));
    return code;
}

/// Copies bytes into a new block of the host.
ulong share(scope const(void)[] value) {
    auto bytes = cast(const(ubyte)[]) value;
    const handle = alloc(bytes.length);
    size_t i;
    for (; i + 8 <= bytes.length; i += 8) store_u64(handle + i, *cast(const(ulong)*)&bytes[i]);
    for (; i < bytes.length; i++) store_u8(handle + i, bytes[i]);
    return handle;
}

/// Copies a block of the host; `null` for 0.
ubyte[] read(ulong handle) {
    return handle == 0 ? null : load!(load_u64, load_u8)(handle, cast(size_t) length(handle));
}

/// The same, and frees the block.
ubyte[] receive(ulong handle) {
    scope (exit) free(handle);
    return read(handle);
}

private ubyte[] load(alias words, alias single)(ulong from, size_t size) {
    auto bytes = take(size);
    size_t i;
    for (; i + 8 <= size; i += 8) *cast(ulong*)&bytes[i] = words(from + i);
    for (; i < size; i++) bytes[i] = cast(ubyte) single(from + i);
    return bytes;
}
