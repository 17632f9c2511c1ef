(module (type $t (func (param i32))) (table 2 funcref) (elem (i32.const 0) $f $g)
  (func $f (type $t) (if (local.get 0) (then (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)) (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
  (func $g (type $t) (call_indirect (type $t) (local.get 0) (i32.const 0)))
  (func (export "run") (call $f (i32.const 60))))
