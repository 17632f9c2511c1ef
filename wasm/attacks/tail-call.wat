(module (func $f (return_call $f)) (func (export "run") (call $f)))
