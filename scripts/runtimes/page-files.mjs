/**
 * What tests ask of `node:fs` and `node:url`, for pages: files of the project, to be read only, from the server that the
 * page came from. Reading waits, as Node's does. Bundled by `bundle.mjs`.
 */

const FILES = "/files";

/** As Node's: bytes, or text if an encoding is named. */
export function readFileSync(file, encoding) {
  const { status, responseText } = ask(file);
  if (status !== 200) throw Object.assign(new Error(`ENOENT: no such file, open '${file}'`), { code: "ENOENT" });
  const bytes = Buffer.from(responseText, "latin1");
  return encoding === undefined ? bytes : bytes.toString(encoding);
}

/** As Node's. */
export function existsSync(file) {
  return ask(file).status === 200;
}

/** As Node's: names in a folder. */
export function readdirSync(folder) {
  return JSON.parse(readFileSync(folder, "utf8"));
}

/** As Node's. */
export function fileURLToPath(url) {
  return decodeURIComponent(new URL(url).pathname);
}

/** As Node's. */
export function pathToFileURL(path) {
  return new URL(encodeURI(path), "file:///");
}

/** Only text can be waited for; in this character set byte n is the character n, or 0xf700 + n. */
function ask(file) {
  const request = new XMLHttpRequest();
  request.open("GET", FILES + new URL(file, "file:///").pathname, false);
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  return request;
}
