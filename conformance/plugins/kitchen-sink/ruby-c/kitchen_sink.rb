# The kitchen sink (../../kitchen-sink.md) in Ruby. A method takes the input and gives the output; an exception fails the call.

module Tenon
  # Fails a call with this text and this code.
  class Failure
    def initialize(text, code)
      super(text.to_s)
      @text = text
      @code = code
    end
  end
end

# Input and output.

def echo(input)
  input
end

def upper(input)
  input.upcase
end

def count_vowels(input)
  count = 0
  input.each_byte { |byte| count += 1 if "aeiouAEIOU".include?(byte.chr) }
  %({"count":#{count}})
end

def before_checkout(input)
  cart = Tenon.decode(input)
  is_new, total = cart["is_new_customer"], cart["cart_total_in_cents"]
  raise ArgumentError, "Cannot discount the cart: it is none" unless total.is_a?(Integer) && (is_new == true || is_new == false)
  %({"discount_percent":#{is_new && total >= 10_000 ? 20 : 0}})
end

def json(input)
  value = Tenon.decode(input)
  name, numbers, flag = value["name"], value["numbers"], value["nested"]["is"]
  unless name.is_a?(String) && (flag == true || flag == false) && numbers.all? { |number| number.is_a?(Integer) }
    raise ArgumentError, "this is not the record"
  end
  sum = 0
  numbers.each { |number| sum += number }
  %({"greeting":#{Tenon.quote("Hello, " + name)},"sum":#{sum},"is":#{flag}})
end

def output_twice(input)
  Tenon.output(input)
  "second"
end

def no_output(input)
end

# Failures.

def fail_text(input)
  raise Tenon::Failure.new(input, 7)
end

def fail_text_zero(input)
  raise Tenon::Failure.new(input, 0)
end

def fail_code(input)
  raise Tenon::Failure.new(nil, input.to_i)
end

def trap(input)
  nil.nothing
end

def loop_forever(input)
  while true
  end
end

def recurse_forever(input)
  recurse_forever(input) + "!"
end

def eat_memory(input)
  kept = []
  kept << "x" * (1 << 20) while true
end

# Host services.

def answer(value)
  value.nil? ? "-" : "=" + value
end

def config_get(input)
  answer(Tenon.config(input))
end

def var_get(input)
  answer(Tenon.get_var(input))
end

def var_set(input)
  at = input.index("=")
  Tenon.set_var(input[0, at], input[at + 1, input.size])
end

def var_delete(input)
  Tenon.set_var(input, nil)
end

def var_count(input)
  count = ((Tenon.get_var("count") || "0").to_i + 1).to_s
  Tenon.set_var("count", count)
  count
end

$count = 0

def static_count(input)
  $count += 1
  $count.to_s
end

def log_trace(input)
  Tenon.log(0, input)
end

def log_four(input)
  (1..4).each { |level| Tenon.log(level, input) }
end

def log_level(input)
  Tenon.log_level.to_s
end

def http(input)
  at = input.index("\n\n")
  first, *lines = input[0, at].split("\n")
  method, url = first.split(" ")
  headers = {}
  lines.each do |line|
    colon = line.index(": ")
    headers[line[0, colon]] = line[colon + 2, line.size]
  end
  status, shown, reply = Tenon.http(method, url, headers, input[at + 2, input.size])
  line = shown["x-reply"] ? "x-reply: #{shown["x-reply"]}\n" : ""
  "#{status}\n#{line}\n" + reply
end

# Host functions.

def host_i32(input)
  [Tenon.add_i32(*input.unpack("l<l<"))].pack("l<")
end

def host_i64(input)
  [Tenon.add_i64(*input.unpack("q<q<"))].pack("q<")
end

def host_f32(input)
  [Tenon.add_f32(*input.unpack("ee"))].pack("e")
end

def host_f64(input)
  [Tenon.add_f64(*input.unpack("EE"))].pack("E")
end

def host_text(input)
  Tenon.upper(input)
end

def host_mixed(input)
  Tenon.mixed(*input.unpack("l<q<eE"), input[24, input.size])
end

def host_seven(input)
  [Tenon.sum_seven(*input.unpack("l<7"))].pack("l<")
end

def host_note(input)
  Tenon.note(input)
  "noted"
end

def host_fail(input)
  Tenon.refuse
end

# WASI.

def wasi_stdout(input)
  Tenon.puts(input)
end

def wasi_clock(input)
  Tenon.time > 1_577_836_800 ? "ok" : "-"
end

def wasi_exit(input)
  Tenon.exit(input.to_i)
end
