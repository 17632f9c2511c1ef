(module (func (export "run") (param i32) (loop $l (br_if 1 (local.get 0)) (br $l))))
