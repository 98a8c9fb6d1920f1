// Reads Bicep with the tree-sitter grammar. In, a line each: {"path": "text", ...}, .bicep and .bicepparam. Out, a line each:
// {"path": {errors, declarations}}. Everything that is asked about the result is asked in C#. Ends with its input.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Parser, Language } from 'web-tree-sitter';

const grammar = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));

const kinds = {
  parameter_declaration: 'param', variable_declaration: 'var', type_declaration: 'type', user_defined_function: 'func',
  resource_declaration: 'resource', module_declaration: 'module', output_declaration: 'output', import_functionality: 'import',
  metadata_declaration: 'metadata', target_scope_assignment: 'targetScope', using_statement: 'using',
};
const line = node => node.startPosition.row + 1;
const unquoted = node => node.namedChildren.map(part => part.text).join('');

// The grammar has no values of parameters files: there "param x = v" is read as a variable.
function parse(path, text) {
  const isParameters = path.endsWith('.bicepparam');
  const root = parser.parse(isParameters ? text.replace(/^param (\w+) =/gm, 'var   $1 =') : text).rootNode;
  const result = { errors: [], declarations: [] };
  collectErrors(root, result.errors);
  let decorators = [];
  for (const node of root.namedChildren) {
    if (node.type === 'decorators') {
      decorators = node.namedChildren.map(decorator => ({
        name: decorator.namedChildren[0].namedChildren[0]?.text ?? decorator.namedChildren[0].text,
        arguments: (decorator.namedChildren[0].namedChildren[1]?.namedChildren ?? []).map(value),
      }));
    } else if (kinds[node.type]) {
      const declared = declaration(node, decorators);
      if (isParameters && declared.kind === 'var') declared.kind = 'assignment';
      result.declarations.push(declared);
      decorators = [];
    }
  }
  return result;
}

function collectErrors(node, errors) {
  if (node.isError || node.isMissing) errors.push({ line: line(node), text: node.isMissing ? `missing ${node.type}` : node.text.slice(0, 80) });
  else if (node.hasError) node.children.forEach(child => collectErrors(child, errors));
}

function declaration(node, decorators) {
  const kind = kinds[node.type];
  const declared = { kind, name: '', line: line(node), decorators, references: [], locals: [] };
  const named = node.namedChildren;
  if (kind === 'import') {
    declared.names = named.filter(child => child.type === 'identifier').map(child => child.text);
    declared.path = unquoted(named.at(-1));
    return declared;
  }
  if (kind === 'using') return { ...declared, path: unquoted(named[0]) };
  if (kind === 'targetScope') return { ...declared, value: value(named[0]) };
  declared.name = named[0].text;
  const rest = named.slice(1).filter(child => child.type !== 'comment');
  if (kind === 'resource' || kind === 'module') {
    declared.path = unquoted(rest[0]);
    declared.existing = node.children.some(child => child.type === 'existing');
    body(rest[1], declared);
  } else {
    const typed = rest.find(child => child.type === 'type');
    if (typed) declared.type = typed.text;
    if (kind === 'type') declared.type = rest[0]?.text ?? '';
    const last = rest.at(-1);
    if (last && last.type !== 'type' && kind !== 'type') declared.value = value(last);
  }
  rest.forEach(child => references(child, declared));
  const isMember = id => id.parent.type === 'object_property' && id.parent.namedChildren[0].id === id.id;
  node.descendantsOfType('type').forEach(type => type.descendantsOfType('identifier').filter(id => !isMember(id))
    .forEach(id => declared.references.push({ name: id.text, path: [], line: line(id) })));
  return declared;
}

function body(node, declared) {
  if (node.type === 'for_statement') {
    declared.isLoop = true;
    return body(node.namedChildren.at(-1), declared);
  }
  if (node.type === 'if_statement') {
    declared.condition = node.namedChildren[0].text;
    return body(node.namedChildren[1], declared);
  }
  declared.value = value(node);
}

function value(node) {
  switch (node.type) {
    case 'object': return { object: node.namedChildren.filter(child => child.type === 'object_property' && child.namedChildren.length > 1).map(property) };
    case 'array': return { array: node.namedChildren.filter(child => child.type !== 'comment').map(value) };
    case 'string': return { text: unquoted(node) };
    case 'boolean': case 'number': case 'null': return { literal: node.text };
    case 'for_statement': return { each: value(node.namedChildren.at(-1)), expression: node.text };
    case 'parenthesized_expression': return value(node.namedChildren[0]);
    case 'ternary_expression': return { choice: node.namedChildren.slice(1).map(value), expression: node.text };
    case 'call_expression': return { call: node.namedChildren[0].text, arguments: node.namedChildren[1].namedChildren.map(value), expression: node.text };
    case 'lambda_expression': return { each: value(node.namedChildren.at(-1)), expression: node.text };
    default: return { expression: node.text };
  }
}

function property(node) {
  const [key, held] = [node.namedChildren[0], node.namedChildren.at(-1)];
  return { name: key.type === 'string' ? unquoted(key) : key.text, value: value(held), line: line(node) };
}

// Every use of a name, with the members that are asked of it: networks[i].outputs.id is networks, [outputs, id].
function references(node, declared) {
  switch (node.type) {
    case 'identifier': declared.references.push({ name: node.text, path: [], line: line(node) }); return;
    case 'member_expression': case 'subscript_expression': member(node, [], declared); return;
    case 'object_property':
      if (node.namedChildren[0].type === 'string') references(node.namedChildren[0], declared);
      if (node.namedChildren.length > 1) references(node.namedChildren.at(-1), declared);
      return;
    case 'call_expression': {
      const called = node.namedChildren[0];
      if (called.type === 'identifier') declared.references.push({ name: called.text, path: [], line: line(called), isCall: true });
      else references(called, declared);
      references(node.namedChildren[1], declared);
      return;
    }
    case 'for_statement': case 'lambda_expression': {
      const inner = node.type === 'for_statement' ? node.namedChildren.slice(0, 1) : node.namedChildren.slice(0, -1);
      inner.forEach(parameters => (parameters.text.match(/\w+/g) ?? []).forEach(name => declared.locals.push(name)));
      node.namedChildren.slice(inner.length).forEach(child => references(child, declared));
      return;
    }
    case 'parameters':
      node.namedChildren.forEach(parameter => declared.locals.push(parameter.namedChildren[0].text));
      return;
    case 'decorators': case 'comment': case 'string_content': return;
    default: node.namedChildren.forEach(child => references(child, declared));
  }
}

function member(node, path, declared) {
  const [object, asked] = node.namedChildren;
  if (node.type === 'subscript_expression') references(asked, declared);
  const longer = node.type === 'member_expression' ? [asked.text, ...path] : path;
  if (object.type === 'identifier') declared.references.push({ name: object.text, path: longer, line: line(node) });
  else if (object.type === 'member_expression' || object.type === 'subscript_expression') member(object, longer, declared);
  else references(object, declared);
}

for await (const files of createInterface({ input: process.stdin })) {
  const parsed = Object.entries(JSON.parse(files)).map(([path, text]) => [path, parse(path, text)]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(parsed))}\n`);
}
