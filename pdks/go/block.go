//go:build wasip1

package pdk

import (
	"encoding/binary"

	"tenon/pdk/abi"
)

// Share copies data into a new block, to hand it to the host: 0 for no data, or when the host's limit is reached.
func Share(data []byte) abi.Handle {
	handle := abi.Alloc(uint64(len(data)))
	if handle == 0 {
		return 0
	}
	at := handle
	for ; len(data) >= 32; data = data[32:] { // four calls a turn: the loop itself costs as much as one
		abi.StoreU64(at, binary.LittleEndian.Uint64(data))
		abi.StoreU64(at+8, binary.LittleEndian.Uint64(data[8:]))
		abi.StoreU64(at+16, binary.LittleEndian.Uint64(data[16:]))
		abi.StoreU64(at+24, binary.LittleEndian.Uint64(data[24:]))
		at += 32
	}
	for ; len(data) >= 8; data = data[8:] {
		abi.StoreU64(at, binary.LittleEndian.Uint64(data))
		at += 8
	}
	for i, b := range data {
		abi.StoreU8(at+uint64(i), uint32(b))
	}
	return handle
}

// Read copies a block of the host: no bytes for 0 and for what is no block. The block stays.
func Read(handle abi.Handle) []byte {
	if handle == 0 {
		return nil
	}
	data := make([]byte, abi.Length(handle))
	rest, at := data, handle
	for ; len(rest) >= 32; rest = rest[32:] {
		binary.LittleEndian.PutUint64(rest, abi.LoadU64(at))
		binary.LittleEndian.PutUint64(rest[8:], abi.LoadU64(at+8))
		binary.LittleEndian.PutUint64(rest[16:], abi.LoadU64(at+16))
		binary.LittleEndian.PutUint64(rest[24:], abi.LoadU64(at+24))
		at += 32
	}
	for ; len(rest) >= 8; rest = rest[8:] {
		binary.LittleEndian.PutUint64(rest, abi.LoadU64(at))
		at += 8
	}
	for i := range rest {
		rest[i] = byte(abi.LoadU8(at + uint64(i)))
	}
	return data
}

// Receive copies a block and frees it: for what a host function gave.
func Receive(handle abi.Handle) []byte {
	data := Read(handle)
	if handle != 0 {
		abi.Free(handle)
	}
	return data
}

// Input is a copy of the call's input. (As Read, but by the input's own imports: given as function values they would be slow.)
func Input() []byte {
	data := make([]byte, abi.InputLength())
	rest, at := data, uint64(0)
	for ; len(rest) >= 32; rest = rest[32:] {
		binary.LittleEndian.PutUint64(rest, abi.InputLoadU64(at))
		binary.LittleEndian.PutUint64(rest[8:], abi.InputLoadU64(at+8))
		binary.LittleEndian.PutUint64(rest[16:], abi.InputLoadU64(at+16))
		binary.LittleEndian.PutUint64(rest[24:], abi.InputLoadU64(at+24))
		at += 32
	}
	for ; len(rest) >= 8; rest = rest[8:] {
		binary.LittleEndian.PutUint64(rest, abi.InputLoadU64(at))
		at += 8
	}
	for i := range rest {
		rest[i] = byte(abi.InputLoadU8(at + uint64(i)))
	}
	return data
}
