import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** The shape of the house (design.md, style): small functions, small files, no loose types, no forgotten promises. */
const shape = {
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 60 }],
  'max-params': 'off',
  '@typescript-eslint/max-params': ['error', { max: 4 }],
  complexity: ['error', 10],
};

const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' };
const noOnly = {
  selector: "MemberExpression[object.name=/^(describe|it|suite|test)$/][property.name=/^(only|skip)$/]",
  message: 'Every test runs.',
};
const noCode = { selector: "NewExpression[callee.name='Function']", message: 'No code from text.' };

export default defineConfig(
  globalIgnores(['node_modules/', 'dist/', 'out/', '.cache/', '.vscode-test/', '**/*.cjs', 'test/**/golden/']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: ['tsconfig.json', 'src/webview/tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' },
    rules: {
      ...shape,
      eqeqeq: ['error', 'always'],
      'no-eval': 'error',
      'no-restricted-syntax': ['error', noDefaultExport, noOnly, noCode],
      '@typescript-eslint/consistent-type-imports': 'error',
      // A number or a boolean in a message says what it is by itself.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Indexed access is checked where it can fail; tensors are walked by index in bounds.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A describe block is a chapter, not a function.
      'max-lines-per-function': 'off',
      // An empty stub is what a test hands in where nothing may happen.
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
