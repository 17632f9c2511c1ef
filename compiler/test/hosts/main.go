// Runs a plug-in in the official Go host: prints what each call returned, one JSON text a line.
//
// usage: go run . PLUGIN.wasm
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	extism "github.com/extism/go-sdk"
)

func main() {
	ctx := context.Background()
	level := extism.NewHostFunctionWithStack("level", func(_ context.Context, plugin *extism.CurrentPlugin, stack []uint64) {
		customer, err := plugin.ReadString(stack[0])
		if err != nil {
			panic(err)
		}
		stack[0] = uint64(len(customer))
	}, []extism.ValueType{extism.ValueTypePTR}, []extism.ValueType{extism.ValueTypeI64})
	level.SetNamespace("extism:host/user")
	manifest := extism.Manifest{Wasm: []extism.Wasm{extism.WasmFile{Path: os.Args[1]}}, Config: map[string]string{"currency": "EUR"}}
	plugin, err := extism.NewPlugin(ctx, manifest, extism.PluginConfig{EnableWasi: true}, []extism.HostFunction{level})
	if err != nil {
		panic(err)
	}
	defer plugin.Close(ctx)
	for _, call := range [][2]string{{"text", "héé"}, {"cart", `{"customer":"ann","items":[1,2,3]}`}, {"cart", `{"customer":"bob","items":[]}`}, {"later", ""}, {"time", ""}, {"fail", ""}, {"compute", `{"steps":15}`}} {
		_, output, err := plugin.Call(call[0], []byte(call[1]))
		line := map[string]string{"output": string(output)}
		if err != nil {
			line = map[string]string{"error": err.Error()}
		}
		encoded, _ := json.Marshal(line)
		fmt.Println(string(encoded))
	}
}
