//go:build wasip1

// Package pdk is Tenon's plug-in kit for Go: functions that a WebAssembly plug-in host can call, and what the host offers
// them.
//
//	//go:wasmexport greet
//	func greet() int32 {
//		return pdk.Text(func(name string) (string, error) { return "Hello, " + name, nil })
//	}
//
// The plug-in runs in Tenon and in every Extism host; see README.md for how to build one. Go's own panics end the plug-in: the
// call fails, its text goes to standard error.
package pdk

import (
	"encoding/json"
	"errors"

	"tenon/pdk/abi"
)

// Bytes runs a plug-in function from bytes to bytes. What it returns is for the host: return it.
func Bytes(function func([]byte) ([]byte, error)) int32 {
	output, err := function(Input())
	if err != nil {
		return Fail(err)
	}
	Output(output)
	return 0
}

// Text runs a plug-in function from text to text.
func Text(function func(string) (string, error)) int32 {
	output, err := function(textOf(Input()))
	if err != nil {
		return Fail(err)
	}
	abi.OutputSet(shareText(output), uint64(len(output)))
	return 0
}

// JSON runs a plug-in function from record to record, by encoding/json. Fields that are missing have their zero value.
func JSON[In, Out any](function func(In) (Out, error)) int32 {
	var in In
	if err := json.Unmarshal(Input(), &in); err != nil {
		return Fail(err)
	}
	out, err := function(in)
	if err != nil {
		return Fail(err)
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		return Fail(err)
	}
	Output(encoded)
	return 0
}

// Output makes this the output of the call; a later output replaces it.
func Output(data []byte) { abi.OutputSet(Share(data), uint64(len(data))) }

// Fail makes this the error of the call, which fails by it whatever it returns, and gives the return code: that of a
// [CodedError] in the chain, else 1. An error without a text gets a space, because the host knows an error by its block.
func Fail(err error) int32 {
	text := err.Error()
	if text == "" {
		text = " "
	}
	abi.ErrorSet(shareText(text))
	var coded CodedError
	if errors.As(err, &coded) && coded.Code != 0 {
		return coded.Code
	}
	return 1
}

// CodedError is an error with a return code for the host.
type CodedError struct {
	// Code is the return code; 0, which would say success, stands for 1.
	Code int32
	// Err is what went wrong.
	Err error
}

// Error is the text of the error inside.
func (e CodedError) Error() string { return e.Err.Error() }

// Unwrap is the error inside.
func (e CodedError) Unwrap() error { return e.Err }
