/**
 * What the engine asks of whoever embeds it. Time is UTC; files, host functions of its own and module loading are not used
 * in a plug-in, and answer so.
 */

/** What WASI answers for a file that is not open: a plug-in has none. */
const EBADF: i32 = 8;

export function host_get_timezone_offset(_high: i32, _low: i32): i32 { return 0; }
export function host_interrupt(): i32 { return 0; }
export function host_promise_rejection(_promise: i32, _reason: i32, _isHandled: i32): void {}
export function host_module_normalize(_base: i32, _name: i32): i32 { return 0; }
export function host_module_load(_name: i32, _attributes: i32): i32 { return 0; }
export function host_call(_name: i32, _length: i32, _self: i32, _argc: i32, _argv: i32): i32 { return 0; }
export function fd_close(_fd: i32): i32 { return EBADF; }
export function fd_fdstat_get(_fd: i32, _out: i32): i32 { return EBADF; }
export function fd_seek(_fd: i32, _offset: i64, _whence: i32, _out: i32): i32 { return EBADF; }
export function fd_write(_fd: i32, _vectors: i32, _count: i32, _out: i32): i32 { return EBADF; }
