(module (tag $e) (func $f) (func (export "run") (loop $l (call $f) (br $l))))
