//go:build wasip1

// The loops of copy.go, in assembly because the compiler's own keep the state of a loop in memory from call to call. Each turn
// puts the arguments of an import where its wrapper looks for them, 0(SP) and 8(SP), and calls it; a result comes after the
// last argument. None of these imports calls back into Go, so nothing moves meanwhile.
//
//	R0  address of the next word here      R1  words that are left      R2  the host's number of the next word
//
// Sources: https://go.dev/doc/asm, and cmd/internal/obj/wasm for `CALLNORESUME` and the wrappers.

#include "funcdata.h"
#include "textflag.h"

#define NEXT_WORD \
	Get R0; \
	I64Const $8; \
	I64Add; \
	Set R0; \
	Get R2; \
	I64Const $8; \
	I64Add; \
	Set R2; \
	Get R1; \
	I64Const $1; \
	I64Sub; \
	Tee R1; \
	I64Eqz; \
	I32Eqz; \
	BrIf $0; \
	End; \
	End; \
	RET

#define LOAD_WORDS(function) \
	NO_LOCAL_POINTERS; \
	MOVD to+0(FP), R0; \
	MOVD words+8(FP), R1; \
	MOVD from+16(FP), R2; \
	Get R1; \
	I64Eqz; \
	I32Eqz; \
	If; \
	Loop; \
	Get SP; \
	Get R2; \
	I64Store $0; \
	CALLNORESUME function; \
	Get R0; \
	I32WrapI64; \
	Get SP; \
	I64Load $8; \
	I64Store $0; \
	NEXT_WORD

// func loadWords(to *byte, words int, from uint64)
TEXT ·loadWords(SB), NOSPLIT, $16-24
	LOAD_WORDS(tenon∕pdk∕abi·LoadU64(SB))

// func loadInputWords(to *byte, words int, from uint64)
TEXT ·loadInputWords(SB), NOSPLIT, $16-24
	LOAD_WORDS(tenon∕pdk∕abi·InputLoadU64(SB))

// func storeWords(from *byte, words int, to uint64)
TEXT ·storeWords(SB), NOSPLIT, $16-24
	NO_LOCAL_POINTERS
	MOVD from+0(FP), R0
	MOVD words+8(FP), R1
	MOVD to+16(FP), R2
	Get R1
	I64Eqz
	I32Eqz
	If
	Loop
	Get SP
	Get R2
	I64Store $0
	Get SP
	Get R0
	I32WrapI64
	I64Load $0
	I64Store $8
	CALLNORESUME tenon∕pdk∕abi·StoreU64(SB)
	NEXT_WORD
