/*
 * A merchant, in C without a kit, that misbehaves: what it does to the host is chosen by the number of the cart. Its pranks may cost the merchant a
 * call, never the shop anything. With the configuration `endless=yes` two of them do not end by themselves.
 */
#include "plugin.h"

static const u64 wild[] = {1, 7, 4095, 65536, 1ull << 31, (1ull << 32) - 1, 1ull << 40, 1ull << 53, 1ull << 63, ~0ull};
#define WILD_COUNT (sizeof wild / sizeof *wild)

static int trap(void) { __builtin_trap(); }

static int divide_by_zero(void) {
  volatile int dividend = 100, zero = 0;
  return dividend / zero;
}

static int read_past_memory(void) { return *(volatile int *)0xfffffff0u; }

static volatile int depth;

static int recurse(void) {
  if (++depth < 0) return 0;
  int below = recurse();
  depth--;
  return below;
}

/* Frees, reads and overwrites blocks that it never got, then hands one in. */
static int forge_handles(void) {
  for (u64 i = 0; i < WILD_COUNT; i++) {
    plugin_free(wild[i]);
    plugin_length(wild[i]);
    plugin_load_u64(wild[i]);
    plugin_store_u8(wild[i], 0xff);
    plugin_store_u64(wild[i], ~0ull);
  }
  plugin_output_set(1ull << 40, 1ull << 40);
  return 0;
}

static int say_no_json(void) { return answer("ten percent for my friends"); }

static int say_no_utf8(void) { return answer("{\"discount_percent\":\"\xff\xfe\xc3\x28\"}"); }

static int ask_too_much(void) { return answer("{\"discount_percent\":1e308}"); }

static int raise_the_price(void) { return answer("{\"discount_percent\":-50}"); }

static int complain(void) {
  u64 length;
  plugin_error_set(make_block("I do not like this cart", &length));
  return 1;
}

static int fail_silently(void) { return 42; }

static int behave(void) { return answer("{\"discount_percent\":1}"); }

static int loop(void) {
  u64 length;
  plugin_log_info(make_block("I will not stop by myself", &length));
  for (volatile unsigned n = 0;; n++) {
  }
}

static int eat_memory(void) {
  while (__builtin_wasm_memory_grow(0, 16) != (unsigned long)-1) {
  }
  while (plugin_alloc(1 << 20)) {
  }
  return 1;
}

static int (*const pranks[])(void) = {
    behave,      trap,         divide_by_zero, read_past_memory, recurse,       forge_handles, say_no_json,
    say_no_utf8, ask_too_much, raise_the_price, complain,        fail_silently, loop,          eat_memory,
};
#define ENDLESS_COUNT 2

EXPORT(before_checkout) {
  u64 length, count = sizeof pranks / sizeof *pranks;
  if (!plugin_config_get(make_block("endless", &length))) count -= ENDLESS_COUNT;
  return pranks[read_number(find_field(read_cart(), "\"id\"")) % count]();
}
