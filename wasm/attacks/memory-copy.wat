(module (memory 256) (func (export "run") (loop $l (memory.copy (i32.const 0) (i32.const 0x100000) (i32.const 0xf00000)) (br $l))))
