(module (func $leaf (param i32) (result i32) (local.get 0)) (func (export "run") (loop $l (br_if $l (call $leaf (i32.const 1))))))
