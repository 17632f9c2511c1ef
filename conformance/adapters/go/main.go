// The official Go host of Extism as a process: see ../process.mjs for what it reads and writes.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

type request struct {
	Open *struct {
		Modules  []extism.WasmData
		Manifest extism.Manifest
	}
	Call  string
	Input []byte
}

type failure struct {
	Text       *string `json:"text,omitempty"`
	ReturnCode int32   `json:"returnCode"`
	Reason     string  `json:"reason"`
}

type answer struct {
	Output  []byte      `json:"output"`
	Failure *failure    `json:"failure,omitempty"`
	Notes   []string    `json:"notes,omitempty"`
	Logs    [][2]string `json:"logs,omitempty"`
}

var notes []string

func functions() []extism.HostFunction {
	i32, i64, f32, f64 := extism.ValueTypeI32, extism.ValueTypeI64, extism.ValueTypeF32, extism.ValueTypeF64
	bind := extism.NewHostFunctionWithStack
	return []extism.HostFunction{
		bind("upper", func(_ context.Context, p *extism.CurrentPlugin, stack []uint64) {
			text, _ := p.ReadBytes(stack[0])
			stack[0], _ = p.WriteBytes(bytes.ToUpper(text))
		}, []extism.ValueType{i64}, []extism.ValueType{i64}),
		bind("add_i32", func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) {
			stack[0] = api.EncodeI32(api.DecodeI32(stack[0]) + api.DecodeI32(stack[1]))
		}, []extism.ValueType{i32, i32}, []extism.ValueType{i32}),
		bind("add_f32", func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) {
			stack[0] = api.EncodeF32(api.DecodeF32(stack[0]) + api.DecodeF32(stack[1]))
		}, []extism.ValueType{f32, f32}, []extism.ValueType{f32}),
		bind("add_f64", func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) {
			stack[0] = api.EncodeF64(api.DecodeF64(stack[0]) + api.DecodeF64(stack[1]))
		}, []extism.ValueType{f64, f64}, []extism.ValueType{f64}),
		bind("add_i64", func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) { stack[0] += stack[1] }, []extism.ValueType{i64, i64}, []extism.ValueType{i64}),
		bind("sum_seven", func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) {
			for _, value := range stack[1:7] {
				stack[0] += value
			}
		}, []extism.ValueType{i32, i32, i32, i32, i32, i32, i32}, []extism.ValueType{i32}),
		bind("note", func(_ context.Context, p *extism.CurrentPlugin, stack []uint64) {
			text, _ := p.ReadString(stack[0])
			notes = append(notes, text)
		}, []extism.ValueType{i64}, nil),
		bind("refuse", func(context.Context, *extism.CurrentPlugin, []uint64) { panic("refused by the host") }, nil, nil),
	}
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	var plugin *extism.Plugin
	var logs [][2]string
	extism.SetLogLevel(extism.LogLevelTrace)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		result := answer{}
		if err := json.Unmarshal(line, &asked); err != nil {
			result.Failure = &failure{Reason: err.Error()}
		} else if asked.Open != nil {
			manifest := asked.Open.Manifest
			for _, module := range asked.Open.Modules {
				manifest.Wasm = append(manifest.Wasm, module)
			}
			config := extism.PluginConfig{EnableWasi: true, EnableHttpResponseHeaders: true, RuntimeConfig: wazero.NewRuntimeConfig()}
			if plugin, err = extism.NewPlugin(context.Background(), manifest, config, functions()); err != nil {
				result.Failure = &failure{Reason: err.Error()}
			} else {
				plugin.SetLogger(func(level extism.LogLevel, text string) {
					if !strings.HasPrefix(text, "Initializing runtime") && !strings.HasPrefix(text, "Calling function") { // the host's own
						logs = append(logs, [2]string{strings.ToLower(level.String()), text})
					}
				})
			}
		} else if asked.Call != "" {
			notes, logs = nil, nil
			code, output, err := plugin.Call(asked.Call, asked.Input)
			if result.Output = output; err != nil || code != 0 { // it hands out the code beside the error
				text := plugin.GetError()
				result.Failure = &failure{&text, int32(code), fmt.Sprint(err)}
			}
			result.Notes, result.Logs = notes, logs
		} else if plugin != nil {
			plugin.Close(context.Background())
			plugin = nil
		}
		text, _ := json.Marshal(result)
		fmt.Println(string(text))
	}
}
