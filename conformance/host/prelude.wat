;; What the plug-ins of the cases may use without saying so: an item is included if its $name is used. See format.md.

(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
(import "extism:host/env" "free" (func $free (param i64)))
(import "extism:host/env" "length" (func $length (param i64) (result i64)))
(import "extism:host/env" "length_unsafe" (func $length_unsafe (param i64) (result i64)))
(import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
(import "extism:host/env" "load_u64" (func $load_u64 (param i64) (result i64)))
(import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
(import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
(import "extism:host/env" "input_length" (func $input_length (result i64)))
(import "extism:host/env" "input_offset" (func $input_offset (result i64)))
(import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
(import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
(import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
(import "extism:host/env" "error_set" (func $error_set (param i64)))
(import "extism:host/env" "error_get" (func $error_get (result i64)))
(import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
(import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
(import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
(import "extism:host/env" "http_request" (func $http_request (param i64 i64) (result i64)))
(import "extism:host/env" "http_status_code" (func $http_status_code (result i32)))
(import "extism:host/env" "http_headers" (func $http_headers (result i64)))
(import "extism:host/env" "log_trace" (func $log_trace (param i64)))
(import "extism:host/env" "log_debug" (func $log_debug (param i64)))
(import "extism:host/env" "log_info" (func $log_info (param i64)))
(import "extism:host/env" "log_warn" (func $log_warn (param i64)))
(import "extism:host/env" "log_error" (func $log_error (param i64)))
(import "extism:host/env" "get_log_level" (func $get_log_level (result i32)))
(import "extism:host/user" "upper" (func $upper (param i64) (result i64)))
(import "extism:host/user" "add_i32" (func $add_i32 (param i32 i32) (result i32)))
(import "extism:host/user" "add_f32" (func $add_f32 (param f32 f32) (result f32)))
(import "extism:host/user" "add_f64" (func $add_f64 (param f64 f64) (result f64)))
(import "extism:host/user" "add_i64" (func $add_i64 (param i64 i64) (result i64)))
(import "extism:host/user" "sum_seven" (func $sum_seven (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "extism:host/user" "note" (func $note (param i64)))
(import "extism:host/user" "refuse" (func $refuse))

;; Makes a number the output: eight bytes, little-endian.
(func $out_i64 (param $value i64) (local $h i64)
  (local.set $h (call $alloc (i64.const 8)))
  (call $store_u64 (local.get $h) (local.get $value))
  (call $output_set (local.get $h) (i64.const 8)))

;; Makes a block the output; 0 sets none.
(func $output_raw (param $h i64)
  (if (i64.ne (local.get $h) (i64.const 0)) (then (call $output_set (local.get $h) (call $length (local.get $h))))))

;; Makes the answer of a lookup the output: "=" and the block's bytes, or "-" for 0.
(func $out_block (param $h i64) (local $o i64) (local $i i64) (local $n i64)
  (local.set $n (call $length (local.get $h)))
  (local.set $o (call $alloc (i64.add (local.get $n) (i64.const 1))))
  (call $store_u8 (local.get $o) (select (i32.const 45) (i32.const 61) (i64.eqz (local.get $h))))
  (block $done (loop $next
    (br_if $done (i64.ge_u (local.get $i) (local.get $n)))
    (call $store_u8 (i64.add (i64.add (local.get $o) (i64.const 1)) (local.get $i)) (call $load_u8 (i64.add (local.get $h) (local.get $i))))
    (local.set $i (i64.add (local.get $i) (i64.const 1))) (br $next)))
  (call $output_set (local.get $o) (i64.add (local.get $n) (i64.const 1))))

;; A new block with the input.
(func $copy_input (result i64) (local $h i64) (local $i i64)
  (local.set $h (call $alloc (call $input_length)))
  (block $done (loop $next
    (br_if $done (i64.ge_u (local.get $i) (call $input_length)))
    (call $store_u8 (i64.add (local.get $h) (local.get $i)) (call $input_load_u8 (local.get $i)))
    (local.set $i (i64.add (local.get $i) (i64.const 1))) (br $next)))
  (local.get $h))

;; A new block with bytes of the plug-in's memory.
(func $text (param $from i32) (param $n i32) (result i64) (local $h i64) (local $i i32)
  (local.set $h (call $alloc (i64.extend_i32_u (local.get $n))))
  (block $done (loop $next
    (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
    (call $store_u8 (i64.add (local.get $h) (i64.extend_i32_u (local.get $i))) (i32.load8_u (i32.add (local.get $from) (local.get $i))))
    (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
  (local.get $h))

;; Whether bytes of the plug-in's memory stand anywhere in a block.
(func $has (param $h i64) (param $from i32) (param $n i32) (result i32) (local $i i64) (local $j i32)
  (block $no (loop $next
    (br_if $no (i64.gt_u (i64.add (local.get $i) (i64.extend_i32_u (local.get $n))) (call $length (local.get $h))))
    (local.set $j (i32.const 0))
    (block $other (loop $same
      (br_if $other (i32.ne
        (call $load_u8 (i64.add (i64.add (local.get $h) (local.get $i)) (i64.extend_i32_u (local.get $j))))
        (i32.load8_u (i32.add (local.get $from) (local.get $j)))))
      (local.set $j (i32.add (local.get $j) (i32.const 1)))
      (br_if $same (i32.lt_u (local.get $j) (local.get $n)))
      (return (i32.const 1))))
    (local.set $i (i64.add (local.get $i) (i64.const 1))) (br $next)))
  (i32.const 0))
