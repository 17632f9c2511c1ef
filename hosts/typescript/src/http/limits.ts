/**
 * Every limit of HTTP for plug-ins, with its unit and origin. The embedder sets the first three per plug-in.
 */

/** Bytes of a request's body. As much as a response may have. */
export const DEFAULT_MAX_REQUEST_BYTES = 52_428_800;

/** Bytes of a response's body, after decompression. Origin: the default of Extism hosts, 50 MiB. */
export const DEFAULT_MAX_RESPONSE_BYTES = 52_428_800;

/** Redirects followed for one request. Browsers follow 20; programs that need more than a few are in a loop. */
export const DEFAULT_MAX_REDIRECTS = 10;

/** Bytes of the JSON that describes a request: URL and headers. Servers rarely take 32 KiB of both. */
export const MAX_REQUEST_JSON_BYTES = 262_144;

/** Headers that a plug-in may set on one request. Servers commonly refuse more than 100. */
export const MAX_REQUEST_HEADERS = 100;

/** Characters of a host name. Origin: RFC 1035, section 3.1, without the final dot. */
export const MAX_HOST_CHARACTERS = 253;

/** Bytes of a response's headers. Four times what Node takes unasked: large policies and cookies occur. */
export const MAX_RESPONSE_HEADER_BYTES = 65_536;
