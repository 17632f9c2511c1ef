// The kitchen sink (../../kitchen-sink.md) in standard Go with the module github.com/extism/go-pdk. Longer than 350 lines because it is one plug-in.
//
// The module's own forms where it has one, raw imports for what must be seen number by number. Left out: log_trace, which
// the module (1.1.3) binds to the host's log_error, and error_get, which it does not import.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	pdk "github.com/extism/go-pdk"
)

func main() {}

func output(data []byte) int32 {
	pdk.Output(data)
	return 0
}

// Input and output.

//go:wasmexport echo
func echo() int32 { return output(pdk.Input()) }

//go:wasmexport upper
func upper() int32 { return output(asciiUpper(pdk.Input())) }

func asciiUpper(text []byte) []byte {
	for i, b := range text {
		if b >= 'a' && b <= 'z' {
			text[i] = b - 32
		}
	}
	return text
}

//go:wasmexport count_vowels
func countVowels() int32 {
	count := 0
	for _, r := range pdk.InputString() {
		if strings.ContainsRune("aeiouAEIOU", r) {
			count++
		}
	}
	pdk.OutputJSON(struct {
		Count int `json:"count"`
	}{count})
	return 0
}

type cart struct {
	IsNewCustomer    *bool   `json:"is_new_customer"`
	CartTotalInCents *uint64 `json:"cart_total_in_cents"`
}

type discount struct {
	DiscountPercent int `json:"discount_percent"`
}

//go:wasmexport before_checkout
func beforeCheckout() int32 {
	var c cart
	if err := json.Unmarshal(pdk.Input(), &c); err != nil {
		pdk.SetError(err)
		return 1
	}
	if c.IsNewCustomer == nil || c.CartTotalInCents == nil {
		pdk.SetError(errors.New("not a cart"))
		return 1
	}
	var d discount
	if *c.IsNewCustomer && *c.CartTotalInCents >= 10000 {
		d.DiscountPercent = 20
	}
	pdk.OutputJSON(d)
	return 0
}

//go:wasmexport json
func jsonInOut() int32 {
	var question struct {
		Name    *string `json:"name"`
		Numbers []int64 `json:"numbers"`
		Nested  *struct {
			Is bool `json:"is"`
		} `json:"nested"`
	}
	if err := pdk.InputJSON(&question); err != nil {
		pdk.SetError(err)
		return 1
	}
	if question.Name == nil || question.Nested == nil {
		pdk.SetError(errors.New("no name or nothing nested"))
		return 1
	}
	var sum int64
	for _, number := range question.Numbers {
		sum += number
	}
	pdk.OutputJSON(struct {
		Greeting string `json:"greeting"`
		Sum      int64  `json:"sum"`
		Is       bool   `json:"is"`
	}{"Hello, " + *question.Name, sum, question.Nested.Is})
	return 0
}

//go:wasmexport range
func partOfBlock() int32 {
	data := pdk.Input()
	if len(data) < 4 {
		return 1
	}
	memory := pdk.AllocateBytes(data)
	pdk.OutputMemory(pdk.NewMemory(memory.Offset()+3, uint64(len(data)-4)))
	return 0
}

//go:wasmexport output_twice
func outputTwice() int32 {
	pdk.Output(pdk.Input())
	pdk.OutputString("second")
	return 0
}

//go:wasmexport no_output
func noOutput() int32 { return 0 }

//go:wasmexport void_result
func voidResult() { pdk.Output(pdk.Input()) }

//go:wasmimport extism:host/env input_length
func inputLength() uint64

//go:wasmimport extism:host/env input_load_u8
func inputLoadU8(offset uint64) uint32

//go:wasmimport extism:host/env input_load_u64
func inputLoadU64(offset uint64) uint64

//go:wasmexport input_u8
func inputU8() int32 {
	data := make([]byte, inputLength())
	for i := range data {
		data[i] = byte(inputLoadU8(uint64(i)))
	}
	return output(data)
}

//go:wasmexport input_u64
func inputU64() int32 { return output(pdk.Input()) }

//go:wasmexport input_past_end
func inputPastEnd() int32 {
	var sum uint64
	for _, at := range []uint64{inputLength(), inputLength() + 1000, 1 << 63} {
		sum += uint64(inputLoadU8(at)) + inputLoadU64(at)
	}
	return output([]byte(strconv.FormatUint(sum, 10)))
}

// Failures.

//go:wasmimport extism:host/env error_set
func errorSet(handle uint64)

