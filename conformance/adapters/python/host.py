"""The official Python host of Extism, hence its Rust runtime, as a process: see ../process.mjs for what it reads and writes."""

import base64
import json
import re
import sys

import extism
from extism import ValType

notes = []
logs = []
LINE = re.compile(r"\S+ +(\w+) extism::pdk: (.*) plugin=\"[0-9a-f-]+\"\n", re.DOTALL)


def keep(line):
    """Of the lines of its log, those of the plug-in."""
    found = LINE.fullmatch(line)
    if found:
        logs.append([found[1].lower(), found[2]])


logger = extism.set_log_custom(keep, "trace")


@extism.host_fn(signature=([ValType.I64], [ValType.I64]))
def upper(plugin, params, results):
    plugin.return_bytes(results[0], plugin.input_bytes(params[0]).upper())


def bind_sum(name, kind, count, bits=None):
    """A function that adds its numbers: of so many bits and signed, or floats."""

    @extism.host_fn(name=name, signature=([kind] * count, [kind]))
    def add(plugin, params, results):
        total = sum(each.value for each in params)
        if bits:
            total = (total + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
        results[0].value = total


bind_sum("add_i64", ValType.I64, 2, bits=64)
bind_sum("add_i32", ValType.I32, 2, bits=32)
bind_sum("add_f32", ValType.F32, 2)
bind_sum("add_f64", ValType.F64, 2)
bind_sum("sum_seven", ValType.I32, 7, bits=32)


@extism.host_fn(signature=([ValType.I64], []))
def note(plugin, params, results):
    notes.append(plugin.input_string(params[0]))


@extism.host_fn(signature=([], []))
def refuse(plugin, params, results):
    raise RuntimeError("refused by the host")


def without_absent(value):
    return {key: each for key, each in value.items() if each is not None}


def answer(asked, state):
    if "open" in asked:
        manifest = without_absent(asked["open"]["manifest"])
        manifest["memory"] = without_absent(manifest["memory"])
        manifest["wasm"] = [without_absent(module) for module in asked["open"]["modules"]]
        state["plugin"] = extism.Plugin(json.dumps(manifest), wasi=True)
        return {}
    if "call" in asked:
        notes.clear()
        logger.drain()
        logs.clear()
        output = state["plugin"].call(asked["call"], base64.b64decode(asked["input"]))
        logger.drain()
        return {"output": base64.b64encode(output).decode(), "notes": notes, "logs": logs}
    state.pop("plugin", None)
    return {}


state = {}
for line in sys.stdin:
    try:
        result = answer(json.loads(line), state)
    except Exception as error:
        result = {"failure": {"text": str(error), "reason": str(error)}}
    print(json.dumps(result), flush=True)
