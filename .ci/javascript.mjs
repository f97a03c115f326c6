// The JavaScript of a TypeScript file of src is the same text without its types: this says which octets of it are types. The
// published package has the sources and these ranges (dist/cli/types.json), so that `barejose vendor --javascript` needs neither a
// compiler nor a second copy of the code, and what it writes keeps the comments and the lines of the source.
//
// Only syntax that can be cut out occurs in src (erasableSyntaxOnly). TypeScript's parser is that of API Extractor: the compiler
// of this repository has no interface for programs.

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ts = createRequire(createRequire(import.meta.url).resolve('@microsoft/api-extractor'))('typescript');
const { SyntaxKind: Kind } = ts;

/**
 * The ranges of all files of src that can be vendored.
 * @returns by file, how many characters stay, how many go, and so on; the last number is of those that stay
 */
export function typesOfFolder(src) {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !/^(?:cli|compat|testing)\//.test(name))
    .toSorted();
  return Object.fromEntries(files.map((file) => [file, runsOf(readFileSync(join(src, file), 'utf8'), file)]));
}

/** The ranges of one text, alternately kept and cut. */
function runsOf(text, file) {
  const runs = [];
  let at = 0;
  let javascript = '';
  for (const [start, end] of joined(typeRanges(text, file), text)) {
    runs.push(start - at, end - start);
    javascript += text.slice(at, start);
    at = end;
  }
  javascript += text.slice(at);
  runs.push(text.length - at);
  // The compiler makes the same program of both.
  const compile = (source, fileName) => {
    const compilerOptions = { target: 'es2023', module: 'esnext', removeComments: true, verbatimModuleSyntax: true };
    return ts.transpileModule(source, { fileName, compilerOptions }).outputText;
  };
  const program = compile(text, 'a.ts').replace(/^(?:import|export) \{\s*\} from .*\n/gm, '');
  assert.equal(compile(javascript, 'a.js'), program, `${file} without its types is another program`);
  return runs;
}

/** Sorts ranges, joins those that overlap or touch, and takes one of two blank lines that would meet. */
function joined(ranges, text) {
  const all = [];
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else all.push([start, end]);
  }
  for (const range of all) {
    const [start, end] = range;
    const isAfterBlank = text.startsWith('\n\n', start - 2) || text.startsWith('{\n', start - 2);
    if (isAfterBlank && text[end] === '\n') range[1]++;
  }
  return all;
}

const TYPE_MODIFIERS = ['Private', 'Public', 'Protected', 'Readonly', 'Override', 'Abstract', 'Declare'].map(
  (name) => Kind[`${name}Keyword`],
);

function typeRanges(text, file) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const ranges = [];
  const cut = (start, end) => ranges.push([start, end]);
  visit(source);
  return ranges;

  function visit(node) {
    if (isTypeStatement(node)) return cut(...linesOf(node, text));
    if (node.importClause?.namedBindings?.elements) cutSpecifiers(node, node.importClause.namedBindings.elements);
    if (node.exportClause?.elements) cutSpecifiers(node, node.exportClause.elements);
    for (const list of [node.typeParameters, node.typeArguments])
      if (list) cut(list.pos - 1, text.indexOf('>', list.end) + 1);
    for (const each of node.modifiers ?? []) if (TYPE_MODIFIERS.includes(each.kind)) cut(each.getStart(), each.end + 1);
    if (node.kind === Kind.HeritageClause && node.token === Kind.ImplementsKeyword) return cut(node.pos, node.end);
    if (isAssertion(node)) {
      cut(node.expression.end, node.end);
      // The parentheses around an assertion, which the compiler leaves out as well.
      if (ts.isParenthesizedExpression(node.parent) && ts.isLeftHandSideExpression(node.expression)) {
        cut(node.parent.getStart(), node.getStart());
        cut(node.end, node.parent.end);
      }
      return visit(node.expression);
    }
    if (node.kind === Kind.Parameter && node.name.getText() === 'this')
      return cut(node.getStart(), text.startsWith(', ', node.end) ? node.end + 2 : node.end);
    const mark = node.kind !== Kind.ConditionalExpression && (node.questionToken ?? node.exclamationToken);
    if (mark && node.name) cut(mark.getStart(), mark.end);
    if (node.type && ts.isTypeNode(node.type)) {
      cut(node.type.pos - 1, node.type.end);
    }
    ts.forEachChild(node, (child) => void (ts.isTypeNode(child) && !isHeritage(child) ? undefined : visit(child)));
  }

  /** Cuts the type-only names of a list, or its whole statement. */
  function cutSpecifiers(node, elements) {
    const kept = elements.filter((each) => !each.isTypeOnly);
    if (kept.length === 0) return cut(...linesOf(node, text));
    const last = kept.at(-1);
    if (last !== elements.at(-1)) cut(last.end, elements.at(-1).end);
    for (const [i, each] of elements.entries())
      if (each.isTypeOnly && each.pos < last.pos) cut(each.getStart(), elements[i + 1].getStart());
  }
}

function isAssertion({ kind }) {
  return [Kind.AsExpression, Kind.SatisfiesExpression, Kind.NonNullExpression].includes(kind);
}

/** `extends Base<Type>` is an expression too. */
function isHeritage(node) {
  return node.kind === Kind.ExpressionWithTypeArguments;
}

function isTypeStatement(node) {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isIndexSignatureDeclaration(node))
    return true;
  if (node.kind === Kind.ImportDeclaration) return node.importClause?.isTypeOnly === true;
  if (node.kind === Kind.ExportDeclaration) return node.isTypeOnly;
  if (
    node.modifiers?.some(({ kind }) => kind === Kind.DeclareKeyword || kind === Kind.AbstractKeyword) &&
    !ts.isClassDeclaration(node)
  )
    return true;
  return isOverload(node);
}

function isOverload(node) {
  const isFunction = [Kind.FunctionDeclaration, Kind.MethodDeclaration, Kind.Constructor].includes(node.kind);
  return isFunction && node.body === undefined;
}

/** The lines of a statement and of its comment. An overload leaves its comment behind, for the implementation. */
function linesOf(node, text) {
  let start = text.lastIndexOf('\n', node.getStart()) + 1;
  if (!isOverload(node)) {
    for (const { pos, end } of (ts.getLeadingCommentRanges(text, node.pos) ?? []).toReversed()) {
      if (text.slice(end, start).trim() !== '' || /\n[^\S\n]*\n/.test(text.slice(end, start))) break;
      // The comment at the head is of the file.
      if (pos === 0) {
        start = text.lastIndexOf('\n', node.getStart()) + 1;
        break;
      }
      start = text.lastIndexOf('\n', pos) + 1;
    }
  }
  return [start, text.indexOf('\n', node.end) + 1];
}
