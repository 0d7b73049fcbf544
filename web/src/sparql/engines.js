// Two ways to an answer behind one interface: `prepare(report)` makes ready and tells how far it is, `ask(query)` gives
// {json} or {triples}, `stop()` ends what runs, `mostThings` is how many things may be looked up after an answer.
// A failure is an Error with `kind`: "query" (the text is at fault), "load", "network" or "stopped"; of a server also
// "refused" (the text may not be asked), "large", "slow" or "busy".

import { words } from "../language.js";

/** The engine that a form names: an endpoint, or a dump for the store in the browser. */
export function engineOf(form, folder) {
  const { endpoint, dump, dumpBytes, dumpType } = form.dataset;
  if (endpoint !== undefined) return new Endpoint(new URL(endpoint || form.action, location.href).href);
  if (dump === undefined) return new Nowhere();
  return new BrowserStore({
    worker: folder + "sparql-worker.js",
    wasm: folder + "oxigraph.wasm",
    dump: new URL(dump, location.href).href,
    bytes: Number(dumpBytes) || 0,
    mediaType: dumpType || "application/n-quads",
  });
}

// What a server means by its status.
const kinds = { 400: "query", 403: "refused", 413: "large", 429: "busy", 503: "busy", 504: "slow" };

/** A failure of a kind. */
export function failure(kind, message) {
  return Object.assign(new Error(message), { kind });
}

/** A site published without its data. */
class Nowhere {
  mostThings = 0;

  async prepare() {
    throw failure("load", words.answer.nowhere);
  }

  stop() {}
}

/** A SPARQL endpoint at our own address. */
class Endpoint {
  constructor(address) {
    this.address = address;
    this.mostThings = 1000;
  }

  async prepare() {}

  async ask(query) {
    const controller = new AbortController();
    this.stop = () => controller.abort();
    let answer;
    let text;
    try {
      answer = await fetch(this.address, {
        method: "POST",
        body: new URLSearchParams({ query }),
        headers: { Accept: "application/sparql-results+json, application/n-triples;q=0.9" },
        signal: controller.signal,
      });
      text = await answer.text();
    } catch (error) {
      throw failure(controller.signal.aborted ? "stopped" : "network", error.message);
    }
    if (!answer.ok) throw failure(kinds[answer.status] ?? "network", readable(text) || `${answer.status}`);
    return /n-triples/.test(answer.headers.get("Content-Type") ?? "") ? { triples: text } : { json: text };
  }

  stop() {}
}

/** The reason in an error answer: the text itself, or the message of a problem in JSON. */
function readable(text) {
  try {
    const problem = JSON.parse(text);
    return String(problem.error ?? problem.detail ?? problem.message ?? problem.title ?? text).slice(0, 600);
  } catch {
    return /<html/i.test(text) ? "" : text.trim().slice(0, 600);
  }
}

/** The store in a worker; it is fetched and filled when first asked. */
class BrowserStore {
  constructor(settings) {
    this.settings = settings;
    this.mostThings = 5000;
    this.kept = null;
    this.worker = null;
    this.waiting = null;
  }

  async prepare(report) {
    this.ready ??= this.start(report);
    await this.ready;
  }

  async ask(query) {
    await this.prepare(() => {});
    return this.send({ query });
  }

  async start(report) {
    this.worker = new Worker(this.settings.worker);
    this.worker.onmessage = ({ data }) => {
      if (data.loaded !== undefined) report({ loaded: data.loaded, total: data.total });
      else if (data.kept) {
        this.kept = data.kept;
        report({ filling: true });
      } else if (data.failed) this.waiting?.reject(failure(data.failed.kind, data.failed.message));
      else this.waiting?.resolve(data.answer ?? data.ready);
    };
    this.worker.onerror = (event) => this.waiting?.reject(failure("load", event.message || this.settings.worker));
    try {
      const { wasm, dump, bytes, mediaType } = this.settings;
      return await this.send({ load: { wasm, dump, bytes, mediaType, kept: this.kept } });
    } catch (error) {
      this.end();
      if (error.kind === "query") error.kind = "load";
      throw error;
    }
  }

  send(message) {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.worker.postMessage(message);
    });
  }

  /** The worker goes, and with it what runs; the dump stays at hand for the next one. */
  stop() {
    const { waiting } = this;
    this.end();
    waiting?.reject(failure("stopped", ""));
  }

  end() {
    this.worker?.terminate();
    this.worker = null;
    this.waiting = null;
    this.ready = undefined;
  }
}
