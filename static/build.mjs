// Builds the browser's assets: static/src -> static/dist, each file named after its content so that it may be cached for ever,
// and a manifest ("app.css" -> "app.1A2B3C4D.css") that the application's asset() reads.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import rtlcss from "rtlcss";
import { compile } from "sass";

const root = dirname(fileURLToPath(import.meta.url));
const source = join(root, "src");
const output = join(root, "dist");

// A new page script or stylesheet is one more line here. What these refer to (fonts, pictures) follows by itself.
const entries = ["app.scss", "app.js", "spa.js", "bridge.js", "favicon.svg"];

const sassPlugin = {
  name: "sass",
  setup({ onLoad }) {
    onLoad({ filter: /\.scss$/ }, ({ path }) => {
      const { css } = compile(path, {
        loadPaths: [join(root, "..", "node_modules")],
        quietDeps: true,
        // Bootstrap 5 is written for @import; what it warns about is its own to fix.
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
      });
      return { contents: css, loader: "css", resolveDir: dirname(path) };
    });
  },
};

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });

const { metafile } = await build({
  entryPoints: entries.map((name) => join(source, name)),
  outdir: output,
  outbase: source,
  entryNames: "[name].[hash]",
  assetNames: "[name].[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  loader: { ".svg": "copy", ".woff2": "copy" },
  legalComments: "inline",
  plugins: [sassPlugin],
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
for (const path of Object.keys(metafile.outputs).sort()) {
  const hashed = basename(path);
  manifest[hashed.replace(/\.[0-9A-Z]{8}(?=\.)/, "")] = hashed;
}
// For right-to-left languages: the same styles, mirrored.
const mirrored = rtlcss.process(readFileSync(join(output, manifest["app.css"]), "utf8"));
const digest = createHash("sha256").update(mirrored).digest("hex").slice(0, 8).toUpperCase();
manifest["app.rtl.css"] = `app.rtl.${digest}.css`;
writeFileSync(join(output, manifest["app.rtl.css"]), mirrored);
for (const name of readdirSync(output).filter((name) => /\.(css|js|svg)$/.test(name))) {
  // Compressed once here instead of at every request; WhiteNoise serves these to browsers that accept them.
  const content = readFileSync(join(output, name));
  writeFileSync(join(output, `${name}.gz`), gzipSync(content, { level: 9 }));
  writeFileSync(join(output, `${name}.br`), brotliCompressSync(content));
}
// Written last: whoever finds a manifest finds everything that it names.
writeFileSync(join(output, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
