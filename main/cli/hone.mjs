#!/usr/bin/env node
// The `hone` command. Plain JavaScript without static imports, so that any Node can read it: Node before 24 can
// neither run TypeScript nor load the native modules (better-sqlite3 ends the process there without a word).

const NEEDED_MAJOR = 24;

async function start() {
  const { main } = await import('./index.ts');
  process.exitCode = await main(process.argv.slice(2));
}

if (Number(process.versions.node.split('.')[0]) < NEEDED_MAJOR) {
  console.error(
    `hone: Node ${NEEDED_MAJOR} or newer is needed, but this is Node ${process.versions.node}; ` +
      'npm ci brings a newer one into the checkout, and npx hone uses it.',
  );
  process.exitCode = 2;
} else {
  void start();
}
