// The official Go host of Extism as a process: see ../process.mjs for what it reads and writes.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
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
