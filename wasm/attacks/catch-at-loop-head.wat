(module (tag $e) (func $f (throw $e)) (func (export "run") (loop $l (try_table (catch $e $l) (call $f)))))
