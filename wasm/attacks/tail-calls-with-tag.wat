(module (tag $e) (func $g) (func $f (return_call $g)) (func (export "run") (loop $l (call $f) (br $l))))
