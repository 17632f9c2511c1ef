(module (func (export "run") (block $b (br $b) (loop $d (br $d))) (loop $l (br $l) (loop $dead (br $dead)))))
