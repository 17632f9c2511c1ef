(module (tag $e) (func $f) (func (export "run") (loop $l (try (do (throw $e)) (catch $e (call $f)) (catch_all (call $f))) (br $l))))
