(module (tag $e)
  (func $f (try (do (throw $e)) (catch $e (rethrow 0))))
  (func $g (try $outer (do (try (do (call $f)) (delegate $outer))) (catch_all)))
  (func (export "run") (loop $l (call $g) (br $l))))
