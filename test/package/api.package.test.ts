/** docs/api describes every export, as the docstrings do now. */
import { expect, test } from 'vitest';
import { API, makeReference, pagesOf } from './api.ts';

test('every export is described, and docs/api is as `npm run docs:api` writes it', () => {
  const { pages, faults } = makeReference();
  expect(faults).toEqual([]);
  expect(Object.fromEntries(pagesOf(API))).toEqual(Object.fromEntries(pages));
});
