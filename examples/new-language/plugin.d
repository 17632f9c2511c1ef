/** A plug-in in D, which has no kit: docs/new-language.md builds it step by step. */
module plugin;

import ldc.attributes : llvmAttr;

// What the host offers, as far as it is used here. A handle is the number of a block of bytes that the host keeps.
extern (C) @nogc nothrow @llvmAttr("wasm-import-module", "extism:host/env") {
    @llvmAttr("wasm-import-name", "input_length") ulong inputLength();
    @llvmAttr("wasm-import-name", "input_load_u8") uint inputLoad(ulong offset);
    @llvmAttr("wasm-import-name", "alloc") ulong alloc(ulong length);
    @llvmAttr("wasm-import-name", "store_u8") void store(ulong offset, uint value);
    @llvmAttr("wasm-import-name", "output_set") void outputSet(ulong offset, ulong length);
    @llvmAttr("wasm-import-name", "error_set") void errorSet(ulong handle);
}

/// A function of the plug-in: no parameters, and 0 for success.
extern (C) @llvmAttr("wasm-export-name", "greet") int greet() @nogc nothrow {
    const size = inputLength();
    if (size == 0) {
        errorSet(share("Cannot greet: the input has no name"));
        return 1;
    }
    const ulong block = alloc(greeting.length + size);
    foreach (i, letter; greeting) store(block + i, letter);
    foreach (i; 0 .. size) store(block + greeting.length + i, inputLoad(i));
    outputSet(block, greeting.length + size);
    return 0;
}

private enum string greeting = "Hello, ";

/// Copies text into a new block.
private ulong share(string text) @nogc nothrow {
    const ulong block = alloc(text.length);
    foreach (i, letter; text) store(block + i, letter);
    return block;
}
