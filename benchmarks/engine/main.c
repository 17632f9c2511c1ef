/* QuickJS-NG as its own program would run a script: one function is evaluated, then called. */
#include <stdlib.h>

#include "quickjs.h"

static JSContext *context;
static JSValue function;

__attribute__((export_name("reserve"))) char *reserve(unsigned size) { return malloc(size); }

/* Text with a 0 behind it whose value is a function; whether that went wrong. */
__attribute__((export_name("load"))) int load(const char *text, unsigned size) {
  JSRuntime *runtime = JS_NewRuntime();
  JS_SetMaxStackSize(runtime, 0);
  context = JS_NewContext(runtime);
  function = JS_Eval(context, text, size, "script.js", JS_EVAL_TYPE_GLOBAL);
  return JS_IsException(function);
}

__attribute__((export_name("run"))) double run(void) {
  JSValue result = JS_Call(context, function, JS_UNDEFINED, 0, NULL);
  double number = -1;
  JS_ToFloat64(context, &number, result);
  JS_FreeValue(context, result);
  return number;
}
