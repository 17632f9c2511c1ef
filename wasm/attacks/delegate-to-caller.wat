(module (tag $e) (func $f (try (do (throw $e)) (delegate 0))) (func $g (try (do (call $f)) (catch_all (br 1)))) (func (export "run") (loop $l (call $g) (br $l))))
