//go:build wasip1

package pdk

import (
	"unsafe"

	"tenon/pdk/abi"
)

// Share copies data into a new block, to hand it to the host: 0 for no data. It panics when the host has no room for more, as
// Go does when its own memory ends.
func Share(data []byte) abi.Handle {
	handle := abi.Alloc(uint64(len(data)))
	if handle != 0 {
		store(data, handle)
	} else if len(data) > 0 {
		panic("the host has no room for more")
	}
	return handle
}

// shareText is Share for text, from where it is: nothing keeps or changes the bytes.
func shareText(text string) abi.Handle {
	return Share(unsafe.Slice(unsafe.StringData(text), len(text)))
}

// Read copies a block of the host: no bytes for 0 and for what is no block. The block stays.
func Read(handle abi.Handle) []byte {
	if handle == 0 {
		return nil
	}
	data := make([]byte, abi.Length(handle))
	load(data, handle)
	return data
}

// textOf is bytes that nobody else has as text, without another copy.
func textOf(data []byte) string { return unsafe.String(unsafe.SliceData(data), len(data)) }

// Receive copies a block and frees it: for what a host function gave.
func Receive(handle abi.Handle) []byte {
	data := Read(handle)
	if handle != 0 {
		abi.Free(handle)
	}
	return data
}

// Input is a copy of the call's input.
func Input() []byte {
	data := make([]byte, abi.InputLength())
	loadInput(data)
	return data
}
