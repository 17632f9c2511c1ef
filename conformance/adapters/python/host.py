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


@extism.host_fn(signature=([ValType.I64, ValType.I64], [ValType.I64]))
def add_i64(plugin, params, results):
    total = (params[0].value + params[1].value) & (2**64 - 1)
    results[0].value = total - 2**64 if total >= 2**63 else total


@extism.host_fn(signature=([ValType.I32, ValType.I32], [ValType.I32]))
def add_i32(plugin, params, results):
    total = (params[0].value + params[1].value) & (2**32 - 1)
    results[0].value = total - 2**32 if total >= 2**31 else total


@extism.host_fn(signature=([ValType.F32, ValType.F32], [ValType.F32]))
def add_f32(plugin, params, results):
    results[0].value = params[0].value + params[1].value


@extism.host_fn(signature=([ValType.F64, ValType.F64], [ValType.F64]))
def add_f64(plugin, params, results):
    results[0].value = params[0].value + params[1].value


@extism.host_fn(signature=([ValType.I32] * 7, [ValType.I32]))
def sum_seven(plugin, params, results):
    results[0].value = sum(each.value for each in params)


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
