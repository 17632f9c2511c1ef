(module (func (export "run") (i32.const 1) (loop $l (param i32) (i32.const 1) (i32.add) (br $l)) ))
