/** Prints what came of the merchants as a table for people. */

const COLUMNS = [
  { title: "merchant", cell: (result) => result.merchant },
  { title: "written in", cell: (result) => result.language },
  { title: "calls", cell: (result) => count(result.calls), isNumber: true },
  { title: "failures", cell: (result) => count(result.failures), isNumber: true },
  { title: "median µs", cell: (result) => result.medianMicroseconds?.toFixed(1), isNumber: true },
  { title: "discount €", cell: (result) => euros(result.totalDiscount), isNumber: true },
];

/**
 * Prints the table to standard output, and below it how each merchant failed.
 *
 * @param {object[]} results One object per merchant, as `main.mjs` makes them.
 * @param {object} totals Sums over all merchants.
 */
export function printTable(results, totals) {
  const rows = [...results, { ...totals, merchant: "total" }].map((result) => COLUMNS.map(({ cell }) => cell(result) ?? ""));
  const widths = COLUMNS.map(({ title }, index) => Math.max(title.length, ...rows.map((row) => row[index].length)));
  const line = (cells) => cells.map((cell, index) => (COLUMNS[index].isNumber ? cell.padStart(widths[index]) : cell.padEnd(widths[index]))).join("  ").trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  console.log([line(COLUMNS.map(({ title }) => title)), rule, ...rows.slice(0, -1).map(line), rule, line(rows.at(-1))].join("\n"));
  for (const { merchant, failures, failuresByCode, messages } of results.filter((result) => result.failures > 0)) {
    const codes = Object.entries(failuresByCode).sort(([, one], [, other]) => other - one);
    console.log(`\n${merchant} failed ${count(failures)} times, at nobody else's cost:`);
    for (const [code, times] of codes) console.log(`  ${count(times).padStart(5)} × ${code}: ${oneLine(messages[code])}`);
  }
}

/** A plug-in may have written this, so nothing in it reaches the terminal that acts on it. */
function oneLine(message) {
  return message.replaceAll(/\p{C}/gu, " ").slice(0, 160);
}

function count(number) {
  return number.toLocaleString("en-US");
}

function euros(cents) {
  return (cents / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
