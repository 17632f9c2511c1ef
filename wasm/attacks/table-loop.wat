(module (func (export "run") (local i32) (loop $l (block $a (block $b (br_table $l $a $b $l (local.get 0))) (br $l)) (br $l))))
