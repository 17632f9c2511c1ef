/**
 * The 46 functions of WASI preview 1 and their types, so that a linker can refuse a module that imports one with
 * another type: what a wrong type would do is throw a `TypeError` into the guest's call.
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#functions
 */

/**
 * Parameters by function: `i` is i32, `I` is i64. Every function returns one i32, but `proc_exit`, which returns
 * nothing.
 */
export const WASI_PARAMETERS = {
  args_get: "ii",
  args_sizes_get: "ii",
  environ_get: "ii",
  environ_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "iIi",
  fd_advise: "iIIi",
  fd_allocate: "iII",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "iII",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "iI",
  fd_filestat_set_times: "iIIi",
  fd_pread: "iiiIi",
  fd_prestat_get: "ii",
  fd_prestat_dir_name: "iii",
  fd_pwrite: "iiiIi",
  fd_read: "iiii",
  fd_readdir: "iiiIi",
  fd_renumber: "ii",
  fd_seek: "iIii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiiIIi",
  path_link: "iiiiiii",
  path_open: "iiiiiIIii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
} as const;

/** The name of a function of preview 1. */
export type WasiName = keyof typeof WASI_PARAMETERS;

/** How this layer implements them: nothing returned is success, a `Refusal` thrown is an error number. */
export type WasiFunctions = { readonly [N in WasiName]: (...args: Arguments<(typeof WASI_PARAMETERS)[N]>) => void };

type Arguments<P extends string> = P extends `i${infer Rest}`
  ? [number, ...Arguments<Rest>]
  : P extends `I${infer Rest}`
    ? [bigint, ...Arguments<Rest>]
    : [];
