import { defineConfig } from 'oxlint';

/**
 * Lint rules, and the import rule of the design: who may import whom.
 *
 * The folders of core stand in layers, lowest first. A file imports from its own folder and from layers before
 * it. Study, which is run by samplers, pruners and storages, knows only their contract files, and only as types.
 */
const CORE_LAYERS = [
  'base',
  'distributions',
  'search-space',
  'study',
  'samplers',
  'pruners',
  'importance',
  'terminators',
  'analysis',
  'storage',
  'dataset',
  'training',
  'export',
  'report',
] as const;

/** Packages that only one place of the project may import, and who that is. */
const DATABASE_DRIVERS = ['better-sqlite3', 'kysely', 'pg', 'mysql2'];
const ELECTRON = ['electron'];

interface ImportPattern {
  readonly regex: string;
  readonly message: string;
  readonly allowTypeImports?: boolean;
}

const TENSORFLOW: ImportPattern = {
  regex: '^(@tensorflow/|webgpu$)',
  message: 'Only core/training imports TensorFlow.js.',
};
const DATABASE: ImportPattern = {
  regex: `^(${DATABASE_DRIVERS.join('|')})(/|$)`,
  message: 'Only core/storage imports a database driver.',
};
const ELECTRON_ONLY: ImportPattern = {
  regex: `^(${ELECTRON.join('|')})(/|$)`,
  message: 'Only main/app and main/preload import electron.',
};
const OUTSIDE_CORE: ImportPattern = {
  regex: '(^|/)(main|renderer|e2e)/',
  message: 'core knows nothing of the programs built on it.',
};

function coreLayer(layer: string, index: number) {
  const later = CORE_LAYERS.slice(index + 1);
  const patterns: ImportPattern[] = [ELECTRON_ONLY, OUTSIDE_CORE];
  if (layer !== 'training') patterns.push(TENSORFLOW);
  if (layer !== 'storage') patterns.push(DATABASE);
  if (layer === 'study') {
    patterns.push({
      regex: inCore(later),
      message: 'core/study takes the contracts of samplers, pruners and storages as types, nothing else.',
      allowTypeImports: true,
    });
  } else if (later.length > 0) {
    patterns.push({
      regex: inCore(later),
      message: `core/${layer} stands below ${later.join(', ')} and must not import them.`,
    });
  }
  return { files: [`core/${layer}/**/*.ts`], excludeFiles: TESTS, rules: restricted(patterns) };
}

/** Imports of these folders of core, from inside core or from outside. */
function inCore(layers: readonly string[]): string {
  return `(^|/)(\\.\\./|core/)+(${layers.join('|')})/`;
}

function allBut(...layers: readonly string[]): readonly string[] {
  return CORE_LAYERS.filter((layer) => !layers.includes(layer));
}

function restricted(patterns: readonly ImportPattern[]): { 'no-restricted-imports': ['error', object] } {
  return { 'no-restricted-imports': ['error', { patterns }] };
}

/** Tests put things together that the product keeps apart (a study on a real storage, a kernel on tfjs). */
const TESTS = ['**/*.test.ts', '**/*.contract.ts', '**/*.bench.ts'];

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'node', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  ignorePatterns: ['core/training/kernels/assembly/**', 'out/**', 'demo/**'],
  rules: {
    // Rows of a database and parsed JSON are typed where they are read, by assertion after a check.
    'typescript/no-unsafe-type-assertion': 'off',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-unassigned-import': 'off',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/consistent-type-imports': 'error',
    'max-lines': ['error', { max: 400 }],
    'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
    // Numeric code walks arrays in order on purpose, and awaits inside loops where order is the point.
    'no-await-in-loop': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'no-shadow': 'off',
    // Null is Optuna's None, JSON's null and SQL's NULL.
    'unicorn/no-null': 'off',
  },
  overrides: [
    ...CORE_LAYERS.map(coreLayer),
    {
      files: ['main/trainer/**/*.ts'],
      excludeFiles: TESTS,
      rules: restricted([
        ELECTRON_ONLY,
        DATABASE,
        TENSORFLOW,
        {
          regex: inCore(allBut('training', 'dataset')),
          message: 'A trainer imports core/training and core/dataset only.',
        },
        {
          regex: '\\.\\./(engine|cli|app|serve)/',
          message: 'A trainer knows its messages, not who sends them.',
        },
      ]),
    },
    {
      files: ['main/{engine,cli,serve}/**/*.ts'],
      excludeFiles: TESTS,
      rules: restricted([
        ELECTRON_ONLY,
        DATABASE,
        TENSORFLOW,
        { regex: '\\.\\./(app|preload)/', message: 'Engine, serve and cli run without Electron.' },
      ]),
    },
    {
      files: ['main/{app,preload}/**/*.ts'],
      rules: restricted([
        DATABASE,
        TENSORFLOW,
        {
          regex: '/core/',
          message: 'The shell takes types from core, nothing else.',
          allowTypeImports: true,
        },
      ]),
    },
    {
      files: ['renderer/**/*.{ts,tsx}'],
      rules: restricted([
        ELECTRON_ONLY,
        DATABASE,
        TENSORFLOW,
        { regex: '^node:', message: 'The page runs in a browser.' },
        {
          regex: inCore(allBut('analysis', 'distributions', 'search-space')),
          message:
            'The page takes types and the pure functions of core/analysis, core/distributions and core/search-space.',
          allowTypeImports: true,
        },
        {
          regex: '/main/',
          message: 'The page takes the types of the RPC router only.',
          allowTypeImports: true,
        },
      ]),
    },
    { files: TESTS, rules: { 'max-lines-per-function': 'off' } },
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
  ],
});
