// The place below the editor: progress, then the answer in its views, or what went wrong and where.
import { element, fill, language, words } from "../language.js";
import { save, toCsv, toTsv } from "./downloads.js";
import { graphOf, mostNodes, networkOf } from "./graph.js";
import { mapOf, placesOf } from "./map.js";
import { lookUp } from "./names.js";
import { mostRows, tableOf } from "./table.js";
import { readTriples } from "./terms.js";

/** Runs queries one at a time and shows what comes. */
export class Answer {
  constructor(place, { engine, vocabulary, links, folder }) {
    Object.assign(this, { place, engine, vocabulary, links, folder });
    this.status = element("p", { role: "status" });
    this.bar = element("progress", { "aria-label": words.answer.running });
    this.body = element("div", {});
    this.heading = element("h2", { id: "answer-head", hidden: true });
    // What a server has answered already stays until something is asked.
    this.body.append(...place.childNodes);
    place.replaceChildren(this.heading, this.status, this.body);
    place.setAttribute("aria-labelledby", "answer-head");
  }

  /** Ask and show; gives the place of a mistake, if the text has one. A second call stops the first. */
  async run(query) {
    if (this.running) this.engine.stop();
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.running = true;
    this.place.hidden = false;
    this.heading.hidden = true;
    this.body.replaceChildren();
    this.wait(words.answer.running);
    try {
      await this.engine.prepare((progress) => this.report(progress));
      this.wait(words.answer.running);
      const started = performance.now();
      const given = await this.engine.ask(query);
      const seconds = (performance.now() - started) / 1000;
      if (turn === this.turn) await this.show(given, seconds);
    } catch (error) {
      if (turn === this.turn) return this.fail(error);
    } finally {
      if (turn === this.turn) this.running = false;
    }
    return null;
  }

  /** Show a mistake that was found before asking. */
  refuse(place) {
    this.place.hidden = false;
    this.heading.hidden = true;
    return this.fail(Object.assign(new Error(""), { kind: "query", place }));
  }

  wait(text) {
    this.status.replaceChildren(text);
    this.body.replaceChildren(this.bar);
    this.bar.removeAttribute("value");
  }

  report({ loaded, total, filling }) {
    if (filling) return this.wait(words.answer.filling);
    if (total) {
      this.bar.max = total;
      this.bar.value = Math.min(loaded, total);
    }
    // Announced in steps: a screen reader should not read every package.
    const step = Math.floor(loaded / 500_000);
    if (step !== this.step) {
      this.step = step;
      this.status.textContent = fill(total ? words.answer.loading : words.answer.loadingUnknown, { loaded: mega(loaded), total: mega(total) });
    }
    return undefined;
  }

  async show({ json, triples }, seconds) {
    const took = fill(words.answer.took, { seconds: seconds.toLocaleString(language, { maximumFractionDigits: 2 }) });
    if (triples !== undefined) return this.showGraph(triples, took);
    const parsed = JSON.parse(json);
    if (typeof parsed.boolean === "boolean") return this.finish(parsed.boolean ? words.answer.yes : words.answer.no, took);
    const table = { variables: parsed.head.vars ?? [], rows: parsed.results.bindings };
    const count = table.rows.length;
    const title = count === 0 ? words.answer.none : count === 1 ? words.answer.row : fill(words.answer.rows, { count });
    const { names, points, complete } = await this.named(table.rows.flatMap((row) => Object.values(row)));
    const views = [["table", words.answer.asTable, tableOf(table, names, this.vocabulary, this.links)]];
    const places = placesOf(table, names, points);
    if (places.length) views.push(["map", words.answer.asMap, mapOf(places, complete, await this.outline(), this.links)]);
    const files = [
      ["CSV", () => save(toCsv(table), "answer.csv", "text/csv")],
      ["TSV", () => save(toTsv(table), "answer.tsv", "text/tab-separated-values")],
      ["JSON", () => save(json, "answer.json", "application/sparql-results+json")],
    ];
    return this.finish(title, took, views, count ? files : []);
  }

