/** The site's frame: its folders, navigation and search. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const reference = fileURLToPath(new URL("../build/pages/reference/", import.meta.url));
const packages = readdirSync(reference, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

export default defineConfig({
  title: "Tenon",
  description: "Run plug-ins that other people wrote, in any language, without trusting them.",
  srcDir: "build/pages",
  outDir: "build/site",
  cacheDir: "build/cache",
  cleanUrls: true,
  head: [["link", { rel: "icon", href: "/icon.svg", type: "image/svg+xml" }]],
  themeConfig: {
    logo: "/icon.svg",
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/start" },
      { text: "Guide", link: "/guide/host-functions" },
      { text: "Measured", link: "/measured/speed" },
      { text: "Reference", link: "/reference/" },
    ],
    sidebar: [
      {
        text: "Start",
        items: [
          { text: "What Tenon is", link: "/what" },
          { text: "Your first plug-in", link: "/start" },
        ],
      },
      {
        text: "For applications",
        items: [
          { text: "Load and call", link: "/guide/load" },
          { text: "Host functions", link: "/guide/host-functions" },
          { text: "Limits", link: "/guide/limits" },
          { text: "Security", link: "/guide/security" },
          { text: "HTTP", link: "/guide/http" },
          { text: "Files", link: "/guide/files" },
          { text: "Errors", link: "/guide/errors" },
          { text: "Threads", link: "/guide/threads" },
          { text: "Pools", link: "/guide/pools" },
          { text: "Typed systems", link: "/guide/systems" },
          { text: "Browsers and the edge", link: "/guide/browsers" },
          { text: "Coming from Extism", link: "/extism" },
        ],
      },
      {
        text: "For authors of plug-ins",
        items: [
          { text: "TypeScript", link: "/guide/typescript" },
          { text: "Other languages", link: "/guide/languages" },
          { text: "Testing", link: "/guide/testing" },
          { text: "A language without a kit", link: "/new-language" },
        ],
      },
      {
        text: "Measured",
        items: [
          { text: "Speed", link: "/measured/speed" },
          { text: "Runtimes", link: "/measured/runtimes" },
          { text: "Languages", link: "/measured/languages" },
          { text: "Conformance", link: "/measured/conformance" },
        ],
      },
      {
        text: "Reference",
        collapsed: true,
        items: [
          { text: "All packages", link: "/reference/" },
          { text: "Command line", link: "/reference/command-line" },
          { text: "Failures", link: "/reference/failures" },
          { text: "The ABI", link: "/reference/abi" },
          ...packages.map((name) => ({ text: name, link: `/reference/${name}/` })),
        ],
      },
    ],
  },
});
