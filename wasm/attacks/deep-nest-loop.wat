(module (func (export "run") (loop $l (block (block (block (block (loop $m (br_if $m (i32.const 0)) (br $l)))))))))
