/**
 * The bytecode of QuickJS-NG as numbers, names and lengths: facts of the engine that package.json pins. `decode.ts` checks
 * them against whatever it reads: a function that does not decode to its last byte, or jumps between instructions, is left to
 * the interpreter.
 * Source: https://github.com/quickjs-ng/quickjs/blob/master/quickjs-opcode.h
 */

/** Names with the length of the instruction in bytes, in the order of their numbers. */
const TABLE = `
invalid:1 push_i32:5 push_const:5 fclosure:5 push_atom_value:5 private_symbol:5 undefined:1 null:1 push_this:1 push_false:1 push_true:1 object:1
special_object:2 rest:3 drop:1 nip:1 nip1:1 dup:1 dup1:1 dup2:1 dup3:1 insert2:1 insert3:1 insert4:1 perm3:1 perm4:1 perm5:1 swap:1 swap2:1 rot3l:1
rot3r:1 rot4l:1 rot5l:1 call_constructor:3 call:3 tail_call:3 call_method:3 tail_call_method:3 array_from:3 apply:3 return:1 return_undef:1
check_ctor_return:1 check_ctor:1 init_ctor:1 check_brand:1 add_brand:1 return_async:1 throw:1 throw_error:6 eval:5 apply_eval:3 regexp:1 get_super:1
import:1 get_var_undef:5 get_var:5 put_var:5 put_var_init:5 get_ref_value:1 put_ref_value:1 define_var:6 check_define_var:6 define_func:6 get_field:5
get_field2:5 put_field:5 get_private_field:1 put_private_field:1 define_private_field:1 get_array_el:1 get_array_el2:1 put_array_el:1
get_super_value:1 put_super_value:1 define_field:5 set_name:5 set_name_computed:1 set_proto:1 set_home_object:1 define_array_el:1 append:1
copy_data_properties:2 define_method:6 define_method_computed:2 define_class:6 define_class_computed:6 get_loc:3 put_loc:3 set_loc:3 get_arg:3
put_arg:3 set_arg:3 get_var_ref:3 put_var_ref:3 set_var_ref:3 set_loc_uninitialized:3 get_loc_check:3 put_loc_check:3 put_loc_check_init:3
get_var_ref_check:3 put_var_ref_check:3 put_var_ref_check_init:3 close_loc:3 if_false:5 if_true:5 goto:5 catch:5 gosub:5 ret:1 nip_catch:1
check_object:1 to_object:1 to_propkey:1 to_propkey2:1 with_get_var:10 with_put_var:10 with_delete_var:10 with_make_ref:10 with_get_ref:10
with_get_ref_undef:10 make_loc_ref:7 make_arg_ref:7 make_var_ref_ref:7 make_var_ref:5 for_in_start:1 for_of_start:1 for_await_of_start:1 for_in_next:1
for_of_next:2 iterator_get_value_done:1 iterator_close:1 iterator_next:1 iterator_call:2 initial_yield:1 yield:1 yield_star:1 async_yield_star:1
await:1 neg:1 plus:1 dec:1 inc:1 post_dec:1 post_inc:1 dec_loc:2 inc_loc:2 add_loc:2 not:1 lnot:1 typeof:1 delete:1 delete_var:5 mul:1 div:1 mod:1
add:1 sub:1 shl:1 sar:1 shr:1 and:1 xor:1 or:1 pow:1 lt:1 lte:1 gt:1 gte:1 instanceof:1 in:1 eq:1 neq:1 strict_eq:1 strict_neq:1
is_undefined_or_null:1 private_in:1 push_bigint_i32:5 using_dispose_init:1 using_dispose:3 using_dispose_async:3 using_dispose_merge:1
using_dispose_end:1 using_check:2 nop:1 push_minus1:1 push_0:1 push_1:1 push_2:1 push_3:1 push_4:1 push_5:1 push_6:1 push_7:1 push_i8:2 push_i16:3
push_const8:2 fclosure8:2 push_empty_string:1 get_loc8:2 put_loc8:2 set_loc8:2 get_loc0_loc1:1 get_loc0:1 get_loc1:1 get_loc2:1 get_loc3:1 put_loc0:1
put_loc1:1 put_loc2:1 put_loc3:1 set_loc0:1 set_loc1:1 set_loc2:1 set_loc3:1 get_arg0:1 get_arg1:1 get_arg2:1 get_arg3:1 put_arg0:1 put_arg1:1
put_arg2:1 put_arg3:1 set_arg0:1 set_arg1:1 set_arg2:1 set_arg3:1 get_var_ref0:1 get_var_ref1:1 get_var_ref2:1 get_var_ref3:1 put_var_ref0:1
put_var_ref1:1 put_var_ref2:1 put_var_ref3:1 set_var_ref0:1 set_var_ref1:1 set_var_ref2:1 set_var_ref3:1 get_length:1 if_false8:2 if_true8:2 goto8:2
goto16:3 call0:1 call1:1 call2:1 call3:1 is_undefined:1 is_null:1 typeof_is_undefined:1 typeof_is_function:1`;

/** An instruction of the engine. */
export type Opcode = { readonly name: string; readonly bytes: number };

/** Opcodes by number. */
export const OPCODES: readonly Opcode[] = TABLE.trim().split(/\s+/).map((entry) => {
  const [name = "", bytes] = entry.split(":");
  return { name, bytes: Number(bytes) };
});
