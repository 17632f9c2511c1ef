/* What of MicroPython goes into the plug-in. */
#include <stdlib.h>

#include "port/mpconfigport_common.h"

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_CORE_FEATURES)

#define MICROPY_ENABLE_COMPILER (1)
#define MICROPY_ENABLE_SOURCE_LINE (1)
#define MICROPY_ERROR_REPORTING (MICROPY_ERROR_REPORTING_NORMAL)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_PY_BUILTINS_STR_UNICODE (1)
#define MICROPY_PY_STRUCT (1)
#define MICROPY_PY_SYS (0)
#define MICROPY_PY_IO (0)
#define MICROPY_ENABLE_EXTERNAL_IMPORT (0)

/* Exceptions are `longjmp`. */
#define MICROPY_NLR_SETJMP (1)
#define MICROPY_STACK_CHECK (1)

/*
 * The collector looks for pointers in memory, and those of a running function may be in none: WebAssembly keeps locals out of
 * sight. So it runs between calls only, and a call that needs more gets more heap.
 */
#define MICROPY_ENABLE_GC (1)
#define MICROPY_PY_GC (0)
#define MICROPY_GC_SPLIT_HEAP (1)
#define MICROPY_GC_SPLIT_HEAP_AUTO (1)
#define MP_PLAT_ALLOC_HEAP(size) malloc(size)
#define MP_PLAT_FREE_HEAP(heap) free(heap)
