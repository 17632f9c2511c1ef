# The kitchen sink (../../kitchen-sink.md) in Python. A function takes the input and gives the output; an exception fails the
# call. `tenon` is there from the start.
import struct


# Input and output.

def echo(input):
    return input


def upper(input):
    return bytes(byte - 32 if 97 <= byte <= 122 else byte for byte in input)


def count_vowels(input):
    return '{"count":%d}' % sum(1 for byte in input if byte in b"aeiouAEIOU")


def before_checkout(input):
    cart = tenon.decode(input)
    total = cart.get("cart_total_in_cents") if type(cart) is dict else None
    if type(total) is not int or type(cart.get("is_new_customer")) is not bool:
        raise ValueError("Cannot discount the cart: it is none")
    percent = 20 if cart["is_new_customer"] and total >= 10000 else 0
    return '{"discount_percent":%d}' % percent


def json(input):
    value = tenon.decode(input)
    numbers, flag = value["numbers"], value["nested"]["is"]
    if type(value["name"]) is not str or type(flag) is not bool or not all(type(number) is int for number in numbers):
        raise ValueError("this is not the record")
    is_text = "true" if flag else "false"
    return '{"greeting":%s,"sum":%d,"is":%s}' % (tenon.quote("Hello, " + value["name"]), sum(numbers), is_text)


def output_twice(input):
    tenon.output(input)
    return "second"


def no_output(input):
    pass


# Failures.

def fail_text(input):
    raise Exception(input, 7)


def fail_text_zero(input):
    raise Exception(input, 0)


def fail_code(input):
    raise Exception(None, int(input))


def trap(input):
    return None.nothing


def loop_forever(input):
    while True:
        pass


def recurse_forever(input):
    return 1 + recurse_forever(input)


def eat_memory(input):
    kept = []
    while True:
        kept.append(bytes(1 << 20))


# Host services.

def answer(value):
    return b"-" if value is None else b"=" + value


def config_get(input):
    return answer(tenon.config(input))


def var_get(input):
    return answer(tenon.get_var(input))


def var_set(input):
    at = input.find(b"=")
    tenon.set_var(input[:at], input[at + 1:])


def var_delete(input):
    tenon.set_var(input, None)


def var_count(input):
    count = str(int(tenon.get_var("count") or b"0") + 1)
    tenon.set_var("count", count)
    return count


count = 0


def static_count(input):
    global count
    count += 1
    return str(count)


def log_trace(input):
    tenon.log(0, input)


def log_four(input):
    for level in range(1, 5):
        tenon.log(level, input)


def log_level(input):
    return str(tenon.log_level())


def http(input):
    end = input.find(b"\n\n")
    lines = str(input[:end], "utf-8").split("\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    status, shown, reply = tenon.http(*lines[0].split(" "), headers, input[end + 2:])
    line = "x-reply: %s\n" % shown["x-reply"] if "x-reply" in shown else ""
    return b"%d\n%s\n%s" % (status, line, reply)


# Host functions.

def add(format, function):
    return lambda input: struct.pack(format, function(*struct.unpack(format + format[1], input)))


host_i32 = add("<i", tenon.add_i32)
host_i64 = add("<q", tenon.add_i64)
host_f32 = add("<f", tenon.add_f32)
host_f64 = add("<d", tenon.add_f64)


def host_text(input):
    return tenon.upper(input)


def host_mixed(input):
    return tenon.mixed(*struct.unpack("<iqfd", input), input[24:])


def host_seven(input):
    return struct.pack("<i", tenon.sum_seven(*struct.unpack("<7i", input)))


def host_note(input):
    tenon.note(input)
    return "noted"


def host_fail(input):
    tenon.refuse()


# WASI.

def wasi_stdout(input):
    print(str(input, "utf-8"))


def wasi_clock(input):
    return "ok" if tenon.time() > 1577836800 else "-"


def wasi_exit(input):
    tenon.exit(int(input))
