package main

import (
	"bytes"
	"context"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero/api"
)

var notes []string

// What the cases call as host functions.
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
