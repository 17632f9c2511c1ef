## The kitchen sink (../../kitchen-sink.md) in Nim, by way of C.

import std/[json, strutils]
import tenon

{.push header: "host.h".}
proc addI32(a, b: int32): int32 {.importc: "add_i32".}
proc addI64(a, b: int64): int64 {.importc: "add_i64".}
proc addF32(a, b: float32): float32 {.importc: "add_f32".}
proc addF64(a, b: float64): float64 {.importc: "add_f64".}
proc hostUpper(text: Handle): Handle {.importc: "host_upper".}
proc mixed(a: int32, b: int64, c: float32, d: float64, text: Handle): Handle {.importc.}
proc sumSeven(a, b, c, d, e, f, g: int32): int32 {.importc: "sum_seven".}
proc note(text: Handle) {.importc: "note".}
proc refuse() {.importc.}
{.pop.}

proc fail(message: string, code: int32) = raise (ref CodedError)(msg: message, code: code)

# Input and output.

proc echoInput(input: string): string = input
proc upper(input: string): string = input.toUpperAscii
proc countVowels(input: string): string = $(%*{"count": input.count({'a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U'})})

proc beforeCheckout(input: string): string =
  type Cart = object
    is_new_customer: bool
    cart_total_in_cents: int
  let cart = parseJson(input).to(Cart)
  $(%*{"discount_percent": if cart.is_new_customer and cart.cart_total_in_cents >= 10000: 20 else: 0})

proc jsonInOut(input: string): string =
  type
    Nested = object
      `is`: bool
    Input = object
      name: string
      numbers: seq[int64]
      nested: Nested
  let value = parseJson(input).to(Input)
  var sum = 0'i64
  for number in value.numbers: sum += number
  $(%*{"greeting": "Hello, " & value.name, "sum": sum, "is": value.nested.`is`})

proc range(input: string): string =
  if input.len < 4: fail("", 1)
  setOutput(share(input) + 3, uint64(input.len - 4))

proc outputTwice(input: string): string =
  output(input)
  "second"

proc noOutput(input: string): string = ""
proc inputBlock(input: string): string = read(inputOffset())

# Failures.

proc failText(input: string): string = fail(input, 7)
proc failTextZero(input: string): string = fail(input, 0)
proc failCode(input: string): string = fail("", parseInt(input).int32)

proc failCleared(input: string): string =
  setError(input)
  clearError()
  "recovered"

proc errorPeek(input: string): string =
  setError(input)
  result = errorText()
  clearError()

proc trap(input: string): string = raise newException(Defect, "given up")

var turns {.volatile.}: int

proc loopForever(input: string): string =
  while true: turns = 1 - turns

proc recurse(depth: int): int =
  inc turns
  if turns == 0: depth else: recurse(depth + turns) + turns

proc recurseForever(input: string): string =
  turns = 0
  $recurse(0)

proc eatMemory(input: string): string =
  var kept: seq[string]
  while true: kept.add(newString(1 shl 20))

proc eatBlocks(input: string): string =
  var count = 0
  while alloc(1 shl 20) != 0: inc count
  $count

# Host services.

proc answer(isFound: bool, value: string): string = (if isFound: "=" & value else: "-")

proc configGet(input: string): string =
  var value: string
  answer(config(input, value), value)

proc varGet(input: string): string =
  var value: string
  answer(getVar(input, value), value)

proc varSet(input: string): string =
  let equals = input.find('=')
  setVar(input[0 ..< equals], input[equals + 1 .. ^1])

proc varDelete(input: string): string = removeVar(input)

proc varCount(input: string): string =
  var text: string
  result = $(if getVar("count", text): parseInt(text) + 1 else: 1)
  setVar("count", result)

var count = 0

proc staticCount(input: string): string =
  inc count
  $count

proc logTrace(input: string): string = log(trace, input)

proc logFour(input: string): string =
  for level in debug .. error: log(level, input)

proc askLogLevel(input: string): string = $logLevel()

