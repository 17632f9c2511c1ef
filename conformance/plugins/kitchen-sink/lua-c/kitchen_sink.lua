-- The kitchen sink (../../kitchen-sink.md) in Lua. A function takes the input and gives the output; `error` fails the call.
local tenon = tenon
local host = tenon.host

-- Input and output.

function echo(input) return input end

function upper(input) return (input:gsub("%l+", string.upper)) end

function count_vowels(input)
  local _, count = input:gsub("[aeiouAEIOU]", "")
  return ('{"count":%d}'):format(count)
end

function before_checkout(input)
  local cart = tenon.decode(input)
  if type(cart) ~= "table" or type(cart.is_new_customer) ~= "boolean" or math.type(cart.cart_total_in_cents) ~= "integer" then
    error("Cannot discount the cart: it is none", 0)
  end
  local percent = cart.is_new_customer and cart.cart_total_in_cents >= 10000 and 20 or 0
  return ('{"discount_percent":%d}'):format(percent)
end

function json(input)
  local value = tenon.decode(input)
  assert(type(value.name) == "string", "the name is no text")
  assert(type(value.nested.is) == "boolean", "nested.is is neither true nor false")
  local sum = 0
  for _, number in ipairs(value.numbers) do
    assert(math.type(number) == "integer", "a number is none")
    sum = sum + number
  end
  return ('{"greeting":%s,"sum":%d,"is":%s}'):format(tenon.quote("Hello, " .. value.name), sum, value.nested.is)
end

function output_twice(input)
  tenon.output(input)
  return "second"
end

function no_output() end

-- Failures.

function fail_text(input) error({ text = input, code = 7 }) end

function fail_text_zero(input) error({ text = input, code = 0 }) end

function fail_code(input) error({ code = math.tointeger(input) }) end

function trap() tenon.nothing.field = 1 end

function loop_forever() while true do end end

function recurse_forever() return 1 + recurse_forever() end

function eat_memory()
  local kept = {}
  while true do kept[#kept + 1] = ("x"):rep(1 << 20, #kept) end
end

-- Host services.

local function answer(value) return value and "=" .. value or "-" end

function config_get(input) return answer(tenon.config(input)) end

function var_get(input) return answer(tenon.get_var(input)) end

function var_set(input)
  local key, value = input:match("^(.-)=(.*)$")
  tenon.set_var(key, value)
end

function var_delete(input) tenon.set_var(input, nil) end

function var_count()
  local count = tostring(math.tointeger(tenon.get_var("count") or 0) + 1)
  tenon.set_var("count", count)
  return count
end

local count = 0

function static_count()
  count = count + 1
  return tostring(count)
end

function log_trace(input) tenon.log("trace", input) end

function log_four(input)
  for _, level in ipairs { "debug", "info", "warn", "error" } do tenon.log(level, input) end
end

function log_level() return tostring(tenon.log_level()) end

function http(input)
  local method, url, lines, body = input:match("^(%S+) (%S+)\n(.-)\n\n(.*)$")
  local headers = {}
  for name, value in lines:gmatch("([^\n]-): ([^\n]*)\n?") do headers[name] = value end
  local status, shown, reply = tenon.http(method, url, headers, body)
  local line = shown["x-reply"] and "x-reply: " .. shown["x-reply"] .. "\n" or ""
  return status .. "\n" .. line .. "\n" .. reply
end

-- Host functions.

local function add(format, function_)
  return function(input) return format:pack(function_((format .. format):unpack(input))) end
end

host_i32 = add("<i4", host.add_i32)
host_i64 = add("<i8", host.add_i64)
host_f32 = add("<f", host.add_f32)
host_f64 = add("<d", host.add_f64)

function host_text(input) return host.upper(input) end

function host_mixed(input)
  local a, b, c, d, at = ("<i4i8fd"):unpack(input)
  return host.mixed(a, b, c, d, input:sub(at))
end

function host_seven(input) return ("<i4"):pack(host.sum_seven(("<i4i4i4i4i4i4i4"):unpack(input))) end

function host_note(input)
  host.note(input)
  return "noted"
end

function host_fail() host.refuse() end

-- WASI.

function wasi_stdout(input) print(input) end

function wasi_clock() return os.time() > 1577836800 and "ok" or "-" end

function wasi_exit(input) os.exit(math.tointeger(input)) end
