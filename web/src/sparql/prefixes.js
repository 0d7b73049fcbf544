// PREFIX lines: which are there, which are missing.

/** The prefixes a query declares. */
export function declaredPrefixes(text) {
  return new Set([...text.matchAll(/\bPREFIX\s+([^\s:]*):\s*<[^>]*>/gi)].map((found) => found[1]));
}

/** The prefixes a query uses and does not declare, with the place of the first use. */
export function undeclaredPrefixes(text, tree) {
  const declared = declaredPrefixes(text);
  const missing = new Map();
  tree.iterate({
    enter(node) {
      if (node.name === "PrefixDecl") return false;
      if (node.name !== "PrefixedName" && node.name !== "Pname_ln" && node.name !== "Pname_ns") return true;
      const prefix = text.slice(node.from, node.to).split(":")[0];
      if (!declared.has(prefix) && !missing.has(prefix)) missing.set(prefix, node.from);
      return false;
    },
  });
  return missing;
}

/** The change that declares prefixes before everything else. */
export function declaration(prefixes, known) {
  return { from: 0, insert: prefixes.map((prefix) => `PREFIX ${prefix}: <${known[prefix]}>\n`).join("") };
}