proc sendHttp(input: string): string =
  let
    parts = input.split("\n\n", 1)
    lines = parts[0].splitLines
    words = lines[0].split(' ')
    headers = newJObject()
  for line in lines[1 .. ^1]:
    let pair = line.split(": ", 1)
    headers[pair[0]] = %pair[1]
  let response = http($(%*{"method": words[0], "url": words[1], "headers": headers}), parts[1])
  result = $response.status & "\n"
  let shown = if response.headers == "": nil else: parseJson(response.headers).getOrDefault("x-reply")
  if not shown.isNil: result.add("x-reply: " & shown.getStr & "\n")
  result.add("\n" & response.body)

# Host functions.

proc at[T](bytes: string, offset: int): T = copyMem(addr result, unsafeAddr bytes[offset], sizeof(T))

proc bytesOf[T](value: T): string =
  result = newString(sizeof(T))
  copyMem(addr result[0], unsafeAddr value, sizeof(T))

proc hostI32(input: string): string = bytesOf(addI32(at[int32](input, 0), at[int32](input, 4)))
proc hostI64(input: string): string = bytesOf(addI64(at[int64](input, 0), at[int64](input, 8)))
proc hostF32(input: string): string = bytesOf(addF32(at[float32](input, 0), at[float32](input, 4)))
proc hostF64(input: string): string = bytesOf(addF64(at[float64](input, 0), at[float64](input, 8)))
proc hostText(input: string): string = receive(hostUpper(share(input)))

proc hostMixed(input: string): string =
  receive(mixed(at[int32](input, 0), at[int64](input, 4), at[float32](input, 12), at[float64](input, 16), share(input[24 .. ^1])))

proc hostSeven(input: string): string =
  var n: array[7, int32]
  for i in 0 .. 6: n[i] = at[int32](input, 4 * i)
  bytesOf(sumSeven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]))

proc hostNote(input: string): string =
  note(share(input))
  "noted"

proc hostFail(input: string): string = refuse()

# WASI.

proc wasiStdout(input: string): string = echo input
proc time(at: pointer): int64 {.importc, header: "<time.h>".}
proc getentropy(buffer: pointer, size: csize_t): cint {.importc, header: "<unistd.h>".}
proc wasiClock(input: string): string = (if time(nil) > 1_577_836_800: "ok" else: "-")

proc wasiRandom(input: string): string =
  var draws: array[2, array[16, byte]]
  for draw in draws.mitems: discard getentropy(addr draw, csize_t(sizeof(draw)))
  if draws[0] == draws[1]: "-" else: "ok"

proc wasiExit(input: string): string = quit(parseInt(input))

plugin(echoInput, "echo")
plugin(upper, "upper")
plugin(countVowels, "count_vowels")
plugin(beforeCheckout, "before_checkout")
plugin(jsonInOut, "json")
plugin(range, "range")
plugin(outputTwice, "output_twice")
plugin(noOutput, "no_output")
plugin(inputBlock, "input_block")
plugin(failText, "fail_text")
plugin(failTextZero, "fail_text_zero")
plugin(failCode, "fail_code")
plugin(failCleared, "fail_cleared")
plugin(errorPeek, "error_peek")
plugin(trap, "trap")
plugin(loopForever, "loop_forever")
plugin(recurseForever, "recurse_forever")
plugin(eatMemory, "eat_memory")
plugin(eatBlocks, "eat_blocks")
plugin(configGet, "config_get")
plugin(varGet, "var_get")
plugin(varSet, "var_set")
plugin(varDelete, "var_delete")
plugin(varCount, "var_count")
plugin(staticCount, "static_count")
plugin(logTrace, "log_trace")
plugin(logFour, "log_four")
plugin(askLogLevel, "log_level")
plugin(sendHttp, "http")
plugin(hostI32, "host_i32")
plugin(hostI64, "host_i64")
plugin(hostF32, "host_f32")
plugin(hostF64, "host_f64")
plugin(hostText, "host_text")
plugin(hostMixed, "host_mixed")
plugin(hostSeven, "host_seven")
plugin(hostNote, "host_note")
plugin(hostFail, "host_fail")
plugin(wasiStdout, "wasi_stdout")
plugin(wasiClock, "wasi_clock")
plugin(wasiRandom, "wasi_random")
plugin(wasiExit, "wasi_exit")
