// The kitchen sink (../../kitchen-sink.md) in standard Go with pdks/go.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"tenon/pdk"
	"tenon/pdk/abi"
)

func main() {}

func output(data []byte) int32 {
	pdk.Output(data)
	return 0
}

// Input and output.

//go:wasmexport echo
func echo() int32 { return pdk.Bytes(func(input []byte) ([]byte, error) { return input, nil }) }

//go:wasmexport upper
func upper() int32 {
	return pdk.Bytes(func(input []byte) ([]byte, error) { return asciiUpper(input), nil })
}

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
	return pdk.Text(func(text string) (string, error) {
		count := 0
		for _, r := range text {
			if strings.ContainsRune("aeiouAEIOU", r) {
				count++
			}
		}
		return fmt.Sprintf(`{"count":%d}`, count), nil
	})
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
	return pdk.JSON(func(c cart) (discount, error) {
		if c.IsNewCustomer == nil || c.CartTotalInCents == nil {
			return discount{}, errors.New("not a cart")
		}
		if *c.IsNewCustomer && *c.CartTotalInCents >= 10000 {
			return discount{20}, nil
		}
		return discount{}, nil
	})
}

type question struct {
	Name    *string `json:"name"`
	Numbers []int64 `json:"numbers"`
	Nested  *struct {
		Is bool `json:"is"`
	} `json:"nested"`
}

type reply struct {
	Greeting string `json:"greeting"`
	Sum      int64  `json:"sum"`
	Is       bool   `json:"is"`
}

//go:wasmexport json
func jsonInOut() int32 {
	return pdk.JSON(func(q question) (reply, error) {
		if q.Name == nil || q.Nested == nil {
			return reply{}, errors.New("no name or nothing nested")
		}
		r := reply{Greeting: "Hello, " + *q.Name, Is: q.Nested.Is}
		for _, number := range q.Numbers {
			r.Sum += number
		}
		return r, nil
	})
}

//go:wasmexport range
func partOfBlock() int32 {
	data := pdk.Input()
	if len(data) < 4 {
		return 1
	}
	abi.OutputSet(pdk.Share(data)+3, uint64(len(data)-4))
	return 0
}

//go:wasmexport output_twice
func outputTwice() int32 {
	pdk.Output(pdk.Input())
	pdk.Output([]byte("second"))
	return 0
}

//go:wasmexport no_output
func noOutput() int32 { return 0 }

//go:wasmexport void_result
func voidResult() { pdk.Output(pdk.Input()) }

//go:wasmexport input_u8
func inputU8() int32 {
	data := make([]byte, abi.InputLength())
	for i := range data {
		data[i] = byte(abi.InputLoadU8(uint64(i)))
	}
	return output(data)
}

//go:wasmexport input_u64
func inputU64() int32 { return output(pdk.Input()) }

//go:wasmexport input_block
func inputBlock() int32 { return output(pdk.Read(abi.InputOffset())) }

//go:wasmexport input_past_end
func inputPastEnd() int32 {
	var sum uint64
	for _, at := range []uint64{abi.InputLength(), abi.InputLength() + 1000, 1 << 63} {
		sum += uint64(abi.InputLoadU8(at)) + abi.InputLoadU64(at)
	}
	return output([]byte(strconv.FormatUint(sum, 10)))
}

// Failures.

//go:wasmexport fail_text
func failText() int32 { return pdk.Fail(pdk.CodedError{Code: 7, Err: errors.New(string(pdk.Input()))}) }

//go:wasmexport fail_text_zero
func failTextZero() int32 {
	pdk.Fail(errors.New(string(pdk.Input())))
	return 0
}

//go:wasmexport fail_code
func failCode() int32 { return int32(inputNumber()) }

func inputNumber() int {
	n, err := strconv.Atoi(string(pdk.Input()))
	if err != nil {
		panic(err)
	}
	return n
}

//go:wasmexport fail_cleared
func failCleared() int32 {
	pdk.Fail(errors.New(string(pdk.Input())))
	abi.ErrorSet(0)
	return output([]byte("recovered"))
}

