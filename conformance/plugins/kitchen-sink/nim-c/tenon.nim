## Plug-ins in Nim on top of `pdks/c`: Nim becomes C, so the kit for C is there with `importc`.
##
## A function of the plug-in takes the input and gives the output; an exception fails the call with its message.

type
  Bytes {.importc: "tenon_bytes", header: "tenon.h".} = object
    data: ptr UncheckedArray[byte]
    size: csize_t
  Handle* = uint64
  Level* {.size: sizeof(cint).} = enum trace, debug, info, warn, error
  Response* = object
    status*: int
    headers*: string ## JSON, or nothing when the host does not show them.
    body*: string
  CodedError* = object of CatchableError ## Fails the call with a return code of its own.
    code*: int32

{.push header: "tenon.h".}
proc arenaClear() {.importc: "tenon_arena_clear".}
proc inputBytes(): Bytes {.importc: "tenon_input".}
proc outputBytes(bytes: Bytes) {.importc: "tenon_output".}
proc errorSet(text: Bytes) {.importc: "tenon_error_set".}
proc errorGet(): Bytes {.importc: "tenon_error".}
proc clearError*() {.importc: "tenon_error_clear".}
proc shareBytes(bytes: Bytes): Handle {.importc: "tenon_share".}
proc readBytes(handle: Handle): Bytes {.importc: "tenon_read".}
proc free*(handle: Handle) {.importc: "tenon_abi_free".}
proc abiConfigGet(key: Handle): Handle {.importc: "tenon_abi_config_get".}
proc abiVarGet(key: Handle): Handle {.importc: "tenon_abi_var_get".}
proc abiVarSet(key, value: Handle) {.importc: "tenon_abi_var_set".}
proc logBytes(level: Level, text: Bytes) {.importc: "tenon_log".}
proc logLevel*(): int32 {.importc: "tenon_abi_get_log_level".}
proc abiHttp(request, body: Handle): Handle {.importc: "tenon_abi_http_request".}
proc abiHttpStatus(): int32 {.importc: "tenon_abi_http_status_code".}
proc abiHttpHeaders(): Handle {.importc: "tenon_abi_http_headers".}
proc setOutput*(offset, length: uint64) {.importc: "tenon_abi_output_set".}
proc inputOffset*(): Handle {.importc: "tenon_abi_input_offset".}
proc alloc*(length: uint64): Handle {.importc: "tenon_abi_alloc".}
{.pop.}

func view(text: string): Bytes =
  if text.len > 0: result = Bytes(data: cast[ptr UncheckedArray[byte]](unsafeAddr text[0]), size: csize_t(text.len))

func copy(bytes: Bytes): string =
  result = newString(bytes.size.int)
  if bytes.size > 0: copyMem(addr result[0], bytes.data, bytes.size)

proc input*(): string = copy(inputBytes())
proc output*(text: string) = outputBytes(view(text))
proc setError*(text: string) = errorSet(view(text))
proc errorText*(): string = copy(errorGet())
proc log*(level: Level, text: string) = logBytes(level, view(text))
proc share*(text: string): Handle = shareBytes(view(text))
proc read*(handle: Handle): string = copy(readBytes(handle))

proc receive*(handle: Handle): string =
  ## Reads a block and frees it: for what a host function gave.
  result = read(handle)
  if handle != 0: free(handle)

proc lookUp(handle: Handle, value: var string): bool =
  result = handle != 0
  if result: value = receive(handle)

proc config*(key: string, value: var string): bool = lookUp(abiConfigGet(share(key)), value)
proc getVar*(key: string, value: var string): bool = lookUp(abiVarGet(share(key)), value)
proc setVar*(key, value: string) = abiVarSet(share(key), share(value))
proc removeVar*(key: string) = abiVarSet(share(key), 0)

proc http*(request: string, body = ""): Response =
  ## Sends a request, JSON as the ABI has it.
  let handle = abiHttp(share(request), share(body))
  Response(status: abiHttpStatus(), headers: receive(abiHttpHeaders()), body: receive(handle))

# Nim's modules are started with the instance, by what WASI calls a reactor.
{.emit: "N_CDECL(void, NimMain)(void);\n__attribute__((constructor)) static void start(void) { NimMain(); }\n".}

proc run*(function: proc (input: string): string {.nimcall.}): int32 =
  ## Runs a function of the plug-in.
  try:
    arenaClear()
    let text = function(input())
    arenaClear()
    if text.len > 0: output(text)
  except CodedError as failure:
    if failure.msg.len > 0: setError(failure.msg)
    return failure.code
  except CatchableError as failure:
    setError(failure.msg)
    return 1
  except Defect as defect:
    # A mistake in the program itself: nothing after it can be trusted, so the instance ends here.
    log(error, defect.msg)
    {.emit: "__builtin_trap();".}

template plugin*(function: untyped, name: static string) =
  ## Exports a function of the plug-in: `plugin(echo, "echo")`.
  proc `plugin function`(): int32 {.exportc, codegenDecl: "__attribute__((export_name(\"" & name & "\"))) $# $#$#".} = run(function)
