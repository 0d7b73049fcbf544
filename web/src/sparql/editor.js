// The editor: CodeMirror with SPARQL, in place of the textarea. It lives in a shadow root, because there its styles are
// constructed sheets, which a strict content security policy allows.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, ensureSyntaxTree, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { sparql } from "codemirror-lang-sparql";
import { fill, words } from "../language.js";
import { completeFrom } from "./completion.js";
import { declaration, undeclaredPrefixes } from "./prefixes.js";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.definitionKeyword, tags.function(tags.name)], fontWeight: "600" },
  { tag: [tags.variableName, tags.special(tags.variableName)], color: "var(--accent)" },
  { tag: [tags.string, tags.number, tags.bool, tags.literal], color: "var(--ink-2)", fontStyle: "italic" },
  { tag: [tags.comment, tags.lineComment], color: "var(--ink-2)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--sheet)", border: "1px solid var(--edge)", borderRadius: "var(--r)", fontSize: "var(--t-s)" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "14rem", maxHeight: "70vh", overflow: "auto" },
  ".cm-content": { caretColor: "var(--accent)", padding: ".6rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--sheet)", color: "var(--ink-2)", border: "none" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--land-2)",
  },
  "&.cm-focused .cm-matchingBracket, .cm-matchingBracket": { backgroundColor: "var(--land)", outline: "1px solid var(--edge)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--accent)" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--paper)", border: "1px solid var(--edge)", borderRadius: "var(--r)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".2rem .5rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-tooltip-autocomplete li[aria-selected] .cm-completionDetail": { color: "var(--on-accent)" },
  ".cm-completionLabel": { fontWeight: "600" },
  ".cm-completionDetail": { fontFamily: "var(--sans)", fontStyle: "normal", color: "var(--ink-2)" },
  ".cm-completionMatchedText": { textDecoration: "underline" },
  ".cm-tooltip.cm-completionInfo": { fontFamily: "var(--sans)", padding: ".5rem .75rem", maxWidth: "22rem" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", padding: ".4rem .6rem" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--accent)" },
  ".cm-lint-marker-error": { content: "normal", width: ".7em", height: ".7em", borderRadius: "50%", backgroundColor: "var(--accent)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--accent)" },
});

/** The editor in place of a textarea, which keeps the text for the form. */
export class Editor {
  constructor(textarea, label, vocabulary, onRun) {
    this.vocabulary = vocabulary;
    this.textarea = textarea;
    const host = document.createElement("div");
    host.id = "editor";
    textarea.before(host);
    textarea.hidden = true;
    const shadow = host.attachShadow({ mode: "open" });
    this.view = new EditorView({
      doc: textarea.value,
      parent: shadow,
      root: shadow,
      extensions: [
        keymap.of([
          { key: "Mod-Enter", run: () => (onRun(), true) },
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...completionKeymap,
          ...lintKeymap,
        ]),
        lineNumbers(),
        lintGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        sparql(),
        syntaxHighlighting(colours),
        autocompletion({ override: [(context) => completeFrom(context, this.vocabulary)], icons: false, maxRenderedOptions: 60 }),
        placeholder(words.editor.placeholder),
        EditorState.phrases.of(words.editor.phrases),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label.textContent, "aria-description": words.editor.keys }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) textarea.value = update.state.doc.toString();
        }),
        look,
      ],
    });
    label.addEventListener("click", () => this.view.focus());
  }

  get text() {
    return this.view.state.doc.toString();
  }

  set text(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, selection: { anchor: 0 } });
    this.clearProblem();
  }

  /** Declare the known prefixes that the text uses and lacks; gives the place of the first that is not known. */
  addPrefixes() {
    const known = this.vocabulary.prefixes;
    const missing = this.undeclared();
    const found = [...missing.keys()].filter((prefix) => known[prefix]).sort();
    if (found.length) this.view.dispatch({ changes: declaration(found, known) });
    for (const [prefix, from] of this.undeclared()) {
      const line = this.view.state.doc.lineAt(from);
      return { line: line.number, column: from - line.from + 1, message: fill(words.answer.prefix, { prefix: `${prefix}:` }) };
    }
    return null;
  }

  undeclared() {
    const { state } = this.view;
    return undeclaredPrefixes(this.text, ensureSyntaxTree(state, state.doc.length, 500) ?? syntaxTree(state));
  }

  /** Mark a place; `line` and `column` count from 1. */
  showProblem(line, column, message) {
    const { doc } = this.view.state;
    const row = doc.line(Math.min(Math.max(1, line), doc.lines));
    const from = Math.min(row.from + Math.max(0, column - 1), row.to);
    const word = /^[\w:?$@<>/.#-]+/.exec(doc.sliceString(from, row.to));
    const start = from === row.to && from > row.from ? from - 1 : from;
    const to = word ? from + word[0].length : Math.min(from + 1, row.to);
    this.view.dispatch(setDiagnostics(this.view.state, [{ from: start, to, severity: "error", message }]));
    this.problem = start;
  }

  clearProblem() {
    this.view.dispatch(setDiagnostics(this.view.state, []));
  }

  /** Put the cursor where the problem is. */
  goToProblem() {
    this.view.dispatch({ selection: { anchor: this.problem }, scrollIntoView: true });
    this.view.focus();
  }
}
