// The store in the visitor's browser: Oxigraph as WebAssembly, in a worker so that a long query neither freezes the page
// nor outlives a press on "stop". Told what to load once, then answers one query after another.
import init, { Store } from "oxigraph/web.js";

let store;
let union;

self.addEventListener("message", async ({ data }) => {
  try {
    if (data.load) self.postMessage({ ready: await load(data.load) });
    else self.postMessage({ answer: ask(data.query) });
  } catch (error) {
    self.postMessage({ failed: { kind: error.kind ?? "query", message: error.message ?? String(error) } });
  }
});

/** Fetch program and dump unless they are at hand, fill the store; the number of statements. */
async function load({ wasm, dump, bytes, mediaType, kept }) {
  const [program, packed] = kept ?? (await fetchAll([wasm, dump], PROGRAM_BYTES + bytes));
  self.postMessage({ kept: [program, packed] });
  await init({ module_or_path: await program.arrayBuffer() });
  const data = await unpack(packed);
  store = new Store();
  store.load(data, { format: mediaType, lenient: true, no_transaction: true });
  // A dump that keeps everything in named graphs is asked as one graph; one with a default graph has merged it already.
  union = !store.query("ASK { ?s ?p ?o }");
  return store.size;
}

/** Files at once, with word of how much of them is there. */
async function fetchAll(addresses, total) {
  let loaded = 0;
  const fetchOne = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${address}`), { kind: "load" });
    const parts = [];
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return new Blob(parts);
      parts.push(value);
      loaded += value.length;
      self.postMessage({ loaded, total });
    }
  };
  return Promise.all(addresses.map(fetchOne));
}

/** Whether a host unpacks gzip on the way or not, the first two bytes tell. */
async function unpack(blob) {
  const start = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const stream = blob.stream();
  const plain = start[0] === 0x1f && start[1] === 0x8b ? stream.pipeThrough(new DecompressionStream("gzip")) : stream;
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

const prologue = /^(?:\s+|#[^\n]*(?:\n|$)|BASE\s*<[^>]*>|PREFIX\s*[^\s:]*:\s*<[^>]*>)*(CONSTRUCT|DESCRIBE)\b/i;

function ask(query) {
  const graph = prologue.test(query);
  const text = store.query(query, {
    results_format: graph ? "nt" : "json",
    use_default_graph_as_union: union,
  });
  return graph ? { triples: text } : { json: text };
}
