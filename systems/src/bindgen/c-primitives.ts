/** How bindings in C read and write what is no structure, on what `tenon.h` has for JSON. */

/** The functions, in C. */
export const C_PRIMITIVES: string = `TENON_INTERNAL bool read_text(tenon_bytes json, tenon_bytes *value) { return tenon_json_string(json, value); }

TENON_INTERNAL bool read_json(tenon_bytes json, tenon_bytes *value) {
  *value = json;
  return true;
}

TENON_INTERNAL bool read_bool(tenon_bytes json, bool *value) { return tenon_json_bool(json, value); }

TENON_INTERNAL bool read_double(tenon_bytes json, double *value) { return tenon_json_double(json, value); }

TENON_INTERNAL bool read_int64(tenon_bytes json, int64_t *value) { return tenon_json_int(json, value); }

TENON_INTERNAL bool read_int32(tenon_bytes json, int32_t *value) {
  int64_t wide;
  if (!tenon_json_int(json, &wide) || wide < INT32_MIN || wide > INT32_MAX) return false;
  *value = (int32_t)wide;
  return true;
}

TENON_INTERNAL void write_text(tenon_writer *json, tenon_bytes value) { tenon_write(json, tenon_json_quote(value)); }

TENON_INTERNAL void write_json(tenon_writer *json, tenon_bytes value) { tenon_write(json, value.size ? value : TENON_LITERAL("null")); }

TENON_INTERNAL void write_bool(tenon_writer *json, bool value) { tenon_write(json, value ? TENON_LITERAL("true") : TENON_LITERAL("false")); }

TENON_INTERNAL void write_double(tenon_writer *json, double value) { tenon_write(json, tenon_json_number(value)); }

TENON_INTERNAL void write_int64(tenon_writer *json, int64_t value) { tenon_write(json, tenon_decimal(value)); }

TENON_INTERNAL void write_int32(tenon_writer *json, int32_t value) { tenon_write(json, tenon_decimal(value)); }
`;
