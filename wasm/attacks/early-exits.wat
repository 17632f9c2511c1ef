(module (func $f (param i32) (result i32) (if (local.get 0) (then (return (i32.const 1)))) (i32.const 1)) (func (export "run") (loop $l (br_if $l (call $f (i32.const 1))))))
