/**
 * Names that mean something else than themselves to Windows: other streams of a file, devices in every directory, and
 * ends that are cut off, so that two names reach one file.
 * Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */

const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/**
 * Says whether a name is only a name to Windows.
 *
 * @param name One name of a path, or `.` for the directory itself.
 * @returns `false` for what Windows would read in another way or not at all.
 */
export function isPlainOnWindows(name: string): boolean {
  if (name === ".") return true;
  const isSpelledOut = [...name].every((character) => character >= " " && !'\\/:*?"<>|'.includes(character));
  return isSpelledOut && !DEVICE.test(name) && !name.endsWith(".") && !name.endsWith(" ");
}
