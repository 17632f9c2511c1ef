"""Runs a plug-in in the official Python host: prints what each call returned, one JSON text a line.

usage: python3 main.py PLUGIN.wasm
"""

import json
import sys

import extism


@extism.host_fn(name="level", namespace="extism:host/user", signature=([extism.ValType.I64], [extism.ValType.I64]))
def level(plugin, inputs, outputs, *_user_data):
    outputs[0].value = len(plugin.input_string(inputs[0]))


CALLS = [("text", "héé"), ("cart", '{"customer":"ann","items":[1,2,3]}'), ("cart", '{"customer":"bob","items":[]}'), ("later", ""), ("time", ""), ("fail", ""), ("compute", '{"steps":15}')]

with open(sys.argv[1], "rb") as file:
    manifest = {"wasm": [{"data": file.read()}], "config": {"currency": "EUR"}}
with extism.Plugin(manifest, wasi=True, functions=[level]) as plugin:
    for name, text in CALLS:
        try:
            line = {"output": bytes(plugin.call(name, text)).decode()}
        except extism.Error as error:
            line = {"error": str(error)}
        print(json.dumps(line))
