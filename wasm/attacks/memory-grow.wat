(module (memory 1) (func (export "run") (loop $l (drop (memory.grow (i32.const 0))) (br $l))))
