//go:build wasip1

// Package abi has the functions of the plug-in ABI as they are, for package pdk and for who needs them number by number.
//
// They may be called with any number: the host checks every handle and offset. Source: ../../../abi/abi.md
package abi

// Handle is the number of a block of the host's memory; 0 is none.
type Handle = uint64

// Alloc makes a block of so many bytes; 0 for length 0, or when the host's limit is reached.
//
//go:wasmimport extism:host/env alloc
func Alloc(length uint64) Handle

// Free frees a block.
//
//go:wasmimport extism:host/env free
func Free(handle Handle)

// Length is that of a block, 0 for what is none.
//
//go:wasmimport extism:host/env length
func Length(handle Handle) uint64

// LengthUnsafe is that of a block known to be one.
//
//go:wasmimport extism:host/env length_unsafe
func LengthUnsafe(handle Handle) uint64

// LoadU8 reads one byte.
//
//go:wasmimport extism:host/env load_u8
func LoadU8(offset uint64) uint32

// LoadU64 reads eight bytes, little-endian.
//
//go:wasmimport extism:host/env load_u64
func LoadU64(offset uint64) uint64

// StoreU8 writes one byte.
//
//go:wasmimport extism:host/env store_u8
func StoreU8(offset uint64, value uint32)

// StoreU64 writes eight bytes, little-endian.
//
//go:wasmimport extism:host/env store_u64
func StoreU64(offset, value uint64)

// InputLength is the length of the input.
//
//go:wasmimport extism:host/env input_length
func InputLength() uint64

// InputOffset is the block of the input.
//
//go:wasmimport extism:host/env input_offset
func InputOffset() Handle

// InputLoadU8 reads one byte of the input.
//
//go:wasmimport extism:host/env input_load_u8
func InputLoadU8(offset uint64) uint32

// InputLoadU64 reads eight bytes of the input, little-endian.
//
//go:wasmimport extism:host/env input_load_u64
func InputLoadU64(offset uint64) uint64

// OutputSet makes this range the output.
//
//go:wasmimport extism:host/env output_set
func OutputSet(offset, length uint64)

// ErrorSet makes this block the error; 0 clears it.
//
//go:wasmimport extism:host/env error_set
func ErrorSet(handle Handle)

// ErrorGet is the error's block, or 0.
//
//go:wasmimport extism:host/env error_get
func ErrorGet() Handle

// ConfigGet takes a key and gives its value, or 0.
//
//go:wasmimport extism:host/env config_get
func ConfigGet(key Handle) Handle

// VarGet takes a key and gives a copy of the variable, or 0.
//
//go:wasmimport extism:host/env var_get
func VarGet(key Handle) Handle

// VarSet takes a key and a value; 0 deletes.
//
//go:wasmimport extism:host/env var_set
func VarSet(key, value Handle)

// HTTPRequest takes a request and a body, or 0, and gives the body of the response.
//
//go:wasmimport extism:host/env http_request
func HTTPRequest(request, body Handle) Handle

// HTTPStatusCode is that of the last response.
//
//go:wasmimport extism:host/env http_status_code
func HTTPStatusCode() int32

// HTTPHeaders are those of the last response as JSON, or 0.
//
//go:wasmimport extism:host/env http_headers
func HTTPHeaders() Handle

// LogTrace takes a text.
//
//go:wasmimport extism:host/env log_trace
func LogTrace(text Handle)

// LogDebug takes a text.
//
//go:wasmimport extism:host/env log_debug
func LogDebug(text Handle)

// LogInfo takes a text.
//
//go:wasmimport extism:host/env log_info
func LogInfo(text Handle)

// LogWarn takes a text.
//
//go:wasmimport extism:host/env log_warn
func LogWarn(text Handle)

// LogError takes a text.
//
//go:wasmimport extism:host/env log_error
func LogError(text Handle)

// GetLogLevel is the lowest level that is kept.
//
//go:wasmimport extism:host/env get_log_level
func GetLogLevel() int32
