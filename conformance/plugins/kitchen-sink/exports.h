/* The functions of the kitchen sink that a script in an interpreted language has; what the C below it shows is left out. */
#pragma once

#define EXPORTS(X) \
  X(echo) X(upper) X(count_vowels) X(before_checkout) X(json) X(output_twice) X(no_output) X(fail_text) X(fail_text_zero) \
  X(fail_code) X(trap) X(loop_forever) X(recurse_forever) X(eat_memory) X(config_get) X(var_get) X(var_set) X(var_delete) \
  X(var_count) X(static_count) X(log_trace) X(log_four) X(log_level) X(http) X(host_i32) X(host_i64) X(host_f32) X(host_f64) \
  X(host_text) X(host_mixed) X(host_seven) X(host_note) X(host_fail) X(wasi_stdout) X(wasi_clock) X(wasi_exit)
