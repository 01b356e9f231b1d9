import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const typescript = ['**/*.ts', '**/*.mts'];
const tests = ['test/**', 'packages/*/test/**', 'bench/**', 'examples/**'];

/** What a pure module may not read: the world must come in as a parameter. */
const impure = {
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Take the clock as a parameter.' },
    { object: 'performance', property: 'now', message: 'Take the clock as a parameter.' },
    { object: 'Math', property: 'random', message: 'Take the source of randomness as a parameter.' },
    { object: 'process', property: 'env', message: 'Take the setting as a parameter.' },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the clock as a parameter.' },
  ],
};

export default defineConfig(
  globalIgnores(['**/dist/', '**/coverage/', '**/node_modules/', 'bench/results/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: ['error', 'smart'],
      'no-implicit-coercion': 'error',
      'object-shorthand': 'error',
      'prefer-template': 'error',
    },
  },
  {
    files: typescript,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      // One program with every file that is not JavaScript: each package's own tsconfig.json has its sources only.
      parserOptions: { project: ['./tsconfig.check.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A number reads in a message as one expects; an object or null does not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // `text || 'default'` means "empty or missing", which `??` cannot say.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      // An interface's async method must reject rather than throw, also where it awaits nothing.
      '@typescript-eslint/require-await': 'off',
      // A missing case must not compile; where a default is meant, it is written.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      // Its advice is what no-non-null-assertion forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // `{ readonly [interface: string]: … }` says what its keys are.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'max-lines': ['warn', { max: 300 }],
      'no-console': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
    },
  },
  {
    files: ['packages/core/src/**/*.ts', 'packages/nft/src/**/*.ts'],
    ignores: ['packages/nft/src/run/**'],
    rules: impure,
  },
  {
    // A flag is read again after an await because it may have changed meanwhile, which the rule cannot see.
    files: ['packages/daemon/**/*.ts', 'packages/nft/src/{load,run}/**/*.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-unnecessary-condition': 'off' },
  },
  {
    files: tests.map((folder) => `${folder}/*.ts`),
    rules: {
      // A test that reaches for something missing fails, which is what it is for.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // expect.stringContaining and its like are of type any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    // Checked by the compiler instead (scripts/tsconfig.json), which knows Node's names.
    rules: { 'no-undef': 'off' },
  },
);