//go:wasmexport fail_text
func failText() int32 {
	pdk.SetErrorString(pdk.InputString())
	return 7
}

//go:wasmexport fail_text_zero
func failTextZero() int32 {
	pdk.SetErrorString(pdk.InputString())
	return 0
}

//go:wasmexport fail_code
func failCode() int32 { return int32(inputNumber()) }

func inputNumber() int {
	n, err := strconv.Atoi(pdk.InputString())
	if err != nil {
		panic(err)
	}
	return n
}

//go:wasmexport fail_cleared
func failCleared() int32 {
	pdk.SetErrorString(pdk.InputString())
	errorSet(0)
	pdk.OutputString("recovered")
	return 0
}

//go:wasmexport trap
func trap() int32 { panic("given up") }

//go:wasmexport loop_forever
func loopForever() int32 {
	n := uint32(1)
	for n != 0 {
		n += 2
	}
	return int32(n)
}

func recurse(depth uint64) uint64 {
	if depth == math.MaxUint64 {
		return 0
	}
	return recurse(depth+1) + depth
}

//go:wasmexport recurse_forever
func recurseForever() int32 {
	// Go's stacks are in its heap; without this it would take a gigabyte before it gives up.
	debug.SetMaxStack(1 << 20)
	return int32(recurse(0))
}

//go:wasmexport eat_memory
func eatMemory() int32 {
	var eaten [][]byte
	for {
		eaten = append(eaten, bytes.Repeat([]byte{1}, 1<<20))
	}
}

//go:wasmimport extism:host/env alloc
func alloc(length uint64) uint64

//go:wasmexport eat_blocks
func eatBlocks() int32 {
	count := 0
	for alloc(1<<20) != 0 {
		count++
	}
	return output([]byte(strconv.Itoa(count)))
}

// Host services.

func answer(value []byte, isThere bool) int32 {
	if !isThere {
		return output([]byte("-"))
	}
	return output(append([]byte("="), value...))
}

//go:wasmexport config_get
func configGet() int32 {
	value, isThere := pdk.GetConfig(pdk.InputString())
	return answer([]byte(value), isThere)
}

//go:wasmexport var_get
func varGet() int32 {
	value := pdk.GetVar(pdk.InputString())
	return answer(value, value != nil)
}

//go:wasmexport var_set
func varSet() int32 {
	key, value, _ := bytes.Cut(pdk.Input(), []byte("="))
	pdk.SetVar(string(key), value)
	return 0
}

//go:wasmexport var_delete
func varDelete() int32 {
	pdk.RemoveVar(pdk.InputString())
	return 0
}

//go:wasmexport var_count
func varCount() int32 {
	count, _ := strconv.Atoi(string(pdk.GetVar("count")))
	text := strconv.Itoa(count + 1)
	pdk.SetVar("count", []byte(text))
	return output([]byte(text))
}

var calls int

//go:wasmexport static_count
func staticCount() int32 {
	calls++
	return output([]byte(strconv.Itoa(calls)))
}

//go:wasmexport log_four
func logFour() int32 {
	text := pdk.InputString()
	pdk.Log(pdk.LogDebug, text)
	pdk.Log(pdk.LogInfo, text)
	pdk.Log(pdk.LogWarn, text)
	pdk.Log(pdk.LogError, text)
	return 0
}

//go:wasmimport extism:host/env get_log_level
func getLogLevel() int32

//go:wasmexport log_level
func logLevel() int32 { return output([]byte(strconv.Itoa(int(getLogLevel())))) }

//go:wasmimport extism:host/env store_u64
func storeU64(offset, value uint64)

//go:wasmimport extism:host/env load_u64
func loadU64(offset uint64) uint64

//go:wasmimport extism:host/env free
func free(handle uint64)

//go:wasmexport alloc_many
func allocMany() int32 {
	count := inputNumber()
	handles := make([]uint64, 2*count)
	for i := range handles {
		if i == count {
			for j := 1; j < count; j += 2 {
				free(handles[j])
			}
		}
		handles[i] = alloc(16)
		storeU64(handles[i], uint64(i))
	}
	kept := 0
	for i, handle := range handles {
		if (i >= count || i%2 == 0) && loadU64(handle) == uint64(i) {
			kept++
		}
	}
	return output([]byte(strconv.Itoa(kept)))
}