  async showGraph(text, took) {
    const read = readTriples(text);
    const triples = read.filter(Boolean);
    const names = triples.length ? (await this.named(triples.slice(0, mostRows).flat())).names : new Map();
    const { subject, predicate, object } = words.answer;
    const rows = triples.map((triple) => ({ [subject]: triple[0], [predicate]: triple[1], [object]: triple[2] }));
    const table = { variables: [subject, predicate, object], rows };
    const views = [["table", words.answer.asTable, tableOf(table, names, this.vocabulary, this.links)]];
    const network = networkOf(triples);
    if (network.edges.length && network.nodes.length <= mostNodes) {
      views.push(["graph", words.answer.asGraph, graphOf(network, names, this.vocabulary, this.links)]);
    }
    const title = triples.length ? fill(words.answer.triples, { count: triples.length }) : words.answer.none;
    const unread = read.length - triples.length;
    const note = unread ? `${took}. ${fill(words.answer.unread, { count: unread })}` : took;
    const files = [["N-Triples", () => save(text, "answer.nt", "application/n-triples")]];
    return this.finish(title, note, views, triples.length ? files : []);
  }

  async named(terms) {
    try {
      return await lookUp(terms, this.engine, this.vocabulary);
    } catch {
      return { names: new Map(), points: new Map(), complete: false };
    }
  }

  async outline() {
    this.drawn ??= fetch(`${this.folder}germany.json`).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    return this.drawn;
  }

  finish(title, note, views = [], files = []) {
    this.heading.textContent = title;
    this.heading.hidden = false;
    this.status.replaceChildren(element("span", { class: "hide" }, `${title}. `), element("span", { class: "small soft" }, note));
    this.body.replaceChildren();
    if (views.length > 1) this.body.append(this.choice(views));
    this.body.append(...views.map(([, , view]) => view));
    if (files.length) {
      const buttons = files.map(([name, act]) => element("button", { type: "button", class: "btn", click: act }, name));
      this.body.append(element("p", { class: "row", role: "group", "aria-label": words.answer.files }, ...buttons));
    }
  }

  choice(views) {
    const kept = views.some(([name]) => name === this.view) ? this.view : "table";
    const radios = views.map(([name, text]) => {
      const radio = element("input", { type: "radio", name: "view", value: name, checked: name === kept, change: () => (this.view = name) });
      return element("label", {}, radio, ` ${text}`);
    });
    return element("fieldset", { class: "views" }, element("legend", { class: "hide" }, words.answer.view), ...radios);
  }

  /** Say what went wrong; the place in the text where there is one. */
  fail(error) {
    this.body.replaceChildren();
    if (error.kind === "stopped") {
      this.status.textContent = words.answer.stopped;
      return null;
    }
    const intro = words.answer.failures[error.kind] ?? words.answer.failed;
    const place = error.place ?? placeOf(error.message);
    const message = place ? fill(words.answer.at, place) : error.message;
    this.status.textContent = intro;
    // Engines and servers speak English; what the page says of the place is in its own language.
    const said = place ? {} : { lang: "en" };
    const lines = message.split("\n").map((line) => element("p", {}, element("bdi", said, line)));
    const box = element("div", { class: "ground problem", role: "alert" }, ...lines);
    if (place) {
      box.append(element("p", {}, element("button", { type: "button", class: "btn", click: () => this.goToProblem?.() }, words.answer.go)));
    }
    this.body.replaceChildren(box);
    return place;
  }
}

/** Line and column in a parser's message, and the message in words. */
function placeOf(message) {
  const refused = /^(?:<query>:)?(\d+):(\d+): (?!expected)(.*)/s.exec(message);
  if (refused) return { line: Number(refused[1]), column: Number(refused[2]), message: refused[3] };
  const found = /(?:^|at |line )(\d+)(?::|, column )(\d+)(?::? )?(.*)/s.exec(message);
  if (!found) return null;
  const [line, column] = [Number(found[1]), Number(found[2])];
  const wanted = found[3].replace(/\s+/g, " ").replace(/^\s*expected (?:one of )?/, "").replace(/(?:, )?\[_\]/, "").trim().slice(0, 300);
  return { line, column, message: wanted ? fill(words.answer.syntax, { wanted }) : words.answer.unfit };
}

function mega(bytes) {
  return `${(bytes / 1e6).toLocaleString(language, { maximumFractionDigits: 1, minimumFractionDigits: 1 })} MB`;
}
