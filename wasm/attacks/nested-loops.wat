(module (func (export "run") (local i32) (loop $o (local.set 0 (i32.const 10)) (loop $i (br_if $i (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (br $o))))
