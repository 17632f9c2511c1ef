(module (func $f (return_call $g)) (func $g (return_call $f)) (func (export "run") (return_call $f)))
