/**
 * Finds what a TypeScript or JavaScript text imports, without a parser (TypeScript 7 has no JavaScript API).
 * It reads static and dynamic imports, re-exports, `require`, and `resolve` calls, skips comments, the insides of
 * template strings and of strings that are more than one word, and knows nothing of where the names lead: that is for check-imports.mjs.
 */

const stringsAndComments =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

const statement = /(?:^|[;}\n])\s*(?:import|export)\b(?:[^'"`;()=]*?\bfrom)?\s*(['"])([^'"\n]+)\1/g;
const call = /\b(?:import|require|resolve)\s*\(\s*(['"])([^'"\n]+)\1/g;

/**
 * The specifiers that a text imports, each once, in order of appearance.
 * @param {string} text
 * @returns {string[]}
 */
export function importSpecifiers(text) {
  const code = text.replace(stringsAndComments, (token) => {
    if (token.startsWith('/')) return ' ';
    // No specifier holds a quote, a space or a bracket: that is a text, which may itself speak of imports.
    return /['"`\s()]/.test(token.slice(1, -1)) || token.startsWith('`') ? '``' : token;
  });
  const found = [...code.matchAll(statement), ...code.matchAll(call)];
  found.sort((a, b) => a.index - b.index);
  return [...new Set(found.map((match) => match[2] ?? ''))];
}

/**
 * The package a specifier belongs to: `@scope/name/deep` gives `@scope/name`, `name/deep` gives `name`;
 * a relative path, a URL, a `#` import and a Node module give undefined.
 * @param {string} specifier
 * @returns {string | undefined}
 */
export function packageOf(specifier) {
  if (/^(?:[./#]|[a-z]+:)/.test(specifier)) return undefined;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}
