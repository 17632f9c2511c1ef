/* The functions of the runner, as `pdks/c` declares functions of the host; for the interpreters and for Nim. */
#pragma once
#include "tenon.h"

TENON_HOST("add_i32") int32_t add_i32(int32_t a, int32_t b);
TENON_HOST("add_i64") int64_t add_i64(int64_t a, int64_t b);
TENON_HOST("add_f32") float add_f32(float a, float b);
TENON_HOST("add_f64") double add_f64(double a, double b);
TENON_HOST("upper") tenon_handle host_upper(tenon_handle text);
TENON_HOST("mixed") tenon_handle mixed(int32_t a, int64_t b, float c, double d, tenon_handle text);
TENON_HOST("sum_seven") int32_t sum_seven(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g);
TENON_HOST("note") void note(tenon_handle text);
TENON_HOST("refuse") void refuse(void);
