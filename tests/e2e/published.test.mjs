// One publication, looked at from outside: manifests, streams, and the page in a browser.

import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';

import {manifestTests} from './manifest_tests.mjs';
import {playerTests} from './player_tests.mjs';
import {Site} from './site.mjs';

let site = null;
before(async () => { site = await Site.open(); }, {timeout: 170000});
after(async () => { await site?.close(); });

describe('manifests', () => manifestTests(() => site));
describe('player page', () => playerTests(() => site));
describe('server', () => {
  test('Ctrl-C stops it cleanly', async () => assert.equal(await site.stop(), 0));
});
