(module (tag $e) (func (export "run") (loop $l (try (do (try (do (throw $e)) (catch_all (rethrow 0)))) (catch_all (br $l))))))
