(module (tag $e) (func (export "run") (loop $l (block $h (try_table (catch_all $h) (throw $e))) (br $l))))
