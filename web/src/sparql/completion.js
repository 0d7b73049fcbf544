// Suggestions while typing: the project's own terms by short name or by label, variables of the query, SPARQL's words.
// Everything comes from vocabulary.json; nothing is asked of anyone.
import { pickedCompletion, startCompletion } from "@codemirror/autocomplete";
import { folded } from "../language.js";
import { inLanguage } from "./terms.js";
import { declaration, declaredPrefixes } from "./prefixes.js";

const most = 60;
const keywords =
  `SELECT DISTINCT WHERE OPTIONAL UNION MINUS FILTER BIND VALUES GRAPH ORDER GROUP BY HAVING LIMIT OFFSET ASC DESC AS
  CONSTRUCT DESCRIBE ASK PREFIX FROM NAMED EXISTS NOT IN COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT SEPARATOR STR LANG
  LANGMATCHES DATATYPE BOUND IRI BNODE CONCAT STRLEN UCASE LCASE CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER REPLACE REGEX
  SUBSTR ABS ROUND CEIL FLOOR YEAR MONTH DAY NOW IF COALESCE ISIRI ISBLANK ISLITERAL ISNUMERIC`.split(/\s+/);

/** Suggestions for the word at the cursor; an IRI, a text or a comment gets none. */
export function completeFrom(context, vocabulary) {
  const word = context.matchBefore(/[?$]?[\p{L}\p{N}_.:-]*/u);
  if (!word || (word.text === "" && !context.explicit)) return null;
  const line = context.state.doc.lineAt(word.from);
  const before = context.state.doc.sliceString(line.from, word.from);
  if (insideTextOrIri(before)) return null;
  const typed = word.text;
  const options = /^[?$]/.test(typed) ? variables(context, typed) : names(typed, vocabulary, context.state);
  return options.length ? { from: word.from, options, filter: false } : null;
}

/** Whether a line up to the cursor ends within quotes, angle brackets or a comment. */
function insideTextOrIri(before) {
  const rest = before.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|<[^<>\s]*>/g, "");
  return /["'#]|<[^\s<>]*$/.test(rest);
}

function variables(context, typed) {
  const found = new Set(context.state.doc.toString().match(/[?$][\p{L}\p{N}_]+/gu) ?? []);
  found.delete(typed);
  return [...found].filter((name) => name.startsWith(typed)).sort().map((label) => ({ label, type: "variable" }));
}

function names(typed, vocabulary, state) {
  const wanted = folded(typed);
  const ranked = [];
  for (const term of vocabulary.terms) {
    if (!term.curie) continue;
    const rank = rankOf(term, wanted);
    if (rank !== null) ranked.push([rank, term]);
  }
  ranked.sort((a, b) => a[0] - b[0] || a[1].curie.length - b[1].curie.length || (a[1].curie < b[1].curie ? -1 : 1));
  const terms = ranked.slice(0, most).map(([, term]) => option(term, vocabulary));
  if (typed.includes(":")) return terms;
  const known = wanted ? keywords.filter((keyword) => keyword.toLowerCase().startsWith(wanted)) : [];
  const prefixes = wanted ? Object.keys(vocabulary.prefixes).filter((prefix) => prefix.startsWith(wanted)) : [];
  const declared = declaredPrefixes(state.doc.toString());
  return [
    ...known.map((label) => ({ label, type: "keyword" })),
    ...prefixes.map((prefix) => ({
      label: `${prefix}:`,
      detail: vocabulary.prefixes[prefix],
      apply: (view, chosen, from, to) => {
        insert(view, chosen, `${prefix}:`, from, to, declared.has(prefix) ? null : declaration([prefix], vocabulary.prefixes));
        startCompletion(view);
      },
    })),
    ...terms,
  ];
}

/** 0 best: short name as typed, its local part, a label's start, a word of a label, anywhere; null: not at all. */
function rankOf(term, wanted) {
  const curie = folded(term.curie);
  if (curie.startsWith(wanted)) return 0;
  const local = curie.slice(curie.indexOf(":") + 1);
  if (local.startsWith(wanted)) return 1;
  const labels = Object.values(term.label ?? {}).map(folded);
  if (wanted.length < 2) return null;
  if (labels.some((label) => label.startsWith(wanted))) return 2;
  if (labels.some((label) => label.split(/[\s(/-]+/).some((part) => part.startsWith(wanted)))) return 3;
  return local.includes(wanted) ? 4 : null;
}

function option(term, vocabulary) {
  const comment = inLanguage(term.comment);
  return {
    label: term.curie,
    detail: inLanguage(term.label),
    type: term.kind,
    info: comment || undefined,
    apply: (view, chosen, from, to) => {
      const prefix = term.curie.split(":")[0];
      const declared = declaredPrefixes(view.state.doc.toString()).has(prefix);
      const known = vocabulary.prefixes[prefix];
      insert(view, chosen, term.curie, from, to, declared || !known ? null : declaration([prefix], vocabulary.prefixes));
    },
  };
}

function insert(view, chosen, text, from, to, prefix) {
  const cursor = from + text.length + (prefix ? prefix.insert.length : 0);
  view.dispatch({
    changes: [...(prefix ? [prefix] : []), { from, to, insert: text }],
    selection: { anchor: cursor },
    annotations: pickedCompletion.of(chosen),
    userEvent: "input.complete",
  });
}
