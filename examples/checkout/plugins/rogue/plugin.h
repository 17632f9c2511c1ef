/*
 * What rogue needs of the plug-in ABI, without a kit and without bindings: the cart as text, numbers out of it, a discount back.
 *
 * A cart is flat enough to be read without a JSON library: a field is found by its quoted name and the number behind it.
 */
#pragma once

#define EXPORT(name) __attribute__((export_name(#name))) int name(void)
#define IMPORT(name) __attribute__((import_module("extism:host/env"), import_name(#name)))

typedef unsigned long long u64;

IMPORT(alloc) u64 plugin_alloc(u64 length);
IMPORT(free) void plugin_free(u64 handle);
IMPORT(length) u64 plugin_length(u64 handle);
IMPORT(load_u64) u64 plugin_load_u64(u64 offset);
IMPORT(store_u8) void plugin_store_u8(u64 offset, unsigned value);
IMPORT(store_u64) void plugin_store_u64(u64 offset, u64 value);
IMPORT(input_length) u64 plugin_input_length(void);
IMPORT(input_load_u8) unsigned plugin_input_load_u8(u64 offset);
IMPORT(input_load_u64) u64 plugin_input_load_u64(u64 offset);
IMPORT(output_set) void plugin_output_set(u64 offset, u64 length);
IMPORT(error_set) void plugin_error_set(u64 handle);
IMPORT(config_get) u64 plugin_config_get(u64 key);
IMPORT(log_info) void plugin_log_info(u64 handle);

/* The input of the call as text with a zero byte behind it; what does not fit is cut off. */
static const char *read_cart(void) {
  static union {
    char text[16384];
    u64 words[2048];
  } cart;
  u64 length = plugin_input_length(), words, i;
  if (length >= sizeof cart.text) length = sizeof cart.text - 1;
  for (words = 0; words < length / 8; words++) cart.words[words] = plugin_input_load_u64(words * 8);
  for (i = words * 8; i < length; i++) cart.text[i] = (char)plugin_input_load_u8(i);
  cart.text[length] = 0;
  return cart.text;
}

/* Moves past the next field of this quoted name, to its value; 0 when there is none. */
static const char *find_field(const char *text, const char *quoted_name) {
  for (; *text; text++) {
    const char *at = text, *name = quoted_name;
    while (*name && *at == *name) at++, name++;
    if (*name || *at != ':') continue;
    return at + 1;
  }
  return 0;
}

/* The whole number at the start of this text, or 0. */
static u64 read_number(const char *text) {
  u64 number = 0;
  for (; text && *text >= '0' && *text <= '9'; text++) number = number * 10 + (u64)(*text - '0');
  return number;
}

/* A block with this text; its length goes to `length`. */
static u64 make_block(const char *text, u64 *length) {
  u64 handle;
  *length = 0;
  while (text[*length]) ++*length;
  handle = plugin_alloc(*length);
  for (u64 i = 0; i < *length; i++) plugin_store_u8(handle + i, (unsigned char)text[i]);
  return handle;
}

/* Makes this text the output of the call; returns 0, which says success. */
static int answer(const char *text) {
  u64 length, handle = make_block(text, &length);
  plugin_output_set(handle, length);
  return 0;
}
