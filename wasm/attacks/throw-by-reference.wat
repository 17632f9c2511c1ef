(module (tag $e) (func (export "run") (local $x exnref)
  (loop $l
    (local.set $x (block $h (result exnref) (try_table (catch_all_ref $h) (throw $e)) (unreachable)))
    (block $o (try_table (catch_all $o) (throw_ref (local.get $x))))
    (br $l))))
