import open from 'open';
import { afterEach, expect, it, vi } from 'vitest';
import { openPage } from './open-page.ts';

vi.mock('open', () => ({ default: vi.fn() }));

afterEach(() => void vi.restoreAllMocks());

it('goes on without a browser, and says what to open by hand', async () => {
  vi.mocked(open).mockRejectedValueOnce(new Error('spawn xdg-open\nEACCES'));
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  await openPage('http://127.0.0.1:8088/#key');
  expect(said.mock.calls).toEqual([
    ['Can’t start a browser (spawn xdg-open EACCES). Open this address yourself: http://127.0.0.1:8088/#key'],
  ]);
});

it('says nothing of a browser that was started', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  await openPage('report.html');
  expect(open).toHaveBeenLastCalledWith('report.html');
  expect(said).not.toHaveBeenCalled();
});
