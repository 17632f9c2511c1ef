(module (tag $e) (func $f (throw $e)) (func $g (call $f))
  (func (export "run") (loop $l (try (do (call $g)) (catch_all)) (br $l))))