//go:wasmexport error_peek
func errorPeek() int32 {
	pdk.Fail(errors.New(string(pdk.Input())))
	text := pdk.Read(abi.ErrorGet())
	abi.ErrorSet(0)
	return output(text)
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

//go:wasmexport eat_blocks
func eatBlocks() int32 {
	count := 0
	for abi.Alloc(1<<20) != 0 {
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
	value, isThere := pdk.Config(string(pdk.Input()))
	return answer([]byte(value), isThere)
}

//go:wasmexport var_get
func varGet() int32 {
	value, isThere := pdk.Var(string(pdk.Input()))
	return answer(value, isThere)
}

//go:wasmexport var_set
func varSet() int32 {
	key, value, _ := bytes.Cut(pdk.Input(), []byte("="))
	pdk.SetVar(string(key), value)
	return 0
}

//go:wasmexport var_delete
func varDelete() int32 {
	pdk.RemoveVar(string(pdk.Input()))
	return 0
}

//go:wasmexport var_count
func varCount() int32 {
	old, _ := pdk.Var("count")
	count, _ := strconv.Atoi(string(old))
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

//go:wasmexport log_trace
func logTrace() int32 {
	pdk.Log(pdk.Trace, string(pdk.Input()))
	return 0
}

//go:wasmexport log_four
func logFour() int32 {
	text := string(pdk.Input())
	for level := pdk.Debug; level <= pdk.Error; level++ {
		pdk.Logf(level, "%s", text)
	}
	return 0
}

//go:wasmexport log_level
func logLevel() int32 { return output([]byte(strconv.Itoa(int(abi.GetLogLevel())))) }

//go:wasmexport alloc_many
func allocMany() int32 {
	count := inputNumber()
	handles := make([]uint64, 2*count)
	for i := range handles {
		if i == count {
			for j := 1; j < count; j += 2 {
				abi.Free(handles[j])
			}
		}
		handles[i] = abi.Alloc(16)
		abi.StoreU64(handles[i], uint64(i))
	}
	kept := 0
	for i, handle := range handles {
		if (i >= count || i%2 == 0) && abi.LoadU64(handle) == uint64(i) && abi.LengthUnsafe(handle) == 16 {
			kept++
		}
	}
	return output([]byte(strconv.Itoa(kept)))
}

//go:wasmexport wild_handles
func wildHandles() int32 {
	data := pdk.Input()
	handle := pdk.Share(data)
	var sum uint64
	for _, wild := range []uint64{1, handle + 1, 1 << 32, 1 << 40, 1 << 53, 1 << 63, math.MaxUint64 - 7, math.MaxUint64} {
		abi.Free(wild)
		sum += abi.Length(wild)
		if wild < 1<<32 {
			continue // These lie inside of the memory, where reading and writing are allowed.
		}
		abi.StoreU8(wild, 0xff)
		abi.StoreU64(wild, math.MaxUint64)
		sum += uint64(abi.LoadU8(wild)) + abi.LoadU64(wild)
	}
	if sum != 0 || !bytes.Equal(pdk.Read(handle), data) {
		return pdk.Fail(errors.New("not harmless"))
	}
	return output([]byte("harmless"))
}

//go:wasmexport http
func http() int32 {
	return pdk.Bytes(func(message []byte) ([]byte, error) {
		head, body, _ := bytes.Cut(message, []byte("\n\n"))
		lines := strings.Split(string(head), "\n")
		method, url, _ := strings.Cut(lines[0], " ")
		request := pdk.Request{Method: method, URL: url, Headers: map[string]string{}, Body: body}
		for _, line := range lines[1:] {
			if name, value, isHeader := strings.Cut(line, ": "); isHeader {
				request.Headers[name] = value
			}
		}
		response, err := request.Send()
		if err != nil {
			return nil, err
		}
		answer := fmt.Sprintf("%d\n", response.Status)
		if value, isThere := response.Headers["x-reply"]; isThere {
			answer += "x-reply: " + value + "\n"
		}
		return append([]byte(answer+"\n"), response.Body...), nil
	})
}

//go:wasmexport http_cookies
func httpCookies() int32 {
	return pdk.Text(func(url string) (string, error) {
		response, err := pdk.Request{URL: url}.Send()
		if cookies, isThere := response.Headers["set-cookie"]; isThere {
			return cookies, err
		}
		return "-", err
	})
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

//go:wasmexport host_text
func hostText() int32 { return output(pdk.Receive(hostUpper(pdk.Share(pdk.Input())))) }

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
	return output(pdk.Receive(mixed(n.A, n.B, n.C, n.D, pdk.Share(data[24:]))))
}

//go:wasmexport host_seven
func hostSeven() int32 {
	var n [7]int32
	read(&n, pdk.Input())
	return outputNumber(sumSeven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]))
}

//go:wasmexport host_note
func hostNote() int32 {
	note(pdk.Share(pdk.Input()))
	pdk.Output([]byte("noted"))
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
	fmt.Println(string(pdk.Input()))
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
