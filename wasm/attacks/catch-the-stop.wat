(module (func $spin (loop $l (br $l)))
  (func (export "run") (loop $l (try (do (call $spin)) (catch_all)) (br $l))))
