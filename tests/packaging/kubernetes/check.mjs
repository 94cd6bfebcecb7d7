// Reads a JSON array of Kubernetes resources on standard input, and prints a line for each mistake.
// Exit status 1 if there is one.
//
// The models' own validate() checks values (types, enumerations, patterns), but lets a misspelt key
// pass. Their TypeScript interfaces have each key that there is, and the compiler refuses others in a
// literal. So each resource is checked by both.
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const resources = JSON.parse(readFileSync(0, "utf8"));

const packages = {
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};

// The module of a resource's model: kubernetes-models/apps/v1/Deployment.
function moduleOf({ apiVersion, kind }) {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return `${packages[group] ?? "kubernetes-models"}/${apiVersion}/${kind}`;
}

const nameOf = (resource) => `${resource.kind} ${resource.metadata?.name}`;
const problems = [];

// Values.
for (const resource of resources) {
  try {
    const model = await import(moduleOf(resource));
    new model[resource.kind](structuredClone(resource)).validate();
  } catch (error) {
    problems.push(`${nameOf(resource)}: ${error.message}`);
  }
}

// Keys. Each resource is a constant of its interface, in a file that exists in memory only.
const file = path.join(here, "resources.ts");
const source = resources.map((resource, index) =>
  `import type { I${resource.kind} as R${index} } from "${moduleOf(resource)}";\n` +
  `export const r${index}: R${index} = ${JSON.stringify(resource, null, 1)};\n`).join("");
const options = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  target: ts.ScriptTarget.ESNext,
  types: [],
};
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.fileExists = (name) => name === file || fileExists.call(host, name);
host.readFile = (name) => (name === file ? source : readFile.call(host, name));
host.getSourceFile = (name, ...rest) => (name === file
  ? ts.createSourceFile(name, source, ts.ScriptTarget.ESNext)
  : getSourceFile.call(host, name, ...rest));
const program = ts.createProgram([file], options, host);
for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
  const before = source.slice(0, diagnostic.start ?? 0);
  const index = (before.match(/^export const /gm) ?? []).length - 1;
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  problems.push(`${index >= 0 ? nameOf(resources[index]) : "program"}: ${text}`);
}

for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
