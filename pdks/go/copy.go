//go:build wasip1

package pdk

import (
	"unsafe"

	"tenon/pdk/abi"
)

// load fills bytes from a place in the host's memory on.
func load(to []byte, from abi.Handle) {
	words := len(to) / 8
	loadWords(unsafe.SliceData(to), words, from)
	for i := words * 8; i < len(to); i++ {
		to[i] = byte(abi.LoadU8(from + uint64(i)))
	}
}

// loadInput fills bytes from the beginning of the input.
func loadInput(to []byte) {
	words := len(to) / 8
	loadInputWords(unsafe.SliceData(to), words, 0)
	for i := words * 8; i < len(to); i++ {
		to[i] = byte(abi.InputLoadU8(uint64(i)))
	}
}

// store copies bytes to a place in the host's memory.
func store(from []byte, to abi.Handle) {
	words := len(from) / 8
	storeWords(unsafe.SliceData(from), words, to)
	for i := words * 8; i < len(from); i++ {
		abi.StoreU8(to+uint64(i), uint32(from[i]))
	}
}

// Words of eight bytes: as many from or to the address given as are said, which lie inside of a slice.

//go:noescape
func loadWords(to *byte, words int, from uint64)

//go:noescape
func loadInputWords(to *byte, words int, from uint64)

//go:noescape
func storeWords(from *byte, words int, to uint64)
