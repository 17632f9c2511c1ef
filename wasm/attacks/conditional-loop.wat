(module (func (export "run") (loop $l (br_if $l (i32.const 1)))))