//go:wasmexport http
func http() int32 {
	head, body, _ := bytes.Cut(pdk.Input(), []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	method, url, _ := strings.Cut(lines[0], " ")
	methods := map[string]pdk.HTTPMethod{
		"GET": pdk.MethodGet, "POST": pdk.MethodPost, "PUT": pdk.MethodPut, "DELETE": pdk.MethodDelete,
	}
	request := pdk.NewHTTPRequest(methods[method], url)
	for _, line := range lines[1:] {
		if name, value, isHeader := strings.Cut(line, ": "); isHeader {
			request.SetHeader(name, value)
		}
	}
	request.SetBody(body)
	response := request.Send()
	reply := fmt.Sprintf("%d\n", response.Status())
	if value, isThere := response.Headers()["x-reply"]; isThere {
		reply += "x-reply: " + value + "\n"
	}
	return output(append([]byte(reply+"\n"), response.Body()...))
}

// Host functions.

//go:wasmimport extism:host/user add_i32
func addI32(a, b int32) int32

//go:wasmimport extism:host/user add_i64
func addI64(a, b int64) int64

//go:wasmimport extism:host/user add_f32
func addF32(a, b float32) float32

//go:wasmimport extism:host/user add_f64
func addF64(a, b float64) float64

//go:wasmimport extism:host/user upper
func hostUpper(text uint64) uint64

//go:wasmimport extism:host/user mixed
func mixed(a int32, b int64, c float32, d float64, text uint64) uint64

//go:wasmimport extism:host/user sum_seven
func sumSeven(a, b, c, d, e, f, g int32) int32

//go:wasmimport extism:host/user note
func note(text uint64)

//go:wasmimport extism:host/user refuse
func refuse()

// read decodes the input into a value of fixed size.
func read(value any, data []byte) {
	if _, err := binary.Decode(data, binary.LittleEndian, value); err != nil {
		panic(err)
	}
}

func outputNumber(value any) int32 {
	data, err := binary.Append(nil, binary.LittleEndian, value)
	if err != nil {
		panic(err)
	}
	return output(data)
}

//go:wasmexport host_i32
func hostI32() int32 {
	var pair [2]int32
	read(&pair, pdk.Input())
	return outputNumber(addI32(pair[0], pair[1]))
}

//go:wasmexport host_i64
func hostI64() int32 {
	var pair [2]int64
	read(&pair, pdk.Input())
	return outputNumber(addI64(pair[0], pair[1]))
}

//go:wasmexport host_f32
func hostF32() int32 {
	var pair [2]float32
	read(&pair, pdk.Input())
	return outputNumber(addF32(pair[0], pair[1]))
}

//go:wasmexport host_f64
func hostF64() int32 {
	var pair [2]float64
	read(&pair, pdk.Input())
	return outputNumber(addF64(pair[0], pair[1]))
}

func outputBlock(handle uint64) int32 {
	pdk.OutputMemory(pdk.FindMemory(handle))
	return 0
}

//go:wasmexport host_text
func hostText() int32 {
	text := pdk.AllocateBytes(pdk.Input())
	return outputBlock(hostUpper(text.Offset()))
}

//go:wasmexport host_mixed
func hostMixed() int32 {
	data := pdk.Input()
	var n struct {
		A int32
		B int64
		C float32
		D float64
	}
	read(&n, data)
	text := pdk.AllocateBytes(data[24:])
	return outputBlock(mixed(n.A, n.B, n.C, n.D, text.Offset()))
}

//go:wasmexport host_seven
func hostSeven() int32 {
	var n [7]int32
	read(&n, pdk.Input())
	return outputNumber(sumSeven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]))
}

//go:wasmexport host_note
func hostNote() int32 {
	text := pdk.AllocateBytes(pdk.Input())
	note(text.Offset())
	pdk.OutputString("noted")
	return 0
}

//go:wasmexport host_fail
func hostFail() int32 {
	refuse()
	return 0
}

// WASI, by Go's standard library.

func outputOk(isOk bool) int32 {
	if isOk {
		return output([]byte("ok"))
	}
	return output([]byte("-"))
}

//go:wasmexport wasi_stdout
func wasiStdout() int32 {
	fmt.Println(pdk.InputString())
	return 0
}

//go:wasmexport wasi_clock
func wasiClock() int32 { return outputOk(time.Now().Year() >= 2020) }

//go:wasmexport wasi_random
func wasiRandom() int32 {
	var a, b [16]byte
	rand.Read(a[:])
	rand.Read(b[:])
	return outputOk(a != b)
}

//go:wasmexport wasi_exit
func wasiExit() int32 {
	os.Exit(inputNumber())
	return 0
}
